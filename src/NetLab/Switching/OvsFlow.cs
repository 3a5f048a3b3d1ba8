using System.Globalization;
using System.Text.RegularExpressions;

namespace NetLab;

/// <summary>A flow of a bridge, as <c>ovs-ofctl --names dump-flows</c> shows it (ovs-ofctl(8)).</summary>
public sealed partial record OvsFlow
{
    /// <summary>The table it is in.</summary>
    public required int Table { get; init; }

    /// <summary>Its priority, 0 to 65535; 32768 where the flow did not say.</summary>
    public required int Priority { get; init; }

    /// <summary>Its cookie; 0 if it has none.</summary>
    public required ulong Cookie { get; init; }

    /// <summary>What it matches, ports by name: <c>in_port=v0,dl_vlan=20</c>; empty if it matches everything.</summary>
    public required string Match { get; init; }

    /// <summary>What it does: <c>NORMAL</c>, <c>drop</c>, <c>output:v1</c>.</summary>
    public required string Actions { get; init; }

    /// <summary>How many frames it has matched. Exact, because the lab has the datapath report its counts before it asks.</summary>
    public required long Packets { get; init; }

    /// <summary>How many bytes those frames had.</summary>
    public required long Bytes { get; init; }

    /// <summary>Timeouts and flags: <c>hard_timeout=300</c>; empty if there are none.</summary>
    public required string Other { get; init; }

    /// <summary>The flow as it can be given to the lab again: <c>table=0,priority=10,in_port=v0 actions=output:v1</c>.</summary>
    public override string ToString()
    {
        var cookie = Cookie is 0 ? "" : $"cookie=0x{Cookie:x},";
        var other = Other.Length > 0 ? $",{Other}" : "";
        var match = Match.Length > 0 ? $",{Match}" : "";
        return $"{cookie}table={Table},priority={Priority}{other}{match} actions={Actions}";
    }

    /// <summary>Reads the output of dump-flows; lines that are no flow are skipped.</summary>
    internal static IReadOnlyList<OvsFlow> ParseAll(string text) =>
        [.. text.Split('\n').Select(Parse).OfType<OvsFlow>()];

    private static OvsFlow? Parse(string line)
    {
        var actions = line.IndexOf(" actions=", StringComparison.Ordinal);
        if (actions < 0 || !line.TrimStart().StartsWith("cookie=", StringComparison.Ordinal))
        {
            return null;
        }

        // cookie=0x77, duration=0.2s, table=0, n_packets=0, n_bytes=0, hard_timeout=3, priority=100,in_port=pb actions=drop
        // Words, separated by a comma and a space or by a space alone. The last one is the priority and the match, if there are any.
        var words = line[..actions].Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Select(w => w.TrimEnd(',')).ToArray();
        var fields = words.Select(w => w.Split('=', 2)).Where(p => p.Length is 2).ToLookup(p => p[0], p => p[1]);
        string? Field(string name) => fields[name].FirstOrDefault();
        long Count(string name) => long.TryParse(Field(name), NumberStyles.None, CultureInfo.InvariantCulture, out var n) ? n : 0;

        var flow = StatisticPattern().IsMatch(words[^1]) || SettingPattern().IsMatch(words[^1]) ? "" : words[^1];
        var priority = PriorityPattern().Match(flow);
        return new OvsFlow
        {
            Table = (int)Count("table"),
            Priority = priority.Success ? int.Parse(priority.Groups[1].Value, CultureInfo.InvariantCulture) : 32768,
            Cookie = Field("cookie") is ['0', 'x', .. var hex]
                && ulong.TryParse(hex, NumberStyles.HexNumber, CultureInfo.InvariantCulture, out var cookie) ? cookie : 0,
            Match = priority.Success ? flow[priority.Length..] : flow,
            Actions = line[(actions + " actions=".Length)..].Trim(),
            Packets = Count("n_packets"),
            Bytes = Count("n_bytes"),
            Other = string.Join(',', words.Where(w => SettingPattern().IsMatch(w))),
        };
    }

    [GeneratedRegex("^priority=([0-9]+),?")]
    private static partial Regex PriorityPattern();

    [GeneratedRegex("^(cookie|duration|table|n_packets|n_bytes|idle_age|hard_age)=[^,]*$")]
    private static partial Regex StatisticPattern();

    [GeneratedRegex("^(idle_timeout|hard_timeout|importance)=[^,]*$|^(send_flow_rem|check_overlap|reset_counts|no_packet_counts|no_byte_counts)$")]
    private static partial Regex SettingPattern();
}
