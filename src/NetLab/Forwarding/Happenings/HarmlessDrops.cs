using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Drops that no failure is due to, and that a report leaves out:
/// <list type="bullet">
/// <item>those that take nothing from anybody (<see cref="DropKnowledge.IsHarmless"/>);</item>
/// <item>what waited in a socket or queue that was closed, and segments and resets that come for a TCP connection that has ended;</item>
/// <item>segments that had come before;</item>
/// <item>floods: copies for a stack that the frame is not for, groups and broadcasts that nobody there listens to. A question for an address is none,
/// but one for another's where IPv6 is off;</item>
/// <item>what was no packet of a network.</item>
/// </list>
/// </summary>
internal static class HarmlessDrops
{
    public static bool IsHarmless(DropPlace place) =>
        place.Reason is "SOCKET_CLOSE" or "TCP_CLOSE" or "TCP_RESET" or "TCP_OLD_DATA" or "TCP_OLD_SEQUENCE" or "TCP_OLD_ACK" or "TCP_OFOMERGE"
            or "TCP_OFO_DROP" or "TCP_ABORT_ON_DATA" or "PACKET_SOCK_ERROR"
        || (place.Reason == "OTHERHOST" && !IsForNode(place))
        || place.EtherType is not (EtherTypes.Ipv4 or EtherTypes.Ipv6 or EtherTypes.Arp)
        || (place.Reason == "NO_SOCKET" && place.Seen.Tcp is { } tcp && !tcp.Flags.HasFlag(TcpFlags.Syn))
        || (place.Seen.Tcp is { } reset && reset.Flags.HasFlag(TcpFlags.Rst) && place.Has("tcp_v4_rcv", "tcp_v6_rcv"))
        || IsForMany(place)
        || (place.Reason is "IPV6DISABLED" && place.Seen.NeighborSolicitation is { } asked && Endpoint.DeviceWith(place.Node, asked.Target) is null)
        || DropKnowledge.IsHarmless(place);

    // The Ethernet header is not always there any more.
    private static bool IsForMany(DropPlace place) =>
        place.Seen is { Arp: null, NeighborSolicitation: null, NeighborAdvertisement: null }
        && place.Reason is not "NETFILTER_DROP"
        && (place.Seen.Destination.IsMulticast || place.To is { IsIPv6Multicast: true }
            || place.Seen.Ipv4 is { Destination: { } to } && (to.IsMulticast || to.ToUInt32() == uint.MaxValue));

    // Then it has the wrong MAC address.
    private static bool IsForNode(DropPlace place) => place.To is { } to && Endpoint.DeviceWith(place.Node, to) is not null;
}
