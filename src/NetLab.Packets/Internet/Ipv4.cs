using System.Runtime.CompilerServices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// IPv4 (RFC 791):
//
//    0                   1                   2                   3
//    |Version|  IHL  |DSCP       |ECN|          Total Length         |
//    |         Identification        |Flags|     Fragment Offset     |
//    |  Time to Live |    Protocol   |        Header Checksum        |
//    |                        Source Address                         |
//    |                      Destination Address                      |
//    |                    Options, padded to 4 bytes                 |

/// <summary>Reads an IPv4 packet where it lies.</summary>
public readonly ref struct Ipv4Reader
{
    private readonly ReadOnlySpan<byte> _bytes;

    private Ipv4Reader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Looks at an IPv4 packet. The header must be whole; the payload may be cut (<see cref="IsTruncated"/>).</summary>
    /// <param name="bytes">The packet; what follows its total length is padding.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <returns>False when the header is cut or contradicts itself.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Ipv4Reader reader) => TryParse(bytes, out reader, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out Ipv4Reader)"/>
    /// <param name="bytes">The packet; what follows its total length is padding.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Ipv4Reader reader, out Defect defect)
    {
        reader = default;
        defect = default;
        if (bytes.Length < Ipv4Packet.MinimumHeaderLength)
        {
            defect = bytes.Length > 0 && bytes[0] >> 4 != 4 ? Defect.Malformed("IP version is not 4") : Defect.Truncated("IPv4 header");
            return false;
        }

        var first = bytes[0];
        var headerLength = (first & 15) * 4;
        int totalLength = ReadUInt16BigEndian(bytes[2..]);
        if (first >> 4 != 4)
        {
            defect = Defect.Malformed("IP version is not 4");
        }
        else if (headerLength < Ipv4Packet.MinimumHeaderLength)
        {
            defect = Defect.Malformed("IPv4 header length below 20");
        }
        else if (bytes.Length < headerLength)
        {
            defect = Defect.Truncated("IPv4 options");
        }
        else if (totalLength < headerLength && totalLength != 0)
        {
            defect = Defect.Malformed("IPv4 total length below the header's");
        }
        else
        {
            reader = new Ipv4Reader(bytes);
            return true;
        }

        return false;
    }

    /// <summary>Bytes of the header with its options, 20 to 60.</summary>
    public int HeaderLength => (_bytes[0] & 15) * 4;

    /// <summary>
    /// Bytes of the packet as the header says; 0 in segments that a device is to cut (Linux "BIG TCP" beyond 65535 bytes, and TSO of some
    /// systems): then it is all that is there.
    /// </summary>
    public ushort TotalLength => ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>DSCP and ECN, the former type of service.</summary>
    public byte TrafficClass => _bytes[1];

    /// <summary>Identification.</summary>
    public ushort Identification => ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>DF: routers must not fragment.</summary>
    public bool DontFragment => (_bytes[6] & 0x40) != 0;

    /// <summary>MF: more fragments follow.</summary>
    public bool MoreFragments => (_bytes[6] & 0x20) != 0;

    /// <summary>The reserved flag ("evil bit", RFC 3514).</summary>
    public bool ReservedFlag => (_bytes[6] & 0x80) != 0;

    /// <summary>Where this fragment belongs, in bytes.</summary>
    public int FragmentOffset => (ReadUInt16BigEndian(_bytes[6..]) & 0x1FFF) * 8;

    /// <summary>The packet is a part of a larger one.</summary>
    public bool IsFragment => (ReadUInt16BigEndian(_bytes[6..]) & 0x3FFF) != 0;

    /// <summary>Time to live.</summary>
    public byte TimeToLive => _bytes[8];

    /// <summary>The protocol above.</summary>
    public IpProtocol Protocol => (IpProtocol)_bytes[9];

    /// <summary>The checksum as it arrived.</summary>
    public ushort HeaderChecksum => ReadUInt16BigEndian(_bytes[10..]);

    /// <summary>Source address.</summary>
    public Ipv4Address Source => Ipv4Address.Read(_bytes[12..]);

    /// <summary>Destination address.</summary>
    public Ipv4Address Destination => Ipv4Address.Read(_bytes[16..]);

    /// <summary>Options with their padding.</summary>
    public ReadOnlySpan<byte> Options => _bytes[Ipv4Packet.MinimumHeaderLength..HeaderLength];

    /// <summary>What the packet carries, without padding of the frame.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[HeaderLength..End];

    /// <summary>The header promises more bytes than there are.</summary>
    public bool IsTruncated => TotalLength > _bytes.Length;

    /// <summary>The header's checksum is right.</summary>
    public bool HasRightChecksum => InternetChecksum.IsRight(_bytes[..HeaderLength]);

    private int End => TotalLength == 0 ? _bytes.Length : Math.Min(TotalLength, _bytes.Length);

    /// <summary>The partial checksum of the pseudo header for what this packet carries.</summary>
    public ulong PseudoHeader(int length) => InternetChecksum.PseudoHeader(Source, Destination, Protocol, length);
}

/// <summary>An IPv4 packet: what <see cref="Ipv4Reader"/> read, or what is to be written.</summary>
public readonly record struct Ipv4Packet
{
    /// <summary>Bytes of a header without options: 20.</summary>
    public const int MinimumHeaderLength = 20;

    /// <summary>A packet with a time to live of 64 and nothing else.</summary>
    public Ipv4Packet() => TimeToLive = 64;

    /// <summary>Source address.</summary>
    public Ipv4Address Source { get; init; }

    /// <summary>Destination address.</summary>
    public Ipv4Address Destination { get; init; }

    /// <summary>The protocol above.</summary>
    public IpProtocol Protocol { get; init; }

    /// <summary>Time to live.</summary>
    public byte TimeToLive { get; init; }

    /// <summary>DSCP and ECN, the former type of service.</summary>
    public byte TrafficClass { get; init; }

    /// <summary>Identification.</summary>
    public ushort Identification { get; init; }

    /// <summary>DF: routers must not fragment.</summary>
    public bool DontFragment { get; init; }

    /// <summary>MF: more fragments follow.</summary>
    public bool MoreFragments { get; init; }

    /// <summary>Where this fragment belongs, in bytes; a multiple of 8.</summary>
    public int FragmentOffset { get; init; }

    /// <summary>The checksum as it was read; computed anew when written.</summary>
    public ushort HeaderChecksum { get; init; }

    /// <summary>Options; written with zeros up to a multiple of 4.</summary>
    public ReadOnlyMemory<byte> Options { get; init; }

    /// <summary>What the packet carries.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>When read: the header promised more bytes than there were.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>The packet is a part of a larger one.</summary>
    public bool IsFragment => MoreFragments || FragmentOffset > 0;

    /// <summary>Bytes of the header with its options.</summary>
    public int HeaderLength => MinimumHeaderLength + ((Options.Length + 3) & ~3);

    /// <summary>Reads a packet; <see cref="Options"/> and <see cref="Payload"/> share the memory.</summary>
    /// <param name="bytes">The packet; what follows its total length is padding.</param>
    /// <param name="packet">The packet when this returns true.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out Ipv4Packet packet)
    {
        if (!Ipv4Reader.TryParse(bytes.Span, out var r))
        {
            packet = default;
            return false;
        }

        packet = new Ipv4Packet
        {
            Source = r.Source,
            Destination = r.Destination,
            Protocol = r.Protocol,
            TimeToLive = r.TimeToLive,
            TrafficClass = r.TrafficClass,
            Identification = r.Identification,
            DontFragment = r.DontFragment,
            MoreFragments = r.MoreFragments,
            FragmentOffset = r.FragmentOffset,
            HeaderChecksum = r.HeaderChecksum,
            IsTruncated = r.IsTruncated,
            Options = bytes[MinimumHeaderLength..r.HeaderLength],
            Payload = bytes.Slice(r.HeaderLength, r.Payload.Length),
        };
        return true;
    }

    /// <summary>Writes header, options and payload; length and checksum are computed.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">Options of more than 40 bytes, a packet of more than 65535, or too little room.</exception>
    public int Write(Span<byte> destination)
    {
        var header = WriteHeader(destination, Payload.Length);
        Payload.Span.CopyTo(destination[header..]);
        return header + Payload.Length;
    }

    /// <summary>Writes header and options for a payload that is written elsewhere.</summary>
    /// <param name="destination">Room for the header.</param>
    /// <param name="payloadLength">Bytes that the packet carries.</param>
    /// <returns>Bytes of the header.</returns>
    /// <exception cref="ArgumentException">Options of more than 40 bytes, a packet of more than 65535, or too little room.</exception>
    public int WriteHeader(Span<byte> destination, int payloadLength) => WriteHeader(destination, Protocol, payloadLength);

    internal int WriteHeader(Span<byte> destination, IpProtocol protocol, int payloadLength)
    {
        var length = HeaderLength;
        var total = length + payloadLength;
        if (length > 60 || total > ushort.MaxValue || (FragmentOffset & 7) != 0 || FragmentOffset is < 0 or > 0xFFF8)
        {
            throw Unsayable(payloadLength);
        }

        var header = destination[..length];
        header[0] = (byte)(0x40 | (length / 4));
        header[1] = TrafficClass;
        WriteUInt16BigEndian(header[2..], (ushort)total);
        WriteUInt16BigEndian(header[4..], Identification);
        WriteUInt16BigEndian(header[6..], (ushort)((DontFragment ? 0x4000 : 0) | (MoreFragments ? 0x2000 : 0) | (FragmentOffset / 8)));
        header[8] = TimeToLive;
        header[9] = (byte)protocol;
        WriteUInt16BigEndian(header[10..], 0);
        Source.CopyTo(header[12..]);
        Destination.CopyTo(header[16..]);
        if (length > MinimumHeaderLength)
        {
            header[MinimumHeaderLength..].Clear();
            Options.Span.CopyTo(header[MinimumHeaderLength..]);
        }

        WriteUInt16BigEndian(header[10..], InternetChecksum.Of(header));
        return length;
    }

    // Away from the path of every frame: a text with values in it costs its method half as much again, also where nothing is thrown.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ArgumentException Unsayable(int payloadLength) => new(
        $"No IPv4 header can say this: {HeaderLength} bytes of header (at most 60), {HeaderLength + payloadLength} bytes in all (at most 65535), " +
        $"fragment offset {FragmentOffset} (a multiple of 8, at most 65528).", nameof(payloadLength));

    /// <summary>The partial checksum of the pseudo header for what this packet carries.</summary>
    /// <param name="length">Bytes of header and payload of the protocol above.</param>
    public ulong PseudoHeader(int length) => InternetChecksum.PseudoHeader(Source, Destination, Protocol, length);

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!Ipv4Reader.TryParse(d.Bytes[at..end], out var r, out var defect))
        {
            d.Broken("IPv4", at, end, defect);
            return;
        }

        var layer = d.Layer("IPv4", at, r.HeaderLength, $"{r.Source} > {r.Destination}");
        layer.Defect = r.IsTruncated && !d.InQuote ? Defect.Truncated("IP payload") : Defect.None;
        if (r.IsFragment)
        {
            layer.Summary += $" frag id {r.Identification} offset {r.FragmentOffset}{(r.MoreFragments ? "+" : "")}";
        }

        layer.Add("Header length", 0, 1, r.HeaderLength);
        layer.Add("DSCP", 1, 1, r.TrafficClass >> 2);
        layer.Add("ECN", 1, 1, r.TrafficClass & 3);
        layer.Add("Total length", 2, 2, r.TotalLength, r.TotalLength == 0 ? "left to segmentation, all of the rest" : null);
        layer.Hex("Identification", 4, 2, r.Identification);
        layer.Add("Reserved flag", 6, 1, r.ReservedFlag);
        layer.Add("Don't fragment", 6, 1, r.DontFragment);
        layer.Add("More fragments", 6, 1, r.MoreFragments);
        layer.Add("Fragment offset", 6, 2, r.FragmentOffset);
        layer.Add("Time to live", 8, 1, r.TimeToLive);
        layer.Add("Protocol", 9, 1, (byte)r.Protocol, Enum.IsDefined(r.Protocol) ? r.Protocol.ToString() : null);
        var header = d.Bytes.Slice(at, r.HeaderLength);
        layer.Checksum(10, r.HeaderChecksum, InternetChecksum.Of(header[12..], InternetChecksum.Sum(header[..10])));
        layer.Add("Source", 12, 4, r.Source);
        layer.Add("Destination", 16, 4, r.Destination);
        Ipv4Option.Describe(layer, r.Options);

        var payload = at + r.HeaderLength;
        var packetEnd = payload + r.Payload.Length;
        if (r.FragmentOffset > 0)
        {
            d.Data(payload, packetEnd);
        }
        else
        {
            d.Protocol(new IpContext(r), payload, packetEnd);
        }

        d.Data(packetEnd, end, "Padding");
    }
}
