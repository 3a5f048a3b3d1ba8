using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>A frame is followed through whatever changes it: address translation, fragments, tunnels, routers of both IP versions, Open vSwitch.</summary>
public abstract class FollowedFates(FrameTracing tracing)
{
    private readonly LabOptions _options = new() { Tracing = tracing };

    [LabTheory(Feature.NftProgram)]
    [InlineData("chain post { type nat hook postrouting priority 100; oifname \"eth1\" masquerade; }", "10.0.2.10")]
    [InlineData("chain pre { type nat hook prerouting priority -100; ip daddr 192.0.2.1 dnat to 10.0.2.10; }", "192.0.2.1")]
    public async Task Address_translation(string chain, string to)
    {
        await using var bed = await RouterBed.StartAsync(_options);
        await bed.Router.LoadRulesetAsync($"table ip nat {{\n{chain}\n}}");

        var fate = await bed.Vm1.SendUdpAsync(IPAddress.Parse(to), 53, "hello"u8.ToArray());

        var copy = Assert.Single(fate.ShouldReach(bed.Vm2).Once().Via("vm1", "tap-vm1", "left", "eth0", "eth1", "right", "tap-vm2", "vm2").Copies);
        Assert.Equal(to == "192.0.2.1" ? "10.0.1.10" : "10.0.2.1", copy.Hops[^1].Frame?.Ipv4?.Source.ToString());
        Assert.Equal("10.0.2.10", copy.Hops[^1].Frame?.Ipv4?.Destination.ToString());
    }

    [LabFact]
    public async Task Fragments()
    {
        await using var bed = await RouterBed.StartAsync(_options);
        await bed.Router.Device("eth1").SetMtuAsync(600);

        var fate = await bed.Vm1.SendUdpAsync(bed.Vm2.Address, 53, new byte[1400]);

        var parts = fate.ShouldReach(bed.Vm2).Once().Via("vm1", "left", "eth0", "eth1", "right", "vm2").Copies;
        Assert.Equal(3, parts.Count);
        Assert.Equal(1400 + 8 + 3 * 34, parts.Sum(p => p.Hops[^1].Length));
        Assert.All(fate.Copies, c => Assert.Equal(CopyEnd.Delivered, c.End));
    }

    [LabFact]
    public async Task A_tunnel_of_the_kernel()
    {
        await using var lab = new Lab(_options);
        var ends = new List<FakeVm>();
        foreach (var i in (int[])[1, 2])
        {
            var node = lab.AddNode($"compute{i}");
            var bridge = node.AddBridge("br0");
            bridge.Attach(node.AddDevice(new VxlanSpec("vx0")
                { Id = 42, Local = IPAddress.Parse($"192.168.7.{i}"), Remote = IPAddress.Parse($"192.168.7.{3 - i}"), Port = 4789 }));
            ends.Add(node.AddVm($"vm{i}", bridge, vm => vm.Address($"10.0.0.{i}/24")));
        }

        lab.AddLink(lab.Nodes[0].End("u0", "192.168.7.1/24"), lab.Nodes[1].End("u0", "192.168.7.2/24"));
        await lab.ApplyAsync();
        (await ends[0].PingAsync(ends[1])).ShouldSucceed();

        var fate = await ends[0].SendAsync(Frame.Udp(ends[0], ends[1], 53, "hello"));

        var copy = Assert.Single(fate.ShouldReach(ends[1]).Once()
            .Via("vm1", "tap-vm1", "br0", "vx0", "compute1/u0", "compute2/u0", "vx0", "br0", "tap-vm2", "vm2").Copies);
        Assert.All(copy.Hops.Where(h => h.Device == "u0"), h => Assert.Contains("in a tunnel", h.ToString(), StringComparison.Ordinal));
        Assert.Equal(fate.Frame, copy.Hops[^1].Frame);
        Assert.All(fate.Copies, c => Assert.Equal(CopyEnd.Delivered, c.End));
    }

    [LabFact]
    public async Task IPv6_through_a_router()
    {
        await using var lab = new Lab(_options);
        Node h1 = lab.AddNode("h1"), router = lab.AddNode("router");
        var bridge = lab.AddNode("compute").AddBridge("br0");
        router.Forwarding = true;
        lab.AddLink(h1.End("eth0", "fd01::2/64"), router.End("eth0", "fd01::1/64"));
        lab.AddLink(router.End("eth1", "fd02::1/64"), bridge.End("up"));
        h1.AddRoute("default", "fd01::1");
        var vm = bridge.Node.AddVm("vm", bridge, v => v.Address("fd02::10/64").Gateway("fd02::1"));
        await lab.ApplyAsync();

        (await h1.PingAsync(vm)).ShouldSucceed().Fate.ShouldReach(vm).Once().Via("h1", "eth0", "eth1", "up", "br0", "tap-vm", "vm");
        (await vm.PingAsync(h1)).ShouldSucceed().Fate.ShouldReach(h1).Once().Via("vm", "tap-vm", "br0", "up", "eth1", "eth0", "h1");
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Open_vSwitch_with_tags_and_patch_ports()
    {
        await using var lab = new Lab(_options);
        Node a = lab.AddNode("a"), b = lab.AddNode("b");
        OvsBridge brA = a.AddOvsBridge("br-a"), brB = b.AddOvsBridge("br-b");
        lab.AddLink(brA.End("v0"), brB.End("v1"));
        FakeVm vm1 = a.AddVm("vm1", brA, vm => vm.Address("10.0.0.1/24").Vlan(10)), vm2 = b.AddVm("vm2", brB, vm => vm.Address("10.0.0.2/24").Vlan(10));
        var vm3 = b.AddVm("vm3", brB, vm => vm.Address("10.0.0.3/24").Vlan(20));
        await lab.ApplyAsync();

        var fate = await vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "hello"));

        var copy = Assert.Single(fate.ShouldReach(vm2).Once().Via("vm1", "tap-vm1", "br-a", "v0", "v1", "br-b", "tap-vm2", "vm2").Copies);
        Assert.Equal([null, (ushort)10, (ushort)10, null], copy.Hops.Select(h => h.Vlan));
        fate.ShouldNotReach(vm3);
        Assert.All(fate.Copies, c => Assert.Equal(CopyEnd.Delivered, c.End));
    }

    private sealed class RouterBed : IAsyncDisposable
    {
        private readonly Lab _lab;

        private RouterBed(LabOptions options)
        {
            _lab = new Lab(options);
            Router = _lab.AddNode("router");
            Router.Forwarding = true;
            Bridge left = _lab.AddNode("left-host").AddBridge("left"), right = _lab.AddNode("right-host").AddBridge("right");
            _lab.AddLink(Router.End("eth0", "10.0.1.1/24"), left.End("to-router"));
            _lab.AddLink(Router.End("eth1", "10.0.2.1/24"), right.End("to-router"));
            Vm1 = left.Node.AddVm("vm1", left, vm => vm.Address("10.0.1.10/24").Gateway("10.0.1.1"));
            Vm2 = right.Node.AddVm("vm2", right, vm => vm.Address("10.0.2.10/24").Gateway("10.0.2.1"));
        }

        public Node Router { get; }

        public FakeVm Vm1 { get; }

        public FakeVm Vm2 { get; }

        public static async Task<RouterBed> StartAsync(LabOptions options)
        {
            var bed = new RouterBed(options);
            await bed._lab.ApplyAsync();
            (await bed.Vm1.PingAsync(bed.Vm2)).ShouldSucceed();
            return bed;
        }

        public ValueTask DisposeAsync() => _lab.DisposeAsync();
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class FollowedFatesByTracepoints() : FollowedFates(FrameTracing.Auto);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class FollowedFatesByPacketSockets() : FollowedFates(FrameTracing.PacketSockets);
