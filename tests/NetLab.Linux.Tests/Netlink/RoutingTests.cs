using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

public sealed class RoutingTests : IDisposable
{
    private readonly NetlinkBench _bench = new();

    public RoutingTests() => _bench.Do(batch =>
    {
        batch.ChangeLink(1, new LinkChange { Up = true });
        batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11, Up = true });
        batch.ChangeLink(12, new LinkChange { Up = true });
        batch.AddAddress(11, IPAddress.Parse("192.0.2.1"), 24);
    });

    public void Dispose() => _bench.Dispose();

    [Fact]
    public void A_namespace_begins_with_the_kernels_own_rules()
    {
        var rules = _bench.Socket.GetRules();
        Assert.Equal([0u, 32766u, 32767u], rules.Where(r => r.Family is AddressFamily.InterNetwork).Select(r => r.Priority!.Value));
        Assert.Equal([RouteTable.Local, RouteTable.Main, RouteTable.Default], rules.Where(r => r.Family is AddressFamily.InterNetwork)
            .Select(r => r.Table!.Value));
        Assert.Contains(rules, r => r.Family is AddressFamily.InterNetworkV6 && r.Table == RouteTable.Main);
    }

    [Fact]
    public void The_kernel_is_asked_for_its_routing_decision()
    {
        _bench.Do(batch => batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("198.51.100.0/24"), Gateway = IPAddress.Parse("192.0.2.9") }));
        _bench.Do(batch => batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("203.0.113.0/24"), Type = RouteType.Prohibit }));
        Assert.Equal(new RouteDecision(11, IPAddress.Parse("192.0.2.9"), RouteType.Unicast, 0) { Source = IPAddress.Parse("192.0.2.1") },
            _bench.Socket.FindRoute(IPAddress.Parse("198.51.100.7")));
        Assert.Equal(RouteType.Local, _bench.Socket.FindRoute(IPAddress.Parse("192.0.2.1")).Type);
        Assert.Equal(new RouteDecision(null, null, RouteType.Unspecified, Errno.EACCES), _bench.Socket.FindRoute(IPAddress.Parse("203.0.113.7")));
        Assert.Equal(Errno.ENETUNREACH, _bench.Socket.FindRoute(IPAddress.Parse("10.1.2.3")).Error);
    }

    [Fact]
    public void Rules_read_back_with_all_they_have()
    {
        var rule = new RuleSpec
        {
            Priority = 100,
            From = IPNetwork.Parse("10.0.0.0/8"),
            To = IPNetwork.Parse("10.9.0.0/16"),
            InputInterface = "v0",
            FirewallMark = 5,
            FirewallMask = 0xff,
            Tos = 0x10,
            IpProtocol = 6,
            SourcePorts = new PortRange(1000, 2000),
            DestinationPorts = new PortRange(80, 80),
            Uids = new UidRange(5, 6),
            Table = 1000,
            SuppressPrefixLength = 0,
            SuppressInterfaceGroup = 7,
            Protocol = RouteProtocol.Static,
            Invert = true,
            TunnelId = 42,
        };
        _bench.Do(batch =>
        {
            batch.AddRule(rule);
            batch.AddRule(new RuleSpec { Priority = 50, From = IPNetwork.Parse("2001:db8::/32"), Action = RuleAction.Prohibit });
            batch.AddRule(new RuleSpec { Priority = 40, OutputInterface = "v0", Action = RuleAction.Goto, Goto = 100 });
        });
        var read = _bench.Socket.GetRules().Single(r => r.Priority == 100);
        foreach (var property in typeof(RuleSpec).GetProperties().Where(p => p.GetValue(rule) is not null))
        {
            Assert.True(Equals(property.GetValue(rule), property.GetValue(read)),
                $"{property.Name}: set {property.GetValue(rule)}, read {property.GetValue(read)}");
        }

        Assert.Equal(RuleAction.Prohibit, _bench.Socket.GetRules().Single(r => r.Priority == 50).Action);
        var jump = _bench.Socket.GetRules().Single(r => r.Priority == 40);
        Assert.Equal((RuleAction.Goto, 100u, "v0"), (jump.Action, jump.Goto, jump.OutputInterface));

        _bench.Do(batch =>
        {
            batch.DeleteRule(read);
            batch.DeleteRule(new RuleSpec { Priority = 50, Family = AddressFamily.InterNetworkV6 });
        });
        Assert.DoesNotContain(_bench.Socket.GetRules(), r => r.Priority is 100 or 50);
    }

    [Fact]
    public void Nexthops_and_groups_read_back_and_carry_routes()
    {
        _bench.Do(batch =>
        {
            batch.AddNexthop(new NexthopSpec(1) { Gateway = IPAddress.Parse("192.0.2.2"), OutputIndex = 11 });
            batch.AddNexthop(new NexthopSpec(2) { Gateway = IPAddress.Parse("192.0.2.3"), OutputIndex = 11, Protocol = RouteProtocol.Static });
            batch.AddNexthop(new NexthopSpec(3) { Blackhole = true });
            batch.AddNexthop(new NexthopSpec(4) { Gateway = IPAddress.Parse("fe80::1"), OutputIndex = 11 });
            batch.AddNexthop(new NexthopSpec(10) { Group = [new(1, 3), new(2)] });
            batch.AddNexthop(new NexthopSpec(11)
                { Group = [new(1), new(2)], Resilient = new ResilientGroup(32, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(300)) });
            batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.0.0.0/8"), NexthopId = 10 });
        });
        var all = _bench.Socket.GetNexthops().ToDictionary(n => n.Id);
        Assert.Equal((IPAddress.Parse("192.0.2.2"), (int?)11), (all[1].Gateway, all[1].OutputIndex));
        Assert.Equal(RouteProtocol.Static, all[2].Protocol);
        Assert.True(all[3].Blackhole);
        Assert.Equal(AddressFamily.InterNetworkV6, all[4].Family);
        Assert.Equal([new NexthopGroupMember(1, 3), new NexthopGroupMember(2)], all[10].Group);
        Assert.Equal(new ResilientGroup(32, TimeSpan.FromSeconds(60), TimeSpan.FromSeconds(300)), all[11].Resilient);
        Assert.Equal(10u, _bench.Socket.GetRoutes().Single(r => r.Destination == IPNetwork.Parse("10.0.0.0/8")).NexthopId);

        _bench.Do(batch =>
        {
            batch.AddNexthop(all[10] with { Group = [new(2)] }, replace: true);
            batch.DeleteNexthop(11);
        });
        Assert.Equal([new NexthopGroupMember(2)], _bench.Socket.GetNexthops().Single(n => n.Id == 10).Group);
        Assert.DoesNotContain(_bench.Socket.GetNexthops(), n => n.Id == 11);
    }
}
