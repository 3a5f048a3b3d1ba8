using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink.Encoding;

public sealed class AddressingEncoding
{
    private static readonly RouteSpec Ten = new() { Destination = IPNetwork.Parse("10.0.0.0/8"), OutputIndex = 3 };
    private static readonly RouteSpec Six = new() { Destination = IPNetwork.Parse("2001:db8::/32"), OutputIndex = 3 };
    private static readonly RouteSpec Drop = new() { Destination = IPNetwork.Parse("10.0.0.0/8") };

    internal static readonly RouteMetrics AllMetricsButMtu = new()
    {
        AdvertisedMss = 1000,
        Rtt = TimeSpan.FromMilliseconds(5),
        RttVariance = TimeSpan.FromMilliseconds(4),
        Window = 5,
        SlowStartThreshold = 7,
        CongestionWindow = 8,
        InitialCongestionWindow = 9,
        InitialReceiveWindow = 10,
        HopLimit = 11,
        Reordering = 12,
        Ecn = true,
        QuickAck = true,
        RtoMin = TimeSpan.FromMilliseconds(40),
        CongestionControl = "reno",
        FastOpenNoCookie = true,
    };

    private static readonly Cases Cases = new()
    {
        ["address IPv4"] = Add4(),
        ["address IPv6"] = Add6(),
        ["address broadcast"] = Add4(new() { Broadcast = IPAddress.Parse("10.0.0.255") }),
        ["address anycast"] = Add4(new() { Anycast = IPAddress.Parse("10.0.0.9") }),
        ["address label"] = Add4(new() { Label = "e1:0" }),
        ["address scope"] = Add4(new() { Scope = Scope.Link }),
        ["address metric"] = Add4(new() { Metric = 5 }),
        ["address peer"] = b => b.AddAddress(3, IPAddress.Parse("10.0.0.1"), 32, new() { Peer = IPAddress.Parse("10.0.0.2") }),
        ["address nodad"] = Add6(new() { Flags = AddressFlags.NoDad }),
        ["address noprefixroute"] = Add4(new() { Flags = AddressFlags.NoPrefixRoute }),
        ["address valid_lft preferred_lft"] = Add4(new() { ValidLifetime = TimeSpan.FromSeconds(100), PreferredLifetime = TimeSpan.FromSeconds(50) }),
        ["address proto"] = Add4(new() { Protocol = 99 }),
        ["address replace"] = Add4(new() { Replace = true }),
        ["address delete"] = b => b.DeleteAddress(3, IPAddress.Parse("10.0.0.1"), 24),

        ["route default"] = Add(new() { Gateway = IPAddress.Parse("192.0.2.2") }),
        ["route via"] = Add(new() { Destination = Ten.Destination, Gateway = IPAddress.Parse("192.0.2.2") }),
        ["route dev"] = Add(Ten),
        ["route IPv6 via"] = Add(Six with { Gateway = IPAddress.Parse("fe80::1") }),
        ["route IPv4 via IPv6"] = Add(Ten with { Gateway = IPAddress.Parse("fe80::1") }),
        ["route src"] = Add(Ten with { PreferredSource = IPAddress.Parse("192.0.2.1") }),
        ["route metric"] = Add(Ten with { Metric = 50 }),
        ["route table"] = Add(Ten with { Table = 100 }),
        ["route table above 255"] = Add(Ten with { Table = 1000 }),
        ["route proto"] = Add(Ten with { Protocol = RouteProtocol.Static }),
        ["route scope"] = Add(Ten with { Scope = Scope.Host }),
        ["route tos"] = Add(Ten with { Tos = 0x10 }),
        ["route onlink"] = Add(Ten with { Gateway = IPAddress.Parse("172.16.0.1"), OnLink = true }),
        ["route pref"] = Add(Six with { Preference = RoutePreference.High }),
        ["route expires"] = Add(Six with { Expires = TimeSpan.FromSeconds(100) }),
        ["route nhid"] = Add(Drop with { NexthopId = 5 }),
        ["route blackhole"] = Add(Drop with { Type = RouteType.Blackhole }),
        ["route unreachable"] = Add(Drop with { Type = RouteType.Unreachable }),
        ["route prohibit"] = Add(Drop with { Type = RouteType.Prohibit }),
        ["route throw"] = Add(Drop with { Type = RouteType.Throw }),
        ["route local"] = Add(new() { Destination = IPNetwork.Parse("10.0.0.1/32"), Type = RouteType.Local, Table = RouteTable.Local, OutputIndex = 3 }),
        ["route multipath"] = Add(Drop with
        {
            Nexthops =
            [
                new() { Gateway = IPAddress.Parse("192.0.2.2"), OutputIndex = 3, Weight = 3 },
                new() { Gateway = IPAddress.Parse("192.0.2.3"), OutputIndex = 3, OnLink = true },
            ],
        }),
        ["route multipath IPv6"] = Add(new()
        {
            Destination = Six.Destination,
            Nexthops = [new() { Gateway = IPAddress.Parse("fe80::1"), OutputIndex = 3, Weight = 3 },
                new() { Gateway = IPAddress.Parse("fe80::2"), OutputIndex = 3 }],
        }),
        ["route replace"] = b => b.AddRoute(Ten, RouteMode.Replace),
        ["route append"] = b => b.AddRoute(Ten, RouteMode.Append),
        ["route delete"] = b => b.DeleteRoute(Ten),
        ["route delete IPv6"] = b => b.DeleteRoute(Six),
        ["route mtu"] = Add(Ten with { Metrics = new() { Mtu = 1400 } }),
        ["route mtu lock"] = Add(Ten with { Metrics = new() { Mtu = 1400, MtuLock = true } }),
        ["route all other metrics"] = Add(Ten with { Metrics = AllMetricsButMtu }),

        ["rule from"] = Rule(new() { From = IPNetwork.Parse("10.0.0.0/8"), Table = 100 }),
        ["rule to"] = Rule(new() { To = IPNetwork.Parse("10.0.0.0/8"), Table = 100 }),
        ["rule IPv6"] = Rule(new() { From = IPNetwork.Parse("2001:db8::/32"), Table = 100 }),
        ["rule iif"] = Rule(new() { InputInterface = "e1", Table = 100 }),
        ["rule oif"] = Rule(new() { OutputInterface = "e1", Table = 100 }),
        ["rule pref"] = Rule(new() { Priority = 500, Table = 100 }),
        ["rule fwmark"] = Rule(new() { FirewallMark = 5, FirewallMask = 0xff, Table = 100 }),
        ["rule tos"] = Rule(new() { Tos = 0x10, Table = 100 }),
        ["rule not"] = Rule(new() { Invert = true, From = IPNetwork.Parse("10.0.0.0/8"), Table = 100 }),
        ["rule table above 255"] = Rule(new() { From = IPNetwork.Parse("10.0.0.0/8"), Table = 1000 }),
        ["rule goto"] = Rule(new() { From = IPNetwork.Parse("10.0.0.0/8"), Priority = 5, Action = RuleAction.Goto, Goto = 100 }),
        ["rule blackhole"] = Rule(new() { From = IPNetwork.Parse("10.0.0.0/8"), Action = RuleAction.Blackhole }),
        ["rule unreachable"] = Rule(new() { From = IPNetwork.Parse("10.0.0.0/8"), Action = RuleAction.Unreachable }),
        ["rule prohibit"] = Rule(new() { From = IPNetwork.Parse("10.0.0.0/8"), Action = RuleAction.Prohibit }),
        ["rule ipproto"] = Rule(new() { IpProtocol = 6, Table = 100 }),
        ["rule sport"] = Rule(new() { IpProtocol = 6, SourcePorts = new PortRange(1000, 2000), Table = 100 }),
        ["rule dport"] = Rule(new() { IpProtocol = 6, DestinationPorts = new PortRange(80, 80), Table = 100 }),
        ["rule uidrange"] = Rule(new() { Uids = new UidRange(5, 6), Table = 100 }),
        ["rule suppress_prefixlength"] = Rule(new() { SuppressPrefixLength = 0 }),
        ["rule suppress_ifgroup"] = Rule(new() { SuppressInterfaceGroup = 5 }),
        ["rule l3mdev"] = Rule(new() { L3Master = true, Priority = 1000 }),
        ["rule protocol"] = Rule(new() { Table = 100, Protocol = RouteProtocol.Static }),
        ["rule tun_id"] = Rule(new() { TunnelId = 42, Table = 100 }),
        ["rule delete"] = b => b.DeleteRule(new() { Priority = 500 }),

        ["nexthop via"] = Nexthop(new(5) { Gateway = IPAddress.Parse("192.0.2.2"), OutputIndex = 3 }),
        ["nexthop IPv6"] = Nexthop(new(5) { Gateway = IPAddress.Parse("fe80::1"), OutputIndex = 3 }),
        ["nexthop dev"] = Nexthop(new(5) { OutputIndex = 3 }),
        ["nexthop onlink"] = Nexthop(new(5) { Gateway = IPAddress.Parse("172.16.0.1"), OutputIndex = 3, OnLink = true }),
        ["nexthop blackhole"] = Nexthop(new(5) { Blackhole = true }),
        ["nexthop fdb"] = Nexthop(new(5) { Gateway = IPAddress.Parse("192.0.2.2"), Fdb = true }),
        ["nexthop protocol"] = Nexthop(new(5) { OutputIndex = 3, Protocol = RouteProtocol.Static }),
        ["nexthop group"] = Nexthop(new(5) { Group = [new(1, 3), new(2)] }),
        ["nexthop group fdb"] = Nexthop(new(5) { Group = [new(1), new(2)], Fdb = true }),
        ["nexthop group resilient"] = Nexthop(new(5) { Group = [new(1), new(2)], Resilient = new(32, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(300)) }),
        ["nexthop replace"] = b => b.AddNexthop(new(5) { OutputIndex = 3 }, replace: true),
        ["nexthop delete"] = b => b.DeleteNexthop(5),
    };

    public static TheoryData<string> Names => Cases.Names;

    [Theory]
    [MemberData(nameof(Names))]
    [Trait("Category", "Encoding")]
    public void Addressing_is_written_byte_for_byte(string attribute) => Cases.Check(attribute);

    private static Action<NetlinkBatch> Add4(AddressOptions? options = null) => b => b.AddAddress(3, IPAddress.Parse("10.0.0.1"), 24, options);

    private static Action<NetlinkBatch> Add6(AddressOptions? options = null) => b => b.AddAddress(3, IPAddress.Parse("2001:db8::1"), 64, options);

    private static Action<NetlinkBatch> Add(RouteSpec route) => b => b.AddRoute(route);

    private static Action<NetlinkBatch> Rule(RuleSpec rule) => b => b.AddRule(rule);

    private static Action<NetlinkBatch> Nexthop(NexthopSpec nexthop) => b => b.AddNexthop(nexthop);
}
