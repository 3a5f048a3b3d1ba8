using System.Globalization;
using System.Text.RegularExpressions;
using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>
/// What nodes know of drops and silence where the kernel tells nobody of each: neighbours that do not answer, connections without a reply, counters of rules,
/// of the stack (RFC 4293, RFC 4022, RFC 4113) and of devices. How many there were is a fact; which frames they were is not known.
/// </summary>
internal static partial class KnownByCounters
{
    private static readonly Dictionary<string, string> Words = new()
    {
        ["Ip InHdrErrors"] = "packets with a header that is wrong, or whose TTL ended here",
        ["Ip InAddrErrors"] = "packets for an address that is not its own, or that may not come in so",
        ["Ip InUnknownProtos"] = "packets of a protocol that nobody here takes",
        ["Ip InDiscards"] = "packets that came in and were dropped",
        ["Ip OutDiscards"] = "packets of its own that were dropped",
        ["Ip OutNoRoutes"] = "packets of its own without a route",
        ["Ip ReasmFails"] = "datagrams of which not all fragments came",
        ["Ip FragFails"] = "packets that were too big for a link, and must not be cut",
        ["IpExt InNoRoutes"] = "packets that came in and have no route",
        ["IpExt InCsumErrors"] = "packets with a wrong checksum",
        ["Icmp InDestUnreachs"] = "ICMP errors that came in: destination unreachable",
        ["Icmp OutDestUnreachs"] = "ICMP errors that it sent: destination unreachable",
        ["Icmp InTimeExcds"] = "ICMP errors that came in: time exceeded",
        ["Icmp OutTimeExcds"] = "ICMP errors that it sent: time exceeded",
        ["Tcp AttemptFails"] = "TCP connections that did not come to be",
        ["Tcp InErrs"] = "TCP segments that were wrong",
        ["TcpExt TCPSynRetrans"] = "requests for a TCP connection (SYN, or SYN-ACK) that were sent again, having got no answer",
        ["TcpExt TCPAbortOnTimeout"] = "TCP connections that were given up, having got no answer",
        ["TcpExt ListenOverflows"] = "TCP connections that found the queue of a listening program full",
        ["TcpExt IPReversePathFilter"] = "packets that rp_filter dropped",
        ["TcpExt ArpFilter"] = "ARP requests that arp_filter left without an answer",
        ["Udp NoPorts"] = "UDP datagrams for a port where nobody listens",
        ["Udp RcvbufErrors"] = "UDP datagrams that found a socket full",
        ["Udp SndbufErrors"] = "UDP datagrams that were not sent, for want of room",
        ["Udp InCsumErrors"] = "UDP datagrams with a wrong checksum",
        ["Ip6InHdrErrors"] = "IPv6 packets with a header that is wrong, or whose hop limit ended here",
        ["Ip6InTooBigErrors"] = "IPv6 packets that were too big for a link",
        ["Ip6InAddrErrors"] = "IPv6 packets for an address that is not its own",
        ["Ip6InDiscards"] = "IPv6 packets that came in and were dropped",
        ["Ip6OutDiscards"] = "IPv6 packets of its own that were dropped",
        ["Icmp6InDestUnreachs"] = "ICMPv6 errors that came in: destination unreachable",
        ["Icmp6OutDestUnreachs"] = "ICMPv6 errors that it sent: destination unreachable",
        ["Udp6NoPorts"] = "UDP datagrams over IPv6 for a port where nobody listens",
        ["Udp6RcvbufErrors"] = "UDP datagrams over IPv6 that found a socket full",
    };

    /// <summary>A line for each thing that a node knows; none where nothing speaks of a drop or of silence.</summary>
    public static async Task<IReadOnlyList<string>> OfAsync(Lab lab, CancellationToken ct)
    {
        var lines = new List<string>();
        foreach (var node in lab.Nodes.Where(n => n.IsApplied))
        {
            var state = await node.ReadStateAsync(ct).ConfigureAwait(false);
            IEnumerable<string> known =
            [
                .. state.Neighbours.Where(n => n.Standing is "unresolved")
                    .Select(n => $"nobody has answered for {n.Address} on {n.Device} (neighbour {n.State.ToString().ToUpperInvariant()})"),
                .. state.Connections.Where(c => !c.Info.Status.HasFlag(ConntrackStatus.SeenReply))
                    .Select(c => $"no reply to {c.Key} has come by here (conntrack)"),
                .. state.Nft.Where(r => r.What is "rule" && DroppingCounter().IsMatch(r.Text))
                    .Select(r => $"rule in table {r.Table}, chain {r.Name}: {r.Text} (nft)"),
                .. CountersOf(node),
                .. state.Links.SelectMany(OfDevice),
                .. state.NotRead.Select(u => $"not known: {u}"),
            ];
            lines.AddRange(known.Select(line => $"{node.Name}: {line}"));
        }

        return lines;
    }

    private static IEnumerable<string> CountersOf(Node node)
    {
        var counters = new Dictionary<string, long>();
        string[][] pairs = [.. Lines(node, "snmp").Concat(Lines(node, "netstat")).Select(l => l.Split(' ', StringSplitOptions.RemoveEmptyEntries))];

        // Two lines for each group: "Udp: InDatagrams NoPorts …", and "Udp: 5 0 …". Of IPv6 a line for each counter.
        for (var i = 0; i + 1 < pairs.Length; i += 2)
        {
            for (var column = 1; column < Math.Min(pairs[i].Length, pairs[i + 1].Length); column++)
            {
                counters[$"{pairs[i][0].TrimEnd(':')} {pairs[i][column]}"] = Number(pairs[i + 1][column]);
            }
        }

        foreach (var line in Lines(node, "snmp6").Select(l => l.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).Where(w => w.Length == 2))
        {
            counters[line[0]] = Number(line[1]);
        }

        return Words.Where(w => counters.GetValueOrDefault(w.Key) > 0).Select(w => $"{counters[w.Key]} {w.Value} ({w.Key})");

        static long Number(string text) => long.Parse(text, CultureInfo.InvariantCulture);
    }

    private static IEnumerable<string> OfDevice(LinkEntry link) =>
        new[]
        {
            ("rx_dropped", link.Statistics.RxDropped), ("tx_dropped", link.Statistics.TxDropped), ("rx_errors", link.Statistics.RxErrors),
            ("tx_errors", link.Statistics.TxErrors),
        }.Where(c => c.Item2 > 0).Select(c => $"{link.Name} {c.Item1} {c.Item2}");

    private static string[] Lines(Node node, string file)
    {
        try
        {
            using var reader = new StreamReader(new FileStream(node.Live.Namespace.OpenFile($"/proc/thread-self/net/{file}", 0), FileAccess.Read));
            return reader.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries);
        }
        catch (LinuxException e) when (e.Errno == Errno.ENOENT)
        {
            return []; // a kernel without IPv6
        }
    }

    [GeneratedRegex(@"\bcounter packets [1-9].*\b(drop|reject)\b")]
    private static partial Regex DroppingCounter();
}
