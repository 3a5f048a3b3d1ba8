using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>integration-bridge: br-int</c>: an OVS bridge as Neutron's agent sets it up.</summary>
internal sealed class IntegrationBridgePart : Part
{
    public static readonly PartKind Kind = PartKind.Single("integration-bridge",
        "An OVS bridge as Neutron's agent sets up br-int, by its name: fail_mode secure, its OpenFlow versions and default flows.",
        Scalars.DeviceName, name => new IntegrationBridgePart { Name = name });

    /// <summary>The node's integration bridge, where it has one.</summary>
    public static Located<string>? Of(NodeEntry node) => node.Parts.OfType<IntegrationBridgePart>().FirstOrDefault()?.Name;

    public override void TellNames(NodeInventory node) => node.Add(Name, DeviceOrigin.OvsBridge);

    public override void Add(Node node, NodeEntry entry) => node.AddIntegrationBridge(Name.Value);
}
