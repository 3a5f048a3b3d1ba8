using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two nodes with Open vSwitch, joined by a link that is a trunk: vm1 and vm2 are in VLAN 10, vm3 is in VLAN 20.</summary>
[Trait("Category", "Fate")]
public sealed class OvsLinkSituations
{
    private static readonly Dictionary<string, Situation> Table = new()
    {
        ["a tag at the sending trunk"] = new("ovs-vlan", "a/v0", "the frame is in VLAN 10 there", "ovs-vsctl set port v0 tag=30"),
        ["the VLAN's own tag at the sending trunk"] = new("ovs-vlan", "a/v0", "sends VLAN 10 without its tag, and v1 of bridge br-b",
            "ovs-vsctl set port v0 tag=10"),
        ["the VLAN is native at the sending trunk alone"] = new("ovs-vlan", "a/v0", "sends VLAN 10 without its tag",
            "ovs-vsctl set port v0 tag=10 vlan_mode=native-untagged"),
        ["double tags at the sending trunk"] = new("ovs-vlan", "a/v0", "sends VLAN 10 without its tag", "ovs-vsctl set port v0 vlan_mode=dot1q-tunnel tag=10"),
        ["the receiving trunk is an access port by its mode too"] = new("ovs-vlan", "b/v1", "configured as VLAN 10 access port",
            "b: ovs-vsctl set port v1 vlan_mode=access tag=10"),
        ["a tag at the receiving trunk"] = new("ovs-vlan", "b/v1", "configured as VLAN 30 access port", "b: ovs-vsctl set port v1 tag=30"),
        ["a sending trunk without the VLAN"] = new("ovs-vlan", "a/v0", "trunks=[20]", "ovs-vsctl set port v0 trunks=20"),
        ["another tag at the sender"] = new("ovs-vlan", "a/tap-vm1", "puts the frame in VLAN 20; in the lab's description it has tag=10",
            "ovs-vsctl set port tap-vm1 tag=20"),
        ["no tag at the sender"] = new("ovs-vlan", "a/tap-vm1", "puts the frame in no VLAN", "ovs-vsctl clear port tap-vm1 tag"),
        ["another tag at the receiver"] = new("ovs-vlan", "b/tap-vm2", "tag=11", "b: ovs-vsctl set port tap-vm2 tag=11"),
        ["the other end of the link is down"] = new("peer-down", "a/v0", "b/v1, is down", "b: ip link set dev v1 down"),
        ["a small MTU at the sending end"] = new("bridge-mtu", "a/v0", "1228 bytes is larger than the MTU 1000 of v0",
            "ip link set dev v0 mtu 1000") { Length = 1200 },
        ["a drop in the other node"] = new("ovs-flow", "b/v1", "br-b table 0, priority 9, udp: drop", "b: ovs-ofctl add-flow br-b priority=9,udp,actions=drop"),
        ["the receiving end was taken out of its bridge"] = new("not-a-port", "b/v1", "where the frame came in, is no port of Open vSwitch bridge br-b",
            "b: ovs-vsctl del-port v1"),
    };

    public static TheoryData<string> Names => [.. Table.Keys];

    [LabTheory(Feature.BpfTracing, Feature.OvsVswitchd), MemberData(nameof(Names))]
    public Task What_is_wrong_is_told_and_what_is_advised_mends_it(string situation) => Table[situation].CheckAsync(BuildAsync);

    private static Task BuildAsync(WiredScene scene)
    {
        Node a = scene.Lab.AddNode("a"), b = scene.Lab.AddNode("b");
        OvsBridge brA = a.AddOvsBridge("br-a"), brB = b.AddOvsBridge("br-b");
        scene.Lab.AddLink(brA.End("v0"), brB.End("v1"));
        a.AddVm("vm1", brA, vm => vm.Address("10.0.0.1/24").Vlan(10));
        b.AddVm("vm2", brB, vm => vm.Address("10.0.0.2/24").Vlan(10));
        b.AddVm("vm3", brB, vm => vm.Address("10.0.0.3/24").Vlan(20));
        return Task.CompletedTask;
    }
}
