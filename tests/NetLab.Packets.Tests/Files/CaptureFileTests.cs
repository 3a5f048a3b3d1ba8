using System.Buffers.Binary;
using System.IO.Compression;
using FsCheck.Fluent;
using NetLab.Packets.Tests.Properties;
using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

[Trait("Category", "Codec")]
public sealed class CaptureFileTests
{
    private const long Time = 1_700_000_000_123_456_789;

    [Fact]
    public void What_the_writer_wrote_the_reader_reads()
    {
        var file = CaptureFile.Read(Written());

        Assert.True(file.Defect.IsNone);
        Assert.Equal("why", file.Comment);
        Assert.Equal([("tap1", "the tap", null), ("qbr1", null, (MacAddress?)Mac2)], file.Interfaces.Select(i => (i.Name, i.Description, i.Mac)));
        Assert.Equal(3, file.Packets.Count);
        var (first, second, third) = (file.Packets[0], file.Packets[1], file.Packets[2]);
        Assert.Equal((Time, CaptureDirection.Inbound, "tap1"), (first.TimestampNanoseconds, first.Direction, first.Interface.Name));
        Assert.Equal(Udp(1), first.Frame);
        Assert.Equal(["dropped: größer"], second.Comments);
        Assert.Equal((CaptureDirection.Outbound, "qbr1", Time + 1), (second.Direction, second.Interface.Name, second.TimestampNanoseconds));
        Assert.Equal((20, 1500), (third.Bytes.Length, third.OriginalLength));
        Assert.Equal(DefectKind.Truncated, third.Frame!.Defect.Kind);
    }

    [Fact]
    public void A_pcapng_file_cut_anywhere_gives_what_was_before_the_cut()
    {
        var whole = Written();
        var packets = 0;
        for (var length = 0; length <= whole.Length; length++)
        {
            var file = CaptureFile.Read(whole.AsMemory(0, length));
            Assert.True(file.Packets.Count >= packets);
            packets = file.Packets.Count;
            Assert.True(length is 0 || file.Defect.Kind != DefectKind.None || IsBoundary(whole, length), $"cut at {length}");
        }

        Assert.Equal(3, packets);
    }

    [Fact]
    public void Random_changes_of_capture_files_never_throw() => Property.Holds(
        from changes in Gen.Zip(Gen.Choose(0, Written().Length - 1), Property.Byte).ArrayOf()
        from classic in Property.Bool
        select (changes, classic),
        x =>
        {
            var bytes = x.classic ? Classic(0xA1B23C4D, true) : Written();
            foreach (var (at, value) in x.changes)
            {
                bytes[at % bytes.Length] = value;
            }

            foreach (var packet in CaptureFile.Read(bytes).Packets)
            {
                Assert.NotNull(packet.Layers);
            }
        },
        tests: 2000);

    [Theory]
    [InlineData(0xA1B2C3D4, false, 1_700_000_000_123_456_000)]
    [InlineData(0xA1B2C3D4, true, 1_700_000_000_123_456_000)]
    [InlineData(0xA1B23C4D, false, 1_700_000_000_000_123_456)]
    [InlineData(0xA1B23C4D, true, 1_700_000_000_000_123_456)]
    public void Classic_pcap_is_read_in_both_byte_orders_and_resolutions(uint magic, bool isLittle, long time)
    {
        var bytes = Classic(magic, isLittle);
        var file = CaptureFile.Read(bytes);

        Assert.True(file.Defect.IsNone);
        var packet = Assert.Single(file.Packets);
        Assert.Equal((time, Udp(1)), (packet.TimestampNanoseconds, packet.Frame));
        Assert.Equal(DefectKind.Truncated, CaptureFile.Read(bytes.AsMemory(0, bytes.Length - 1)).Defect.Kind);
    }

    [Fact]
    public void Sections_of_the_other_byte_order_other_resolutions_and_simple_packets_are_read()
    {
        var section = Block(0x0A0D0D0A, [.. Big(0x1A2B3C4D), 0, 1, 0, 0, .. Enumerable.Repeat((byte)0xFF, 8)]);
        var milliseconds = Block(1, [0, 1, 0, 0, .. Big(0), 0, 9, 0, 1, 3, 0, 0, 0, 0, 14, 0, 8, 0, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0, 0]);
        var halves = Block(1, [0, 101, 0, 0, .. Big(0), 0, 9, 0, 1, 0x81, 0, 0, 0]);
        var unknown = Block(0x0BAD, [1, 2, 3, 4]);
        var enhanced = Block(6, [.. Big(0), .. Big(0), .. Big(5250), .. Big(4), .. Big(4), 1, 2, 3, 4]);
        var other = Block(6, [.. Big(1), .. Big(0), .. Big(5), .. Big(2), .. Big(2), 1, 2, 0, 0]);
        var simple = Block(3, [.. Big(3), 7, 8, 9, 0]);
        var file = CaptureFile.Read((byte[])[.. section, .. milliseconds, .. unknown, .. halves, .. enhanced, .. other, .. simple]);

        Assert.True(file.Defect.IsNone, file.Defect.ToString());
        Assert.Equal([105_250_000_000, 2_500_000_000, 0], file.Packets.Select(p => p.TimestampNanoseconds));
        Assert.Equal([7, 8, 9], file.Packets[2].Bytes.ToArray());
        Assert.Null(file.Packets[1].Frame);
        Assert.Equal(LinkType.Raw, file.Packets[1].Interface.LinkType);
    }

    [Theory]
    [InlineData(4)]
    [InlineData(32)]
    public void A_check_sequence_that_the_interface_announces_is_no_part_of_the_frame(byte announced)
    {
        byte[] header = [0, 1, 0, 0, .. Big(0), 0, 13, 0, 1, announced, 0, 0, 0];
        var packet = Assert.Single(
            CaptureFile.Read((byte[])[.. Section(1), .. Block(1, header), .. Enhanced([.. Udp(1).Bytes.Span, 0xDE, 0xAD, 0xBE, 0xEF])]).Packets);

        Assert.Equal(Udp(1), packet.Frame);
        Assert.Equal([0xDE, 0xAD, 0xBE, 0xEF], packet.CheckSequence.ToArray());
        Assert.Equal(Udp(1).Length + 4, packet.OriginalLength);
        Assert.Equal("Frame check sequence", packet.Layers[^1].Name);
        Assert.DoesNotContain(packet.Layers, l => l.Name == "Padding");
    }

    [Fact]
    public void A_packet_may_have_a_check_sequence_of_another_length_than_its_interface()
    {
        byte[] frame = [.. Udp(1).Bytes.Span, 0xDE, 0xAD];
        var packet = Assert.Single(
            CaptureFile.Read((byte[])[.. Section(1), .. Block(1, [0, 1, 0, 0, .. Big(0)]), .. Enhanced(frame, [0, 2, 0, 4, .. Big(2 << 5)])]).Packets);

        Assert.Equal((Udp(1), 2), (packet.Frame, packet.CheckSequence.Length));
    }

    [Theory]
    [InlineData(0, 4)] // all of it was captured
    [InlineData(2, 2)] // the snap length cut it
    [InlineData(9, 0)]
    public void The_link_type_of_a_pcap_may_announce_a_check_sequence_and_what_was_cut_off_is_not_looked_for(int cut, int left)
    {
        var bytes = Classic(0xA1B2C3D4, isLittle: false, linkType: 1 | (1 << 26) | (2 << 28), behind: [0xDE, 0xAD, 0xBE, 0xEF], cut: cut);
        var packet = Assert.Single(CaptureFile.Read(bytes).Packets);

        Assert.Equal(left, packet.CheckSequence.Length);
        Assert.Equal(Udp(1).Bytes.ToArray()[..Math.Min(Udp(1).Length, Udp(1).Length + 4 - cut)], packet.Bytes.ToArray());
    }

    [Fact]
    public void A_modified_pcap_is_read_with_its_directions()
    {
        var frame = Udp(1).Bytes.ToArray();
        byte[] Packet(byte type) =>
            [.. Big(1_700_000_000), .. Big(5), .. Big((uint)frame.Length), .. Big((uint)frame.Length), .. Big(2), 8, 0, type, 0, .. frame];
        var file = CaptureFile.Read(
            (byte[])[.. Big(0xA1B2CD34), 0, 2, 0, 4, .. Big(0), .. Big(0), .. Big(65535), .. Big(1), .. Packet(0), .. Packet(4), .. Packet(3)]);

        Assert.True(file.Defect.IsNone, file.Defect.ToString());
        Assert.Equal([CaptureDirection.Inbound, CaptureDirection.Outbound, CaptureDirection.Unknown], file.Packets.Select(p => p.Direction));
        Assert.All(file.Packets, p => Assert.Equal((Udp(1), 1_700_000_000_000_005_000), (p.Frame, p.TimestampNanoseconds)));
    }

    [Fact]
    public void A_file_compressed_by_gzip_is_read_and_one_that_is_cut_gives_what_is_before_the_cut()
    {
        var whole = Gzip(Written());
        var file = CaptureFile.Read(whole);
        Assert.True(file.Defect.IsNone, file.Defect.ToString());
        Assert.Equal(3, file.Packets.Count);
        Assert.Equal(Time, file.Packets[0].TimestampNanoseconds);

        Assert.False(CaptureFile.Read(whole.AsMemory(0, whole.Length - 12)).Defect.IsNone);
        Assert.Equal(DefectKind.Malformed, CaptureFile.Read((byte[])[0x1F, 0x8B, .. "no gzip"u8]).Defect.Kind);
        Assert.Equal(Defect.Malformed("gzip within gzip"), CaptureFile.Read(Gzip(whole)).Defect);
    }

    [Fact]
    public void A_block_whose_end_contradicts_its_start_is_refused_and_so_is_a_later_version()
    {
        byte[] port = Block(1, [0, 1, 0, 0, .. Big(0)]), packet = Enhanced(Udp(1).Bytes.ToArray());
        byte[] contradiction = [.. packet];
        contradiction[^1] ^= 0x20;
        var file = CaptureFile.Read((byte[])[.. Section(1), .. port, .. packet, .. contradiction, .. packet]);

        Assert.Equal(Defect.Malformed($"block of {packet.Length} bytes whose end says {packet.Length ^ 0x20}"), file.Defect);
        Assert.Single(file.Packets);
        Assert.Equal(Defect.Malformed("section of version 2.0; known is 1.0"), CaptureFile.Read(Section(2)).Defect);
    }

    [Fact]
    public void What_is_no_capture_file_says_so()
    {
        Assert.Equal(DefectKind.Malformed, CaptureFile.Read("hello world"u8.ToArray()).Defect.Kind);
        Assert.Equal(DefectKind.Malformed, CaptureFile.Read(Array.Empty<byte>()).Defect.Kind);
    }

    [Fact]
    public void Packets_without_a_link_header_have_layers_all_the_same()
    {
        using var stream = new MemoryStream();
        using (var writer = new PcapngWriter(stream, leaveOpen: true))
        {
            writer.WritePacket(writer.AddInterface("tun0", linkType: LinkType.Raw), 0, Udp6().Payload.Span);
        }

        var packet = Assert.Single(CaptureFile.Read(stream.ToArray()).Packets);
        Assert.Equal(["IPv6", "UDP", "Data"], packet.Layers.Select(l => l.Name));
    }

    [Fact]
    public void Captures_of_the_device_any_and_of_a_loopback_have_layers()
    {
        using var stream = new MemoryStream();
        using (var writer = new PcapngWriter(stream, leaveOpen: true))
        {
            var ip = Udp(3).Payload.Span;
            writer.WritePacket(writer.AddInterface("any", linkType: LinkType.LinuxCooked), 0, [0, 4, 0, 1, 0, 6, .. Mac1.ToArray(), 0, 0, 8, 0, .. ip]);
            writer.WritePacket(writer.AddInterface("any", linkType: LinkType.LinuxCooked2), 0,
                [8, 0, 0, 0, 0, 0, 0, 9, 0, 1, 0, 6, .. Mac1.ToArray(), 0, 0, .. ip]);
            writer.WritePacket(writer.AddInterface("lo0", linkType: LinkType.Null), 0, [2, 0, 0, 0, .. ip]);
        }

        var packets = CaptureFile.Read(stream.ToArray()).Packets;
        Assert.Equal(["SLL from us", "SLL2 to us at interface 9", "Loopback"], packets.Select(p => p.Layers[0].ToString()));
        Assert.All(packets, p => Assert.Equal("UDP 40000 > 53 len 3", p.Layers[2].ToString()));
        Assert.All(packets, p => Assert.Null(p.Frame));
    }

    private static byte[] Written()
    {
        using var stream = new MemoryStream();
        using (var writer = new PcapngWriter(stream, comment: "why", leaveOpen: true))
        {
            var tap = writer.AddInterface("tap1", "the tap");
            var bridge = writer.AddInterface("qbr1", mac: Mac2);
            writer.WritePacket(tap, Time, Udp(1), CaptureDirection.Inbound);
            writer.WritePacket(bridge, Time + 1, Udp(2), CaptureDirection.Outbound, "dropped: größer");
            writer.WritePacket(tap, Time + 2, Udp(100).Bytes.Span[..20], originalLength: 1500);
        }

        return stream.ToArray();
    }

    private static byte[] Classic(uint magic, bool isLittle, uint linkType = 1, byte[]? behind = null, int cut = 0)
    {
        byte[] frame = [.. Udp(1).Bytes.Span, .. behind ?? []];
        uint[] numbers = [magic, 0, 0, 0, 65535, linkType, 1_700_000_000, 123456, (uint)(frame.Length - cut), (uint)frame.Length];
        var bytes = new byte[40];
        for (var i = 0; i < numbers.Length; i++)
        {
            if (isLittle)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(bytes.AsSpan(i * 4), numbers[i]);
            }
            else
            {
                BinaryPrimitives.WriteUInt32BigEndian(bytes.AsSpan(i * 4), numbers[i]);
            }
        }

        return [.. bytes, .. frame[..^cut]];
    }

    private static byte[] Section(byte version) => Block(0x0A0D0D0A, [.. Big(0x1A2B3C4D), 0, version, 0, 0, .. Enumerable.Repeat((byte)0xFF, 8)]);

    private static byte[] Enhanced(byte[] packet, byte[]? options = null) =>
        Block(6, [.. Big(0), .. Big(0), .. Big(1), .. Big((uint)packet.Length), .. Big((uint)packet.Length), .. packet,
            .. new byte[-packet.Length & 3], .. options ?? []]);

    private static byte[] Gzip(byte[] bytes)
    {
        using var packed = new MemoryStream();
        using (var gzip = new GZipStream(packed, CompressionLevel.Fastest, leaveOpen: true))
        {
            gzip.Write(bytes);
        }

        return packed.ToArray();
    }

    private static bool IsBoundary(byte[] file, int length)
    {
        var at = 0;
        while (at < length)
        {
            at += (int)BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 4));
        }

        return at == length;
    }

    private static byte[] Block(uint type, byte[] body) => [.. Big(type), .. Big((uint)body.Length + 12), .. body, .. Big((uint)body.Length + 12)];

    private static byte[] Big(uint number) => [(byte)(number >> 24), (byte)(number >> 16), (byte)(number >> 8), (byte)number];
}
