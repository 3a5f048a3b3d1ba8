using System.Diagnostics.CodeAnalysis;

namespace NetLab.Linux.Netlink;

/// <summary>State of a bridge port (IFLA_BRPORT_STATE, <c>include/uapi/linux/if_bridge.h</c>).</summary>
public enum BridgePortState : byte
{
    /// <summary>BR_STATE_DISABLED.</summary>
    Disabled,
    /// <summary>BR_STATE_LISTENING: neither learns nor forwards.</summary>
    Listening,
    /// <summary>BR_STATE_LEARNING: learns, does not forward.</summary>
    Learning,
    /// <summary>BR_STATE_FORWARDING.</summary>
    Forwarding,
    /// <summary>BR_STATE_BLOCKING: out of the tree.</summary>
    Blocking,
}

/// <summary>
/// The settings of one port of a bridge (<c>bridge link set</c>, bridge(8); <c>IFLA_BRPORT_*</c> of <c>include/uapi/linux/if_link.h</c>). A
/// property that is null is not set; when read from the kernel, all that this kernel knows are there.
/// </summary>
[DynamicallyAccessedMembers(DynamicallyAccessedMemberTypes.PublicProperties)] // their state is listed by name
public sealed record BridgePortOptions : IDescribed
{
    private const ushort IFLA_BRPORT_STATE = 1, IFLA_BRPORT_PRIORITY = 2, IFLA_BRPORT_COST = 3, IFLA_BRPORT_MODE = 4, IFLA_BRPORT_GUARD = 5,
        IFLA_BRPORT_PROTECT = 6, IFLA_BRPORT_FAST_LEAVE = 7, IFLA_BRPORT_LEARNING = 8, IFLA_BRPORT_UNICAST_FLOOD = 9, IFLA_BRPORT_PROXYARP = 10,
        IFLA_BRPORT_LEARNING_SYNC = 11, IFLA_BRPORT_PROXYARP_WIFI = 12, IFLA_BRPORT_FLUSH = 24, IFLA_BRPORT_MULTICAST_ROUTER = 25,
        IFLA_BRPORT_MCAST_FLOOD = 27, IFLA_BRPORT_MCAST_TO_UCAST = 28, IFLA_BRPORT_VLAN_TUNNEL = 29, IFLA_BRPORT_BCAST_FLOOD = 30,
        IFLA_BRPORT_GROUP_FWD_MASK = 31, IFLA_BRPORT_NEIGH_SUPPRESS = 32, IFLA_BRPORT_ISOLATED = 33, IFLA_BRPORT_BACKUP_PORT = 34,
        IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT = 37, IFLA_BRPORT_LOCKED = 39, IFLA_BRPORT_MAB = 40, IFLA_BRPORT_MCAST_MAX_GROUPS = 42,
        IFLA_BRPORT_NEIGH_VLAN_SUPPRESS = 43, IFLA_BRPORT_BACKUP_NHID = 44;

    /// <summary>
    /// Port state; settable while STP is off and the port is up. Without STP the kernel turns <see cref="BridgePortState.Blocking"/> into
    /// forwarding at once: use <see cref="BridgePortState.Disabled"/>, Listening or Learning to stop a port.
    /// </summary>
    public BridgePortState? State { get; init; }

    /// <summary>STP priority of the port, 0 to 63.</summary>
    public ushort? Priority { get; init; }

    /// <summary>STP path cost.</summary>
    public uint? Cost { get; init; }

    /// <summary>Frames may leave by the port they came in on.</summary>
    public bool? Hairpin { get; init; }

    /// <summary>Switches the port off when an STP packet comes in.</summary>
    public bool? BpduGuard { get; init; }

    /// <summary>The port may not become root port.</summary>
    public bool? RootBlock { get; init; }

    /// <summary>A leave message drops the port from its group at once.</summary>
    public bool? FastLeave { get; init; }

    /// <summary>Learns source addresses.</summary>
    public bool? Learning { get; init; }

    /// <summary>Learns from hardware too.</summary>
    public bool? LearningSync { get; init; }

    /// <summary>Gets unicast frames to unknown addresses.</summary>
    public bool? Flood { get; init; }

    /// <summary>Gets multicast frames to unknown groups.</summary>
    public bool? MulticastFlood { get; init; }

    /// <summary>Gets broadcast frames.</summary>
    public bool? BroadcastFlood { get; init; }

    /// <summary>Multicast frames go out as one unicast copy for each member.</summary>
    public bool? MulticastToUnicast { get; init; }

    /// <summary>Is there a multicast router behind the port: 0 no, 1 found by queries, 2 always, 3 until none is heard of.</summary>
    public byte? MulticastRouter { get; init; }

    /// <summary>Answers ARP and ND from the bridge's neighbour table and does not flood them there.</summary>
    public bool? NeighbourSuppress { get; init; }

    /// <summary><see cref="NeighbourSuppress"/> per VLAN (Linux 6.4).</summary>
    [SinceLinux("6.4")]
    public bool? NeighbourVlanSuppress { get; init; }

    /// <summary>Maps VLANs to tunnels on this port.</summary>
    public bool? VlanTunnel { get; init; }

    /// <summary>Does not exchange frames with other isolated ports.</summary>
    public bool? Isolated { get; init; }

    /// <summary>Only takes frames whose source address is in the FDB on this port (Linux 5.18).</summary>
    [SinceLinux("5.18")]
    public bool? Locked { get; init; }

    /// <summary>MAC authentication bypass: a locked port learns locked entries (Linux 6.2).</summary>
    [SinceLinux("6.2")]
    public bool? Mab { get; init; }

    /// <summary>Answers ARP on behalf of hosts on other ports.</summary>
    public bool? ProxyArp { get; init; }

    /// <summary><see cref="ProxyArp"/> as 802.11 wants it.</summary>
    public bool? ProxyArpWifi { get; init; }

    /// <summary>Which groups 01:80:c2:00:00:0X this port forwards: bit X.</summary>
    public ushort? GroupForwardMask { get; init; }

    /// <summary>Index of the port that takes over while this one has no carrier; 0 for none.</summary>
    public int? BackupPort { get; init; }

    /// <summary>The nexthop that frames redirected to the backup port get (Linux 6.6).</summary>
    [SinceLinux("6.6")]
    public uint? BackupNexthopId { get; init; }

    /// <summary>Most hosts that are tracked per group.</summary>
    public uint? MulticastHostsLimit { get; init; }

    /// <summary>Most groups of this port, 0 for no limit (Linux 6.3).</summary>
    [SinceLinux("6.3")]
    public uint? MulticastMaxGroups { get; init; }

    /// <summary>True forgets what was learned on this port; never read.</summary>
    public bool? FlushFdb { get; init; }

    internal void Write(MessageWriter writer)
    {
        writer.U8(IFLA_BRPORT_GUARD, BpduGuard);
        writer.U8(IFLA_BRPORT_MODE, Hairpin);
        writer.U8(IFLA_BRPORT_FAST_LEAVE, FastLeave);
        writer.U8(IFLA_BRPORT_PROTECT, RootBlock);
        writer.U8(IFLA_BRPORT_UNICAST_FLOOD, Flood);
        writer.U8(IFLA_BRPORT_MCAST_FLOOD, MulticastFlood);
        writer.U8(IFLA_BRPORT_BCAST_FLOOD, BroadcastFlood);
        writer.U8(IFLA_BRPORT_MCAST_TO_UCAST, MulticastToUnicast);
        writer.U8(IFLA_BRPORT_LEARNING, Learning);
        writer.U8(IFLA_BRPORT_LEARNING_SYNC, LearningSync);
        writer.U8(IFLA_BRPORT_MULTICAST_ROUTER, MulticastRouter);
        writer.U32(IFLA_BRPORT_COST, Cost);
        writer.U16(IFLA_BRPORT_PRIORITY, Priority);
        writer.U8(IFLA_BRPORT_STATE, (byte?)State);
        writer.U8(IFLA_BRPORT_NEIGH_SUPPRESS, NeighbourSuppress);
        writer.U8(IFLA_BRPORT_VLAN_TUNNEL, VlanTunnel);
        writer.U8(IFLA_BRPORT_ISOLATED, Isolated);
        writer.U8(IFLA_BRPORT_LOCKED, Locked);
        writer.S32(IFLA_BRPORT_BACKUP_PORT, BackupPort);
        writer.U8(IFLA_BRPORT_PROXYARP, ProxyArp);
        writer.U8(IFLA_BRPORT_PROXYARP_WIFI, ProxyArpWifi);
        writer.U16(IFLA_BRPORT_GROUP_FWD_MASK, GroupForwardMask);
        writer.U32(IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT, MulticastHostsLimit);
        writer.U8(IFLA_BRPORT_MAB, Mab);
        writer.U32(IFLA_BRPORT_MCAST_MAX_GROUPS, MulticastMaxGroups);
        writer.U8(IFLA_BRPORT_NEIGH_VLAN_SUPPRESS, NeighbourVlanSuppress);
        writer.U32(IFLA_BRPORT_BACKUP_NHID, BackupNexthopId);
        writer.Flag(IFLA_BRPORT_FLUSH, FlushFdb);
    }

    internal static BridgePortOptions Read(Attributes data)
    {
        var o = new BridgePortOptions();
        foreach (var a in data)
        {
            o = a.Type switch
            {
                IFLA_BRPORT_STATE => o with { State = (BridgePortState)a.U8 },
                IFLA_BRPORT_PRIORITY => o with { Priority = a.U16 },
                IFLA_BRPORT_COST => o with { Cost = a.U32 },
                IFLA_BRPORT_MODE => o with { Hairpin = a.Bool },
                IFLA_BRPORT_GUARD => o with { BpduGuard = a.Bool },
                IFLA_BRPORT_PROTECT => o with { RootBlock = a.Bool },
                IFLA_BRPORT_FAST_LEAVE => o with { FastLeave = a.Bool },
                IFLA_BRPORT_LEARNING => o with { Learning = a.Bool },
                IFLA_BRPORT_LEARNING_SYNC => o with { LearningSync = a.Bool },
                IFLA_BRPORT_UNICAST_FLOOD => o with { Flood = a.Bool },
                IFLA_BRPORT_MCAST_FLOOD => o with { MulticastFlood = a.Bool },
                IFLA_BRPORT_BCAST_FLOOD => o with { BroadcastFlood = a.Bool },
                IFLA_BRPORT_MCAST_TO_UCAST => o with { MulticastToUnicast = a.Bool },
                IFLA_BRPORT_MULTICAST_ROUTER => o with { MulticastRouter = a.U8 },
                IFLA_BRPORT_NEIGH_SUPPRESS => o with { NeighbourSuppress = a.Bool },
                IFLA_BRPORT_NEIGH_VLAN_SUPPRESS => o with { NeighbourVlanSuppress = a.Bool },
                IFLA_BRPORT_VLAN_TUNNEL => o with { VlanTunnel = a.Bool },
                IFLA_BRPORT_ISOLATED => o with { Isolated = a.Bool },
                IFLA_BRPORT_LOCKED => o with { Locked = a.Bool },
                IFLA_BRPORT_MAB => o with { Mab = a.Bool },
                IFLA_BRPORT_PROXYARP => o with { ProxyArp = a.Bool },
                IFLA_BRPORT_PROXYARP_WIFI => o with { ProxyArpWifi = a.Bool },
                IFLA_BRPORT_GROUP_FWD_MASK => o with { GroupForwardMask = a.U16 },
                IFLA_BRPORT_BACKUP_PORT => o with { BackupPort = a.S32 },
                IFLA_BRPORT_BACKUP_NHID => o with { BackupNexthopId = a.U32 },
                IFLA_BRPORT_MCAST_EHT_HOSTS_LIMIT => o with { MulticastHostsLimit = a.U32 },
                IFLA_BRPORT_MCAST_MAX_GROUPS => o with { MulticastMaxGroups = a.U32 },
                _ => o,
            };
        }

        return o;
    }

    string IDescribed.Describe() => $"bridge port: {Words.Settings(this)}";
}
