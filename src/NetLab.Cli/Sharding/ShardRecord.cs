using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetLab.Cli.Sharding;

/// <summary>What a shard was to do: it is written down before it begins, so that what it did not come to is known.</summary>
/// <param name="Shard">Which it is.</param>
/// <param name="Cut">Identifies the whole and its cut: <see cref="ShardCut.IdOf"/>.</param>
/// <param name="Names">The tests or scenario files of this shard.</param>
internal sealed record ShardRecord(Shard Shard, string Cut, IReadOnlyList<string> Names)
{
    /// <summary>The file beside the results of tests.</summary>
    public const string FileName = "shard.json";

    /// <summary>The part of these names that a shard has.</summary>
    /// <param name="shard">Which shard.</param>
    /// <param name="names">All names.</param>
    /// <param name="unitOf">What a name is placed by: tests stay with the others of their class.</param>
    /// <param name="times">Times of the last run, by unit; null for none.</param>
    public static ShardRecord Of(Shard shard, IReadOnlyCollection<string> names, Func<string, string> unitOf, IReadOnlyDictionary<string, TimeSpan>? times)
    {
        var cut = new ShardCut(shard.Count, times);
        return new ShardRecord(shard, cut.IdOf(names.Select(unitOf).Distinct()), [.. names.Where(n => cut.NumberOf(unitOf(n)) == shard.Number)]);
    }

    public JsonObject ToJson() => new()
    {
        ["number"] = Shard.Number,
        ["count"] = Shard.Count,
        ["cut"] = Cut,
        ["names"] = JsonText.Array(Names),
    };

    /// <summary>Reads what <see cref="ToJson"/> wrote.</summary>
    /// <exception cref="JsonException">It is something else.</exception>
    public static ShardRecord Read(JsonNode json)
    {
        try
        {
            var names = json["names"]!.AsArray().Select(n => (string)n!);
            return new ShardRecord(new Shard((int)json["number"]!, (int)json["count"]!), (string)json["cut"]!, [.. names]);
        }
        catch (Exception other) when (other is InvalidOperationException or NullReferenceException or FormatException)
        {
            throw new JsonException("it does not describe a shard", other);
        }
    }
}
