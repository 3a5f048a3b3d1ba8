using NetLab;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two nodes, a bridge with a VM in each, a link between.</summary>
internal sealed class BridgeScene : IAsyncDisposable
{
    private BridgeScene(FrameTracing tracing)
    {
        Lab = new Lab(new LabOptions { Tracing = tracing });
        A = Lab.AddNode("a");
        B = Lab.AddNode("b");
        BridgeA = A.AddBridge("br0");
        BridgeB = B.AddBridge("br0");
        Lab.AddLink(BridgeA.End("v0"), BridgeB.End("v1"));
        Vm1 = A.AddVm("vm1", BridgeA, vm => vm.Address("10.0.0.1/24"));
        Vm2 = B.AddVm("vm2", BridgeB, vm => vm.Address("10.0.0.2/24"));
    }

    public Lab Lab { get; }

    public Node A { get; }

    public Node B { get; }

    public Bridge BridgeA { get; }

    public Bridge BridgeB { get; }

    public FakeVm Vm1 { get; }

    public FakeVm Vm2 { get; }

    public static async Task<BridgeScene> BuildAsync(FrameTracing tracing = FrameTracing.Kernel)
    {
        var scene = new BridgeScene(tracing);
        await scene.Lab.ApplyAsync();
        return scene;
    }

    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    public Task<Fate> SendAsync(int payload = 20, bool dontFragment = false) => Vm1.SendAsync(Udp(payload, dontFragment));

    public Frame Udp(int payload = 20, bool dontFragment = false) =>
        Frame.Udp(Vm1.Mac, Vm2.Mac, Vm1.Address, Vm2.Address, 40_000, 53, new byte[payload],
            new IpOptions { Identification = 4711, DontFragment = dontFragment });

    /// <summary>A frame of an EtherType for experiments.</summary>
    public Frame To(MacAddress destination, MacAddress? source = null) => Frame.Ethernet(source ?? Vm1.Mac, destination, 0x88b5, new byte[50]);

    /// <summary>Sends after setting flags of a port.</summary>
    public async Task<Fate> SendWithAsync(Device port, BridgePortOptions options, Frame? frame = null)
    {
        await port.SetBridgePortAsync(options);
        return await Vm1.SendAsync(frame ?? Udp());
    }

    public async Task<Fate> SendAfterAsync(Node node, string command, Frame? frame = null)
    {
        await node.DoAsync(command);
        return await Vm1.SendAsync(frame ?? Udp());
    }
}

/// <summary>Why a Linux bridge does not pass a frame on.</summary>
[Trait("Category", "Fate")]
public sealed class BridgeCauses
{
    private static readonly MacAddress Group = MacAddress.Parse("01:01:5e:01:02:03");

    private static readonly CauseTable<BridgeScene> Table = new()
    {
        { "a port that learns only", "ingress-state", "b/v1", "Port v1 of bridge br0 is learning",
            s => s.SendWithAsync(s.B.Device("v1"), new BridgePortOptions { State = BridgePortState.Learning }) },
        { "a port that is disabled", "ingress-state", "b/v1", "Port v1 of bridge br0 is disabled",
            s => s.SendWithAsync(s.B.Device("v1"), new BridgePortOptions { State = BridgePortState.Disabled }) },
        { "a known address behind a port that does not forward", "egress-state", "b/tap-vm2", "the port is listening, not forwarding", async s =>
            {
                await s.Vm1.ResolveAsync(s.Vm2.Address);
                return await s.SendWithAsync(s.Vm2.Tap, new BridgePortOptions { State = BridgePortState.Listening });
            } },
        { "an address that the bridge believes behind the sender", "fdb-ingress", "b/v1", "is behind v1, where the frame came from", s =>
            s.SendAfterAsync(s.B, $"bridge fdb replace {s.Vm2.Mac} dev v1 master static") },
        { "the bridge's own address", "fdb-local", "b/v1", "keeps what is for", s => s.Vm1.SendAsync(s.To(s.BridgeB.Mac)) },
        { "a locked port", "locked", "b/v1", "v1 is locked",
            s => s.SendWithAsync(s.B.Device("v1"), new BridgePortOptions { Locked = true, Learning = false }) },
        { "ARP that the bridge suppresses", "neigh-suppress", "b/tap-vm2", "`neigh_suppress on`", s =>
            s.SendWithAsync(s.Vm2.Tap, new BridgePortOptions { NeighbourSuppress = true }, Frame.ArpRequest(s.Vm1.Mac, s.Vm1.Address, s.Vm1.Address)) },
        { "broadcasts that no port floods", "broadcast-flood-off", "b/tap-vm2", "`bcast_flood off`", s =>
            s.SendWithAsync(s.Vm2.Tap, new BridgePortOptions { BroadcastFlood = false }, s.To(MacAddress.Broadcast)) },
        { "multicasts that no port floods", "multicast-flood-off", "b/tap-vm2", "`mcast_flood off`", s =>
            s.SendWithAsync(s.Vm2.Tap, new BridgePortOptions { MulticastFlood = false }, s.To(Group)) },
        { "a group that only others have joined", "mdb-elsewhere", "b/tap-vm2", "only v1 has joined", async s =>
            {
                await s.B.DoAsync("ip link set br0 type bridge mcast_snooping 1");
                return await s.SendAfterAsync(s.B, $"bridge mdb add dev br0 port v1 grp {Group} permanent", s.To(Group));
            } },
        { "a frame of LLDP", "link-local-mac", "a/tap-vm1", "01:80:c2:00:00:0e is for the next device alone",
            s => s.Vm1.SendAsync(s.To(MacAddress.Parse("01:80:c2:00:00:0e"))) },
        { "a source that is a group", "invalid-source-mac", "a/tap-vm1", "cannot be the source of a frame", s => s.Vm1.SendAsync(s.To(s.Vm2.Mac, Group)) },
        { "larger than the MTU of a port, with netfilter on the bridge", "bridge-mtu", "b/tap-vm2",
            "1428 bytes is larger than the MTU 1000 of tap-vm2", async s =>
            {
                s.B.WriteSysctl("net.bridge.bridge-nf-call-iptables", "1");
                await s.Vm2.Tap.SetMtuAsync(1000);
                return await s.SendAsync(1400, dontFragment: true);
            } },
        { "a link end that is no port", "not-a-port", "b/v1", "v1 is no port of a bridge", async s =>
            {
                await s.BridgeB.DetachAsync(s.B.Device("v1"));
                return await s.SendAsync();
            } },
        { "the peer of the only other port is down", "peer-down", "a/v0", "the other end of the link, b/v1, is down", async s =>
            {
                await s.B.Device("v1").SetUpAsync(false);
                return await s.SendAsync();
            } },
        { "a port whose tap nobody holds", "no-carrier", "b/tap-vm2", "nobody holds the tap open", async s =>
            {
                s.Vm2.Tap.Close();
                await s.Lab.SettleAsync();
                return await s.SendAsync();
            } },
        { "the only other port has left", "no-other-port", "b/v1", "has no port but v1", async s =>
            {
                await s.BridgeB.DetachAsync(s.Vm2.Tap);
                return await s.SendAsync();
            } },
    };

    public static TheoryData<string> Names => Table.Names;

    [LabTheory(Feature.BpfTracing), MemberData(nameof(Names))]
    public Task A_frame_that_a_bridge_keeps_says_why(string cause) => Table.CheckAsync(cause, BridgeScene.BuildAsync());

    [LabFact(Feature.BpfTracing, Feature.BridgeVlanFiltering)]
    public async Task A_VLAN_that_a_port_does_not_carry_is_told()
    {
        await using var scene = await BridgeScene.BuildAsync();
        await scene.B.DoAsync("ip link set br0 type bridge vlan_filtering 1");
        (await scene.Vm1.SendAsync(scene.Udp().WithVlan(30))).EndsBy("bridge-vlan", "b/v1", "VLAN 30");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Where_it_was_dropped_can_be_asserted_in_one_line()
    {
        await using var scene = await BridgeScene.BuildAsync();
        await scene.Vm2.Tap.SetMtuAsync(1000);
        var fate = await scene.SendAsync(1400);
        Assert.Contains("sends no ICMP error", fate.ShouldBeDroppedAt(scene.Vm2.Tap, because: "bridge-mtu").Sentence, StringComparison.Ordinal);
        Assert.Throws<ForwardingException>(() => fate.ShouldBeDroppedAt(scene.Vm2.Tap, because: "isolated"));
        Assert.Throws<ForwardingException>(() => fate.ShouldBeDroppedAt(scene.Vm1.Tap));
    }
}
