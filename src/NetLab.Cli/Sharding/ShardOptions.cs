using System.CommandLine;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetLab.Cli.Sharding;

/// <summary><c>--shard</c> and <c>--times</c>, of the commands that do a part of the work.</summary>
internal sealed class ShardOptions
{
    public Option<string?> Shard { get; } = new("--shard")
    {
        Description = "Do the third of eight parts alone: 3/8, or 'auto' as Slurm, Swarm, Kubernetes, GitLab or NETLAB_SHARD says",
        HelpName = "number/count",
    };

    public Option<string?> Times { get; } = new("--times")
    {
        Description = "Make the parts take equally long, by what 'netlab merge --json' printed of an earlier run", HelpName = "file",
    };

    /// <summary>The part of these names that is asked for; null where no shard is.</summary>
    /// <exception cref="InputException">No such shard, or the file with the times is none.</exception>
    public ShardRecord? Of(ParseResult parsed, IReadOnlyCollection<string> names, Func<string, string> unitOf)
    {
        var times = parsed.GetValue(Times);
        if (parsed.GetValue(Shard) is not { } text)
        {
            return times is null ? null : throw new InputException("--times is for --shard, which is not there");
        }

        return ShardRecord.Of(Sharding.Shard.Parse(text, Environment.GetEnvironmentVariable), names, unitOf, times is null ? null : Read(times));
    }

    private static Dictionary<string, TimeSpan> Read(string file)
    {
        try
        {
            return JsonNode.Parse(File.ReadAllText(file))?["times"]?.AsObject().ToDictionary(t => t.Key, t => TimeSpan.FromMilliseconds((double)t.Value!))
                ?? throw new InputException($"{file} has no times: it is to be what 'netlab merge --json' printed");
        }
        catch (Exception wrong) when (wrong is IOException or UnauthorizedAccessException or JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{file} has no times that can be read: {wrong.Message}");
        }
    }
}
