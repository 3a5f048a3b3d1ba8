using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Xml;
using System.Xml.Linq;

namespace NetLab.Cli.Sharding;

/// <summary>How a test ended, or a scenario as a whole.</summary>
/// <param name="Unit">What it is placed by: the class of a test, the file of a scenario.</param>
/// <param name="Name">The full name of the test's method, or the file.</param>
/// <param name="Title">As it was told: with a row's arguments, or a scenario's name.</param>
/// <param name="Outcome">"passed", "failed" or "skipped".</param>
/// <param name="Took">How long it took.</param>
/// <param name="Words">The failure's text, or the reason of the skip; empty where nothing was said.</param>
/// <param name="ExitCode">What it makes of the exit code.</param>
internal sealed record MergedResult(string Unit, string Name, string Title, string Outcome, TimeSpan Took, string Words, int ExitCode);

/// <summary>Reads what runs left: the TRX files and <see cref="ShardRecord"/>s of tests, the documents of <c>netlab run --json</c>.</summary>
internal sealed class ResultReader
{
    private static readonly XNamespace Trx = "http://microsoft.com/schemas/VisualStudio/TeamTest/2010";

    /// <summary>Where each shard was found.</summary>
    public List<(string File, ShardRecord Record)> Shards { get; } = [];

    public List<MergedResult> Results { get; } = [];

    /// <summary>Reads a file, or every file of results in a folder and those below it.</summary>
    /// <exception cref="InputException">It holds no results.</exception>
    public void Read(string path)
    {
        try
        {
            // A folder may hold other things, attachments for one.
            var files = Directory.Exists(path) ? Directory.EnumerateFiles(path, "*", SearchOption.AllDirectories) : [path];
            if (!files.Order(StringComparer.Ordinal).Select(ReadFile).ToArray().Contains(true))
            {
                throw new InputException($"{path} holds no results: neither TRX of dotnet test nor a document of netlab run --json");
            }
        }
        catch (Exception unreadable) when (unreadable is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path} cannot be read: {unreadable.Message}");
        }
    }

    private bool ReadFile(string file)
    {
        try
        {
            switch (Path.GetExtension(file))
            {
                case ".trx":
                    ReadTests(XDocument.Load(file).Root!, file);
                    return true;
                case ".json" when Path.GetFileName(file) == ShardRecord.FileName:
                    Shards.Add((file, ShardRecord.Read(JsonNode.Parse(File.ReadAllText(file))!)));
                    return true;
                case ".json" when JsonNode.Parse(File.ReadAllText(file)) is JsonObject run && (run["scenarios"] is JsonArray || run["error"] is JsonObject):
                    ReadRun(run, file);
                    return true;
                default:
                    return false;
            }
        }
        catch (Exception wrong) when (wrong is XmlException or JsonException or InvalidOperationException or FormatException or OverflowException
            or ArgumentException or NullReferenceException or KeyNotFoundException)
        {
            throw new InputException($"{file} holds no results that can be read, of dotnet test (TRX) or of netlab run --json: {wrong.Message}");
        }
    }

    private void ReadTests(XElement root, string file)
    {
        var methods = root.Descendants(Trx + "UnitTest").Select(t => ((string)t.Attribute("id")!, Method: t.Element(Trx + "TestMethod")!))
            .DistinctBy(t => t.Item1).ToDictionary(t => t.Item1, t => ((string)t.Method.Attribute("className")!, (string)t.Method.Attribute("name")!));
        var failed = false;
        foreach (var result in root.Descendants(Trx + "UnitTestResult"))
        {
            var (type, method) = methods[(string)result.Attribute("testId")!];
            var outcome = (string?)result.Attribute("outcome") switch { "Passed" => "passed", "NotExecuted" => "skipped", _ => "failed" };
            var took = TimeSpan.Parse((string?)result.Attribute("duration") ?? "0:00", CultureInfo.InvariantCulture);
            var words = result.Descendants(Trx + "Message").FirstOrDefault()?.Value
                ?? (outcome == "skipped" ? result.Descendants(Trx + "StdOut").FirstOrDefault()?.Value : null) ?? "";
            failed |= outcome == "failed";
            Results.Add(new MergedResult(type, $"{type}.{method}", (string)result.Attribute("testName")!, outcome, took, words.Trim(),
                outcome == "failed" ? ExitCode.Failed : ExitCode.Fine));
        }

        // A test host that crashed, for one: a run that failed without a failed test.
        if (!failed && root.Element(Trx + "ResultSummary") is { } summary && (string?)summary.Attribute("outcome") == "Failed")
        {
            var words = string.Join('\n', summary.Descendants(Trx + "Text").Select(t => t.Value.Trim()));
            Results.Add(new MergedResult("", file, $"a whole test project ({file})", "failed", TimeSpan.Zero, words, ExitCode.Failed));
        }
    }

    private void ReadRun(JsonObject run, string file)
    {
        if (run["shard"] is { } shard)
        {
            Shards.Add((file, ShardRecord.Read(shard)));
        }

        if (run["scenarios"] is not JsonArray scenarios)
        {
            // Nothing was run at all.
            Results.Add(new MergedResult("", file, file, "failed", TimeSpan.Zero, (string?)run["error"]?["message"] ?? "", (int)run["exitCode"]!));
            return;
        }

        foreach (var scenario in scenarios)
        {
            var name = (string)scenario!["file"]!;
            var error = scenario["error"];
            var code = error is null ? (bool)scenario["succeeded"]! ? ExitCode.Fine : ExitCode.Failed : CodeOf((string?)error["kind"]);
            var words = (string?)error?["message"] ?? string.Join('\n', Problems(scenario["steps"]!.AsArray()));
            Results.Add(new MergedResult(name, name, $"{name}  {(string?)scenario["name"]}", code == ExitCode.Fine ? "passed" : "failed",
                TimeSpan.FromMilliseconds((double?)scenario["milliseconds"] ?? 0), words, code));
        }
    }

    private static IEnumerable<string> Problems(JsonArray steps) => steps.Where(s => (string?)s!["outcome"] == "failed")
        .Select(s => $"step {s!["number"]}, {(string?)s["title"]}: {(string?)s["problem"]}");

    private static int CodeOf(string? kind) => kind switch
    {
        "machine" or "output" => ExitCode.Lacking,
        "scenario" or "input" => ExitCode.BadInput,
        "interrupted" => ExitCode.Interrupted,
        "internal" => ExitCode.Fault,
        _ => ExitCode.Failed,
    };
}
