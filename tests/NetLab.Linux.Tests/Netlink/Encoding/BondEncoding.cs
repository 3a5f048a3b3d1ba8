using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class BondEncoding
{
    private static readonly Cases Cases = new()
    {
        ["bond mode 802.3ad"] = Add(new("x0") { Mode = BondMode.Lacp }),
        ["bond mode balance-rr"] = Add(new("x0") { Mode = BondMode.RoundRobin }),
        ["bond mode active-backup"] = Add(new("x0") { Mode = BondMode.ActiveBackup }),
        ["bond mode balance-xor"] = Add(new("x0") { Mode = BondMode.Xor }),
        ["bond mode broadcast"] = Add(new("x0") { Mode = BondMode.Broadcast }),
        ["bond mode balance-tlb"] = Add(new("x0") { Mode = BondMode.TransmitLoadBalancing }),
        ["bond mode balance-alb"] = Add(new("x0") { Mode = BondMode.AdaptiveLoadBalancing }),
        ["bond active_slave"] = Add(new("x0") { ActiveMember = 3 }),
        ["bond miimon"] = Add(new("x0") { MiiMonitor = TimeSpan.FromMilliseconds(100) }),
        ["bond updelay"] = Add(new("x0") { UpDelay = TimeSpan.FromMilliseconds(200) }),
        ["bond downdelay"] = Add(new("x0") { DownDelay = TimeSpan.FromMilliseconds(300) }),
        ["bond peer_notify_delay"] = Add(new("x0") { PeerNotifyDelay = TimeSpan.FromMilliseconds(400) }),
        ["bond use_carrier"] = Add(new("x0") { UseCarrier = true }),
        ["bond arp_interval"] = Add(new("x0") { ArpInterval = TimeSpan.FromMilliseconds(500) }),
        ["bond arp_validate"] = Add(new("x0") { ArpValidate = 3 }),
        ["bond arp_all_targets"] = Add(new("x0") { ArpAllTargets = true }),
        ["bond arp_ip_target"] = Add(new("x0") { ArpTargets = [IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2")] }),
        ["bond ns_ip6_target"] = Add(new("x0") { NeighbourTargets = [IPAddress.Parse("2001:db8::1")] }),
        ["bond primary"] = Add(new("x0") { Primary = 3 }),
        ["bond primary_reselect"] = Add(new("x0") { PrimaryReselect = 1 }),
        ["bond fail_over_mac"] = Add(new("x0") { FailOverMac = 1 }),
        ["bond xmit_hash_policy"] = Add(new("x0") { TransmitHashPolicy = BondHashPolicy.Layer34 }),
        ["bond resend_igmp"] = Add(new("x0") { ResendIgmp = 5 }),
        ["bond num_grat_arp"] = Add(new("x0") { PeerNotifications = 6 }),
        ["bond all_slaves_active"] = Add(new("x0") { AllMembersActive = true }),
        ["bond min_links"] = Add(new("x0") { MinLinks = 2 }),
        ["bond lp_interval"] = Add(new("x0") { LearningPacketInterval = 7 }),
        ["bond packets_per_slave"] = Add(new("x0") { PacketsPerMember = 8 }),
        ["bond tlb_dynamic_lb"] = Add(new("x0") { DynamicLoadBalancing = true }),
        ["bond lacp_rate"] = Add(new("x0") { LacpFast = true }),
        ["bond lacp_active"] = Add(new("x0") { LacpActive = false }),
        ["bond ad_select"] = Add(new("x0") { LacpSelect = 1 }),
        ["bond ad_user_port_key"] = Add(new("x0") { LacpUserPortKey = 9 }),
        ["bond ad_actor_sys_prio"] = Add(new("x0") { LacpSystemPriority = 10 }),
        ["bond ad_actor_system"] = Add(new("x0") { LacpSystem = NetlinkBench.Mac("02-00-00-00-00-01") }),
        ["bond arp_missed_max"] = Add(new("x0") { MissedMax = 3 }),
        ["bond coupled_control"] = Add(new("x0") { LacpCoupledControl = false }),
        ["bond port queue_id"] = b => b.ChangeLink(3, new LinkChange { BondPort = new() { QueueId = 3 } }),
        ["bond port prio"] = b => b.ChangeLink(3, new LinkChange { BondPort = new() { Priority = -5 } }),
    };

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Encoding")]
    public void A_bond_is_written_byte_for_byte(string attribute) => Cases.Check(attribute);

    private static Action<NetlinkBatch> Add(BondSpec spec) => b => b.AddLink(spec);
}
