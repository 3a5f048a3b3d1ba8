using System.Net;
using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>Commands that need what only the lab knows. Where it does not know, the advice is words, and no command with a gap in it.</summary>
internal static class KnownRemedies
{
    /// <summary>Gives a node a route: to who is on one of its links, or by a router there.</summary>
    public static string Route(Node node, IPAddress? to) => to is null ? $"give {node.Name} a route to it"
        : node.Devices.FirstOrDefault(d => IsOnLinkOf(d, to)) is { } near ? $"ip route add {to} dev {near.Name}, in node {node.Name}"
        : GatewayTo(node, to) is { } gateway ? $"ip route add {to} via {gateway}, in node {node.Name}"
        : $"give {node.Name} a route to {to}; no router on its links has one";

    /// <summary>Tells a node the MAC address of a neighbour, by a command; null where nobody on the device's link has the address.</summary>
    public static string? Neighbour(Node node, string device, IPAddress address) =>
        node.FindDevice(device) is { } own && OwnersOf(node.Lab, address).FirstOrDefault(d => d.Node != node && Ways.IsOneLink(own, [d])) is { } owner
            ? $"ip neigh replace {address} lladdr {owner.Guest?.Mac ?? KernelState.MacOf(owner)} dev {device}" : null;

    /// <summary>Makes a device a port of a bridge of its node, where it has one bridge alone.</summary>
    public static string Port(Node node, string device) => node.Switches.ToList() switch
    {
        [{ IsInUserSpace: false } bridge] when bridge.Name != device => $"ip link set dev {device} master {bridge.Name}",
        _ => $"make {device} a port of a bridge",
    };

    /// <summary>Tells a VXLAN tunnel its other end, where the lab has one alone with the same number.</summary>
    public static string TunnelEnd(Node node, string device, VxlanSpec? own)
    {
        List<IPAddress> ends = own is null ? []
            : [.. node.Lab.Nodes.Where(n => n != node && n.IsApplied).SelectMany(TunnelDrops.TunnelsOf)
                .Where(t => t.Spec.Id == own.Id && t.Spec.Port == own.Port).Select(t => t.Spec.Local).OfType<IPAddress>().Distinct()];
        return ends is [var end] ? $"bridge fdb append 00:00:00:00:00:00 dev {device} dst {end}"
            : $"give {device} a remote, or its FDB an entry for all zeros with the address of the other end";
    }

    /// <summary>The address, on one of a node's links, of a router that has a route there; null where there is none.</summary>
    public static IPAddress? GatewayTo(Node node, IPAddress to) =>
        node.Devices.Where(d => d.IsApplied && KernelState.AddressesOf(d).Count > 0).Select(d => GatewayTo(d, to)).FirstOrDefault(g => g is not null);

    /// <summary>The address, on a device's link, of a router that has a route there, or of who has the address elsewhere; null where there is none.</summary>
    public static IPAddress? GatewayTo(Device device, IPAddress to)
    {
        return NeighboursOn(device, to.AddressFamily is AddressFamily.InterNetworkV6, n => (IsRouter(n, to.AddressFamily) && HasRoute(n))
            || Endpoint.DeviceWith(n, to) is not null).FirstOrDefault();

        bool HasRoute(Node router)
        {
            try
            {
                return router.Live.Route.FindRoute(to).Error == 0;
            }
            catch (LinuxException)
            {
                return false; // an address to which the kernel gives no route at all
            }
        }
    }

    /// <summary>
    /// Gives a route by a gateway that nobody is, or by none, a router on that link: one that has a route there, or the only one; null where there is none.
    /// </summary>
    public static string? Gateway(Node node, string device, RouteInfo route, IPAddress to)
    {
        if (node.FindDevice(device) is not { } link)
        {
            return null;
        }

        var v6 = route.Family is AddressFamily.InterNetworkV6;
        var router = GatewayTo(link, to)
            ?? (NeighboursOn(link, v6, n => IsRouter(n, route.Family)).Distinct().ToList() is [var only] ? only : null);
        return router is null ? null
            : $"ip {(v6 ? "-6 " : "")}route replace {route.Destination?.ToString() ?? "default"} via {router} dev {device}"
                + $"{(route.Table == RouteTable.Main ? "" : $" table {route.Table}")}{(route.Metric is { } metric ? $" metric {metric}" : "")}"
                + $", in node {node.Name}";
    }

    /// <summary>The address of a node on the link of one of some devices, in a network of the device; null where it has none.</summary>
    public static IPAddress? AddressOf(Node node, IReadOnlyList<Device> links, AddressFamily family) =>
        links.SelectMany(link => NeighboursOn(link, family is AddressFamily.InterNetworkV6, n => ReferenceEquals(n, node))).FirstOrDefault();

    private static bool IsRouter(Node node, AddressFamily family) =>
        node.ReadSysctl(family is AddressFamily.InterNetworkV6 ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward").Trim() == "1";

    // The addresses of some other nodes on a device's link, in a network of the device.
    private static IEnumerable<IPAddress> NeighboursOn(Device device, bool v6, Func<Node, bool> which)
    {
        var own = KernelState.AddressesOf(device);
        return device.Node.Lab.Nodes.Where(n => n != device.Node && n.IsApplied && which(n)).SelectMany(n => n.Devices)
            .Where(d => Ways.IsOneLink(device, [d])).SelectMany(KernelState.AddressesOf)
            .Where(a => a.IsIPv6 == v6 && own.Any(o => o.Contains(a.Address))).Select(a => a.Address);
    }

    // A port of a bridge has no routes: the bridge's own device has.
    private static bool IsOnLinkOf(Device device, IPAddress address) => device is { IsApplied: true, Guest: null }
        && (device.Switch is null || device.LeadsToStack) && KernelState.AddressesOf(device).Count > 0
        && OwnersOf(device.Node.Lab, address).Any(owner => owner.Node != device.Node && Ways.IsOneLink(device, [owner]));

    private static IEnumerable<Device> OwnersOf(Lab lab, IPAddress address) =>
        lab.Vms.Where(vm => vm.Has(address)).Select(Device (vm) => vm.Tap)
            .Concat(lab.Nodes.SelectMany(n => n.Devices).Where(d => d.Guest is null && KernelState.AddressesOf(d).Any(a => IsOfNetwork(a, address))));

    // One of a host alone says of no link that it leads there.
    private static bool IsOfNetwork(InterfaceAddress own, IPAddress address) => own.Address.Equals(address) && own.PrefixLength < (own.IsIPv6 ? 128 : 32);
}
