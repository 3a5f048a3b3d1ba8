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
}
