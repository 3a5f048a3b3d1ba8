using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// What takes a frame aside on its way over bridges: filters, rules, programs, ports that nobody described, tunnels that lead elsewhere.
/// The remedy that is told works as it is printed.
/// </summary>
public abstract class WaysAside(FrameTracing tracing)
{
    private bool SeesDrops => tracing == FrameTracing.Kernel;

    [LabTheory(Feature.NftProgram)]
    [InlineData("b/v1", "tc qdisc add dev v1 clsact", "tc filter add dev v1 ingress protocol all u32 match u32 0 0 action mirred egress redirect dev x0")]
    [InlineData("b/v1", "tc qdisc add dev v1 clsact", "tc filter add dev v1 ingress protocol all u32 match u32 0 0 action mirred ingress redirect dev x0")]
    [InlineData("b/v1", "tc qdisc add dev v1 ingress", "tc filter add dev v1 ingress protocol all u32 match u32 0 0 action mirred egress redirect dev x0")]
    [InlineData("b/tap-vm2", "tc qdisc add dev tap-vm2 clsact",
        "tc filter add dev tap-vm2 egress protocol all u32 match u32 0 0 action mirred egress redirect dev x0")]
    [InlineData("b/v1", "nft add table netdev f", "nft add chain netdev f i { type filter hook ingress device v1 priority 0; }",
        "nft add rule netdev f i fwd to x0")]
    public async Task What_a_filter_sends_elsewhere_is_told_as_the_filters(string place, params string[] commands)
    {
        await using var scene = await WithSideAsync();
        await scene.B.DoAsync(commands);
        var fate = await scene.SendAsync();
        var reason = fate.EndsBy("redirected", place, "took the frame away and sent it to x0");
        Assert.Equal(reason, fate.WhyNot(scene.Vm2));
        await reason.ApplyAsync();
        (await scene.SendAsync()).ShouldReach(scene.Vm2).Once();
    }

    [LabTheory(Feature.NftProgram)]
    [InlineData("tc qdisc add dev v1 clsact", "tc filter add dev v1 ingress protocol all u32 match u32 0 0 action mirred egress mirror dev x0")]
    [InlineData("nft add table netdev f", "nft add chain netdev f i { type filter hook ingress device v1 priority 0; }", "nft add rule netdev f i dup to x0")]
    public async Task A_copy_that_a_filter_makes_is_no_drop(params string[] commands)
    {
        await using var scene = await WithSideAsync();
        await scene.B.DoAsync(commands);
        var fate = await scene.SendAsync();
        fate.ShouldReach(scene.Vm2).Once();
        fate.EndsBy("mirrored", "b/v1", "sent a copy to x0");
        Assert.DoesNotContain(fate.Copies, c => c.End is CopyEnd.Dropped);
    }

    [LabTheory]
    [InlineData("bridge fdb replace MAC dev br0 self local")]
    [InlineData("bridge fdb replace MAC dev v1 master local")]
    public async Task What_the_FDB_calls_the_bridges_own_without_a_device_that_has_it_is_told_as_that(string command)
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        var fate = await scene.SendAfterAsync(scene.B, command.Replace("MAC", scene.Vm2.Mac.ToString(), StringComparison.Ordinal));
        var reason = fate.EndsBy("fdb-local", SeesDrops ? "b/br0" : "b/v1", "its FDB says that the address is its own, which no device there has");
        await reason.MendsAsync(() => scene.SendAsync(), scene.Vm2);
    }

    [LabTheory]
    [InlineData("bridge fdb replace MAC dev br0 self local")]
    [InlineData("bridge fdb replace MAC dev p0 master local")]
    public async Task That_is_told_of_a_bridge_with_an_address_too(string command)
    {
        await using var scene = await RoutedBridgeScene.BuildAsync(tracing);
        string[] commands = ["ip address add 10.0.2.9/24 dev br0", command.Replace("MAC", scene.Vm2.Mac.ToString(), StringComparison.Ordinal)];
        await scene.Switch.DoAsync(commands);
        var fate = await scene.SendAsync();
        if (SeesDrops)
        {
            await fate.EndsBy("fdb-local", "sw/br0", "its FDB says that the address is its own").MendsAsync(scene.SendAsync, scene.Vm2);
        }
    }

    [LabFact]
    public async Task A_router_that_asks_nobody_sends_to_itself_also_over_a_bridge()
    {
        await using var scene = await RoutedBridgeScene.BuildAsync(tracing);
        await scene.Router.DoAsync("ip link set eth1 arp off");
        var fate = await scene.SendAsync();
        if (SeesDrops)
        {
            await fate.EndsBy("wrong-neighbour", "sw/p0", "eth1 has `arp off`").MendsAsync(scene.SendAsync, scene.Vm2);
        }
    }

    [LabTheory(Feature.NftProgram)]
    [InlineData("the ARP request of router was not sent on at sw/tap-vm2. Bridge br0 sends nothing from p0 to tap-vm2",
        "sw: bridge link set dev p0 isolated on; bridge link set dev tap-vm2 isolated on")]
    [InlineData("the ARP request of router was dropped at sw/tap-vm2. rule 1 of chain",
        "sw: nft 'add table bridge t; add chain bridge t f { type filter hook forward priority 0; }; add rule bridge t f ether type arp drop'")]
    [InlineData("the ARP request of router was not sent: router refused it. router/eth1 has no carrier: the other end of the link, sw/p0, is down",
        "sw: ip link set p0 down")]
    [InlineData("the ARP request of router was not sent on at sw/tap-vm2. Bridge br0 skipped port tap-vm2: the frame is a broadcast",
        "sw: bridge link set dev tap-vm2 bcast_flood off")]
    [InlineData("the answer of vm2 to router's ARP request was dropped at router/eth1. rule 1 of chain",
        "router: nft 'add table arp t; add chain arp t i { type filter hook input priority 0; }; add rule arp t i arp operation reply drop'")]
    public async Task What_waits_for_a_neighbour_tells_what_became_of_the_question(string told, string commands)
    {
        await using var scene = await RoutedBridgeScene.BuildAsync(tracing);
        await scene.Vm1.ResolveAsync(System.Net.IPAddress.Parse("10.0.1.1"));
        var node = commands.StartsWith("sw: ", StringComparison.Ordinal) ? scene.Switch : scene.Router;
        (await node.ExecAsync("sh", "-c", commands[(commands.IndexOf(':', StringComparison.Ordinal) + 2)..])).EnsureSuccess();
        var fate = await scene.SendAsync();
        Assert.DoesNotContain(scene.Vm2.Received, f => f.Frame.Udp is not null);
        var reason = fate.EndsBy("neighbour-unresolved", "router/eth1", "router is still resolving 10.0.2.2 on eth1: ");
        if (!SeesDrops)
        {
            return;
        }

        Assert.Contains(told, reason.Sentence, StringComparison.Ordinal);
        await reason.ApplyAsync();
        await scene.Router.DoAsync("ip neigh flush dev eth1 nud incomplete");
        (await scene.SendAsync()).ShouldReach(scene.Vm2);
        Assert.Contains(scene.Vm2.Received, f => f.Frame.Udp is not null);
    }

    [LabFact]
    public async Task A_message_of_STP_is_taken_by_a_bridge_with_STP_and_passed_on_by_others()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.A.DoAsync("ip link set br0 type bridge stp_state 1 forward_delay 200 hello_time 1000");
        await scene.A.DoAsync("ip link set br0 type bridge stp_state 1");
        byte[] message = [0x42, 0x42, 3, 0, 0, 0, 0, 0, 0x80, 0, 2, 2, 2, 2, 2, 2, 0, 0, 0, 0, 0x80, 0, 2, 2, 2, 2, 2, 2, 0x80, 1, 0, 0, 20, 0, 2, 0, 15, 0];
        var frame = Frame.Ethernet(scene.Vm1.Mac, MacAddress.Parse("01:80:c2:00:00:00"), 38, message);
        var reason = (await scene.Vm1.SendAsync(frame)).EndsBy("stp-took", "a/tap-vm1", "it is a message of STP");
        await reason.ApplyAsync();
        (await scene.Vm1.SendAsync(frame)).ShouldReach(scene.Vm2).Once();
    }

    [LabFact]
    public async Task A_copy_that_waits_in_one_ports_queue_is_not_missing()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        var vm3 = scene.A.AddVm("vm3", scene.BridgeA);
        await scene.Lab.ApplyAsync();
        await scene.SendAfterAsync(scene.A, "tc qdisc add dev v0 root tbf rate 8kbit burst 1600 limit 100000", scene.Udp(1400));
        var fate = await scene.SendAsync(1400);
        fate.ShouldReach(vm3).Once();
        if (SeesDrops)
        {
            fate.EndsBy("queued", "a/v0", "waits in the queue of a/v0");
        }
    }

    [LabTheory]
    [InlineData("bridge link set dev h0 isolated on", "bridge link set dev v1 isolated on", "isolated", "b/h0")]
    [InlineData("bridge link set dev h0 hairpin off", "bridge link set dev h0 state 0", "egress-state", "b/h0")]
    public async Task A_port_that_was_made_by_hand_is_one(string first, string second, string cause, string place)
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        const string Mac = "02:00:00:00:77:77";
        await scene.B.DoAsync(["ip link add h0 type veth peer name h1", "ip link set h0 master br0 up", $"ip link set h1 address {Mac} up",
            "ip address add 10.0.0.77/24 dev h1", $"bridge fdb replace {Mac} dev h0 master static"]);
        await scene.Lab.SettleAsync();
        await scene.B.DoAsync([first, second]);
        using var program = scene.B.OpenUdp(53);
        var frame = Frame.Udp(scene.Vm1.Mac, MacAddress.Parse(Mac), scene.Vm1.Address, IPAddress.Parse("10.0.0.77"), 40_000, 53, "x"u8);
        var reason = (await scene.Vm1.SendAsync(frame)).EndsBy(cause, place, "br0");
        Assert.Equal(0, program.Available);
        await reason.ApplyAsync();
        await scene.Vm1.SendAsync(frame);
        Assert.True(program.Available > 0);
    }

    [LabTheory(Feature.NftProgram)]
    [InlineData("ebtables -t nat -A PREROUTING -p IPv4 -j redirect")]
    [InlineData("ebtables -t nat -A PREROUTING -p IPv4 --ip-proto udp -j redirect")]
    public async Task What_a_rule_gives_to_the_bridge_itself_is_not_lost(string rule)
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        var fate = await scene.SendAfterAsync(scene.B, rule);
        if (SeesDrops)
        {
            var reason = fate.EndsBy("forwarding-off", "b/br0", "the packet is for 10.0.0.2");
            Assert.Contains("went up to br0 itself", string.Join(' ', reason.Evidence), StringComparison.Ordinal);
            return;
        }

        Assert.All(fate.Copies, c => Assert.Null(c.Reason));
    }

    [LabFact(Feature.NftProgram)]
    public async Task A_bridged_frame_that_a_rule_gives_another_address_goes_where_the_rule_sends_it()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        scene.B.WriteSysctl("net.bridge.bridge-nf-call-iptables", "1");
        await scene.B.DoAsync("ip address add 10.0.0.254/24 dev br0");
        await scene.B.LoadRulesetAsync("table ip nat {\nchain p { type nat hook prerouting priority -100; udp dport 53 dnat to 10.7.0.99; }\n}");
        var fate = await scene.SendAsync();
        if (SeesDrops)
        {
            fate.EndsBy("forwarding-off", "b/br0", "the packet is for 10.7.0.99");
        }
        else
        {
            Assert.All(fate.Copies, c => Assert.Null(c.Reason));
        }
    }

    [LabFact]
    public async Task Who_reads_by_a_packet_socket_is_named()
    {
        await using var scene = await BridgeScene.BuildAsync(tracing);
        await scene.B.DoAsync("ip link set v1 nomaster");
        var program = scene.B.Start("tcpdump", ["-i", "v1", "-w", "/dev/null"]);
        await program.WaitForLineAsync(line => line.Contains("listening on", StringComparison.Ordinal));
        var fate = await scene.SendAsync();
        var reason = fate.EndsBy("packet-socket", "b/v1", "tcpdump");
        Assert.Equal(CopyEnd.Consumed, fate.Copies.Single(c => c.Reason == reason).End);
    }

    [LabFact(Feature.Vxlan)]
    public async Task A_tunnel_whose_FDB_leads_elsewhere_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        scene.Lab.AddLink(scene.A.End("u1", "10.8.0.1/24"), scene.Lab.AddNode("c").End("u1", "10.8.0.2/24"));
        await scene.Lab.ApplyAsync();
        await scene.A.DoAsync($"bridge fdb replace {scene.Vm2.Mac} dev vx0 dst 10.8.0.2 self");
        var fate = await scene.SendAsync();
        if (!SeesDrops)
        {
            Assert.All(fate.Copies, c => Assert.Null(c.Reason));
            return;
        }

        var reason = fate.EndsBy("vxlan-fdb", "c/u1", "The FDB of a/vx0 sends what is for");
        await reason.ApplyAsync();
        (await scene.SendAsync()).ShouldReach(scene.Vm2).Once();
    }

    [LabFact(Feature.Vxlan)]
    public async Task A_frame_that_has_the_tunnels_own_address_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        var own = MacAddress.From(scene.B.Live.Route.FindLink("vx0")!.Mac!);
        var frame = Frame.Udp(own, scene.Vm2.Mac, scene.Vm1.Address, scene.Vm2.Address, 4000, 53, "x"u8);
        var fate = await scene.Vm1.SendAsync(frame);
        if (!SeesDrops)
        {
            Assert.All(fate.Copies, c => Assert.Null(c.Reason));
            return;
        }

        await fate.EndsBy("vxlan-own-mac", "b/vx0", $"has the source {own}").ApplyAsync();
        (await scene.Vm1.SendAsync(frame)).ShouldReach(scene.Vm2).Once();
    }

    [LabFact(Feature.Vxlan)]
    public async Task What_is_too_large_for_the_network_below_a_tunnel_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        await scene.A.DoAsync("ip link set vx0 type vxlan df set");
        await scene.A.DoAsync("ip link set u0 mtu 1400");
        var fate = await scene.SendAsync(1400);
        if (SeesDrops)
        {
            await fate.EndsBy("too-big", "a/u0", "larger than the MTU 1400 of a/u0").ApplyAsync();
            (await scene.SendAsync(1400)).ShouldReach(scene.Vm2).Once();
        }
        else
        {
            Assert.All(fate.Copies, c => Assert.Null(c.Reason));
        }
    }

    private async Task<BridgeScene> WithSideAsync()
    {
        var scene = await BridgeScene.BuildAsync(tracing);
        scene.Lab.AddLink(scene.B.End("x0"), scene.Lab.AddNode("c").End("x1", "10.3.0.1/24"));
        await scene.Lab.ApplyAsync();
        return scene;
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class WaysAsideByTracepoints() : WaysAside(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class WaysAsideByPacketSockets() : WaysAside(FrameTracing.PacketSockets);

/// <summary>A VM behind a router, another on a bridge behind it.</summary>
internal sealed class RoutedBridgeScene : IAsyncDisposable
{
    private RoutedBridgeScene(FrameTracing tracing)
    {
        Lab = new Lab(new LabOptions { Tracing = tracing });
        Router = Lab.AddNode("router");
        Router.Forwarding = true;
        Switch = Lab.AddNode("sw");
        var near = Lab.AddNode("near").AddBridge("br0");
        var far = Switch.AddBridge("br0");
        Lab.AddLink(Router.End("eth0", "10.0.1.1/24"), near.End("up"));
        Lab.AddLink(Router.End("eth1", "10.0.2.1/24"), far.End("p0"));
        Vm1 = near.Node.AddVm("vm1", near, vm => vm.Address("10.0.1.10/24").Gateway("10.0.1.1"));
        Vm2 = Switch.AddVm("vm2", far, vm => vm.Address("10.0.2.2/24").Gateway("10.0.2.1"));
    }

    public Lab Lab { get; }

    public Node Router { get; }

    public Node Switch { get; }

    public FakeVm Vm1 { get; }

    public FakeVm Vm2 { get; }

    public static async Task<RoutedBridgeScene> BuildAsync(FrameTracing tracing)
    {
        var scene = new RoutedBridgeScene(tracing);
        await scene.Lab.ApplyAsync();
        return scene;
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    public Task<Fate> SendAsync() => Vm1.SendUdpAsync(Vm2.Address, 53, new byte[20]);
}
