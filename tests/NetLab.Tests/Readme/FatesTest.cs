using NetLab.Packets;
using NetLab.Xunit;


namespace NetLab.Tests.Readme;

public class FatesTest
{
    // README: frames
    [LabFact]
    public async Task A_bridge_sends_a_known_address_to_one_port_alone()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("compute").AddBridge("br0");
        var vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
        var vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
        var vm3 = bridge.Node.AddVm("vm3", bridge, vm => vm.Address("10.0.0.3/24"));
        await lab.ApplyAsync();

        (await vm1.PingAsync(vm2)).ShouldSucceed();
        var fate = await vm1.SendAsync(Frame.Udp(from: vm1, to: vm2, port: 53, "hello"));
        fate.ShouldReach(vm2).Once().Via("tap-vm1", "br0", "tap-vm2");
        fate.ShouldNotReach(vm3).ShouldNotComeBack();
    }
    // README: end
}
