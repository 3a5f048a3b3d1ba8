using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

/// <summary>
/// Reads pcapng (the layout is at <see cref="PcapngWriter"/>): sections of either byte order, interfaces, enhanced, simple
/// and obsolete packets; other blocks are passed over. Owns what it has read so far; see <see cref="CaptureFile"/>.
/// </summary>
internal sealed class PcapngReader
{
    private const uint SectionHeader = 0x0A0D0D0A;
    private const uint ByteOrderMagic = 0x1A2B3C4D;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly List<CaptureInterface> _interfaces = [];
    private readonly List<CapturedPacket> _packets = [];
    private int _firstOfSection;
    private bool _isLittle;
    private string? _comment;

    private PcapngReader(ReadOnlyMemory<byte> bytes) => _bytes = bytes;

    public static bool IsPcapng(ReadOnlySpan<byte> bytes) => bytes.Length >= 4 && ReadUInt32LittleEndian(bytes) == SectionHeader;

    public static CaptureFile Read(ReadOnlyMemory<byte> bytes)
    {
        var reader = new PcapngReader(bytes);
        var defect = reader.ReadBlocks();
        return new CaptureFile(reader._interfaces, reader._packets, reader._comment, defect);
    }

    private Defect ReadBlocks()
    {
        var at = 0;
        while (at < _bytes.Length)
        {
            var rest = _bytes.Span[at..];
            if (rest.Length < 12)
            {
                return Defect.Truncated("block of the file");
            }

            if (ReadUInt32LittleEndian(rest) == SectionHeader)
            {
                var magic = ReadUInt32LittleEndian(rest[8..]);
                _isLittle = magic == ByteOrderMagic;
                if (!_isLittle && ReverseEndianness(magic) != ByteOrderMagic)
                {
                    return Defect.Malformed("section of an unknown byte order");
                }

                _firstOfSection = _interfaces.Count;
            }

            var length = U32(rest, 4);
            if (length < 12 || length % 4 != 0)
            {
                return Defect.Malformed($"block of {length} bytes");
            }

            if (length > rest.Length)
            {
                return Defect.Truncated("block of the file");
            }

            if (U32(rest, (int)length - 4) is var trailer && trailer != length)
            {
                return Defect.Malformed($"block of {length} bytes whose end says {trailer}");
            }

            var defect = ReadBlock(U32(rest, 0), _bytes.Slice(at + 8, (int)length - 12));
            if (!defect.IsNone)
            {
                return defect;
            }

            at += (int)length;
        }

        return Defect.None;
    }

    private Defect ReadBlock(uint type, ReadOnlyMemory<byte> body)
    {
        var span = body.Span;
        switch (type)
        {
            case SectionHeader when span.Length >= 16:
                if (U16(span, 4) != 1)
                {
                    return Defect.Malformed($"section of version {U16(span, 4)}.{U16(span, 6)}; known is 1.0");
                }

                Options(span[16..], (code, value) => _comment = code == 1 ? _comment ?? Text(value) : _comment);
                return Defect.None;
            case 1 when span.Length >= 8:
                ReadInterface(span);
                return Defect.None;
            case 2 when span.Length >= 20: // the packet block of old: 16 bits of interface, 16 of drops
                return ReadPacket(body, U16(span, 0));
            case 3 when span.Length >= 4:
                return ReadSimplePacket(body);
            case 6 when span.Length >= 20:
                return ReadPacket(body, U32(span, 0));
            case SectionHeader or 1 or 2 or 3 or 6:
                return Defect.Malformed("block too short for its type");
            default:
                return Defect.None;
        }
    }

    private void ReadInterface(ReadOnlySpan<byte> body)
    {
        var port = new CaptureInterface((LinkType)U16(body, 0)) { SnapLength = U32(body, 4) };
        Options(body[8..], (code, value) => port = code switch
        {
            2 => port with { Name = Text(value) },
            3 => port with { Description = Text(value) },
            6 when value.Length == MacAddress.Size => port with { Mac = MacAddress.Read(value) },
            13 when value.Length == 1 => port with { CheckSequenceLength = CheckSequence(value[0]) },
            9 when value.Length == 1 => port with { UnitsPerSecond = Units(value[0]) },
            14 when value.Length == 8 => port with { OffsetSeconds = _isLittle ? ReadInt64LittleEndian(value) : ReadInt64BigEndian(value) },
            _ => port,
        });
        _interfaces.Add(port);
    }

    private Defect ReadPacket(ReadOnlyMemory<byte> body, uint number)
    {
        var span = body.Span;
        var captured = U32(span, 12);
        if (number >= _interfaces.Count - _firstOfSection)
        {
            return Defect.Malformed("packet of an interface that the file does not describe");
        }

        if (captured > span.Length - 20)
        {
            return Defect.Truncated("packet of the file");
        }

        var port = _interfaces[_firstOfSection + (int)number];
        var time = ((ulong)U32(span, 4) << 32) | U32(span, 8);
        var comments = new List<string>();
        var direction = CaptureDirection.Unknown;
        var checkSequence = port.CheckSequenceLength;
        Options(span[Math.Min(span.Length, 20 + (((int)captured + 3) & ~3))..], (code, value) =>
        {
            if (code == 1)
            {
                comments.Add(Text(value));
            }
            else if (code == 2 && value.Length == 4)
            {
                // epb_flags: bits 0 and 1 the direction, 5 to 8 the bytes of the check sequence, where they differ from the interface's.
                direction = (CaptureDirection)(U32(value, 0) & 3);
                checkSequence = U32(value, 0) >> 5 is var bits && (bits & 15) != 0 ? (int)(bits & 15) : checkSequence;
            }
        });
        var original = (int)Math.Min(U32(span, 16), int.MaxValue);
        var nanoseconds = CaptureFile.Nanoseconds(time, port.UnitsPerSecond, port.OffsetSeconds);
        _packets.Add(CapturedPacket.Of(port, nanoseconds, body.Slice(20, (int)captured), original, checkSequence) with
        {
            Comments = comments,
            Direction = direction,
        });
        return Defect.None;
    }

    private Defect ReadSimplePacket(ReadOnlyMemory<byte> body)
    {
        if (_interfaces.Count == _firstOfSection)
        {
            return Defect.Malformed("packet of an interface that the file does not describe");
        }

        var port = _interfaces[_firstOfSection];
        var original = U32(body.Span, 0);
        var captured = (int)Math.Min(original, Math.Min((uint)body.Length - 4, port.SnapLength == 0 ? uint.MaxValue : port.SnapLength));
        _packets.Add(CapturedPacket.Of(port, 0, body.Slice(4, captured), (int)Math.Min(original, int.MaxValue), port.CheckSequenceLength));
        return Defect.None;
    }

    private delegate void OptionAction(ushort code, ReadOnlySpan<byte> value);

    /// <summary>Walks options; one that is cut ends the list, and the block's length leads on.</summary>
    private void Options(ReadOnlySpan<byte> bytes, OptionAction action)
    {
        while (bytes.Length >= 4)
        {
            var (code, length) = (U16(bytes, 0), U16(bytes, 2));
            if (code == 0 || length > bytes.Length - 4)
            {
                return;
            }

            action(code, bytes.Slice(4, length));
            bytes = bytes[Math.Min(bytes.Length, 4 + ((length + 3) & ~3))..];
        }
    }

    /// <summary>if_tsresol: a power of ten, or with the high bit of two; what does not fit 64 bits is taken as nanoseconds.</summary>
    private static ulong Units(byte resolution)
    {
        var power = resolution & 0x7F;
        if ((resolution & 0x80) != 0)
        {
            return power < 64 ? 1UL << power : 1_000_000_000;
        }

        var units = 1UL;
        for (var i = 0; i < power; i++)
        {
            if (i >= 19)
            {
                return 1_000_000_000;
            }

            units *= 10;
        }

        return units;
    }

    /// <summary>if_fcslen counts bits; files that count bytes are as common, and no check sequence has less than 8 bits.</summary>
    private static int CheckSequence(byte length) => length < 8 ? length : length / 8;

    private static string Text(ReadOnlySpan<byte> value) => Encoding.UTF8.GetString(value);

    private ushort U16(ReadOnlySpan<byte> bytes, int at) => _isLittle ? ReadUInt16LittleEndian(bytes[at..]) : ReadUInt16BigEndian(bytes[at..]);

    private uint U32(ReadOnlySpan<byte> bytes, int at) => _isLittle ? ReadUInt32LittleEndian(bytes[at..]) : ReadUInt32BigEndian(bytes[at..]);
}
