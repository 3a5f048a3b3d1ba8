using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Remedies that need what only the lab knows, executed as they are printed; by packet sockets too.</summary>
public abstract class KnownRemedyFates(FrameTracing tracing)
{
    [LabFact]
    public async Task A_route_to_who_is_on_a_link_is_by_the_device()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        using var program = scene.Host.OpenUdp(53);
        var reason = (await scene.SendAfterAsync("ip route del 10.0.2.0/24")).EndsBy("no-route", "router/eth0", "no route to 10.0.2.2");
        Assert.Equal("ip route add 10.0.2.2 dev eth1, in node router", reason.Remedy);
        await ReadsAfterAsync(reason, scene, program, scene.Udp());
    }

    [LabFact]
    public async Task A_route_by_a_router_is_by_its_address()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        using var program = scene.Host.OpenUdp(53);
        await scene.Host.DoAsync(["ip address add 192.0.2.7/32 dev eth0", "sysctl -w net.ipv4.ip_forward=1"]);
        var reason = (await scene.SendAsync(scene.Udp("192.0.2.7"))).EndsBy("no-route", "router/eth0", "no route to 192.0.2.7");
        Assert.Equal("ip route add 192.0.2.7 via 10.0.2.2, in node router", reason.Remedy);
        await ReadsAfterAsync(reason, scene, program, scene.Udp("192.0.2.7"));
    }

    [LabFact]
    public async Task A_route_that_nobody_has_is_advised_in_words()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.DoAsync("ip link set dev eth1 down"); // its network is another
        var reason = (await scene.SendAsync(scene.Udp("198.51.100.1"))).EndsBy("no-route", "router/eth0", "no route to 198.51.100.1");
        Assert.Equal("give router a route to 198.51.100.1; no router on its links has one", reason.Remedy);
    }

    [LabFact]
    public async Task A_neighbour_that_answers_nobody_is_told_by_its_address()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        using var program = scene.Host.OpenUdp(53);
        await scene.Host.DoAsync("ip link set dev eth0 arp off");
        Assert.Equal(0, await ReadAsync(scene, program, scene.Udp()));
        var told = KnownRemedies.Neighbour(scene.Router, "eth1", IPAddress.Parse(RouterScene.HostAddress));
        Assert.Equal($"ip neigh replace 10.0.2.2 lladdr {scene.Host.Device("eth0").Mac} dev eth1", told);
        await scene.Router.DoAsync(told!);
        Assert.NotEqual(0, await ReadAsync(scene, program, scene.Udp()));
        Assert.Null(KnownRemedies.Neighbour(scene.Router, "eth0", IPAddress.Parse(RouterScene.HostAddress)));
    }

    [LabFact(Feature.NftProgram)]
    public async Task A_ping_that_is_translated_is_not_judged_by_its_old_destination()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.LoadRulesetAsync("table ip n { chain p { type nat hook prerouting priority -100; ip daddr 192.0.2.1 dnat to 10.0.2.77; }\n}");
        var fate = await scene.SendAsync(Frame.IcmpEcho(scene.Vm.Mac, scene.RouterMac, scene.Vm.Address, IPAddress.Parse("192.0.2.1"), IcmpType.EchoRequest, 77,
            1, "ping"u8));
        Assert.DoesNotContain(fate.Copies, c => c.Reason?.Cause == Causes.NoRoute);
    }

    [LabFact(Feature.Vxlan)]
    public async Task A_tunnel_without_another_end_is_told_the_one_that_the_lab_has()
    {
        await using var scene = await VxlanScene.BuildAsync(remote: null, tracing: tracing);
        var fate = await scene.SendAsync();
        if (tracing is FrameTracing.PacketSockets)
        {
            return; // that it has none, packet sockets do not see
        }

        var reason = fate.EndsBy("vxlan-no-remote", "a/vx0", "does not know to whom");
        Assert.Equal("bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.9.0.2", reason.Remedy);
        await reason.MendsAsync(() => scene.SendAsync(), scene.Vm2);
    }

    [LabFact(Feature.Vxlan)]
    public async Task A_tunnel_is_told_the_way_to_its_other_end()
    {
        await using var scene = await VxlanScene.BuildAsync(remote: "10.8.0.2", tracing: tracing);
        await scene.B.DoAsync(["ip address add 10.8.0.2/32 dev u0", "sysctl -w net.ipv4.ip_forward=1"]);
        var reason = (await scene.SendAsync()).EndsBy("vxlan-no-route", "a/vx0", "no route to 10.8.0.2");
        Assert.Equal("ip route add 10.8.0.2 via 10.9.0.2, in node a", reason.Remedy);
        await reason.MendsAsync(() => scene.SendAsync(), scene.Vm2);
    }

    [LabFact(Feature.Vxlan)]
    public async Task A_tunnel_whose_other_end_has_a_second_network_on_the_link_needs_no_router()
    {
        await using var scene = await VxlanScene.BuildAsync(remote: "10.8.0.2", tracing: tracing);
        await scene.B.DoAsync("ip address add 10.8.0.2/24 dev u0");
        var reason = (await scene.SendAsync()).EndsBy("vxlan-no-route", "a/vx0", "no route to 10.8.0.2");
        Assert.Equal("ip route add 10.8.0.2 dev u0, in node a", reason.Remedy);
        await reason.MendsAsync(() => scene.SendAsync(), scene.Vm2);
    }

    [LabFact(Feature.Vxlan)]
    public async Task A_tunnel_whose_other_end_does_not_answer_waits_for_it()
    {
        await using var scene = await VxlanScene.BuildAsync(remote: "10.9.0.77", tracing: tracing);
        var fate = await scene.SendAsync();
        fate.EndsBy("neighbour-unresolved", "a/u0", "a is still resolving 10.9.0.77 on u0");
        Assert.Equal(CopyEnd.Pending, fate.Copies.Single(c => c.Reason is not null).End);
    }

    [LabFact(Feature.Vxlan)]
    public async Task A_tunnel_whose_way_leads_by_a_router_that_does_not_answer_waits_for_that()
    {
        await using var scene = await VxlanScene.BuildAsync(remote: "10.8.0.2", tracing: tracing);
        await scene.A.DoAsync("ip route add 10.8.0.2 via 10.9.0.77");
        using var other = scene.A.OpenUdp();
        await other.SendAsync(new byte[1], new IPEndPoint(IPAddress.Parse("10.9.0.66"), 9)); // it waits for another
        var fate = await scene.SendAsync();
        fate.EndsBy("neighbour-unresolved", "a/u0", "a is still resolving 10.9.0.77 on u0");
        Assert.Equal(CopyEnd.Pending, fate.Copies.Single(c => c.Reason is not null).End);
    }

    [LabTheory]
    [InlineData("tbf rate 8kbit burst 1600 limit 3000", "queued", CopyEnd.Pending)]
    [InlineData("tbf rate 8kbit burst 100 limit 90", "qdisc", CopyEnd.Dropped)]
    public async Task What_the_queue_of_a_port_holds_or_drops_is_told(string qdisc, string cause, CopyEnd end)
    {
        if (end is CopyEnd.Dropped && tracing is FrameTracing.PacketSockets)
        {
            end = CopyEnd.Lost; // that it was this frame which the queue dropped is not seen
        }

        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.A.DoAsync($"tc qdisc add dev v0 root {qdisc}");
        var fate = await UntilNoneComesAsync(scene.Vm2, () => scene.SendAsync(payload: 700));
        fate.EndsBy(cause, "a/v0", "queue");
        Assert.Contains(fate.Copies, c => c.End == end && c.Reason?.Cause == cause);
    }

    // By packet sockets nothing tells which frame a queue dropped.
    [LabTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task What_a_queue_dropped_before_is_no_proof(bool hasDropped)
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        if (hasDropped)
        {
            await scene.A.DoAsync("tc qdisc add dev v0 root tbf rate 8kbit burst 100 limit 90");
            await scene.SendAsync(payload: 700);
            await scene.A.DoAsync("tc qdisc change dev v0 root tbf rate 1gbit burst 10000 limit 10000");
        }

        await scene.A.DoAsync("tc qdisc add dev v0 clsact");
        (await scene.A.ExecAsync("tc", ["filter", "add", "dev", "v0", "egress", "bpf", "da", "bytecode", "1,6 0 0 2"])).EnsureSuccess();
        await scene.SendAsync(); // counted at clsact, whichever way it went
        var fate = await scene.SendAsync();

        var copy = fate.Toward(scene.Vm2);
        Assert.True(copy is not null, fate.Describe());
        if (tracing is FrameTracing.PacketSockets)
        {
            Assert.Equal((CopyEnd.Lost, hasDropped ? "qdisc" : null), (copy.End, copy.Reason?.Cause.Word));
            Assert.True(!hasDropped || copy.Reason!.Sentence.Contains("that it was this one is not seen", StringComparison.Ordinal), copy.Reason?.Sentence);
        }
        else
        {
            Assert.Equal(CopyEnd.Dropped, copy.End);
        }
    }

    [LabFact(Feature.BridgeVlanFiltering)]
    public async Task What_the_FDB_has_in_another_VLAN_is_not_the_frames()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.B.DoAsync(["ip link set br0 type bridge vlan_filtering 1", "bridge vlan add vid 99 dev v1",
            $"bridge fdb add {scene.Vm2.Mac} dev v1 master static vlan 99", "bridge link set dev v1 isolated on", "bridge link set dev tap-vm2 isolated on"]);
        Assert.Equal("isolated", (await scene.SendAsync()).WhyNot(scene.Vm2)?.Cause.Word);
    }

    [LabFact]
    public async Task A_copy_that_the_queue_of_one_port_holds_is_no_missing_one_where_others_went_on()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        var third = scene.B.AddVm("vm3", scene.BridgeB, vm => vm.Address("10.0.0.3/24"));
        await scene.Lab.ApplyAsync();
        await scene.B.DoAsync("tc qdisc add dev tap-vm2 root tbf rate 8kbit burst 1600 limit 30000");
        var fate = await UntilNoneComesAsync(scene.Vm2, () => scene.Vm1.SendAsync(Frame.Broadcast(scene.Vm1, new string('x', 700))));
        fate.ShouldReach(third);
        Assert.Equal(CopyEnd.Pending, fate.Copies.Single(c => c.Reason?.Cause == "queued").End);
        Assert.Equal("b/tap-vm2", fate.WhyNot(scene.Vm2)?.Place);
    }

    [LabFact]
    public async Task A_device_that_is_named_like_a_word_of_iproute2_is_set_up_as_it_is_printed()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        using var program = scene.Host.OpenUdp(53);
        await scene.Lab.Nodes.Single(n => n.Name == "compute").DoAsync("ip link set dev up down");
        var reason = (await scene.SendAsync(scene.Udp())).WhyNot(scene.Host);
        Assert.Equal(("port-down", "ip link set dev up up"), (reason?.Cause.Word, reason?.Remedy));
        await ReadsAfterAsync(reason!, scene, program, scene.Udp());
    }

    [LabFact]
    public async Task A_sysctl_of_a_device_with_a_dot_in_its_name_is_set_as_it_is_printed()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.B.DoAsync(["ip link add v.1 type veth peer name v.2", "ip link set dev v.2 master br0 up", "ip link set dev v.1 up",
            "ip address add 10.0.0.9/24 dev v.1", "sysctl -w net.ipv4.conf.v/1.drop_unicast_in_l2_multicast=1",
            "sysctl -w net.ipv4.conf.br0.drop_unicast_in_l2_multicast=1"]);
        using var program = scene.B.OpenUdp(53);
        var frame = Frame.Udp(scene.Vm1.Mac, MacAddress.Broadcast, scene.Vm1.Address, IPAddress.Parse("10.0.0.9"), 4000, 53, "all of you"u8);
        var fate = await scene.Vm1.SendAsync(frame);
        Assert.Equal(0, program.Available);
        if (tracing is FrameTracing.PacketSockets)
        {
            return; // what its stack drops is not seen
        }

        await fate.EndsBy("unicast-in-multicast", "b/v.1", "10.0.0.9 is one host").ApplyAsync();
        await scene.Vm1.SendAsync(frame);
        Assert.NotEqual(0, program.Available);
    }

    // Until what the queue lets through at once is used up.
    private static async Task<Fate> UntilNoneComesAsync(FakeVm vm, Func<Task<Fate>> sendAsync)
    {
        for (var i = 0; i < 50; i++)
        {
            vm.ForgetReceived();
            var fate = await sendAsync();
            if (vm.Received.Count == 0)
            {
                return fate;
            }
        }

        throw new InvalidOperationException($"The queue let 50 frames through to {vm}.");
    }

    private static async Task ReadsAfterAsync(Reason reason, RouterScene scene, System.Net.Sockets.UdpClient program, Frame frame)
    {
        await reason.ApplyAsync();
        Assert.NotEqual(0, await ReadAsync(scene, program, frame));
    }

    // How many bytes the program got; the frame may wait for a neighbour first.
    private static async Task<int> ReadAsync(RouterScene scene, System.Net.Sockets.UdpClient program, Frame frame)
    {
        await scene.SendAsync(frame);
        await scene.Lab.SettleAsync();
        return program.Available;
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class KnownRemedyFatesByTracepoints() : KnownRemedyFates(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class KnownRemedyFatesByPacketSockets() : KnownRemedyFates(FrameTracing.PacketSockets);
