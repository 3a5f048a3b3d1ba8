using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>A VM behind a bridge, and another behind a macvlan over the other end of the bridge's link.</summary>
[Trait("Category", "Fate")]
public sealed class MacvlanSituations
{
    private static readonly Dictionary<string, (MacvlanMode Mode, Situation Situation)> Table = new()
    {
        ["a macvlan that takes all is down"] = (MacvlanMode.Passthru, new("device-down", "b/mv0", "a macvlan over v1 that is to take the frame, is down",
            "b: ip link set mv0 down")),
        ["a macvlan that takes all is no port"] = (MacvlanMode.Passthru, new("not-a-port", "b/mv0", "mv0 is no port of",
            "b: ip link set mv0 nomaster")),
        ["a macvlan of listed senders, of which there is none"] = (MacvlanMode.Source, new("macvlan-source", "b/mv0", "is not on it")),
        ["a macvlan of listed senders, of whom it is none"] = (MacvlanMode.Source, new("macvlan-source", "b/mv0", "is not on it",
            "b: ip link set mv0 type macvlan macaddr add 02:00:00:00:00:01")),
    };

    public static TheoryData<string> Names => [.. Table.Keys];

    [LabTheory(Feature.BpfTracing, Feature.Macvlan), MemberData(nameof(Names))]
    public Task What_a_macvlan_does_not_take_is_told_and_what_is_advised_mends_it(string situation) =>
        Table[situation].Situation.CheckAsync(scene => BuildAsync(scene, Table[situation].Mode));

    [LabFact(Feature.BpfTracing, Feature.Macvlan)]
    public async Task Of_what_a_macvlan_of_listed_senders_took_the_device_below_drops_no_copy_that_anybody_misses()
    {
        await using var scene = new WiredScene(FrameTracing.Kernel);
        await BuildAsync(scene, MacvlanMode.Source);
        await scene.Lab.ApplyAsync();
        await scene.Node("b").DoAsync($"ip link set mv0 type macvlan macaddr add {scene["vm1"].Mac}");

        var fate = await scene["vm1"].SendAsync(Frame.Udp(scene["vm1"], scene["vm2"], 53, "by its sender"));

        fate.ShouldReach(scene["vm2"]).Once();
        Assert.DoesNotContain(fate.Copies, c => c.End is CopyEnd.Dropped);
    }

    private static Task BuildAsync(WiredScene scene, MacvlanMode mode)
    {
        Node a = scene.Lab.AddNode("a"), b = scene.Lab.AddNode("b");
        Bridge first = a.AddBridge("br0"), second = b.AddBridge("br1");
        var link = scene.Lab.AddLink(first.End("v0"), b.End("v1")).B;
        second.Attach(b.AddDevice(link, index => new MacvlanSpec("mv0", index, mode)));
        a.AddVm("vm1", first, vm => vm.Address("10.0.0.1/24"));
        b.AddVm("vm2", second, vm => vm.Address("10.0.0.2/24"));
        return Task.CompletedTask;
    }
}
