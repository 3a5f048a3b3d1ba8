using System.Net;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Vms;

/// <summary>A guest between two routers, with a gateway and a route of its own. The routers' counters of forwarded packets are the witness.</summary>
public sealed class GuestRouteTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _gateway, _other, _near, _far;
    private readonly FakeVm _vm, _lonely;

    public GuestRouteTests()
    {
        var sw = _lab.AddNode("sw");
        var bridge = sw.AddBridge("br0");
        (_gateway, _near) = Behind("r1", "10.0.0.1/24", "h1", "10.1.0");
        (_other, _far) = Behind("r2", "10.0.0.2/24", "h2", "10.2.0");
        _vm = sw.AddVm("vm", bridge, vm => vm.Address("10.0.0.11/24").Gateway("10.0.0.1").Route("10.2.0.0/16", "10.0.0.2").Route("10.0.0.99/32", "10.0.0.2"));
        _lonely = sw.AddVm("lonely", bridge, vm => vm.Address("10.0.0.12/24").Route("10.2.0.0/16", "10.0.0.2"));

        (Node Router, Node Host) Behind(string router, string address, string host, string network)
        {
            Node r = _lab.AddNode(router), h = _lab.AddNode(host);
            r.Forwarding = true;
            _lab.AddLink(bridge.End($"p-{router}"), r.End("eth0", address));
            _lab.AddLink(r.End("eth1", $"{network}.1/24"), h.End("eth0", $"{network}.9/24"));
            h.AddRoute("default", $"{network}.1");
            return (r, h);
        }
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task What_a_route_has_goes_by_it_and_all_else_by_the_gateway()
    {
        (await _vm.PingAsync(_far)).ShouldSucceed();
        Assert.Equal((0, 2), (Forwarded(_gateway), Forwarded(_other)));

        (await _vm.PingAsync(_near)).ShouldSucceed();
        Assert.Equal((2, 2), (Forwarded(_gateway), Forwarded(_other)));
    }

    [LabFact]
    public async Task Answers_go_by_the_routes_of_the_guest()
    {
        (await _far.PingAsync(_vm)).ShouldSucceed();
        (await _far.PingAsync(_lonely)).ShouldSucceed();

        Assert.Equal((0, 4), (Forwarded(_gateway), Forwarded(_other)));
    }

    [LabFact]
    public void A_longer_route_takes_an_address_out_of_the_guests_own_network() =>
        Assert.Equal((IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.98")),
            (_vm.NextHop(IPAddress.Parse("10.0.0.99")), _vm.NextHop(IPAddress.Parse("10.0.0.98"))));

    [LabFact(Feature.BpfTracing)]
    public async Task A_guest_that_has_a_route_for_others_alone_is_told_as_having_no_way_back()
    {
        var why = (await _near.PingAsync(_lonely)).Why;

        Assert.Equal("guest-no-route", why?.Cause.Word);
        Assert.Equal("VM lonely got it, and has no way back to 10.1.0.9: none of its networks (10.0.0.12/24) has it, nor has one of its routes "
            + "(10.2.0.0/16 via 10.0.0.2), and there is no gateway.", why!.Sentence);
    }

    [LabFact]
    public async Task A_guest_does_not_send_where_it_has_no_way() =>
        Assert.Contains("VM lonely has no way to 10.1.0.9: none of its networks",
            (await Assert.ThrowsAsync<TopologyException>(() => _lonely.PingAsync(_near))).Message, StringComparison.Ordinal);

    [Fact]
    public async Task A_gateway_that_is_no_neighbour_is_told_before_anything_is_built()
    {
        await using var lab = new Lab();
        var sw = lab.AddNode("sw");
        sw.AddVm("vm", sw.AddBridge("br0"), vm => vm.Address("10.0.0.11/24").Route("10.2.0.0/16", "10.9.0.1"));

        Assert.Contains("VM vm: gateway 10.9.0.1 of route '10.2.0.0/16 via 10.9.0.1' is in no network of the VM; its addresses are: 10.0.0.11/24",
            Assert.Throws<TopologyException>(lab.Validate).Message, StringComparison.Ordinal);
        Assert.Contains("goes from one version of IP to the other",
            Assert.Throws<TopologyException>(() => sw.AddVm("v6", configure: vm => vm.Route("fd01::/64", "10.0.0.1"))).Message, StringComparison.Ordinal);
    }

    // Of /proc/net/snmp: what the node's IPv4 has forwarded.
    private static int Forwarded(Node router)
    {
        var lines = router.RunAsync(() => File.ReadAllLines("/proc/thread-self/net/snmp")).GetAwaiter().GetResult()
            .Where(line => line.StartsWith("Ip: ", StringComparison.Ordinal)).Select(line => line.Split(' ')).ToList();
        return int.Parse(lines[1][Array.IndexOf(lines[0], "ForwDatagrams")], System.Globalization.CultureInfo.InvariantCulture);
    }
}
