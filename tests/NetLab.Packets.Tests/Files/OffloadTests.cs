using System.Buffers.Binary;
using static NetLab.Packets.Tests.Sample;

namespace NetLab.Packets.Tests;

/// <summary>What a sender leaves to the device: checksums that are not yet computed, lengths that are not yet known.</summary>
[Trait("Category", "Codec")]
public sealed class OffloadTests
{
    public static TheoryData<Frame, int> Kinds => new()
    {
        { Udp(5), 40 },
        { Udp6(5), 60 },
        { Frame.Tcp(Mac1, Mac2, Ip1, Ip2, 1, 2, TcpFlags.Ack, payload: Bytes(5)), 50 },
        { Frame.Tcp(Mac1, Mac2, V6Ip1, V6Ip2, 1, 2, TcpFlags.Ack, payload: Bytes(5)), 70 },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_sum_of_the_pseudo_header_alone_is_a_checksum_not_yet_computed(Frame frame, int at)
    {
        var partial = frame.WithBytes(at, Big((ushort)~InternetChecksum.Finish(PseudoHeader(frame))));

        Assert.Equal("not yet computed", NoteOf(partial));
        Assert.True(partial.HasRightChecksums);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void A_wrong_checksum_is_wrong_unless_the_packet_socket_said_that_it_is_not_computed(Frame frame, int at)
    {
        var wrong = frame.WithBytes(at, [0x12, 0x34]);
        var pending = Frame.FromBytes(wrong.Bytes.Span, hasPendingChecksum: true);

        Assert.StartsWith("wrong, should be 0x", NoteOf(wrong));
        Assert.False(wrong.HasRightChecksums);
        Assert.Equal("not yet computed", NoteOf(pending));
        Assert.True(pending.HasRightChecksums);
        Assert.Equal("right", NoteOf(Frame.FromBytes(frame.Bytes.Span, hasPendingChecksum: true)));
        Assert.Equal(wrong, pending);
    }

    [Theory]
    [InlineData(5)]
    [InlineData(70_000)]
    public void A_total_length_of_zero_is_a_segment_that_is_still_to_be_cut(int payload)
    {
        var small = Frame.Tcp(Mac1, Mac2, Ip1, Ip2, 1, 2, TcpFlags.Ack, payload: Bytes(5));
        var frame = Frame.FromBytes([.. small.WithBytes(16, [0, 0]).Bytes.Span, .. new byte[payload - 5]]);

        Assert.Equal(payload, frame.Tcp!.Value.Payload.Length);
        Assert.Contains("Total length: 0 (left to segmentation, all of the rest)", frame.ToTree(), StringComparison.Ordinal);
        // The kernel takes it only where it knows the segment's real length.
        Assert.Equal(payload > ushort.MaxValue, frame.Defect.IsNone);
    }

    private static string NoteOf(Frame frame) => frame.Layers.Single(l => l.Name is "UDP" or "TCP").Fields.Single(f => f.Name == "Checksum").Note!;

    private static ulong PseudoHeader(Frame frame) =>
        frame.Ipv4 is { } v4 ? v4.PseudoHeader(v4.Payload.Length) : frame.Ipv6!.Value.PseudoHeader(frame.Ipv6!.Value.Payload.Length);

    private static byte[] Big(ushort number)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16BigEndian(bytes, number);
        return bytes;
    }
}
