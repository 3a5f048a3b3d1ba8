using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>Why a socket that is at the port of a packet does not take it; of groups the kernel does not tell which socket has joined them.</summary>
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
        List<KernelSocket> same = KernelSocket.Bound(place.Node, name + own, port), other = KernelSocket.Bound(place.Node, name + others, port);
        List<(KernelSocket Socket, Reason? Refuses)> all =
        [
            .. same.Select(s => (s, OfSame(place, protocol, port, s))),
            .. other.Select(s => (s, OfOther(place, protocol, port, s))),
        ];
        return all.Count == 0 ? null : all.Find(s => s.Refuses is null) is { Socket: { } taker } ? Later(place, protocol, port, taker) : all[0].Refuses;
    }

    // The kernel found none when the packet came.
    private static Reason Later(DropPlace place, string protocol, int port, KernelSocket socket) => place.Why(Causes.NoSocket,
        $"Nobody in {place.Node.Name} listened on {protocol} port {port} when the packet came; the socket that is there now, {socket}, takes such packets.",
        "send it again, now that the program listens", Evidence.Socket($"{socket}."));

    private static Reason? OfOther(DropPlace place, string protocol, int port, KernelSocket socket)
    {
        string node = place.Node.Name, at = $"The socket at {protocol} port {port} of {node}";
        var isForAll = socket.Remote.Port == 0 && IsAny(socket.Local.Address);
        return !isForAll ? place.Why(Causes.SocketElsewhere, $"{at} is at {socket}; the packet is for {place.To}.",
                $"let the program listen at {place.To} as well", Evidence.Socket($"{socket}."))
            : place.IsIpv6 ? place.Why(Causes.SocketElsewhere, $"{at} is one of IPv4, and the packet is of IPv6.",
                "let the program listen at [::], which takes both", Evidence.Socket($"{socket}."))
            : socket.IsIpv6Only is false ? OfDevice(place, protocol, port, socket)
            : place.Why(Causes.SocketElsewhere,
                $"{at} takes IPv6 alone (IPV6_V6ONLY{(socket.IsIpv6Only is null ? ", or it is bound to another device" : "")}), and the packet is of IPv4.",
                "let the program listen at 0.0.0.0 as well, or without IPV6_V6ONLY", Evidence.Socket($"{socket}."));
    }

    private static Reason? OfSame(DropPlace place, string protocol, int port, KernelSocket socket)
    {
        var node = place.Node.Name;
        var any = place.IsIpv6 ? "[::]" : "0.0.0.0";
        return socket.Remote.Port != 0 && !(socket.Remote.Address.Equals(place.From) && socket.Remote.Port == place.Seen.Udp?.SourcePort)
            ? place.Why(Causes.SocketElsewhere,
                $"The socket at {protocol} port {port} of {node} is connected to {socket.Remote}, and takes packets of nobody else; this one is from " +
                    $"{place.From}.",
                "connect it to the sender, or do not connect it", Evidence.Socket($"{socket}."))
            : !IsAny(socket.Local.Address) && !socket.Local.Address.Equals(place.To)
                ? place.Why(Causes.SocketElsewhere,
                    $"The socket at {protocol} port {port} of {node} listens at {socket.Local.Address} alone; the packet is for {place.To}.",
                    $"let the program listen at {place.To} or at {any}", Evidence.Socket($"{socket}."))
            : place.To is { } to && (to.IsIPv6Multicast || to.GetAddressBytes() is [>= 224 and < 240, _, _, _]) && !IsElsewhere(place, socket)
                ? place.Why(Causes.GroupNotJoined,
                    $"A socket of {node} is at {protocol} port {port}, and takes nothing for {to} that comes in by {place.Device}: it has not joined that " +
                        $"group there{(socket.Device is null ? ", or is bound to another device" : "")}.",
                    $"let the program join {to} on {place.Device}{(socket.Device is null ? ", or bind it to no device" : "")}", Evidence.Socket($"{socket}."))
            : OfDevice(place, protocol, port, socket);
    }

    // Null where it takes what comes in by the device, as far as the kernel tells.
    private static Reason? OfDevice(DropPlace place, string protocol, int port, KernelSocket socket)
    {
        var node = place.Node.Name;
        return IsElsewhere(place, socket)
            ? place.Why(Causes.SocketDevice,
                $"A socket of {node} listens on {protocol} port {port}, but not for packets that come in by {place.Device}: it is bound to another device, "
                    + $"{NameOf(place, socket)} (SO_BINDTODEVICE).",
                $"bind it to {place.Device}, or to none: ss -lnp shows the device", Evidence.Socket($"{socket}%{NameOf(place, socket)}."))
            : socket.Device is not > 0 && Domain(place, protocol) is { } domain
            ? place.Why(Causes.SocketDevice,
                $"A socket of {node} is at {protocol} port {port}, and takes nothing that comes in by the routing domain (VRF) {domain.Name}: "
                    + $"{domain.Sysctl} is 0.",
                $"sysctl -w {domain.Sysctl}=1, in node {node}, or bind it to {domain.Name}", Evidence.Socket($"{socket}."),
                Evidence.Sysctl($"{domain.Sysctl} = 0."))
            : socket.Device is not null ? null
            : place.Why(Causes.SocketDevice,
                $"A socket of {node} is at {protocol} port {port}, and was not there for this packet, which came in by {place.Device}: it is bound to another "
                    + "device (SO_BINDTODEVICE), or was opened afterwards. This kernel does not tell which (CONFIG_INET_DIAG).",
                $"bind it to {place.Device}, or to none, and send the packet again: ss -lnp shows the device", Evidence.Socket($"{socket}."));
    }

    // A socket that is bound to a routing domain takes what comes in by its devices.
    private static bool IsElsewhere(DropPlace place, KernelSocket socket) => socket.Device is { } bound and not 0
        && place.Node.Live.Route.FindLink(place.Device) is { } link && bound != link.Index && bound != link.MasterIndex;

    private static string NameOf(DropPlace place, KernelSocket socket) =>
        place.Node.Live.Route.FindLink(socket.Device!.Value)?.Name ?? "one that is gone";

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
