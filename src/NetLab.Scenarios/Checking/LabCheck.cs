namespace NetLab.Scenarios;

/// <summary>What a lab's parts must be to each other, told before the kernel is asked.</summary>
internal sealed class LabCheck
{
    private readonly Inventory _inventory;
    private readonly Binding _binding;
    private readonly Dictionary<DevicePlace, (string Bridge, Position At)> _masters = [];

    private LabCheck(Inventory inventory, Binding binding)
    {
        _inventory = inventory;
        _binding = binding;
    }

    /// <summary>Reports everything that does not fit together in the lab, and what the steps refer to that is not in it.</summary>
    public static void Run(ScenarioDocument.Root root, Binding binding)
    {
        // What could not be read, or has a name that is taken, may be what others refer to: one mistake, one complaint.
        var inventory = new Inventory(root.Lab, binding);
        var check = new LabCheck(inventory, binding);
        if (binding.Count == 0)
        {
            check.Ports(root.Lab);
            check.Devices();
            AddressCheck.Run(root.Lab, inventory, check._masters, binding);
        }
        if (binding.Count == 0)
        {
            new StepCheck(inventory, check._masters, binding).Run(root.Steps);
        }
    }

    private void Ports(LabEntry lab)
    {
        foreach (var node in _inventory.Nodes.Values)
        {
            foreach (var (bridge, entry) in node.Entry.Bridges)
            {
                foreach (var port in entry.Ports)
                {
                    Enslave(node, port.Value.Name, bridge.Value);
                }
            }
            foreach (var (bridge, entry) in node.Entry.OvsBridges)
            {
                foreach (var port in entry.Ports)
                {
                    Enslave(node, port.Value.Name, bridge.Value);
                    Vlan(port.Value.Vlan);
                }
            }
            foreach (var (name, vm) in node.Entry.Vms)
            {
                Vm(node, name, vm);
            }
            foreach (var plug in node.Entry.HybridPlugs)
            {
                Plug(node, plug.Value);
            }
            foreach (var patch in node.Entry.Patches)
            {
                Patch(node, patch.Value);
            }
        }
        foreach (var end in lab.Links.SelectMany(link => new[] { link.Value.A, link.Value.B }))
        {
            if (end.Master is { } master && _inventory.Nodes.TryGetValue(end.Device.Value.Node, out var node) && IsBridge(node, master))
            {
                Enslave(node, new Located<string>(end.Device.Value.Device, master.At), master.Value);
            }
        }
    }

    /// <param name="node">The node.</param>
    /// <param name="device">The device.</param>
    /// <param name="bridge">The bridge that takes it.</param>
    /// <param name="mayBeListed">The bridge may list the device among its ports too, to say what kind of port it is.</param>
    private void Enslave(NodeInventory node, Located<string> device, string bridge, bool mayBeListed = false)
    {
        if (!_inventory.HasDevice(node, device.Value, device.At))
        {
            return;
        }
        if (device.Value == bridge)
        {
            _binding.Report(device.At, $"'{bridge}' is named as a port of itself", "a bridge's ports are other devices; leave it out");
        }
        else if (node.IsLinuxBridge(device.Value) && node.IsLinuxBridge(bridge))
        {
            _binding.Report(device.At, $"'{device.Value}' is a bridge, and the kernel takes no bridge as a port of a bridge", "join two bridges by a link, with one end in each");
        }
        else if (!_masters.TryAdd(new DevicePlace(node.Name, device.Value), (bridge, device.At))
            && !(mayBeListed && _masters[new DevicePlace(node.Name, device.Value)].Bridge == bridge))
        {
            var other = _masters[new DevicePlace(node.Name, device.Value)];
            _binding.Report(device.At, $"'{device.Value}' is a port of '{other.Bridge}' already (line {other.At.Line})", "a device is a port of one bridge: take it out of one of them");
        }
    }

    private bool IsBridge(NodeInventory node, Located<string> bridge)
    {
        if (node.IsLinuxBridge(bridge.Value) || node.IsOvsBridge(bridge.Value))
        {
            return true;
        }
        _binding.Report(bridge.At, node.Devices.ContainsKey(bridge.Value) ? $"'{bridge.Value}' is no bridge" : $"{node.Name} has no bridge '{bridge.Value}'",
            Spelling.Suggest(bridge.Value, [.. node.BridgeNames], "bridge"));
        return false;
    }

    private void Vlan(OvsVlanEntry vlan)
    {
        if (vlan.Tag is { } tag && vlan.Mode is { Value: "trunk" })
        {
            _binding.Report(tag.At, "a port with vlan_mode trunk has no tag", "remove 'tag', or say native-tagged or native-untagged");
        }
        if (vlan.Trunks is { Count: > 0 } trunks && vlan.Mode is { Value: "access" })
        {
            _binding.Report(trunks[0].At, "a port with vlan_mode access has no trunks", "remove 'trunks', or say 'vlan_mode: trunk'");
        }
    }

    private void Vm(NodeInventory node, Located<string> name, VmEntry vm)
    {
        if (vm.Bridge is { } bridge && IsBridge(node, bridge))
        {
            Enslave(node, new Located<string>(Inventory.TapOf(name.Value, vm), bridge.At), bridge.Value, mayBeListed: true);
            if (vm.Tag is { } tag && !node.IsOvsBridge(bridge.Value))
            {
                _binding.Report(tag.At, $"'{bridge.Value}' is a Linux bridge, whose ports have no tag", "plug the VM into an OVS bridge, or remove 'tag'");
            }
        }
        else if (vm.Bridge is null && vm.Tag is { } alone)
        {
            _binding.Report(alone.At, "a tag belongs to a port of an OVS bridge, and this VM is in none", "add 'bridge'");
        }
    }

    private void Plug(NodeInventory node, HybridPlugEntry plug)
    {
        if ((plug.Bridge ?? node.Entry.IntegrationBridge) is not { } bridge)
        {
            _binding.Report(plug.At, "the plug ends nowhere: it names no bridge and the node has no integration-bridge", "add 'integration-bridge: br-int' to the node");
            return;
        }
        if (!IsBridge(node, bridge))
        {
            return;
        }
        if (!node.IsOvsBridge(bridge.Value))
        {
            _binding.Report(bridge.At, $"'{bridge.Value}' is a Linux bridge", "the hybrid plug ends in an OVS bridge: name one that stands under 'ovs'");
            return;
        }
        Enslave(node, new Located<string>(plug.DeviceName("tap"), plug.Port.At), plug.DeviceName("qbr"));
        Enslave(node, new Located<string>(plug.DeviceName("qvb"), plug.Port.At), plug.DeviceName("qbr"));
        Enslave(node, new Located<string>(plug.DeviceName("qvo"), plug.Port.At), bridge.Value);
    }

    private void Patch(NodeInventory node, PatchEntry patch)
    {
        foreach (var end in new[] { patch.A, patch.B })
        {
            if (IsBridge(node, new Located<string>(end.Value.Node, end.At)) && !node.IsOvsBridge(end.Value.Node))
            {
                _binding.Report(end.At, $"'{end.Value.Node}' is a Linux bridge, which has no patch ports", "join it by a link: a veth pair with one end in each bridge");
            }
        }
        if (patch.A.Value.Node == patch.B.Value.Node)
        {
            _binding.Report(patch.B.At, $"both patch ports are in '{patch.A.Value.Node}'", "a patch joins two bridges");
        }
    }

    private void Devices()
    {
        foreach (var node in _inventory.Nodes.Values)
        {
            foreach (var (name, device) in node.Entry.Devices)
            {
                if (device.Type is null && !node.Devices.ContainsKey(name.Value))
                {
                    _binding.Report(name.At, $"nothing makes the device '{name.Value}' of {node.Name}",
                        Spelling.Nearest(name.Value, node.Devices.Keys) is { } near ? $"did you mean '{near}'?" : "cable it under 'links', or give it a 'type'");
                }
            }
        }
    }
}
