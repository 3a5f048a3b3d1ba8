using System.Buffers.Binary;

namespace NetLab.Linux.Bpf;

/// <summary>Whether two looks at a frame show the same one.</summary>
internal enum FrameLikeness
{
    /// <summary>Too few bytes are known of both to say.</summary>
    Unknown,

    /// <summary>The bytes above the transport header are the same, as far as they are known.</summary>
    Same,

    /// <summary>They differ.</summary>
    Different,
}

/// <summary>
/// What stays the same of a frame on its way through the kernel: bridges tag it, routers age it, NAT rewrites addresses and ports, tunnels
/// put headers in front. Just enough of
/// Ethernet and IP is read for that; bytes that end too early are no error.
/// </summary>
internal readonly struct FrameContent
{
    private const int EtherTypeIpv4 = 0x0800, EtherTypeIpv6 = 0x86DD, IcmpHeaderLength = 8, UdpHeaderLength = 8;
    private const int ProtocolIcmp = 1, ProtocolTcp = 6, ProtocolUdp = 17, ProtocolIcmpv6 = 58;
    private const int Enough = 4; // bytes that must be known of both to tell

    private readonly ReadOnlyMemory<byte> _memory;
    private readonly int _length; // of the frame
    private readonly int _end; // of what the network header says that there is: Ethernet pads short frames, and IP cuts that off

    public FrameContent(TraceEvent seen)
    {
        _memory = seen.Bytes;
        _length = seen.Length;
        var bytes = _memory.Span;
        int etherType = seen.Protocol;
        if (seen.StartsWithEthernet)
        {
            NetworkStart = 12;
            do
            {
                etherType = ReadUInt16(NetworkStart);
                NetworkStart += 2;
                if (etherType is 0x8100 or 0x88A8)
                {
                    NetworkStart += 2;
                }
            }
            while (etherType is 0x8100 or 0x88A8);
        }

        PayloadStart = TransportStart = NetworkStart;
        _end = _length;
        if (etherType == EtherTypeIpv4 && bytes.Length >= NetworkStart + 20)
        {
            IsIpv4 = true;
            _end = Math.Min(_length, NetworkStart + ReadUInt16(NetworkStart + 2));
            Protocol = bytes[NetworkStart + 9];
            IsLaterFragment = (ReadUInt16(NetworkStart + 6) & 0x1FFF) != 0;
            TransportStart = NetworkStart + (4 * (bytes[NetworkStart] & 15));
            PayloadStart = IsLaterFragment ? TransportStart : TransportStart + TransportHeaderLength();
        }
        else if (etherType == EtherTypeIpv6 && bytes.Length >= NetworkStart + 40)
        {
            IsIpv6 = true;
            _end = Math.Min(_length, NetworkStart + 40 + ReadUInt16(NetworkStart + 4));
            Protocol = bytes[NetworkStart + 6];
            TransportStart = NetworkStart + 40;
            PayloadStart = TransportStart + TransportHeaderLength();
        }
    }

    /// <summary>Where the header of the network layer begins.</summary>
    public int NetworkStart { get; }

    /// <summary>Where the header of the transport layer begins.</summary>
    public int TransportStart { get; }

    /// <summary>Where what is above the transport header begins; of a frame that is not IP, where what is above Ethernet begins.</summary>
    public int PayloadStart { get; }

    /// <summary>IPPROTO_…, or 0.</summary>
    public int Protocol { get; }

    /// <summary>Whether it is an IPv4 packet.</summary>
    public bool IsIpv4 { get; }

    private bool IsIpv6 { get; }

    private bool IsLaterFragment { get; }

    // Of a TCP header what no translation of addresses changes: sequence and acknowledgment numbers, flags, window. Empty where they are not all known.
    private ReadOnlySpan<byte> TcpNumbers => Bytes.Length >= TransportStart + 16 ? Bytes.Slice(TransportStart + 4, 12) : [];

    // What is above the transport header, where all of it is known.
    private bool IsWhole => PayloadStart > TransportStart && PayloadStart <= _end && _end <= Bytes.Length;

    private byte? IcmpType => Protocol is ProtocolIcmp or ProtocolIcmpv6 && !IsLaterFragment && Bytes.Length > TransportStart ? Bytes[TransportStart] : null;

    private ReadOnlySpan<byte> Payload => Bytes[PayloadStart.._end];

    private ReadOnlySpan<byte> Bytes => _memory.Span;

    /// <summary>
    /// Whether both may be the same frame, one of them perhaps inside a tunnel, after address translation, with a tag, or cut in fragments.
    /// The ends of both are laid upon each other,
    /// because headers come and go at the front.
    /// </summary>
    public FrameLikeness Compare(FrameContent other)
    {
        if (IcmpType is { } type && other.IcmpType is { } others && type != others)
        {
            return FrameLikeness.Different; // nobody on the way makes a reply of an echo, and both have the same payload
        }

        var packets = Compare(other, other._end - _end, PayloadStart, other.PayloadStart);
        var frames = packets is FrameLikeness.Same ? packets : Compare(other, other._length - _length, PayloadStart, other.PayloadStart);
        if (frames is FrameLikeness.Same || ((IsFragment || other.IsFragment) && IsSameDatagram(other)))
        {
            return FrameLikeness.Same;
        }

        if (packets is FrameLikeness.Unknown && frames is FrameLikeness.Unknown)
        {
            if (_length == other._length && Bytes.SequenceEqual(other.Bytes))
            {
                return FrameLikeness.Same;
            }

            // No payload: that the transport headers are the same says something; that they are not may be address translation. A tunnel puts its own in front.
            if (IsTranslationOf(other) || IsInside(other) || other.IsInside(this))
            {
                return FrameLikeness.Same;
            }

            return Compare(other, other._end - _end, TransportStart, other.TransportStart) is FrameLikeness.Same ? FrameLikeness.Same : FrameLikeness.Unknown;
        }

        return packets is FrameLikeness.Unknown ? frames : packets;
    }

    // Whether the other ends with all of this, its Ethernet header included.
    private bool IsInside(FrameContent other) => NetworkStart > 0 && _length >= NetworkStart && _length < other._length && Bytes.Length >= _length
        && other.Bytes.Length >= other._length && other.Bytes[..other._length].EndsWith(Bytes[.._length]);

    // Of a packet that carries next to nothing, what its headers keep when addresses and ports are translated.
    private bool IsTranslationOf(FrameContent other)
    {
        if (Protocol != other.Protocol || IsIpv4 != other.IsIpv4)
        {
            return false;
        }

        if (Protocol == ProtocolTcp)
        {
            return TcpNumbers is { Length: > 0 } numbers && numbers.SequenceEqual(other.TcpNumbers);
        }

        if (!IsWhole || !other.IsWhole || !Payload.SequenceEqual(other.Payload) || !MayBe(other))
        {
            return false;
        }

        return Protocol switch
        {
            ProtocolUdp => (IsIpv4 && ReadUInt16(NetworkStart + 4) != 0)
                || Bytes.Slice(TransportStart, 4).SequenceEqual(other.Bytes.Slice(other.TransportStart, 4)),
            ProtocolIcmp or ProtocolIcmpv6 => ReadUInt16(TransportStart) == other.ReadUInt16(other.TransportStart)
                && ReadUInt16(TransportStart + 6) == other.ReadUInt16(other.TransportStart + 6), // type and code; sequence number
            _ => false,
        };
    }

    /// <summary>Whether both may be the same packet for all that the network header says: of IPv4, protocol and identification.</summary>
    public bool MayBe(FrameContent other) =>
        IsIpv4 == other.IsIpv4 && Protocol == other.Protocol
        && (!IsIpv4 || Bytes.Slice(NetworkStart + 4, 2).SequenceEqual(other.Bytes.Slice(other.NetworkStart + 4, 2)));

    /// <summary>Whether both are the same packet from the transport header on: nothing was translated.</summary>
    public bool IsSamePacket(FrameContent other)
    {
        var (start, others) = (Math.Min(TransportStart, Bytes.Length), Math.Min(other.TransportStart, other.Bytes.Length));
        var known = Math.Min(Math.Min(_end, Bytes.Length) - start, Math.Min(other._end, other.Bytes.Length) - others);
        return Protocol == other.Protocol && _end - TransportStart == other._end - other.TransportStart && known >= Enough
            && Bytes.Slice(start, known).SequenceEqual(other.Bytes.Slice(others, known));
    }

    /// <summary>
    /// Whether both are IPv4 packets with the same addresses, protocol and identification: fragments of the same, or the whole and a fragment.
    /// </summary>
    public bool IsSameDatagram(FrameContent other) =>
        IsIpv4 && other.IsIpv4 && Protocol == other.Protocol
        && Bytes.Slice(NetworkStart + 4, 2).SequenceEqual(other.Bytes.Slice(other.NetworkStart + 4, 2))
        && Bytes.Slice(NetworkStart + 12, 8).SequenceEqual(other.Bytes.Slice(other.NetworkStart + 12, 8));

    /// <summary>Whether this is a part of a datagram: a fragment of IPv4.</summary>
    public bool IsFragment => IsIpv4 && (ReadUInt16(NetworkStart + 6) & 0x3FFF) != 0;

    /// <summary>Whether both have the same network addresses.</summary>
    public bool HasSameAddresses(FrameContent other) =>
        TransportStart > NetworkStart && TransportStart - NetworkStart == other.TransportStart - other.NetworkStart
        && (IsIpv4
            ? Bytes.Slice(NetworkStart + 12, 8).SequenceEqual(other.Bytes.Slice(other.NetworkStart + 12, 8))
            : Bytes.Slice(NetworkStart + 8, 32).SequenceEqual(other.Bytes.Slice(other.NetworkStart + 8, 32)));

    /// <summary>Whether this is an ICMP error (RFC 792, RFC 4443) that quotes the other packet.</summary>
    public bool IsIcmpErrorAbout(FrameContent other)
    {
        var quote = TransportStart + IcmpHeaderLength;
        if (Protocol == ProtocolIcmpv6 && IsIpv6 && other.IsIpv6)
        {
            // Errors have types below 128. All but the hop limit of the quoted header is as it was, and what follows as far as it is known.
            var known = Math.Min(Bytes.Length - quote, other.Bytes.Length - other.NetworkStart);
            return known >= 40 && Bytes[TransportStart] < 128
                && Bytes.Slice(quote, 7).SequenceEqual(other.Bytes.Slice(other.NetworkStart, 7))
                && Bytes[(quote + 8)..(quote + known)].SequenceEqual(other.Bytes[(other.NetworkStart + 8)..(other.NetworkStart + known)]);
        }

        return IsIpv4 && other.IsIpv4 && Protocol == ProtocolIcmp && Bytes.Length >= quote + 20 && Bytes[TransportStart] is 3 or 4 or 5 or 11 or 12
            && Bytes.Slice(quote + 4, 2).SequenceEqual(other.Bytes.Slice(other.NetworkStart + 4, 2))
            && Bytes.Slice(quote + 12, 8).SequenceEqual(other.Bytes.Slice(other.NetworkStart + 12, 8));
    }

    // The byte at i here is that at i + shift there.
    private FrameLikeness Compare(FrameContent other, int shift, int start, int otherStart)
    {
        var from = Math.Max(start, otherStart - shift);
        var to = Math.Min(Math.Min(_end, Bytes.Length), Math.Min(other._end, other.Bytes.Length) - shift);
        return to - from < Enough || from + shift < 0
            ? FrameLikeness.Unknown
            : Bytes[from..to].SequenceEqual(other.Bytes[(from + shift)..(to + shift)]) ? FrameLikeness.Same : FrameLikeness.Different;
    }

    private int TransportHeaderLength() => Protocol switch
    {
        ProtocolTcp when Bytes.Length > TransportStart + 12 => 4 * (Bytes[TransportStart + 12] >> 4),
        ProtocolUdp => UdpHeaderLength,
        ProtocolIcmp or ProtocolIcmpv6 => IcmpHeaderLength,
        _ => 0,
    };

    private int ReadUInt16(int offset) => Bytes.Length >= offset + 2 ? BinaryPrimitives.ReadUInt16BigEndian(Bytes[offset..]) : 0;
}
