using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>One thing that is wrong in the wiring of two compute nodes, what is told of a frame that does not arrive, and the advice that mends it.</summary>
public sealed class WiringSituations
{
    private const string Tap1 = "tap0c1383d0-c8", Tap2 = "tap4a1b5e21-77";

    // The command, its node, the cause, the place, words of the sentence, and the command that is advised; null where the advice is words.
    public static TheoryData<string, string, string, string, string, string?> Rows { get; } = new()
    {
        { "compute1", $"ovs-vsctl set port {Tap1} tag=4095", "ovs-vlan", $"compute1/{Tap1}", "(the VLAN of ports that are dead to Neutron)",
            $"ovs-vsctl set port {Tap1} tag=1" },
        { "compute1", $"ovs-vsctl set port {Tap1} tag=4095 vlan_mode=trunk trunks=4095", "ovs-vlan", $"compute1/{Tap1}",
            "takes no untagged frame, as a trunk of VLAN 4095", $"ovs-vsctl clear port {Tap1} vlan_mode trunks -- set port {Tap1} tag=1" },
        { "compute1", $"ovs-vsctl set port {Tap1} tag=2", "ovs-vlan", $"compute1/{Tap1}", "puts the frame in VLAN 2; in the lab's description it has tag=1",
            $"ovs-vsctl set port {Tap1} tag=1" },
        { "compute1", $"ovs-vsctl clear port {Tap1} tag", "ovs-vlan", $"compute1/{Tap1}", "puts the frame in no VLAN", $"ovs-vsctl set port {Tap1} tag=1" },
        { "compute2", $"ovs-vsctl set port {Tap2} tag=4095", "ovs-vlan", $"compute2/{Tap2}", $"the frame is in VLAN 5 there. Port {Tap2} has tag=4095",
            $"ovs-vsctl set port {Tap2} tag=5" },
        { "compute2", "ovs-ofctl mod-flows br-tun table=4,tun_id=100,actions=mod_vlan_vid:6,resubmit(,10)", "ovs-vlan", $"compute2/{Tap2}",
            "the frame is in VLAN 6 there",
            $"ovs-vsctl set port {Tap2} tag=6" },
        { "compute2", "ovs-ofctl del-flows br-tun table=4,tun_id=100", "ovs-flow", "compute2/eth1",
            "takes it out of tunnel vxlan-c0a80101, and bridge br-tun", null },
        { "compute1", "ovs-vsctl del-port patch-tun", "ovs-patch", $"compute1/{Tap1}",
            "the patch port patch-tun of Open vSwitch bridge br-int is not there", "" },
        { "compute1", "ovs-vsctl del-port vxlan-c0a80102", "ovs-no-port", $"compute1/{Tap1}", "Nonexistent output port (br-tun table 20", "" },
        { "compute1", "ovs-vsctl set interface vxlan-c0a80102 options:remote_ip=192.168.1.9", "ovs-tunnel", "compute1/vxlan-c0a80102", "nobody in the lab has",
            "ovs-vsctl set interface vxlan-c0a80102 options:remote_ip=192.168.1.2" },
        { "compute2", "ip link set dev eth1 mtu 1000", "veth-mtu", "fabric/p2", "is larger than the MTU 1000 of compute2/eth1",
            "ip link set dev eth1 mtu 1078" },
    };

    [LabTheory(Feature.BpfTracing, Feature.OvsVswitchd), MemberData(nameof(Rows))]
    [Trait("Category", "Fate")]
    public Task What_is_wrong_is_told_and_what_is_advised_mends_it(string node, string command, string cause, string place, string says, string? advised) =>
        Task.WhenAll(new[] { FrameTracing.Kernel, FrameTracing.PacketSockets }
            .Select(level => Task.Run(() => CheckAsync(level, node, command, cause, place, says, advised))));

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData(FrameTracing.Kernel)]
    [InlineData(FrameTracing.PacketSockets)]
    [Trait("Category", "Fate")]
    public async Task An_answer_is_followed_through_a_tunnel_to_its_end(FrameTracing tracing)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var (one, two) = Describe(lab);
        await lab.ApplyAsync();
        var first = lab.Nodes.Single(n => n.Name == "compute1");
        (await first.ExecAsync("ovs-ofctl", "del-flows", "br-tun", "table=4")).EnsureSuccess();
        await lab.SettleAsync();
        var ping = await one.PingAsync(two);
        Assert.Equal("compute1/eth1", ping.Why?.Place);
        Assert.Contains("no flow of table 4 matches it in bridge br-tun", ping.Why?.Sentence, StringComparison.Ordinal);
    }

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData(FrameTracing.Kernel)]
    [InlineData(FrameTracing.PacketSockets)]
    [Trait("Category", "Fate")]
    public async Task What_a_port_may_not_send_is_told_with_what_the_table_is_for(FrameTracing tracing)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var node = lab.AddNode("compute1");
        var brInt = node.AddIntegrationBridge();
        FakeVm Plug(int number) => node.AddNativePlug(brInt, Ports.All[number - 1], 1, $"vm0{number}",
            guest => guest.Mac($"fa:16:3e:00:00:0{number}").Address($"10.0.0.1{number}/24"));
        FakeVm one = Plug(1), two = Plug(2);
        await lab.ApplyAsync();
        var poison = await one.SendAsync(Frame.ArpRequest(one.Mac, IPAddress.Parse("10.0.0.66"), two.Address));
        Assert.Contains("table 24, priority 0: drop (in Neutron's br-int this table lets a port send ARP packets", poison.WhyNot(two)?.Sentence,
            StringComparison.Ordinal);
        var masked = await one.SendAsync(Frame.Ethernet(MacAddress.Parse("fa:16:3e:99:99:99"), two.Mac, 0x88b5, new byte[50]));
        Assert.Contains("table 25 matches it in bridge br-int", masked.WhyNot(two)?.Sentence, StringComparison.Ordinal);
        Assert.Contains("from its own MAC addresses alone", masked.WhyNot(two)?.Sentence, StringComparison.Ordinal);
        Assert.Empty(two.Received);
    }

    private static async Task CheckAsync(FrameTracing tracing, string node, string command, string cause, string place, string says, string? advised)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var (one, two) = Describe(lab);
        await lab.ApplyAsync();
        await DoAsync(lab.Nodes.Single(n => n.Name == node), command);

        var fate = await SendAsync();
        fate.ShouldNotReach(two);
        Assert.DoesNotContain(two.Received, r => r.Frame.Udp is not null);
        var reason = fate.WhyNot(two);
        Assert.True(reason is not null, fate.Describe());
        Assert.True((cause, place) == (reason.Cause.Word, reason.Place) && reason.Sentence.Contains(says, StringComparison.Ordinal), reason.Describe());
        if (advised is null)
        {
            Assert.DoesNotContain("ovs-", reason.Remedy, StringComparison.Ordinal);
            return;
        }

        Assert.StartsWith(advised, reason.Remedy, StringComparison.Ordinal);
        await DoAsync(reason.Remedy!.Contains($"in node {node}", StringComparison.Ordinal) ? lab.Nodes.Single(n => n.Name == node) : reason.Node,
            reason.Remedy.Split(", in node ")[0]);
        (await SendAsync()).ShouldReach(two);
        Assert.Contains(two.Received, r => r.Frame.Udp is not null);

        Task<Fate> SendAsync() => one.SendAsync(Frame.Udp(one, two, 53, new string('x', 1000)));

        async Task DoAsync(Node at, string line)
        {
            var words = line.Split(' ');
            (await at.ExecAsync(words[0], words[1..])).EnsureSuccess();
            await lab.SettleAsync();
        }
    }

    // Two compute nodes, and a VM on each.
    private static (FakeVm One, FakeVm Two) Describe(Lab lab)
    {
        var fabric = lab.AddNode("fabric").AddBridge("br0");
        FakeVm one = Compute(1, 1), two = Compute(2, 5);
        lab.ConnectTunnels();
        return (one, two);

        FakeVm Compute(int number, int vlan)
        {
            var compute = lab.AddNode($"compute{number}");
            var below = compute.AddOvsBridge("br-phy").AddAddress($"192.168.1.{number}/24").Node;
            lab.AddLink(below.End("eth1"), fabric.End($"p{number}"));
            ((OvsBridge)compute.Device("br-phy")).Attach(compute.Device("eth1"));
            var brInt = compute.AddIntegrationBridge();
            compute.AddTunnelBridge(brInt, new TunnelBridgeOptions
            {
                LocalIp = IPAddress.Parse($"192.168.1.{number}"), Type = "vxlan", L2Population = true, Networks = [new TunnelledNetwork(vlan, 100)],
            });
            return compute.AddNativePlug(brInt, Ports.All[number - 1], vlan, $"vm0{number}",
                guest => guest.Mac($"fa:16:3e:00:00:0{number}").Address($"10.0.0.1{number}/24"));
        }
    }
}
