using System.Reflection;

namespace NetLab.Packets.Tests.Captured;

/// <summary>Packets that a Linux kernel made itself: neighbours, listeners, pings cut into fragments, refused ports, a connection, VXLAN.</summary>
[Trait("Category", "Codec")]
public sealed class CapturedTests
{
    private static readonly CaptureFile File = CaptureFile.Read(Resource("linux.pcap"));

    [Fact]
    public void All_of_it_is_well_formed_with_right_checksums()
    {
        Assert.True(File.Defect.IsNone);
        Assert.Equal(68, File.Packets.Count);
        Assert.All(File.Packets, p => Assert.True(p.Frame!.Defect.IsNone && p.Frame.HasRightChecksums && p.Layers.All(l => l.Defect.IsNone), p.Frame.ToTree()));
    }

    [Fact]
    public void Each_packet_has_its_line()
    {
        var expected = System.Text.Encoding.UTF8.GetString(Resource("linux.txt")).TrimEnd('\n').Split('\n');

        Assert.Equal(expected, File.Packets.Select(p => p.Frame!.ToString()));
    }

    [Fact]
    public void Written_again_from_its_fields_each_packet_is_the_same()
    {
        var written = 0;
        foreach (var frame in File.Packets.Select(p => p.Frame!))
        {
            var bytes = new byte[2000];
            var (ip4, ip6) = (frame.Ipv4, frame.Ipv6);
            if ((ip4?.IsFragment ?? false) || (ip6?.IsFragment ?? false))
            {
                continue;
            }

            var pseudo = ip4?.PseudoHeader(frame.TransportBytes.Length) ?? ip6?.PseudoHeader(frame.TransportBytes.Length) ?? 0;
            var length = frame switch
            {
                { Arp: { } arp } => arp.Write(bytes),
                { NeighborSolicitation: { } solicitation } when solicitation.Length == frame.TransportBytes.Length => solicitation.Write(bytes, pseudo),
                { NeighborAdvertisement: { } advertisement } => advertisement.Write(bytes, pseudo),
                { Mld: { } mld } => mld.ToMessage().Write(bytes, pseudo),
                { RouterSolicitation: { } solicitation } => solicitation.ToMessage().Write(bytes, pseudo),
                { Udp: { } udp } => udp.Write(bytes, pseudo),
                { Tcp: { } tcp } => (tcp with { OptionBytes = tcp.Options.ToArray() }).Write(bytes, pseudo),
                { Icmp: { } icmp } => icmp.Write(bytes),
                { Icmpv6: { } icmpv6 } => icmpv6.Write(bytes, pseudo),
                { Igmp: { } igmp } => Copy(igmp.ToArray(), bytes),
                _ => 0,
            };
            Assert.True(length > 0, frame.ToString());
            var original = frame.Arp is null ? frame.TransportBytes : frame.Payload;
            Assert.True(original.Span.SequenceEqual(bytes.AsSpan(0, length)) || (frame.Udp is not null && Checksumless(original, bytes)), $"{frame}\n{Convert.ToHexStringLower(original.Span)}\n{Convert.ToHexStringLower(bytes.AsSpan(0, length))}");
            written++;
        }

        Assert.Equal(56, written);
    }

    [Fact]
    public void The_fragments_are_pings_of_3000_bytes()
    {
        var reassembler = new IpReassembler();
        var whole = File.Packets.Select(p => p.Frame!).Where(f => f.Ipv4 is { IsFragment: true } || f.Ipv6 is { IsFragment: true }).Select(reassembler.Add).Where(f => f is not null).ToList();

        Assert.Equal([3000, 3000], whole.Where(f => f!.Icmp is not null).Select(f => f!.Icmp!.Value.Payload.Length));
        Assert.Equal([3000, 3000], whole.Where(f => f!.Icmpv6 is not null).Select(f => f!.Icmpv6!.Value.Payload.Length));
        Assert.All(whole, f => Assert.True(f!.HasRightChecksums));
        Assert.Equal(0, reassembler.Pending);
    }

    [Fact]
    public void Cut_again_the_pings_are_the_kernels_fragments()
    {
        var fragments = File.Packets.Select(p => p.Frame!).Where(f => f.Ipv6 is { IsFragment: true }).Take(3).ToList();
        var whole = fragments.Select(new IpReassembler().Add).Single(f => f is not null)!;

        Assert.Equal(fragments, whole.Fragment(1500, fragments[0].Ipv6!.Value.Fragment.Identification));
    }

    [Fact]
    public void The_options_of_the_kernels_first_segment_are_known()
    {
        var syn = File.Packets.Select(p => p.Frame!.Tcp).First(t => t is { Flags: TcpFlags.Syn })!.Value;

        Assert.Equal((1460, 10, true, 0u), (syn.Options.MaximumSegmentSize!.Value, syn.Options.WindowScale!.Value, syn.Options.SackPermitted, syn.Options.TimestampEcho));
    }

    [Fact]
    public void The_kernels_vxlan_carries_a_ping()
    {
        var inner = File.Packets.Select(p => p.Frame!).Where(f => f.Vxlan is { Vni: 42 }).Select(f => f.Inner!).ToList();

        Assert.Equal(["who-has 198.51.100.2 tell 198.51.100.1", "198.51.100.2 is-at 02:00:00:00:01:0b"], inner.Take(2).Select(f => f.Arp!.Value.ToString()));
        Assert.Equal([IcmpType.EchoRequest, IcmpType.EchoReply], inner.Skip(2).Select(f => f.Icmp!.Value.Type));
    }

    [Fact]
    public void A_refused_port_is_told_with_the_packet_that_asked()
    {
        var error = File.Packets.Select(p => p.Frame!.Icmp).First(i => i is { IsError: true })!.Value;

        Assert.Equal((IcmpType.DestinationUnreachable, 3), (error.Type, error.Code));
        Assert.True(Ipv4Packet.TryParse(error.Payload, out var quoted) && UdpDatagram.TryParse(quoted.Payload, out var udp) && udp.DestinationPort == 9);
    }

    private static int Copy(byte[] from, byte[] to)
    {
        from.CopyTo(to, 0);
        return from.Length;
    }

    // The kernel's VXLAN has no UDP checksum over IPv4; we always compute one.
    private static bool Checksumless(ReadOnlyMemory<byte> original, byte[] written)
    {
        (written[6], written[7]) = (0, 0);
        return original.Span.SequenceEqual(written.AsSpan(0, original.Length));
    }

    private static byte[] Resource(string name)
    {
        using var stream = Assembly.GetExecutingAssembly().GetManifestResourceStream(name)!;
        var bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
