using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>The native plug, wired as Nova and Neutron wire it, and what passes through it.</summary>
public sealed class NativePlugTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _compute;
    private readonly OvsBridge _brInt;
    private readonly FakeVm _vm1, _vm2, _vm3;

    public NativePlugTests()
    {
        _compute = _lab.AddNode("compute1");
        _brInt = _compute.AddIntegrationBridge();
        _vm1 = _compute.AddNativePlug(_brInt, Ports.First, 7, "vm01", vm => vm.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24"), mtu: 1450);
        _vm2 = _compute.AddNativePlug(_brInt, Ports.Second, 7, "vm02", vm => vm.Mac("fa:16:3e:00:00:02").Address("10.0.0.12/24"));
        _vm3 = _compute.AddNativePlug(_brInt, Ports.Third, IntegrationBridge.DeadVlan, "vm03", vm => vm.Mac("fa:16:3e:00:00:03").Address("10.0.0.13/24"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.OvsVswitchd)]
    public async Task Two_vms_of_one_network_reach_each_other_by_br_int_alone() =>
        (await _vm1.PingAsync(_vm2)).ShouldSucceed().Fate.ShouldReach(_vm2).Once().Via("vm01", "tap0c1383d0-c8", "br-int", "tap4a1b5e21-77", "vm02");

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_port_that_is_not_bound_is_dead_until_the_agent_tags_it()
    {
        (await _vm1.SendAsync(Frame.Broadcast(_vm1, "is anybody there?"))).ShouldNotReach(_vm3);

        await _brInt.SetPortAsync(_vm3.Tap, port => port with { Tag = 7, VlanMode = null, Trunks = null });

        (await _vm1.SendAsync(Frame.Broadcast(_vm1, "and now?"))).ShouldReach(_vm3).Once();
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_port_without_a_tag_hears_every_network_until_the_agent_binds_it()
    {
        var fresh = _compute.AddNativePlug(_brInt, "77777777-7777-4b5e-8f11-7a2e40c1d6b3", null, "vm04",
            vm => vm.Mac("fa:16:3e:00:00:04").Address("10.0.0.14/24"));
        await _lab.ApplyAsync();
        (await _vm1.SendAsync(Frame.Broadcast(_vm1, "who is there?"))).ShouldReach(fresh).Once();

        await fresh.BindAsync(8);

        (await _vm1.SendAsync(Frame.Broadcast(_vm1, "and now?"))).ShouldNotReach(fresh);
        Assert.Equal(8, (await _compute.ReadStateAsync()).OvsPorts.Single(row => row.Info.Name == fresh.Tap.Name).Info.Tag);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_agent_takes_a_port_out_of_the_dead_vlan_and_checks_what_it_sends()
    {
        await _vm3.BindAsync(7);

        (await _vm1.PingAsync(_vm3)).ShouldSucceed();
        (await _vm3.SendAsync(Frame.ArpReply(_vm3.Mac, System.Net.IPAddress.Parse("10.0.0.1"), _vm1.Mac, _vm1.Addresses[0].Address))).ShouldNotReach(_vm1);
        var row = (await _compute.ReadStateAsync()).OvsPorts.Single(row => row.Info.Name == "tap9c2d7f66-1b").Info;
        Assert.Equal((7, null), (row.Tag, row.VlanMode));
        Assert.Empty(row.Trunks);
        await Assert.ThrowsAsync<TopologyException>(() => _vm3.BindAsync(8));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_database_says_what_os_vif_and_the_agent_would_have_written()
    {
        Assert.Equal(1450, _compute.Device("tap0c1383d0-c8").ReadLink().Mtu);
        Assert.Equal("fe:16:3e:00:00:01", MacAddress.From(_compute.Device("tap0c1383d0-c8").ReadLink().Mac!).ToString());
        var rows = (await _compute.ReadStateAsync()).OvsPorts.ToDictionary(row => row.Info.Name, row => row.Info);
        OvsPortState bound = rows["tap0c1383d0-c8"], dead = rows["tap9c2d7f66-1b"];
        Assert.Equal((7, null, "", null), (bound.Tag, bound.VlanMode, bound.Type, bound.Error));
        Assert.Equal((Ports.First, "active", "fa:16:3e:00:00:01"),
            (bound.ExternalIds["iface-id"], bound.ExternalIds["iface-status"], bound.ExternalIds["attached-mac"]));
        Assert.True(Guid.TryParse(bound.ExternalIds["vm-uuid"], out _));
        Assert.Equal((IntegrationBridge.DeadVlan, "trunk"), (dead.Tag, dead.VlanMode));
        Assert.Equal([IntegrationBridge.DeadVlan], dead.Trunks);
    }
}
