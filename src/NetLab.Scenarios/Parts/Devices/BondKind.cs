using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: bond, mode: 802.3ad, miimon: 100ms</c>: several devices as one.</summary>
internal static class BondKind
{
    private static readonly ListShape<IPAddress> Hosts = new("host", Scalars.Address, single: true);

    public static readonly DeviceKind Kind = new LinkKind<BondSpec>("bond", "a bond", name => new BondSpec(name))
        .Word("mode", "How it uses its members.",
            [
                ("balance-rr", BondMode.RoundRobin), ("active-backup", BondMode.ActiveBackup), ("balance-xor", BondMode.Xor), ("broadcast", BondMode.Broadcast),
                ("802.3ad", BondMode.Lacp), ("balance-tlb", BondMode.TransmitLoadBalancing), ("balance-alb", BondMode.AdaptiveLoadBalancing),
            ],
            (bond, mode) => bond with { Mode = mode })
        .Time("miimon", "The time between two looks at the members' carriers.", (bond, time) => bond with { MiiMonitor = time })
        .Time("updelay", "The time before a member that came up is used.", (bond, time) => bond with { UpDelay = time })
        .Time("downdelay", "The time before a member that went down is dropped.", (bond, time) => bond with { DownDelay = time })
        .Time("peer_notify_delay", "The time between two notices to the peers after a change.", (bond, time) => bond with { PeerNotifyDelay = time })
        .Flag("use_carrier", "Look at the carrier instead of asking the driver.", (bond, on) => bond with { UseCarrier = on })
        .Time("arp_interval", "The time between two ARP probes.", (bond, time) => bond with { ArpInterval = time })
        .With("arp_ip_target", "The hosts to probe.", Hosts, (bond, hosts) => bond with { ArpTargets = [.. hosts.Select(host => host.Value)] })
        .With("ns_ip6_target", "The hosts to probe by neighbour solicitation.", Hosts, (bond, hosts) =>
            bond with { NeighbourTargets = [.. hosts.Select(host => host.Value)] })
        .Word("arp_validate", "Which ARP answers are looked at.",
            [("none", 0u), ("active", 1u), ("backup", 2u), ("all", 3u), ("filter", 4u), ("filter_active", 5u), ("filter_backup", 6u)], (bond, which) =>
                bond with { ArpValidate = which })
        .Word("arp_all_targets", "Whether any or all probed hosts must answer.", [("any", false), ("all", true)], (bond, all) =>
            bond with { ArpAllTargets = all })
        .Number("arp_missed_max", "Probes without an answer before a member is dropped.", 1, 255, (bond, most) => bond with { MissedMax = (byte)most })
        .Word("primary_reselect", "When to go back to the preferred member.", [("always", (byte)0), ("better", (byte)1), ("failure", (byte)2)],
            (bond, when) => bond with { PrimaryReselect = when })
        .Word("fail_over_mac", "Whose MAC address it has.", [("none", (byte)0), ("active", (byte)1), ("follow", (byte)2)], (bond, whose) =>
            bond with { FailOverMac = whose })
        .Word("xmit_hash_policy", "What the hash is made of that chooses a member.",
            [
                ("layer2", BondHashPolicy.Layer2), ("layer2+3", BondHashPolicy.Layer23), ("layer3+4", BondHashPolicy.Layer34),
                    ("encap2+3", BondHashPolicy.Encapsulated23),
                ("encap3+4", BondHashPolicy.Encapsulated34), ("vlan+srcmac", BondHashPolicy.VlanSourceMac),
            ],
            (bond, policy) => bond with { TransmitHashPolicy = policy })
        .Number("resend_igmp", "IGMP reports to send after a change.", 0, 255, (bond, count) => bond with { ResendIgmp = (uint)count })
        .Number("num_grat_arp", "Gratuitous ARPs and unsolicited neighbour advertisements to send after a change.", 0, 255, (bond, count) =>
            bond with { PeerNotifications = (byte)count })
        .Flag("all_slaves_active", "Take frames from backup members too.", (bond, on) => bond with { AllMembersActive = on })
        .Number("min_links", "Members that must be up for the bond to be up.", 0, uint.MaxValue, (bond, count) => bond with { MinLinks = (uint)count })
        .Number("lp_interval", "Seconds between two learning packets.", 1, int.MaxValue, (bond, seconds) =>
            bond with { LearningPacketInterval = (uint)seconds })
        .Number("packets_per_slave", "Frames sent by one member before it is the next one's turn.", 0, 65535, (bond, count) =>
            bond with { PacketsPerMember = (uint)count })
        .Flag("tlb_dynamic_lb", "balance-tlb: move flows by load.", (bond, on) => bond with { DynamicLoadBalancing = on })
        .Word("lacp_rate", "LACP: one LACPDU in 30 s, or one a second.", [("slow", false), ("fast", true)], (bond, fast) => bond with { LacpFast = fast })
        .Flag("lacp_active", "LACP: send LACPDUs by itself; on when absent.", (bond, on) => bond with { LacpActive = on })
        .Word("ad_select", "LACP: how the aggregator is chosen.", [("stable", (byte)0), ("bandwidth", (byte)1), ("count", (byte)2)], (bond, how) =>
            bond with { LacpSelect = how })
        .Number("ad_user_port_key", "LACP: the user's part of the port key.", 0, 1023, (bond, key) => bond with { LacpUserPortKey = (ushort)key })
        .Number("ad_actor_sys_prio", "LACP: the system's priority.", 1, 65535, (bond, priority) => bond with { LacpSystemPriority = (ushort)priority })
        .With("ad_actor_system", "LACP: the system's MAC address.", Scalars.Mac, (bond, mac) => bond with { LacpSystem = mac.ToPhysicalAddress() })
        .Flag("coupled_control", "LACP: collect and distribute at once, as one state; on when absent.", (bond, on) => bond with { LacpCoupledControl = on });
}
