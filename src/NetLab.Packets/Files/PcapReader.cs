using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// Classic pcap (draft-ietf-opsawg-pcap), in the byte order of whoever wrote it:
//
//    | magic (4) | 2 (2) | 4 (2) | 0 (4) | 0 (4) | snap length (4) | link type (4) |
//    packet: | seconds (4) | µs, or ns with the other magic (4) | captured (4) | original (4) | bytes |

/// <summary>Reads classic pcap. Owns nothing; see <see cref="CaptureFile"/>.</summary>
internal static class PcapReader
{
    private const uint Microseconds = 0xA1B2C3D4;
    private const uint Nanoseconds = 0xA1B23C4D;
    private const int HeaderLength = 24;

    public static CaptureFile Read(ReadOnlyMemory<byte> bytes)
    {
        var span = bytes.Span;
        var (little, big) = span.Length < 4 ? (0u, 0u) : (ReadUInt32LittleEndian(span), ReadUInt32BigEndian(span));
        var isLittle = little is Microseconds or Nanoseconds;
        if (!isLittle && big is not (Microseconds or Nanoseconds))
        {
            return new CaptureFile([], [], null, Defect.Malformed("neither pcapng nor pcap: the first four bytes are of no capture file"));
        }

        if (span.Length < HeaderLength)
        {
            return new CaptureFile([], [], null, Defect.Truncated("header of the file"));
        }

        var units = (isLittle ? little : big) == Nanoseconds ? 1_000_000_000UL : 1_000_000UL;
        var port = new CaptureInterface((LinkType)(ushort)U32(span, 20, isLittle)) { SnapLength = U32(span, 16, isLittle), UnitsPerSecond = units };
        var packets = new List<CapturedPacket>();
        var at = HeaderLength;
        var defect = Defect.None;
        while (at < span.Length)
        {
            var rest = span[at..];
            var captured = rest.Length < 16 ? 0 : U32(rest, 8, isLittle);
            if (rest.Length < 16 || captured > rest.Length - 16)
            {
                defect = Defect.Truncated("packet of the file");
                break;
            }

            var time = CaptureFile.Nanoseconds(((ulong)U32(rest, 0, isLittle) * units) + U32(rest, 4, isLittle), units, 0);
            packets.Add(new CapturedPacket(port, time, bytes.Slice(at + 16, (int)captured)) { OriginalLength = (int)Math.Min(U32(rest, 12, isLittle), int.MaxValue) });
            at += 16 + (int)captured;
        }

        return new CaptureFile([port], packets, null, defect);
    }

    private static uint U32(ReadOnlySpan<byte> bytes, int at, bool isLittle) =>
        isLittle ? ReadUInt32LittleEndian(bytes[at..]) : ReadUInt32BigEndian(bytes[at..]);
}
