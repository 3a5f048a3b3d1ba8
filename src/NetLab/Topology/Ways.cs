using System.Net;

namespace NetLab;

/// <summary>
/// The ways through a lab as it is described: over cables, tunnels, switches, and nodes that may route. They decide nothing: whether a frame takes one, and
/// where it leaves it, is seen.
/// </summary>
internal static class Ways
{
    /// <summary>
    /// The shortest way from one of some devices to one of others, ends included; empty where there is none. Through nodes that route only where
    /// cables, tunnels and switches alone do not lead there, and through others only where those do not either.
    /// </summary>
    public static IReadOnlyList<Device> Find(IReadOnlyCollection<Device> from, IReadOnlyCollection<Device> to) =>
        Shortest(from, to, OnLink) is { Count: > 0 } link ? link
            : Shortest(from, to, (d, before) => Next(d, before, node => node.Forwarding)) is { Count: > 0 } routed ? routed
            : Shortest(from, to, (d, before) => Next(d, before, _ => true));

    /// <summary>Whether one of some devices may be on the link of another: over cables, tunnels and switches alone, also those that flows may join.</summary>
    public static bool IsOneLink(Device from, IReadOnlyCollection<Device> to) =>
        Shortest([from], to, (device, _) => BesideOf(device, (entered, left) => entered.PassesTo(left))).Count > 0;

    /// <summary>Whether what goes out of one device comes in by the other: over a cable, or through a tunnel.</summary>
    public static bool AreEnds(Device from, Device to) => ReferenceEquals(from.OtherEnd, to) || FarEndsOf(from).Contains(to);

    // The devices of other nodes that a tunnel names as its other end.
    private static IEnumerable<Device> FarEndsOf(Device device) => device.Tunnel is not { Remote: { } remote } tunnel ? []
        : device.Node.Lab.Nodes.Where(n => n != device.Node && n.Devices.Any(d => d.Addresses.Any(a => a.Address.Equals(remote))))
            .SelectMany(n => n.Devices).Where(d => d.Tunnel is { } other && other.Name == tunnel.Name && other.Network == tunnel.Network
                && (other.Remote is null || device.Node.Devices.Any(own => own.Addresses.Any(a => a.Address.Equals(other.Remote)))));

    private static IEnumerable<Device> OnLink(Device device, Device? before) =>
        BesideOf(device, (entered, left) => entered.IsJoinedTo(left) || LeadsInto(entered, left) || LeadsInto(left, entered)).Concat(StackedOn(device, before));

    // Open vSwitch in user space sends what goes into a tunnel out of the bridge that has the tunnel's own address, and takes what comes out of one in there.
    private static bool LeadsInto(Switch inner, Switch below) =>
        inner.Node.OvsBridges.Where(inner.IsJoinedTo).SelectMany(bridge => bridge.VirtualPorts).Select(port => port.TunnelFrom).OfType<IPAddress>()
            .Any(own => below.Node.OvsBridges.Any(bridge => bridge.Addresses.Any(a => a.Address.Equals(own)) && below.IsJoinedTo(bridge)));

    /// <summary>Whether one of the two stands upon the other: a frame crosses both in the same direction.</summary>
    public static bool AreStacked(Device one, Device other) => ReferenceEquals(CarrierOf(one), other) || ReferenceEquals(CarrierOf(other), one);

    // A device by which the frames of the one above come and go; from one above it no frame goes to another one above.
    private static IEnumerable<Device> StackedOn(Device device, Device? before) =>
        (CarrierOf(device) is { } below && !ReferenceEquals(below, before) ? [below] : Array.Empty<Device>())
        .Concat(before is not null && AreStacked(device, before) && !ReferenceEquals(CarrierOf(device), before) ? []
            : device.Node.Devices.Where(above => ReferenceEquals(CarrierOf(above), device)));

    private static Device? CarrierOf(Device device) => device.Lower ?? device.SharesFramesOf;

    // The other end of its cable or tunnel, and the ports of its switch and of those that are one with that.
    private static IEnumerable<Device> BesideOf(Device device, Func<Switch, Switch, bool> areOne) =>
        (device.OtherEnd is { } other ? [other] : FarEndsOf(device))
        .Concat(device.Passes is { } entered ? entered.Node.Devices.Concat(PortsElsewhere(entered))
            .Where(d => d.Passes is { } left && areOne(entered, left)) : []);

    // Internal ports that stand in other nodes.
    private static IEnumerable<Device> PortsElsewhere(Switch of) =>
        of.Node.OvsBridges.SelectMany(bridge => bridge.Ports.Where(port => !ReferenceEquals(port.Node, bridge.Node)));

    private static List<Device> Shortest(IEnumerable<Device> from, IReadOnlyCollection<Device> to, Func<Device, Device?, IEnumerable<Device>> next)
    {
        var cameFrom = from.ToDictionary(device => device, _ => (Device?)null);
        var queue = new Queue<Device>(cameFrom.Keys);
        while (queue.TryDequeue(out var at))
        {
            if (to.Contains(at))
            {
                var way = new List<Device>();
                for (var step = at; step is not null; step = cameFrom[step])
                {
                    way.Insert(0, step);
                }

                return way;
            }

            foreach (var one in next(at, cameFrom[at]).Where(device => cameFrom.TryAdd(device, at)))
            {
                queue.Enqueue(one);
            }
        }

        return [];
    }

    // Where a frame may be seen next: at the other end, at a port of the switch, or at a device that the node's stack may send it out of.
    private static IEnumerable<Device> Next(Device device, Device? before, Predicate<Node> routes) =>
        device.Switch is null && device.Guest is null && routes(device.Node)
        ? OnLink(device, before).Concat(device.Node.Devices.Where(d => d.Switch is null && !d.LeadsToUserSpace))
        : OnLink(device, before);
}
