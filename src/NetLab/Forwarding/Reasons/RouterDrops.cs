using System.Globalization;
using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>What the drops of the network layer mean: of a router, and of the receiver before it looks at the transport header.</summary>
internal static partial class RouterDrops
{
    public static Reason? Find(DropPlace place)
    {
        var node = place.Node;
        var reason = place.Reason;
        if (reason is "IPV6DISABLED" || reason.StartsWith("IPV6_NDISC_", StringComparison.Ordinal)
            || place.In("ip6_rcv_core", "ip6_tlvopt_unknown", "ipv6_parse_hopopts", "ip6_parse_tlv"))
        {
            return OfHeader6(place);
        }

        if (place.In("ip_rcv_core"))
        {
            return OfHeader4(place);
        }

        if (place.In("ip_rcv_finish_core") && reason is "NOT_SPECIFIED" or "IP_INHDR" or "UNICAST_IN_L2_MULTICAST")
        {
            return OfArrival(place);
        }

        if (place.In("ip_error", "ip6_pkt_discard", "ip6_pkt_prohibit", "ip6_pkt_drop", "dst_discard", "dst_discard_out"))
        {
            return OfRoute(place);
        }

        switch (reason)
        {
            case "IP_INNOROUTES" or "IP_OUTNOROUTES":
                return NoRoute(place);
            case "IP_RPFILTER" or "IP_LOCALNET" or "IP_LOCAL_SOURCE":
                return SourceReasons.Find(place);
            case "IP_INVALID_SOURCE":
                return InvalidSource(place);
            case "IP_INVALID_DEST":
                return place.Why(Causes.InvalidDestination, $"{place.To} cannot be the destination of a packet from a network.", null);
            case "IP_INHDR" or "IP6_HOPLIMIT" when place.In("ip_forward", "ip6_forward"):
                var limit = place.IsIpv6 ? "hop limit" : "TTL";
                return RoutingLoop(place, limit) ?? place.Why(Causes.TtlExpired,
                    $"The {limit} ran out at {node.Name}: {TimeToLive(place)}, and a router does not forward what has none left.",
                    $"send it with a higher {limit}");
            case "PKT_TOO_BIG":
                return TooBig(place);
            case "IP_INADDRERRORS" when place.In("ip6_forward"):
                return OfForwarding6(place);
            case "NOT_SPECIFIED" when place.In("ip_forward", "ip6_forward") && place.Seen.Destination.IsMulticast:
                return place.Why(Causes.LinkBroadcast,
                    $"{node.Name} does not pass on what came as a {(place.Seen.Destination.IsBroadcast ? "broadcast" : "multicast")} of the " +
                        $"link, {place.Seen.Destination}, when it is for one host, {place.To}.",
                    "send it to the router's MAC address");
            case "NEIGH_FAILED":
            case "NOT_SPECIFIED" when place.In("neigh_invalidate"): // of IPv6 (ndisc_error_report)
                return OfNeighbour(place);
            case "QUEUE_PURGE" or "NEIGH_DEAD" when place.In("neigh_destroy", "neigh_event_send", "__neigh_event_send"):
                return NeighbourReasons.Removed(place);
            case "NEIGH_QUEUEFULL":
                return place.Why(Causes.NeighbourQueue,
                    $"Too many packets wait on {place.Where} for an answer to {(place.IsIpv6 ? "neighbour solicitation" : "ARP")}; the oldest had to go.",
                        $"see that {place.To} answers",
                    Sysctl(node, $"net/{(place.IsIpv6 ? "ipv6" : "ipv4")}/neigh/{place.Device}/unres_qlen_bytes"));
            case "DUP_FRAG":
                return place.Why(Causes.FragmentTwice, $"{node.Name} has this fragment already: the same part of the datagram came twice.",
                    "see who sends it twice, or what duplicates it");
            case "FRAG_REASM_TIMEOUT":
                return place.Why(Causes.FragmentsMissing, $"{node.Name} waited for the other fragments of the datagram, and they did not come.",
                    "see which fragment is lost on the way", Sysctl(node, place.IsIpv6 ? "net/ipv6/ip6frag_time" : "net/ipv4/ipfrag_time"));
            case "FRAG_TOO_FAR":
                return place.Why(Causes.FragmentLate,
                    $"{node.Name} has seen too many other fragments of this sender since the first of this datagram.", null,
                        Sysctl(node, "net/ipv4/ipfrag_max_dist"));
            case "NOT_SPECIFIED" when place.In("ip6_frag_queue")
                || (place.In("ip_defrag", "ip_frag_queue") && KernelSocket.CounterOf(node, "IpExt", "ReasmOverlaps") > 0):
                return place.Why(Causes.FragmentOverlap,
                    $"The fragment overlaps another of the same datagram: {node.Name} gives up the whole datagram.",
                        "let the sender cut the datagram without overlaps");
            default:
                return null;
        }
    }

    // The kernel counts down only after this: what it is now, rules of the node have made it.
    private static string TimeToLive(DropPlace place)
    {
        int? came = place.Came.Ipv4?.TimeToLive ?? place.Came.Ipv6?.HopLimit, now = place.Seen.Ipv4?.TimeToLive ?? place.Seen.Ipv6?.HopLimit;
        return came == now ? $"it was {now} when the packet came" : $"it was {came} when the packet came, and a rule of {place.Node.Name} set it to {now}";
    }

    private static Reason? OfHeader4(DropPlace place)
    {
        var header = place.Seen.Bytes.Span;
        var start = 14 + (4 * place.Seen.VlanTags.Count);
        if (header.Length < start + 20)
        {
            return place.Why(Causes.Truncated, $"The packet is shorter than an IPv4 header, 20 bytes.", null);
        }

        int version = header[start] >> 4, own = (header[start] & 15) * 4, total = (header[start + 2] << 8) | header[start + 3];
        return place.Reason switch
        {
            "IP_CSUM" => place.Why(Causes.IpChecksum, "The checksum of the IPv4 header is wrong.", "let the sender compute it"),
            "IP_INHDR" when version != 4 => place.Why(Causes.IpHeader, $"The header says version {version}, in a frame of IPv4.", "look at who made it"),
            "IP_INHDR" when own < 20 =>
                place.Why(Causes.IpHeader, $"The IPv4 header says that it is {own} bytes long; there are at least 20.", "look at who made it"),
            "IP_INHDR" => place.Why(Causes.IpHeader, $"The IPv4 header is not valid: it says {own} bytes for itself and {total} for the packet.",
                "look at who made it"),
            "PKT_TOO_SMALL" => place.Why(Causes.Truncated,
                $"The IPv4 header says that the packet has {total} bytes, and the frame brought {place.Seen.Length - start}.",
                    "look at who made it, or cut it"),
            "OTHERHOST" => null,
            _ => null,
        };
    }

    private static Reason? OfHeader6(DropPlace place)
    {
        var header = place.Seen.Bytes.Span;
        var start = 14 + (4 * place.Seen.VlanTags.Count);
        switch (place.Reason)
        {
            case "IPV6DISABLED":
                return place.Why(Causes.Ipv6Off,
                    $"IPv6 is off at {place.Where}: net.ipv6.conf.{place.Device}.disable_ipv6 " +
                        $"is {place.Node.ReadSysctl($"net/ipv6/conf/{place.Device}/disable_ipv6").Trim()}.",
                    $"sysctl -w net.ipv6.conf.{KernelState.InSysctl(place.Device)}.disable_ipv6=0, in node {place.Node.Name}");
            case "IPV6_NDISC_HOP_LIMIT":
                return place.Why(Causes.NdpInvalid,
                    $"Neighbour discovery must come with hop limit 255, which no router lets through; this came with hop limit {place.Seen.Ipv6?.HopLimit}.",
                        "it was forged, or has crossed a router");
            case "IPV6_NDISC_BAD_CODE":
                return place.Why(Causes.NdpInvalid, "The message of neighbour discovery has a code, and must have none: it is 0 in all of them.",
                    "look at who made it");
            case "IPV6_NDISC_BAD_OPTIONS":
                return place.Why(Causes.NdpInvalid,
                    "The options of the message of neighbour discovery are not valid: one has the length 0, or ends beyond the message.",
                    "look at who made it");
            case "OTHERHOST":
                return null;
            default:
                break;
        }

        if (place.In("ip6_tlvopt_unknown", "ip6_parse_tlv", "ipv6_parse_hopopts"))
        {
            return place.Why(Causes.IpOption,
                $"{place.Node.Name} does not know an option of the packet's extension headers, and the option says: drop what you do not know.",
                    "send it without the option");
        }

        var length = header.Length < start + 40 ? 0 : (header[start + 4] << 8) | header[start + 5];
        return header.Length < start + 40 ? place.Why(Causes.Truncated, "The packet is shorter than an IPv6 header, 40 bytes.", null)
            : header[start] >> 4 != 6 ? place.Why(Causes.IpHeader, $"The header says version {header[start] >> 4}, in a frame of IPv6.", "look at who made it")
            : IsGroup(place.From) ? InvalidSource(place)
            : IsLoopback(place.To) || IsLoopback(place.From) || place.To!.Equals(IPAddress.IPv6Any)
                ? place.Why(Causes.InvalidDestination,
                    $"{(IsLoopback(place.From) ? place.From : place.To)} cannot be the {(IsLoopback(place.From) ? "source" : "destination")}" +
                        $" of a packet from a network.", null)
            : place.Reason is "PKT_TOO_SMALL" || length + 40 > place.PacketLength
                ? place.Why(Causes.Truncated,
                    $"The IPv6 header says that the packet has {length + 40} bytes, and the frame brought {place.Seen.Length - start}.",
                        "look at who made it, or cut it")
            : place.Reason is "IP_INHDR" ? place.Why(Causes.IpHeader, "The IPv6 header is not valid: an address has another scope than the link.", null)
            : null;
    }

    // Between the header's check and the routing decision.
    private static Reason? OfArrival(DropPlace place)
    {
        var ip = place.Seen.Ipv4;
        return place.Reason is "UNICAST_IN_L2_MULTICAST"
                ? place.Why(Causes.UnicastInMulticast,
                    $"{place.To} is one host, but the frame came for many, {place.Seen.Destination}, and {place.Device} has drop_unicast_in_l2_multicast.",
                    $"sysctl -w net.ipv4.conf.{KernelState.InSysctl(place.Device)}.drop_unicast_in_l2_multicast=0, in node {place.Node.Name}")
            : place.To is { } joined && IsGroup(joined) && KernelSocket.HasSourceFilter(place.Node, place.Device, joined)
                ? place.Why(Causes.GroupNotJoined,
                    $"{joined} is a group that programs of {place.Node.Name} have joined on {place.Device}, but not for {place.From}: they choose the senders.",
                    $"let the program join {joined} for {place.From}, or for all senders")
            : IsGroup(place.To)
                ? place.Why(Causes.GroupNotJoined,
                    $"{place.To} is a group, and nobody in {place.Node.Name} has joined {place.To} on {place.Device}; nor " +
                        $"does {place.Node.Name} route multicast.",
                    $"let a program join it, or: ip address add {place.To}/32 dev {place.Device} autojoin, in node {place.Node.Name}")
            : place.Reason is "IP_INHDR"
                ? place.Why(Causes.IpOption, "The options of the IPv4 header are not valid: one says that it is longer than the header.",
                    "send it without options")
            : HasSourceRoute(ip)
                ? place.Why(Causes.SourceRoute,
                    $"The packet brings the route that it wants (source routing), and {place.Where} does not take such packets: accept_source_route is 0.",
                    $"sysctl -w net.ipv4.conf.{KernelState.InSysctl(place.Device)}.accept_source_route=1, in node {place.Node.Name}, or send it without",
                        Sysctl(place.Node, "net.ipv4.conf.all.accept_source_route"), Sysctl(place.Node, $"net/ipv4/conf/{place.Device}/accept_source_route"))
            : null;
    }

    private static Reason? NotForwarding(DropPlace place)
    {
        if (place.LabDevice?.Switch is { IsInUserSpace: false } bridge && place.Node.Live.Route.FindLink(place.Device) is { MasterIndex: null }
            && place.Came.Destination != KernelState.MacOf(place.LabDevice) && !place.Came.Destination.IsMulticast)
        {
            return place.Why(Causes.NotAPort,
                $"{place.Device} is no port of bridge {bridge.Name} (any more), and the stack of {place.Node.Name}, which has it now, has nothing to do with "
                    + $"what is for {place.To}.", $"ip link set dev {place.Device} master {bridge.Name}");
        }

        foreach (var sysctl in (string[])(place.IsIpv6 ? ["net.ipv6.conf.all.forwarding"]
            : ["net.ipv4.ip_forward", $"net.ipv4.conf.{KernelState.InSysctl(place.Device)}.forwarding"]))
        {
            if (place.Node.ReadSysctl(sysctl).Trim() == "0")
            {
                return place.Why(Causes.ForwardingOff,
                    $"{place.Node.Name} does not forward: the packet is for {place.To}, which is not {place.Node.Name} itself, and {sysctl} is 0.",
                        $"sysctl -w {sysctl}=1, in node {place.Node.Name}", Evidence.Sysctl($"{sysctl} = 0."));
            }
        }

        return null;
    }

    private static Reason OfForwarding6(DropPlace place) =>
        NotForwarding(place)
        ?? (place.From!.Equals(IPAddress.IPv6Any) || IsGroup(place.From) ? InvalidSource(place)
            : place.From.IsIPv6LinkLocal || place.To!.IsIPv6LinkLocal
                ? place.Why(Causes.LinkLocal,
                    $"{(place.From.IsIPv6LinkLocal ? place.From : place.To)} is valid on one link only, and {place.Node.Name} does not pass it on to another.",
                        "use an address of wider scope")
                : place.Why(Causes.AddressError, $"{place.Node.Name} cannot forward a packet from {place.From} to {place.To}.", null));

    private static Reason TooBig(DropPlace place)
    {
        var device = place.Lookups.LastOrDefault(r => r.NextHopDevice.Length > 0)?.NextHopDevice ?? place.Device;
        var mtu = device.Length > 0 ? place.Node.Live.Route.FindLink(device)?.Mtu : null;
        if (RouteOf(place) is { Metrics.Mtu: { } own } route && own < place.PacketLength && (mtu is null || own < mtu))
        {
            var words = $"ip {(place.IsIpv6 ? "-6 " : "")}route change {route.Destination?.ToString() ?? "default"}"
                + $"{(route.Gateway is { } gateway ? $" via {gateway}" : "")} dev {device}"
                + $"{(route.Table == RouteTable.Main ? "" : $" table {route.Table}")}{(route.Metric is { } metric ? $" metric {metric}" : "")}";
            return place.Why(Causes.RouteMtu,
                $"The packet of {place.PacketLength} bytes is larger than the MTU {own} of the route to {place.To} in {place.Node.Name}, and "
                    + $"{(place.IsIpv6 ? "no router cuts IPv6 packets in fragments" : "must not be fragmented (DF)")}{place.SenderIsTold}.",
                words, Evidence.Route($"{route} mtu {own}."));
        }

        var isOfTunnel = place.IsIpv6 && place.Hops is [.., { Direction: HopDirection.Out, LabDevice.Tunnel: not null }];
        return place.Why(Causes.TooBig,
            $"The packet of {place.PacketLength} bytes is larger than the MTU {mtu?.ToString() ?? "of the next link"} of {place.Node.Name}/{device}"
                + (isOfTunnel ? $". {TunnelDrops.NotCut}"
                    : $", and {(place.IsIpv6 ? "no router cuts IPv6 packets in fragments" : "must not be fragmented (DF)")}{place.SenderIsTold}."),
            $"ip link set dev {device} mtu {place.PacketLength}, or make the sender's packets smaller", mtu is null ? []
                : [Evidence.Link($"{place.Node.Name}/{device} mtu {mtu}.")]);
    }

    private static Reason OfNeighbour(DropPlace place)
    {
        string version = place.IsIpv6 ? "ipv6" : "ipv4", protocol = place.IsIpv6 ? "neighbour solicitation" : "ARP";
        var tries = Number(place.Node, $"net/{version}/neigh/{place.Device}/mcast_solicit");
        var gateway = place.Lookups.LastOrDefault(r => r.Error == 0) is { } lookup ? lookup.Gateway
            : place.To is { } to && place.Node.Live.Route.FindRoute(to) is { Error: 0 } way ? way.Gateway : null;
        var next = gateway?.ToString() ?? place.To?.ToString() ?? "the next hop";
        if (place.IsIpv6 && !place.CameIn && OutputModel.Of(place.Node, place.Seen, null) is { Reason: { } own } && own.Cause == Causes.AddressTentative)
        {
            return own; // who may not use an address asks nobody from it
        }

        return tries == 0
            ? place.Why(Causes.NeighbourFailed,
                $"{place.Node.Name} does not know the MAC address of {next} on {place.Device}, and must not ask for it: mcast_solicit is 0.",
                    $"sysctl -w net.{version}.neigh.{KernelState.InSysctl(place.Device)}.mcast_solicit=3, in node {place.Node.Name}")
            : place.Why(Causes.NeighbourFailed,
                $"Nobody answered for {next} on {place.Where}: {place.Node.Name} asked {tries} times by {protocol}, and gave up.",
                    $"see that {next} is there and in the same network")
                with { Awaits = IPAddress.TryParse(next, out var asked) ? new AwaitedNeighbour(place.Node, place.Device, asked) { To = place.To } : null };
    }

    private static Reason InvalidSource(DropPlace place) =>
        place.Why(Causes.InvalidSource,
            $"{place.From} cannot be the source of a packet that goes on{(IsGroup(place.From) ? ": it is a group" : "")}.",
                "let the sender use an address of its own");

    private static Evidence[] Lookups(DropPlace place) => [.. place.Lookups.TakeLast(2).Select(r => new Evidence(place.Told.Source, $"route lookup {r}."))];

    private static Evidence Sysctl(Node node, string name) => Evidence.Sysctl($"{name.Replace('/', '.')} = {node.ReadSysctl(name).Trim()}.");

    private static int Number(Node node, string sysctl) =>
        int.TryParse(node.ReadSysctl(sysctl).Trim(), CultureInfo.InvariantCulture, out var number) ? number : 0;

    private static bool HasSourceRoute(Ipv4Packet? ip) =>
        ip is { Options.Length: > 0 } packet && packet.Options.Span.IndexOfAny(Ipv4Option.LooseSourceRoute, Ipv4Option.StrictSourceRoute) >= 0;

    private static bool IsLoopback(IPAddress? address) => address is not null && IPAddress.IsLoopback(address);

    private static bool IsGroup(IPAddress? address) => address is not null
        && (address.IsIPv6Multicast || (address.AddressFamily == AddressFamily.InterNetwork && address.GetAddressBytes()[0] is >= 224 and < 240));
}
