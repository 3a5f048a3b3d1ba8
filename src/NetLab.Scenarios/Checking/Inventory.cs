namespace NetLab.Scenarios;

/// <summary>Everything of a lab that has a name, and where the file gives it: what references are resolved against. Names given twice are reported here.</summary>
internal sealed class Inventory
{
    private readonly Binding _binding;

    public Inventory(LabEntry lab, Binding binding)
    {
        _binding = binding;
        foreach (var (name, node) in lab.Nodes)
        {
            Nodes[name.Value] = new NodeInventory(name.Value, node);
        }
        foreach (var link in lab.Links)
        {
            AddEnd(link.Value.A, link.At.Line);
            AddEnd(link.Value.B, link.At.Line);
        }
        foreach (var node in Nodes.Values)
        {
            AddDevices(node);
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

    private void AddEnd(LinkEndEntry end, int line)
    {
        var (place, at) = end.Device;
        if (place.Node is null || Node(place.Node, at) is not { } node)
        {
            return;
        }
        var fact = new DeviceFact(place.Device, at, DeviceOrigin.Link);
        if (node.Devices.TryGetValue(place.Device, out var other))
        {
            _binding.Report(at, $"{place} is cabled twice (the other link is in line {other.At.Line})", "one device takes one cable: give this end a name of its own");
            return;
        }
        node.Devices.Add(place.Device, fact);
    }

    private void AddDevices(NodeInventory node)
    {
        foreach (var (name, _) in node.Entry.Bridges)
        {
            Add(node, name.Value, name.At, DeviceOrigin.Bridge);
        }
        if (node.Entry.IntegrationBridge is { } integration)
        {
            Add(node, integration.Value, integration.At, DeviceOrigin.OvsBridge);
        }
        foreach (var (name, bridge) in node.Entry.OvsBridges)
        {
            Add(node, name.Value, name.At, DeviceOrigin.OvsBridge);
            foreach (var port in bridge.Ports.Where(port => port.Value.Type is not null))
            {
                Add(node, port.Value.Name.Value, port.Value.Name.At, DeviceOrigin.Internal);
            }
        }
        foreach (var patch in node.Entry.Patches)
        {
            AddPatchPort(node, patch.Value.A);
            AddPatchPort(node, patch.Value.B);
        }
        foreach (var (name, vm) in node.Entry.Vms)
        {
            AddVm(node, name, vm);
            Add(node, TapOf(name.Value, vm), vm.Tap?.At ?? name.At, DeviceOrigin.Tap);
        }
        foreach (var plug in node.Entry.HybridPlugs)
        {
            if (plug.Value.Vm.Value is null || plug.Value.Port.Value is null)
            {
                continue;
            }
            AddVm(node, plug.Value.Vm, plug.Value);
            if (Add(node, plug.Value.DeviceName("tap"), plug.Value.Port.At, DeviceOrigin.Tap))
            {
                Add(node, plug.Value.DeviceName("qbr"), plug.Value.Port.At, DeviceOrigin.Bridge);
                Add(node, plug.Value.DeviceName("qvb"), plug.Value.Port.At, DeviceOrigin.Link);
                Add(node, plug.Value.DeviceName("qvo"), plug.Value.Port.At, DeviceOrigin.Link);
            }
        }
        foreach (var (name, device) in node.Entry.Devices)
        {
            if (device.Type is not null)
            {
                Add(node, name.Value, name.At, DeviceOrigin.Made);
            }
        }
    }

    public static string TapOf(string vmName, VmEntry vm) => vm.Tap?.Value ?? "tap-" + vmName;

    private void AddVm(NodeInventory node, Located<string> name, GuestEntry vm)
    {
        if (Nodes.ContainsKey(name.Value))
        {
            _binding.Report(name.At, $"'{name.Value}' is the name of a node already", "VMs and nodes share their names: steps speak of both");
        }
        if (!Vms.TryAdd(name.Value, new VmFact(name, node, vm)))
        {
            _binding.Report(name.At, $"there is a VM '{name.Value}' already (line {Vms[name.Value].Name.At.Line})", "a VM's name is its own in the whole lab");
        }
        if (vm is VmEntry { Tap: null } && Scalars.DeviceNameProblem("tap-" + name.Value) is { } problem)
        {
            _binding.Report(name.At, $"the tap 'tap-{name.Value}' would have a name of more than 15 bytes", $"name it: 'tap: {problem.Right.Split('\'')[1]}'");
        }
    }

    private void AddPatchPort(NodeInventory node, Located<DevicePlace> port)
    {
        if (port.Value.Node is null)
        {
            return;
        }
        if (node.PatchPorts.TryGetValue(port.Value.Device, out var other) || node.Devices.TryGetValue(port.Value.Device, out other))
        {
            _binding.Report(port.At, $"{node.Name} has a '{port.Value.Device}' already (line {other.At.Line})", "give this patch port a name of its own");
            return;
        }
        node.PatchPorts.Add(port.Value.Device, new DeviceFact(port.Value.Device, port.At, DeviceOrigin.Patch));
    }

    private bool Add(NodeInventory node, string name, Position at, DeviceOrigin origin)
    {
        var fact = new DeviceFact(name, at, origin);
        if (node.Devices.TryAdd(name, fact))
        {
            return true;
        }
        var other = node.Devices[name];
        _binding.Report(at, $"{node.Name} has two devices named '{name}' (the other is in line {other.At.Line})", "each device of a node has a name of its own");
        return false;
    }
}

/// <summary>What one node has.</summary>
internal sealed class NodeInventory(string name, NodeEntry entry)
{
    public string Name => name;

    public NodeEntry Entry => entry;

    public Dictionary<string, DeviceFact> Devices { get; } = [];

    /// <summary>Ports of OVS that are no devices: `ip link` does not show them.</summary>
    public Dictionary<string, DeviceFact> PatchPorts { get; } = [];

    public bool IsLinuxBridge(string device) => Devices.TryGetValue(device, out var fact) && fact.Origin is DeviceOrigin.Bridge;

    public bool IsOvsBridge(string device) => Devices.TryGetValue(device, out var fact) && fact.Origin is DeviceOrigin.OvsBridge;

    public IEnumerable<string> BridgeNames => Devices.Values.Where(device => device.Origin is DeviceOrigin.Bridge or DeviceOrigin.OvsBridge).Select(device => device.Name);
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

internal sealed record VmFact(Located<string> Name, NodeInventory Node, GuestEntry Entry);
