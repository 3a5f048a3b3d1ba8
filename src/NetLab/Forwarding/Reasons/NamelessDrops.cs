using System.Net;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Drops that older kernels leave nameless (NOT_SPECIFIED) and newer ones name. The function that freed the frame has few reasons to;
/// which of them it was, the frame
/// and the state around it tell, asked in the order in which the function asks. Where they do not, the drop stays nameless.
/// The evidence is the older kernel's own words.
/// </summary>
internal static class NamelessDrops
{
    private const ulong MacControl = 0x0180c2000001;

    /// <summary>The same place with the name that newer kernels give to the drop.</summary>
    public static DropPlace Named(DropPlace place) => place.Reason == "NOT_SPECIFIED" && NameOf(place) is { } name ? place with { Reason = name } : place;

    /// <summary>
    /// Whether it is no drop at all: before Linux 6.2 the kernel frees an ICMPv6 message that it has taken care of as it frees a dropped one
    /// (net/ipv6/icmp.c, icmpv6_rcv). Neighbour discovery from beyond the link it does not take.
    /// </summary>
    public static bool IsTaken(DropPlace place) => place.Reason == "NOT_SPECIFIED" && place.In("icmpv6_rcv") && !IsNdpFromAfar(place);

    /// <summary>Whether it waited in a queue that was emptied, which the kernel has named since 6.4.</summary>
    public static bool IsPurged(DropPlace place) => place.Reason == "QUEUE_PURGE" || (place.Reason == "NOT_SPECIFIED" && place.In("skb_queue_purge"));

    /// <summary>Whether a bridge had no port to send it to; only of what is left of the frame after others were made of it, that is no drop.</summary>
    public static bool HasNoTarget(DropPlace place) => place.Reason == "NO_TX_TARGET"
        || (place.Reason == "NOT_SPECIFIED" && place.In("br_handle_frame_finish", "br_flood", "br_multicast_flood"));

    private static string? NameOf(DropPlace place) =>
        place.In("br_handle_frame") ? OfBridgePort(place)
        : place.In("ip_expire", "ip6_frag_expire", "ip6frag_expire_frag_queue") ? "FRAG_REASM_TIMEOUT"
        : place.In("ip_defrag", "ip_frag_queue") && KernelSocket.CounterOf(place.Node, "IpExt", "ReasmOverlaps") == 0
            && StackModel.KeepsFragments(place.Node, isIpv6: false)
            ? "DUP_FRAG" // net/ipv4/ip_fragment.c, ip_frag_queue: of fragments that overlap nothing is kept
        : place.In("ip_rcv_finish_core") ? OfRouting(place)
        : place.In("icmpv6_rcv") && IsNdpFromAfar(place) ? "IPV6_NDISC_HOP_LIMIT"
        : place.In("ip6_fragment") || (place.In("ip_fragment", "ip_do_fragment") && place.IcmpError is (3, 4)) ? "PKT_TOO_BIG"
        : place.In("vxlan_rcv") ? OfVxlanReceiver(place)
        : place.Has("vxlan_xmit") ? OfVxlanSender(place)
        : place.In("ip6_forward", "ip_forward") && XfrmDrops.MayBe(place) ? "XFRM_POLICY"
        : place.In("tcp_v4_do_rcv", "tcp_v6_do_rcv") ? OfListener(place)
        : place.In("tcp_v4_rcv", "tcp_v6_rcv") && KernelSocket.CounterOf(place.Node, "TcpExt", "TCPMinTTLDrop") > 0 ? "TCP_MINTTL" // named since 6.2
        : null;

    // net/bridge/br_input.c, br_handle_frame: the addresses, the port's state, the rules of the bridge family's prerouting hook.
    private static string? OfBridgePort(DropPlace place) =>
        place.LabDevice is not { Master: { } bridge } port ? null
        : place.Seen.Source.IsMulticast || place.Seen.Source.IsZero ? "MAC_INVALID_SOURCE"
        : place.Seen.Destination.ToUInt64() == MacControl ? "MAC_IEEE_MAC_CONTROL"
        : place.Node.Live.Route.FindLink(bridge.Index) is { IsUp: false }
            || place.Node.Live.Route.FindLink(port.Index)?.BridgePortOptions?.State is not (BridgePortState.Forwarding or BridgePortState.Learning)
            ? "BRIDGE_INGRESS_STP_STATE"
        : NftTables.Read(place.Node.Live.Namespace).Any(t => t.Family is NftFamily.Bridge && t.Name != NftTrace.ArmingTable) ? "NETFILTER_DROP"
        : null;

    // net/ipv4/route.c, ip_route_input_slow, and then the options (net/ipv4/ip_input.c, ip_rcv_finish_core).
    private static string? OfRouting(DropPlace place)
    {
        if (place.From is not { } from || place.To is not { } to || place.Seen.Ipv4 is not { } ip)
        {
            return null;
        }

        return OfArrival(ip) is { } unfit ? unfit
            : IsForMany(to) ? null
            : place.Node.Live.Route.GetAddresses().Any(a => a.Address.Equals(from)) ? "IP_LOCAL_SOURCE"
            : ip.Options.Length > 0 && place.IcmpError is (12, _) ? "IP_INHDR"
            : null;
    }

    /// <summary>
    /// What the kernel says of a packet with addresses that none from a network may have, before it looks for a route; null where they may be. Of the network
    /// 0.0.0.0/8 that is 0.0.0.0 alone (Linux 5.3).
    /// </summary>
    public static string? OfArrival(Ipv4Packet ip)
    {
        IPAddress from = ip.Source, to = ip.Destination;
        return from.GetAddressBytes()[0] is >= 224 and < 240 || from.Equals(IPAddress.Broadcast) ? "IP_INVALID_SOURCE"
            : IsForMany(to) ? null
            : from.Equals(IPAddress.Any) ? "IP_INVALID_SOURCE"
            : to.Equals(IPAddress.Any) ? "IP_INVALID_DEST"
            : IPAddress.IsLoopback(from) || IPAddress.IsLoopback(to) ? "IP_LOCALNET"
            : null;
    }

    private static bool IsForMany(IPAddress to) => to.Equals(IPAddress.Broadcast) || to.GetAddressBytes()[0] is >= 224 and < 240;

    private static string? OfVxlanReceiver(DropPlace place) =>
        place.Seen.Vxlan is { } vxlan && TunnelDrops.TunnelsOf(place.Node).TrueForAll(t => t.Spec.Id != (uint)vxlan.Vni) ? "VXLAN_VNI_NOT_FOUND" : null;

    private static string? OfVxlanSender(DropPlace place)
    {
        if (place.Node.Live.Route.FindLink(place.Device) is not { KindData: VxlanSpec spec } link)
        {
            return null;
        }

        var hasEntry = place.Node.Live.Route.GetFdb().Any(e => e.Index == link.Index && e.Remote is not null);
        return spec.Remote is null && !hasEntry ? "VXLAN_NO_REMOTE"
            : spec.Remote is { } remote && place.Node.Live.Route.FindRoute(remote).Error != 0 ? "IP_OUTNOROUTES"
            : null;
    }

    // net/ipv4/tcp_input.c, tcp_rcv_state_process: a socket that listens takes nothing but a request.
    private static string? OfListener(DropPlace place) =>
        place.Seen.Tcp is not { } tcp || !KernelSocket.At(place.Node, "tcp", tcp.DestinationPort).Exists(s => s.Remote.Port == 0) ? null
        : tcp.Flags.HasFlag(TcpFlags.Rst) ? "TCP_RESET"
        : tcp.Flags.HasFlag(TcpFlags.Ack) && !tcp.Flags.HasFlag(TcpFlags.Syn) ? "TCP_FLAGS"
        : null;

    private static bool IsNdpFromAfar(DropPlace place) =>
        place.Seen.Ipv6 is { HopLimit: not 255 } && place.Seen.Icmpv6 is { Type: >= Icmpv6Type.RouterSolicitation and <= Icmpv6Type.Redirect };
}
