using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>A lab that runs is added to, and changed.</summary>
public sealed class LiveChangeTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _compute;
    private readonly Bridge _bridge;
    private readonly FakeVm _vm1;

    public LiveChangeTests()
    {
        _compute = _lab.AddNode("compute");
        _bridge = _compute.AddBridge("br0");
        _vm1 = _compute.AddVm("vm1", _bridge, vm => vm.Address("10.0.0.1/24").Address("fd00::1/64"));
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task A_vm_and_a_node_that_are_added_later_are_reached()
    {
        var vm2 = _compute.AddVm("vm2", _bridge, vm => vm.Address("10.0.0.2/24"));
        var host = _lab.AddHost("host", _bridge, "10.0.0.3/24");
        await _lab.ApplyAsync();
        (await _vm1.PingAsync(vm2)).ShouldSucceed();
        (await _vm1.PingAsync(host)).ShouldSucceed();
    }

    [LabFact]
    public async Task A_setting_of_the_kernel_that_is_described_later_is_made_by_the_next_apply_and_one_that_cannot_be_is_refused()
    {
        _compute.Sysctl("net.ipv4.ip_default_ttl", "9");
        await _lab.ApplyAsync();
        Assert.Equal("9", _compute.ReadSysctl("net.ipv4.ip_default_ttl"));

        _compute.Forwarding = false;
        Assert.Equal("Node compute is already applied; change net.ipv4.ip_forward and net.ipv6.conf.all.forwarding with WriteSysctl.",
            Assert.Throws<InvalidOperationException>(() => _compute.Forwarding = true).Message);
        Assert.Throws<InvalidOperationException>(() => _compute.HostDefaults = true);
        Assert.Throws<InvalidOperationException>(() => _bridge.CallIptables = true);
    }

    [LabFact]
    public async Task What_was_written_by_hand_meanwhile_stays()
    {
        _compute.Sysctl("net.ipv4.ip_default_ttl", "9");
        await _lab.ApplyAsync();
        _compute.WriteSysctl("net.ipv4.ip_default_ttl", "10");
        await _compute.ExecAsync("sysctl", "-w", "net.ipv4.ip_default_ttl=11");
        await _lab.ApplyAsync();
        Assert.Equal("11", _compute.ReadSysctl("net.ipv4.ip_default_ttl"));
    }

    [LabFact(Feature.BridgeNetfilter)]
    public async Task A_bridge_that_comes_later_and_calls_iptables_does()
    {
        _compute.AddBridge("br1").CallIptables = true;
        await _lab.ApplyAsync();
        Assert.Equal("1", _compute.ReadSysctl("net.bridge.bridge-nf-call-iptables"));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task An_Open_vSwitch_bridge_is_added_to_a_node_that_runs()
    {
        var brInt = _compute.AddOvsBridge("br-int");
        _lab.AddLink(_bridge.End("qvb"), brInt.End("qvo").Vlan(7));
        var vm2 = _compute.AddVm("vm2", brInt, vm => vm.Address("10.0.0.2/24").Vlan(7));
        await _lab.ApplyAsync();
        (await _vm1.PingAsync(vm2)).ShouldSucceed().Fate.ShouldReach(vm2).Via("br0", "qvb", "qvo", "br-int", "tap-vm2");
    }

    [LabFact]
    public async Task A_first_IPv6_address_is_added_to_a_node_that_runs()
    {
        var host = _lab.AddHost("host", _bridge, "10.0.0.3/24");
        await _lab.ApplyAsync();
        _lab.AddLink(host.End("eth1", "fd00::3/64"), _bridge.End());
        await _lab.ApplyAsync();
        (await _vm1.PingAsync(System.Net.IPAddress.Parse("fd00::3"))).ShouldSucceed();
    }

    [LabFact]
    public async Task A_port_is_never_stolen_from_another_bridge()
    {
        var other = _compute.AddBridge("br1");
        await _lab.ApplyAsync();
        var e = await Assert.ThrowsAsync<TopologyException>(() => other.AttachAsync(_vm1.Tap));
        Assert.Equal("compute/tap-vm1 cannot be a port of compute/br1: it is a port of compute/br0; a device has one master", e.Message);
        Assert.Equal(_bridge.Index, _vm1.Tap.ReadLink().MasterIndex);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_port_moves_from_a_Linux_bridge_to_Open_vSwitch()
    {
        var brInt = _compute.AddOvsBridge("br-int");
        var vm2 = _compute.AddVm("vm2", brInt, vm => vm.Address("10.0.0.2/24"));
        await _lab.ApplyAsync();
        (await _vm1.PingAsync(vm2)).ShouldFail();
        await _bridge.DetachAsync(_vm1.Tap);
        await brInt.AttachAsync(_vm1.Tap);
        (await _vm1.PingAsync(vm2)).ShouldSucceed();
    }

    [LabFact]
    public async Task What_is_applied_is_changed_by_the_methods_that_ask_the_kernel()
    {
        Assert.Contains("already applied; change it with the Set…Async methods",
            Assert.Throws<InvalidOperationException>(() => _vm1.Tap.Mtu = 1400).Message, StringComparison.Ordinal);
        await _vm1.Tap.SetMtuAsync(1400);
        Assert.Equal(1400, _vm1.Tap.ReadLink().Mtu);
    }

    [LabFact]
    public async Task A_description_that_cannot_be_built_leaves_the_running_lab_alone()
    {
        var vm2 = _compute.AddVm("vm2", _bridge, vm => vm.Address("10.0.0.1/24"));
        await Assert.ThrowsAsync<TopologyException>(() => _lab.ApplyAsync());
        (await _vm1.SendAsync(Frame.Broadcast(_vm1, "still here"))).ShouldNotReach(vm2);
        Assert.True(_lab.IsApplied);
    }
}
