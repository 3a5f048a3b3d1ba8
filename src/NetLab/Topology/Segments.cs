using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>
/// The broadcast domains of a lab as it is described: what links, bridges, patch ports, macvlans and the VLANs of Open vSwitch join. Flows, VLAN filtering and
/// isolation are not looked at; this decides only whether two equal addresses would meet.
/// </summary>
internal sealed class Segments
{
    private readonly Dictionary<object, object> _parents = [];

    /// <summary>Finds the domains.</summary>
    public static Segments Of(Lab lab)
    {
        var segments = new Segments();
        List<OvsBridge> bridges = [.. lab.Nodes.SelectMany(node => node.Devices).OfType<OvsBridge>()];
        HashSet<int> vlans = [0, .. bridges.SelectMany(bridge => bridge.Ports.Select(bridge.Port)).Select(port => port.Tag ?? 0)];
        foreach (var link in lab.Links)
        {
            foreach (var vlan in IsTrunk(link.A) && IsTrunk(link.B) ? vlans : [0])
            {
                segments.Join(Point(link.A, vlan), Point(link.B, vlan));
            }
        }

        foreach ((var bridge, var patch) in bridges.SelectMany(bridge => bridge.VirtualPorts.Select(port => (bridge, port))))
        {
            foreach (var vlan in PeerOf(bridge, patch) is null ? [] : vlans)
            {
                segments.Join((bridge, vlan), (PeerOf(bridge, patch)!, vlan));
            }
        }

        foreach (var device in lab.Nodes.SelectMany(node => node.Devices).OfType<KernelDevice>())
        {
            // It has no frames of its own: those of the device below are shared out by address.
            if (device is { Parent: { } parent, Spec: MacvlanLinkSpec or IpvlanLinkSpec })
            {
                segments.Join(Point(device, 0), Point(parent, 0));
            }
        }

        return segments;
    }

    /// <summary>The representative of the domain that a device is in, untagged.</summary>
    public object Find(Device device) => Root(Point(device, 0));

    // A bridge is one point of Linux's, and one for each VLAN of Open vSwitch's. The bridge's own device is in the bridge.
    private static object Point(Device device, int vlan) => (device.Switch ?? device) switch
    {
        OvsBridge bridge => (bridge, ReferenceEquals(bridge, device) ? vlan : bridge.Port(device).Tag ?? vlan),
        Bridge bridge => bridge,
        _ => device,
    };

    // A port of an Open vSwitch bridge that has no tag carries every VLAN.
    private static bool IsTrunk(Device device) => device.Switch is OvsBridge bridge && bridge.Port(device).Tag is null;

    private static OvsBridge? PeerOf(OvsBridge bridge, OvsPort patch) =>
        patch.Options is { InterfaceType: "patch", InterfaceOptions: { } options } && options.TryGetValue("peer", out var peer)
        ? bridge.Node.Devices.OfType<OvsBridge>().FirstOrDefault(other => other.VirtualPorts.Any(port => port.Name == peer))
        : null;

    private object Root(object point)
    {
        while (_parents.TryGetValue(point, out var parent))
        {
            point = parent;
        }

        return point;
    }

    private void Join(object a, object b)
    {
        object left = Root(a), right = Root(b);
        if (!left.Equals(right))
        {
            _parents[left] = right;
        }
    }
}
