using System.Net;
using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>tunnel-bridge: { local_ip: 192.168.1.1, networks: [{ vlan: 1, segmentation_id: 100 }] }</c>: br-tun as Neutron's agent sets it up.</summary>
internal sealed class TunnelBridgePart : Part
{
    public static readonly PartKind Kind = PartKind.Single("tunnel-bridge",
        "br-tun as Neutron's agent sets it up: patch ports to the integration bridge, its tables, a tunnel to each other node that has a tunnel-bridge.",
        new ObjectShape<TunnelBridgePart>("tunnel-bridge", "br-tun of a node")
        .With("name", "The bridge's name; br-tun when absent.", Scalars.DeviceName, (bridge, value) => bridge.Named = value)
        .With("local_ip", "The node's address in the underlay, IPv4. A bridge under 'ovs' that leads there has it.", Scalars.Address,
            (bridge, value) => bridge.LocalIp = value, required: true)
        .With("tunnel_type", "The type of its tunnels; vxlan when absent.", Scalars.OneOf("a type of tunnel", [.. TunnelBridge.Types]),
            (bridge, value) => bridge.Type = value.Value)
        .With("l2_population", "Whether it is told of the others' ports, in place of learning them; off when absent.", Scalars.Switch,
            (bridge, value) => bridge.L2Population = value.Value)
        .With("arp_responder", "Whether it answers ARP for the ports that it was told of; off when absent.", Scalars.Switch,
            (bridge, value) => bridge.ArpResponder = value)
        .With("networks", "The networks that have ports on the node.", new ListShape<NetworkEntry>("network", NetworkEntry.Shape, single: true),
            (bridge, value) => bridge.Networks = value.Value, required: true), value => value.Value);

    private Located<string> Named { get; set; } = new("br-tun", default);

    private Located<IPAddress> LocalIp { get; set; }

    private string Type { get; set; } = "vxlan";

    private bool L2Population { get; set; }

    private Located<bool>? ArpResponder { get; set; }

    private IReadOnlyList<Located<NetworkEntry>> Networks { get; set; } = [];

    private Located<string> Bridge => Named.At.Line > 0 ? Named : new Located<string>(Named.Value, At);

    public override void TellNames(NodeInventory node)
    {
        if (node.Add(Bridge, DeviceOrigin.OvsBridge) && IntegrationBridgePart.Of(node.Entry) is { } integration)
        {
            node.AddPatchPort(new Located<DevicePlace>(new DevicePlace(Bridge.Value, TunnelBridge.PatchInt), Bridge.At));
            node.AddPatchPort(new Located<DevicePlace>(new DevicePlace(integration.Value, TunnelBridge.PatchTun), Bridge.At));
        }
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        if (IntegrationBridgePart.Of(node.Entry) is null)
        {
            wiring.Report(At, $"{node.Name} has no integration-bridge, which br-tun is joined to", "add 'integration-bridge: br-int' to the node");
        }
        if (LocalIp.Value.AddressFamily is not System.Net.Sockets.AddressFamily.InterNetwork)
        {
            wiring.Report(LocalIp.At, $"'{LocalIp.Value}' is no IPv4 address", "an address like 192.168.1.1, which a bridge under 'ovs' of the node has");
        }
        if (ArpResponder is { Value: true } responder && !L2Population)
        {
            wiring.Report(responder.At, "arp_responder answers for ports that l2_population tells of, and that is off", "add 'l2_population: on'");
        }
    }

    public override void Add(Node node, NodeEntry entry) => node.AddTunnelBridge((OvsBridge)node.Device(IntegrationBridgePart.Of(entry)!.Value.Value),
        new TunnelBridgeOptions
        {
            LocalIp = LocalIp.Value,
            Type = Type,
            L2Population = L2Population,
            ArpResponder = ArpResponder is { Value: true },
            Networks = [.. Networks.Select(network => new TunnelledNetwork(network.Value.Vlan, network.Value.SegmentationId))],
        }, Bridge.Value);

    /// <summary>A network on the node.</summary>
    private sealed class NetworkEntry : Entry
    {
        public static readonly ObjectShape<NetworkEntry> Shape = new ObjectShape<NetworkEntry>("tunnelled-network", "a network of br-tun")
            .With("vlan", "The VLAN that the agent gave it on this node.", Scalars.VlanId, (network, value) => network.Vlan = value.Value, required: true)
            .With("segmentation_id", "What tells it from others in the tunnels: the VNI.", Scalars.Number("a segmentation_id", 1, 0xFFFFFF, "100", null),
                (network, value) => network.SegmentationId = value.Value, required: true);

        public int Vlan { get; private set; }

        public int SegmentationId { get; private set; }
    }
}
