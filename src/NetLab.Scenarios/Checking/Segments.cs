namespace NetLab.Scenarios;

/// <summary>
/// The broadcast domains of a lab as the file draws it: what is joined by links, bridges, patches and OVS's VLANs. Flows,
/// VLAN filtering and isolation are not looked at; this decides only whether two equal addresses would meet.
/// </summary>
internal sealed class Segments
{
    private readonly Dictionary<(string Node, string Thing, int Vlan), (string Node, string Thing, int Vlan)> _parents = [];
    private readonly Dictionary<DevicePlace, (string Bridge, Position At)> _masters;
    private readonly Dictionary<DevicePlace, int> _tags = [];
    private readonly Inventory _inventory;

    public Segments(LabEntry lab, Inventory inventory, IReadOnlyDictionary<DevicePlace, (string Bridge, Position At)> masters)
    {
        _inventory = inventory;
        _masters = masters.ToDictionary();
        foreach (var node in inventory.Nodes.Values)
        {
            ReadTags(node);
        }
        var vlans = _tags.Values.Append(0).ToHashSet();
        foreach (var link in lab.Links)
        {
            Join(link.Value.A.Device.Value, link.Value.B.Device.Value, vlans);
        }
        foreach (var node in inventory.Nodes.Values)
        {
            foreach (var patch in node.Entry.Patches)
            {
                foreach (var vlan in vlans)
                {
                    Union((node.Name, patch.Value.A.Value.Node, vlan), (node.Name, patch.Value.B.Value.Node, vlan));
                }
            }
            foreach (var plug in node.Entry.HybridPlugs)
            {
                Join(new DevicePlace(node.Name, plug.Value.DeviceName("qvb")), new DevicePlace(node.Name, plug.Value.DeviceName("qvo")), vlans);
            }
        }
    }

    /// <summary>The broadcast domain that a device is in, untagged.</summary>
    public object Of(string node, string device) => Find(Point(new DevicePlace(node, device), 0));

    private void ReadTags(NodeInventory node)
    {
        foreach (var port in node.Entry.OvsBridges.SelectMany(bridge => bridge.Value.Ports))
        {
            if (port.Value.Vlan.Tag is { } tag)
            {
                _tags[new DevicePlace(node.Name, port.Value.Name.Value)] = tag.Value;
            }
        }
        foreach (var (name, vm) in node.Entry.Vms)
        {
            if (vm.Tag is { } tag)
            {
                _tags[new DevicePlace(node.Name, Inventory.TapOf(name.Value, vm))] = tag.Value;
            }
        }
        foreach (var plug in node.Entry.HybridPlugs)
        {
            _tags[new DevicePlace(node.Name, plug.Value.DeviceName("qvo"))] = plug.Value.Vlan.Value;
        }
    }

    private void Join(DevicePlace a, DevicePlace b, HashSet<int> vlans)
    {
        if (IsTrunk(a) && IsTrunk(b))
        {
            foreach (var vlan in vlans)
            {
                Union(Point(a, vlan), Point(b, vlan));
            }
        }
        else
        {
            Union(Point(a, 0), Point(b, 0));
        }
    }

    /// <summary>An untagged port of an OVS bridge carries every VLAN.</summary>
    private bool IsTrunk(DevicePlace device) =>
        _masters.TryGetValue(device, out var master) && _inventory.Nodes[device.Node].IsOvsBridge(master.Bridge) && !_tags.ContainsKey(device);

    private (string Node, string Thing, int Vlan) Point(DevicePlace device, int vlan)
    {
        if (!_masters.TryGetValue(device, out var master))
        {
            return (device.Node, device.Device, 0);
        }
        return _inventory.Nodes.TryGetValue(device.Node, out var node) && node.IsOvsBridge(master.Bridge)
            ? (device.Node, master.Bridge, _tags.GetValueOrDefault(device, vlan))
            : (device.Node, master.Bridge, 0);
    }

    private (string Node, string Thing, int Vlan) Find((string Node, string Thing, int Vlan) point)
    {
        while (_parents.TryGetValue(point, out var parent) && parent != point)
        {
            point = parent;
        }
        return point;
    }

    private void Union((string Node, string Thing, int Vlan) a, (string Node, string Thing, int Vlan) b)
    {
        var (rootA, rootB) = (Find(a), Find(b));
        if (rootA != rootB)
        {
            _parents[rootA] = rootB;
        }
    }
}
