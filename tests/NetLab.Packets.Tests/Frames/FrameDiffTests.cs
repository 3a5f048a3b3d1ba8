using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

[Trait("Category", "Codec")]
public sealed class FrameDiffTests
{
    [Fact]
    public void The_same_bytes_have_no_difference() => Assert.True(FrameDiff.Of(Udp(), Frame.FromBytes(Udp().Bytes.Span)).IsEmpty);

    [Fact]
    public void A_router_changes_addresses_time_to_live_and_checksum()
    {
        var sent = Udp(5, new IpOptions { TimeToLive = 64 });
        var routed = Udp(5, new IpOptions { TimeToLive = 63 }).With(source: MacAddress.Parse("fa:16:3e:00:00:09"));
        var diff = FrameDiff.Of(sent, routed);

        Assert.Equal(["Ethernet.Source", "IPv4.Time to live", "IPv4.Checksum"], diff.Differences.Select(d => d.Path));
        Assert.Equal(new FrameDifference("IPv4.Time to live", "64", "63", 22), diff.Differences[1]);
        Assert.Contains("IPv4.Time to live: 64 -> 63 (byte 22)", diff.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void A_tag_that_only_one_has_is_one_difference()
    {
        var difference = Assert.Single(FrameDiff.Of(Udp(), Udp().WithVlan(7, 3)).Differences);

        Assert.Equal(("VLAN", null, "vlan 7 prio 3"), (difference.Path, difference.Left, difference.Right));
    }

    [Fact]
    public void Long_payloads_are_shown_where_they_differ()
    {
        var diff = FrameDiff.Of(Udp(1000), Udp(1000).WithBytes(42 + 500, [0xFF]));
        var data = diff.Differences.Single(d => d.Path.EndsWith(".Bytes", StringComparison.Ordinal));

        Assert.Equal(542, data.Offset);
        Assert.InRange(data.Right!.Length, 10, 40);
        Assert.Contains("ff", data.Right, StringComparison.Ordinal);
    }

    [Fact]
    public void The_inner_packet_of_a_tunnel_has_a_path_of_its_own()
    {
        static Frame Tunnel(Frame inner)
        {
            var packet = new VxlanPacket { Vni = 7, Payload = inner.Bytes };
            var bytes = new byte[8 + inner.Length];
            packet.Write(bytes);
            return Frame.Udp(Mac1, Mac2, Ip1, Ip2, 50000, VxlanPacket.Port, bytes);
        }

        var diff = FrameDiff.Of(Tunnel(Udp(5, new IpOptions { TimeToLive = 64 })), Tunnel(Udp(5, new IpOptions { TimeToLive = 63 })));

        Assert.Contains(diff.Differences, d => d.Path == "IPv4#2.Time to live");
        Assert.DoesNotContain(diff.Differences, d => d.Path == "IPv4.Time to live");
    }

    [Fact]
    public void Thousands_of_layers_are_compared_by_their_place()
    {
        byte[] tags = [.. Enumerable.Repeat<byte[]>([0x81, 0x00, 0x00, 0x07], 15_000).SelectMany(t => t)];
        var left = Frame.Ethernet(Mac1, Mac2, EtherTypes.Vlan, [.. tags.AsSpan(2), 0x88, 0xB5]);

        Assert.Equal("VLAN#2.Id",
            Assert.Single(FrameDiff.Of(left, left.WithBytes(18, [0x00, 0x08, 0x81, 0x00])).Differences,
                d => d.Path.EndsWith("Id", StringComparison.Ordinal)).Path);
    }

    [Fact]
    public void Every_changed_byte_of_any_kind_of_frame_is_a_difference()
    {
        foreach (var kind in FrameGenerator.Kinds)
        {
            var frame = new FrameGenerator(5).Next(kind);
            for (var i = 0; i < frame.Length; i++)
            {
                var changed = frame.WithBytes(i, [(byte)(frame.Bytes.Span[i] ^ 0x55)]);
                var diff = FrameDiff.Of(frame, changed);
                Assert.False(diff.IsEmpty, $"{kind}: byte {i}");
                Assert.NotEmpty(diff.ToString());
            }
        }
    }
}
