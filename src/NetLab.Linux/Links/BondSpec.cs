using System.Net;
using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>How a bond uses its members (<c>BOND_MODE_*</c>, Documentation/networking/bonding.rst).</summary>
public enum BondMode : byte
{
    /// <summary>balance-rr: in turn.</summary>
    RoundRobin,
    /// <summary>active-backup: one, the others wait.</summary>
    ActiveBackup,
    /// <summary>balance-xor: by a hash of the frame.</summary>
    Xor,
    /// <summary>broadcast: all.</summary>
    Broadcast,
    /// <summary>802.3ad: those that the other side agrees on by LACP, by a hash of the frame.</summary>
    Lacp,
    /// <summary>balance-tlb: adaptive sending.</summary>
    TransmitLoadBalancing,
    /// <summary>balance-alb: adaptive sending and receiving.</summary>
    AdaptiveLoadBalancing,
}

/// <summary>What a bond's hash is made of (<c>BOND_XMIT_POLICY_*</c>).</summary>
public enum BondHashPolicy : byte
{
    /// <summary>layer2: MAC addresses.</summary>
    Layer2,
    /// <summary>layer3+4: IP addresses and ports.</summary>
    Layer34,
    /// <summary>layer2+3: MAC and IP addresses.</summary>
    Layer23,
    /// <summary>encap2+3: those of the packet inside a tunnel.</summary>
    Encapsulated23,
    /// <summary>encap3+4: those of the packet inside a tunnel.</summary>
    Encapsulated34,
    /// <summary>vlan+srcmac.</summary>
    VlanSourceMac,
}

/// <summary>Several devices as one (CONFIG_BONDING), with the settings of LACP (<see cref="BondMode.Lacp"/>).</summary>
/// <param name="Name">Its name.</param>
public sealed record BondSpec(string Name) : LinkSpec(Name)
{
    private const ushort IFLA_BOND_MODE = 1, IFLA_BOND_ACTIVE_SLAVE = 2, IFLA_BOND_MIIMON = 3, IFLA_BOND_UPDELAY = 4, IFLA_BOND_DOWNDELAY = 5,
        IFLA_BOND_USE_CARRIER = 6, IFLA_BOND_ARP_INTERVAL = 7, IFLA_BOND_ARP_IP_TARGET = 8, IFLA_BOND_ARP_VALIDATE = 9,
        IFLA_BOND_ARP_ALL_TARGETS = 10, IFLA_BOND_PRIMARY = 11, IFLA_BOND_PRIMARY_RESELECT = 12, IFLA_BOND_FAIL_OVER_MAC = 13,
        IFLA_BOND_XMIT_HASH_POLICY = 14, IFLA_BOND_RESEND_IGMP = 15, IFLA_BOND_NUM_PEER_NOTIF = 16, IFLA_BOND_ALL_SLAVES_ACTIVE = 17,
        IFLA_BOND_MIN_LINKS = 18, IFLA_BOND_LP_INTERVAL = 19, IFLA_BOND_PACKETS_PER_SLAVE = 20, IFLA_BOND_AD_LACP_RATE = 21,
        IFLA_BOND_AD_SELECT = 22, IFLA_BOND_AD_INFO = 23, IFLA_BOND_AD_ACTOR_SYS_PRIO = 24, IFLA_BOND_AD_USER_PORT_KEY = 25,
        IFLA_BOND_AD_ACTOR_SYSTEM = 26, IFLA_BOND_TLB_DYNAMIC_LB = 27, IFLA_BOND_PEER_NOTIF_DELAY = 28, IFLA_BOND_AD_LACP_ACTIVE = 29,
        IFLA_BOND_MISSED_MAX = 30, IFLA_BOND_NS_IP6_TARGET = 31, IFLA_BOND_COUPLED_CONTROL = 32;
    private const ushort IFLA_BOND_AD_INFO_AGGREGATOR = 1, IFLA_BOND_AD_INFO_NUM_PORTS = 2, IFLA_BOND_AD_INFO_ACTOR_KEY = 3,
        IFLA_BOND_AD_INFO_PARTNER_KEY = 4, IFLA_BOND_AD_INFO_PARTNER_MAC = 5;

    /// <inheritdoc/>
    public override string Kind => "bond";

    /// <summary>How it uses its members.</summary>
    public BondMode? Mode { get; init; }

    /// <summary>Index of the active member.</summary>
    public int? ActiveMember { get; init; }

    /// <summary>Time between two looks at the members' carriers, in whole milliseconds.</summary>
    public TimeSpan? MiiMonitor { get; init; }

    /// <summary>Time before a member that came up is used.</summary>
    public TimeSpan? UpDelay { get; init; }

    /// <summary>Time before a member that went down is dropped.</summary>
    public TimeSpan? DownDelay { get; init; }

    /// <summary>Time between two notices to the peers after a change.</summary>
    public TimeSpan? PeerNotifyDelay { get; init; }

    /// <summary>Looks at the carrier instead of asking the driver.</summary>
    public bool? UseCarrier { get; init; }

    /// <summary>Time between two ARP probes.</summary>
    public TimeSpan? ArpInterval { get; init; }

    /// <summary>Which ARP answers are looked at: 0 none, 1 active, 2 backup, 3 all, 4 filter, 5 filter_active, 6 filter_backup.</summary>
    public uint? ArpValidate { get; init; }

    /// <summary>True: all probed hosts must answer.</summary>
    public bool? ArpAllTargets { get; init; }

    /// <summary>Hosts to probe.</summary>
    public IReadOnlyList<IPAddress> ArpTargets { get; init; } = [];

    /// <summary>Hosts to probe by neighbour solicitation (Linux 5.18).</summary>
    [SinceLinux("5.18")]
    public IReadOnlyList<IPAddress> NeighbourTargets { get; init; } = [];

    /// <summary>Probes without an answer before a member is dropped (Linux 5.17).</summary>
    [SinceLinux("5.17")]
    public byte? MissedMax { get; init; }

    /// <summary>Index of the member to prefer.</summary>
    public int? Primary { get; init; }

    /// <summary>When to go back to it: 0 always, 1 better, 2 failure.</summary>
    public byte? PrimaryReselect { get; init; }

    /// <summary>Whose MAC address it has: 0 one for all, 1 the active member's, 2 follow.</summary>
    public byte? FailOverMac { get; init; }

    /// <summary>What the hash is made of.</summary>
    public BondHashPolicy? TransmitHashPolicy { get; init; }

    /// <summary>IGMP reports to send after a change.</summary>
    public uint? ResendIgmp { get; init; }

    /// <summary>Gratuitous ARPs and unsolicited neighbour advertisements to send after a change.</summary>
    public byte? PeerNotifications { get; init; }

    /// <summary>Takes frames from backup members too.</summary>
    public bool? AllMembersActive { get; init; }

    /// <summary>Members that must be up for the bond to be up.</summary>
    public uint? MinLinks { get; init; }

    /// <summary>Seconds between two learning packets.</summary>
    public uint? LearningPacketInterval { get; init; }

    /// <summary>Frames sent by one member before it is the next one's turn.</summary>
    public uint? PacketsPerMember { get; init; }

    /// <summary>balance-tlb: moves flows by load.</summary>
    public bool? DynamicLoadBalancing { get; init; }

    /// <summary>LACP: true for one LACPDU a second (fast), false for one in 30 s.</summary>
    public bool? LacpFast { get; init; }

    /// <summary>LACP: sends LACPDUs by itself (Linux 5.15).</summary>
    [SinceLinux("5.15", Before = true)]
    public bool? LacpActive { get; init; }

    /// <summary>LACP: how the aggregator is chosen: 0 stable, 1 bandwidth, 2 count.</summary>
    public byte? LacpSelect { get; init; }

    /// <summary>LACP: user part of the port key, 0 to 1023.</summary>
    public ushort? LacpUserPortKey { get; init; }

    /// <summary>LACP: system priority.</summary>
    public ushort? LacpSystemPriority { get; init; }

    /// <summary>LACP: system MAC address.</summary>
    public PhysicalAddress? LacpSystem { get; init; }

    /// <summary>LACP: collects and distributes at once, as one state (Linux 6.9).</summary>
    [SinceLinux("6.9", Before = true)]
    public bool? LacpCoupledControl { get; init; }

    /// <summary>LACP: what it has come to; read only.</summary>
    public LacpStatus? LacpStatus { get; init; }

    internal override void WriteData(MessageWriter writer)
    {
        writer.U8(IFLA_BOND_MODE, (byte?)Mode);
        writer.S32(IFLA_BOND_ACTIVE_SLAVE, ActiveMember);
        writer.U32(IFLA_BOND_MIIMON, Milliseconds(MiiMonitor));
        writer.U32(IFLA_BOND_UPDELAY, Milliseconds(UpDelay));
        writer.U32(IFLA_BOND_DOWNDELAY, Milliseconds(DownDelay));
        writer.U32(IFLA_BOND_PEER_NOTIF_DELAY, Milliseconds(PeerNotifyDelay));
        writer.U8(IFLA_BOND_USE_CARRIER, UseCarrier);
        writer.U32(IFLA_BOND_ARP_INTERVAL, Milliseconds(ArpInterval));
        WriteTargets(writer, IFLA_BOND_ARP_IP_TARGET, ArpTargets);
        WriteTargets(writer, IFLA_BOND_NS_IP6_TARGET, NeighbourTargets);
        writer.U32(IFLA_BOND_ARP_VALIDATE, ArpValidate);
        writer.U32(IFLA_BOND_ARP_ALL_TARGETS, ArpAllTargets is { } all ? (all ? 1u : 0u) : null);
        writer.U8(IFLA_BOND_MISSED_MAX, MissedMax);
        writer.S32(IFLA_BOND_PRIMARY, Primary);
        writer.U8(IFLA_BOND_PRIMARY_RESELECT, PrimaryReselect);
        writer.U8(IFLA_BOND_FAIL_OVER_MAC, FailOverMac);
        writer.U8(IFLA_BOND_XMIT_HASH_POLICY, (byte?)TransmitHashPolicy);
        writer.U32(IFLA_BOND_RESEND_IGMP, ResendIgmp);
        writer.U8(IFLA_BOND_NUM_PEER_NOTIF, PeerNotifications);
        writer.U8(IFLA_BOND_ALL_SLAVES_ACTIVE, AllMembersActive);
        writer.U32(IFLA_BOND_MIN_LINKS, MinLinks);
        writer.U32(IFLA_BOND_LP_INTERVAL, LearningPacketInterval);
        writer.U32(IFLA_BOND_PACKETS_PER_SLAVE, PacketsPerMember);
        writer.U8(IFLA_BOND_TLB_DYNAMIC_LB, DynamicLoadBalancing);
        writer.U8(IFLA_BOND_AD_LACP_RATE, LacpFast);
        writer.U8(IFLA_BOND_AD_LACP_ACTIVE, LacpActive);
        writer.U8(IFLA_BOND_AD_SELECT, LacpSelect);
        writer.U16(IFLA_BOND_AD_USER_PORT_KEY, LacpUserPortKey);
        writer.U16(IFLA_BOND_AD_ACTOR_SYS_PRIO, LacpSystemPriority);
        writer.Mac(IFLA_BOND_AD_ACTOR_SYSTEM, LacpSystem);
        writer.U8(IFLA_BOND_COUPLED_CONTROL, LacpCoupledControl);
    }

    private static uint? Milliseconds(TimeSpan? time) => time is { } t ? (uint)t.TotalMilliseconds : null;

    private static void WriteTargets(MessageWriter writer, ushort type, IReadOnlyList<IPAddress> targets)
    {
        using (writer.Nest(type, dropWhenEmpty: true))
        {
            for (var i = 0; i < targets.Count; i++)
            {
                writer.Address((ushort)i, targets[i]);
            }
        }
    }

    internal static BondSpec Read(string name, Attributes data)
    {
        var spec = new BondSpec(name);
        foreach (var a in data)
        {
            spec = a.Type switch
            {
                IFLA_BOND_MODE => spec with { Mode = (BondMode)a.U8 },
                IFLA_BOND_ACTIVE_SLAVE => spec with { ActiveMember = a.S32 },
                IFLA_BOND_MIIMON => spec with { MiiMonitor = Time(a) },
                IFLA_BOND_UPDELAY => spec with { UpDelay = Time(a) },
                IFLA_BOND_DOWNDELAY => spec with { DownDelay = Time(a) },
                IFLA_BOND_PEER_NOTIF_DELAY => spec with { PeerNotifyDelay = Time(a) },
                IFLA_BOND_USE_CARRIER => spec with { UseCarrier = a.Bool },
                IFLA_BOND_ARP_INTERVAL => spec with { ArpInterval = Time(a) },
                IFLA_BOND_ARP_IP_TARGET => spec with { ArpTargets = Targets(a.Nested) },
                IFLA_BOND_NS_IP6_TARGET => spec with { NeighbourTargets = Targets(a.Nested) },
                IFLA_BOND_ARP_VALIDATE => spec with { ArpValidate = a.U32 },
                IFLA_BOND_ARP_ALL_TARGETS => spec with { ArpAllTargets = a.U32 != 0 },
                IFLA_BOND_MISSED_MAX => spec with { MissedMax = a.U8 },
                IFLA_BOND_PRIMARY => spec with { Primary = a.S32 },
                IFLA_BOND_PRIMARY_RESELECT => spec with { PrimaryReselect = a.U8 },
                IFLA_BOND_FAIL_OVER_MAC => spec with { FailOverMac = a.U8 },
                IFLA_BOND_XMIT_HASH_POLICY => spec with { TransmitHashPolicy = (BondHashPolicy)a.U8 },
                IFLA_BOND_RESEND_IGMP => spec with { ResendIgmp = a.U32 },
                IFLA_BOND_NUM_PEER_NOTIF => spec with { PeerNotifications = a.U8 },
                IFLA_BOND_ALL_SLAVES_ACTIVE => spec with { AllMembersActive = a.Bool },
                IFLA_BOND_MIN_LINKS => spec with { MinLinks = a.U32 },
                IFLA_BOND_LP_INTERVAL => spec with { LearningPacketInterval = a.U32 },
                IFLA_BOND_PACKETS_PER_SLAVE => spec with { PacketsPerMember = a.U32 },
                IFLA_BOND_TLB_DYNAMIC_LB => spec with { DynamicLoadBalancing = a.Bool },
                IFLA_BOND_AD_LACP_RATE => spec with { LacpFast = a.Bool },
                IFLA_BOND_AD_LACP_ACTIVE => spec with { LacpActive = a.Bool },
                IFLA_BOND_AD_SELECT => spec with { LacpSelect = a.U8 },
                IFLA_BOND_AD_USER_PORT_KEY => spec with { LacpUserPortKey = a.U16 },
                IFLA_BOND_AD_ACTOR_SYS_PRIO => spec with { LacpSystemPriority = a.U16 },
                IFLA_BOND_AD_ACTOR_SYSTEM => spec with { LacpSystem = a.Mac },
                IFLA_BOND_COUPLED_CONTROL => spec with { LacpCoupledControl = a.Bool },
                IFLA_BOND_AD_INFO => spec with
                {
                    LacpStatus = new LacpStatus(
                        a.Nested.Find(IFLA_BOND_AD_INFO_AGGREGATOR).U16,
                        a.Nested.Find(IFLA_BOND_AD_INFO_NUM_PORTS).U16,
                        a.Nested.Find(IFLA_BOND_AD_INFO_ACTOR_KEY).U16,
                        a.Nested.Find(IFLA_BOND_AD_INFO_PARTNER_KEY).U16,
                        a.Nested.Find(IFLA_BOND_AD_INFO_PARTNER_MAC).Mac),
                },
                _ => spec,
            };
        }

        return spec;
    }

    private static TimeSpan Time(Attribute a) => TimeSpan.FromMilliseconds(a.U32);

    private static ValueList<IPAddress> Targets(Attributes nested)
    {
        var targets = new ValueList<IPAddress>();
        foreach (var a in nested)
        {
            if (a.Address is { } address)
            {
                targets.Add(address);
            }
        }

        return targets;
    }
}

/// <summary>What LACP has come to on a bond (IFLA_BOND_AD_INFO).</summary>
/// <param name="Aggregator">Number of the active aggregator.</param>
/// <param name="Ports">Members in it.</param>
/// <param name="ActorKey">Our key.</param>
/// <param name="PartnerKey">The other side's key.</param>
/// <param name="PartnerMac">The other side's MAC address.</param>
public sealed record LacpStatus(ushort Aggregator, ushort Ports, ushort ActorKey, ushort PartnerKey, PhysicalAddress PartnerMac);
