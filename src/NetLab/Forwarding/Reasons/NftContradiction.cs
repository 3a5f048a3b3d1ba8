using System.Globalization;
using System.Net;
using System.Text.RegularExpressions;

namespace NetLab;

/// <summary>
/// Whether a packet surely does not match a rule of nftables: where the rule asks for one port, address or protocol, and the packet has another. What is not
/// understood (sets, ranges, marks, maps, devices) contradicts nothing.
/// </summary>
internal static partial class NftContradiction
{
    public static bool IsFor(string rule, DropPlace place)
    {
        var words = Quoted().Replace(rule, "");
        return Ports().Matches(words).Any(m => IsOtherPort(m, place))
            || Addresses().Matches(words).Any(m => IsOtherAddress(m, place))
            || Protocols().Matches(words).Any(m => IsOtherProtocol(m.Groups[1].Value, place));
    }

    private static bool IsOtherPort(Match wanted, DropPlace place)
    {
        var isTcp = wanted.Groups[1].Value == "tcp";
        int? port = (isTcp, wanted.Groups[2].Value) switch
        {
            (true, "sport") => place.Seen.Tcp?.SourcePort,
            (true, _) => place.Seen.Tcp?.DestinationPort,
            (false, "sport") => place.Seen.Udp?.SourcePort,
            _ => place.Seen.Udp?.DestinationPort,
        };
        return IsOtherProtocol(wanted.Groups[1].Value, place) || (port is { } has && has != int.Parse(wanted.Groups[3].Value, CultureInfo.InvariantCulture));
    }

    private static bool IsOtherAddress(Match wanted, DropPlace place) =>
        (wanted.Groups[1].Value == "saddr" ? place.From : place.To) is { } has && IPNetwork.TryParse(Network(wanted.Groups[2].Value), out var network)
        && network.BaseAddress.AddressFamily == has.AddressFamily && !network.Contains(has);

    private static string Network(string address) =>
        address.Contains('/', StringComparison.Ordinal) ? address : $"{address}/{(address.Contains(':', StringComparison.Ordinal) ? 128 : 32)}";

    // Of a later fragment the transport is not seen.
    private static bool IsOtherProtocol(string wanted, DropPlace place) =>
        place.Seen.Protocol is { } protocol && wanted switch
        {
            "tcp" => protocol != Packets.IpProtocol.Tcp,
            "udp" => protocol != Packets.IpProtocol.Udp,
            "icmp" => protocol != Packets.IpProtocol.Icmp,
            _ => false,
        };

    [GeneratedRegex("\"[^\"]*\"")]
    private static partial Regex Quoted();

    // Behind these words it is about another header, or the connection as it was before translation.
    private const string OfThePacket = @"(?<!\b(?:original|reply|vxlan|geneve|gre|gretap) )\b";

    [GeneratedRegex(OfThePacket + @"(tcp|udp) (sport|dport) ((?>\d+))(?![\d-])")]
    private static partial Regex Ports();

    [GeneratedRegex(OfThePacket + @"ip6? (saddr|daddr) ((?>[0-9a-f.:]+(?:/\d+)?))(?![\w-])")]
    private static partial Regex Addresses();

    [GeneratedRegex(@"\b(?:ip protocol|meta l4proto) (\w+)")]
    private static partial Regex Protocols();
}
