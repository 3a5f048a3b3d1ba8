using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class BridgeEncoding
{
    private static readonly Cases Cases = new()
    {
        ["bridge forward_delay"] = Add(new() { ForwardDelay = TimeSpan.FromSeconds(4) }),
        ["bridge hello_time"] = Add(new() { HelloTime = TimeSpan.FromSeconds(1) }),
        ["bridge max_age"] = Add(new() { MaxAge = TimeSpan.FromSeconds(9) }),
        ["bridge ageing_time"] = Add(new() { AgeingTime = TimeSpan.FromSeconds(77) }),
        ["bridge stp_state"] = Add(new() { StpState = true }),
        ["bridge priority"] = Add(new() { Priority = 4096 }),
        ["bridge vlan_filtering"] = Add(new() { VlanFiltering = true }),
        ["bridge vlan_protocol"] = Add(new() { VlanProtocol = VlanSpec.Dot1Ad }),
        ["bridge group_fwd_mask"] = Add(new() { GroupForwardMask = 0x4000 }),
        ["bridge group_address"] = Add(new() { GroupAddress = NetlinkBench.Mac("01-80-C2-00-00-08") }),
        ["bridge fdb_flush"] = b => b.ChangeLink(4, new LinkChange { KindData = new BridgeSpec("br0") { Options = new() { FlushFdb = true } } }),
        ["bridge vlan_default_pvid"] = Add(new() { VlanDefaultPvid = 7 }),
        ["bridge vlan_stats_enabled"] = Add(new() { VlanStatsEnabled = true }),
        ["bridge vlan_stats_per_port"] = Add(new() { VlanStatsPerPort = true }),
        ["bridge mcast_router"] = Add(new() { MulticastRouter = 2 }),
        ["bridge mcast_snooping"] = Add(new() { MulticastSnooping = false }),
        ["bridge mcast_query_use_ifaddr"] = Add(new() { MulticastQueryUseInterfaceAddress = true }),
        ["bridge mcast_querier"] = Add(new() { MulticastQuerier = true }),
        ["bridge mcast_hash_elasticity"] = Add(new() { MulticastHashElasticity = 16 }),
        ["bridge mcast_hash_max"] = Add(new() { MulticastHashMax = 1024 }),
        ["bridge mcast_last_member_count"] = Add(new() { MulticastLastMemberCount = 3 }),
        ["bridge mcast_startup_query_count"] = Add(new() { MulticastStartupQueryCount = 4 }),
        ["bridge mcast_last_member_interval"] = Add(new() { MulticastLastMemberInterval = TimeSpan.FromSeconds(2) }),
        ["bridge mcast_membership_interval"] = Add(new() { MulticastMembershipInterval = TimeSpan.FromSeconds(100) }),
        ["bridge mcast_querier_interval"] = Add(new() { MulticastQuerierInterval = TimeSpan.FromSeconds(101) }),
        ["bridge mcast_query_interval"] = Add(new() { MulticastQueryInterval = TimeSpan.FromSeconds(102) }),
        ["bridge mcast_query_response_interval"] = Add(new() { MulticastQueryResponseInterval = TimeSpan.FromSeconds(11) }),
        ["bridge mcast_startup_query_interval"] = Add(new() { MulticastStartupQueryInterval = TimeSpan.FromSeconds(12) }),
        ["bridge mcast_stats_enabled"] = Add(new() { MulticastStatsEnabled = true }),
        ["bridge mcast_igmp_version"] = Add(new() { MulticastIgmpVersion = 3 }),
        ["bridge mcast_mld_version"] = Add(new() { MulticastMldVersion = 2 }),
        ["bridge nf_call_iptables"] = Add(new() { NfCallIptables = true }),
        ["bridge nf_call_ip6tables"] = Add(new() { NfCallIp6tables = true }),
        ["bridge nf_call_arptables"] = Add(new() { NfCallArptables = true }),
        ["bridge no_linklocal_learn"] = Add(new() { NoLinkLocalLearn = true }),
        ["bridge mcast_vlan_snooping"] = Add(new() { MulticastVlanSnooping = true }),
        ["bridge mst_enabled"] = Add(new() { MultipleSpanningTrees = true }),
        ["bridge fdb_max_learned"] = Add(new() { FdbMaxLearned = 500 }),

        ["bridge port state"] = Port(new() { State = BridgePortState.Learning }),
        ["bridge port priority"] = Port(new() { Priority = 5 }),
        ["bridge port cost"] = Port(new() { Cost = 77 }),
        ["bridge port hairpin"] = Port(new() { Hairpin = true }),
        ["bridge port guard"] = Port(new() { BpduGuard = true }),
        ["bridge port root_block"] = Port(new() { RootBlock = true }),
        ["bridge port fastleave"] = Port(new() { FastLeave = true }),
        ["bridge port learning"] = Port(new() { Learning = false }),
        ["bridge port learning_sync"] = Port(new() { LearningSync = true }),
        ["bridge port flood"] = Port(new() { Flood = false }),
        ["bridge port mcast_flood"] = Port(new() { MulticastFlood = false }),
        ["bridge port bcast_flood"] = Port(new() { BroadcastFlood = false }),
        ["bridge port mcast_to_unicast"] = Port(new() { MulticastToUnicast = true }),
        ["bridge port mcast_router"] = Port(new() { MulticastRouter = 2 }),
        ["bridge port neigh_suppress"] = Port(new() { NeighbourSuppress = true }),
        ["bridge port vlan_tunnel"] = Port(new() { VlanTunnel = true }),
        ["bridge port isolated"] = Port(new() { Isolated = true }),
        ["bridge port locked"] = Port(new() { Locked = true }),
        ["bridge port backup_port"] = Port(new() { BackupPort = 3 }),
        ["bridge port proxy_arp"] = Port(new() { ProxyArp = true }),
        ["bridge port proxy_arp_wifi"] = Port(new() { ProxyArpWifi = true }),
        ["bridge port group_fwd_mask"] = Port(new() { GroupForwardMask = 0x4000 }),
        ["bridge port mcast_hosts_limit"] = Port(new() { MulticastHostsLimit = 99 }),
        ["bridge port mab"] = Port(new() { Mab = true }),
        ["bridge port mcast_max_groups"] = Port(new() { MulticastMaxGroups = 12 }),
        ["bridge port neigh_vlan_suppress"] = Port(new() { NeighbourVlanSuppress = true }),
        ["bridge port backup_nhid"] = Port(new() { BackupNexthopId = 5 }),
        ["bridge port fdb_flush"] = Port(new() { FlushFdb = true }),

        ["bridge vlan add"] = b => b.AddVlan(new BridgeVlanSpec(2, 5)),
        ["bridge vlan pvid untagged"] = b => b.AddVlan(new BridgeVlanSpec(2, 5) { Pvid = true, Untagged = true }),
        ["bridge vlan range"] = b => b.AddVlan(new BridgeVlanSpec(2, 5) { EndId = 9 }),
        ["bridge vlan self"] = b => b.AddVlan(new BridgeVlanSpec(4, 5) { Self = true }),
        ["bridge vlan tunnel_info"] = b => b.AddVlan(new BridgeVlanSpec(2, 5) { TunnelId = 500 }),
        ["bridge vlan tunnel_info range"] = b => b.AddVlan(new BridgeVlanSpec(2, 5) { EndId = 9, TunnelId = 500 }),
        ["bridge vlan delete"] = b => b.DeleteVlan(new BridgeVlanSpec(2, 5)),
        ["bridge vlan set state"] = b => b.SetVlanOptions(2, 5, new() { State = BridgePortState.Learning }),
        ["bridge vlan set range"] = b => b.SetVlanOptions(2, 5, new() { State = BridgePortState.Learning }, endId: 9),
        ["bridge vlan set mcast_router"] = b => b.SetVlanOptions(2, 5, new() { MulticastRouter = 1 }),
        ["bridge vlan global set mcast_snooping"] = Global(new() { MulticastSnooping = true }),
        ["bridge vlan global set mcast_querier"] = Global(new() { MulticastQuerier = true }),
        ["bridge vlan global set mcast_igmp_version"] = Global(new() { MulticastIgmpVersion = 3 }),
        ["bridge vlan global set mcast_mld_version"] = Global(new() { MulticastMldVersion = 2 }),
        ["bridge vlan global set mcast_last_member_count"] = Global(new() { MulticastLastMemberCount = 3 }),
        ["bridge vlan global set mcast_startup_query_count"] = Global(new() { MulticastStartupQueryCount = 4 }),
        ["bridge vlan global set mcast_last_member_interval"] = Global(new() { MulticastLastMemberInterval = TimeSpan.FromSeconds(2) }),
        ["bridge vlan global set mcast_membership_interval"] = Global(new() { MulticastMembershipInterval = TimeSpan.FromSeconds(100) }),
        ["bridge vlan global set mcast_querier_interval"] = Global(new() { MulticastQuerierInterval = TimeSpan.FromSeconds(101) }),
        ["bridge vlan global set mcast_query_interval"] = Global(new() { MulticastQueryInterval = TimeSpan.FromSeconds(102) }),
        ["bridge vlan global set mcast_query_response_interval"] = Global(new() { MulticastQueryResponseInterval = TimeSpan.FromSeconds(11) }),
        ["bridge vlan global set mcast_startup_query_interval"] = Global(new() { MulticastStartupQueryInterval = TimeSpan.FromSeconds(12) }),
        ["bridge vlan global set msti"] = Global(new() { SpanningTree = 7 }),
    };

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Encoding")]
    public void A_bridge_is_written_byte_for_byte(string attribute) => Cases.Check(attribute);

    private static Action<NetlinkBatch> Add(BridgeOptions options) => b => b.AddLink(new BridgeSpec("x0") { Options = options });

    private static Action<NetlinkBatch> Port(BridgePortOptions options) => b => b.SetBridgePort(2, options);

    private static Action<NetlinkBatch> Global(BridgeVlanGlobalOptions options) => b => b.SetVlanGlobalOptions(4, 5, options);
}
