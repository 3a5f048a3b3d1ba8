using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>One Open vSwitch for all rows: two bridges, VMs on both, joined by patch ports. Each row begins with the same flows and ports.</summary>
public sealed class OvsScene : IAsyncLifetime
{
    public OvsScene()
    {
        Lab = new Lab(FateAssert.Traced);
        Node = Lab.AddNode("a");
        Bridge = Node.AddOvsBridge("br-a");
        Other = Node.AddOvsBridge("br-b");
        Vm1 = Node.AddVm("vm1", Bridge, vm => vm.Address("10.0.0.1/24"));
        Vm2 = Node.AddVm("vm2", Bridge, vm => vm.Address("10.0.0.2/24"));
        Vm3 = Node.AddVm("vm3", Other, vm => vm.Address("10.0.0.3/24"));
        Bridge.AddPatch(Other, "to-b", "to-a");
        Bridge.AddTunnel("nowhere", "vxlan", new Dictionary<string, string> { ["remote_ip"] = "192.0.2.9" });
    }

    public Lab Lab { get; }

    public Node Node { get; }

    public OvsBridge Bridge { get; }

    public OvsBridge Other { get; }

    public FakeVm Vm1 { get; }

    public FakeVm Vm2 { get; }

    public FakeVm Vm3 { get; }

    public Task InitializeAsync() => Lab.ApplyAsync();

    public Task DisposeAsync() => Lab.DisposeAsync().AsTask();

    public async Task ResetAsync()
    {
        foreach (var bridge in new[] { Bridge, Other })
        {
            await bridge.ReplaceFlowsAsync(["priority=0,actions=NORMAL"]);
            foreach (var port in bridge.Ports.Where(p => bridge.Port(p).Options is not { Tag: null }))
            {
                await bridge.SetPortAsync(port, o => o with { Tag = null });
            }
        }

        await OpenFlowAsync("mod-port", Bridge, Vm2.Tap.Name, "forward");
    }

    public Task<string> OpenFlowAsync(string command, OvsBridge bridge, params string[] arguments) =>
        Node.Live.Ovs!.OpenFlowAsync(bridge.Name, command, arguments, null, default);

    public Task<Fate> SendAsync(FakeVm? to = null) => Vm1.SendAsync(Frame.Udp(Vm1, to ?? Vm2, 53, "hello"));

    /// <summary>Sends with these flows in the first bridge.</summary>
    public async Task<Fate> SendWithAsync(params string[] flows)
    {
        await Bridge.ReplaceFlowsAsync(flows);
        return await SendAsync();
    }
}

/// <summary>Why Open vSwitch lets a frame go nowhere.</summary>
[Trait("Category", "Fate")]
public sealed class OvsFates(OvsScene scene) : IClassFixture<OvsScene>
{
    private static readonly CauseTable<OvsScene> Table = new()
    {
        { "a flow that drops", "ovs-flow", "a/tap-vm1", "priority 100, udp,tp_dst=53, cookie 0x77: drop",
            s => s.SendWithAsync("cookie=0x77,priority=100,udp,tp_dst=53,actions=drop", "priority=0,actions=NORMAL") },
        { "no flow at all", "ovs-no-flow", "a/tap-vm1", "no flow of table 0 matches", s => s.SendWithAsync("priority=10,tcp,actions=NORMAL") },
        { "a flow of a later table that drops", "ovs-flow", "a/tap-vm1", "table 5, priority 7",
            s => s.SendWithAsync("priority=0,actions=resubmit(,5)", "table=5,priority=7,ip,actions=drop") },
        { "a later table without a flow", "ovs-no-flow", "a/tap-vm1", "no flow of table 9 matches", s => s.SendWithAsync("priority=0,actions=resubmit(,9)") },
        { "a flow that sends back where it came from", "ovs-input-port", "a/tap-vm1", "the port it came in by",
            s => s.SendWithAsync("priority=0,actions=output:tap-vm1") },
        { "a flow that sends to a port that is not there", "ovs-no-port", "a/tap-vm1", "999", s => s.SendWithAsync("priority=0,actions=output:999") },
        { "flows that go round", "ovs-loop", "a/tap-vm1", "go round without end", s => s.SendWithAsync("priority=0,actions=resubmit(,0)") },
        { "other VLANs on all other ports", "ovs-vlan", "a/tap-vm1", "VLAN 10", async s =>
            {
                await s.Bridge.SetPortAsync(s.Vm1.Tap, o => o with { Tag = 10 });
                await s.Bridge.SetPortAsync(s.Vm2.Tap, o => o with { Tag = 20 });
                await s.Other.SetPortAsync(s.Vm3.Tap, o => o with { Tag = 20 });
                return await s.SendAsync();
            } },
        { "the dead VLAN", "ovs-vlan", "a/tap-vm1", "4095", async s =>
            {
                await s.Bridge.SetPortAsync(s.Vm1.Tap, o => o with { Tag = 4095 });
                await s.Other.SetPortAsync(s.Vm3.Tap, o => o with { Tag = 20 });
                await s.Bridge.SetPortAsync(s.Vm2.Tap, o => o with { Tag = 20 });
                return await s.SendAsync();
            } },
        { "a tagged frame on an access port", "ovs-vlan", "a/tap-vm1",
            "VLAN 5 tagged packet received on port tap-vm1 configured as VLAN 10 access port", async s =>
            {
                await s.Bridge.SetPortAsync(s.Vm1.Tap, o => o with { Tag = 10 });
                return await s.Vm1.SendAsync(Frame.Udp(s.Vm1, s.Vm2, 53, "hello").WithVlan(5));
            } },
        { "a port that must not be sent to", "ovs-port-config", "a/tap-vm1", "no-forward", async s =>
            {
                await s.OpenFlowAsync("mod-port", s.Bridge, "tap-vm2", "no-forward");
                return await s.SendWithAsync("priority=0,actions=output:tap-vm2");
            } },
        { "a reserved address", "ovs-reserved-mac", "a/tap-vm1", "reserved", s =>
            s.Vm1.SendAsync(Frame.Ethernet(s.Vm1.Mac, MacAddress.Parse("01:80:c2:00:00:0e"), 0x88b5, new byte[50])) },
        { "a drop behind a patch port", "ovs-flow", "a/tap-vm1", "br-b table 0, priority 3", async s =>
            {
                await s.Other.ReplaceFlowsAsync(["priority=3,udp,actions=drop"]);
                return await s.SendWithAsync("priority=0,actions=output:to-b");
            } },
        { "a tunnel whose other end cannot be reached", "ovs-tunnel", "a/tap-vm1", "tunnel", s => s.SendWithAsync("priority=0,actions=output:nowhere") },
    };

    public static TheoryData<string> Names => Table.Names;

    [LabTheory(Feature.BpfTracing, Feature.OvsVswitchd), MemberData(nameof(Names))]
    public async Task A_frame_that_Open_vSwitch_keeps_says_why(string cause)
    {
        await scene.ResetAsync();
        await Table.CheckAsync(cause, scene);
    }

    [LabFact(Feature.BpfTracing, Feature.OvsVswitchd)]
    public async Task A_frame_that_is_sent_on_has_no_reason()
    {
        await scene.ResetAsync();
        var fate = await scene.SendAsync(scene.Vm3);
        fate.ShouldReach(scene.Vm3);
        Assert.All(fate.Copies, c => Assert.Null(c.Reason));
    }

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData(FrameTracing.Kernel)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task The_reply_of_the_node_is_no_copy_of_the_echo_that_has_the_same_payload(FrameTracing tracing)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var node = lab.AddNode("a");
        var bridge = node.AddOvsBridge("br-a");
        var own = bridge.AddInternalPort("int0").AddAddress("10.0.0.254/24");
        var vm = node.AddVm("vm", bridge, vm => vm.Address("10.0.0.1/24"));
        await lab.ApplyAsync();
        (await vm.PingAsync(node)).ShouldSucceed(); // both know each other's address

        var fate = await vm.SendAsync(Frame.IcmpEcho(vm.Mac, own.Mac, vm.Address, IPAddress.Parse("10.0.0.254"), IcmpType.EchoRequest, 7, 8, new byte[40]));

        Assert.Contains(vm.Received, f => f.Frame.Icmp is { Type: IcmpType.EchoReply, SequenceNumber: 8 });
        Assert.Equal("int0", Assert.Single(fate.Copies).Hops[^1].Device);
        fate.ShouldNotComeBack();
    }

    [LabFact(Feature.BpfTracing, Feature.OvsVswitchd)]
    public async Task A_VLAN_that_a_trunk_does_not_carry_is_told_in_the_words_of_Open_vSwitch()
    {
        await using var lab = new Lab(FateAssert.Traced);
        Node a = lab.AddNode("a"), b = lab.AddNode("b");
        OvsBridge brA = a.AddOvsBridge("br-a"), brB = b.AddOvsBridge("br-b");
        lab.AddLink(brA.End("v0"), brB.End("v1"));
        var vm1 = a.AddVm("vm1", brA, vm => vm.Address("10.0.0.1/24").Vlan(10));
        var vm2 = b.AddVm("vm2", brB, vm => vm.Address("10.0.0.2/24").Vlan(10));
        brB.Port(b.Device("v1")).Options = OvsPortOptions.Trunk(20);
        await lab.ApplyAsync();
        var fate = await vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "hello"));
        fate.EndsBy("ovs-vlan", "b/v1", "dropping VLAN 10 packet received on port v1 not configured for trunking VLAN 10");
        fate.ShouldNotReach(vm2);
    }
}
