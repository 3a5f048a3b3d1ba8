using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>hybrid-plug: [{ vm: vm01, port: 0c1383d0-c8…, vlan: 7 }]</c>: a VM wired as Nova and Neutron do it with <c>iptables_hybrid</c>.</summary>
internal sealed class HybridPlugPart : NeutronPortPart
{
    public static readonly PartKind Kind = PartKind.Listed("hybrid-plug",
        "VMs wired as Nova and Neutron do it with iptables_hybrid: tap, qbr, qvb/qvo, tagged port of br-int.", "the plug",
        new ObjectShape<HybridPlugPart>("hybrid-plug", "a VM in OpenStack's hybrid wiring")
        .WithNeutronPort("its first 11 characters name the devices tap…, qbr…, qvb… and qvo…", "the qvo port")
        .With("ingress", "What its security groups let in, in iptables' words: '-p tcp -m tcp --dport 22', or more. Absent: with "
            + "'security_groups' only answers come in; without, the plug filters nothing.",
            new ListShape<SecurityGroupRuleEntry>("rule", SecurityGroupRuleEntry.Shape, single: true),
            (plug, value) => plug.Ingress = [.. value.Value.Select(rule => rule.Value.ToRule())])
        .With("security_groups", "The security groups that the port is a member of, which rules may name as 'remote_group_id'.",
            new ListShape<string>("security group", Scalars.Name, single: true), (plug, value) => plug.Groups = [.. value.Value.Select(group => group.Value)])
        .WithGuest());

    private IReadOnlyList<SecurityGroupRule>? Ingress { get; set; }

    private IReadOnlyList<string> Groups { get; set; } = [];

    public override void TellNames(NodeInventory node)
    {
        base.TellNames(node);
        if (Port.Value is not null && node.Add(TapName, DeviceOrigin.Tap))
        {
            node.Add(Device(Names.Qbr), DeviceOrigin.Bridge);
            node.Add(Device(Names.Qvb), DeviceOrigin.Link);
            node.Add(Device(Names.Qvo), DeviceOrigin.Link);
        }
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        if (CheckBridge(wiring, node, "the hybrid plug") is { } bridge)
        {
            wiring.Enslave(node, TapName, Names.Qbr);
            wiring.Enslave(node, Device(Names.Qvb), Names.Qbr);
            wiring.Enslave(node, Device(Names.Qvo), bridge);
        }
    }

    public override void Plug(Node node, NodeEntry entry)
    {
        var vm = node.AddHybridPlug(BridgeOf(node, entry), Port.Value, Vlan, Vm.Value, Describe, Mtu?.Value ?? 1500, PortSecurity, FixedIp?.ToString());
        SetHabits(vm);
        if (Ingress is not null || Groups.Count > 0)
        {
            node.AddSecurityGroup(vm, Port.Value, new SecurityGroupOptions { Groups = Groups, Ingress = Ingress ?? [] });
        }
    }
}
