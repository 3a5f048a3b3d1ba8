using System.Globalization;
using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>What the drops of the transport layer mean: the packet has reached its node, and no program there gets it.</summary>
internal static class ReceiverDrops
{
    public static Reason? Find(DropPlace place)
    {
        var node = place.Node;
        switch (place.Reason)
        {
            case "NO_SOCKET":
                return NoSocket(place);
            case "UDP_CSUM":
                return place.Why(Causes.UdpChecksum, "The UDP checksum is wrong.", "let the sender compute it");
            case "TCP_CSUM":
                return place.Why(Causes.TcpChecksum, "The TCP checksum is wrong.", "let the sender compute it");
            case "ICMP_CSUM":
                return place.Why(Causes.IcmpChecksum, "The ICMP checksum is wrong.", "let the sender compute it");
            case "SOCKET_RCVBUFF":
                return place.Why(Causes.SocketFull, $"The socket in {node.Name} has no room: its program does not read fast enough.",
                    "read faster, or give the socket a bigger SO_RCVBUF");
            case "SOCKET_FILTER":
                return place.Why(Causes.SocketFilter,
                    $"The program's own filter at its socket in {node.Name} refused it (SO_ATTACH_FILTER, or BPF).",
                        "ss -0 -lnpb, or -ulnpb: shows the filter");
            case "IP_NOPROTO" or "UNHANDLED_PROTO":
                int? protocol = place.Seen.Ipv4 is { } ip4 ? (int)ip4.Protocol : place.Seen.Ipv6 is { } ip6 ? (int)ip6.Protocol : null;
                return place.Why(Causes.NoProtocol, $"{node.Name} does not know the IP protocol {protocol}.",
                    "open a raw socket for it, or see that the tunnel or program is there");
            case "PKT_TOO_SMALL" when place.Has("__udp4_lib_rcv", "__udp6_lib_rcv"):
                return place.Why(Causes.UdpLength, $"The UDP header says that the datagram is longer than the packet, or shorter than the header.",
                    "look at who made it");
            case "PKT_TOO_SMALL" when place.Has("tcp_v4_rcv", "tcp_v6_rcv"):
                return place.Why(Causes.TcpHeader, "The TCP header says that it is shorter than 20 bytes, or longer than the packet.", "look at who made it");
            case "INVALID_PROTO" when place.In("icmp_rcv") && IsForMany(place):
                return place.Why(Causes.EchoIgnored,
                    $"{node.Name} does not answer a ping of everybody{(place.To is { } all ? $", {all}" : "")}: icmp_echo_ignore_broadcasts " +
                        $"is {node.ReadSysctl("net.ipv4.icmp_echo_ignore_broadcasts").Trim()}.",
                    $"sysctl -w net.ipv4.icmp_echo_ignore_broadcasts=0, in node {node.Name}");
            case "NOT_SPECIFIED" when place.In("__udp4_lib_rcv", "__udp4_lib_mcast_deliver") && BroadcastOf(place) is { } broadcast:
                return broadcast;
            case "NOT_SPECIFIED" when place.In("__udp4_lib_rcv", "__udp4_lib_mcast_deliver", "__udp6_lib_rcv", "__udp6_lib_mcast_deliver")
                && (place.Seen.Destination.IsMulticast || IPAddress.Broadcast.Equals(place.To)
                    || TypeOf(place) is RouteType.Broadcast or RouteType.Multicast):
                return NoSocket(place); // what is for many has no answer, and its drop no name
            case "NOT_SPECIFIED" when place.In("ipv6_rthdr_rcv"):
                return place.Why(Causes.SourceRoute,
                    $"The packet brings the route that it wants (a routing header of IPv6), and {place.Where} does not take such packets.",
                    "send it without the routing header", Evidence.Sysctl($"net.ipv6.conf.{place.Device}.accept_source_route = " +
                        $"{place.Node.ReadSysctl($"net/ipv6/conf/{place.Device}/accept_source_route").Trim()}."));
            case "NOT_SPECIFIED" when place.In("arp_process") && place.Seen.Arp is { } arp && arp.SenderIp == arp.TargetIp:
                return Gratuitous(place);
            case var reason when reason.StartsWith("TCP_", StringComparison.Ordinal):
                return OfConnection(place);
            default:
                return null;
        }
    }

    // net/ipv4/arp.c, arp_process: who announces an address is not listened to.
    private static Reason? Gratuitous(DropPlace place)
    {
        var sysctl = ((string[])["net.ipv4.conf.all.drop_gratuitous_arp", $"net.ipv4.conf.{KernelState.InSysctl(place.Device)}.drop_gratuitous_arp"])
            .FirstOrDefault(s => place.Node.ReadSysctl(s).Trim() == "1");
        return sysctl is null ? null : place.Why(Causes.ArpGratuitous,
            $"{place.Node.Name} does not listen to who announces an address of its own accord: {sysctl} is 1.", $"sysctl -w {sysctl}=0",
            Evidence.Sysctl($"{sysctl} = 1."));
    }

    private static Reason OfConnection(DropPlace place)
    {
        string peer = $"{place.From}:{place.Seen.Tcp?.SourcePort}", port = $"TCP port {place.Seen.Tcp?.DestinationPort} of {place.Node.Name}";
        return place.Reason switch
        {
            "TCP_FLAGS" => place.Why(Causes.TcpFlags,
                $"{port} is listening, and has no connection that it belongs to: {place.Seen.Tcp?.Flags} from {peer} is no request for a new one.",
                    "begin with a SYN; or the node has forgotten the connection (ss -tn)"),
            "TCP_RESET" => place.Why(Causes.TcpReset,
                $"{peer} sent a RST to {port}: there is nothing to be done with it but to end the connection, if there is one.", null),
            "TCP_INVALID_SEQUENCE" or "TCP_INVALID_END_SEQUENCE" =>
                place.Why(Causes.TcpSequence,
                    $"The sequence number {place.Seen.Tcp?.SequenceNumber} from {peer} is not in the window of the connection to {port}.",
                        "look at both ends of the connection: ss -tni"),
            "TCP_OLD_DATA" or "TCP_OLD_SEQUENCE" =>
                place.Why(Causes.TcpOld, $"What the segment from {peer} brings to {port} has come before.",
                    "an acknowledgment was late or lost: look at the way back"),
            "TCP_OLD_ACK" or "TCP_TOO_OLD_ACK" or "TCP_ACK_UNSENT_DATA"
                or "TCP_INVALID_ACK_SEQUENCE" =>
                place.Why(Causes.TcpAcknowledgment,
                    $"The segment from {peer} acknowledges what {port} has not sent, or what was acknowledged long ago.",
                        "look at both ends of the connection: ss -tni"),
            "TCP_OVERWINDOW" or "TCP_ZEROWINDOW" =>
                place.Why(Causes.TcpWindow, $"{port} has no room for the segment from {peer}: its window is full.", "see that the program reads: ss -tm"),
            var other when KernelReasons.All.TryGetValue(other, out var words) => place.Why(Causes.TcpState,
                $"{port} does not take the segment from {peer}: {words} ({other}).", "look at both ends of the connection: ss -tni"),
            var other => place.Why(Causes.TcpState, $"The connection of {peer} to {port} does not take the segment in its present state ({other}).",
                "look at both ends of the connection: ss -tni"),
        };
    }

    private static Reason NoSocket(DropPlace place)
    {
        var protocol = place.Seen.Tcp is not null ? "TCP" : place.Seen.Udp is not null ? "UDP" : "this protocol";
        int? port = place.Seen.Tcp is { } tcp ? tcp.DestinationPort : place.Seen.Udp is { } udp ? udp.DestinationPort : null;
        if (protocol == "UDP" && (TunnelDrops.NoTunnel(place, port!.Value) ?? TunnelEnds.NoneListens(place, port.Value)) is { } tunnel)
        {
            return tunnel;
        }

        if (port is not null && SocketReasons.Other(place, protocol, port.Value) is { } other)
        {
            return other;
        }

        if ((place.Seen.Icmp is { Type: IcmpType.EchoReply } ? place.Seen.Icmp?.Identifier
            : place.Seen.Icmpv6 is { Type: Icmpv6Type.EchoReply } ? place.Seen.Icmpv6?.Identifier : null) is { } identifier)
        {
            return place.Why(Causes.NoSocket,
                $"No program of {place.Node.Name} waits for this echo reply (identifier {identifier}): nobody there asked, or who asked has given up.", null);
        }

        var nobody = $"Nobody in {place.Node.Name} listens on {protocol}{(port is null ? "" : $" port {port}")}";
        return OwnRoute(place) is { } route
            ? place.Why(Causes.LocalRoute,
                $"{nobody}, where what is for {place.To} ends: {place.Node.Name} takes that for itself by a route of type local, and has no such address.",
                $"{RouterDrops.Delete(route, "local")}, in node {place.Node.Name}", Evidence.Route($"{route}."))
            : AlsoOf(place) is var (owner, own, device)
            ? place.Why(Causes.AddressTwice,
                $"{nobody}, and {place.To} is an address of {place.Node.Name} itself, on {device}, as it is one of {owner}: what is for {owner} ends here.",
                $"ip address del {own} dev {device}, in node {place.Node.Name}", Evidence.Link($"{device} has {own}; {owner} has {place.To} too."))
            : place.Why(Causes.NoSocket, $"{nobody}.", $"start the program, or see what listens: ss -lnp, in node {place.Node.Name}");
    }

    // Who else has the address that a packet is for, and where the node has it; null where it is the node's alone.
    private static (string Other, string Own, string Device)? AlsoOf(DropPlace place) => place.To is not { IsIPv6LinkLocal: false } to
        || IPAddress.IsLoopback(to) || Endpoint.DeviceWith(place.Node, to) is not var (device, own)
        || Endpoint.WithAddress(place.Node.Lab, to).FirstOrDefault(e => e.Vm is not null || e.Node != place.Node) is not { } other ? null
            : (other.Name, $"{to}/{own.PrefixLength}", device);

    private static RouteType? TypeOf(DropPlace place) => place.To is { } to ? place.Node.Live.Route.FindRoute(to).Type : null;

    // The route by which a node takes what is for an address that it does not have; null where it has the address, or no such route is there.
    private static RouteInfo? OwnRoute(DropPlace place) =>
        place.To is not { } to || IPAddress.IsLoopback(to) || TypeOf(place) is not RouteType.Local
        || place.Node.Live.Route.GetAddresses().Any(a => a.Address.Equals(to)) ? null
            : place.Node.Live.Route.GetRoutes().Where(r => r.Type is RouteType.Local && r.Family == to.AddressFamily && r.Destination?.Contains(to) == true)
                .MaxBy(r => r.Destination!.Value.PrefixLength);

    // A router takes a packet for the broadcast address of one of its networks for itself.
    private static Reason? BroadcastOf(DropPlace place)
    {
        var network = place.To is not { } to ? null
            : place.Node.Devices.FirstOrDefault(d => KernelState.AddressesOf(d).Any(a => !a.IsIPv6 && a.Contains(to) && IsLast(a, to)));
        return network is null || network.Name == place.Device ? null
            : place.Why(Causes.DirectedBroadcast,
                $"{place.To} is the broadcast address of {network.Name}, a network of {place.Node.Name} itself; a router does not pass such " +
                    $"a packet on, and nobody in {place.Node.Name} listens for it.",
                $"sysctl -w net.ipv4.conf.all.bc_forwarding=1; " +
                    $"sysctl -w net.ipv4.conf.{KernelState.InSysctl(place.Device)}.bc_forwarding=1, in node {place.Node.Name}",
                    Evidence.Sysctl($"net.ipv4.conf.{place.Device}.bc_forwarding = " +
                        $"{place.Node.ReadSysctl($"net/ipv4/conf/{place.Device}/bc_forwarding").Trim()}."));
    }

    private static bool IsForMany(DropPlace place) =>
        place.Seen.Destination.IsMulticast || place.Node.Devices.Any(d => KernelState.AddressesOf(d).Any(a => !a.IsIPv6 && IsLast(a, place.To!)));

    private static bool IsLast(InterfaceAddress network, IPAddress address)
    {
        var host = uint.MaxValue >> network.PrefixLength;
        return network.PrefixLength is > 0 and < 31
            && (uint.Parse(Convert.ToHexString(address.GetAddressBytes()), NumberStyles.HexNumber, CultureInfo.InvariantCulture) & host) == host;
    }
}
