using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// Classic pcap (draft-ietf-opsawg-pcap), in the byte order of whoever wrote it:
//
//    | magic (4) | 2 (2) | 4 (2) | 0 (4) | 0 (4) | snap length (4) | link type (4) |
//    packet: | seconds (4) | µs, or ns with another magic (4) | captured (4) | original (4) | bytes |
//
// The link type is 16 bits; bit 26 says that the 4 bits above it are the length of the frame check sequence, in units of 16 bits.
// The magic of a "modified" pcap (Kuznetsov's patches to libpcap) gives each packet 8 bytes more:
//
//    packet: | … | original (4) | interface index (4) | protocol (2) | packet type (1) | padding (1) | bytes |

/// <summary>Reads classic pcap. Owns nothing; see <see cref="CaptureFile"/>.</summary>
internal static class PcapReader
{
    private const uint Microseconds = 0xA1B2C3D4;
    private const uint Nanoseconds = 0xA1B23C4D;
    private const uint Modified = 0xA1B2CD34;
    private const int HeaderLength = 24;
    private const uint HasCheckSequence = 1 << 26;

    public static CaptureFile Read(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var (little, big) = span.Length < 4 ? (0u, 0u) : (ReadUInt32LittleEndian(span), ReadUInt32BigEndian(span));
        var isLittle = little is Microseconds or Nanoseconds or Modified;
        if (!isLittle && big is not (Microseconds or Nanoseconds or Modified))
        {
            return new CaptureFile([], [], null, Defect.Malformed("neither pcapng nor pcap: the first four bytes are of no capture file"));
        }

        if (span.Length < HeaderLength)
        {
            return new CaptureFile([], [], null, Defect.Truncated("header of the file"));
        }

        var magic = isLittle ? little : big;
        var units = magic == Nanoseconds ? 1_000_000_000UL : 1_000_000UL;
        var linkType = U32(span, 20, isLittle);
        var port = new CaptureInterface((LinkType)(ushort)linkType)
        {
            SnapLength = U32(span, 16, isLittle),
            UnitsPerSecond = units,
            CheckSequenceLength = (linkType & HasCheckSequence) != 0 ? (int)(linkType >> 28) * 2 : 0,
        };
        var packets = new List<CapturedPacket>();
        var header = magic == Modified ? 24 : 16;
        var at = HeaderLength;
        var defect = Defect.None;
        while (at < span.Length)
        {
            var rest = span[at..];
            var captured = rest.Length < header ? 0 : U32(rest, 8, isLittle);
            if (rest.Length < header || captured > rest.Length - header)
            {
                defect = Defect.Truncated("packet of the file");
                break;
            }

            var time = CaptureFile.Nanoseconds(((ulong)U32(rest, 0, isLittle) * units) + U32(rest, 4, isLittle), units, 0);
            var original = (int)Math.Min(U32(rest, 12, isLittle), int.MaxValue);
            packets.Add(CapturedPacket.Of(port, time, bytes.Slice(at + header, (int)captured), original, port.CheckSequenceLength) with
            {
                Direction = magic == Modified ? DirectionOf(rest[22]) : CaptureDirection.Unknown,
            });
            at += header + (int)captured;
        }

        return new CaptureFile([port], packets, null, defect);
    }

    // sll_pkttype, include/uapi/linux/if_packet.h: to the host, to all, to a group; to somebody else, which may be either; out.
    private static CaptureDirection DirectionOf(byte packetType) => packetType switch
    {
        <= 2 => CaptureDirection.Inbound,
        4 => CaptureDirection.Outbound,
        _ => CaptureDirection.Unknown,
    };

    private static uint U32(ReadOnlySpan<byte> bytes, int at, bool isLittle) =>
        isLittle ? ReadUInt32LittleEndian(bytes[at..]) : ReadUInt32BigEndian(bytes[at..]);
}
