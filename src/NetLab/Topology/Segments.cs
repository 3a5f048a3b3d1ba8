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
        List<Device> devices = [.. lab.Nodes.SelectMany(node => node.Devices)];
        HashSet<int> vlans = [0, .. devices.Select(device => device.OvsPort?.Tag ?? 0)];
        foreach (var link in lab.Links)
        {
            foreach (var vlan in link is { A.OvsPort.IsTrunk: true, B.OvsPort.IsTrunk: true } ? vlans : [0])
            {
                segments.Join(Point(link.A, vlan), Point(link.B, vlan));
            }
        }

        foreach (var bridge in lab.Nodes.SelectMany(node => node.Switches))
        {
            foreach ((var other, var vlan) in bridge.Patched.SelectMany(other => vlans.Select(vlan => (other, vlan))))
            {
                segments.Join(Point(bridge, vlan), Point(other, vlan));
            }
        }

        foreach (var device in devices)
        {
            if (device.SharesFramesOf is { } owner)
            {
                segments.Join(Point(device, 0), Point(owner, 0));
            }
        }

        return segments;
    }

    /// <summary>The representative of the domain that a device is in, untagged.</summary>
    public object Find(Device device) => Root(Point(device, 0));

    private static object Point(Device device, int vlan) => (device.Switch ?? device.Passes)?.DomainOf(device, vlan) ?? device;

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
