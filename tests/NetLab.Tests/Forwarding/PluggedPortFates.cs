using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>A program of the node makes a device a port of Open vSwitch (<c>ovs-vsctl add-port</c>) that the lab describes as none of it.</summary>
[Trait("Category", "Fate")]
public sealed class PluggedPortFates : IAsyncDisposable
{
    private Lab _lab = null!;

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData(FrameTracing.Kernel, false)]
    [InlineData(FrameTracing.PacketSockets, false)]
    [InlineData(FrameTracing.Kernel, true)]
    [InlineData(FrameTracing.PacketSockets, true)]
    public async Task What_comes_and_goes_by_it_is_followed_through_the_switch(FrameTracing tracing, bool fromBridge)
    {
        (var node, var vm1, var vm2) = await BuildAsync(tracing, fromBridge);
        await node.DoAsync("ovs-vsctl add-port br-int tap-vm2");

        var fate = await SendAsync(vm1, vm2);
        fate.ShouldReach(vm2).Once().Via("vm1", "tap-vm1", "br-int", "tap-vm2", "vm2");
        Assert.Contains(vm2.Received, f => f.Frame.Udp is not null);
        (await SendAsync(vm2, vm1)).ShouldReach(vm1).Once().Via("vm2", "tap-vm2", "br-int", "tap-vm1", "vm1");
        (await vm1.PingAsync(vm2)).ShouldSucceed();

        await node.DoAsync("ovs-vsctl set port tap-vm2 tag=7");
        var apart = await SendAsync(vm1, vm2);
        apart.ShouldNotReach(vm2);
        Assert.Equal(Causes.OvsVlan, apart.WhyNot(vm2)?.Cause);

        await node.DoAsync("ovs-vsctl del-port tap-vm2");
        (await SendAsync(vm1, vm2)).ShouldNotReach(vm2);
        var none = await SendAsync(vm2, vm1);
        none.ShouldNotReach(vm1);
        Assert.DoesNotContain("br-int", none.ToString().Split('\n')[1], StringComparison.Ordinal);
    }

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData(FrameTracing.Kernel)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task A_bridge_that_a_program_made_switches_as_one_of_the_lab_s(FrameTracing tracing)
    {
        (var node, var vm1, var vm2) = await BuildAsync(tracing, fromBridge: false);
        await node.DoAsync("ovs-vsctl add-br br-own -- set bridge br-own datapath_type=netdev -- add-port br-own tap-vm2 "
            + "-- add-port br-own own -- set interface own type=patch options:peer=int "
            + "-- add-port br-int int -- set interface int type=patch options:peer=own");
        (await SendAsync(vm1, vm2)).ShouldReach(vm2).Once();
        Assert.Contains(vm2.Received, f => f.Frame.Udp is not null);
        (await SendAsync(vm2, vm1)).ShouldReach(vm1).Once();

        await node.DoAsync("ovs-ofctl add-flow br-own priority=9,udp,actions=drop");
        var fate = await SendAsync(vm2, vm1);
        fate.EndsBy("ovs-flow", "compute/tap-vm2", "br-own");
        fate.ShouldNotReach(vm1);
    }

    private async Task<(Node Node, FakeVm Vm1, FakeVm Vm2)> BuildAsync(FrameTracing tracing, bool fromBridge)
    {
        _lab = new Lab(new LabOptions { Tracing = tracing });
        var node = _lab.AddNode("compute");
        var integration = node.AddOvsBridge("br-int");
        var vm1 = node.AddVm("vm1", integration, vm => vm.Address("10.0.0.1/24"));
        var vm2 = node.AddVm("vm2", fromBridge ? node.AddBridge("br0") : null, vm => vm.Address("10.0.0.2/24"));
        await _lab.ApplyAsync();
        if (fromBridge)
        {
            await node.DoAsync("ip link set dev tap-vm2 nomaster");
        }

        return (node, vm1, vm2);
    }

    private static Task<Fate> SendAsync(FakeVm from, FakeVm to) =>
        from.SendAsync(Frame.Udp(from.Mac, to.Mac, from.Address, to.Address, 4000, 53, "hello"u8, new IpOptions()));
}
