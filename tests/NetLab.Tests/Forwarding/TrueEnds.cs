using System.Diagnostics;
using System.Net;
using NetLab;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// An end is told only with evidence: what arrived is never told as dropped, what was dropped never as delivered, and what cannot be known is said to be so.
/// </summary>
public abstract class TrueEnds(FrameTracing tracing)
{
    private static readonly IPAddress Nobody = IPAddress.Parse("10.0.2.99");

    private bool SeesDrops => tracing == FrameTracing.Kernel;

    [LabFact]
    public async Task What_an_XDP_program_lets_pass_arrives()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await Xdp.AttachAsync(scene.B.Device("v1"), XdpVerdict.Pass);
        var fate = await scene.SendAsync();
        fate.ShouldReach(scene.Vm2).Once().Via("tap-vm1", "v0", "v1", "tap-vm2");
        Assert.DoesNotContain(fate.Copies, c => c.Reason is not null);
    }

    [LabFact]
    public async Task What_an_XDP_program_sends_back_is_not_told_as_dropped()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        var vm3 = scene.A.AddVm("vm3", scene.BridgeA);
        await scene.Lab.ApplyAsync();
        await Xdp.AttachAsync(scene.A.Device("v0"), XdpVerdict.Pass); // a veth end takes what XDP sends only if it polls
        await Xdp.AttachAsync(scene.B.Device("v1"), XdpVerdict.Send);
        var fate = await scene.SendAsync();
        Assert.Equal(2, vm3.Received.Count);
        fate.ShouldReach(vm3).Times(2);
        Assert.DoesNotContain(fate.Copies, c => c.End is CopyEnd.Dropped);
    }

    [LabTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task What_an_XDP_program_drops_is_told_where_that_is_known(bool isGeneric)
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await Xdp.AttachAsync(scene.B.Device("v1"), XdpVerdict.Drop, isGeneric);
        var fate = await scene.SendAsync();
        var copy = Assert.Single(fate.Copies);
        Assert.Equal(SeesDrops ? (CopyEnd.Dropped, "xdp") : (CopyEnd.Lost, "xdp-took"), (copy.End, copy.Reason?.Cause.Word));
        Assert.Equal("b/v1", copy.Reason!.Place);
    }

    [LabFact(Feature.NftProgram)]
    public async Task What_is_translated_to_a_host_that_is_not_there_is_not_delivered_to_the_router()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.LoadRulesetAsync(
            $"table ip nat {{\nchain pre {{ type nat hook prerouting priority -100; ip daddr 10.0.1.1 dnat to {Nobody}; }}\n}}");
        var fate = await scene.SendAsync(scene.Udp("10.0.1.1"));
        Assert.Throws<ForwardingException>(() => fate.ShouldReach(scene.Router));
        if (SeesDrops)
        {
            var copy = Assert.Single(fate.Copies);
            Assert.Equal((CopyEnd.Pending, "neighbour-unresolved"), (copy.End, copy.Reason?.Cause.Word));
            Assert.Contains("10.0.2.99 on eth1", copy.Reason!.Sentence, StringComparison.Ordinal);
        }
    }

    [LabFact(Feature.NftProgram)]
    public async Task What_a_rule_redirects_is_held_against_the_port_where_it_went()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.LoadRulesetAsync("table ip nat {\nchain pre { type nat hook prerouting priority -100; udp dport 53 redirect to :5353; }\n}");
        var fate = await scene.SendAsync(scene.Udp());
        if (SeesDrops)
        {
            fate.EndsBy("no-socket", "router/eth0", "UDP port 5353");
        }

        using var program = scene.Router.OpenUdp(5353);
        fate = await scene.SendAsync(scene.Udp());
        Assert.True(program.Available > 0);
        if (SeesDrops && FateAssert.KernelTellsOfSockets)
        {
            fate.ShouldReach(scene.Router).Once();
        }
        else
        {
            Assert.Contains("not known", Assert.Throws<ForwardingException>(() => fate.ShouldReach(scene.Router)).Message, StringComparison.Ordinal);
        }
    }

    [LabFact(Feature.NftProgram)]
    public async Task A_TTL_that_a_rule_set_is_told_as_the_rules()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.LoadRulesetAsync("table ip t {\nchain pre { type filter hook prerouting priority 0; ip ttl set 1; }\n}");
        var fate = await scene.SendAsync(scene.Udp());
        if (SeesDrops)
        {
            fate.EndsBy("ttl-expired", "router/eth0", "it was 64 when the packet came, and a rule of router set it to 1");
        }
        else
        {
            Assert.All(fate.Copies, c => Assert.Null(c.Reason));
        }
    }

    [LabTheory]
    [InlineData("blackhole")]
    [InlineData("unreachable")]
    [InlineData("prohibit")]
    public async Task The_remedy_against_a_routing_rule_works_as_it_is_printed(string kind)
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.DoAsync($"ip rule add from 10.0.1.10 {kind}");
        var fate = await scene.SendAsync(scene.Udp());
        await fate.EndsBy($"{kind}-rule", "router/eth0").ApplyAsync();
        using var program = scene.Host.OpenUdp(53);
        await scene.SendAsync(scene.Udp());
        Assert.True(program.Available > 0);
    }

    [LabFact]
    public async Task Nobody_is_told_to_open_a_port_that_STP_keeps_closed()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.B.DoAsync("ip link set br0 type bridge stp_state 1");
        await scene.B.DoAsync("ip link set v1 down");
        await scene.B.DoAsync("ip link set v1 up"); // a port begins by listening
        await scene.Lab.SettleAsync();
        var reason = (await scene.SendAsync()).EndsBy("ingress-state", "b/v1", "Port v1 of bridge br0 is");
        Assert.DoesNotContain("state 3", reason.Remedy, StringComparison.Ordinal);
    }

    [LabFact]
    public async Task Whether_a_program_got_it_is_known_or_said_not_to_be()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        var nobody = await scene.SendAsync(scene.Udp());
        using var program = scene.Host.OpenUdp(53);
        var fate = await scene.SendAsync(scene.Udp());
        Assert.True(program.Available > 0);
        if (SeesDrops)
        {
            Assert.Throws<ForwardingException>(() => nobody.ShouldReach(scene.Host));
            Assert.Contains("delivered", fate.Describe(), StringComparison.Ordinal);
            fate.ShouldReach(scene.Host).Once();
        }
        else
        {
            Assert.All((Fate[])[nobody, fate],
                f => Assert.Contains("not known", Assert.Throws<ForwardingException>(() => f.ShouldReach(scene.Host)).Message, StringComparison.Ordinal));
        }
    }

    [LabFact]
    public async Task A_request_for_a_connection_that_finds_the_queue_full_is_not_delivered()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        using var listener = scene.Host.ListenTcp(80);
        listener.Server.Listen(0);
        await scene.SendAsync(Tcp(scene, 40_001, TcpFlags.Syn, 1000, 0));
        var answer = await scene.Vm.ReceiveAsync(f => f.Tcp is { } t && t.Flags.HasFlag(TcpFlags.Syn));
        await scene.SendAsync(Tcp(scene, 40_001, TcpFlags.Ack, 1001, answer.Tcp!.Value.SequenceNumber + 1));
        var fate = await scene.SendAsync(Tcp(scene, 40_002, TcpFlags.Syn, 1000, 0));
        Assert.DoesNotContain(scene.Vm.Received, r => r.Frame.Tcp is { DestinationPort: 40_002 });
        fate.EndsBy("accept-queue-full", "host/eth0", "TCP port 80");
        using var taken = await listener.AcceptTcpClientAsync();
        fate = await scene.SendAsync(Tcp(scene, 40_003, TcpFlags.Syn, 1000, 0));
        await scene.Vm.ReceiveAsync(f => f.Tcp is { DestinationPort: 40_003 } t && t.Flags.HasFlag(TcpFlags.Syn));
        fate.ShouldReach(scene.Host).Once();
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task What_ends_at_an_internal_port_of_Open_vSwitch_is_told()
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var node = lab.AddNode("a");
        var bridge = node.AddOvsBridge("br-int");
        var port = bridge.AddInternalPort("int0");
        port.AddAddress("10.0.0.9/24");
        var vm = node.AddVm("vm1", bridge, v => v.Address("10.0.0.1/24"));
        await lab.ApplyAsync();
        (await vm.PingAsync(IPAddress.Parse("10.0.0.9"))).ShouldSucceed();
        var fate = await vm.SendUdpAsync(IPAddress.Parse("10.0.0.9"), 53, "hello"u8.ToArray());
        Assert.Throws<ForwardingException>(() => fate.ShouldReach(node));
        if (SeesDrops)
        {
            fate.EndsBy("no-socket", "a/int0", "UDP port 53");
        }
    }

    [LabFact(Feature.Vxlan)]
    public async Task Fragments_of_a_tunnels_packet_do_not_wait_where_the_frame_in_it_has_arrived()
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        await scene.A.DoAsync("ip link set u0 mtu 600");
        await scene.B.DoAsync("ip link set u0 mtu 600");
        var fate = await scene.SendAsync(1000);
        fate.ShouldReach(scene.Vm2).Once();
        Assert.DoesNotContain(fate.Copies, c => c.End is CopyEnd.Pending or CopyEnd.Lost or CopyEnd.Dropped);
    }

    [LabFact(Feature.Vxlan)]
    public async Task The_answer_that_comes_back_through_a_tunnel_is_no_copy_of_the_request()
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        var fate = (await scene.Vm1.PingAsync(scene.Vm2)).ShouldSucceed().Fate;
        fate.ShouldReach(scene.Vm2).Once();
        fate.ShouldNotReach(scene.Vm1);
    }

    [LabFact]
    public async Task A_group_that_is_sent_to_each_member_by_itself_arrives_once()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.B.DoAsync("ip link set br0 type bridge mcast_query_response_interval 1 mcast_snooping 1");
        await scene.B.DoAsync("ip link set br0 type bridge mcast_querier 1");
        await scene.B.DoAsync("bridge link set dev tap-vm2 mcast_to_unicast on");
        var group = MacAddress.Parse("01:00:5e:01:02:03");
        byte[] report = [0x45, 0, 0, 28, 0, 0, 0, 0, 1, 2, 0, 0, 10, 0, 0, 2, 239, 1, 2, 3, 0x16, 0, 0, 0, 239, 1, 2, 3];
        Checksum(report.AsSpan(0, 20), 10);
        Checksum(report.AsSpan(20), 2);
        await scene.Vm2.SendAsync(Frame.Ethernet(scene.Vm2.Mac, group, EtherTypes.Ipv4, report));
        Frame ToTheGroup(ushort id) => Frame.Udp(
            scene.Vm1.Mac, group, scene.Vm1.Address, IPAddress.Parse("239.1.2.3"), 40_000, 53, new byte[20], new IpOptions { Identification = id });

        // A bridge goes by its members only when the time of the first query's answers is over, 10 ms after it, and tells nobody of that.
        var begun = Stopwatch.StartNew();
        for (ushort id = 100; !scene.Vm2.Received.Any(r => r.Frame.Destination == scene.Vm2.Mac); id++)
        {
            await scene.Vm1.SendAsync(ToTheGroup(id));
            Assert.True(begun.Elapsed < TimeSpan.FromMinutes(1), "The bridge does not send to each member by itself.");
        }

        var fate = await scene.Vm1.SendAsync(ToTheGroup(77));
        Assert.Equal(scene.Vm2.Mac, scene.Vm2.Received[^1].Frame.Destination);
        fate.ShouldReach(scene.Vm2).Once();
        Assert.DoesNotContain(fate.Copies, c => c.End is CopyEnd.Dropped or CopyEnd.NotForwarded);
    }

    [LabTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_group_that_nobody_has_joined_does_not_come_while_somebody_asks_for_members(bool isIpv6)
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.B.DoAsync("ip link set br0 type bridge mcast_query_response_interval 1 mcast_snooping 1");
        if (isIpv6)
        {
            scene.B.WriteSysctl("net.ipv6.conf.br0.disable_ipv6", "0");
            await scene.B.DoAsync("ip address add fe80::b/64 dev br0 nodad");
        }

        await scene.B.DoAsync("ip link set br0 type bridge mcast_querier 1");
        string group = isIpv6 ? "ff02::1:ff00:2" : "239.1.2.3", everybody = isIpv6 ? "ff02::1" : "224.0.0.9";
        Frame To(string address, string mac, ushort port) => Frame.Udp(scene.Vm1.Mac, MacAddress.Parse(mac),
            isIpv6 ? IPAddress.Parse("fe80::a") : scene.Vm1.Address, IPAddress.Parse(address), 40_000, port, new byte[20]);

        // As above: when the bridge goes by its members, nobody tells.
        var begun = Stopwatch.StartNew();
        Fate fate;
        for (ushort port = 100; (fate = await scene.Vm1.SendAsync(To(group, isIpv6 ? "33:33:ff:00:00:02" : "01:00:5e:01:02:03", port)))
            .Copies.Any(c => ReferenceEquals(c.Vm, scene.Vm2)); port++)
        {
            Assert.True(begun.Elapsed < TimeSpan.FromMinutes(1), "The bridge does not listen to queries.");
        }

        var why = fate.WhyNot(scene.Vm2)!;
        Assert.Equal((Causes.MdbElsewhere, "b", "tap-vm2"), (why.Cause, why.Node.Name, why.Device));
        Assert.Contains($"asks for members: nobody has joined {group}, so it goes to the ports of multicast routers alone", why.Sentence,
            StringComparison.Ordinal);
        (await scene.Vm1.SendAsync(To(everybody, isIpv6 ? "33:33:00:00:00:01" : "01:00:5e:00:00:09", 9))).ShouldReach(scene.Vm2);

        await Remedy.ApplyAsync(why);
        (await scene.Vm1.SendAsync(fate.Frame)).ShouldReach(scene.Vm2);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task What_a_flow_answers_is_not_lost()
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var node = lab.AddNode("a");
        var bridge = node.AddOvsBridge("br-int");
        var vm1 = node.AddVm("vm1", bridge, v => v.Address("10.0.0.1/24"));
        node.AddVm("vm2", bridge, v => v.Address("10.0.0.2/24"));
        await lab.ApplyAsync();
        await bridge.ReplaceFlowsAsync(
        [
            "priority=10,arp,arp_op=1,arp_tpa=10.0.0.77 actions=move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],set_field:02:00:00:00:00:77->eth_src,"
                + "set_field:2->arp_op,move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],"
                + "set_field:02:00:00:00:00:77->arp_sha,set_field:10.0.0.77->arp_spa,in_port",
            "priority=0,actions=NORMAL",
        ]);
        var fate = await vm1.SendAsync(Frame.ArpRequest(vm1.Mac, vm1.Address, IPAddress.Parse("10.0.0.77")));
        await vm1.ReceiveAsync(f => f.Arp is { Operation: ArpOperation.Reply });
        var copy = Assert.Single(fate.Copies);
        Assert.Equal((CopyEnd.Consumed, "ovs-answered"), (copy.End, copy.Reason?.Cause.Word));
    }

    [LabFact]
    public async Task What_proxy_ARP_answers_is_not_lost()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        scene.Router.WriteSysctl("net.ipv4.conf.eth0.proxy_arp", "1");
        scene.Router.WriteSysctl("net.ipv4.neigh.eth0.proxy_delay", "0");
        var fate = await scene.SendAsync(Frame.ArpRequest(scene.Vm.Mac, scene.Vm.Address, IPAddress.Parse(RouterScene.HostAddress)));
        await scene.Vm.ReceiveAsync(f => f.Arp is { Operation: ArpOperation.Reply });
        var copy = Assert.Single(fate.Copies);
        Assert.Equal((CopyEnd.Consumed, "arp-proxied"), (copy.End, copy.Reason?.Cause.Word));
    }

    private static Frame Tcp(RouterScene s, ushort port, TcpFlags flags, uint sequence, uint acknowledgment) =>
        Frame.Tcp(s.Vm.Mac, s.RouterMac, s.Vm.Address, IPAddress.Parse(RouterScene.HostAddress), port, 80, flags, sequence, acknowledgment);

    private static void Checksum(Span<byte> bytes, int at)
    {
        (bytes[at], bytes[at + 1]) = (0, 0);
        var sum = 0;
        for (var i = 0; i < bytes.Length; i += 2)
        {
            sum += (bytes[i] << 8) + bytes[i + 1];
        }

        sum = ~((sum & 0xffff) + (sum >> 16));
        (bytes[at], bytes[at + 1]) = ((byte)(sum >> 8), (byte)sum);
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class TrueEndsByTracepoints() : TrueEnds(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class TrueEndsByPacketSockets() : TrueEnds(FrameTracing.PacketSockets);
