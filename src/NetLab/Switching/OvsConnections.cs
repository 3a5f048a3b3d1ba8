using System.Globalization;
using System.Text.RegularExpressions;

namespace NetLab;

/// <summary>
/// The connections that Open vSwitch's own tracker knows, and what it would say of a frame. ofproto/trace takes every frame for the first
/// of a connection unless told otherwise (<c>--ct-next</c>), and would explain an answer by the flows for questions.
/// </summary>
/// <remarks>A frame that belongs to another's connection only by relation (an ICMP error) is taken for a new one.</remarks>
internal static partial class OvsConnections
{
    private const string New = "trk,new";

    /// <summary>What the tracker makes of a frame that begins no connection and belongs to none.</summary>
    public const string Invalid = "trk,inv";

    /// <summary>The state of each frame that a trace resumes after connection tracking, in order.</summary>
    /// <param name="trace">An answer of ofproto/trace.</param>
    /// <param name="connections">The answer of <c>dpctl/dump-conntrack -m -s</c>.</param>
    public static IReadOnlyList<string> StatesOf(string trace, string connections)
    {
        // All answers but the first are the resumed ones, each with the flow as it is then.
        var flows = trace.Split('\n').Where(line => line.StartsWith("Flow: ", StringComparison.Ordinal)).Skip(1);
        var entries = connections.Split('\n');
        return [.. flows.Where(f => f.Contains("ct_zone=", StringComparison.Ordinal) || f.Contains("ct_state=", StringComparison.Ordinal))
            .Select(flow => StateOf(flow, entries))];
    }

    private static string StateOf(string flow, string[] entries)
    {
        var words = flow["Flow: ".Length..].Split(',');
        var fields = words.Select(w => w.Split('=', 2)).Where(p => p.Length is 2).GroupBy(p => p[0]).ToDictionary(g => g.Key, g => g.First()[1]);
        string Field(params ReadOnlySpan<string> names)
        {
            foreach (var name in names)
            {
                if (fields.TryGetValue(name, out var value))
                {
                    return value;
                }
            }

            return "";
        }

        var protocol = words.FirstOrDefault(w => w is "tcp" or "tcp6" or "udp" or "udp6" or "sctp" or "sctp6" or "icmp" or "icmp6");
        if (protocol is null)
        {
            return words.Any(w => w is "ip" or "ipv6") ? Invalid : New;
        }

        var kind = protocol is "icmp6" ? "icmpv6" : protocol.TrimEnd('6');
        var end = kind.StartsWith("icmp", StringComparison.Ordinal)
            ? $"src={Field("nw_src", "ipv6_src")},dst={Field("nw_dst", "ipv6_dst")},id=[0-9]+,type={Field("icmp_type")},"
            : $"src={Field("nw_src", "ipv6_src")},dst={Field("nw_dst", "ipv6_dst")},sport={Field("tp_src")},dport={Field("tp_dst")})";
        var zone = fields.GetValueOrDefault("ct_zone", "0");
        foreach (var entry in entries.Where(e => e.StartsWith($"{kind},", StringComparison.Ordinal) && ZoneOf(e) == zone))
        {
            if (Holds(entry, "reply", end))
            {
                return "trk,est,rpl";
            }

            if (Holds(entry, "orig", end))
            {
                return HasReply(kind, entry) ? "trk,est" : New;
            }
        }

        return MayBegin(kind, Field("tcp_flags"), Field("icmp_type")) ? New : Invalid;
    }

    // lib/conntrack-tcp.c, tcp_valid_new(); lib/conntrack-icmp.c, icmp4_valid_new() and icmp6_valid_new(). Errors of ICMP may be related to a connection.
    private static bool MayBegin(string kind, string tcpFlags, string icmpType)
    {
        var flags = tcpFlags.Split('|');
        bool Has(string flag) => flags.Contains(flag);
        return kind switch
        {
            "tcp" => tcpFlags is "" || (Has("syn") ? !Has("ack") && !Has("rst") && !Has("fin") : Has("ack") && !Has("rst")),
            "icmp" => icmpType is not ("0" or "14" or "16"),
            "icmpv6" => icmpType is not "129",
            _ => true,
        };
    }

    private static bool Holds(string entry, string direction, string end) =>
        Regex.IsMatch(entry, $@"\b{direction}=\({Regex.Escape(end).Replace(@"\[0-9]\+", "[0-9]+", StringComparison.Ordinal)}");

    private static string ZoneOf(string entry) => ZonePattern().Match(entry) is { Success: true } zone ? zone.Groups[1].Value : "0";

    // lib/conntrack-tcp.c, lib/conntrack-other.c, lib/conntrack-icmp.c: established is what has been answered. Of a connection other than TCP only
    // the time left tells: 60 seconds from the last question while there was no answer, 30 from then on.
    private static bool HasReply(string kind, string entry) => kind is "tcp"
        ? !entry.Contains("state_reply=CLOSED", StringComparison.Ordinal)
        : TimeoutPattern().Match(entry) is { Success: true } timeout && int.Parse(timeout.Groups[1].Value, CultureInfo.InvariantCulture) <= 30;

    [GeneratedRegex(@"\bzone=(\d+)")]
    private static partial Regex ZonePattern();

    [GeneratedRegex(@"\btimeout=(\d+)")]
    private static partial Regex TimeoutPattern();
}
