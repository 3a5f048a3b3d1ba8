using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Labs;

/// <summary>What a change of carrier brings with it is there when it is asked for.</summary>
public sealed class LinkWatchTests
{
    [LabFact]
    public async Task What_a_program_switched_on_is_usable_when_it_has_ended()
    {
        await using var lab = new Lab();
        Node a = lab.AddNode("a"), b = lab.AddNode("b");
        Bridge left = a.AddBridge("br0"), right = b.AddBridge("br0");
        lab.AddLink(left.End("v0"), right.End("v1"));
        FakeVm vm1 = a.AddVm("vm1", left, vm => vm.Address("10.0.0.1/24")), vm2 = b.AddVm("vm2", right, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        for (var i = 0; i < 50; i++)
        {
            (await b.ExecAsync("sh", "-c", "ip link set v1 down; ip link set v1 up; ip link set tap-vm2 nomaster; ip link set tap-vm2 master br0"))
                .EnsureSuccess();
            (await vm1.SendAsync(Packets.Frame.Udp(vm1, vm2, 53, "hello"))).ShouldReach(vm2);
        }
    }

    [LabFact]
    public Task What_is_set_up_is_usable_at_once() => SetUpAsync(b => b.AddBridge("br0"));

    [LabFact(Feature.OvsVswitchd, Feature.OvsdbServer)]
    public Task What_is_set_up_is_usable_at_once_by_Open_vSwitch_too() => SetUpAsync(b => b.AddOvsBridge("br0"));

    private static async Task SetUpAsync(Func<Node, Switch> far)
    {
        await using var lab = new Lab();
        Node a = lab.AddNode("a"), b = lab.AddNode("b");
        var (left, right) = (a.AddBridge("br0"), far(b));
        var v0 = lab.AddLink(left.End("v0"), right.End("v1")).A;
        FakeVm vm1 = a.AddVm("vm1", left, vm => vm.Address("10.0.0.1/24")), vm2 = b.AddVm("vm2", right, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        for (var i = 0; i < 50; i++)
        {
            var end = i % 2 == 0 ? v0 : v0.OtherEnd!;
            await end.SetUpAsync(false);
            await end.SetUpAsync(true);
            (await vm1.SendAsync(Packets.Frame.Udp(vm1, vm2, 53, "hello"))).ShouldReach(vm2);
            (await vm2.SendAsync(Packets.Frame.Udp(vm2, vm1, 53, "hello"))).ShouldReach(vm1);
        }
    }
}
