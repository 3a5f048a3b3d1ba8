using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>The hybrid plug, wired as Nova and Neutron wire it, and what passes through it.</summary>
public sealed class HybridPlugTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _compute;
    private readonly OvsBridge _brInt;
    private readonly FakeVm _vm1, _vm2, _vm3;

    public HybridPlugTests()
    {
        _compute = _lab.AddNode("compute1");
        _brInt = _compute.AddIntegrationBridge();
        _vm1 = _compute.AddHybridPlug(_brInt, Ports.First, 7, "vm01", vm => vm.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24"));
        _vm2 = _compute.AddHybridPlug(_brInt, Ports.Second, 7, "vm02", vm => vm.Mac("fa:16:3e:00:00:02").Address("10.0.0.12/24"));
        _vm3 = _compute.AddHybridPlug(_brInt, Ports.Third, 8, "vm03", vm => vm.Mac("fa:16:3e:00:00:03").Address("10.0.0.12/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.OvsVswitchd)]
    public async Task Two_vms_of_one_network_reach_each_other_by_their_bridges_and_br_int()
    {
        (await _vm1.PingAsync(_vm2)).ShouldSucceed().Fate.ShouldReach(_vm2).Once().Via(
            "vm01", "tap0c1383d0-c8", "qbr0c1383d0-c8", "qvb0c1383d0-c8", "qvo0c1383d0-c8", "br-int",
            "qvo4a1b5e21-77", "qvb4a1b5e21-77", "qbr4a1b5e21-77", "tap4a1b5e21-77", "vm02");
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_vm_of_another_network_receives_nothing()
    {
        var fate = await _vm1.SendAsync(Frame.Broadcast(_vm1, "is anybody there?"));
        fate.ShouldReach(_vm2).Once();
        fate.ShouldNotReach(_vm3).ShouldNotComeBack();
        await _vm3.ShouldReceiveNothingElseAsync();
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task After_the_tag_is_corrected_the_third_vm_is_reached()
    {
        await _brInt.SetPortAsync(_compute.Device("qvo9c2d7f66-1b"), port => port with { Tag = 7 });
        (await _vm1.SendAsync(Frame.Broadcast(_vm1, "and now?"))).ShouldReach(_vm3).Once();
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_port_in_the_dead_vlan_is_dead()
    {
        await _brInt.SetPortAsync(_compute.Device("qvo4a1b5e21-77"), port =>
            port with { Tag = IntegrationBridge.DeadVlan, VlanMode = "trunk", Trunks = [IntegrationBridge.DeadVlan] });
        (await _vm1.SendAsync(Frame.Broadcast(_vm1, "is anybody there?"))).ShouldNotReach(_vm2, _vm3);
    }

    [LabFact(Feature.OvsVswitchd)]
    public void The_bridge_is_set_up_as_os_vif_does_it()
    {
        var qbr = _compute.Device("qbr0c1383d0-c8").ReadLink();
        Assert.Equal(TimeSpan.Zero, qbr.BridgeOptions!.AgeingTime);
        Assert.False(qbr.BridgeOptions.StpState);
        Assert.False(qbr.BridgeOptions.MulticastSnooping);
        Assert.Equal("1", _compute.ReadSysctl("net/ipv6/conf/qbr0c1383d0-c8/disable_ipv6"));
        Assert.Equal("1", _compute.ReadSysctl("net/ipv4/conf/qbr0c1383d0-c8/arp_ignore"));
        Assert.Equal("2", _compute.ReadSysctl("net/ipv4/conf/qbr0c1383d0-c8/arp_announce"));
        var qvb = _compute.Device("qvb0c1383d0-c8").ReadLink();
        Assert.True(qvb.Flags.HasFlag(LinkFlags.Promiscuous));
        Assert.Equal(qbr.Index, qvb.MasterIndex);
        Assert.Equal("fe:16:3e:00:00:01", MacAddress.From(_compute.Device("tap0c1383d0-c8").ReadLink().Mac!).ToString());
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_failure_names_the_last_device_on_every_way()
    {
        var fate = await _vm1.SendAsync(Frame.Broadcast(_vm1, "is anybody there?"));
        var message = Assert.Throws<ForwardingException>(() => fate.ShouldReach(_vm3)).Message;
        Assert.Contains("Expected VM vm03 to receive the frame, but it did not.", message, StringComparison.Ordinal);
        Assert.Contains("vm01 > tap0c1383d0-c8 > qbr0c1383d0-c8 > qvb0c1383d0-c8 > qvo0c1383d0-c8 > br-int > qvo4a1b5e21-77", message,
            StringComparison.Ordinal);
    }
}
