using System.Text.Json.Nodes;

namespace NetLab.Cli.Sharding;

/// <summary>Results of several machines as those of one: what passed, what failed, and what is missing.</summary>
internal sealed class MergedReport
{
    private readonly IReadOnlyList<(string File, ShardRecord Record)> _shards;

    /// <summary>The report over all that was read.</summary>
    /// <exception cref="InputException">A shard is there twice, or shards are of different wholes.</exception>
    public MergedReport(ResultReader read)
    {
        Results = [.. read.Results.OrderBy(r => r.Name, StringComparer.Ordinal).ThenBy(r => r.Title, StringComparer.Ordinal)];
        _shards = [.. read.Shards.OrderBy(s => s.Record.Shard.Number)];
        if (_shards.GroupBy(s => (s.Record.Cut, s.Record.Shard)).FirstOrDefault(g => g.Count() > 1) is { } twice)
        {
            throw new InputException($"shard {twice.Key.Shard} is there twice: {string.Join(" and ", twice.Select(s => s.File))}; leave out one of them");
        }

        // Of several cuts each is to be whole; two that are not are one whole that was cut in two ways.
        var torn = _shards.GroupBy(s => s.Record.Cut).Where(g => g.Count() < g.First().Record.Shard.Count).ToList();
        if (torn.Count > 1)
        {
            throw new InputException("these shards are not of the same whole, or were cut by different times: " +
                string.Join("; ", torn.Select(g => string.Join(", ", g.Select(s => $"{s.File} ({s.Record.Shard})")))));
        }

        MissingShards = [.. torn.SelectMany(g => Enumerable.Range(1, g.First().Record.Shard.Count).Except(g.Select(s => s.Record.Shard.Number))
            .Select(n => new Shard(n, g.First().Record.Shard.Count)))];
        var told = Results.Select(r => r.Name).ToHashSet(StringComparer.Ordinal);
        Missing = [.. from shard in _shards from name in shard.Record.Names where !told.Contains(name) select (shard.Record.Shard, name)];
        Code = Results.Select(r => r.ExitCode).Append(MissingShards.Count + Missing.Count > 0 ? ExitCode.Failed : ExitCode.Fine).Aggregate(ExitCode.Worse);
    }

    /// <summary>All results, by name.</summary>
    public IReadOnlyList<MergedResult> Results { get; }

    /// <summary>The shards of which nothing is there.</summary>
    public IReadOnlyList<Shard> MissingShards { get; }

    /// <summary>What a shard was to do, and told nothing of: it ended too early.</summary>
    public IReadOnlyList<(Shard Shard, string Name)> Missing { get; }

    /// <summary>The exit code of it all.</summary>
    public int Code { get; }

    public void Write(Page page)
    {
        foreach (var result in Results.Where(r => r.Outcome == "skipped"))
        {
            page.Line($"[yellow]skipped[/]  {Page.Styled($"{result.Title}: {(result.Words.Length == 0 ? "no reason given" : OneLine(result.Words))}", null)}");
        }

        foreach (var result in Results.Where(r => r.Outcome == "failed"))
        {
            page.Line($"[red]failed[/]   {Page.Styled(result.Title, null)}");
            foreach (var line in result.Words.Split('\n', StringSplitOptions.RemoveEmptyEntries))
            {
                page.Line("           " + Page.Styled(line.TrimEnd('\r'), "grey"));
            }
        }

        foreach (var shard in MissingShards)
        {
            page.Line($"[red]missing[/]  shard {shard}: none of its results is here");
        }

        foreach (var (shard, name) in Missing)
        {
            page.Line($"[red]missing[/]  {Page.Styled(name, null)}: shard {shard} was to run it, and left no result");
        }

        page.Line(Page.Styled($"{Count("passed")} passed, {Count("failed")} failed, {Count("skipped")} skipped" +
            (MissingShards.Count + Missing.Count == 0 ? "" : $", missing {MissingWords()}"), Code == ExitCode.Fine ? "green" : "red"));
    }

    public JsonObject ToJson() => new()
    {
        ["exitCode"] = Code,
        ["passed"] = Count("passed"),
        ["failed"] = Count("failed"),
        ["skipped"] = Count("skipped"),
        ["missingShards"] = JsonText.Array(MissingShards.Select(s => s.ToString())),
        ["missing"] = JsonText.Array(Missing.Select(m => m.Name)),
        ["results"] = JsonText.Array(Results.Select(r => new JsonObject
        {
            ["name"] = r.Name,
            ["title"] = r.Title,
            ["outcome"] = r.Outcome,
            ["milliseconds"] = JsonText.Milliseconds(r.Took),
            ["words"] = r.Words,
        })),
        ["times"] = new JsonObject(Results.Where(r => r.Unit.Length > 0).GroupBy(r => r.Unit)
            .Select(g => KeyValuePair.Create(g.Key, (JsonNode?)JsonText.Milliseconds(TimeSpan.FromTicks(g.Sum(r => r.Took.Ticks)))))),
    };

    private static string OneLine(string text) => string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));

    private string MissingWords() => string.Join(" and ", new[] { (MissingShards.Count, "shards"), (Missing.Count, "results") }
        .Where(m => m.Item1 > 0).Select(m => $"{m.Item1} {(m.Item1 == 1 ? m.Item2[..^1] : m.Item2)}"));

    private int Count(string outcome) => Results.Count(r => r.Outcome == outcome);
}
