using System.Runtime.CompilerServices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// TCP (RFC 9293):
//
//    |          Source Port          |       Destination Port        |
//    |                        Sequence Number                        |
//    |                     Acknowledgment Number                     |
//    | Offset| Rsrvd | flags (AE at 8th)             |    Window     |
//    |            Checksum           |         Urgent Pointer        |
//    |                    Options, padded to 4 bytes                 |

/// <summary>Control bits of TCP (RFC 9293 3.1; AE of RFC 9768 is the former NS).</summary>
[Flags]
public enum TcpFlags : ushort
{
    /// <summary>No bit.</summary>
    None = 0,

    /// <summary>The sender has no more data.</summary>
    Fin = 0x01,

    /// <summary>Synchronise sequence numbers.</summary>
    Syn = 0x02,

    /// <summary>Reset the connection.</summary>
    Rst = 0x04,

    /// <summary>Push.</summary>
    Psh = 0x08,

    /// <summary>The acknowledgment number counts.</summary>
    Ack = 0x10,

    /// <summary>The urgent pointer counts.</summary>
    Urg = 0x20,

    /// <summary>ECN echo (RFC 3168).</summary>
    Ece = 0x40,

    /// <summary>Congestion window reduced (RFC 3168).</summary>
    Cwr = 0x80,

    /// <summary>Accurate ECN (RFC 9768).</summary>
    Ae = 0x100,
}

/// <summary>Reads a TCP segment where it lies.</summary>
public readonly ref struct TcpReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    private TcpReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Looks at a segment; header and options must be whole.</summary>
    /// <param name="bytes">What IP carries.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <returns>False when the header is cut or its length is below 20.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out TcpReader reader) => TryParse(bytes, out reader, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out TcpReader)"/>
    /// <param name="bytes">What IP carries.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out TcpReader reader, out Defect defect)
    {
        reader = default;
        defect = default;
        if (bytes.Length < TcpSegment.MinimumHeaderLength)
        {
            defect = Defect.Truncated("TCP header");
            return false;
        }

        var length = (bytes[12] >> 4) * 4;
        if (length < TcpSegment.MinimumHeaderLength)
        {
            defect = Defect.Malformed("TCP data offset below 20");
            return false;
        }

        if (bytes.Length < length)
        {
            defect = Defect.Truncated("TCP options");
            return false;
        }

        reader = new TcpReader(bytes);
        return true;
    }

    /// <summary>Source port.</summary>
    public ushort SourcePort => ReadUInt16BigEndian(_bytes);

    /// <summary>Destination port.</summary>
    public ushort DestinationPort => ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Number of the first byte of the payload.</summary>
    public uint SequenceNumber => ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>Number of the byte expected next.</summary>
    public uint AcknowledgmentNumber => ReadUInt32BigEndian(_bytes[8..]);

    /// <summary>Bytes of the header with its options, 20 to 60.</summary>
    public int HeaderLength => (_bytes[12] >> 4) * 4;

    /// <summary>Control bits.</summary>
    public TcpFlags Flags => (TcpFlags)(ReadUInt16BigEndian(_bytes[12..]) & 0x1FF);

    /// <summary>Window, before scaling.</summary>
    public ushort Window => ReadUInt16BigEndian(_bytes[14..]);

    /// <summary>The checksum as it arrived.</summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[16..]);

    /// <summary>Urgent pointer.</summary>
    public ushort UrgentPointer => ReadUInt16BigEndian(_bytes[18..]);

    /// <summary>Options with their padding.</summary>
    public ReadOnlySpan<byte> OptionBytes => _bytes[TcpSegment.MinimumHeaderLength..HeaderLength];

    /// <summary>What the segment carries.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..];

    /// <summary>Whether the checksum is right.</summary>
    /// <param name="pseudoHeader">From the IP header: <see cref="Ipv4Reader.PseudoHeader"/> of header and payload.</param>
    public bool HasRightChecksum(ulong pseudoHeader) => InternetChecksum.IsRight(_bytes, pseudoHeader);
}

/// <summary>A TCP segment: what <see cref="TcpReader"/> read, or what is to be written.</summary>
public readonly record struct TcpSegment
{
    /// <summary>Bytes of a header without options: 20.</summary>
    public const int MinimumHeaderLength = 20;

    /// <summary>Source port.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Number of the first byte of the payload.</summary>
    public uint SequenceNumber { get; init; }

    /// <summary>Number of the byte expected next.</summary>
    public uint AcknowledgmentNumber { get; init; }

    /// <summary>Control bits.</summary>
    public TcpFlags Flags { get; init; }

    /// <summary>Window, before scaling.</summary>
    public ushort Window { get; init; }

    /// <summary>The checksum as it was read; computed anew when written.</summary>
    public ushort Checksum { get; init; }

    /// <summary>Urgent pointer.</summary>
    public ushort UrgentPointer { get; init; }

    /// <summary>Options as bytes; written with zeros up to a multiple of 4.</summary>
    public ReadOnlyMemory<byte> OptionBytes { get; init; }

    /// <summary>What the segment carries.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The usual options, read from <see cref="OptionBytes"/>.</summary>
    public TcpOptions Options => TcpOptions.Read(OptionBytes.Span);

    /// <summary>Bytes of the header with its options.</summary>
    public int HeaderLength => MinimumHeaderLength + ((OptionBytes.Length + 3) & ~3);

    /// <summary>Reads a segment; <see cref="OptionBytes"/> and <see cref="Payload"/> share the memory.</summary>
    /// <param name="bytes">What IP carries.</param>
    /// <param name="segment">The segment when this returns true.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out TcpSegment segment)
    {
        if (!TcpReader.TryParse(bytes.Span, out var r))
        {
            segment = default;
            return false;
        }

        segment = new TcpSegment
        {
            SourcePort = r.SourcePort,
            DestinationPort = r.DestinationPort,
            SequenceNumber = r.SequenceNumber,
            AcknowledgmentNumber = r.AcknowledgmentNumber,
            Flags = r.Flags,
            Window = r.Window,
            Checksum = r.Checksum,
            UrgentPointer = r.UrgentPointer,
            OptionBytes = bytes[MinimumHeaderLength..r.HeaderLength],
            Payload = bytes[r.HeaderLength..],
        };
        return true;
    }

    /// <summary>Writes header, options and payload; the checksum is computed.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <param name="pseudoHeader">The partial checksum of the pseudo header, its length being that of header and payload.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">More than 40 bytes of options, or too little room.</exception>
    public int Write(Span<byte> destination, ulong pseudoHeader) => Write(destination, Payload.Span, pseudoHeader);

    /// <summary>Writes header, options and another payload than <see cref="Payload"/>; the checksum is computed.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <param name="payload">What the segment carries.</param>
    /// <param name="pseudoHeader">The partial checksum of the pseudo header, its length being that of header and payload.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">More than 40 bytes of options, or too little room.</exception>
    public int Write(Span<byte> destination, ReadOnlySpan<byte> payload, ulong pseudoHeader)
    {
        var header = HeaderLength;
        if (header > 60)
        {
            throw TooManyOptions();
        }

        var segment = destination[..(header + payload.Length)];
        payload.CopyTo(segment[header..]);
        WriteUInt16BigEndian(segment, SourcePort);
        WriteUInt16BigEndian(segment[2..], DestinationPort);
        WriteUInt32BigEndian(segment[4..], SequenceNumber);
        WriteUInt32BigEndian(segment[8..], AcknowledgmentNumber);
        WriteUInt16BigEndian(segment[12..], (ushort)((header / 4 << 12) | ((int)Flags & 0x1FF)));
        WriteUInt16BigEndian(segment[14..], Window);
        WriteUInt16BigEndian(segment[16..], 0);
        WriteUInt16BigEndian(segment[18..], UrgentPointer);
        segment[MinimumHeaderLength..header].Clear();
        OptionBytes.Span.CopyTo(segment[MinimumHeaderLength..]);
        WriteUInt16BigEndian(segment[16..], InternetChecksum.Of(segment, pseudoHeader));
        return segment.Length;
    }

    /// <summary>The control bits as "SYN, ACK"; "none" where none is set.</summary>
    /// <param name="flags">The bits.</param>
    public static string NameOf(TcpFlags flags) => flags == TcpFlags.None ? "none" : flags.ToString().ToUpperInvariant();

    // Away from the path of every frame, see Ipv4Packet.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ArgumentException TooManyOptions() => new($"A TCP header holds 40 bytes of options, not {OptionBytes.Length}.", nameof(OptionBytes));

    internal static void Describe(Dissection d, int at, int end, in IpContext ip)
    {
        var bytes = d.Bytes[at..end];
        if (!TcpReader.TryParse(bytes, out var r, out var defect))
        {
            d.Broken("TCP", at, end, defect);
            return;
        }

        var layer = d.Layer("TCP", at, r.HeaderLength,
            $"{r.SourcePort} > {r.DestinationPort} [{NameOf(r.Flags)}] seq {r.SequenceNumber} ack {r.AcknowledgmentNumber} win {r.Window} len " +
                $"{r.Payload.Length}");
        layer.Add("Source port", 0, 2, r.SourcePort);
        layer.Add("Destination port", 2, 2, r.DestinationPort);
        layer.Add("Sequence number", 4, 4, r.SequenceNumber);
        layer.Add("Acknowledgment number", 8, 4, r.AcknowledgmentNumber);
        layer.Add("Header length", 12, 1, r.HeaderLength);
        layer.Hex("Flags", 12, 2, (uint)r.Flags, NameOf(r.Flags));
        layer.Add("Window", 14, 2, r.Window);
        layer.Checksum(16, r.Checksum, ip.RightChecksum(bytes, 16), d.HasPendingChecksum || ip.IsPartialChecksum(r.Checksum, bytes.Length));
        layer.Add("Urgent pointer", 18, 2, r.UrgentPointer);
        TcpOption.Describe(layer, r.OptionBytes);
        d.Data(at + r.HeaderLength, end);
    }
}
