using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two nodes whose bridges of Open vSwitch are joined by a tunnel over another bridge, which has the addresses.</summary>
[Trait("Category", "Fate")]
public sealed class OvsTunnelSituations
{
    private static readonly Dictionary<string, (string Type, Situation Situation)> Table = new()
    {
        ["another key"] = ("vxlan", new("ovs-no-tunnel", "b/tun0", "takes the vxlan packet with key 42 from 192.168.1.1 to 192.168.1.2: tun0 has key=43",
            "b: ovs-vsctl set interface tun0 options:key=43")),
        ["another key of Geneve"] = ("geneve", new("ovs-no-tunnel", "b/tun0", "tun0 has key=43", "b: ovs-vsctl set interface tun0 options:key=43")),
        ["a key of GRE at one end"] = ("gre", new("ovs-no-tunnel", "b/tun0", "with key 0 from", "ovs-vsctl remove interface tun0 options key")),
        ["a key that flows should set"] = ("vxlan", new("ovs-no-tunnel", "b/tun0", "with key 0 from", "ovs-vsctl set interface tun0 options:key=flow")),
        ["a tunnel to somebody else"] = ("geneve", new("ovs-no-tunnel", "b/tun0", "tun0 has remote_ip=192.168.1.9",
            "b: ovs-vsctl set interface tun0 options:remote_ip=192.168.1.9")),
        ["a tunnel from another address"] = ("vxlan", new("ovs-no-tunnel", "b/tun0", "tun0 has local_ip=192.168.1.9",
            "b: ovs-vsctl set interface tun0 options:local_ip=192.168.1.9")),
        ["a sender without the tunnel's address"] = ("vxlan", new("ovs-tunnel", "a/tun0", "192.168.1.1, the local_ip of tunnel tun0, is no address of a",
            "ip addr flush dev br-phy")),
        ["a receiver without the tunnel's address"] = ("geneve", new("ovs-tunnel", "b/tun0", "192.168.1.2, the local_ip of tunnel tun0, is no address of b",
            "b: ip addr flush dev br-phy")),
        ["a sender's tunnel from an address that it has not"] = ("gre", new("ovs-tunnel", "a/tun0", "192.168.1.77, the local_ip of tunnel tun0",
            "ovs-vsctl set interface tun0 options:local_ip=192.168.1.77")),
        ["a tunnel that is not flooded to"] = ("vxlan", new("ovs-port-config", "a/tap-vm1", "not to tun0: the port has no-flood",
            "ovs-ofctl mod-port br-int tun0 no-flood")),
        ["a tunnel that takes nothing in"] = ("geneve", new("ovs-port-config", "b/eth1", "the port has no-receive (tun0 config: NO_RECV)",
            "b: ovs-ofctl mod-port br-int tun0 no-receive")),
        ["another UDP port"] = ("vxlan", new("ovs-no-tunnel", "b/tun0", "tun0 has dst_port=4790", "b: ovs-vsctl set interface tun0 options:dst_port=4790")),
        ["another type"] = ("gre", new("ovs-no-tunnel", "b/tun0", "takes the gre packet with key 42 from 192.168.1.1 to 192.168.1.2: tun0 is of type vxlan",
            "b: ovs-vsctl set interface tun0 type=vxlan")),
        ["the receiving tunnel is gone"] = ("geneve", new("ovs-no-tunnel", "b/tun0", "is not there (any more)", "b: ovs-vsctl del-port tun0")),
        ["another end that nobody has"] = ("vxlan", new("ovs-tunnel", "a/tun0",
            "192.168.1.9, the other end, has not answered its ARP request; nobody in the lab",
            "ovs-vsctl set interface tun0 options:remote_ip=192.168.1.9")),
        ["another end without a route"] = ("gre", new("ovs-tunnel", "a/tap-vm1", "cannot be reached from a",
            "ovs-vsctl set interface tun0 options:remote_ip=172.16.1.9")),
        ["the bridge with the address is down"] = ("vxlan", new("ovs-tunnel", "a/tap-vm1", "cannot be reached from a", "ip link set dev br-phy down")),
        ["a tag at the sending tunnel"] = ("geneve", new("ovs-vlan", "a/tap-vm1", "Port tun0 has tag=7", "ovs-vsctl set port tun0 tag=7")),
        ["a flow behind the tunnel"] = ("vxlan", new("ovs-flow", "b/eth1", "Open vSwitch takes it out of tunnel tun0, and bridge br-int sends it to no port",
            "b: ovs-ofctl add-flow br-int in_port=tun0,priority=8,actions=drop")),
        ["a flow below the tunnel"] = ("gre", new("ovs-flow", "b/eth1", "br-phy table 0, priority 9, ip: drop",
            "b: ovs-ofctl add-flow br-phy priority=9,ip,actions=drop")),
        ["the link below is down"] = ("geneve", new("peer-down", "a/eth1", "b/eth1, is down", "b: ip link set dev eth1 down")),
        ["larger than the link below takes"] = ("vxlan", new("bridge-mtu", "a/eth1", "1528 bytes is larger than the MTU 1500 of eth1")
            { Length = 1450, Mends = false }),
        ["a small MTU below"] = ("gre", new("bridge-mtu", "a/eth1", "The tunnel's headers are 42 bytes of it",
            "ip link set dev eth1 mtu 1000") { Length = 1000 }),
    };

    public static TheoryData<string> Names => [.. Table.Keys];

    [LabTheory(Feature.BpfTracing, Feature.OvsVswitchd), MemberData(nameof(Names))]
    public Task What_is_wrong_is_told_and_what_is_advised_mends_it(string situation) =>
        Table[situation].Situation.CheckAsync(scene => BuildAsync(scene, Table[situation].Type));

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData(FrameTracing.Kernel)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task What_comes_by_two_tunnels_comes_twice_and_nothing_is_lost(FrameTracing tracing)
    {
        await using var scene = new WiredScene(tracing);
        await BuildAsync(scene, "vxlan");
        await scene.Lab.ApplyAsync();
        await scene.Node("a").DoAsync("ovs-vsctl add-port br-int tun1 -- set interface tun1 type=vxlan options:remote_ip=192.168.1.2 options:key=42");
        await scene.Lab.SettleAsync();
        var fate = await scene["vm1"].SendAsync(Frame.Udp(scene["vm1"], scene["vm2"], 53, "twice"));
        fate.ShouldReach(scene["vm2"]).Times(2);
        Assert.Equal(2, scene["vm2"].Received.Count(r => r.Frame.Udp is not null));
        Assert.All(fate.Copies, copy => Assert.Equal(CopyEnd.Delivered, copy.End));
    }

    private static Task BuildAsync(WiredScene scene, string type)
    {
        Node[] nodes = [scene.Lab.AddNode("a"), scene.Lab.AddNode("b")];
        var below = nodes.Select((node, i) => (OvsBridge)node.AddOvsBridge("br-phy").AddAddress($"192.168.1.{i + 1}/24")).ToList();
        scene.Lab.AddLink(below[0].End("eth1"), below[1].End("eth1"));
        for (var i = 0; i < 2; i++)
        {
            var bridge = nodes[i].AddOvsBridge("br-int");
            bridge.AddTunnel("tun0", type,
                new Dictionary<string, string> { ["remote_ip"] = $"192.168.1.{2 - i}", ["local_ip"] = $"192.168.1.{i + 1}", ["key"] = "42" });
            nodes[i].AddVm($"vm{i + 1}", bridge, vm => vm.Address($"10.0.0.{i + 1}/24"));
        }

        return Task.CompletedTask;
    }
}
