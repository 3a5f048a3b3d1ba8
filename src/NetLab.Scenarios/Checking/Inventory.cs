namespace NetLab.Scenarios;

/// <summary>
/// Everything of a lab that has a name, and where the file gives it: what references are resolved against. Names given twice are reported here.
/// </summary>
internal sealed class Inventory
{
    private readonly Binding _binding;

    public Inventory(LabEntry lab, Binding binding)
    {
        _binding = binding;
        foreach (var (name, node) in lab.Nodes)
        {
            Nodes[name.Value] = new NodeInventory(this, binding, name.Value, node);
        }
        foreach (var (link, _) in lab.Links)
        {
            AddEnd(link.A);
            AddEnd(link.B);
        }
        foreach (var node in Nodes.Values)
        {
            foreach (var part in node.Entry.Parts)
            {
                part.TellNames(node);
            }
        }
    }

    public Dictionary<string, NodeInventory> Nodes { get; } = [];

    public Dictionary<string, VmFact> Vms { get; } = [];

    /// <summary>The node, or null after reporting that there is none of this name.</summary>
    public NodeInventory? Node(string name, Position at)
    {
        if (Nodes.TryGetValue(name, out var node))
        {
            return node;
        }
        _binding.Report(at, $"there is no node '{name}'", Vms.TryGetValue(name, out var vm)
            ? $"'{name}' is a VM, in node {vm.Node.Name}"
            : Spelling.Suggest(name, Nodes.Keys, "node"));
        return null;
    }

    /// <summary>Whether the node has the device, after reporting when it has not.</summary>
    public bool HasDevice(NodeInventory node, string device, Position at)
    {
        if (node.Devices.ContainsKey(device))
        {
            return true;
        }
        _binding.Report(at, $"{node.Name} has no device '{device}'", Spelling.Suggest(device, node.Devices.Keys, "device"));
        return false;
    }

    private void AddEnd(LinkEndEntry end)
    {
        var (place, at) = end.Place;
        if (place.Node is null || Node(place.Node, at) is not { } node)
        {
            return;
        }
        var fact = new DeviceFact(place.Device, at, DeviceOrigin.Link);
        if (node.Devices.TryGetValue(place.Device, out var other))
        {
            _binding.Report(at, $"{place} is cabled twice (the other link is in line {other.At.Line})",
                "one device takes one cable: give this end a name of its own");
            return;
        }
        node.Devices.Add(place.Device, fact);
    }
}

/// <summary>What one node has.</summary>
internal sealed class NodeInventory(Inventory lab, Binding binding, string name, NodeEntry entry)
{
    public string Name => name;

    public NodeEntry Entry => entry;

    public Dictionary<string, DeviceFact> Devices { get; } = [];

    /// <summary>Ports of OVS that are no devices: `ip link` does not show them.</summary>
    public Dictionary<string, DeviceFact> PatchPorts { get; } = [];

    public bool IsLinuxBridge(string device) => Devices.TryGetValue(device, out var fact) && fact.Origin is DeviceOrigin.Bridge;

    public bool IsOvsBridge(string device) => Devices.TryGetValue(device, out var fact) && fact.Origin is DeviceOrigin.OvsBridge;

    /// <summary>Takes the name of a device, or reports who has it.</summary>
    public bool Add(Located<string> device, DeviceOrigin origin)
    {
        if (Devices.TryAdd(device.Value, new DeviceFact(device.Value, device.At, origin)))
        {
            return true;
        }
        Report(device.At, $"{name} has two devices named '{device.Value}' (the other is in line {Devices[device.Value].At.Line})",
            "each device of a node has a name of its own");
        return false;
    }

    /// <summary>Takes the name of a patch port, or reports who has it.</summary>
    public void AddPatchPort(Located<DevicePlace> port)
    {
        if (port.Value.Node is null)
        {
            return;
        }
        if (PatchPorts.TryGetValue(port.Value.Device, out var other) || Devices.TryGetValue(port.Value.Device, out other))
        {
            Report(port.At, $"{name} has a '{port.Value.Device}' already (line {other.At.Line})", "give this patch port a name of its own");
            return;
        }
        PatchPorts.Add(port.Value.Device, new DeviceFact(port.Value.Device, port.At, DeviceOrigin.Patch));
    }

    /// <summary>Takes the name of a VM, which is its own in the whole lab, or reports who has it.</summary>
    public void AddVm(GuestPart vm)
    {
        if (lab.Nodes.ContainsKey(vm.Vm.Value))
        {
            Report(vm.Vm.At, $"'{vm.Vm}' is the name of a node already", "VMs and nodes share their names: steps speak of both");
        }
        if (!lab.Vms.TryAdd(vm.Vm.Value, new VmFact(vm.Vm, this, vm)))
        {
            Report(vm.Vm.At, $"there is a VM '{vm.Vm}' already (line {lab.Vms[vm.Vm.Value].Name.At.Line})", "a VM's name is its own in the whole lab");
        }
    }

    public void Report(Position at, string wrong, string right) => binding.Report(at, wrong, right);

    public IEnumerable<string> BridgeNames =>
        Devices.Values.Where(device => device.Origin is DeviceOrigin.Bridge or DeviceOrigin.OvsBridge).Select(device => device.Name);
}

/// <summary>What makes a device.</summary>
internal enum DeviceOrigin
{
    Link,
    Bridge,
    OvsBridge,
    Internal,
    Tap,
    Made,
    Patch,
}

internal sealed record DeviceFact(string Name, Position At, DeviceOrigin Origin);

internal sealed record VmFact(Located<string> Name, NodeInventory Node, GuestPart Entry);
