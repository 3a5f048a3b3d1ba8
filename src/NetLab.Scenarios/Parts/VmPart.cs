namespace NetLab.Scenarios;

/// <summary><c>vms: { vm01: { bridge: br0, addresses: 10.0.0.11/24 } }</c>: a fake VM whose tap is in a bridge, or alone.</summary>
internal sealed class VmPart : GuestPart
{
    public static readonly PartKind Kind = PartKind.Named("vms", "Fake VMs, each on a tap.", Scalars.Name, new ObjectShape<VmPart>("vm", "a fake VM")
        .With("bridge", "The bridge of this node, Linux or OVS, that takes the VM's tap as a port. Absent: the tap is a device of the node alone.",
            Scalars.DeviceName, (vm, value) => vm.Bridge = value)
        .With("tag", "The access VLAN of the port, on an OVS bridge.", Scalars.VlanId, (vm, value) => vm.Tag = value)
        .With("tap", "The tap's name; 'tap-' and the VM's name when absent.", Scalars.DeviceName, (vm, value) => vm.Tap = value)
        .WithGuest(), "VM");

    private Located<string>? Tap { get; set; }

    private Located<string>? Bridge { get; set; }

    private Located<int>? Tag { get; set; }

    public override Located<string> TapName => Tap ?? new Located<string>("tap-" + Name.Value, Name.At);

    public override void TellNames(NodeInventory node)
    {
        node.AddVm(this);
        if (Tap is null && Scalars.DeviceNameProblem(TapName.Value) is { } problem)
        {
            node.Report(Name.At, $"the tap '{TapName}' would have a name of more than 15 bytes", $"name it: 'tap: {problem.Right.Split('\'')[1]}'");
        }
        node.Add(TapName, DeviceOrigin.Tap);
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        if (Bridge is { } bridge && wiring.IsBridge(node, bridge))
        {
            wiring.Enslave(node, new Located<string>(TapName.Value, bridge.At), bridge.Value, mayBeListed: true);
            if (Tag is { } tag && !node.IsOvsBridge(bridge.Value))
            {
                wiring.Report(tag.At, $"'{bridge.Value}' is a Linux bridge, whose ports have no tag", "plug the VM into an OVS bridge, or remove 'tag'");
            }
        }
        else if (Bridge is null && Tag is { } alone)
        {
            wiring.Report(alone.At, "a tag belongs to a port of an OVS bridge, and this VM is in none", "add 'bridge'");
        }
    }

    public override void Plug(Node node, NodeEntry entry) =>
        SetHabits(node.AddVm(Name.Value, Bridge is { } bridge ? (Switch)node.Device(bridge.Value) : null, builder =>
    {
        builder.Tap(TapName.Value);
        Describe(builder);
        if (Mtu is { } mtu)
        {
            builder.Mtu(mtu.Value);
        }
        if (Tag is { } tag)
        {
            builder.Vlan(tag.Value);
        }
    }));
}
