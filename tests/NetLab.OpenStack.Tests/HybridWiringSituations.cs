using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.OpenStack.Tests;

/// <summary>One thing that is wrong between a VM at a hybrid plug, with a security group, and one behind a tunnel: what is told, and what mends it.</summary>
public sealed class HybridWiringSituations
{
    private const string Ovs = "neutron-openvswi", Id = "0c1383d0-c", Qvo = "qvo0c1383d0-c8", Tap1 = "tap0c1383d0-c8";

    // Who sends, the command and its node, the cause, the place, words of the sentence, and the command that is advised; null where the advice is words.
    public static TheoryData<int, string, string, string, string, string, string?> Rows { get; } = new()
    {
        { 1, "compute1", $"iptables -I {Ovs}-o{Id} 3 -p udp --dport 53 -j DROP", "iptables-rule", "compute1/qvb0c1383d0-c8", $"rule 3 of chain \"{Ovs}-o{Id}\"",
            $"iptables -D {Ovs}-o{Id} -p udp -m udp --dport 53 -j DROP" },
        { 1, "compute1", $"iptables -R {Ovs}-s{Id} 1 -s 10.0.0.11/32 -m mac --mac-source FA:16:3E:00:00:99 -j RETURN", "iptables-rule",
            "compute1/qvb0c1383d0-c8", $"Neutron's chain lets port {Id} send from its own addresses alone, not from 10.0.0.11 with fa:16:3e:00:00:01.",
            $"iptables -I {Ovs}-s{Id} -s 10.0.0.11 -m mac --mac-source fa:16:3e:00:00:01 -j RETURN" },
        { 2, "compute1", $"iptables -D {Ovs}-i{Id} -p udp -m udp --dport 53 -j RETURN", "iptables-rule", $"compute1/{Tap1}",
            $"No rule of its security groups lets it come in to port {Id}.", $"iptables -I {Ovs}-i{Id} -p udp -m udp --dport 53 -j RETURN" },
        { 2, "compute1", $"ip link set dev {Qvo} mtu 1000", "bridge-mtu", $"compute1/{Qvo}", "The packet of 1028 bytes is larger than the MTU 1000",
            $"ip link set dev {Qvo} mtu 1028" },
        { 1, "compute1", "ip link set dev eth1 mtu 1000", "bridge-mtu", "compute1/eth1", "The packet of 1078 bytes is larger than the MTU 1000",
            "ip link set dev eth1 mtu 1078" },
        { 2, "compute1", $"ovs-vsctl del-port {Qvo}", "not-a-port", $"compute1/{Qvo}", $"{Qvo} is no port of Open vSwitch bridge br-int (any more)",
            $"ovs-vsctl add-port br-int {Qvo} tag=1" },
        { 1, "compute1", "ovs-ofctl add-flow br-tun table=2,priority=2,dl_dst=fa:16:3e:00:00:02,actions=drop", "ovs-flow", $"compute1/{Qvo}",
            "br-tun table 2, priority 2", "" },
        { 1, "compute1", "ovs-ofctl mod-flows br-tun table=20,dl_dst=fa:16:3e:00:00:02,actions=strip_vlan,set_field:100->tun_id,output:vxlan-c0a80103",
            "ovs-flow", $"compute1/{Qvo}", "br-tun sends it into tunnel vxlan-c0a80103 to 192.168.1.3, and not to compute2",
            "ovs-ofctl --strict mod-flows br-tun 'table=20,priority=2,dl_vlan=1,dl_dst=fa:16:3e:00:00:02,actions=strip_vlan,load:0x64->NXM_NX_TUN_ID[],"
                + "output:vxlan-c0a80102'" },
        { 1, "compute2", "ovs-vsctl set port tap4a1b5e21-77 tag=4095 vlan_mode=trunk trunks=4095", "ovs-vlan", "compute2/tap4a1b5e21-77",
            "has tag=4095 trunks=[4095] vlan_mode=trunk", "ovs-vsctl clear port tap4a1b5e21-77 vlan_mode trunks -- set port tap4a1b5e21-77 tag=5" },
        { 1, "compute2", "ovs-ofctl del-flows br-tun table=0,in_port=vxlan-c0a80101", "ovs-flow", "compute2/eth1",
            "br-tun table 0, priority 0: drop (in Neutron's br-tun this table knows the tunnels and the patch port)",
            "ovs-ofctl add-flow br-tun 'table=0,priority=1,in_port=vxlan-c0a80101,actions=resubmit(,4)'" },
        { 2, "compute2", "ovs-ofctl del-flows br-int table=25", "ovs-no-flow", "compute2/tap4a1b5e21-77", "from its own MAC addresses alone",
            "ovs-ofctl add-flow br-int 'table=25,priority=2,in_port=tap4a1b5e21-77,dl_src=fa:16:3e:00:00:02,actions=resubmit(,30)'" },
        { 1, "compute2", "ovs-ofctl del-flows br-int", "ovs-no-flow", "compute2/eth1", "no flow of table 0 matches it in bridge br-int", "" },
        { 1, "compute2", "ovs-ofctl del-flows br-tun table=10", "ovs-no-flow", "compute2/eth1", "this table learns what is behind which tunnel", null },
    };

    [LabTheory(Feature.BpfTracing, Feature.OvsVswitchd, Feature.IptablesProgram, Feature.BridgeNetfilter), MemberData(nameof(Rows))]
    [Trait("Category", "Fate")]
    public Task What_is_wrong_is_told_and_what_is_advised_mends_it(
        int sender, string node, string command, string cause, string place, string says, string? advised) =>
        Task.WhenAll(new[] { FrameTracing.Kernel, FrameTracing.PacketSockets }
            .Select(level => Task.Run(() => CheckAsync(level, sender, node, command, cause, place, says, advised))));

    private static async Task CheckAsync(
        FrameTracing tracing, int sender, string node, string command, string cause, string place, string says, string? advised)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var fabric = lab.AddNode("fabric").AddBridge("br0");
        var (first, brInt1) = Compute(1, 1);
        var (second, brInt2) = Compute(2, 5);
        var one = first.AddHybridPlug(brInt1, Ports.First, 1, "vm01", guest => guest.Mac("fa:16:3e:00:00:01").Address("10.0.0.11/24"));
        first.AddSecurityGroup(one, Ports.First, "-p udp -m udp --dport 53");
        var two = second.AddNativePlug(brInt2, Ports.Second, 5, "vm02", guest => guest.Mac("fa:16:3e:00:00:02").Address("10.0.0.12/24"));
        var (third, brInt3) = Compute(3, 7);
        third.AddNativePlug(brInt3, Ports.Third, 7, "vm03", guest => guest.Mac("fa:16:3e:00:00:03").Address("10.0.0.13/24"));
        lab.ConnectTunnels();
        await lab.ApplyAsync();
        var (from, to) = sender == 1 ? (one, two) : (two, one);
        (await SendAsync()).ShouldReach(to);
        Assert.Contains(to.Received, IsSent);
        var before = to.Received.Count(IsSent);

        await DoAsync(lab.Nodes.Single(n => n.Name == node), command);
        var fate = await SendAsync();
        fate.ShouldNotReach(to);
        Assert.Equal(before, to.Received.Count(IsSent));
        var reason = fate.WhyNot(to);
        Assert.True(reason is not null, fate.Describe());

        // Where rules of the hook forward drop it no packet socket sees more than where it came in.
        place = tracing is FrameTracing.PacketSockets && cause == "iptables-rule" ? reason.Place : place;
        Assert.True((cause, place) == (reason.Cause.Word, reason.Place) && reason.Sentence.Contains(says, StringComparison.Ordinal), reason.Describe());
        if (advised is null)
        {
            Assert.DoesNotContain("ovs-", reason.Remedy, StringComparison.Ordinal);
            return;
        }

        Assert.Contains(advised, reason.Remedy, StringComparison.Ordinal);
        if (advised.Length == 0)
        {
            return;
        }

        await DoAsync(reason.Node, reason.Remedy!.Split(", or ")[0]);
        (await SendAsync()).ShouldReach(to);
        Assert.Equal(before + 1, to.Received.Count(IsSent));

        Task<Fate> SendAsync() => from.SendAsync(Frame.Udp(from, to, 53, new string('x', 1000)));

        static bool IsSent(ReceivedFrame received) => received.Frame.Udp is { DestinationPort: 53 };

        // As a shell reads it.
        async Task DoAsync(Node at, string line)
        {
            var words = line.Replace("'", "", StringComparison.Ordinal).Split(' ');
            (await at.ExecAsync(words[0], words[1..])).EnsureSuccess();
            await lab.SettleAsync();
        }

        (Node Node, OvsBridge Integration) Compute(int number, int vlan)
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
            return (compute, brInt);
        }
    }
}
