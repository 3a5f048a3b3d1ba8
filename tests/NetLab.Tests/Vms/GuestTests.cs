using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Vms;

/// <summary>A guest that is one: TCP, VLAN subinterfaces, gratuitous ARP. A node's own stack is at the other side.</summary>
public sealed class GuestTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _sw, _host;
    private readonly FakeVm _server, _client;

    public GuestTests()
    {
        _sw = _lab.AddNode("sw");
        var bridge = _sw.AddBridge("br0");
        _host = _lab.AddNode("host");
        _lab.AddLink(bridge.End("p1"), _host.End("eth0", "10.0.0.1/24"));
        _server = _sw.AddVm("server", bridge, vm => vm.Address("10.0.0.11/24").Address("fd00::11/64").Listen(22));
        _client = _sw.AddVm("client", bridge, vm => vm.Address("10.0.0.12/24").Address("fd00::12/64"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task The_kernel_of_a_node_connects_to_a_guest_and_is_refused_at_another_port()
    {
        (await _host.ProbeTcpAsync(_server.Address, 22)).ShouldSucceed();
        Assert.Equal(ProbeOutcome.Refused, (await _host.ProbeTcpAsync(_server.Address, 23)).Outcome);
    }

    [LabFact]
    public async Task A_guest_connects_to_a_program_of_a_node_and_is_refused_where_nobody_listens()
    {
        using var listener = _host.ListenTcp(80);
        (await _client.ConnectAsync(System.Net.IPAddress.Parse("10.0.0.1"), 80)).ShouldSucceed();
        using var accepted = await listener.AcceptTcpClientAsync();
        Assert.True(accepted.Connected);
        Assert.Equal(ProbeOutcome.Refused, (await _client.ConnectAsync(System.Net.IPAddress.Parse("10.0.0.1"), 81)).Outcome);
    }

    [LabTheory]
    [InlineData("10.0.0.11")]
    [InlineData("fd00::11")]
    public async Task Two_guests_connect(string address)
    {
        (await _client.ConnectAsync(System.Net.IPAddress.Parse(address), 22)).ShouldSucceed();
        Assert.Equal(ProbeOutcome.Refused, (await _client.ConnectAsync(System.Net.IPAddress.Parse(address), 23)).Outcome);
    }

    [LabFact]
    public async Task A_guest_without_TCP_is_silent_and_that_is_proven()
    {
        var result = await _server.ConnectAsync(_client, 22);

        Assert.Equal(ProbeOutcome.Silent, result.Outcome);
        Assert.Throws<ForwardingException>(() => result.ShouldSucceed());
    }

    [LabFact]
    public async Task A_segment_of_no_connection_is_reset()
    {
        await _client.SendAsync(Frame.Tcp(_client.Mac, _server.Mac, _client.Address, _server.Address, 5000, 22, TcpFlags.Ack, 7, 99));

        var reset = await _client.ReceiveAsync(frame => frame.Tcp is not null);
        Assert.Equal((TcpFlags.Rst, 99u), (reset.Tcp!.Value.Flags, reset.Tcp!.Value.SequenceNumber));
    }

    [LabFact]
    public async Task What_is_announced_is_heard_by_who_knows_the_neighbour()
    {
        (await _client.PingAsync(_server)).ShouldSucceed();
        var moved = MacAddress.Parse("fa:16:3e:00:00:99");
        await _server.SendAsync(Frame.ArpRequest(moved, _server.Address, _server.Address));
        Assert.Equal(moved, _client.Neighbours[_server.Address]);

        (await _server.AnnounceAddressesAsync())[0].ShouldReach(_client);
        Assert.Equal(_server.Mac, _client.Neighbours[_server.Address]);
    }

    [LabFact(Feature.Vlan)]
    public async Task A_subinterface_of_a_guest_speaks_to_one_of_the_kernel()
    {
        var tagged = _sw.AddVm("tagged", (Bridge)_sw.Device("br0"), vm => vm.Address("10.0.0.13/24").VlanAddress(30, "10.1.0.13/24"));
        var eth0 = (VethEnd)_host.Device("eth0");
        _host.AddDevice(eth0, link => new NetLab.Linux.Netlink.VlanSpec("eth0.30", link, 30)).AddAddress("10.1.0.1/24");
        await _lab.ApplyAsync();

        (await _host.PingAsync(System.Net.IPAddress.Parse("10.1.0.13"))).ShouldSucceed();
        (await tagged.PingAsync(System.Net.IPAddress.Parse("10.1.0.1"))).ShouldSucceed();
        (await tagged.PingAsync(System.Net.IPAddress.Parse("10.0.0.1"))).ShouldSucceed();
    }

    [LabFact]
    public async Task Subinterfaces_of_two_guests_speak_to_each_other_and_to_no_other_VLAN()
    {
        var bridge = (Bridge)_sw.Device("br0");
        _ = _sw.AddVm("a", bridge, vm => vm.VlanAddress(30, "10.1.0.1/24").Listen(22));
        var b = _sw.AddVm("b", bridge, vm => vm.VlanAddress(30, "10.1.0.2/24"));
        var c = _sw.AddVm("c", bridge, vm => vm.VlanAddress(31, "10.1.0.3/24"));
        await _lab.ApplyAsync();

        var ping = await b.PingAsync(System.Net.IPAddress.Parse("10.1.0.1"));
        ping.ShouldSucceed();
        Assert.Equal(30, ping.Fate.Frame.VlanTags[0].Id);
        (await b.ConnectAsync(System.Net.IPAddress.Parse("10.1.0.1"), 22)).ShouldSucceed();
        (await c.PingAsync(System.Net.IPAddress.Parse("10.1.0.1"))).ShouldFail();
    }
}
