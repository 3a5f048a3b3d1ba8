using NetLab.Linux.Netlink;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// A bridge with three VMs that skips one of them: the kernel drops nothing, and what the bridge decided is found all the same, whatever the
/// lab follows frames by.
/// </summary>
public abstract class SkippedPortFates : IAsyncLifetime
{
    private readonly Lab _lab;
    private readonly Node _node;
    private readonly Bridge _bridge;
    private readonly FakeVm _vm1, _vm2, _vm3;

    protected SkippedPortFates(FrameTracing tracing)
    {
        _lab = new Lab(new LabOptions { Tracing = tracing });
        _node = _lab.AddNode("a");
        _bridge = _node.AddBridge("br0");
        _vm1 = _node.AddVm("vm1", _bridge, vm => vm.Address("10.0.0.1/24"));
        _vm2 = _node.AddVm("vm2", _bridge, vm => vm.Address("10.0.0.2/24"));
        _vm3 = _node.AddVm("vm3", _bridge, vm => vm.Address("10.0.0.3/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public Task Flooding_that_is_off() => SkipsAsync(new BridgePortOptions { Flood = false }, "flood-off", "unknown unicast, and tap-vm2 has `flood off`");

    [LabFact]
    public Task A_port_that_does_not_forward() =>
        SkipsAsync(new BridgePortOptions { State = BridgePortState.Listening }, "egress-state", "the port is listening, not forwarding");

    [LabFact]
    public Task A_disabled_port() =>
        SkipsAsync(new BridgePortOptions { State = BridgePortState.Disabled }, "egress-state", "the port is disabled, not forwarding");

    [LabFact]
    public async Task Isolation()
    {
        await _vm1.Tap.SetBridgePortAsync(new BridgePortOptions { Isolated = true });
        await SkipsAsync(new BridgePortOptions { Isolated = true }, "isolated", "both ports are isolated");
    }

    [LabFact]
    public async Task A_port_that_is_down()
    {
        await _vm2.Tap.SetUpAsync(false);
        Tell(await SendAsync(), "port-down", "a/tap-vm2", "skips tap-vm2: it is down");
    }

    [LabFact]
    public async Task An_MTU_that_is_too_small()
    {
        await _vm2.Tap.SetMtuAsync(1000);
        Tell(await _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, new string('x', 1400))), "bridge-mtu", "a/tap-vm2",
            "1428 bytes is larger than the MTU 1000 of tap-vm2");
    }

    [LabFact]
    public async Task Broadcasts_that_are_off()
    {
        await _vm2.Tap.SetBridgePortAsync(new BridgePortOptions { BroadcastFlood = false });
        Tell(await _vm1.SendAsync(Frame.Broadcast(_vm1, "hello")), "broadcast-flood-off", "a/tap-vm2", "the frame is a broadcast", "`bcast_flood off`");
    }

    [LabFact]
    public async Task Multicasts_that_are_off()
    {
        await _vm2.Tap.SetBridgePortAsync(new BridgePortOptions { MulticastFlood = false });
        var frame = Frame.Ethernet(_vm1.Mac, MacAddress.Parse("01:00:5e:01:02:03"), 0x88b5, new byte[50]);
        Tell(await _vm1.SendAsync(frame), "multicast-flood-off", "a/tap-vm2", "`mcast_flood off`");
    }

    [LabFact]
    public async Task An_address_that_the_bridge_believes_elsewhere()
    {
        // vm3 sends with the address of vm2, and the bridge learns.
        await _vm3.SendAsync(Frame.Ethernet(_vm2.Mac, _vm1.Mac, 0x88b5, new byte[50]));
        var fate = await SendAsync();
        fate.ShouldReach(_vm3);
        Tell(fate, "fdb-elsewhere", "a/tap-vm2", $"believes that {_vm2.Mac} is behind tap-vm3");
    }

    [LabFact]
    public async Task Nothing_is_told_of_a_VM_that_got_the_frame() => Assert.Null((await SendAsync()).WhyNot(_vm2));

    private async Task SkipsAsync(BridgePortOptions options, string cause, params string[] words)
    {
        await _vm2.Tap.SetBridgePortAsync(options);
        var fate = await SendAsync();
        fate.ShouldReach(_vm3);
        Tell(fate, cause, "a/tap-vm2", words);
    }

    private Task<Fate> SendAsync() => _vm1.SendAsync(Frame.Udp(_vm1, _vm2, 53, "hello"));

    private void Tell(Fate fate, string cause, string place, params string[] words)
    {
        var reason = fate.WhyNot(_vm2);
        Assert.True(reason is not null, fate.Describe());
        Assert.Equal((cause, place), (reason!.Cause, reason.Place));
        Assert.All(words, w => Assert.Contains(w, reason.Sentence, StringComparison.Ordinal));
        Assert.NotEmpty(reason.Evidence);
        Remedy.HasNoGap(reason.Remedy);
        var message = Assert.Throws<ForwardingException>(() => fate.ShouldReach(_vm2)).Message;
        Assert.Contains($" at {place}", message, StringComparison.Ordinal);
        Assert.Contains(reason.Sentence, message, StringComparison.Ordinal);
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class SkippedPortFatesByTracepoints() : SkippedPortFates(FrameTracing.Auto);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class SkippedPortFatesByPacketSockets() : SkippedPortFates(FrameTracing.PacketSockets);
