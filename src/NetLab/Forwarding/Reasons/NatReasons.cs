using System.Net;
using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>Drops of netfilter that no rule decides: where the translation of addresses finds no place for a new connection.</summary>
internal static class NatReasons
{
    /// <summary>Whether a node's tracking of connections has given a frame that came in there another destination.</summary>
    public static bool IsRedirected(Node node, Frame frame)
    {
        if (TupleOf(frame) is not { } came)
        {
            return false;
        }

        try
        {
            using var socket = ConntrackSocket.Open(node.Live.Namespace);
            return socket.GetEntries().Any(e => e.Original == came
                && !(e.Reply.Source.Equals(came.Destination) && (IsPing(came) || e.Reply.SourcePort == came.DestinationPort)));
        }
        catch (LinuxException)
        {
            return false; // a kernel without the netlink of connection tracking
        }
    }

    /// <summary>A frame's packet as connection tracking knows it; null where that knows it by neither ports nor the identifier of a ping.</summary>
    public static ConntrackTuple? TupleOf(Frame frame) => StackModel.Ends(frame) is not var (from, to) ? null
        : frame.Icmp is { Type: IcmpType.EchoRequest or IcmpType.EchoReply } echo
            ? new ConntrackTuple(from, to, (byte)IpProtocol.Icmp, echo.Identifier, (ushort)((byte)echo.Type << 8))
        : frame.Icmpv6 is { Type: Icmpv6Type.EchoRequest or Icmpv6Type.EchoReply } echo6
            ? new ConntrackTuple(from, to, (byte)IpProtocol.Icmpv6, (ushort)(echo6.RestOfHeader >> 16), (ushort)((byte)echo6.Type << 8))
        : HopChanges.PortsOf(frame) is var (source, destination)
            ? new ConntrackTuple(from, to, (byte)(frame.Udp is null ? IpProtocol.Tcp : IpProtocol.Udp), (ushort)source, (ushort)destination) : null;

    private static bool IsPing(ConntrackTuple tuple) => tuple.Protocol is (byte)IpProtocol.Icmp or (byte)IpProtocol.Icmpv6;

    /// <summary>The connection that has the addresses and ports which a packet was given by translation; null where there is none.</summary>
    public static Reason? Find(DropPlace place)
    {
        // Told by the hooks' own loop: no rule has dropped it.
        if (!place.In("nf_hook_slow") || place.From is not { } from || place.To is not { } to)
        {
            return null;
        }

        int? fromPort = place.Seen.Udp?.SourcePort ?? place.Seen.Tcp?.SourcePort, toPort = place.Seen.Udp?.DestinationPort ?? place.Seen.Tcp?.DestinationPort;
        IReadOnlyList<ConntrackEntry> entries;
        try
        {
            using var socket = ConntrackSocket.Open(place.Node.Live.Namespace);
            entries = socket.GetEntries();
        }
        catch (LinuxException)
        {
            return null; // a kernel without the netlink of connection tracking
        }

        var came = (place.Came.Ipv4 is { } ip4 ? ip4.Source : place.Came.Ipv6 is { } ip6 ? ip6.Source : (IPAddress?)null,
            (int?)(place.Came.Udp?.SourcePort ?? place.Came.Tcp?.SourcePort));
        return entries.FirstOrDefault(e => e.Reply.Source.Equals(to) && e.Reply.SourcePort == toPort
            && e.Reply.Destination.Equals(from) && e.Reply.DestinationPort == fromPort
            && !(e.Original.Source.Equals(came.Item1) && e.Original.SourcePort == came.Item2)) is not { } taken ? null
            : place.Why(Causes.NatPortsUsed,
                $"{place.Node.Name} translates addresses, and has no port left for this connection: {from}:{fromPort} to {to}:{toPort} belongs to "
                    + $"{taken.Original.Source}:{taken.Original.SourcePort} already, and the rule allows no other.",
                $"conntrack -D -p {(taken.Original.Protocol == 17 ? "udp" : "tcp")} -s {taken.Original.Source} -d {taken.Original.Destination} "
                    + $"--sport {taken.Original.SourcePort} --dport {taken.Original.DestinationPort}, or give the rule more ports or addresses",
                Evidence.Nft($"conntrack: {taken}."));
    }
}
