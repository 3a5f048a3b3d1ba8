namespace NetLab.Scenarios;

/// <summary>What the steps refer to must be in the lab: each step asks here for what it names.</summary>
internal sealed class StepCheck(Inventory inventory, IReadOnlyDictionary<DevicePlace, (string Bridge, Position At)> masters, Binding binding)
{
    public Inventory Inventory => inventory;

    /// <summary>The bridge that each port is in.</summary>
    public IReadOnlyDictionary<DevicePlace, (string Bridge, Position At)> Masters => masters;

    /// <summary>The step that is looked at.</summary>
    public StepEntry Current { get; private set; } = new();

    /// <summary>Whether a step before, or this one, sends a frame.</summary>
    public bool IsSent { get; set; }

    /// <summary>The programs that were started up to here.</summary>
    public HashSet<string> Started { get; } = [];

    /// <summary>The VMs that asked for an address up to here.</summary>
    public HashSet<string> Leased { get; } = [];

    /// <summary>The VMs whose ports a step up to here has bound.</summary>
    public HashSet<string> Bound { get; } = [];

    /// <summary>Whether a step up to here changes a port of a bridge, its tag perhaps.</summary>
    public bool ArePortsChanged { get; set; }

    public void Run(IEnumerable<Located<StepEntry>> steps)
    {
        foreach (var (step, _) in steps)
        {
            Current = step;
            foreach (var (_, deed) in step.Deeds)
            {
                deed.Check(this);
            }
            Run(step.Checks);
        }
    }

    public void Report(Position at, string wrong, string right) => binding.Report(at, wrong, right);

    public void Target(Located<Target> target, bool nodes)
    {
        if (target.Value.Name is not { } name)
        {
            return;
        }
        if (inventory.Vms.TryGetValue(name, out var vm))
        {
            if (nodes && !vm.Entry.MayHaveAddress && !Leased.Contains(name))
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

    public bool IsKnown(Located<Place> place)
    {
        if (inventory.Vms.ContainsKey(place.Value.Name) || inventory.Nodes.ContainsKey(place.Value.Name))
        {
            return true;
        }
        binding.Report(place.At, $"there is no VM or node '{place.Value.Name}'",
            Spelling.Suggest(place.Value.Name, [.. inventory.Vms.Keys, .. inventory.Nodes.Keys], "VM"));
        return false;
    }

    /// <summary>Who asks: a node, or a VM that has an address, be it in a VLAN alone.</summary>
    /// <param name="asker">The VM or node.</param>
    /// <param name="what">What comes from it: "a ping".</param>
    public void Asker(Located<Place> asker, string what)
    {
        if (asker.Value.Device is not null)
        {
            Report(asker.At, $"'{asker.Value}' names a device, and {what} comes from a VM or a node", $"from: {asker.Value.Name}");
        }
        else if (IsKnown(asker) && inventory.Vms.TryGetValue(asker.Value.Name, out var vm) && !vm.Entry.MayHaveAddress && vm.Entry.Vlans.Count == 0
            && !Leased.Contains(asker.Value.Name))
        {
            Report(asker.At, $"{asker.Value} has no address that {what} could come from", $"give it 'addresses' (line {vm.Name.At.Line})");
        }
    }

    /// <summary>The VM, or null after reporting that there is none of this name.</summary>
    public VmFact? Vm(Located<string> name)
    {
        if (inventory.Vms.TryGetValue(name.Value, out var vm))
        {
            return vm;
        }
        Report(name.At, $"there is no VM '{name.Value}'", Spelling.Suggest(name.Value, inventory.Vms.Keys, "VM"));
        return null;
    }

    public void Receiver(Located<Place> place)
    {
        if (place.Value.Device is { } device)
        {
            Device(new Located<DevicePlace>(new DevicePlace(place.Value.Name, device), place.At));
        }
        else
        {
            IsKnown(place);
        }
    }

    public void Hop(Located<string> hop)
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

    public void Device(Located<DevicePlace> device)
    {
        if (inventory.Node(device.Value.Node, device.At) is { } node)
        {
            inventory.HasDevice(node, device.Value.Device, device.At);
        }
    }

    public void OvsBridge(Located<DevicePlace> bridge)
    {
        if (inventory.Node(bridge.Value.Node, bridge.At) is { } node && inventory.HasDevice(node, bridge.Value.Device, bridge.At)
            && !node.IsOvsBridge(bridge.Value.Device))
        {
            binding.Report(bridge.At, $"'{bridge.Value}' is no OVS bridge, and only those have flows", "name a bridge that stands under 'ovs'");
        }
    }
}
