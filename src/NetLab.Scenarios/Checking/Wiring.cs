using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary>Which device is a port of which bridge, as the parts say it; what cannot be is reported.</summary>
internal sealed class Wiring(Inventory inventory, Binding binding)
{
    private readonly Dictionary<DevicePlace, (string Bridge, Position At)> _masters = [];

    /// <summary>The bridge that each port is in.</summary>
    public IReadOnlyDictionary<DevicePlace, (string Bridge, Position At)> Masters => _masters;

    public void Report(Position at, string wrong, string right) => binding.Report(at, wrong, right);

    /// <summary>Another node, or null after reporting that there is none of this name.</summary>
    public NodeInventory? Node(Located<string> name) => inventory.Node(name.Value, name.At);

    public bool HasDevice(NodeInventory node, Located<string> device) => inventory.HasDevice(node, device.Value, device.At);

    /// <summary>Gives a device to a bridge.</summary>
    /// <param name="node">The node.</param>
    /// <param name="device">The device.</param>
    /// <param name="bridge">The bridge that takes it.</param>
    /// <param name="mayBeListed">The bridge may list the device among its ports too, to say what kind of port it is.</param>
    public void Enslave(NodeInventory node, Located<string> device, string bridge, bool mayBeListed = false)
    {
        if (!HasDevice(node, device))
        {
            return;
        }
        if (device.Value == bridge)
        {
            Report(device.At, $"'{bridge}' is named as a port of itself", "a bridge's ports are other devices; leave it out");
        }
        else if (node.IsLinuxBridge(device.Value) && node.IsLinuxBridge(bridge))
        {
            Report(device.At, $"'{device.Value}' is a bridge, and the kernel takes no bridge as a port of a bridge",
                "join two bridges by a link, with one end in each");
        }
        else if (!_masters.TryAdd(new DevicePlace(node.Name, device.Value), (bridge, device.At))
            && !(mayBeListed && _masters[new DevicePlace(node.Name, device.Value)].Bridge == bridge))
        {
            var other = _masters[new DevicePlace(node.Name, device.Value)];
            Report(device.At, $"'{device.Value}' is a port of '{other.Bridge}' already (line {other.At.Line})",
                "a device is a port of one bridge: take it out of one of them");
        }
        else if (node.IsLinuxBridge(bridge) && _masters.Count(port => port.Key.Node == node.Name && port.Value.Bridge == bridge) == Bridge.MostPorts + 1)
        {
            Report(device.At, $"'{device.Value}' is port {Bridge.MostPorts + 1} of '{bridge}', and a Linux bridge has at most {Bridge.MostPorts}",
                "spread the ports over two bridges that a link joins");
        }
    }

    /// <summary>Whether the node has this bridge, Linux's or Open vSwitch's, after reporting when it has not.</summary>
    public bool IsBridge(NodeInventory node, Located<string> bridge)
    {
        if (node.IsLinuxBridge(bridge.Value) || node.IsOvsBridge(bridge.Value))
        {
            return true;
        }
        Report(bridge.At, node.Devices.ContainsKey(bridge.Value) ? $"'{bridge.Value}' is no bridge" : $"{node.Name} has no bridge '{bridge.Value}'",
            Spelling.Suggest(bridge.Value, [.. node.BridgeNames], "bridge"));
        return false;
    }

    public void CheckVlan(OvsVlanEntry vlan)
    {
        // Neutron leaves both on a port that is dead: Open vSwitch then goes by the trunk's VLANs alone.
        if (vlan.Tag is { Value: not IntegrationBridge.DeadVlan } tag && vlan.Mode is { Value: "trunk" })
        {
            Report(tag.At, "a port with vlan_mode trunk has no tag", "remove 'tag', or say native-tagged or native-untagged");
        }
        if (vlan.Trunks is { Count: > 0 } trunks && vlan.Mode is { Value: "access" })
        {
            Report(trunks[0].At, "a port with vlan_mode access has no trunks", "remove 'trunks', or say 'vlan_mode: trunk'");
        }
    }

    /// <summary>Makes a device a port of a bridge, where a VM has not plugged its tap in already.</summary>
    public static void Attach(Switch bridge, Device device)
    {
        if (!ReferenceEquals(device.Switch, bridge))
        {
            bridge.Attach(device);
        }
    }
}
