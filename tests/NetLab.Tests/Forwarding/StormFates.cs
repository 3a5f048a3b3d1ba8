using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Loops of switches: a frame that goes round for ever is stopped, counted and explained.</summary>
public abstract class StormFates(FrameTracing tracing)
{
    private readonly LabOptions _options = new() { Tracing = tracing };

    [LabFact]
    public async Task Two_links_between_two_bridges_are_a_loop()
    {
        await using var lab = new Lab(_options);
        Bridge a = lab.AddNode("a").AddBridge("br0"), b = lab.AddNode("b").AddBridge("br0");
        lab.AddLink(a.End("a0"), b.End("b0"));
        lab.AddLink(a.End("a1"), b.End("b1"));
        FakeVm vm1 = a.Node.AddVm("vm1", a, vm => vm.Address("10.0.0.1/24")), vm2 = b.Node.AddVm("vm2", b, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();

        var fate = await vm1.SendAsync(Frame.Broadcast(vm1, "round and round"));

        var storm = fate.ShouldLoop();
        Assert.Equal("b/b1", storm.Port.ToString());
        Assert.All(storm.Ports.Keys, p => Assert.IsType<VethEnd>(p));
        Assert.True(storm.Times >= 16, fate.Describe());
        Assert.Contains("went round in a loop", storm.Reason.Sentence, StringComparison.Ordinal);
        Assert.Contains("bridge link set dev b1 state 3", storm.Reason.Remedy, StringComparison.Ordinal);
        Assert.Equal(BridgePortState.Disabled, b.Node.Device("b1").ReadLink().BridgePortOptions?.State);
        var failure = Assert.Throws<ForwardingException>(() => fate.ShouldReach(vm2)).Message;
        Assert.Contains(storm.Reason.Sentence, failure, StringComparison.Ordinal);
        Assert.Throws<ForwardingException>(() => fate.ShouldNotReach(vm2));
        Assert.True(failure.Length < 10_000, failure);

        // The loop is open now, and the lab works on.
        (await vm1.SendAsync(Frame.Broadcast(vm1, "once"))).ShouldReach(vm2).Once();
    }

    [LabFact]
    public async Task Two_loops_are_both_stopped()
    {
        await using var lab = new Lab(_options);
        Bridge a = lab.AddNode("a").AddBridge("br0"), b = lab.AddNode("b").AddBridge("br0");
        for (var i = 0; i < 3; i++)
        {
            lab.AddLink(a.End($"a{i}"), b.End($"b{i}"));
        }

        var vm = a.Node.AddVm("vm", a, v => v.Address("10.0.0.1/24"));
        await lab.ApplyAsync();

        var fate = await vm.SendAsync(Frame.Broadcast(vm, "round and round"));

        Assert.Equal(2, fate.Storms.Select(s => ((VethEnd)s.Port).Link).Distinct().Count());
        Assert.Empty((await vm.SendAsync(Frame.Broadcast(vm, "once"))).Storms);
    }

    [LabFact]
    public async Task Settling_says_what_it_had_to_stop()
    {
        await using var lab = new Lab(_options);
        var node = lab.AddNode("a");
        Bridge left = node.AddBridge("left"), right = node.AddBridge("right");
        lab.AddLink(left.End("l0"), right.End("r0"));
        lab.AddLink(left.End("l1"), right.End("r1"));
        var vm = node.AddVm("vm", left, v => v.Address("10.0.0.1/24"));
        await lab.ApplyAsync();

        vm.Inject(Frame.Broadcast(vm, "round and round").Bytes.Span);

        var message = (await Assert.ThrowsAsync<ForwardingException>(() => lab.SettleAsync())).Message;
        Assert.Contains("went round in a loop", message, StringComparison.Ordinal);
        await lab.SettleAsync();
    }

    [LabFact]
    public async Task Many_frames_with_the_same_bytes_are_no_loop()
    {
        await using var lab = new Lab(_options);
        Bridge a = lab.AddNode("a").AddBridge("br0"), b = lab.AddNode("b").AddBridge("br0");
        lab.AddLink(a.End("a0"), b.End("b0"));
        FakeVm vm1 = a.Node.AddVm("vm1", a, vm => vm.Address("10.0.0.1/24")), vm2 = b.Node.AddVm("vm2", b, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        lab.Watch();
        var frame = Frame.Broadcast(vm1, "again").Bytes.ToArray();
        var sending = Task.Run(() =>
        {
            for (var i = 0; i < 5_000; i++)
            {
                vm1.Inject(frame);
            }
        });

        var settling = lab.SettleAsync();
        await sending;
        await settling;

        Assert.Equal(BridgePortState.Forwarding, b.Node.Device("b0").ReadLink().BridgePortOptions?.State);
        (await vm1.SendAsync(Frame.Broadcast(vm1, "once"))).ShouldReach(vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Open_vSwitch_loops_as_well()
    {
        await using var lab = new Lab(_options);
        OvsBridge a = lab.AddNode("a").AddOvsBridge("br-a"), b = lab.AddNode("b").AddOvsBridge("br-b");
        lab.AddLink(a.End("a0"), b.End("b0"));
        lab.AddLink(a.End("a1"), b.End("b1"));
        var vm = a.Node.AddVm("vm", a, v => v.Address("10.0.0.1/24"));
        await lab.ApplyAsync();

        var storm = (await vm.SendAsync(Frame.Broadcast(vm, "round and round"))).ShouldLoop();

        Assert.Equal("b/b1", storm.Port.ToString());
        Assert.Contains("ip link set dev b1 up", storm.Reason.Remedy, StringComparison.Ordinal);
        Assert.Empty((await vm.SendAsync(Frame.Broadcast(vm, "once"))).Storms);
    }
}

/// <inheritdoc/>
[Collection("alone")]
[Trait("Category", "Fate")]
public sealed class StormFatesByTracepoints() : StormFates(FrameTracing.Auto);

/// <inheritdoc/>
[Collection("alone")]
[Trait("Category", "Fate")]
public sealed class StormFatesByPacketSockets() : StormFates(FrameTracing.PacketSockets);
