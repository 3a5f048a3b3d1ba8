namespace NetLab.OpenStack;

/// <summary>The integration bridge of a compute or network node, as Neutron's Open vSwitch agent sets it up.</summary>
public static class IntegrationBridge
{
    /// <summary>Neutron's dead VLAN: a port that is not bound yet is tagged with it, and nothing passes.</summary>
    public const int DeadVlan = 4095;

    // neutron/plugins/ml2/drivers/openvswitch/agent/openflow/native/br_int.py, setup_default_table and the tables behind it.
    private static readonly string[] Flows =
    [
        "table=0,priority=65535,dl_vlan=4095,actions=drop",
        "table=0,priority=0,actions=resubmit(,58)",
        "table=23,priority=0,actions=drop",
        "table=24,priority=0,actions=drop",
        "table=30,priority=0,actions=resubmit(,58)",
        "table=31,priority=0,actions=resubmit(,58)",
        "table=58,priority=0,actions=resubmit(,59)",
        "table=59,priority=0,actions=resubmit(,60)",
        "table=60,priority=1,actions=NORMAL",
        "table=62,priority=3,actions=NORMAL",
    ];

    /// <summary>
    /// Adds the integration bridge: <c>fail_mode=secure</c>, Neutron's OpenFlow versions, MAC table size and default flows
    /// (neutron/plugins/ml2/drivers/openvswitch/agent/ovs_neutron_agent.py, setup_integration_br).
    /// </summary>
    /// <param name="node">The compute or network node.</param>
    /// <param name="name">The bridge's name.</param>
    public static OvsBridge AddIntegrationBridge(this Node node, string name = "br-int")
    {
        ArgumentNullException.ThrowIfNull(node);
        var bridge = node.AddOvsBridge(name, AgentBridge.Options(("mcast-snooping-disable-flood-unregistered", "true")));
        bridge.AddFlows(Flows);
        return bridge;
    }
}
