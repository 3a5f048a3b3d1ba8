using System.Buffers.Binary;
using System.Net;
using NetLab.Packets;
using NetLab.Packets.Tests;
using PacketDotNet;
using PacketDotNet.Utils;

namespace NetLab.Tests;

/// <summary>Frames to packets and back, without a kernel. The witness of what is right is NetLab.Packets, whose own tests hold it against tshark.</summary>
public sealed class PacketConversionTests
{
    private static readonly Ipv4Address Ip4 = Ipv4Address.Parse("10.0.0.1");
    private static readonly Ipv6Address Ip6 = Ipv6Address.Parse("fe80::1");

    public static TheoryData<string> Kinds => [.. FrameGenerator.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Whatever_is_cut_off_it_converts_or_says_why_not_and_the_frame_stays_as_it_was(string kind)
    {
        var whole = new FrameGenerator(7).Next(kind);
        for (var length = 0; length <= whole.Length; length++)
        {
            var frame = whole.Truncated(length);
            var before = frame.Bytes.ToArray();
            if (frame.TryToPacket(out var packet, out var why))
            {
                Assert.IsType<EthernetPacket>(packet);
                _ = packet.ToString(StringOutputType.Normal);
            }
            else
            {
                Assert.NotEmpty(why);
            }

            Assert.Equal(before, frame.Bytes.ToArray());
        }
    }

    [Theory]
    [InlineData("TCP")]
    [InlineData("NDP")]
    public void An_option_of_length_0_is_refused_before_PacketDotNet_loops_over_it(string protocol)
    {
        var frame = protocol == "TCP"
            ? Frame.Tcp(Built.Mac1, Built.Mac2, Ip4, Ip4, new TcpSegment { SourcePort = 1, DestinationPort = 2, OptionBytes = new byte[] { 1, 8, 0, 0 } })
            : Frame.Icmpv6(Built.Mac1, Built.Mac2, Ip6, Ip6, new Icmpv6Message { Type = Icmpv6Type.NeighborSolicitation, Payload = new byte[24] },
                new IpOptions { TimeToLive = 255 });
        var failure = Assert.Throws<FormatException>(() => frame.ToPacket());
        Assert.Contains($"PacketDotNet cannot read this frame: a", failure.Message, StringComparison.Ordinal);
        Assert.Contains($"{protocol} option has length 0", failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_endless_option_inside_a_tunnel_is_found_too()
    {
        var inner = Frame.Tcp(Built.Mac1, Built.Mac2, Ip4, Ip4,
            new TcpSegment { SourcePort = 1, DestinationPort = 2, OptionBytes = new byte[] { 8, 0, 0, 0 } });
        var vxlan = new NetLab.Packets.VxlanPacket { Vni = 7, Payload = inner.Bytes };
        var bytes = new byte[8 + inner.Length];
        vxlan.Write(bytes);
        Assert.False(Frame.Udp(Built.Mac1, Built.Mac2, Ip4, Ip4, 1, 4789, bytes).TryToPacket(out _, out var why));
        Assert.Contains("length 0", why, StringComparison.Ordinal);
    }

    [Fact]
    public void What_is_done_to_a_packet_is_not_done_to_the_frame()
    {
        var frame = Frame.Udp(Built.Mac1, Built.Mac2, Ip4, Ip4, 1, 2, new byte[] { 9 }).WithBytes(38, [0, 12]); // a wrong UDP length
        var before = frame.Bytes.ToArray();
        var packet = frame.ToPacket();
        var udp = packet.Extract<UdpPacket>();
        _ = udp.ValidUdpChecksum;
        udp.DestinationPort = 99;
        _ = packet.Bytes;
        Assert.Equal(before, frame.Bytes.ToArray());
    }

    [Fact]
    public void Lengths_and_checksums_of_a_packet_are_filled_in()
    {
        var udp = new UdpPacket(1, 2) { PayloadData = [1, 2, 3] };
        var frame = Built.Ethernet(new IPv4Packet(IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2")) { PayloadPacket = udp }).ToFrame();
        Assert.True(frame.HasRightChecksums);
        Assert.Equal((11, 31), ((int)frame.Udp!.Value.Length, BinaryPrimitives.ReadUInt16BigEndian(frame.Bytes.Span[16..])));
    }

    [Fact]
    public void A_UDP_checksum_that_sums_to_zero_is_sent_as_ffff()
    {
        var ip = new IPv4Packet(IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"))
            { PayloadPacket = new UdpPacket(1, 2) { PayloadData = [0xeb, 0xd4] } };
        Assert.Equal(0xffff, Built.Ethernet(ip).ToFrame().Udp!.Value.Checksum);
    }

    [Fact]
    public void A_wrong_checksum_is_kept_for_who_asks_for_it()
    {
        var udp = new UdpPacket(1, 2) { PayloadData = [1, 2, 3], Checksum = 0x1234 };
        var packet = Built.Ethernet(new IPv4Packet(IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2")) { PayloadPacket = udp });
        Assert.Equal(0x1234, packet.ToFrame(keepChecksums: true).Udp!.Value.Checksum);
    }

    [Fact]
    public void Icmpv6_that_was_built_by_hand_gets_the_right_checksum()
    {
        var frame = Built.Echo6().ToFrame();
        Assert.Equal(Icmpv6Type.EchoRequest, frame.Icmpv6!.Value.Type);
        Assert.True(frame.HasRightChecksums);
    }

    [Fact]
    public void Ndp_that_was_built_by_hand_is_what_the_library_itself_writes()
    {
        var frame = Built.Solicitation().ToFrame();
        Assert.Equal(new NeighborSolicitation(Ipv6Address.Parse("fe80::2"), Built.Mac1), frame.NeighborSolicitation);
        Assert.True(frame.HasRightChecksums);
        Assert.Equal(14 + 40 + 32, frame.Length);
        Assert.Equal(32, BinaryPrimitives.ReadUInt16BigEndian(frame.Bytes.Span[18..]));
    }

    [Fact]
    public void The_frame_inside_a_VXLAN_gets_its_checksums_too()
    {
        var inner = Built.Ethernet(new IPv4Packet(IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"))
            { PayloadPacket = new UdpPacket(1, 2) { PayloadData = [1] } });
        var vxlan = new PacketDotNet.VxlanPacket(new ByteArraySegment([8, 0, 0, 0, 0, 0, 0, 0])) { Vni = 7, PayloadPacket = inner };
        var frame = Built.Ethernet(new IPv4Packet(IPAddress.Parse("192.0.2.1"), IPAddress.Parse("192.0.2.2"))
            { PayloadPacket = new UdpPacket(5, 4789) { PayloadPacket = vxlan } }).ToFrame();
        Assert.True(frame.HasRightChecksums);
        Assert.True(frame.Inner!.HasRightChecksums);
        Assert.Equal(2, frame.Inner!.Udp!.Value.DestinationPort);
    }

    [Fact]
    public void What_cannot_be_a_frame_is_refused_with_what_would_be_right()
    {
        var ip = new IPv4Packet(IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"));
        Assert.Contains("put it into an EthernetPacket", Assert.Throws<ArgumentException>(() => ip.ToFrame()).Message, StringComparison.Ordinal);

        var tag = new Ieee8021QPacket(new ByteArraySegment(new byte[4])) { VlanIdentifier = 7, PayloadPacket = ip };
        tag.Type = EthernetType.IPv4;
        Assert.Contains("EthernetType.VLanTaggedFrame", Assert.Throws<ArgumentException>(() => Built.Ethernet(tag).ToFrame()).Message,
            StringComparison.Ordinal);
        Assert.Equal((ushort)7, Built.Ethernet(tag, EthernetType.VLanTaggedFrame).ToFrame().VlanId);
    }
}
