using System.Net;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding.Property;

/// <summary>The smallest networks in which a random frame was told wrong, or nothing told why it did not arrive.</summary>
[Trait("Category", "Fate")]
public sealed class ShrunkFates
{
    // A tunnel's packet leaves the node after a VM of the node has read its copy: nothing comes from a VM's tap.
    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task What_a_tunnel_sends_comes_from_the_tunnel_and_not_from_who_read_the_frame_last(FrameTracing tracing) => HoldsAsync(tracing,
        [
            new NodePiece("a"), new NodePiece("b"), new SwitchPiece("a", "br1"), new SwitchPiece("a", "br2"),
            new CablePiece("a", "br1", "v1", "a", "br2", "v2"), .. Tunnel("a", "br1", "b", null),
            new VmPiece("vm1", "a", "br1", "10.0.1.1/24", "fd00:1::1/64", "10.0.1.9"),
            new VmPiece("vm2", "a", "br2", "10.0.1.2/24", "fd00:1::2/64", "10.0.1.9"),
        ],
        lab => [Udp(lab, 1, "vm1", "10.0.1.3")]);

    [LabTheory]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task A_tag_in_the_bytes_of_a_frame_is_why_a_node_does_not_take_it(FrameTracing tracing) => HoldsAsync(tracing,
        [.. Bridged(), new NodePiece("h"), new CablePiece("h", null, "eth0", "a", "br1", "h-eth0"), new AddressPiece("h", "eth0", "10.0.1.3/24")],
        lab =>
        {
            var untagged = Udp(lab, 1, "vm1", "10.0.1.3", "h");
            return [untagged with { Frame = untagged.Frame.WithVlan(10) }];
        },
        "vlan-unknown");

    // The tunnel knows behind which other end the sender is, and the bridge does not know its port.
    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task What_a_tunnel_has_learned_its_bridge_has_not(FrameTracing tracing) => HoldsAsync(tracing,
        [
            .. Bridged(), new NodePiece("b"), new SwitchPiece("b", "br2"), .. Tunnel("a", "br1", "b", "br2"),
            new VmPiece("vm2", "b", "br2", "10.0.1.2/24", "fd00:1::2/64", "10.0.1.9"), new CommandPiece("b", "bridge link set dev vx0 locked on", "vx0"),
        ],
        lab => [.. Enumerable.Range(1, 3).Select(i => Udp(lab, (ushort)i, "vm1", "10.0.1.2", "vm2"))],
        "locked");

    // The bridge has no address, and its node a socket that listens everywhere.
    [LabTheory]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task A_broadcast_is_read_by_a_socket_of_the_bridge_s_own_node(FrameTracing tracing) => HoldsAsync(tracing,
        [.. Bridged(), new NodePiece("b"), new CablePiece("a", null, "u1", "b", null, "u2"), new AddressPiece("a", "u1", "10.9.0.1/24")],
        lab => [Broadcast(lab)]);

    [LabTheory(Feature.OvsVswitchd)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task A_broadcast_is_read_by_a_socket_of_the_node_whose_Open_vSwitch_has_the_port(FrameTracing tracing) => HoldsAsync(tracing,
        [
            new NodePiece("a"), new SwitchPiece("a", "br1", IsOvs: true), new VmPiece("vm1", "a", "br1", "10.0.1.1/24", "fd00:1::1/64", "10.0.1.9"),
            new InternalPortPiece("a", "br1", "int1"), new AddressPiece("a", "int1", "10.0.1.3/24"),
        ],
        lab => [Broadcast(lab)]);

    [LabTheory(Feature.NftProgram)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task What_a_rule_keeps_from_a_port_the_bridge_s_own_node_reads(FrameTracing tracing) => HoldsAsync(tracing,
        [
            .. Bridged(), new NodePiece("b"), new SwitchPiece("b", "br2"), new CablePiece("a", "br1", "v1", "b", "br2", "v2"),
            new AddressPiece("a", "br1", "10.0.1.3/24"),
            new RulesPiece("a", "table bridge guard { chain f { type filter hook forward priority 0; oifname \"v1\" counter drop; }\n}\n"),
        ],
        lab => [Broadcast(lab)]);

    // A rule has given it to the node's own port before the route was looked for.
    [LabTheory(Feature.NftProgram)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task What_a_rule_redirects_to_the_router_itself_needs_no_route(FrameTracing tracing) => HoldsAsync(tracing,
        [
            .. Bridged(), new NodePiece("r", Routes: true), new CablePiece("r", null, "eth0", "a", "br1", "r-eth0"),
            new AddressPiece("r", "eth0", "10.0.1.9/24"),
            new RulesPiece("r", "table ip nat { chain pre { type nat hook prerouting priority -100; udp dport 53 redirect to :53; }\n}\n"),
        ],
        lab => [Udp(lab, 1, "vm1", "10.0.2.2", "r")]);

    // The other end of the tunnel takes the outer packet, which is larger than its link, in fragments, and has no tunnel for it.
    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task Fragments_that_are_put_together_and_dropped_are_taken_by_nobody(FrameTracing tracing) => HoldsAsync(tracing,
        [.. Bridged(), new NodePiece("b"), .. Tunnel("a", "br1", "b", null)],
        lab =>
        {
            var vm = lab.FindVm("vm1")!;
            byte[] payload = [.. RandomFrames.TokenOf(1), .. new byte[1452]];
            return [new SentPiece("vm1", "a large datagram", Frame.Udp(vm.Mac, MacAddress.Parse("02:00:00:00:77:77"), vm.Address,
                IPAddress.Parse("10.0.1.7"), 4000, 54, payload, new IpOptions { Identification = 1 }), [])];
        });

    // The way leads through two tunnels between the same nodes, and back.
    [LabTheory(Feature.Vxlan)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task What_stops_the_second_tunnel_is_why_a_VM_behind_it_is_not_reached(FrameTracing tracing) => HoldsAsync(tracing,
        [
            .. Bridged(), new SwitchPiece("a", "br3"), new NodePiece("b"), new SwitchPiece("b", "br2"), .. Tunnel("a", "br1", "b", "br2"),
            new CablePiece("a", null, "u3", "b", null, "u4"), new AddressPiece("a", "u3", "10.8.0.1/24"), new AddressPiece("b", "u4", "10.8.0.2/24"),
            new VxlanPiece("a", "br3", "vx8", "10.8.0.1", "10.8.0.2", 8), new VxlanPiece("b", "br2", "vx8", "10.8.0.2", "10.8.0.1", 8),
            new VmPiece("vm2", "a", "br3", "10.0.1.2/24", "fd00:1::2/64", "10.0.1.9"),
            new CommandPiece("b", "ip neigh replace 10.8.0.1 lladdr 02:00:00:00:00:97 dev u4 nud permanent", "u4"),
        ],
        lab => [Udp(lab, 1, "vm1", "10.0.1.2", "vm2")],
        "wrong-neighbour");

    // The second of two waits in the queues for 8 to 40 ms, and the question to Open vSwitch takes about as long.
    [LabTheory(Feature.OvsVswitchd)]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public Task What_a_queue_lets_go_while_reasons_are_looked_for_is_seen(FrameTracing tracing) => HoldsAsync(tracing,
        [
            .. Bridged(), new NodePiece("b"), new SwitchPiece("b", "br2", IsOvs: true), new CablePiece("a", "br1", "v1", "b", "br2", "v2"),
            .. Enumerable.Range(2, 5).SelectMany(i => (Piece[])
                [new VmPiece($"vm{i}", "a", "br1", $"10.0.1.1{i}/24", $"fd00:1::1{i}/64", "10.0.1.9"),
                    new CommandPiece("a", $"tc qdisc add dev tap-vm{i} root tbf rate {40 / i}kbit burst 60 limit 90", $"tap-vm{i}")]),
        ],
        lab => [.. Enumerable.Range(1, 20).Select(i => Udp(lab, (ushort)i, "vm1", "10.0.1.3"))]);

    private static IEnumerable<Piece> Bridged() =>
        [new NodePiece("a"), new SwitchPiece("a", "br1"), new VmPiece("vm1", "a", "br1", "10.0.1.1/24", "fd00:1::1/64", "10.0.1.9")];

    private static SentPiece Broadcast(Lab lab)
    {
        var vm = lab.FindVm("vm1")!;
        return new SentPiece("vm1", "a broadcast", Frame.Udp(vm.Mac, MacAddress.Broadcast, vm.Address, IPAddress.Broadcast, 4000, 53, RandomFrames.TokenOf(1),
            new IpOptions { Identification = 1 }), []);
    }

    private static IEnumerable<Piece> Tunnel(string a, string onA, string b, string? onB)
    {
        yield return new CablePiece(a, null, "u1", b, null, "u2");
        yield return new AddressPiece(a, "u1", "10.9.0.1/24");
        yield return new AddressPiece(b, "u2", "10.9.0.2/24");
        yield return new VxlanPiece(a, onA, "vx0", "10.9.0.1", "10.9.0.2", 9);
        if (onB is not null)
        {
            yield return new VxlanPiece(b, onB, "vx0", "10.9.0.2", "10.9.0.1", 9);
        }
    }

    private static SentPiece Udp(Lab lab, ushort number, string from, string to, string? wanted = null)
    {
        var vm = lab.FindVm(from)!;
        var mac = wanted is null ? MacAddress.Parse("02:00:00:00:77:77") : lab.FindVm(wanted)?.Mac ?? lab.FindNode(wanted)!.Device("eth0").Mac;
        return new SentPiece(from, $"UDP to {to}", Frame.Udp(vm.Mac, mac, vm.Address, IPAddress.Parse(to), 4000, 53, RandomFrames.TokenOf(number),
            new IpOptions { Identification = number }), wanted is null ? [] : [wanted]);
    }

    private static async Task HoldsAsync(FrameTracing tracing, Piece[] pieces, Func<Lab, IReadOnlyList<SentPiece>> frames,
        string? cause = null)
    {
        IReadOnlyList<SentPiece> sent;
        using (var described = Described.Of(pieces))
        {
            sent = frames(described.Lab);
        }

        var outcome = await Trial.RunAsync(new Network(pieces, sent), tracing);
        Assert.Empty(outcome.Wrong);
        Assert.DoesNotContain(outcome.Unreached, u => u.Cause is null or "unknown");
        Assert.All(outcome.Unreached, u => Assert.True(u.Cause == cause, u.Fate));
        Assert.Equal(cause is null, outcome.Unreached.Count == 0);
    }
}
