using System.Text.Json;
using System.Text.Json.Nodes;

namespace NetLab;

/// <summary>Fates as JSON: camel case, times in milliseconds, and nothing left out because it is null.</summary>
public static class FateJson
{
    /// <summary>A fate: the frame, and every copy with its hops, its end and the reason.</summary>
    public static JsonObject Of(Fate fate)
    {
        ArgumentNullException.ThrowIfNull(fate);
        return new JsonObject
        {
            ["from"] = fate.From,
            ["sentAt"] = fate.SentAt.ToString("O"),
            ["text"] = fate.Frame.ToString(),
            ["refusal"] = fate.Refusal,
            ["level"] = fate.Level,
            ["lostEvents"] = fate.LostEvents,
            ["copies"] = new JsonArray([.. fate.Copies.Select(c => Of(c, fate.From))]),
        };
    }

    /// <summary>What a fate means for one receiver.</summary>
    public static JsonObject Of(FateVerdict verdict)
    {
        ArgumentNullException.ThrowIfNull(verdict);
        return new JsonObject
        {
            ["from"] = verdict.Fate.From,
            ["to"] = verdict.Receiver,
            ["reached"] = verdict.Reached,
            ["headline"] = FateText.Headline(verdict),
            ["path"] = verdict.Copy is { } copy ? Texts(copy.Path(verdict.Fate.From)) : null,
            ["why"] = verdict.Why is { } why ? Of(why) : null,
            ["fate"] = Of(verdict.Fate),
        };
    }

    private static JsonObject Of(FrameCopy copy, string sender) => new()
    {
        ["end"] = copy.End.ToString(),
        ["to"] = copy.Vm?.Name ?? copy.Node?.Name,
        ["path"] = Texts(copy.Path(sender)),
        ["milliseconds"] = Milliseconds(copy.Latency),
        ["reason"] = copy.Reason is { } reason ? Of(reason) : null,
        ["hops"] = new JsonArray([.. copy.Hops.Select((h, i) => new JsonObject
        {
            ["node"] = h.Node.Name,
            ["device"] = h.Device,
            ["direction"] = h.Direction == HopDirection.In ? "in" : "out",
            ["vlan"] = h.Vlan,
            ["length"] = h.Length,
            ["changes"] = Texts(i == 0 ? [] : HopChanges.Between(copy.Hops[i - 1], h)),
            ["milliseconds"] = Milliseconds(h.At),
        })]),
    };

    /// <summary>A word of an enumeration: camel case.</summary>
    internal static string Word<T>(T value)
        where T : struct, Enum => JsonNamingPolicy.CamelCase.ConvertName(value.ToString());

    internal static JsonObject Of(Reason reason) => new()
    {
        ["cause"] = reason.Cause.Word,
        ["place"] = reason.Place,
        ["sentence"] = reason.Sentence,
        ["evidence"] = Texts(reason.Evidence.Select(e => e.ToString())),
        ["remedy"] = reason.Remedy,
    };

    private static JsonArray Texts(IEnumerable<string> texts) => new([.. texts.Select(t => (JsonNode?)t)]);

    private static double Milliseconds(TimeSpan time) => Math.Round(time.TotalMilliseconds, 3);
}
