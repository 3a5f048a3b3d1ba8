using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>provider-bridges: { br-ex: { networks: { vlan: 2, segmentation_id: 100 } } }</c>: the bridge of a physical network.</summary>
internal sealed class ProviderBridgePart : Part
{
    public static readonly PartKind Kind = PartKind.Named("provider-bridges",
        "Bridges of physical networks as Neutron's agent sets them up, like br-ex: patch ports int-… and phy-…, and the flows that give each "
        + "network its VLAN.",
        Scalars.DeviceName, new ObjectShape<ProviderBridgePart>("provider-bridge", "a bridge of a physical network")
        .With("networks", "The networks that have ports on the node.", new ListShape<NetworkEntry>("network", NetworkEntry.Shape, single: true),
            (bridge, value) => bridge.Networks = value.Value, required: true)
        .With("ports", "Devices that lead into the physical network.", new ListShape<string>("port", Scalars.DeviceName, single: true),
            (bridge, value) => bridge.Ports = value.Value), "provider bridge");

    private IReadOnlyList<Located<NetworkEntry>> Networks { get; set; } = [];

    private IReadOnlyList<Located<string>> Ports { get; set; } = [];

    public override void TellNames(NodeInventory node)
    {
        if (node.Add(Name, DeviceOrigin.OvsBridge) && IntegrationBridgePart.Of(node.Entry) is { } integration)
        {
            node.AddPatchPort(new Located<DevicePlace>(new DevicePlace(Name.Value, ProviderBridge.PhysicalPort(Name.Value)), Name.At));
            node.AddPatchPort(new Located<DevicePlace>(new DevicePlace(integration.Value, ProviderBridge.IntegrationPort(Name.Value)), Name.At));
        }
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        if (IntegrationBridgePart.Of(node.Entry) is null)
        {
            wiring.Report(At, $"{node.Name} has no integration-bridge, which '{Name.Value}' is joined to", "add 'integration-bridge: br-int' to the node");
        }
        foreach (var port in Ports)
        {
            wiring.Enslave(node, port, Name.Value);
        }
    }

    public override void Add(Node node, NodeEntry entry) => node.AddProviderBridge((OvsBridge)node.Device(IntegrationBridgePart.Of(entry)!.Value.Value),
        Name.Value, [.. Networks.Select(network => new ProviderNetwork(network.Value.Vlan, network.Value.SegmentationId))]);

    public override void Configure(Node node)
    {
        foreach (var port in Ports)
        {
            Wiring.Attach((OvsBridge)node.Device(Name.Value), node.Device(port.Value));
        }
    }

    /// <summary>A network on the node.</summary>
    private sealed class NetworkEntry : Entry
    {
        public static readonly ObjectShape<NetworkEntry> Shape = new ObjectShape<NetworkEntry>("provider-network", "a network of a provider bridge")
            .With("vlan", "The VLAN that the agent gave it on this node.", Scalars.VlanId, (network, value) => network.Vlan = value.Value, required: true)
            .With("segmentation_id", "Its VLAN on the wire; absent for a flat network, which has no tag there.", Scalars.VlanId, (network, value) =>
                network.SegmentationId = value.Value);

        public int Vlan { get; private set; }

        public int? SegmentationId { get; private set; }
    }
}
