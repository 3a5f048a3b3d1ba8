using System.Runtime.CompilerServices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// UDP (RFC 768):
//
//    |          Source Port          |       Destination Port        |
//    |            Length             |           Checksum            |

/// <summary>Reads a UDP datagram where it lies.</summary>
public readonly ref struct UdpReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    private UdpReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Looks at a datagram. The header must be whole; the payload may be cut (<see cref="IsTruncated"/>).</summary>
    /// <param name="bytes">What IP carries.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <returns>False when the header is cut or its length is below its own.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out UdpReader reader) => TryParse(bytes, out reader, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out UdpReader)"/>
    /// <param name="bytes">What IP carries.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out UdpReader reader, out Defect defect)
    {
        reader = default;
        defect = default;
        if (bytes.Length < UdpDatagram.HeaderLength)
        {
            defect = Defect.Truncated("UDP header");
            return false;
        }

        int length = ReadUInt16BigEndian(bytes[4..]);
        if (length < UdpDatagram.HeaderLength && !(length == 0 && bytes.Length > ushort.MaxValue))
        {
            defect = Defect.Malformed("UDP length below the header's");
            return false;
        }

        reader = new UdpReader(bytes);
        return true;
    }

    /// <summary>Source port.</summary>
    public ushort SourcePort => ReadUInt16BigEndian(_bytes);

    /// <summary>Destination port.</summary>
    public ushort DestinationPort => ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>Bytes of header and payload as the header says; 0 in a jumbogram.</summary>
    public ushort Length => ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>The checksum as it arrived; 0 when the sender computed none.</summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>What the datagram carries.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[UdpDatagram.HeaderLength..End];

    /// <summary>The header promises more bytes than there are.</summary>
    public bool IsTruncated => Length > _bytes.Length;

    /// <summary>Whether the checksum is right; also true where there is none. False for a cut datagram.</summary>
    /// <param name="pseudoHeader">From the IP header: <see cref="Ipv4Reader.PseudoHeader"/> of <see cref="Length"/>.</param>
    public bool HasRightChecksum(ulong pseudoHeader) => Checksum == 0 || (!IsTruncated && InternetChecksum.IsRight(_bytes[..End], pseudoHeader));

    private int End => Length == 0 ? _bytes.Length : Math.Min(Length, _bytes.Length);
}

/// <summary>A UDP datagram: what <see cref="UdpReader"/> read, or what is to be written.</summary>
public readonly record struct UdpDatagram
{
    /// <summary>Bytes of the header: 8.</summary>
    public const int HeaderLength = 8;

    /// <summary>Source port.</summary>
    public ushort SourcePort { get; init; }

    /// <summary>Destination port.</summary>
    public ushort DestinationPort { get; init; }

    /// <summary>Bytes of header and payload as they were read; computed anew when written.</summary>
    public ushort Length { get; init; }

    /// <summary>The checksum as it was read; computed anew when written.</summary>
    public ushort Checksum { get; init; }

    /// <summary>What the datagram carries.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>When read: the header promised more bytes than there were.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>Reads a datagram; <see cref="Payload"/> shares the memory.</summary>
    /// <param name="bytes">What IP carries.</param>
    /// <param name="datagram">The datagram when this returns true.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out UdpDatagram datagram)
    {
        if (!UdpReader.TryParse(bytes.Span, out var r))
        {
            datagram = default;
            return false;
        }

        datagram = new UdpDatagram
        {
            SourcePort = r.SourcePort,
            DestinationPort = r.DestinationPort,
            Length = r.Length,
            Checksum = r.Checksum,
            IsTruncated = r.IsTruncated,
            Payload = bytes.Slice(HeaderLength, r.Payload.Length),
        };
        return true;
    }

    /// <summary>Writes header and payload; length and checksum are computed, a checksum of 0 being sent as 0xffff.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <param name="pseudoHeader">The partial checksum of the pseudo header, its length being that of header and payload.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">More than 65527 bytes of payload, or too little room.</exception>
    public int Write(Span<byte> destination, ulong pseudoHeader) => Write(destination, SourcePort, DestinationPort, Payload.Span, pseudoHeader);

    /// <summary>Writes header and payload; length and checksum are computed, a checksum of 0 being sent as 0xffff.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <param name="sourcePort">Source port.</param>
    /// <param name="destinationPort">Destination port.</param>
    /// <param name="payload">What the datagram carries.</param>
    /// <param name="pseudoHeader">The partial checksum of the pseudo header, its length being that of header and payload.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">More than 65527 bytes of payload, or too little room.</exception>
    public static int Write(Span<byte> destination, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload, ulong pseudoHeader)
    {
        var length = HeaderLength + payload.Length;
        if (length > ushort.MaxValue)
        {
            throw TooLong(payload);
        }

        var datagram = destination[..length];
        payload.CopyTo(datagram[HeaderLength..]);
        WriteUInt16BigEndian(datagram, sourcePort);
        WriteUInt16BigEndian(datagram[2..], destinationPort);
        WriteUInt16BigEndian(datagram[4..], (ushort)length);
        WriteUInt16BigEndian(datagram[6..], 0);
        var checksum = InternetChecksum.Of(datagram, pseudoHeader);
        WriteUInt16BigEndian(datagram[6..], checksum == 0 ? (ushort)0xFFFF : checksum);
        return length;
    }

    // Away from the path of every frame, see Ipv4Packet.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private static ArgumentException TooLong(ReadOnlySpan<byte> payload) => new(
        $"A UDP datagram carries at most 65527 bytes, not {payload.Length}.", nameof(payload));

    internal static void Describe(Dissection d, int at, int end, in IpContext ip)
    {
        var bytes = d.Bytes[at..end];
        if (!UdpReader.TryParse(bytes, out var r, out var defect))
        {
            d.Broken("UDP", at, end, defect);
            return;
        }

        var layer = d.Layer("UDP", at, HeaderLength, $"{r.SourcePort} > {r.DestinationPort} len {r.Payload.Length}");
        layer.Defect = r.IsTruncated && !d.InQuote ? Defect.Truncated("UDP payload") : Defect.None;
        layer.Add("Source port", 0, 2, r.SourcePort);
        layer.Add("Destination port", 2, 2, r.DestinationPort);
        layer.Add("Length", 4, 2, r.Length);
        if (r.Checksum == 0)
        {
            layer.Hex("Checksum", 6, 2, 0, ip.Version == 4 ? "none" : "none, which IPv6 forbids");
        }
        else
        {
            var right = r.IsTruncated ? null : ip.RightChecksum(bytes[..(HeaderLength + r.Payload.Length)], 6);
            var isPending = d.HasPendingChecksum || ip.IsPartialChecksum(r.Checksum, HeaderLength + r.Payload.Length);
            layer.Checksum(6, r.Checksum, right == 0 ? (ushort)0xFFFF : right, isPending);
        }

        var payload = at + HeaderLength;
        ApplicationPorts.Describe(d, payload, payload + r.Payload.Length, r.SourcePort, r.DestinationPort);
        d.Data(payload + r.Payload.Length, end, "Padding");
    }
}
