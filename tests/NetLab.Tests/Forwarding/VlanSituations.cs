using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Bridges that filter VLANs, and VLAN devices, which take the tag off before a bridge looks: what is told of frames that they stop.</summary>
[Trait("Category", "Fate")]
public sealed class VlanSituations
{
    private static readonly Dictionary<string, Situation> Filtering = new()
    {
        ["a port without the VLAN"] = new("bridge-vlan", "b/tap-vm2", "VLAN 1, which tap-vm2 does not carry", "b: bridge vlan del dev tap-vm2 vid 1"),
        ["a port without a PVID"] = new("bridge-vlan", "a/tap-vm1", "takes no untagged frames", "bridge vlan del dev tap-vm1 vid 1"),
        ["a PVID that no other port carries"] = new("bridge-vlan", "a/v0", "VLAN 30, which v0 does not carry",
            "bridge vlan add dev tap-vm1 vid 30 pvid untagged"),
        ["a tag beside the range of a port"] = new("bridge-vlan", "a/tap-vm1", "does not carry VLAN 20", "bridge vlan add dev tap-vm1 vid 2-19",
            "bridge vlan add dev v0 vid 2-30", "b: bridge vlan add dev v1 vid 2-30", "b: bridge vlan add dev tap-vm2 vid 20") { Frame = Tagged(20) },
        ["a tag beside the range of a trunk"] = new("bridge-vlan", "a/v0", "VLAN 20, which v0 does not carry", "bridge vlan add dev tap-vm1 vid 2-29",
            "bridge vlan add dev v0 vid 2-19", "b: bridge vlan add dev v1 vid 2-30", "b: bridge vlan add dev tap-vm2 vid 20") { Frame = Tagged(20) },
        ["the other end of a trunk without the VLAN"] = new("bridge-vlan", "b/v1", "does not carry VLAN 20", "bridge vlan add dev tap-vm1 vid 20",
            "bridge vlan add dev v0 vid 20", "b: bridge vlan add dev tap-vm2 vid 20") { Frame = Tagged(20) },
        ["a VLAN that is blocked where it is to leave"] = new("egress-state", "b/tap-vm2", "there the VLAN is blocking",
            "b: bridge vlan set dev tap-vm2 vid 1 state blocking"),
        ["a VLAN that is blocked where it comes in"] = new("ingress-state", "b/v1", "there the VLAN is blocking",
            "b: bridge vlan set dev v1 vid 1 state blocking"),
        ["a VLAN that only learns"] = new("ingress-state", "a/tap-vm1", "there the VLAN is learning",
            "bridge vlan set dev tap-vm1 vid 1 state learning"),
        ["a tag of 802.1Q at a bridge of 802.1ad"] = new("bridge-vlan", "b/v1", "The tag vlan 20 is none to br0: its vlan_protocol is 802.1ad",
            "b: ip link set br0 type bridge vlan_protocol 802.1ad", "b: bridge vlan del dev v1 vid 1", "b: bridge vlan add dev v1 vid 20",
            "bridge vlan add dev tap-vm1 vid 20", "bridge vlan add dev v0 vid 20") { Frame = Tagged(20) },
        ["an entry of the FDB in the frame's VLAN"] = new("fdb-elsewhere", "b/tap-vm2", "is behind tap-vm3", "bridge vlan add dev tap-vm1 vid 20",
            "bridge vlan add dev v0 vid 20", "b: bridge vlan add dev v1 vid 20", "b: bridge vlan add dev tap-vm2 vid 20",
            "b: bridge vlan add dev tap-vm3 vid 20", "b: bridge fdb replace VM2 dev tap-vm3 vlan 20 master static") { Frame = Tagged(20) },
    };

    private static readonly Dictionary<string, Situation> Devices = new()
    {
        ["a VLAN device over a port takes the frame"] = new("not-a-port", "b/v1.20", "before bridge br0 sees it",
            "b: ip link add link v1 name v1.20 type vlan id 20", "b: ip link set v1.20 up") { Frame = Tagged(20) },
        ["a VLAN device over a port takes the frame, and has an address"] = new("not-a-port", "b/v1.20", "before bridge br0 sees it",
            "b: ip link add link v1 name v1.20 type vlan id 20", "b: ip link set v1.20 up", "b: ip address add 192.0.2.1/24 dev v1.20") { Frame = Tagged(20) },
        ["a VLAN device over a port is down"] = new("device-down", "b/v1.20", "takes what is tagged with VLAN 20 from v1, is down",
            "b: ip link add link v1 name v1.20 type vlan id 20") { Frame = Tagged(20) },
        ["the device of the VLAN is down"] = new("device-down", "b/v2.10", "takes what is tagged with VLAN 10 from v2, is down", "b: ip link set v2.10 down")
            { Frame = Tagged(10, "vm4"), To = "vm4" },
        ["the device of the VLAN is no port"] = new("not-a-port", "b/v2.10", "v2.10 is no port of a bridge", "b: ip link set v2.10 nomaster")
            { Frame = Tagged(10, "vm4"), To = "vm4" },
        ["the device of the inner VLAN is down"] = new("device-down", "b/v2.100.10", "takes what is tagged with VLAN 10 from v2.100, is down",
            "b: ip link set v2.100.10 down") { Frame = Tagged(10, "vm5", outer: 100), To = "vm5" },
        ["the device of the outer VLAN is down"] = new("device-down", "b/v2.100", "takes what is tagged with VLAN 100 of 802.1ad from v2, is down",
            "b: ip link set v2.100 down") { Frame = Tagged(10, "vm5", outer: 100), To = "vm5" },
        ["the way back: the device of the VLAN is down"] = new("port-down", "b/v2.10", "skips v2.10: it is down", "b: ip link set v2.10 down")
            { From = "vm4", To = "vm1" },
        ["the way back: the device below is down"] = new("port-down", "b/v2.10", "it is down, as is v2 below it", "b: ip link set v2 down")
            { From = "vm4", To = "vm1" },
        ["the way back: the MTU of the device of the VLAN"] = new("bridge-mtu", "b/v2.10", "larger than the MTU 1000 of v2.10", "b: ip link set v2.10 mtu 1000")
            { From = "vm4", To = "vm1", Length = 1400 },
    };

    public static TheoryData<string> FilteringNames => [.. Filtering.Keys];

    public static TheoryData<string> DeviceNames => [.. Devices.Keys];

    [LabTheory(Feature.BpfTracing, Feature.BridgeVlanFiltering), MemberData(nameof(FilteringNames))]
    public Task What_a_bridge_filters_is_told_and_what_is_advised_mends_it(string situation) =>
        Filtering[situation] is var row ? (row with { Break = [.. Filters, .. row.Break] }).CheckAsync(BuildAsync) : Task.CompletedTask;

    [LabTheory(Feature.BpfTracing, Feature.Vlan), MemberData(nameof(DeviceNames))]
    public Task What_a_VLAN_device_takes_or_stops_is_told_and_what_is_advised_mends_it(string situation) =>
        Devices[situation].CheckAsync(BuildWithDevicesAsync);

    [LabTheory(Feature.Vlan)]
    [InlineData(11, 0, "v2", "tagged with VLAN 11, and b/v2 has no device for that VLAN.", "v2.11")]
    [InlineData(0, 10, "v2", "tagged with VLAN 10 of 802.1ad, and b/v2 has no device for that VLAN: v2.10 has its number, and takes VLAN 10.", "v2.10-ad")]
    [InlineData(10, 101, "v2", "tagged with VLAN 101 of 802.1ad, and b/v2 has no device for that VLAN.", "v2.101")]
    [InlineData(11, 100, "v2.100", "tagged with VLAN 11, and b/v2.100 has no device for that VLAN.", "v2.100.11")]
    public async Task A_tag_without_a_device_is_told_with_the_device_that_takes_it(int inner, int outer, string device, string says, string made)
    {
        foreach (var tracing in (FrameTracing[])[FrameTracing.Kernel, FrameTracing.PacketSockets])
        {
            await using var scene = new WiredScene(tracing);
            await BuildWithDevicesAsync(scene);
            await scene.Lab.ApplyAsync();
            var node = scene.Node("b");
            var fate = await scene["vm1"].SendAsync(Tagged(inner, "vm4", outer)(scene));
            var reason = fate.EndsBy("vlan-unknown", $"b/{device}", says);
            await reason.ApplyAsync();
            await node.DoAsync($"ip link set {made} up");

            await scene["vm1"].SendAsync(Tagged(inner, "vm4", outer)(scene));

            Assert.Equal(1u, node.Live.Route.FindLink(made)!.Statistics.RxPackets);
        }
    }

    [LabFact(Feature.BridgeVlanFiltering, Feature.Clsact)]
    public async Task What_a_filter_of_tc_may_have_changed_before_the_bridge_saw_it_is_not_told_of_the_frame_as_it_came()
    {
        await using var scene = new WiredScene(FrameTracing.PacketSockets);
        await BuildAsync(scene);
        await scene.Lab.ApplyAsync();
        await scene.Node("a").DoAsync([Filters[0], "bridge vlan add dev tap-vm1 vid 20", "bridge vlan add dev v0 vid 20"]);
        await scene.Node("b").DoAsync([Filters[0], "bridge vlan add dev v1 vid 20", "bridge vlan del dev v1 vid 1", "tc qdisc add dev v1 clsact",
            "tc filter add dev v1 ingress protocol 802.1q u32 match u32 0 0 action vlan pop"]);

        var fate = await scene["vm1"].SendAsync(Tagged(20)(scene));

        Assert.DoesNotContain(scene["vm2"].Received, r => r.Frame.Udp is not null);
        Assert.All(fate.Copies, c => Assert.Null(c.Reason)); // VLAN 20 is carried by no other port, and that is not why
    }

    private static readonly string[] Filters = ["ip link set br0 type bridge vlan_filtering 1", "b: ip link set br0 type bridge vlan_filtering 1"];

    private static Func<WiredScene, Frame> Tagged(int tag, string to = "vm2", int outer = 0) => s =>
    {
        var frame = Frame.Udp(s["vm1"].Mac, s[to].Mac, s["vm1"].Address, s[to].Address, 40_000, 53, new byte[20], new IpOptions { Identification = 4711 });
        frame = tag == 0 ? frame : frame.WithVlan(VlanTag.Of(tag));
        return outer == 0 ? frame : frame.WithVlan(VlanTag.Of(outer, protocol: VlanSpec.Dot1Ad));
    };

    private static Task BuildAsync(WiredScene scene) => scene.BuildTwoBridgesAsync();

    // A second link, with the devices of a VLAN and of a VLAN in another; vm4 and vm5 are behind them.
    private static async Task BuildWithDevicesAsync(WiredScene scene)
    {
        await BuildAsync(scene);
        var node = scene.Node("b");
        var link = scene.Lab.AddLink(scene.Node("a").Switches.OfType<Bridge>().Single().End("w0"), node.End("v2")).B;
        Bridge ten = node.AddBridge("br10"), inner = node.AddBridge("br-in");
        ten.Attach(node.AddDevice(link, index => new VlanSpec("v2.10", index, 10)));
        var outer = node.AddDevice(link, index => new VlanSpec("v2.100", index, 100) { Protocol = VlanSpec.Dot1Ad });
        inner.Attach(node.AddDevice(outer, index => new VlanSpec("v2.100.10", index, 10)));
        node.AddVm("vm4", ten, vm => vm.Address("10.0.0.4/24"));
        node.AddVm("vm5", inner, vm => vm.Address("10.0.0.5/24"));
    }
}
