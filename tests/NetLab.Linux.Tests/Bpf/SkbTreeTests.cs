using NetLab.Linux.Bpf;

namespace NetLab.Linux.Tests.Bpf;

/// <summary>Copies of frames and their descent, from what a kernel once recorded and from sequences made here.</summary>
public sealed class SkbTreeTests
{
    private const string Payload = "020000000002020000000001" + "88b5" + "a1a2a3a4a5a6a7a8a9aaabacadaeafb0";
    private const string Other = "020000000002020000000001" + "88b5" + "b1b2b3b4b5b6b7b8b9babbbcbdbebfc0";

    [Theory]
    [InlineData(nameof(RecordedTraces.Flood), "#1: t0 in > t1 out", "#2 Clone of #1: v0 out > v1 in > t0 out; Consumed in tun_do_read",
        "#3 Clone of #1: t2 out")]
    [InlineData(nameof(RecordedTraces.Vxlan), "#1: t0 in > vx0 out > u0 out > u0 in > vx0 in > t0 out")]
    [InlineData(nameof(RecordedTraces.TimeToLiveExceeded), "#1: t0 in; Dropped at t0: IP_INHDR in ip_forward", "#2 IcmpError of #1: t0 out")]
    [InlineData(nameof(RecordedTraces.ClosedPort), "#1: t0 in; Dropped at t0: NO_SOCKET in __udp4_lib_rcv", "#2 IcmpError of #1: t0 out")]
    [InlineData(
        nameof(RecordedTraces.SocketThreeTimes),
        "#1: t0 in; given to the socket of protocol 17 port 54", "#2: t0 in; given to the socket of protocol 17 port 54",
            "#3: t0 in; given to the socket of protocol 17 port 54", "#4: t0 out")]
    [InlineData(nameof(RecordedTraces.Fragments), "#1: t0 in; Consumed in ip_do_fragment", "#2 Part of #1: t1 out", "#3 Part of #1: t1 out",
        "#4 Part of #1: t1 out")]
    [InlineData(nameof(RecordedTraces.Nat), "#1: t0 in > t1 out")]
    [InlineData(nameof(RecordedTraces.NeighbourFailed), "#1: t0 in; Dropped at t1: NEIGH_FAILED in neigh_invalidate", "#2: t1 out", "#3: t1 out",
        "#4: t1 out", "#5 IcmpError of #1: t0 out")]
    [InlineData(nameof(RecordedTraces.DroppedBeforeAnyDevice), "#1: ; Dropped at no device: NETFILTER_DROP in nft_do_chain")]
    [InlineData(nameof(RecordedTraces.Relay), "#1: t0 in", "#2 SamePacket of #1: t1 out")]
    public void What_a_kernel_recorded_becomes_copies_and_their_descent(string recorded, params string[] copies)
    {
        var text = (string)typeof(RecordedTraces).GetField(recorded)!.GetRawConstantValue()!;

        Assert.Equal(copies, SkbTree.Build(TraceText.Read(text)).Copies.Select(c => c.ToString()));
    }

    [Fact]
    public void Segments_and_answers_of_a_TCP_connection_are_not_glued_together_though_addresses_are_used_again()
    {
        var tree = SkbTree.Build(TraceText.Read(RecordedTraces.Tcp));

        Assert.All(tree.Copies, c => Assert.Equal(2, c.Hops.Count));
        Assert.All(tree.Copies, c => Assert.Null(c.Parent));
    }

    [Fact]
    public void The_way_of_a_clone_begins_with_that_of_its_parent()
    {
        var tree = SkbTree.Build(TraceText.Read(RecordedTraces.Flood));

        Assert.Equal("t0 in > v0 out > v1 in > t0 out", string.Join(" > ", tree.Copies[1].Way));
        Assert.Equal("t0 in > t2 out", string.Join(" > ", tree.Copies[2].Way));
        Assert.Equal(tree.Copies, SkbTree.Family(tree.Roots.Single()));
    }

    [Fact]
    public void Events_may_come_in_any_order()
    {
        var events = TraceText.Read(RecordedTraces.Flood);

        Assert.Equal(SkbTree.Build(events).Copies.Select(c => c.ToString()), SkbTree.Build(events.Reverse()).Copies.Select(c => c.ToString()));
    }

    [Fact]
    public void An_address_that_is_used_again_after_the_end_is_another_copy()
    {
        var tree = Build(
            $"0 NetifReceiveSkb a/t0/2 f0 b0 30 14 88b5 0 {Payload}",
            "1 KfreeSkb a/t0/2 f0 b0 30 14 88b5 2 reason=UNHANDLED_PROTO in=__netif_receive_skb_core =",
            "2 NetifReceiveSkb a/t0/2 f0 b0 30 14 88b5 0 =",
            "3 NetDevQueue a/t1/3 f0 b0 30 14 88b5 2 =");

        Assert.Equal(["#1: t0 in; Dropped at t0: UNHANDLED_PROTO in __netif_receive_skb_core", "#2: t0 in > t1 out (waiting)"], tree);
    }

    [Fact]
    public void An_address_that_is_used_again_without_an_end_is_another_copy_too()
    {
        var tree = Build(
            $"0 NetifReceiveSkb a/t0/2 f0 b0 30 14 88b5 0 {Payload}",
            "1 NetifReceiveSkb a/t0/2 f0 b0 30 14 88b5 0 =", // received anew: no device is noted in it
            $"2 NetDevQueue a/t1/3 f0 b0 30 14 88b5 0 {Other}"); // sent from here

        Assert.Equal(["#1: t0 in", "#2: t0 in", "#3: t1 out (waiting)"], tree);
    }

    [Fact]
    public void What_comes_in_longer_than_it_went_out_did_not_come_through_a_veth_pair()
    {
        var tree = Build(
            $"0 NetDevStartXmit a/t1/3 f0 b0 30 14 88b5 2 {Payload}",
            $"1 NetifReceiveSkb a/t0/2 f0 b0 34 14 8100 0 {Payload[..24]}81000007{Payload[24..]}");

        Assert.Equal(["#1: t1 out", "#2: t0 in"], tree);
    }

    [Fact]
    public void Packets_without_a_payload_are_told_apart_by_their_identification()
    {
        const string first = "020000000002020000000001" + "0800" + "4500" + "0028" + "0001" + "4000" + "4006" + "0000" + "0a000001" + "0a000002" +
            "0050" + "0051" + "00000001" + "00000002" + "5010" + "0000" + "0000" + "0000";
        var translated = first.Replace("0a000001", "c0a80001", StringComparison.Ordinal).Replace("00500051", "77770051", StringComparison.Ordinal);
        var second = first.Replace("00280001", "00280002", StringComparison.Ordinal).Replace("00000001", "00000009", StringComparison.Ordinal);
        var tree = Build(
            $"0 NetDevStartXmit a/v0/2 f0 b0 54 14 800 0 {first}",
            $"1 NetDevStartXmit a/u0/3 f0 b0 54 14 800 0 {translated}",
            $"2 NetDevStartXmit a/v0/2 f0 b0 54 14 800 0 {second}");

        Assert.Equal(["#1: v0 out > u0 out", "#2: v0 out"], tree);
    }

    [Fact]
    public void What_goes_on_encrypted_in_the_same_skb_is_the_frame_rewritten()
    {
        const string packet = "020000000002020000000001" + "0800" + "4500" + "0020" + "0001" + "4000" + "4011" + "0000" + "0a000001" + "0a000002" +
            "0050" + "0051" + "000c" + "0000" + "c1c2c3c4";
        const string esp = "020000000002020000000001" + "0800" + "4500" + "0030" + "0002" + "4000" + "4032" + "0000" + "c0a80001" + "c0a80002" +
            "11111111" + "22222222" + "333333333333333333333333" + "4444444455555555";
        var tree = Build(
            $"0 NetifReceiveSkb a/t0/2 f0 b0 46 14 800 0 {packet}",
            $"1 NetDevQueue a/t1/3 f0 b0 62 14 800 2 {esp}");

        Assert.Equal(["#1: t0 in", "#2 Rewritten of #1: t1 out (waiting)"], tree);
    }

    [Fact]
    public void The_use_or_drop_of_other_bytes_at_the_same_address_is_not_the_end_of_the_copy()
    {
        var tree = Build(
            $"0 NetifReceiveSkb a/t0/2 f0 b0 30 14 88b5 0 {Payload}",
            $"1 ConsumeSkb a/t0/2 f0 b1 30 14 88b5 2 in=packet_rcv {Other}",
            $"2 ConsumeSkb a/t0/2 f9 b9 30 14 88b5 2 in=packet_rcv {Other}");

        Assert.Equal(["#1: t0 in"], tree);
    }

    [Fact]
    public void A_copy_that_is_dropped_before_it_is_sent_descends_from_the_one_with_its_buffer()
    {
        var tree = Build(
            $"0 NetifReceiveSkb a/t0/2 f0 b0 30 14 88b5 0 {Payload}",
            "1 KfreeSkb a/t1/3 f1 b0 30 14 88b5 2 reason=NETFILTER_DROP in=nft_do_chain =",
            "2 NetDevQueue a/t2/4 f0 b0 30 14 88b5 2 =");

        Assert.Equal(["#1: t0 in > t2 out (waiting)", "#2 Clone of #1: ; Dropped at t1: NETFILTER_DROP in nft_do_chain"], tree);
    }

    [Fact]
    public void What_was_queued_as_one_and_sent_in_parts_is_the_parent_of_the_parts()
    {
        const string packet = "020000000002020000000001" + "0800" + "4500" + "0400" + "0001" + "4000" + "4006" + "0000" + "0a000001" + "0a000002" +
            "0050" + "0051" + "00000001" + "00000002" + "5010" + "0000" + "0000" + "0000";
        const string segment = "020000000002020000000001" + "0800" + "4500" + "0200" + "0002" + "4000" + "4006" + "0000" + "0a000001" + "0a000002" +
            "0050" + "0051" + "00000009" + "00000002" + "5010" + "0000" + "0000" + "0000";
        var tree = Build(
            $"0 NetDevQueue a/t0/2 f0 b0 1038 14 800 0 {packet}",
            $"1 NetDevStartXmit a/t0/2 f1 b1 526 14 800 0 {segment}",
            "2 NetDevStartXmit a/t0/2 f2 b2 526 14 800 0 =");

        Assert.Equal(["#1: t0 out (waiting)", "#2 Part of #1: t0 out", "#3 Part of #1: t0 out"], tree);
    }

    [Fact]
    public void A_frame_that_a_device_refuses_has_that_in_its_last_hop()
    {
        var copy = SkbTree.Build(
            TraceText.Read($"0 NetDevQueue a/t0/2 f0 b0 30 14 88b5 2 {Payload}\n1 NetDevStartXmit a/t0/2 f0 b0 30 14 88b5 2 =\n2 KfreeSkb " +
                $"a/t0/2 f0 b0 30 14 88b5 2 reason=FULL_RING in=tun_net_xmit =\n3 NetDevXmit a/t0/2 f0 0 30 0 0 0 rc=1 =")).Copies.Single();

        Assert.Equal((1, SkbEnd.Dropped), (copy.Hops.Single().TransmitResult, copy.End));
    }

    [Fact]
    public void A_frame_that_comes_round_again_and_again_is_a_loop()
    {
        var lines = new List<string> { $"0 NetifReceiveSkb a/t0/2 f0 b0 30 14 88b5 0 {Payload}" };
        for (var round = 1; round < 5; round++)
        {
            lines.Add($"{round}0 NetDevQueue a/p0/3 f0 b0 30 14 88b5 2 =");
            lines.Add($"{round}1 NetifReceiveSkb a/q0/4 f0 b0 30 14 88b5 0 =");
        }

        var loop = Assert.Single(SkbTree.Build(TraceText.Read(string.Join('\n', lines))).Loops);
        Assert.Equal(("q0", 4, 1), (loop.DeviceName, loop.Times, loop.Root.Number));
    }

    [Fact]
    public void Sending_the_same_frame_four_times_is_no_loop()
    {
        var lines = Enumerable.Range(0, 5).SelectMany(i => new[]
        {
            $"{i}0 NetifReceiveSkb a/t0/2 f0 b0 30 14 88b5 0 {Payload}", $"{i}1 KfreeSkb a/t0/2 f0 b0 30 14 88b5 2 reason=UNHANDLED_PROTO in=x =",
        });

        Assert.Empty(SkbTree.Build(TraceText.Read(string.Join('\n', lines))).Loops);
    }

    [Fact]
    public void What_a_switch_in_user_space_sends_came_in_at_a_port_of_it_though_the_same_frame_came_in_elsewhere_later()
    {
        var copies = SkbTree.Build(
            TraceText.Read($"0 NetifReceiveSkb a/t0/2 f0 b0 30 14 88b5 0 {Payload}\n1 NetifReceiveSkb a/vx0/4 f1 b1 30 14 88b5 0 =\n" +
                "2 NetDevStartXmit a/t1/3 f2 b2 30 14 88b5 0 ="),
            (from, to) => (from.DeviceName, to.DeviceName) is ("t0", "t1")).Copies;

        Assert.Same(copies[0], copies[2].Parent);
    }

    [Fact]
    public void A_padded_packet_stays_itself_when_IP_cuts_the_padding_off()
    {
        const string packet = "020000000002020000000001" + "0800" + "4500" + "0020" + "0001" + "4000" + "4011" + "0000" + "0a000001" + "0a000002" +
            "0050" + "0051" + "000c" + "0000" + "c1c2c3c4";
        var tree = Build(
            $"0 NetifReceiveSkb a/t0/2 f0 b0 60 14 800 0 {packet}0000000000000000000000000000",
            $"1 NetDevQueue a/t1/3 f0 b0 46 14 800 2 {packet}");

        Assert.Equal(["#1: t0 in > t1 out (waiting)"], tree);
    }

    [Fact]
    public void A_frame_without_a_payload_is_known_again_inside_a_tunnel_and_behind_it()
    {
        const string frame = "020000000002020000000001" + "88b5";
        const string outer = "020000000012020000000011" + "0800" + "4500" + "0040" + "0001" + "0000" + "4011" + "0000" + "0a090001" + "0a090002" +
            "d000" + "12b5" + "002c" + "0000" + "0800000000002a00" + frame;
        var tree = Build(
            $"0 NetifReceiveSkb a/t0/2 f0 b0 14 14 88b5 0 {frame}",
            $"1 NetDevStartXmit a/u0/3 f0 b1 64 14 800 2 {outer}",
            $"2 NetifReceiveSkb b/u0/3 f0 b1 64 14 800 0 {outer}",
            $"3 NetifReceiveSkb b/vx0/4 f0 b1 14 14 88b5 3 {frame}");

        Assert.Equal(["#1: t0 in > u0 out > u0 in > vx0 in"], tree);
    }

    [Fact]
    public void Bytes_that_end_anywhere_are_no_error()
    {
        foreach (var e in TraceText.Read(RecordedTraces.Vxlan).Concat(TraceText.Read(RecordedTraces.TimeToLiveExceeded)))
        {
            for (var length = 0; length < e.Bytes.Length; length++)
            {
                var cut = e with { Bytes = e.Bytes[..length] };
                Assert.InRange(SkbTree.Build([e, cut, e]).Copies.Count, 0, 3);
            }
        }
    }

    private static IEnumerable<string> Build(params string[] lines) => SkbTree.Build(TraceText.Read(string.Join('\n', lines))).Copies.Select(c => c.ToString());
}
