using System.Runtime.CompilerServices;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// IPv6 (RFC 8200):
//
//    0                   1                   2                   3
//    |Version| Traffic Class |           Flow Label                  |
//    |         Payload Length        |  Next Header  |   Hop Limit   |
//    |                   Source Address (16)                         |
//    |                 Destination Address (16)                      |
//    |  extension headers, each naming the next; see Ipv6Extension   |

/// <summary>Reads an IPv6 packet where it lies, past its extension headers.</summary>
public readonly ref struct Ipv6Reader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _upperOffset;
    private readonly int _end;

    private Ipv6Reader(ReadOnlySpan<byte> bytes, int upperOffset, int end, IpProtocol protocol, Ipv6FragmentInfo fragment, Defect extensionDefect)
    {
        _bytes = bytes;
        _upperOffset = upperOffset;
        _end = end;
        Protocol = protocol;
        Fragment = fragment;
        ExtensionDefect = extensionDefect;
    }

    /// <summary>Looks at an IPv6 packet. The fixed header must be whole; the rest may be cut (<see cref="IsTruncated"/>).</summary>
    /// <param name="bytes">The packet; what follows its length is padding.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <returns>False when the header is cut or not of version 6.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Ipv6Reader reader) => TryParse(bytes, out reader, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out Ipv6Reader)"/>
    /// <param name="bytes">The packet; what follows its length is padding.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Ipv6Reader reader, out Defect defect)
    {
        reader = default;
        defect = default;
        if (bytes.Length > 0 && bytes[0] >> 4 != 6)
        {
            defect = Defect.Malformed("IP version is not 6");
            return false;
        }

        if (bytes.Length < Ipv6Packet.HeaderLength)
        {
            defect = Defect.Truncated("IPv6 header");
            return false;
        }

        var next = (IpProtocol)bytes[6];
        var end = Math.Min(Ipv6Packet.HeaderLength + ReadUInt16BigEndian(bytes[4..]), bytes.Length);
        if (!Ipv6Extension.IsExtension(next))
        {
            reader = new Ipv6Reader(bytes, Ipv6Packet.HeaderLength, end, next, default, default);
            return true;
        }

        if (ReadUInt16BigEndian(bytes[4..]) == 0 && next == IpProtocol.HopByHop)
        {
            end = (int)Math.Min(Ipv6Packet.HeaderLength + (long)Ipv6Extension.JumboLength(bytes[Ipv6Packet.HeaderLength..]), bytes.Length);
        }

        var chain = new Ipv6ExtensionEnumerator(bytes[Ipv6Packet.HeaderLength..end], next);
        var fragment = default(Ipv6FragmentInfo);
        while (chain.MoveNext())
        {
            if (chain.Current.TryGetFragment(out var found))
            {
                fragment = found;
            }
        }

        reader = new Ipv6Reader(bytes, Ipv6Packet.HeaderLength + chain.Consumed, end, chain.Next, fragment, chain.Defect);
        return true;
    }

    /// <summary>DSCP and ECN.</summary>
    public byte TrafficClass => (byte)(ReadUInt16BigEndian(_bytes) >> 4);

    /// <summary>Flow label, 20 bits.</summary>
    public int FlowLabel => (int)(ReadUInt32BigEndian(_bytes) & 0xF_FFFF);

    /// <summary>Bytes after the fixed header as it says; 0 in a jumbogram.</summary>
    public ushort PayloadLength => ReadUInt16BigEndian(_bytes[4..]);

    /// <summary>What follows the fixed header: an extension header, or the protocol above.</summary>
    public IpProtocol NextHeader => (IpProtocol)_bytes[6];

    /// <summary>Hop limit.</summary>
    public byte HopLimit => _bytes[7];

    /// <summary>Source address.</summary>
    public Ipv6Address Source => Ipv6Address.Read(_bytes[8..]);

    /// <summary>Destination address of the fixed header.</summary>
    public Ipv6Address Destination => Ipv6Address.Read(_bytes[24..]);

    /// <summary>The protocol after the extension headers; an extension header's number when the chain is cut or malformed there.</summary>
    public IpProtocol Protocol { get; }

    /// <summary>The fragment header, if there is one.</summary>
    public Ipv6FragmentInfo Fragment { get; }

    /// <summary>What is wrong with the chain of extension headers, if anything.</summary>
    public Defect ExtensionDefect { get; }

    /// <summary>Extension headers as bytes.</summary>
    public ReadOnlySpan<byte> ExtensionBytes => _bytes[Ipv6Packet.HeaderLength.._upperOffset];

    /// <summary>The extension headers, one after the other.</summary>
    public Ipv6ExtensionEnumerator Extensions => new(ExtensionBytes, NextHeader);

    /// <summary>What follows the extension headers, without padding of the frame; a piece of it in a fragment.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[_upperOffset.._end];

    /// <summary>Where <see cref="Payload"/> starts.</summary>
    public int PayloadOffset => _upperOffset;

    /// <summary>The header promises more bytes than there are.</summary>
    public bool IsTruncated => Ipv6Packet.HeaderLength + PayloadLength > _bytes.Length || ExtensionDefect.Kind == DefectKind.Truncated;

    /// <summary>The destination that checksums cover: the last address of a routing header that is not yet used up (RFC 8200 8.1).</summary>
    public Ipv6Address FinalDestination
    {
        get
        {
            foreach (var extension in Extensions)
            {
                if (extension.TryGetFinalDestination(out var final))
                {
                    return final;
                }
            }

            return Destination;
        }
    }

    /// <summary>The partial checksum of the pseudo header for what this packet carries.</summary>
    /// <param name="length">Bytes of header and payload of the protocol above.</param>
    public ulong PseudoHeader(int length) => InternetChecksum.PseudoHeader(Source, FinalDestination, Protocol, length);
}

/// <summary>An IPv6 packet: what <see cref="Ipv6Reader"/> read, or what is to be written.</summary>
public readonly record struct Ipv6Packet
{
    /// <summary>Bytes of the fixed header: 40.</summary>
    public const int HeaderLength = 40;

    /// <summary>A packet with a hop limit of 64 and nothing else.</summary>
    public Ipv6Packet() => HopLimit = 64;

    /// <summary>Source address.</summary>
    public Ipv6Address Source { get; init; }

    /// <summary>Destination address.</summary>
    public Ipv6Address Destination { get; init; }

    /// <summary>The protocol after the extension headers.</summary>
    public IpProtocol Protocol { get; init; }

    /// <summary>Hop limit.</summary>
    public byte HopLimit { get; init; }

    /// <summary>DSCP and ECN.</summary>
    public byte TrafficClass { get; init; }

    /// <summary>Flow label, 20 bits.</summary>
    public int FlowLabel { get; init; }

    /// <summary>The kind of the first extension header; counts only where there are <see cref="Extensions"/>.</summary>
    public IpProtocol FirstExtension { get; init; }

    /// <summary>Extension headers as they lie in the packet, the last one naming <see cref="Protocol"/>.</summary>
    public ReadOnlyMemory<byte> Extensions { get; init; }

    /// <summary>When read: the fragment header, if there is one.</summary>
    public Ipv6FragmentInfo Fragment { get; init; }

    /// <summary>What follows the extension headers.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>When read: the header promised more bytes than there were.</summary>
    public bool IsTruncated { get; init; }

    /// <summary>The packet is a part of a larger one.</summary>
    public bool IsFragment => Fragment.IsFragment;

    /// <summary>Reads a packet; <see cref="Extensions"/> and <see cref="Payload"/> share the memory.</summary>
    /// <param name="bytes">The packet; what follows its length is padding.</param>
    /// <param name="packet">The packet when this returns true.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out Ipv6Packet packet)
    {
        if (!Ipv6Reader.TryParse(bytes.Span, out var r))
        {
            packet = default;
            return false;
        }

        packet = new Ipv6Packet
        {
            Source = r.Source,
            Destination = r.Destination,
            Protocol = r.Protocol,
            HopLimit = r.HopLimit,
            TrafficClass = r.TrafficClass,
            FlowLabel = r.FlowLabel,
            FirstExtension = r.NextHeader,
            Extensions = bytes.Slice(HeaderLength, r.ExtensionBytes.Length),
            Fragment = r.Fragment,
            Payload = bytes.Slice(r.PayloadOffset, r.Payload.Length),
            IsTruncated = r.IsTruncated,
        };
        return true;
    }

    /// <summary>Writes header, extension headers and payload; the length is computed.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">More than 65535 bytes after the header, or too little room.</exception>
    public int Write(Span<byte> destination)
    {
        var header = WriteHeader(destination, Payload.Length);
        Payload.Span.CopyTo(destination[header..]);
        return header + Payload.Length;
    }

    /// <summary>Writes header and extension headers for a payload that is written elsewhere.</summary>
    /// <param name="destination">Room for the headers.</param>
    /// <param name="payloadLength">Bytes after the extension headers.</param>
    /// <returns>Bytes of the headers.</returns>
    /// <exception cref="ArgumentException">More than 65535 bytes after the header, or too little room.</exception>
    public int WriteHeader(Span<byte> destination, int payloadLength) => WriteHeader(destination, Protocol, payloadLength);

    internal int WriteHeader(Span<byte> destination, IpProtocol protocol, int payloadLength)
    {
        var length = Extensions.Length + payloadLength;
        if (length > ushort.MaxValue || FlowLabel is < 0 or > 0xF_FFFF)
        {
            throw Unsayable(payloadLength);
        }

        var header = destination[..(HeaderLength + Extensions.Length)];
        WriteUInt32BigEndian(header, 0x6000_0000 | ((uint)TrafficClass << 20) | (uint)FlowLabel);
        WriteUInt16BigEndian(header[4..], (ushort)length);
        header[6] = (byte)(Extensions.Length > 0 ? FirstExtension : protocol);
        header[7] = HopLimit;
        Source.CopyTo(header[8..]);
        Destination.CopyTo(header[24..]);
        if (!Extensions.IsEmpty)
        {
            Extensions.Span.CopyTo(header[HeaderLength..]);
        }

        return header.Length;
    }

    /// <summary>The destination that checksums cover: the last address of a routing header that is not yet used up (RFC 8200 8.1).</summary>
    public Ipv6Address FinalDestination
    {
        get
        {
            if (Extensions.IsEmpty)
            {
                return Destination;
            }

            foreach (var extension in new Ipv6ExtensionEnumerator(Extensions.Span, FirstExtension))
            {
                if (extension.TryGetFinalDestination(out var final))
                {
                    return final;
                }
            }

            return Destination;
        }
    }

    /// <summary>The partial checksum of the pseudo header for what this packet carries.</summary>
    /// <param name="length">Bytes of header and payload of the protocol above.</param>
    public ulong PseudoHeader(int length) => PseudoHeader(Protocol, length);

    internal ulong PseudoHeader(IpProtocol protocol, int length) => InternetChecksum.PseudoHeader(Source, FinalDestination, protocol, length);

    // Away from the path of every frame, see Ipv4Packet.
    [MethodImpl(MethodImplOptions.NoInlining)]
    private ArgumentException Unsayable(int payloadLength) => new(
        $"No IPv6 header can say this: {Extensions.Length + payloadLength} bytes after the header (at most 65535), " +
        $"flow label {FlowLabel:x} (at most 20 bits).", nameof(payloadLength));

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!Ipv6Reader.TryParse(d.Bytes[at..end], out var r, out var defect))
        {
            d.Broken("IPv6", at, end, defect);
            return;
        }

        var layer = d.Layer("IPv6", at, HeaderLength, $"{r.Source} > {r.Destination}");
        layer.Defect = d.InQuote ? Defect.None : !r.ExtensionDefect.IsNone ? r.ExtensionDefect : r.IsTruncated ? Defect.Truncated("IP payload") : Defect.None;
        if (r.Fragment.IsFragment)
        {
            layer.Summary += $" frag id {r.Fragment.Identification} offset {r.Fragment.Offset}{(r.Fragment.MoreFragments ? "+" : "")}";
        }

        layer.Add("DSCP", 0, 2, r.TrafficClass >> 2);
        layer.Add("ECN", 1, 1, r.TrafficClass & 3);
        layer.Add("Flow label", 1, 3, $"0x{r.FlowLabel:x5}");
        layer.Add("Payload length", 4, 2, r.PayloadLength);
        layer.Add("Next header", 6, 1, (byte)r.NextHeader, Enum.IsDefined(r.NextHeader) ? r.NextHeader.ToString() : null);
        layer.Add("Hop limit", 7, 1, r.HopLimit);
        layer.Add("Source", 8, 16, r.Source);
        layer.Add("Destination", 24, 16, r.Destination);
        var extensionAt = at + HeaderLength;
        foreach (var extension in r.Extensions)
        {
            Ipv6Extension.Describe(d, extensionAt, extension);
            extensionAt += extension.Bytes.Length;
        }

        var payload = at + r.PayloadOffset;
        var packetEnd = payload + r.Payload.Length;
        if (r.Fragment.Offset > 0 || !r.ExtensionDefect.IsNone)
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
