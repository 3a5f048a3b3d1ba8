using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>trunk-plug: [{ vm: vm01, trunk: b0a7c1e2-2f…, port: 0c1383d0-c8…, vlan: 7, subports: […] }]</c>: a VM at a trunk of Neutron's.</summary>
internal sealed class TrunkPlugPart : GuestPart
{
    public static readonly PartKind Kind = PartKind.Listed("trunk-plug",
        "VMs at trunks: the tap is a port of a bridge tbr-…, which patch ports join to br-int, a pair for the parent port and for each subport.", "the plug",
        new ObjectShape<TrunkPlugPart>("trunk-plug", "a VM at a trunk")
        .With("vm", "The VM's name; its 'vlans' are where it has the subports.", Scalars.Name, (plug, value) => plug.Guest = value, required: true)
        .With("trunk", "The trunk's id; its first 10 characters name the bridge tbr-….", NeutronPortKeys.PortId, (plug, value) => plug.Trunk = value,
            required: true)
        .With("port", "The parent port's id; its first 11 characters name the devices tap…, tpt-… and tpi-….", NeutronPortKeys.PortId,
            (plug, value) => plug.Port = value, required: true)
        .With("vlan", "The VLAN that the agent gave the parent port's network on this node.", Scalars.VlanId, (plug, value) => plug.Vlan = value.Value,
            required: true)
        .With("subports", "The subports.", new ListShape<SubportEntry>("subport", SubportEntry.Shape, single: true), (plug, value) =>
            plug.Subports = value.Value, required: true)
        .WithGuest());

    private Located<string> Guest { get; set; }

    private Located<string> Trunk { get; set; }

    private Located<string> Port { get; set; }

    private int Vlan { get; set; }

    private IReadOnlyList<Located<SubportEntry>> Subports { get; set; } = [];

    public override Located<string> Vm => Guest;

    public override Located<string> TapName => new(new PortNames(Port.Value).Tap, Port.At);

    private Located<string> Bridge => new(TrunkPlug.BridgeName(Trunk.Value), Trunk.At);

    public override void TellNames(NodeInventory node)
    {
        if (Guest.Value is null || Port.Value is null || Trunk.Value is null || IntegrationBridgePart.Of(node.Entry) is not { } integration)
        {
            return;
        }
        node.AddVm(this);
        if (node.Add(TapName, DeviceOrigin.Tap) && node.Add(Bridge, DeviceOrigin.OvsBridge))
        {
            Tell(Port, "tpt-", "tpi-");
            foreach (var (subport, _) in Subports.Where(one => one.Value.Port.Value is not null))
            {
                Tell(subport.Port, "spt-", "spi-");
            }
        }

        void Tell(Located<string> port, string outer, string inner)
        {
            node.AddPatchPort(new Located<DevicePlace>(new DevicePlace(Bridge.Value, TrunkPlug.PatchName(outer, port.Value)), port.At));
            node.AddPatchPort(new Located<DevicePlace>(new DevicePlace(integration.Value, TrunkPlug.PatchName(inner, port.Value)), port.At));
        }
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        if (IntegrationBridgePart.Of(node.Entry) is null)
        {
            wiring.Report(At, $"{node.Name} has no integration-bridge, which the trunk is joined to", "add 'integration-bridge: br-int' to the node");
        }
        else
        {
            wiring.Enslave(node, TapName, Bridge.Value);
        }
    }

    public override void Plug(Node node, NodeEntry entry) => SetHabits(node.AddTrunkPlug((OvsBridge)node.Device(IntegrationBridgePart.Of(entry)!.Value.Value),
        Trunk.Value, Port.Value, Vlan, [.. Subports.Select(one => new Subport(one.Value.Port.Value, one.Value.Vlan, one.Value.SegmentationId))], Guest.Value,
        Describe, Mtu?.Value ?? 1500));

    /// <summary>A subport.</summary>
    private sealed class SubportEntry : Entry
    {
        public static readonly ObjectShape<SubportEntry> Shape = new ObjectShape<SubportEntry>("subport", "a subport")
            .With("port", "The Neutron port's id; its first 11 characters name the patch ports spt-… and spi-….", NeutronPortKeys.PortId,
                (subport, value) => subport.Port = value, required: true)
            .With("vlan", "The VLAN that the agent gave its network on this node.", Scalars.VlanId, (subport, value) => subport.Vlan = value.Value,
                required: true)
            .With("segmentation_id", "The VLAN by which the guest tags what is the subport's.", Scalars.VlanId, (subport, value) =>
                subport.SegmentationId = value.Value, required: true);

        public Located<string> Port { get; private set; }

        public int Vlan { get; private set; }

        public int SegmentationId { get; private set; }
    }
}
