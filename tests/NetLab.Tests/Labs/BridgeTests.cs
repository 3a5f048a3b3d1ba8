using System.Net;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>Frames across a Linux bridge: where they go, where they do not, and what a failure says.</summary>
public sealed class BridgeTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Bridge _bridge;
    private readonly FakeVm _vm1, _vm2, _vm3;

    public BridgeTests()
    {
        var compute = _lab.AddNode("compute");
        _bridge = compute.AddBridge("br0");
        _vm1 = compute.AddVm("vm1", _bridge, vm => vm.Address("10.0.0.1/24").Address("fd00::1/64"));
        _vm2 = compute.AddVm("vm2", _bridge, vm => vm.Address("10.0.0.2/24").Address("fd00::2/64"));
        _vm3 = compute.AddVm("vm3", _bridge, vm => vm.Address("10.0.0.3/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task A_vm_pings_another() => (await _vm1.PingAsync(_vm2)).ShouldSucceed();

    [LabFact]
    public async Task A_vm_pings_another_by_IPv6() => (await _vm1.PingAsync(IPAddress.Parse("fd00::2"))).ShouldSucceed();

    [LabFact]
    public async Task A_frame_to_a_known_address_reaches_one_port_alone()
    {
        await _vm1.ResolveAsync(_vm2.Address);
        var fate = await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, "hello"));
        fate.ShouldReach(_vm2).Once().Via("vm1", "tap-vm1", "br0", "tap-vm2", "vm2");
        fate.ShouldNotReach(_vm3).ShouldNotComeBack();
        Assert.Equal("hello"u8.ToArray(), (await _vm2.ReceiveAsync(f => f.Udp is not null)).Udp!.Value.Payload.ToArray());
        await _vm2.ShouldReceiveNothingElseAsync();
        await _vm3.ShouldReceiveNothingElseAsync();
    }

    [LabFact]
    public async Task A_frame_to_an_unknown_address_is_flooded_to_every_other_port()
    {
        var fate = await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, "hello"));
        fate.ShouldReach(_vm2).Once();
        fate.ShouldReach(_vm3).Once();
        fate.ShouldNotComeBack();
        Assert.Equal(2, fate.Copies.Count);
    }

    [LabFact]
    public async Task An_expectation_that_fails_shows_where_each_copy_went()
    {
        await _vm1.ResolveAsync(_vm2.Address);
        var fate = await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, "hello"));
        var message = Assert.Throws<ForwardingException>(() => fate.ShouldReach(_vm3)).Message;
        Assert.StartsWith("Expected VM vm3 to receive the frame, but it did not.", message, StringComparison.Ordinal);
        Assert.Contains("vm1 > tap-vm1 > br0 > tap-vm2 > vm2   (delivered, 2 hops", message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_ping_to_nobody_fails_at_once_and_says_that_ARP_got_no_answer()
    {
        var ping = (await _vm1.PingAsync(IPAddress.Parse("10.0.0.99"))).ShouldFail();
        Assert.Contains("nobody answered for 10.0.0.99", ping.Problem, StringComparison.Ordinal);
        Assert.Equal(2, ping.Fate.Copies.Count);
    }

    [LabFact]
    public async Task A_vm_that_is_silent_to_ping_is_reached_and_does_not_answer()
    {
        _vm2.AnswersPing = false;
        var ping = (await _vm1.PingAsync(_vm2)).ShouldFail();
        ping.Fate.ShouldReach(_vm2);
    }

    [LabFact]
    public async Task A_port_that_goes_down_receives_nothing_more()
    {
        await _vm1.ResolveAsync(_vm2.Address);
        await _vm2.Tap.SetUpAsync(false);
        (await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, "hello"))).ShouldNotReach(_vm2);
        await _vm2.Tap.SetUpAsync(true);
        (await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, "again"))).ShouldReach(_vm2);
    }

    [LabFact]
    public async Task A_write_to_a_tap_that_is_down_is_a_fate_too()
    {
        await _vm1.Tap.SetUpAsync(false);
        var fate = await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, "hello"));
        Assert.Contains("tap compute/tap-vm1 is down", fate.Refusal, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_frame_that_nobody_expected_is_listed()
    {
        await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, "hello"));
        var message = (await Assert.ThrowsAsync<ForwardingException>(() => _vm2.ShouldReceiveNothingElseAsync())).Message;
        Assert.Contains("UDP", message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task An_MTU_that_the_kernel_refuses_says_what_it_takes()
    {
        var e = await Assert.ThrowsAnyAsync<Linux.LinuxException>(() => _vm1.Tap.SetMtuAsync(20));
        Assert.Contains("setting the MTU of compute/tap-vm1 to 20", e.Message, StringComparison.Ordinal);
        Assert.Contains("EINVAL", e.Message, StringComparison.Ordinal);
    }
}
