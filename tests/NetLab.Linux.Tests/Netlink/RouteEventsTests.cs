using System.Net;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Tests.Netlink;

public sealed class RouteEventsTests : IDisposable
{
    private readonly NetlinkBench _bench = new();

    public void Dispose() => _bench.Dispose();

    private void AddPair()
    {
        _bench.Do(batch => batch.AddLink(new VethSpec("v0", new VethPeer("v1") { Index = 12 }) { Index = 11, Up = true }));
        Ethtool.RunLinkWatch(_bench.Namespace, ["v0"]); // a new device is operational until the kernel has looked for its carrier
    }

    [Fact]
    public async Task A_wait_sees_what_was_true_before_it_began()
    {
        AddPair();
        using var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Links);
        var link = await events.WaitForLinkAsync(l => l.Name == "v0" && l.IsUp);
        Assert.Equal(11, link.Index);
    }

    [Fact]
    public async Task A_wait_ends_when_the_carrier_comes()
    {
        AddPair();
        using var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Links);
        var ready = events.WaitForLinkAsync(l => l.Index == 11 && l.IsReady && l.OperState is OperState.Up);
        Assert.False(ready.IsCompleted);
        _bench.Do(batch => batch.ChangeLink(12, new LinkChange { Up = true }));
        Assert.Equal("v0", (await ready).Name);
    }

    [Fact]
    public async Task A_wait_is_not_fooled_by_what_is_no_longer_true()
    {
        AddPair();
        using var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Links);
        _bench.Do(batch =>
        {
            batch.ChangeLink(11, new LinkChange { Mtu = 1234 });
            batch.ChangeLink(11, new LinkChange { Mtu = 1235 });
        });
        var stale = events.WaitForLinkAsync(l => l.Mtu == 1234);
        await Reactor.Shared.DrainAsync();
        Assert.False(stale.IsCompleted);
        _bench.Do(batch => batch.ChangeLink(12, new LinkChange { Mtu = 1234 }));
        Assert.Equal(12, (await stale).Index);
    }

    [Fact]
    public async Task The_state_of_a_bridge_port_is_an_event()
    {
        AddPair();
        _bench.Do(batch =>
        {
            batch.AddLink(new BridgeSpec("br0") { Index = 20, Up = true });
            batch.ChangeLink(11, new LinkChange { MasterIndex = 20 });
        });
        using var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Links);
        var forwarding = events.WaitForLinkAsync(l => l.Index == 11 && l.BridgePortOptions?.State is BridgePortState.Forwarding);
        Assert.False(forwarding.IsCompleted);
        _bench.Do(batch => batch.ChangeLink(12, new LinkChange { Up = true }));
        var port = await forwarding;
        Assert.Equal("veth", port.Kind);
        Assert.Equal(20, port.MasterIndex);
    }

    [Fact]
    public async Task A_cancelled_wait_says_what_was_last_seen()
    {
        AddPair();
        using var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Links);
        using var cancel = new CancellationTokenSource();
        var never = events.WaitForLinkAsync(l => l.Index == 11 && l.HasCarrier, cancel.Token);
        await cancel.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => never);
        Assert.Equal(cancel.Token, cancelled.CancellationToken);
        Assert.Contains("11: v0 (veth) up, no carrier, state LowerLayerDown", cancelled.Message);
    }

    [Fact]
    public async Task The_end_of_a_device_is_an_event()
    {
        AddPair();
        using var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Links);
        var gone = events.WaitForLinkDeletedAsync(12);
        Assert.False(gone.IsCompleted);
        _bench.Do(batch => batch.DeleteLink(11));
        await gone;
        await events.WaitForLinkDeletedAsync(11);
    }

    [Fact]
    public async Task Addresses_routes_and_neighbours_are_events()
    {
        AddPair();
        using var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Addresses | RouteGroups.Routes | RouteGroups.Neighbours);
        var seen = new List<NetlinkEvent>();
        events.Received += happened =>
        {
            lock (seen)
            {
                seen.Add(happened);
            }
        };
        var address = events.WaitForAddressAsync(a => a.Address.Equals(IPAddress.Parse("192.0.2.1")));
        var gone = events.WaitForEventAsync(e => e is NeighbourEvent { Deleted: true });
        _bench.Do(batch =>
        {
            batch.AddAddress(11, IPAddress.Parse("192.0.2.1"), 24);
            batch.AddRoute(new RouteSpec { Destination = IPNetwork.Parse("10.0.0.0/8"), Gateway = IPAddress.Parse("192.0.2.2") });
            batch.AddNeighbour(new NeighbourSpec(11, IPAddress.Parse("192.0.2.2")) { Mac = NetlinkBench.Mac("02-00-00-00-00-05") });
            batch.DeleteNeighbour(new NeighbourSpec(11, IPAddress.Parse("192.0.2.2")));
        });
        Assert.Equal(24, (await address).PrefixLength);
        await gone;
        lock (seen)
        {
            Assert.Contains(seen, e => e is RouteEvent { Deleted: false } r && r.Route.Destination == IPNetwork.Parse("10.0.0.0/8"));
            Assert.Contains(seen, e => e is NeighbourEvent { Deleted: false });
        }
    }

    [Fact]
    public async Task Rules_nexthops_groups_and_qdiscs_are_events()
    {
        AddPair();
        _bench.Do(batch =>
        {
            batch.ChangeLink(1, new LinkChange { Up = true });
            batch.ChangeLink(12, new LinkChange { Up = true });
            batch.AddLink(new BridgeSpec("br0") { Index = 20, Up = true, Options = new() { MulticastSnooping = true } });
            batch.ChangeLink(11, new LinkChange { MasterIndex = 20 });
        });
        Ethtool.RunLinkWatch(_bench.Namespace, ["v0", "v1", "br0"]);
        using var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Rules | RouteGroups.Nexthops | RouteGroups.Mdb | RouteGroups.Qdiscs);
        var rule = events.WaitForEventAsync(e => e is RuleEvent { Deleted: false, Rule.Priority: 77 });
        var nexthop = events.WaitForEventAsync(e => e is NexthopEvent { Deleted: true, Nexthop: { Id: 5, Blackhole: true } });
        var group = events.WaitForEventAsync(e => e is MdbEvent { Deleted: false, Entry: { BridgeIndex: 20, PortIndex: 11 } });
        var qdisc = events.WaitForEventAsync(e => e is QdiscEvent { Deleted: false, Qdisc: { Index: 12, Spec: FifoSpec { Limit: 7 } } });
        _bench.Do(batch =>
        {
            batch.AddRule(new RuleSpec { Priority = 77, Table = 100 });
            batch.AddNexthop(new NexthopSpec(5) { Blackhole = true });
            batch.DeleteNexthop(5);
            batch.AddMdb(new MdbSpec(20, 11) { Group = IPAddress.Parse("239.1.1.1") });
            batch.AddQdisc(new FifoSpec(12) { Limit = 7 });
        });
        await Task.WhenAll(rule, nexthop, group, qdisc);
    }

    [Fact]
    public async Task A_wait_ends_with_the_subscription()
    {
        var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Links);
        var never = events.WaitForLinkAsync(l => l.Name == "never");
        events.Dispose();
        await Assert.ThrowsAsync<ObjectDisposedException>(() => never);
    }

    [Fact]
    public async Task A_condition_that_throws_ends_the_wait_and_not_the_subscription()
    {
        using var events = RouteEvents.Open(_bench.Namespace, RouteGroups.Links);
        var bad = events.WaitForLinkAsync(l => l.Name != "lo" && l.Index > 0 / (l.Mtu - l.Mtu));
        AddPair();
        await Assert.ThrowsAsync<DivideByZeroException>(() => bad);
        Assert.Equal(11, (await events.WaitForLinkAsync(l => l.Name == "v0")).Index);
    }
}
