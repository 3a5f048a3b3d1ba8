using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>Devices are taken out of a lab that runs, get other names, and move.</summary>
public sealed class UnplugTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly Node _compute;
    private readonly Bridge _bridge;
    private readonly FakeVm _vm1, _vm2;
    private readonly Node _host;

    public UnplugTests()
    {
        _compute = _lab.AddNode("compute");
        _bridge = _compute.AddBridge("br0");
        _vm1 = _compute.AddVm("vm1", _bridge, vm => vm.Address("10.0.0.1/24"));
        _vm2 = _compute.AddVm("vm2", _bridge, vm => vm.Address("10.0.0.2/24"));
        _host = _lab.AddHost("host", _bridge, "10.0.0.3/24");
        _host.AddRoute("10.9.0.0/16", via: "10.0.0.1");
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact]
    public async Task A_removed_vm_receives_nothing_and_its_port_is_gone()
    {
        (await _vm1.PingAsync(_vm2)).ShouldSucceed();
        var received = _vm2.Received.Count;
        await _vm2.Tap.RemoveAsync();
        (await _vm1.SendAsync(Frame.Broadcast(_vm1, "is anybody there"))).ShouldNotReach(_vm2);
        (await _vm1.PingAsync(_host)).ShouldSucceed();
        (await _vm1.PingAsync(System.Net.IPAddress.Parse("10.0.0.2"))).ShouldFail();
        Assert.Equal(received, _vm2.Received.Count);
        Assert.Null(_compute.Live.Route.FindLink("tap-vm2"));
        Assert.DoesNotContain((await _compute.ReadStateAsync()).Links, l => l.Name == "tap-vm2");
        Assert.Equal(["tap-vm1", "host"], _bridge.Ports.Select(p => p.Name));
        Assert.Null(_lab.FindVm("vm2"));
        Assert.DoesNotContain("vm2", LabDrawing.Text(_lab), StringComparison.Ordinal);
        Assert.Contains("was removed", Assert.Throws<InvalidOperationException>(() => _vm2.Tap.Index).Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_vm_of_the_same_name_takes_the_place_of_a_removed_one()
    {
        await _vm2.Tap.RemoveAsync();
        var again = _compute.AddVm("vm2", _bridge, vm => vm.Address("10.0.0.2/24"));
        await _lab.ApplyAsync();
        (await _vm1.PingAsync(again)).ShouldSucceed().Fate.ShouldReach(again).Via("tap-vm1", "br0", "tap-vm2");
        Assert.Equal("no change", (await _compute.ReadStateAsync()).DiffTo(await _compute.ReadStateAsync()).ToString());
    }

    [LabFact]
    public async Task A_veth_goes_with_both_ends_and_what_the_node_says_by_it()
    {
        var eth0 = _host.Device("eth0");
        await _bridge.Ports[^1].RemoveAsync();
        Assert.Empty(_host.Devices);
        Assert.Empty(_lab.Links);
        Assert.Empty(_host.Routes);
        Assert.True(eth0.IsRemoved);
        Assert.Equal(["lo"], (await _host.ReadStateAsync()).Links.Select(l => l.Name));

        _lab.AddLink(_host.End("eth0", "10.0.0.3/24"), _bridge.End());
        _host.AddRoute("10.8.0.0/16", via: "10.0.0.2");
        await _lab.ApplyAsync();
        (await _host.PingAsync(_vm1)).ShouldSucceed();
        Assert.Equal(["10.0.0.0/24", "10.8.0.0/16"], (await _host.ReadStateAsync()).Routes.Where(r => r.Table == "main").Select(r => r.Destination));
    }

    [LabFact]
    public async Task A_removed_bridge_lets_go_of_its_ports()
    {
        await _bridge.RemoveAsync();
        Assert.True(_vm1.Tap.IsApplied);
        Assert.Null(_vm1.Tap.Switch);
        (await _vm1.PingAsync(_vm2)).ShouldFail();

        var other = _compute.AddBridge("br0");
        await _lab.ApplyAsync();
        await other.AttachAsync(_vm1.Tap);
        await other.AttachAsync(_vm2.Tap);
        (await _vm1.PingAsync(_vm2)).ShouldSucceed();
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Ports_and_bridges_of_Open_vSwitch_are_removed()
    {
        var brInt = _compute.AddOvsBridge("br-int");
        FakeVm vm3 = _compute.AddVm("vm3", brInt, vm => vm.Address("10.7.0.3/24").Vlan(7)),
            vm4 = _compute.AddVm("vm4", brInt, vm => vm.Address("10.7.0.4/24").Vlan(7));
        var gateway = brInt.AddInternalPort("gw0", 7);
        await _lab.ApplyAsync();
        (await vm3.PingAsync(vm4)).ShouldSucceed();
        await vm4.Tap.RemoveAsync();
        Assert.Equal(["br-int", "gw0", "tap-vm3"], (await _compute.ReadStateAsync()).OvsPorts.Select(p => p.Info.Name));

        await brInt.RemoveAsync();
        var state = await _compute.ReadStateAsync();
        Assert.Empty(state.OvsBridges);
        Assert.True(gateway.IsRemoved);
        Assert.True(vm3.Tap.IsApplied);
        Assert.DoesNotContain(state.Links, l => l.Name is "br-int" or "gw0");

        var again = _compute.AddOvsBridge("br-int");
        var vm5 = _compute.AddVm("vm4", again, vm => vm.Address("10.7.0.4/24").Vlan(7));
        await _lab.ApplyAsync();
        await again.AttachAsync(vm3.Tap);
        await again.SetPortAsync(vm3.Tap, o => o with { Tag = 7 });
        (await vm3.PingAsync(vm5)).ShouldSucceed();
    }

    [LabFact]
    public async Task A_renamed_device_forwards_under_its_new_name()
    {
        await _vm2.Tap.RenameAsync("blue");
        (await _vm1.PingAsync(_vm2)).ShouldSucceed().Fate.ShouldReach(_vm2).Via("tap-vm1", "br0", "blue");
        Assert.Contains("blue", LabDrawing.Text(_lab), StringComparison.Ordinal);
        Assert.Equal("blue", _vm2.Tap.ReadLink().Name);
        Assert.Contains("has a device 'br0' already", (await Assert.ThrowsAsync<TopologyException>(() => _vm2.Tap.RenameAsync("br0"))).Message,
            StringComparison.Ordinal);
        _vm2.Tap.AddAltName("the-blue-one-of-the-second-vm");
        Assert.Equal(["the-blue-one-of-the-second-vm"], _vm2.Tap.ReadLink().AltNames);
        _vm2.Tap.RemoveAltName("the-blue-one-of-the-second-vm");
        Assert.Empty(_vm2.Tap.ReadLink().AltNames);
    }

    [LabFact]
    public async Task A_device_moves_to_another_node_with_its_addresses()
    {
        var other = _lab.AddNode("other");
        await _lab.ApplyAsync();
        var eth0 = _host.Device("eth0");
        await eth0.MoveToAsync(other);
        Assert.Same(other, eth0.Node);
        Assert.Empty(_host.Devices);
        (await other.PingAsync(_vm1)).ShouldSucceed();
        Assert.Contains("eth0 veth peer compute/host mtu 1500", (await other.ReadStateAsync()).ToString(), StringComparison.Ordinal);
        Assert.Equal(["lo"], (await _host.ReadStateAsync()).Links.Select(l => l.Name));
        Assert.Contains("a bridge stays", (await Assert.ThrowsAsync<TopologyException>(() => _bridge.MoveToAsync(other))).Message, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task A_vm_moves_to_another_compute_node()
    {
        var second = _lab.AddNode("compute2").AddBridge("br0");
        _lab.AddLink(_bridge.End("trunk"), second.End("trunk"));
        await _lab.ApplyAsync();
        await _vm2.Tap.MoveToAsync(second.Node);
        (await _vm1.PingAsync(_vm2)).ShouldFail();
        await second.AttachAsync(_vm2.Tap);
        (await _vm1.PingAsync(_vm2)).ShouldSucceed().Fate.ShouldReach(_vm2).Via("br0", "trunk", "trunk", "br0", "tap-vm2");
        Assert.Same(second.Node, _vm2.Node);
    }
}
