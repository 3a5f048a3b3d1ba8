using System.Security.Cryptography;
using System.Text;

namespace NetLab.OpenStack;

/// <summary>A port of Neutron's as a row of the integration bridge.</summary>
internal static class NeutronPort
{
    /// <summary>
    /// The Port and its Interface, as os-vif and the agent leave them (vif_plug_ovs/ovsdb/ovsdb_lib.py, create_ovs_vif_port; ovs_neutron_agent.py,
    /// port_bound).
    /// </summary>
    /// <param name="port">The port's UUID.</param>
    /// <param name="vlan">The VLAN that the agent gave the network on this host; <see cref="IntegrationBridge.DeadVlan"/> for a port that is not bound.</param>
    /// <param name="guest">The VM.</param>
    public static OvsPortOptions Row(string port, int vlan, FakeVm guest) => new()
    {
        Tag = vlan,
        VlanMode = vlan == IntegrationBridge.DeadVlan ? "trunk" : null,
        Trunks = vlan == IntegrationBridge.DeadVlan ? [IntegrationBridge.DeadVlan] : null,
        ExternalIds = new Dictionary<string, string>
        {
            ["iface-id"] = port,
            ["iface-status"] = "active",
            ["attached-mac"] = guest.Mac.ToString(),
            ["vm-uuid"] = InstanceId(guest.Name),
        },
    };

    // A VM of the lab has no instance in Nova; the id that derives from its name stays the same from run to run.
    private static string InstanceId(string vm) => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(vm)).AsSpan(0, 16)).ToString();
}
