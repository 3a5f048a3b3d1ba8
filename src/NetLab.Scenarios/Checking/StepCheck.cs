namespace NetLab.Scenarios;

/// <summary>What the steps refer to must be in the lab.</summary>
internal sealed class StepCheck(Inventory inventory, IReadOnlyDictionary<DevicePlace, (string Bridge, Position At)> masters, Binding binding)
{
    private bool _sent;

    public void Run(IEnumerable<Located<StepEntry>> steps)
    {
        foreach (var step in steps)
        {
            Step(step.Value);
        }
    }

    private void Step(StepEntry step)
    {
        if (step.Ping is { } ping)
        {
            Ping(ping);
        }
        if (step.Send is { } send)
        {
            Send(send);
        }
        if ((step.Expect.Count > 0 || step.ExpectNone.Count > 0) && !_sent)
        {
            binding.Report(step.Of(step.Expect.Count > 0 ? "expect" : "expect-none"), "nothing is sent before this", "put it beside a 'send', or after one");
        }
        foreach (var expect in step.Expect)
        {
            Receiver(expect.Value.Where);
            foreach (var hop in expect.Value.Via)
            {
                Hop(hop);
            }
        }
        foreach (var place in step.ExpectNone)
        {
            Receiver(place);
            if (step.Expect.Any(expect => expect.Value.Where.Value == place.Value))
            {
                binding.Report(place.At, $"'{place.Value}' is expected to receive the frame and not to", "keep one of the two");
            }
        }
        if (step.Set is { } set)
        {
            Set(set);
        }
        if (step.Exec is { } exec)
        {
            inventory.Node(exec.Node.Value, exec.Node.At);
        }
        if (step.State is { } state)
        {
            Device(state.Device);
            if (state.Master is { Value: not "none" } master)
            {
                Device(new Located<DevicePlace>(new DevicePlace(state.Device.Value.Node, master.Value), master.At));
            }
        }
        // The solution changes what the check of the same task looks at.
        Run(step.Solution);
        Run(step.Check);
    }

    private void Ping(PingEntry ping)
    {
        if (ping.From.Value.Device is not null)
        {
            binding.Report(ping.From.At, $"'{ping.From.Value}' names a device, and a ping comes from a VM or a node", $"from: {ping.From.Value.Name}");
        }
        else if (Known(ping.From) && inventory.Vms.TryGetValue(ping.From.Value.Name, out var asker) && asker.Entry.Addresses.Count == 0)
        {
            binding.Report(ping.From.At, $"{ping.From.Value} has no address to ping from", $"give it 'addresses' (line {asker.Name.At.Line})");
        }
        Target(ping.To, nodes: true);
    }

    private void Send(SendEntry send)
    {
        _sent = true;
        if (!inventory.Vms.ContainsKey(send.From.Value))
        {
            binding.Report(send.From.At, inventory.Nodes.ContainsKey(send.From.Value) ? $"'{send.From.Value}' is a node" : $"there is no VM '{send.From.Value}'",
                inventory.Nodes.ContainsKey(send.From.Value)
                    ? "frames are sent by VMs, whose taps the lab holds; a node can ping, and run programs (exec)"
                    : Spelling.Suggest(send.From.Value, inventory.Vms.Keys, "VM"));
        }
        if (send.To is { } to)
        {
            Target(to, nodes: false);
        }
    }

    private void Target(Located<Target> target, bool nodes)
    {
        if (target.Value.Name is not { } name)
        {
            return;
        }
        if (inventory.Vms.TryGetValue(name, out var vm))
        {
            if (nodes && vm.Entry.Addresses.Count == 0)
            {
                binding.Report(target.At, $"{name} has no address to answer at", $"give it 'addresses' (line {vm.Name.At.Line})");
            }
        }
        else if (inventory.Nodes.ContainsKey(name))
        {
            if (!nodes)
            {
                binding.Report(target.At, $"'{name}' is a node, and may have several addresses", "name the address");
            }
        }
        else
        {
            binding.Report(target.At, $"there is no VM {(nodes ? "or node " : "")}'{name}'",
                Spelling.Suggest(name, [.. inventory.Vms.Keys, .. nodes ? inventory.Nodes.Keys : Enumerable.Empty<string>()], "VM"));
        }
    }

    private bool Known(Located<Place> place)
    {
        if (inventory.Vms.ContainsKey(place.Value.Name) || inventory.Nodes.ContainsKey(place.Value.Name))
        {
            return true;
        }
        binding.Report(place.At, $"there is no VM or node '{place.Value.Name}'", Spelling.Suggest(place.Value.Name, [.. inventory.Vms.Keys, .. inventory.Nodes.Keys], "VM"));
        return false;
    }

    private void Receiver(Located<Place> place)
    {
        if (place.Value.Device is { } device)
        {
            Device(new Located<DevicePlace>(new DevicePlace(place.Value.Name, device), place.At));
        }
        else if (inventory.Nodes.ContainsKey(place.Value.Name))
        {
            binding.Report(place.At, $"'{place.Value.Name}' is a node", $"say at which of its devices: {place.Value.Name}:eth0");
        }
        else if (!inventory.Vms.ContainsKey(place.Value.Name))
        {
            binding.Report(place.At, $"there is no VM '{place.Value.Name}'", Spelling.Suggest(place.Value.Name, inventory.Vms.Keys, "VM"));
        }
    }

    private void Hop(Located<string> hop)
    {
        var device = hop.Value;
        var nodes = inventory.Nodes.Values.AsEnumerable();
        if (hop.Value.IndexOf(':', StringComparison.Ordinal) is > 0 and var colon)
        {
            if (inventory.Node(hop.Value[..colon], hop.At) is not { } node)
            {
                return;
            }
            nodes = [node];
            device = hop.Value[(colon + 1)..];
        }
        var known = nodes.SelectMany(node => node.Devices.Keys.Concat(node.PatchPorts.Keys)).ToHashSet();
        if (!known.Contains(device))
        {
            binding.Report(hop.At, $"there is no device '{device}' on any way", Spelling.Suggest(device, known, "device"));
        }
    }

    private void Set(SetEntry set)
    {
        if (set.Device is { } device)
        {
            Device(device);
        }
        if (set.Port is { } port && inventory.Node(port.Value.Node, port.At) is { } owner && inventory.HasDevice(owner, port.Value.Device, port.At))
        {
            Port(set, port, owner, masters.TryGetValue(port.Value, out var master) ? master.Bridge : "");
        }
        if (set.Node is { } name)
        {
            inventory.Node(name.Value, name.At);
        }
        if (set.Vm is { } vm && !inventory.Vms.ContainsKey(vm.Value))
        {
            binding.Report(vm.At, $"there is no VM '{vm.Value}'", Spelling.Suggest(vm.Value, inventory.Vms.Keys, "VM"));
        }
    }

    private void Port(SetEntry set, Located<DevicePlace> port, NodeInventory owner, string bridge)
    {
        if (StepShapes.OvsPortKeys.Any(set.Given.ContainsKey) && !owner.IsOvsBridge(bridge))
        {
            binding.Report(port.At, $"'{port.Value}' is no port of an OVS bridge, and only those have tags", "name a port that stands under 'ovs'");
        }
        else if (StepShapes.BridgePortKeys.FirstOrDefault(set.Given.ContainsKey) is { } flag && !owner.IsLinuxBridge(bridge))
        {
            binding.Report(set.Of(flag), $"'{port.Value}' is no port of a Linux bridge, and only those have '{flag}'", "name a port of a bridge that stands under 'bridges'");
        }
    }

    private void Device(Located<DevicePlace> device)
    {
        if (inventory.Node(device.Value.Node, device.At) is { } node)
        {
            inventory.HasDevice(node, device.Value.Device, device.At);
        }
    }
}
