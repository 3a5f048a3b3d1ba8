using System.Security.Cryptography;
using System.Text;

namespace NetLab.OpenStack;

/// <summary>A network of a provider on a node: of type vlan, or flat.</summary>
/// <param name="Vlan">The VLAN that the agent gave it on this node, 1 to 4094.</param>
/// <param name="SegmentationId">Its VLAN on the wire; null for a flat network, whose frames have no tag there.</param>
public readonly record struct ProviderNetwork(int Vlan, int? SegmentationId = null);

/// <summary>
/// The bridge of a physical network, <c>br-ex</c>, as Neutron's Open vSwitch agent sets it up (ovs_neutron_agent.py, setup_physical_bridges;
/// openflow/native/br_phys.py and br_int.py, provision_local_vlan).
/// </summary>
public static class ProviderBridge
{
    private const int LongestName = 15, HashLength = 6;

    /// <summary>Adds the bridge, its patch ports to the integration bridge, and the flows that give each network its VLAN on either side.</summary>
    /// <param name="node">The compute or network node.</param>
    /// <param name="integrationBridge">Its integration bridge.</param>
    /// <param name="name">The bridge's name.</param>
    /// <param name="networks">The networks that have ports on the node.</param>
    public static OvsBridge AddProviderBridge(
        this Node node, OvsBridge integrationBridge, string name = "br-ex", params IReadOnlyList<ProviderNetwork> networks)
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(integrationBridge);
        ArgumentNullException.ThrowIfNull(networks);
        var bridge = node.AddOvsBridge(name, AgentBridge.Options());
        string inner = IntegrationPort(name), outer = PhysicalPort(name);
        integrationBridge.PatchTo(bridge, inner, outer);
        bridge.AddFlows("table=0,priority=0,actions=NORMAL", $"table=0,priority=2,in_port={outer},actions=drop");
        integrationBridge.AddFlow($"table=0,priority=2,in_port={inner},actions=drop");
        foreach (var network in networks)
        {
            bridge.AddFlow($"table=0,priority=4,in_port={outer},dl_vlan={network.Vlan},actions="
                + $"{(network.SegmentationId is { } own ? AgentBridge.SetVlan(own) : "strip_vlan")},NORMAL");
            integrationBridge.AddFlow($"table=0,priority=3,in_port={inner},"
                + $"{(network.SegmentationId is { } id ? $"dl_vlan={id},actions=" : "vlan_tci=0x0000/0x1fff,actions=push_vlan:0x8100,")}"
                + $"{AgentBridge.SetVlan(network.Vlan)},resubmit(,58)");
        }

        return bridge;
    }

    /// <summary>The patch port of the integration bridge: <c>int-br-ex</c>.</summary>
    /// <param name="bridge">The name of the provider bridge.</param>
    public static string IntegrationPort(string bridge) => PortName("int-", bridge);

    /// <summary>The patch port of the provider bridge: <c>phy-br-ex</c>.</summary>
    /// <param name="bridge">The name of the provider bridge.</param>
    public static string PhysicalPort(string bridge) => PortName("phy-", bridge);

    // neutron_lib/plugins/utils.py, get_interface_name: a name that is too long keeps its beginning, and gets a part of its SHA-1.
#pragma warning disable CA5350 // it is a name, and keeps no secret
    private static string PortName(string prefix, string bridge) => prefix.Length + bridge.Length <= LongestName
        ? prefix + bridge
        : prefix + bridge[..(LongestName - prefix.Length - HashLength)]
            + Convert.ToHexStringLower(SHA1.HashData(Encoding.UTF8.GetBytes(bridge)))[..HashLength];
#pragma warning restore CA5350
}
