using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

public sealed class AddressingTests : IDisposable
{
    private readonly NetlinkBench _bench = new();

    public AddressingTests() => _bench.Do(batch =>
    {
        batch.ChangeLink(1, new LinkChange { Up = true });
        batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11, Up = true });
        batch.ChangeLink(12, new LinkChange { Up = true });
        batch.AddAddress(11, IPAddress.Parse("192.0.2.1"), 24);
        batch.AddAddress(11, IPAddress.Parse("2001:db8::1"), 64, new AddressOptions { Flags = AddressFlags.NoDad });
    });

    public void Dispose() => _bench.Dispose();

    private RouteInfo Route(string destination) =>
        _bench.Socket.GetRoutes().Single(r => r.Destination == IPNetwork.Parse(destination) && r.Table != RouteTable.Local);

    [Fact]
    public void Addresses_read_back_with_all_they_have()
    {
        _bench.Do(batch =>
        {
            batch.AddAddress(12, IPAddress.Parse("10.1.0.1"), 16, new AddressOptions
            {
                Broadcast = IPAddress.Parse("10.1.255.255"),
                Label = "v1:x",
                Scope = Scope.Link,
                Metric = 7,
                Flags = AddressFlags.NoPrefixRoute,
                ValidLifetime = TimeSpan.FromSeconds(1000),
                PreferredLifetime = TimeSpan.FromSeconds(500),
                Protocol = 99,
            });
            batch.AddAddress(12, IPAddress.Parse("10.2.0.1"), 32, new AddressOptions { Peer = IPAddress.Parse("10.2.0.2") });
        });
        var addresses = _bench.Socket.GetAddresses(12);
        var first = addresses.Single(a => a.Address.Equals(IPAddress.Parse("10.1.0.1")));
        Assert.Equal((16, "v1:x", Scope.Link, 7u, 99), (first.PrefixLength, first.Label, first.Scope, first.Metric, first.Protocol));
        Assert.Equal(IPAddress.Parse("10.1.255.255"), first.Broadcast);
        Assert.True(first.Flags.HasFlag(AddressFlags.NoPrefixRoute));
        Assert.InRange(first.ValidLifetime!.Value.TotalSeconds, 900, 1000);
        Assert.InRange(first.PreferredLifetime!.Value.TotalSeconds, 400, 500);
        Assert.DoesNotContain(_bench.Socket.GetRoutes(), r => r.Destination == IPNetwork.Parse("10.1.0.0/16"));
        Assert.Equal(IPAddress.Parse("10.2.0.2"), addresses.Single(a => a.Address.Equals(IPAddress.Parse("10.2.0.1"))).Peer);

        var six = _bench.Socket.GetAddresses(11).Single(a => a.Address.Equals(IPAddress.Parse("2001:db8::1")));
        Assert.Equal(AddressFamily.InterNetworkV6, six.Family);
        Assert.False(six.IsTentative);
        Assert.True(six.Flags.HasFlag(AddressFlags.Permanent | AddressFlags.NoDad));

        _bench.Do(batch => batch.DeleteAddress(12, IPAddress.Parse("10.2.0.1"), 32, peer: IPAddress.Parse("10.2.0.2")));
        Assert.DoesNotContain(_bench.Socket.GetAddresses(), a => a.Address.Equals(IPAddress.Parse("10.2.0.1")));
    }

    [Fact]
    public void Routes_read_back_with_all_they_have()
    {
        _bench.Do(batch =>
        {
            batch.AddRoute(new RouteSpec
                { Destination = IPNetwork.Parse("10.0.0.0/8"), Gateway = IPAddress.Parse("192.0.2.2"),
                    PreferredSource = IPAddress.Parse("192.0.2.1"), Metric = 50, Protocol = RouteProtocol.Static, Table = 1000 });
            batch.AddRoute(new RouteSpec { Gateway = IPAddress.Parse("192.0.2.3") });
            batch.AddRoute(new RouteSpec { Gateway = IPAddress.Parse("2001:db8::2"), Preference = RoutePreference.High });
            batch.AddRoute(new RouteSpec
                { Destination = IPNetwork.Parse("10.3.0.0/16"), Gateway = IPAddress.Parse("172.16.0.1"), OutputIndex = 11, OnLink = true });
            batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.4.0.0/16"), OutputIndex = 11 });
            batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.5.0.0/16"), Gateway = IPAddress.Parse("fe80::5"), OutputIndex = 11 });
            batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("2001:db8:5::/48"), OutputIndex = 11, Expires = TimeSpan.FromSeconds(1000) });
        });
        var ten = Route("10.0.0.0/8");
        Assert.Equal((1000u, 50u, RouteProtocol.Static, (int?)11), (ten.Table, ten.Metric!.Value, ten.Protocol, ten.OutputIndex));
        Assert.Equal((IPAddress.Parse("192.0.2.2"), IPAddress.Parse("192.0.2.1")), (ten.Gateway, ten.PreferredSource));
        Assert.Contains(_bench.Socket.GetRoutes(RouteTable.Main), r => r.Destination is null && IPAddress.Parse("192.0.2.3").Equals(r.Gateway));
        Assert.Contains(_bench.Socket.GetRoutes(RouteTable.Main), r => IPAddress.Parse("2001:db8::2").Equals(r.Gateway)
            && r.Preference is RoutePreference.High);
        Assert.True(Route("10.3.0.0/16").OnLink);
        Assert.Equal(Scope.Link, Route("10.4.0.0/16").Scope);
        Assert.Equal(IPAddress.Parse("fe80::5"), Route("10.5.0.0/16").Gateway);
        Assert.InRange(Route("2001:db8:5::/48").Expires!.Value.TotalSeconds, 900, 1000);

        // What was read can be handed back.
        _bench.Do(batch =>
        {
            batch.DeleteRoute(ten);
            batch.AddRoute(Route("10.4.0.0/16") with { Gateway = IPAddress.Parse("192.0.2.9"), Scope = null }, RouteMode.Replace);
        });
        Assert.DoesNotContain(_bench.Socket.GetRoutes(), r => r.Destination == IPNetwork.Parse("10.0.0.0/8"));
        Assert.Equal(IPAddress.Parse("192.0.2.9"), Route("10.4.0.0/16").Gateway);
    }

    [Theory]
    [InlineData(RouteType.Blackhole)]
    [InlineData(RouteType.Unreachable)]
    [InlineData(RouteType.Prohibit)]
    [InlineData(RouteType.Throw)]
    public void A_route_may_refuse(RouteType type)
    {
        _bench.Do(batch =>
        {
            batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.9.0.0/16"), Type = type });
            batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("2001:db8:9::/48"), Type = type });
        });
        Assert.Equal(type, Route("10.9.0.0/16").Type);
        Assert.Equal(type, Route("2001:db8:9::/48").Type);
    }

    [Fact]
    public void A_route_with_several_ways_keeps_their_weights()
    {
        _bench.Do(batch =>
        {
            batch.AddRoute(new RouteSpec
            {
                Destination = IPNetwork.Parse("10.9.0.0/16"),
                Nexthops =
                [
                    new RouteNexthop { Gateway = IPAddress.Parse("192.0.2.2"), Weight = 3 },
                    new RouteNexthop { Gateway = IPAddress.Parse("10.77.0.1"), OutputIndex = 11, OnLink = true },
                ],
            });
            batch.AddRoute(new RouteSpec
            {
                Destination = IPNetwork.Parse("2001:db8:9::/48"),
                Nexthops = [new RouteNexthop { Gateway = IPAddress.Parse("2001:db8::2") },
                    new RouteNexthop { Gateway = IPAddress.Parse("2001:db8::3"), Weight = 256 }],
            });
        });
        var route = Route("10.9.0.0/16");
        Assert.Equal([3, 1], route.Nexthops.Select(n => n.Weight));
        Assert.Equal(IPAddress.Parse("10.77.0.1"), route.Nexthops[1].Gateway);
        Assert.True(route.Nexthops[1].OnLink);
        Assert.Equal([1, 256], Route("2001:db8:9::/48").Nexthops.Select(n => n.Weight).Order());
    }

    [Fact]
    public void The_metrics_of_a_route_read_back()
    {
        var metrics = Encoding.AddressingEncoding.AllMetricsButMtu with { Mtu = 1400, MtuLock = true };
        _bench.Do(batch => batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.9.0.0/16"), OutputIndex = 11, Metrics = metrics }));
        Assert.Equal(metrics, Route("10.9.0.0/16").Metrics);
    }

    [Fact]
    public void A_route_by_an_unreachable_gateway_teaches()
    {
        var refused = Assert.Throws<NetlinkException>(() =>
            _bench.Do(batch => batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.9.0.0/16"), Gateway = IPAddress.Parse("172.16.0.1") })));
        Assert.StartsWith("adding route 10.9.0.0/16 via 172.16.0.1: ENETUNREACH", refused.Message);
        Assert.Contains("gateway", refused.Message[30..]);
    }

    [Fact]
    public void Neighbours_read_back()
    {
        _bench.Do(batch =>
        {
            batch.AddNeighbour(new NeighbourSpec(11, IPAddress.Parse("192.0.2.5")) { Mac = NetlinkBench.Mac("02-00-00-00-00-05") });
            batch.AddNeighbour(new NeighbourSpec(11, IPAddress.Parse("2001:db8::5"))
                { Mac = NetlinkBench.Mac("02-00-00-00-00-06"), Router = true, State = NeighbourState.Reachable, Protocol = 42 });
            batch.AddNeighbour(new NeighbourSpec(11, IPAddress.Parse("192.0.2.77")) { Proxy = true });
        });
        var all = _bench.Socket.GetNeighbours(11);
        var four = all.Single(n => n.Address.Equals(IPAddress.Parse("192.0.2.5")));
        Assert.Equal((NeighbourState.Permanent, NetlinkBench.Mac("02-00-00-00-00-05")), (four.State, four.Mac));
        var six = all.Single(n => n.Address.Equals(IPAddress.Parse("2001:db8::5")));
        Assert.True(six.Router);
        Assert.Equal((byte)42, six.Protocol);
        Assert.True(all.Single(n => n.Address.Equals(IPAddress.Parse("192.0.2.77"))).Proxy);

        _bench.Do(batch =>
        {
            batch.AddNeighbour(four with { Mac = NetlinkBench.Mac("02-00-00-00-00-09"), Replace = true });
            batch.DeleteNeighbour(all.Single(n => n.Proxy));
        });
        all = _bench.Socket.GetNeighbours(11);
        Assert.DoesNotContain(all, n => n.Proxy);
        Assert.Contains(all, n => NetlinkBench.Mac("02-00-00-00-00-09").Equals(n.Mac));
    }

    [Fact]
    public void The_forwarding_database_of_a_bridge_reads_back()
    {
        _bench.Do(batch =>
        {
            batch.AddLink(new BridgeSpec("br0") { Index = 20, Up = true });
            batch.ChangeLink(12, new LinkChange { MasterIndex = 20 });
            batch.AddFdb(new FdbSpec(12, NetlinkBench.Mac("02-00-00-00-00-31")));
            batch.AddFdb(new FdbSpec(12, NetlinkBench.Mac("02-00-00-00-00-32")) { Kind = FdbKind.Local });
            batch.AddFdb(new FdbSpec(12, NetlinkBench.Mac("02-00-00-00-00-33")) { Sticky = true });
        });
        var fdb = _bench.Socket.GetFdb(20);
        FdbInfo Entry(string mac) => fdb.Single(e => e.Mac.Equals(NetlinkBench.Mac(mac)) && e.Index == 12);
        Assert.Equal((FdbKind.Static, (int?)20, (bool?)false),
            (Entry("02-00-00-00-00-31").Kind, Entry("02-00-00-00-00-31").MasterIndex, Entry("02-00-00-00-00-31").Self));
        Assert.Equal(FdbKind.Local, Entry("02-00-00-00-00-32").Kind);
        Assert.True(Entry("02-00-00-00-00-33").Sticky);
        _bench.Do(batch => batch.DeleteFdb(Entry("02-00-00-00-00-31")));
        Assert.DoesNotContain(_bench.Socket.GetFdb(20), e => e.Mac.Equals(NetlinkBench.Mac("02-00-00-00-00-31")));
    }
}
