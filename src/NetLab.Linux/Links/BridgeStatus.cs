using System.Net;
using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>An STP bridge identifier (<c>struct ifla_bridge_id { __u8 prio[2]; __u8 addr[6]; }</c>): priority and MAC address.</summary>
/// <param name="Priority">The priority; lower wins.</param>
/// <param name="Mac">The bridge's MAC address.</param>
public sealed record BridgeId(ushort Priority, PhysicalAddress Mac)
{
    internal static BridgeId? Read(Attribute a) => a.Data.Length < 8 ? null : new(a.Be16, new PhysicalAddress(a.Data[2..8].ToArray()));

    /// <summary><c>8000.02:00:00:00:00:01</c>, as iproute2 writes it.</summary>
    public override string ToString() => $"{Priority:x4}.{Mac.Colons()}";
}

/// <summary>What a bridge has found out by itself; read only (<c>IFLA_BR_*</c>).</summary>
/// <param name="Id">Its own identifier.</param>
/// <param name="RootId">The root of the tree.</param>
/// <param name="RootPort">The number of its root port, 0 when it is the root itself.</param>
/// <param name="RootPathCost">Cost of the way to the root.</param>
/// <param name="TopologyChange">A topology change is going on.</param>
/// <param name="TopologyChangeDetected">It has seen a topology change.</param>
/// <param name="LearnedAddresses">Number of learned FDB entries (Linux 6.7), or null.</param>
public sealed record BridgeStatus(BridgeId? Id, BridgeId? RootId, ushort RootPort, uint RootPathCost, bool TopologyChange,
    bool TopologyChangeDetected, uint? LearnedAddresses)
{
    private const ushort IFLA_BR_ROOT_ID = 10, IFLA_BR_BRIDGE_ID = 11, IFLA_BR_ROOT_PORT = 12, IFLA_BR_ROOT_PATH_COST = 13,
        IFLA_BR_TOPOLOGY_CHANGE = 14, IFLA_BR_TOPOLOGY_CHANGE_DETECTED = 15, IFLA_BR_MCAST_QUERIER_STATE = 47, IFLA_BR_FDB_N_LEARNED = 48;

    // include/uapi/linux/if_bridge.h
    private const ushort BRIDGE_QUERIER_IP_ADDRESS = 1, BRIDGE_QUERIER_IPV6_ADDRESS = 5;

    /// <summary>Who asks for members of IPv4 groups (IGMP), itself with 0.0.0.0 where it does; null where nobody does, or it does not listen to that.</summary>
    public IPAddress? Ipv4Querier { get; init; }

    /// <summary>Who asks for members of IPv6 groups (MLD); null where nobody does, or it does not listen to that.</summary>
    public IPAddress? Ipv6Querier { get; init; }

    internal static BridgeStatus Read(Attributes data)
    {
        var learned = data.Find(IFLA_BR_FDB_N_LEARNED);
        var queriers = data.Find(IFLA_BR_MCAST_QUERIER_STATE).Nested;
        return new(
            BridgeId.Read(data.Find(IFLA_BR_BRIDGE_ID)),
            BridgeId.Read(data.Find(IFLA_BR_ROOT_ID)),
            data.Find(IFLA_BR_ROOT_PORT).U16,
            data.Find(IFLA_BR_ROOT_PATH_COST).U32,
            data.Find(IFLA_BR_TOPOLOGY_CHANGE).Bool,
            data.Find(IFLA_BR_TOPOLOGY_CHANGE_DETECTED).Bool,
            learned.Data.Length == 4 ? learned.U32 : null)
        {
            Ipv4Querier = queriers.Find(BRIDGE_QUERIER_IP_ADDRESS).Address,
            // A bridge that would ask, and has no address of IPv6 to ask from, tells ::.
            Ipv6Querier = queriers.Find(BRIDGE_QUERIER_IPV6_ADDRESS).Address is { } address && !address.Equals(IPAddress.IPv6Any) ? address : null,
        };
    }
}

/// <summary>What a bridge port has found out by itself; read only (<c>IFLA_BRPORT_*</c>).</summary>
/// <param name="Number">The port's number within the bridge.</param>
/// <param name="Id">The port identifier: priority and number.</param>
/// <param name="DesignatedBridge">The bridge that leads this segment.</param>
/// <param name="DesignatedPort">The port of that bridge.</param>
/// <param name="DesignatedCost">Its cost to the root.</param>
/// <param name="RootId">The root as heard on this port.</param>
/// <param name="TopologyChangeAck">A topology change is to be acknowledged.</param>
/// <param name="MulticastGroups">Number of groups on this port (Linux 6.3), or null.</param>
public sealed record BridgePortStatus(ushort Number, ushort Id, BridgeId? DesignatedBridge, ushort DesignatedPort, ushort DesignatedCost,
    BridgeId? RootId, bool TopologyChangeAck, uint? MulticastGroups)
{
    private const ushort IFLA_BRPORT_ROOT_ID = 13, IFLA_BRPORT_BRIDGE_ID = 14, IFLA_BRPORT_DESIGNATED_PORT = 15, IFLA_BRPORT_DESIGNATED_COST = 16,
        IFLA_BRPORT_ID = 17, IFLA_BRPORT_NO = 18, IFLA_BRPORT_TOPOLOGY_CHANGE_ACK = 19, IFLA_BRPORT_MCAST_N_GROUPS = 41;

    internal static BridgePortStatus Read(Attributes data)
    {
        var groups = data.Find(IFLA_BRPORT_MCAST_N_GROUPS);
        return new(
            data.Find(IFLA_BRPORT_NO).U16,
            data.Find(IFLA_BRPORT_ID).U16,
            BridgeId.Read(data.Find(IFLA_BRPORT_BRIDGE_ID)),
            data.Find(IFLA_BRPORT_DESIGNATED_PORT).U16,
            data.Find(IFLA_BRPORT_DESIGNATED_COST).U16,
            BridgeId.Read(data.Find(IFLA_BRPORT_ROOT_ID)),
            data.Find(IFLA_BRPORT_TOPOLOGY_CHANGE_ACK).Bool,
            groups.Data.Length == 4 ? groups.U32 : null);
    }
}
