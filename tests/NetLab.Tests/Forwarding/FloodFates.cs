using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>A frame that is followed among many others.</summary>
[Trait("Category", "Fate")]
public sealed class FloodFates
{
    [LabFact(Feature.BpfTracing)]
    public async Task No_record_of_a_followed_frame_is_lost_behind_thousands_of_others()
    {
        await using var lab = new Lab(FateAssert.Traced);
        var bridge = lab.AddNode("compute").AddBridge("br0");
        FakeVm vm1 = Vm(1), vm2 = Vm(2), vm3 = Vm(3);
        await lab.ApplyAsync();
        vm2.Inject(Frame.Broadcast(vm2, "here").Bytes.Span); // so that the bridge sends to each what is for it alone
        vm3.Inject(Frame.Broadcast(vm3, "there").Bytes.Span);
        Frame other = Frame.Udp(vm1, vm3, 9, "other"), followed = Frame.Udp(vm1, vm2, 53, "followed");
        var sent = new SentFrame(vm1.Name, vm1, vm1.Node, followed, FrameIdentity.Of(followed));

        using var observation = lab.Watch().Observe();
        for (var i = 0; i < 6000; i++)
        {
            vm1.Inject(other.Bytes.Span);
        }

        vm1.Inject(followed.Bytes.Span);
        await lab.SettleAsync();
        var seen = observation.Take(sent);

        Assert.Equal(0, seen.Lost);
        var copy = Assert.Single(Company.CopiesOf(sent, seen));
        Assert.Equal(["tap-vm1", "tap-vm2"], copy.Hops.Select(h => h.Device));

        FakeVm Vm(int number) => bridge.Node.AddVm($"vm{number}", bridge, vm => vm.Address($"10.0.0.{number}/24"));
    }
}
