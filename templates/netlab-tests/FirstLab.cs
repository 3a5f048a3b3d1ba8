using NetLab;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLabTests;

public sealed class FirstLab
{
    [LabFact]
    public async Task A_datagram_crosses_the_bridge()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("compute").AddBridge("br0");
        var vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
        var vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        await lab.ApplyAsync();

        (await vm1.PingAsync(vm2)).ShouldSucceed();

        var fate = await vm1.SendAsync(Frame.Udp(from: vm1, to: vm2, port: 53, "hello"));
        fate.ShouldReach(vm2).Via("tap-vm1", "br0", "tap-vm2");
    }
}
