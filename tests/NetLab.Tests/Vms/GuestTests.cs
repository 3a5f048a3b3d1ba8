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
    public async Task A_guest_that_has_asked_has_the_TCP_of_its_own_connections_alone()
    {
        using var listener = _host.ListenTcp(80);
        (await _client.ConnectAsync(System.Net.IPAddress.Parse("10.0.0.1"), 80)).ShouldSucceed();
        Assert.Equal(ProbeOutcome.Refused, (await _client.ConnectAsync(System.Net.IPAddress.Parse("10.0.0.1"), 81)).Outcome);

        Assert.Null(_client.Listens);
        Assert.Equal(ProbeOutcome.Silent, (await _server.ConnectAsync(_client, 22)).Outcome);
        using var accepted = await listener.AcceptTcpClientAsync();
        var stream = accepted.GetStream();
        await stream.WriteAsync("hello"u8.ToArray());
        await _client.ReceiveAsync(frame => frame.Tcp is { Payload.Length: 5 });
        accepted.Client.Shutdown(System.Net.Sockets.SocketShutdown.Send);
        Assert.Equal(0, await stream.ReadAsync(new byte[1])); // the guest has closed its half too
    }

    [LabFact]
    public async Task A_connection_for_whose_next_hop_nobody_answers_is_silent()
    {
        var result = await _client.ConnectAsync(System.Net.IPAddress.Parse("10.0.0.99"), 22);

        Assert.Equal(ProbeOutcome.Silent, result.Outcome);
        Assert.Contains("nobody answered for 10.0.0.99", result.Problem, StringComparison.Ordinal);
        Assert.Equal("10.0.0.99", result.Fate.Frame.Arp?.TargetIp.ToString());
    }

    [LabFact]
    public async Task A_connection_that_was_given_up_is_none()
    {
        (await _client.PingAsync(_server)).ShouldSucceed();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => _client.ConnectAsync(_server, 22, new CancellationToken(canceled: true)));

        foreach (var port in (ushort[])[49152, 49153])
        {
            await _server.SendAsync(Frame.Tcp(_server.Mac, _client.Mac, _server.Address, _client.Address, 22, port, TcpFlags.Ack, 7, 1, payload: "x"u8));
        }

        Assert.DoesNotContain(_server.Received, received => received.Frame.Tcp is not null);
    }

    [LabFact]
    public async Task A_connection_that_both_have_closed_ends_without_a_reset()
    {
        await SendAsync(TcpFlags.Syn, 0, 0);
        var accepted = await NextAsync();
        await SendAsync(TcpFlags.Ack, 1, accepted.SequenceNumber + 1);
        for (var i = 0; i < 2; i++)
        {
            await SendAsync(TcpFlags.Fin | TcpFlags.Ack, 1, accepted.SequenceNumber + 1);
            var closed = await NextAsync();
            Assert.Equal((TcpFlags.Fin | TcpFlags.Ack, accepted.SequenceNumber + 1, 2u), (closed.Flags, closed.SequenceNumber, closed.AcknowledgmentNumber));
        }

        await SendAsync(TcpFlags.Ack, 2, accepted.SequenceNumber + 2);
        await _client.ShouldReceiveNothingElseAsync();
        await SendAsync(TcpFlags.Ack, 2, accepted.SequenceNumber + 2);
        Assert.Equal(TcpFlags.Rst, (await NextAsync()).Flags);

        Task SendAsync(TcpFlags flags, uint sequence, uint acknowledgment) =>
            _client.SendAsync(Frame.Tcp(_client.Mac, _server.Mac, _client.Address, _server.Address, 5000, 22, flags, sequence, acknowledgment));

        async Task<TcpSegment> NextAsync() => (await _client.ReceiveAsync(frame => frame.Tcp is not null)).Tcp!.Value;
    }

    [LabFact]
    public async Task TCP_to_the_MAC_address_of_all_is_none()
    {
        await _client.SendAsync(Frame.Tcp(_client.Mac, MacAddress.Broadcast, _client.Address, _server.Address, 5000, 22, TcpFlags.Syn));

        await _client.ShouldReceiveNothingElseAsync();
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
        var elsewhere = await c.PingAsync(System.Net.IPAddress.Parse("10.1.0.1"));
        elsewhere.ShouldFail();
        Assert.NotEqual("nobody-has-address", elsewhere.Why?.Cause.Word);
    }

    [LabFact]
    public async Task An_address_in_a_VLAN_is_somebodys_and_is_sent_from_in_that_VLAN()
    {
        var bridge = (Bridge)_sw.Device("br0");
        var a = _sw.AddVm("a", bridge, vm => vm.Address("10.1.0.1/16").VlanAddress(30, "10.1.2.1/24"));
        var b = _sw.AddVm("b", bridge, vm => vm.VlanAddress(30, "10.1.2.2/24"));
        await _lab.ApplyAsync();

        var ping = await a.PingAsync(b.VlanAddresses[30][0].Address);
        ping.ShouldSucceed();
        Assert.Equal("10.1.2.1", ping.Fate.Frame.Ipv4?.Source.ToString());

        b.AnswersPing = false;
        Assert.Equal("guest-silent", (await a.PingAsync(b.VlanAddresses[30][0].Address)).Why?.Cause.Word);
    }
}
