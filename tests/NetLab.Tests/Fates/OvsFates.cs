using NetLab;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Fates;

/// <summary>Why Open vSwitch lets a frame go nowhere.</summary>
[Trait("Category", "Fate")]
public sealed class OvsFates
{
    [LabFact(Feature.BpfTracing, Feature.OvsVswitchd)]
    public async Task A_VLAN_that_a_trunk_does_not_carry_is_told_in_the_words_of_Open_vSwitch()
    {
        await using var lab = new Lab(FateAssert.Traced);
        Node a = lab.AddNode("a"), b = lab.AddNode("b");
        OvsBridge brA = a.AddOvsBridge("br-a"), brB = b.AddOvsBridge("br-b");
        Link link = lab.AddLink(brA.End("v0"), brB.End("v1"));
        FakeVm vm1 = a.AddVm("vm1", brA, vm => vm.Address("10.0.0.1/24").Vlan(10));
        FakeVm vm2 = b.AddVm("vm2", brB, vm => vm.Address("10.0.0.2/24").Vlan(10));
        brB.Port(b.Device("v1")).Options = OvsPortOptions.Trunk(20);
        await lab.ApplyAsync();
        Fate fate = await vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "hello"));
        fate.EndsBy("ovs-vlan", "b/v1", "dropping VLAN 10 packet received on port v1 not configured for trunking VLAN 10");
        fate.ShouldNotReach(vm2);
    }
}
