using System.Diagnostics.CodeAnalysis;
using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>
/// The options of a bridge (<c>ip link set type bridge</c>, ip-link(8); <c>IFLA_BR_*</c> of <c>include/uapi/linux/if_link.h</c>). A property that
/// is null is not set; when read from the kernel, all that this kernel knows are there. Times have a resolution of 10 ms.
/// </summary>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] // their state is listed by name
public sealed record BridgeOptions
{
    // include/uapi/linux/if_link.h; times are clock_t: u32 or u64 hundredths of a second.
    private const ushort IFLA_BR_FORWARD_DELAY = 1, IFLA_BR_HELLO_TIME = 2, IFLA_BR_MAX_AGE = 3, IFLA_BR_AGEING_TIME = 4, IFLA_BR_STP_STATE = 5,
        IFLA_BR_PRIORITY = 6, IFLA_BR_VLAN_FILTERING = 7, IFLA_BR_VLAN_PROTOCOL = 8, IFLA_BR_GROUP_FWD_MASK = 9, IFLA_BR_GROUP_ADDR = 20,
        IFLA_BR_FDB_FLUSH = 21, IFLA_BR_MCAST_ROUTER = 22, IFLA_BR_MCAST_SNOOPING = 23, IFLA_BR_MCAST_QUERY_USE_IFADDR = 24,
        IFLA_BR_MCAST_QUERIER = 25, IFLA_BR_MCAST_HASH_ELASTICITY = 26, IFLA_BR_MCAST_HASH_MAX = 27, IFLA_BR_MCAST_LAST_MEMBER_CNT = 28,
        IFLA_BR_MCAST_STARTUP_QUERY_CNT = 29, IFLA_BR_MCAST_LAST_MEMBER_INTVL = 30, IFLA_BR_MCAST_MEMBERSHIP_INTVL = 31,
        IFLA_BR_MCAST_QUERIER_INTVL = 32, IFLA_BR_MCAST_QUERY_INTVL = 33, IFLA_BR_MCAST_QUERY_RESPONSE_INTVL = 34,
        IFLA_BR_MCAST_STARTUP_QUERY_INTVL = 35, IFLA_BR_NF_CALL_IPTABLES = 36, IFLA_BR_NF_CALL_IP6TABLES = 37, IFLA_BR_NF_CALL_ARPTABLES = 38,
        IFLA_BR_VLAN_DEFAULT_PVID = 39, IFLA_BR_VLAN_STATS_ENABLED = 41, IFLA_BR_MCAST_STATS_ENABLED = 42, IFLA_BR_MCAST_IGMP_VERSION = 43,
        IFLA_BR_MCAST_MLD_VERSION = 44, IFLA_BR_VLAN_STATS_PER_PORT = 45, IFLA_BR_MULTI_BOOLOPT = 46, IFLA_BR_FDB_MAX_LEARNED = 49;

    // enum br_boolopt_id (include/uapi/linux/if_bridge.h): bit numbers in struct br_boolopt_multi { __u32 optval; __u32 optmask; };
    private const int BR_BOOLOPT_NO_LL_LEARN = 0, BR_BOOLOPT_MCAST_VLAN_SNOOPING = 1, BR_BOOLOPT_MST_ENABLE = 2;

    /// <summary>Time spent listening and learning before forwarding; with STP 2 s or more.</summary>
    public TimeSpan? ForwardDelay { get; init; }

    /// <summary>Time between two STP hello packets.</summary>
    public TimeSpan? HelloTime { get; init; }

    /// <summary>Age at which STP information of a root is dropped.</summary>
    public TimeSpan? MaxAge { get; init; }

    /// <summary>Time after which a learned address is forgotten; zero makes the bridge a hub.</summary>
    public TimeSpan? AgeingTime { get; init; }

    /// <summary>Spanning tree protocol (802.1D) on.</summary>
    public bool? StpState { get; init; }

    /// <summary>The bridge's STP priority, 0 to 65535; lower wins.</summary>
    public ushort? Priority { get; init; }

    /// <summary>VLAN filtering on (CONFIG_BRIDGE_VLAN_FILTERING).</summary>
    public bool? VlanFiltering { get; init; }

    /// <summary>The EtherType of the tags it filters by: 0x8100 (802.1Q) or 0x88a8 (802.1ad).</summary>
    public ushort? VlanProtocol { get; init; }

    /// <summary>Which link-local groups 01:80:c2:00:00:0X are forwarded: bit X. Bits 0, 1 and 2 are refused by the kernel.</summary>
    public ushort? GroupForwardMask { get; init; }

    /// <summary>The group address that STP packets are sent to.</summary>
    public PhysicalAddress? GroupAddress { get; init; }

    /// <summary>True forgets all learned addresses now; never read.</summary>
    public bool? FlushFdb { get; init; }

    /// <summary>Is there a multicast router behind the bridge itself: 0 no, 1 found by queries, 2 always.</summary>
    public byte? MulticastRouter { get; init; }

    /// <summary>IGMP and MLD snooping.</summary>
    public bool? MulticastSnooping { get; init; }

    /// <summary>The querier uses the bridge's own IPv4 address instead of 0.0.0.0.</summary>
    public bool? MulticastQueryUseInterfaceAddress { get; init; }

    /// <summary>The bridge sends IGMP and MLD queries itself.</summary>
    public bool? MulticastQuerier { get; init; }

    /// <summary>Without effect since Linux 4.19; kept for reading.</summary>
    public uint? MulticastHashElasticity { get; init; }

    /// <summary>Most groups the multicast database may hold.</summary>
    public uint? MulticastHashMax { get; init; }

    /// <summary>Queries sent after a leave before a group is dropped.</summary>
    public uint? MulticastLastMemberCount { get; init; }

    /// <summary>Queries sent at start-up.</summary>
    public uint? MulticastStartupQueryCount { get; init; }

    /// <summary>Time between the queries after a leave.</summary>
    public TimeSpan? MulticastLastMemberInterval { get; init; }

    /// <summary>Time after which a group without reports is dropped.</summary>
    public TimeSpan? MulticastMembershipInterval { get; init; }

    /// <summary>Time without queries of another after which the bridge becomes querier.</summary>
    public TimeSpan? MulticastQuerierInterval { get; init; }

    /// <summary>Time between two queries.</summary>
    public TimeSpan? MulticastQueryInterval { get; init; }

    /// <summary>Longest time a host may take to answer a query.</summary>
    public TimeSpan? MulticastQueryResponseInterval { get; init; }

    /// <summary>Time between the queries at start-up.</summary>
    public TimeSpan? MulticastStartupQueryInterval { get; init; }

    /// <summary>Bridged IPv4 goes through iptables (br_netfilter).</summary>
    public bool? NfCallIptables { get; init; }

    /// <summary>Bridged IPv6 goes through ip6tables (br_netfilter).</summary>
    public bool? NfCallIp6tables { get; init; }

    /// <summary>Bridged ARP goes through arptables (br_netfilter).</summary>
    public bool? NfCallArptables { get; init; }

    /// <summary>The VLAN that untagged frames of a new port belong to; 0 for none.</summary>
    public ushort? VlanDefaultPvid { get; init; }

    /// <summary>Counts per VLAN.</summary>
    public bool? VlanStatsEnabled { get; init; }

    /// <summary>Counts per VLAN and port; only while there are no port VLANs.</summary>
    public bool? VlanStatsPerPort { get; init; }

    /// <summary>Counts IGMP and MLD messages.</summary>
    public bool? MulticastStatsEnabled { get; init; }

    /// <summary>2 or 3.</summary>
    public byte? MulticastIgmpVersion { get; init; }

    /// <summary>1 or 2.</summary>
    public byte? MulticastMldVersion { get; init; }

    /// <summary>Does not learn from link-local frames (BR_BOOLOPT_NO_LL_LEARN).</summary>
    public bool? NoLinkLocalLearn { get; init; }

    /// <summary>Snooping per VLAN (BR_BOOLOPT_MCAST_VLAN_SNOOPING).</summary>
    public bool? MulticastVlanSnooping { get; init; }

    /// <summary>Spanning trees per group of VLANs (BR_BOOLOPT_MST_ENABLE).</summary>
    public bool? MultipleSpanningTrees { get; init; }

    /// <summary>Most addresses that may be learned, 0 for no limit (Linux 6.7).</summary>
    [SinceLinux("6.7")]
    public uint? FdbMaxLearned { get; init; }

    internal void Write(MessageWriter writer)
    {
        writer.Clock32(IFLA_BR_FORWARD_DELAY, ForwardDelay);
        writer.Clock32(IFLA_BR_HELLO_TIME, HelloTime);
        writer.Clock32(IFLA_BR_MAX_AGE, MaxAge);
        writer.Clock32(IFLA_BR_AGEING_TIME, AgeingTime);
        writer.U32(IFLA_BR_STP_STATE, StpState is { } stp ? (stp ? 1u : 0u) : null);
        writer.U16(IFLA_BR_PRIORITY, Priority);
        writer.U8(IFLA_BR_VLAN_FILTERING, VlanFiltering);
        writer.Be16(IFLA_BR_VLAN_PROTOCOL, VlanProtocol);
        writer.U16(IFLA_BR_GROUP_FWD_MASK, GroupForwardMask);
        writer.Mac(IFLA_BR_GROUP_ADDR, GroupAddress);
        writer.Flag(IFLA_BR_FDB_FLUSH, FlushFdb);
        writer.U16(IFLA_BR_VLAN_DEFAULT_PVID, VlanDefaultPvid);
        writer.U8(IFLA_BR_VLAN_STATS_ENABLED, VlanStatsEnabled);
        writer.U8(IFLA_BR_VLAN_STATS_PER_PORT, VlanStatsPerPort);
        writer.U8(IFLA_BR_MCAST_ROUTER, MulticastRouter);
        writer.U8(IFLA_BR_MCAST_SNOOPING, MulticastSnooping);
        writer.U8(IFLA_BR_MCAST_QUERY_USE_IFADDR, MulticastQueryUseInterfaceAddress);
        writer.U8(IFLA_BR_MCAST_QUERIER, MulticastQuerier);
        writer.U32(IFLA_BR_MCAST_HASH_ELASTICITY, MulticastHashElasticity);
        writer.U32(IFLA_BR_MCAST_HASH_MAX, MulticastHashMax);
        writer.U32(IFLA_BR_MCAST_LAST_MEMBER_CNT, MulticastLastMemberCount);
        writer.U32(IFLA_BR_MCAST_STARTUP_QUERY_CNT, MulticastStartupQueryCount);
        writer.Clock64(IFLA_BR_MCAST_LAST_MEMBER_INTVL, MulticastLastMemberInterval);
        writer.Clock64(IFLA_BR_MCAST_MEMBERSHIP_INTVL, MulticastMembershipInterval);
        writer.Clock64(IFLA_BR_MCAST_QUERIER_INTVL, MulticastQuerierInterval);
        writer.Clock64(IFLA_BR_MCAST_QUERY_INTVL, MulticastQueryInterval);
        writer.Clock64(IFLA_BR_MCAST_QUERY_RESPONSE_INTVL, MulticastQueryResponseInterval);
        writer.Clock64(IFLA_BR_MCAST_STARTUP_QUERY_INTVL, MulticastStartupQueryInterval);
        writer.U8(IFLA_BR_MCAST_STATS_ENABLED, MulticastStatsEnabled);
        writer.U8(IFLA_BR_MCAST_IGMP_VERSION, MulticastIgmpVersion);
        writer.U8(IFLA_BR_MCAST_MLD_VERSION, MulticastMldVersion);
        writer.U8(IFLA_BR_NF_CALL_IPTABLES, NfCallIptables);
        writer.U8(IFLA_BR_NF_CALL_IP6TABLES, NfCallIp6tables);
        writer.U8(IFLA_BR_NF_CALL_ARPTABLES, NfCallArptables);
        WriteBooleans(writer);
        writer.U32(IFLA_BR_FDB_MAX_LEARNED, FdbMaxLearned);
    }

    private void WriteBooleans(MessageWriter writer)
    {
        uint value = 0, mask = 0;
        Set(NoLinkLocalLearn, BR_BOOLOPT_NO_LL_LEARN);
        Set(MulticastVlanSnooping, BR_BOOLOPT_MCAST_VLAN_SNOOPING);
        Set(MultipleSpanningTrees, BR_BOOLOPT_MST_ENABLE);
        if (mask != 0)
        {
            var data = writer.Attribute(IFLA_BR_MULTI_BOOLOPT, 8);
            MessageWriter.Write(data, value);
            MessageWriter.Write(data[4..], mask);
        }

        void Set(bool? option, int bit)
        {
            if (option is { } on)
            {
                mask |= 1u << bit;
                value |= on ? 1u << bit : 0;
            }
        }
    }

    internal static BridgeOptions Read(Attributes data)
    {
        var o = new BridgeOptions();
        foreach (var a in data)
        {
            o = a.Type switch
            {
                IFLA_BR_FORWARD_DELAY => o with { ForwardDelay = a.Clock32 },
                IFLA_BR_HELLO_TIME => o with { HelloTime = a.Clock32 },
                IFLA_BR_MAX_AGE => o with { MaxAge = a.Clock32 },
                IFLA_BR_AGEING_TIME => o with { AgeingTime = a.Clock32 },
                IFLA_BR_STP_STATE => o with { StpState = a.U32 != 0 },
                IFLA_BR_PRIORITY => o with { Priority = a.U16 },
                IFLA_BR_VLAN_FILTERING => o with { VlanFiltering = a.Bool },
                IFLA_BR_VLAN_PROTOCOL => o with { VlanProtocol = a.Be16 },
                IFLA_BR_GROUP_FWD_MASK => o with { GroupForwardMask = a.U16 },
                IFLA_BR_GROUP_ADDR => o with { GroupAddress = a.Mac },
                IFLA_BR_VLAN_DEFAULT_PVID => o with { VlanDefaultPvid = a.U16 },
                IFLA_BR_VLAN_STATS_ENABLED => o with { VlanStatsEnabled = a.Bool },
                IFLA_BR_VLAN_STATS_PER_PORT => o with { VlanStatsPerPort = a.Bool },
                IFLA_BR_MCAST_ROUTER => o with { MulticastRouter = a.U8 },
                IFLA_BR_MCAST_SNOOPING => o with { MulticastSnooping = a.Bool },
                IFLA_BR_MCAST_QUERY_USE_IFADDR => o with { MulticastQueryUseInterfaceAddress = a.Bool },
                IFLA_BR_MCAST_QUERIER => o with { MulticastQuerier = a.Bool },
                IFLA_BR_MCAST_HASH_ELASTICITY => o with { MulticastHashElasticity = a.U32 },
                IFLA_BR_MCAST_HASH_MAX => o with { MulticastHashMax = a.U32 },
                IFLA_BR_MCAST_LAST_MEMBER_CNT => o with { MulticastLastMemberCount = a.U32 },
                IFLA_BR_MCAST_STARTUP_QUERY_CNT => o with { MulticastStartupQueryCount = a.U32 },
                IFLA_BR_MCAST_LAST_MEMBER_INTVL => o with { MulticastLastMemberInterval = a.Clock64 },
                IFLA_BR_MCAST_MEMBERSHIP_INTVL => o with { MulticastMembershipInterval = a.Clock64 },
                IFLA_BR_MCAST_QUERIER_INTVL => o with { MulticastQuerierInterval = a.Clock64 },
                IFLA_BR_MCAST_QUERY_INTVL => o with { MulticastQueryInterval = a.Clock64 },
                IFLA_BR_MCAST_QUERY_RESPONSE_INTVL => o with { MulticastQueryResponseInterval = a.Clock64 },
                IFLA_BR_MCAST_STARTUP_QUERY_INTVL => o with { MulticastStartupQueryInterval = a.Clock64 },
                IFLA_BR_MCAST_STATS_ENABLED => o with { MulticastStatsEnabled = a.Bool },
                IFLA_BR_MCAST_IGMP_VERSION => o with { MulticastIgmpVersion = a.U8 },
                IFLA_BR_MCAST_MLD_VERSION => o with { MulticastMldVersion = a.U8 },
                IFLA_BR_NF_CALL_IPTABLES => o with { NfCallIptables = a.Bool },
                IFLA_BR_NF_CALL_IP6TABLES => o with { NfCallIp6tables = a.Bool },
                IFLA_BR_NF_CALL_ARPTABLES => o with { NfCallArptables = a.Bool },
                IFLA_BR_MULTI_BOOLOPT => o with
                {
                    NoLinkLocalLearn = Option(a, BR_BOOLOPT_NO_LL_LEARN),
                    MulticastVlanSnooping = Option(a, BR_BOOLOPT_MCAST_VLAN_SNOOPING),
                    MultipleSpanningTrees = Option(a, BR_BOOLOPT_MST_ENABLE),
                },
                IFLA_BR_FDB_MAX_LEARNED => o with { FdbMaxLearned = a.U32 },
                _ => o,
            };
        }

        return o;
    }

    // null where this kernel does not know the option: its bit in optmask is clear.
    private static bool? Option(Attribute a, int bit) => (a.Read<uint>(4) >> bit & 1) == 0 ? null : (a.U32 >> bit & 1) != 0;
}
