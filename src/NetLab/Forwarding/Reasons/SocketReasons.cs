using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>Why a socket that is at the port of a packet does not take it: as <c>/proc/net</c> shows it, which says nothing of devices and groups.</summary>
internal static class SocketReasons
{
    /// <summary>The reason; null where no socket is at the port.</summary>
    /// <param name="place">Where the packet was dropped.</param>
    /// <param name="protocol">TCP or UDP.</param>
    /// <param name="port">The port that it is for.</param>
    public static Reason? Other(DropPlace place, string protocol, int port)
    {
        var (own, others) = place.IsIpv6 ? ("6", "") : ("", "6");
        var name = protocol == "TCP" ? "tcp" : "udp";
        var node = place.Node.Name;
        if (KernelSocket.At(place.Node, name + own, port) is [var socket, ..])
        {
            return OfSame(place, protocol, port, socket);
        }

        return KernelSocket.At(place.Node, name + others, port) is not [var other, ..] ? null
            : other.Remote.Port != 0 || !IsAny(other.Local.Address)
                ? place.Why(Causes.SocketElsewhere,
                    $"The socket at {protocol} port {port} of {node} is at {other}; the packet is for {place.To}.",
                    $"let the program listen at {place.To} as well", Evidence.Socket($"{other}."))
            : place.IsIpv6
                ? place.Why(Causes.SocketElsewhere,
                    $"The socket at {protocol} port {port} of {node} is one of IPv4, and the packet is of IPv6.",
                    "let the program listen at [::], which takes both", Evidence.Socket($"{other}."))
                : place.Why(Causes.SocketElsewhere,
                    $"The socket at {protocol} port {port} of {node} takes IPv6 alone (IPV6_V6ONLY, or it is bound to another device), and the packet is "
                        + "of IPv4.",
                    "let the program listen at 0.0.0.0 as well, or without IPV6_V6ONLY", Evidence.Socket($"{other}."));
    }

    private static Reason OfSame(DropPlace place, string protocol, int port, KernelSocket socket)
    {
        var node = place.Node.Name;
        var any = place.IsIpv6 ? "[::]" : "0.0.0.0";
        return socket.Remote.Port != 0
            ? place.Why(Causes.SocketElsewhere,
                $"The socket at {protocol} port {port} of {node} is connected to {socket.Remote}, and takes packets of nobody else; this one is from " +
                    $"{place.From}.",
                "connect it to the sender, or do not connect it", Evidence.Socket($"{socket}."))
            : !IsAny(socket.Local.Address) && !socket.Local.Address.Equals(place.To)
                ? place.Why(Causes.SocketElsewhere,
                    $"The socket at {protocol} port {port} of {node} listens at {socket.Local.Address} alone; the packet is for {place.To}.",
                    $"let the program listen at {place.To} or at {any}", Evidence.Socket($"{socket}."))
            : place.To is { } to && (to.IsIPv6Multicast || to.GetAddressBytes() is [>= 224 and < 240, _, _, _])
                ? place.Why(Causes.GroupNotJoined,
                    $"A socket of {node} is at {protocol} port {port}, and takes nothing for {to} that comes in by {place.Device}: it has not joined that " +
                        "group there, or is bound to another device.",
                    $"let the program join {to} on {place.Device}, or bind it to no device", Evidence.Socket($"{socket}."))
                : Domain(place, protocol) is { } domain
                ? place.Why(Causes.SocketDevice,
                    $"A socket of {node} is at {protocol} port {port}, and takes nothing that comes in by the routing domain (VRF) {domain.Name}: "
                        + $"{domain.Sysctl} is 0.",
                    $"sysctl -w {domain.Sysctl}=1, in node {node}, or bind it to {domain.Name}", Evidence.Socket($"{socket}."),
                    Evidence.Sysctl($"{domain.Sysctl} = 0."))
                : place.Why(Causes.SocketDevice,
                    $"A socket of {node} listens on {protocol} port {port}, but not for packets that come in by {place.Device}: it is bound to another " +
                        "device (SO_BINDTODEVICE).",
                    $"bind it to {place.Device}, or to none: ss -lnp shows the device", Evidence.Socket($"{socket}."));
    }

    // A socket that is bound to no device takes what comes in by a routing domain only where it is told to (inet_sk_bound_dev_eq).
    private static (string Name, string Sysctl)? Domain(DropPlace place, string protocol)
    {
        var (route, sysctl) = (place.Node.Live.Route, $"net.ipv4.{(protocol == "TCP" ? "tcp" : "udp")}_l3mdev_accept");
        var link = route.FindLink(place.Device);
        var domain = link is { KindData: VrfSpec } ? link : link?.MasterIndex is { } master ? route.FindLink(master) : null;
        return domain is { KindData: VrfSpec, Name: var name } && place.Node.ReadSysctl(sysctl).Trim() == "0" ? (name, sysctl) : null;
    }

    private static bool IsAny(IPAddress address) => address.Equals(IPAddress.Any) || address.Equals(IPAddress.IPv6Any);
}
