using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two bridges joined by a VXLAN tunnel.</summary>
internal sealed class VxlanScene : IAsyncDisposable
{
    private VxlanScene(uint vniB, ushort portB, IPAddress? remote, FrameTracing tracing, string network = "10.9.0.", int length = 24)
    {
        Lab = new Lab(new LabOptions { Tracing = tracing });
        A = Lab.AddNode("a");
        B = Lab.AddNode("b");
        Bridge brA = A.AddBridge("br0"), brB = B.AddBridge("br0");
        IPAddress one = IPAddress.Parse($"{network}1"), two = IPAddress.Parse($"{network}2");
        Lab.AddLink(A.End("u0", $"{one}/{length}"), B.End("u0", $"{two}/{length}"));
        brA.Attach(A.AddDevice(new VxlanSpec("vx0") { Id = 42, Port = 4789, Local = one, Remote = remote }));
        brB.Attach(B.AddDevice(new VxlanSpec("vx0") { Id = vniB, Port = portB, Local = two, Remote = one }));
        Vm1 = A.AddVm("vm1", brA, vm => vm.Address("10.0.0.1/24"));
        Vm2 = B.AddVm("vm2", brB, vm => vm.Address("10.0.0.2/24"));
    }

    public Lab Lab { get; }

    public Node A { get; }

    public Node B { get; }

    public FakeVm Vm1 { get; }

    public FakeVm Vm2 { get; }

    public static async Task<VxlanScene> BuildAsync(uint vniB = 42, ushort portB = 4789, string? remote = "10.9.0.2",
        FrameTracing tracing = FrameTracing.Kernel)
    {
        var scene = new VxlanScene(vniB, portB, remote is null ? null : IPAddress.Parse(remote), tracing);
        await scene.Lab.ApplyAsync();
        return scene;
    }

    public static async Task<VxlanScene> BuildOverIpv6Async(FrameTracing tracing)
    {
        var scene = new VxlanScene(42, 4789, IPAddress.Parse("fd00::2"), tracing, "fd00::", 64);
        await scene.Lab.ApplyAsync();
        return scene;
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    public Task<Fate> SendAsync(int payload = 20) => Vm1.SendAsync(Frame.Udp(Vm1, Vm2, 53, new string('x', payload)));
}

/// <summary>Why a frame does not get through a VXLAN tunnel.</summary>
[Trait("Category", "Fate")]
public sealed class VxlanCauses
{
    [LabFact(Feature.BpfTracing, Feature.Vxlan)]
    public async Task A_frame_that_gets_through_has_no_reason()
    {
        await using var scene = await VxlanScene.BuildAsync();
        var fate = await scene.SendAsync();
        fate.ShouldReach(scene.Vm2).Once().Via("tap-vm1", "vx0", "a/u0", "b/u0", "b/vx0", "tap-vm2");
        Assert.All(fate.Copies, c => Assert.Null(c.Reason));
    }

    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task What_must_not_be_cut_and_does_not_fit_is_answered_by_the_tunnel(FrameTracing tracing)
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        Task<Fate> SendOf(int payload) => scene.Vm1.SendAsync(Frame.Udp(scene.Vm1.Mac, scene.Vm2.Mac, scene.Vm1.Address, scene.Vm2.Address, 4000, 53,
            new byte[payload], new IpOptions { Identification = 4711, DontFragment = true }));
        (await SendOf(1437)).EndsBy("too-big", "a/vx0", "1465 bytes must not be cut", "has room for 1450", "told the sender so by ICMP");
        Assert.Contains(scene.Vm1.Received, r => r.Frame.Icmp?.Type == IcmpType.DestinationUnreachable);
        Assert.DoesNotContain(scene.Vm2.Received, r => r.Frame.Udp is not null);
        (await SendOf(1422)).ShouldReach(scene.Vm2);
    }

    // net/ipv4/ip_tunnel_core.c, iptunnel_pmtud_check_icmp: below 576 bytes, and for many, there is no such error; the tunnel's packet is cut then.
    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task What_the_tunnel_makes_no_error_of_is_cut(FrameTracing tracing)
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        await scene.A.Device("vx0").SetMtuAsync(1500);
        (await SendOf(scene.Vm2.Address, 1437, IPAddress.Parse("224.0.0.9"))).ShouldReach(scene.Vm2);
        await scene.A.Device("u0").SetMtuAsync(600);
        await scene.A.Device("vx0").SetMtuAsync(1500);
        (await SendOf(scene.Vm2.Address, 700)).ShouldReach(scene.Vm2);

        // Where what it is cut in does not arrive, that is not the tunnel's word.
        await scene.B.LoadRulesetAsync("table ip fw { chain i { type filter hook input priority 0; udp dport 4789 drop; }\n}");
        var told = (await SendOf(scene.Vm2.Address, 700)).Describe();
        Assert.DoesNotContain("told the sender so by ICMP", told, StringComparison.Ordinal);
        Assert.DoesNotContain(scene.Vm1.Received, r => r.Frame.Icmp is not null);

        Task<Fate> SendOf(IPAddress to, int payload, IPAddress? group = null) => scene.Vm1.SendAsync(Frame.Udp(scene.Vm1.Mac, scene.Vm2.Mac,
            scene.Vm1.Address, group ?? to, 4000, 53, new byte[payload], new IpOptions { Identification = 4711, DontFragment = true }));
    }

    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task A_frame_without_a_payload_gets_through_as_every_other(FrameTracing tracing)
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        var fate = await scene.Vm1.SendAsync(Frame.Ethernet(scene.Vm1.Mac, scene.Vm2.Mac, 0x88b5, []));
        fate.ShouldReach(scene.Vm2).Once().Via("tap-vm1", "vx0", "a/u0", "b/u0", "b/vx0", "tap-vm2");
        Assert.Contains(scene.Vm2.Received, r => r.Frame.EtherType == 0x88b5);
    }

    // Where the neighbour is known, the fragments of the outer packet are sent before the kernel lets go of the whole.
    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task A_frame_whose_outer_packet_is_cut_gets_through(FrameTracing tracing)
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        (await scene.SendAsync()).ShouldReach(scene.Vm2);
        for (var i = 0; i < 3; i++)
        {
            (await scene.SendAsync(1437)).ShouldReach(scene.Vm2).Once();
        }

        Assert.Equal(3, scene.Vm2.Received.Count(r => r.Frame.Udp?.Payload.Length == 1437));
    }

    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task A_tunnel_over_IPv6_drops_what_does_not_fit(FrameTracing tracing)
    {
        await using var scene = await VxlanScene.BuildOverIpv6Async(tracing);
        (await scene.SendAsync(1402)).ShouldReach(scene.Vm2).Once();
        (await scene.SendAsync(1403)).EndsBy("too-big", tracing is FrameTracing.Auto ? "a/u0" : "a/vx0", "MTU 1500", "sends by IPv6 is not cut in fragments");
        Assert.DoesNotContain(scene.Vm2.Received, r => r.Frame.Udp?.Payload.Length == 1403);
        Assert.DoesNotContain(scene.Vm1.Received, r => r.Frame.Icmp is not null);
    }

    // Each has fragments of its own, among those of the others.
    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task A_hundred_frames_that_are_cut_at_once_are_told_apart(FrameTracing tracing)
    {
        await using var scene = await VxlanScene.BuildAsync(tracing: tracing);
        (await scene.SendAsync()).ShouldReach(scene.Vm2);
        var fates = await Task.WhenAll(Enumerable.Range(0, 100).Select(_ => Task.Run(() => scene.SendAsync(1437))));
        Assert.All(fates, fate => fate.ShouldReach(scene.Vm2).Once());
        Assert.Equal(100, scene.Vm2.Received.Count(r => r.Frame.Udp?.Payload.Length == 1437));
    }

    [LabFact(Feature.BpfTracing, Feature.Vxlan)]
    public async Task Another_UDP_port_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync(portB: 4790);
        var reason = (await scene.SendAsync()).EndsBy("no-socket", "b/u0", "Nobody in b listens on UDP port 4789", "VXLAN");
        Assert.Contains("dstport 4790", string.Join(' ', reason.Evidence), StringComparison.Ordinal);
    }

    [LabFact(Feature.BpfTracing, Feature.Vxlan)]
    public async Task Another_network_identifier_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync(vniB: 43);
        (await scene.SendAsync()).EndsBy("vxlan-vni", "b/u0", "VNI 42", "vx0 has 43");
    }

    [LabFact(Feature.BpfTracing, Feature.Vxlan)]
    public async Task A_tunnel_without_another_end_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync(remote: null);
        (await scene.SendAsync()).EndsBy("vxlan-no-remote", "a/vx0", "does not know to whom");
    }

    [LabFact(Feature.BpfTracing, Feature.Vxlan)]
    public async Task Another_end_that_does_not_answer_ARP_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync(remote: "10.9.0.77");
        var fate = await scene.SendAsync();
        fate.EndsBy("neighbour-unresolved", "a/u0", "a is still resolving 10.9.0.77 on u0");
        Assert.Equal(CopyEnd.Pending, fate.Copies.Single(c => c.Reason is not null).End);
    }

    [LabFact(Feature.BpfTracing, Feature.Vxlan)]
    public async Task Another_end_to_which_no_route_leads_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync(remote: "192.0.2.9");
        (await scene.SendAsync()).EndsBy("vxlan-no-route", "a/vx0", "no route to 192.0.2.9");
    }

    [LabFact(Feature.BpfTracing, Feature.Vxlan)]
    public async Task A_frame_that_is_too_large_for_the_tunnel_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync();
        await scene.A.Device("vx0").SetMtuAsync(1450);
        (await scene.SendAsync(1440)).EndsBy("bridge-mtu", "a/vx0", "1468 bytes is larger than the MTU 1450 of vx0", "50 bytes");
    }

    [LabFact(Feature.BpfTracing, Feature.Vxlan)]
    public async Task A_rule_that_drops_the_outer_packet_is_quoted()
    {
        await using var scene = await VxlanScene.BuildAsync();
        await scene.B.LoadRulesetAsync("table ip fw { chain i { type filter hook input priority 0; udp dport 4789 drop comment \"no tunnels\"; }\n}");
        (await scene.SendAsync()).EndsBy("nft-rule", "b/u0", "no tunnels");
    }

    [LabFact(Feature.BpfTracing, Feature.Vxlan)]
    public async Task A_tunnel_that_is_down_is_told()
    {
        await using var scene = await VxlanScene.BuildAsync();
        await scene.B.Device("vx0").SetUpAsync(false);
        (await scene.SendAsync()).EndsBy("no-socket", "b/u0", "vx0 is down");
    }
}
