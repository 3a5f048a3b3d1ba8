using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

/// <summary>Mistakes that other codecs made: hanging, repairing what they read, misreading chains, sending checksums that are none.</summary>
[Trait("Category", "Codec")]
public sealed class KnownDefectsTests
{
    [Fact]
    public void A_discovery_option_of_length_zero_is_malformed_and_no_endless_loop()
    {
        byte[] message = [135, 0, 0, 0, 0, 0, 0, 0, .. new byte[16], 1, 0, 0, 0, 0, 0, 0, 0];

        Assert.False(NeighborSolicitation.TryParse(message, out _, out var defect));
        Assert.Equal(Defect.Malformed("NDP option of length 0"), defect);
        var frame = Frame.Icmpv6(Mac1, Mac2, V6Ip1, V6Ip2, new Icmpv6Message { Type = Icmpv6Type.NeighborSolicitation, Payload = message.AsMemory(8) });
        Assert.Null(frame.NeighborSolicitation);
        Assert.Contains("malformed: NDP option of length 0", frame.ToTree(), StringComparison.Ordinal);
    }

    [Fact]
    public void Many_threads_may_check_one_frame_at_once()
    {
        var frame = Frame.IcmpEcho(Mac1, Mac2, Ip1, Ip2, IcmpType.EchoRequest, 1, 2, Bytes(100));
        var before = frame.Bytes.ToArray();
        var wrong = 0;

        Parallel.For(0, 50_000, _ =>
        {
            var ok = Ipv4Reader.TryParse(frame.Payload.Span, out var ip) && ip.HasRightChecksum && IcmpReader.TryParse(ip.Payload, out var icmp)
                && icmp.HasRightChecksum;
            Interlocked.Add(ref wrong, ok ? 0 : 1);
        });

        Assert.Equal(0, wrong);
        Assert.Equal(before, frame.Bytes.ToArray());
    }

    [Fact]
    public void A_wrong_length_is_shown_and_not_repaired()
    {
        var frame = Udp(4).WithBytes(38, [0x00, 0x0B]);
        var before = frame.Bytes.ToArray();

        Assert.Equal(11, frame.Udp!.Value.Length);
        Assert.Equal(3, frame.Udp!.Value.Payload.Length);
        Assert.False(frame.HasRightChecksums);
        Assert.NotEmpty(frame.ToTree());
        Assert.Equal(before, frame.Bytes.ToArray());
    }

    [Fact]
    public void Ports_are_read_behind_a_chain_of_extension_headers_of_different_lengths()
    {
        var extensions = new byte[24];
        Assert.Equal(8, Ipv6Extension.WriteOptions(extensions, IpProtocol.DestinationOptions, []));
        Assert.Equal(16, Ipv6Extension.WriteOptions(extensions.AsSpan(8), IpProtocol.Udp, [0x1E, 10, .. new byte[10]]));
        var frame = Frame.Ip(Mac1, Mac2, Udp6().Ipv6!.Value with { FirstExtension = IpProtocol.HopByHop, Extensions = extensions });

        Assert.Equal((40000, 53), (frame.Udp!.Value.SourcePort, frame.Udp!.Value.DestinationPort));
        Assert.Equal(IpProtocol.Udp, frame.Protocol);
        Assert.True(frame.HasRightChecksums);
    }

    [Fact]
    public void An_icmpv6_checksum_covers_the_pseudo_header_and_not_the_padding()
    {
        // the same sum by hand: 128, id 1, sequence 1, 00010203, and the pseudo header ::1 ::1 12 58
        const ushort expected = 0xFFFF - (0x8000 + 1 + 1 + 0x0001 + 0x0203 + 1 + 1 + 12 + 58);
        var built = Frame.Icmpv6Echo(Mac1, Mac2, System.Net.IPAddress.IPv6Loopback, System.Net.IPAddress.IPv6Loopback, Icmpv6Type.EchoRequest, 1, 1,
            [0, 1, 2, 3]);

        Assert.Equal(expected, built.Icmpv6!.Value.Checksum);
        Assert.True(built.HasRightChecksums);
        Assert.True(built.Padded(80).HasRightChecksums);
        Assert.False(built.WithBytes(60, [9]).HasRightChecksums);
    }

    [Fact]
    public void A_udp_length_beyond_32767_is_not_negative()
    {
        var frame = Udp(40000 - 8);

        Assert.Equal(40000, frame.Udp!.Value.Length);
        Assert.Equal(40000 - 8, frame.Udp!.Value.Payload.Length);
        Assert.True(frame.HasRightChecksums);
    }

    [Fact]
    public void A_udp_checksum_that_computes_to_zero_is_sent_as_ffff()
    {
        var frame = Frame.Udp(Mac1, Mac2, System.Net.IPAddress.Parse("10.0.0.1"), System.Net.IPAddress.Parse("10.0.0.2"), 1, 2, [0xEB, 0xD4]);

        Assert.Equal(0xFFFF, frame.Udp!.Value.Checksum);
        Assert.True(frame.HasRightChecksums);
    }

    [Fact]
    public void No_udp_checksum_is_fine_over_ipv4_and_named_over_ipv6()
    {
        var v4 = Udp().WithBytes(40, [0, 0]);
        var v6 = Udp6().WithBytes(60, [0, 0]);

        Assert.True(v4.HasRightChecksums);
        Assert.Contains("0x0000 (none)", v4.ToTree(), StringComparison.Ordinal);
        Assert.Contains("which IPv6 forbids", v6.ToTree(), StringComparison.Ordinal);
    }

    [Fact]
    public void Padding_and_a_check_sequence_behind_the_packet_change_nothing()
    {
        var frame = Udp(3);
        var padded = Frame.FromBytes([.. frame.Bytes.Span, .. new byte[20], 0xDE, 0xAD, 0xBE, 0xEF]);

        Assert.Equal(frame.Udp!.Value.Payload.ToArray(), padded.Udp!.Value.Payload.ToArray());
        Assert.True(padded.HasRightChecksums);
        Assert.Equal(frame.ToString(), padded.ToString());
    }

    [Fact]
    public void A_domain_name_that_points_at_itself_or_forward_is_malformed()
    {
        byte[] header = [0, 1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0];

        Assert.False(DnsMessage.TryParse((byte[])[.. header, 0xC0, 12, 0, 1, 0, 1], out _, out var itself));
        Assert.False(DnsMessage.TryParse((byte[])[.. header, 0xC0, 20, 0, 1, 0, 1, 0, 0, 0], out _, out var forward));
        Assert.Equal((DefectKind.Malformed, DefectKind.Malformed), (itself.Kind, forward.Kind));
    }

    [Fact]
    public void Options_of_length_zero_or_one_end_the_walk()
    {
        Assert.Equal(DefectKind.Malformed, TcpOptions.Read([2, 4, 5, 0xB4, 8, 0, 1, 1]).Defect.Kind);
        Assert.Equal((ushort)1460, TcpOptions.Read([2, 4, 5, 0xB4, 8, 0, 1, 1]).MaximumSegmentSize);
        var walk = new HeaderOptionEnumerator([7, 1, 1, 1]);
        Assert.False(walk.MoveNext());
        Assert.False(walk.Defect.IsNone);
    }

    [Fact]
    public void Reading_and_building_frames_in_place_allocates_nothing()
    {
        var bytes = new byte[128];
        var payload = Bytes(22);
        var (source, destination) = (Ipv4Address.From(Ip1), Ipv4Address.From(Ip2));
        int Round(ushort id)
        {
            var length = FrameWriter.Udp(bytes, new EthernetHeader(Mac2, Mac1, 0),
                new Ipv4Packet { Source = source, Destination = destination, Identification = id }, 1, 2, payload);
            return EthernetReader.TryParse(bytes.AsSpan(0, length), out var ethernet) && Ipv4Reader.TryParse(ethernet.Payload, out var ip)
                && ip.HasRightChecksum
                && UdpReader.TryParse(ip.Payload, out var udp) && udp.HasRightChecksum(ip.PseudoHeader(udp.Length))
                ? udp.DestinationPort + ip.Identification : -1;
        }

        Assert.Equal(9, Round(7));
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (ushort i = 0; i < 1000; i++)
        {
            Round(i);
        }

        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
    }
}
