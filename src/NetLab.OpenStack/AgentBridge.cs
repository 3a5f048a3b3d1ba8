namespace NetLab.OpenStack;

/// <summary>What every bridge of Neutron's Open vSwitch agent has in common.</summary>
internal static class AgentBridge
{
    // neutron/agent/common/ovs_lib.py, OVSBridge.create and set_secure_mode; openflow/native/ovs_bridge.py, setup_controllers.
    private static readonly Dictionary<string, string> Config = new() { ["mac-table-size"] = "50000", ["disable-in-band"] = "true" };

    /// <summary>The bridge's row: <c>fail_mode=secure</c>, Neutron's OpenFlow versions and MAC table size.</summary>
    /// <param name="otherConfig">What this bridge has besides in other_config.</param>
    public static OvsBridgeOptions Options(params IReadOnlyList<(string Key, string Value)> otherConfig) => new()
    {
        FailMode = "secure",
        Protocols = ["OpenFlow10", "OpenFlow13", "OpenFlow14"],
        OtherConfig = Config.Concat(otherConfig.Select(one => KeyValuePair.Create(one.Key, one.Value))).ToDictionary(),
    };

    /// <summary>Adds flows.</summary>
    public static void AddFlows(this OvsBridge bridge, params IEnumerable<string> flows)
    {
        foreach (var flow in flows)
        {
            bridge.AddFlow(flow);
        }
    }

    /// <summary>
    /// Joins the integration bridge to another one by patch ports (ovs_neutron_agent.py, setup_tunnel_br and setup_physical_bridges). The port of the
    /// integration bridge has the configuration of set_igmp_snooping_flood with its defaults.
    /// </summary>
    public static void PatchTo(this OvsBridge integrationBridge, OvsBridge other, string name, string peer)
    {
        var port = integrationBridge.AddPatch(other, name, peer).Port;
        port.Options = port.Options with
        {
            OtherConfig = new Dictionary<string, string> { ["mcast-snooping-flood-reports"] = "true", ["mcast-snooping-flood"] = "false" },
        };
    }

    /// <summary>The action that gives a frame a VLAN, as OpenFlow 1.3 has it: the VLAN with OFPVID_PRESENT.</summary>
    public static string SetVlan(int vlan) => $"set_field:{4096 + vlan}->vlan_vid";
}
