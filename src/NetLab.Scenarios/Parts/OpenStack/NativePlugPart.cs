using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>native-plug: [{ vm: vm01, port: 0c1383d0-c8…, vlan: 7 }]</c>: a VM whose tap is a port of the integration bridge itself.</summary>
internal sealed class NativePlugPart : NeutronPortPart
{
    public static readonly PartKind Kind = PartKind.Listed("native-plug",
        "VMs wired as Nova and Neutron do it with the openvswitch firewall, or none: the tap is a tagged port of br-int.", "the plug",
        new ObjectShape<NativePlugPart>("native-plug", "a VM in OpenStack's native wiring")
        .WithNeutronPort("its first 11 characters name the device tap…", "the tap")
        .WithGuest());

    public override void TellNames(NodeInventory node)
    {
        base.TellNames(node);
        if (Port.Value is not null)
        {
            node.Add(TapName, DeviceOrigin.Tap);
        }
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        if (CheckBridge(wiring, node, "the native plug") is { } bridge)
        {
            wiring.Enslave(node, TapName, bridge);
        }
    }

    public override void Plug(Node node, NodeEntry entry) =>
        SetHabits(node.AddNativePlug(BridgeOf(node, entry), Port.Value, Vlan, Vm.Value, Describe, Mtu?.Value ?? 1500, PortSecurity, FixedIp?.ToString()));
}
