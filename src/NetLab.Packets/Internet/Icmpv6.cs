using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// ICMPv6 (RFC 4443), with a checksum that covers the pseudo header:
//
//    |     Type      |     Code      |           Checksum            |
//    |  rest of header: id and sequence, MTU, pointer, flags         |
//    |  payload                                                      |

/// <summary>Types of ICMPv6 messages (IANA "ICMPv6 type Numbers").</summary>
public enum Icmpv6Type : byte
{
    /// <summary>Destination unreachable; the code says why.</summary>
    DestinationUnreachable = 1,

    /// <summary>The packet does not fit the next link.</summary>
    PacketTooBig = 2,

    /// <summary>Hop limit, or time to reassemble, is over.</summary>
    TimeExceeded = 3,

    /// <summary>A header field is wrong.</summary>
    ParameterProblem = 4,

    /// <summary>Ping.</summary>
    EchoRequest = 128,

    /// <summary>Answer to an echo request.</summary>
    EchoReply = 129,

    /// <summary>Who listens? (MLD, RFC 2710 and 3810)</summary>
    MulticastListenerQuery = 130,

    /// <summary>I listen. (MLDv1)</summary>
    MulticastListenerReport = 131,

    /// <summary>I listen no more. (MLDv1)</summary>
    MulticastListenerDone = 132,

    /// <summary>Is there a router? (RFC 4861)</summary>
    RouterSolicitation = 133,

    /// <summary>I am a router. (RFC 4861)</summary>
    RouterAdvertisement = 134,

    /// <summary>Who has this address? (RFC 4861)</summary>
    NeighborSolicitation = 135,

    /// <summary>I have this address. (RFC 4861)</summary>
    NeighborAdvertisement = 136,

    /// <summary>Another router is nearer. (RFC 4861)</summary>
    Redirect = 137,

    /// <summary>What I listen to. (MLDv2, RFC 3810)</summary>
    MulticastListenerReport2 = 143,
}

/// <summary>Reads an ICMPv6 message where it lies.</summary>
public readonly ref struct Icmpv6Reader
{
    private readonly ReadOnlySpan<byte> _bytes;

    private Icmpv6Reader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Looks at a message.</summary>
    /// <param name="bytes">What IPv6 carries.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <returns>False when there are fewer than eight bytes.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Icmpv6Reader reader) => TryParse(bytes, out reader, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out Icmpv6Reader)"/>
    /// <param name="bytes">What IPv6 carries.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Icmpv6Reader reader, out Defect defect)
    {
        var whole = bytes.Length >= Icmpv6Message.HeaderLength;
        reader = whole ? new Icmpv6Reader(bytes) : default;
        defect = whole ? default : Defect.Truncated("ICMPv6 header");
        return whole;
    }

    /// <summary>What the message is.</summary>
    public Icmpv6Type Type => (Icmpv6Type)_bytes[0];

    /// <summary>What more there is to say about the type.</summary>
    public byte Code => _bytes[1];

    /// <summary>The checksum as it arrived.</summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>The four bytes whose meaning the type decides.</summary>
    public uint RestOfHeader => ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>What follows the first eight bytes.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[Icmpv6Message.HeaderLength..];

    /// <summary>Whether the checksum is right.</summary>
    /// <param name="pseudoHeader">From the IP header: <see cref="Ipv6Reader.PseudoHeader"/> of the message's length.</param>
    public bool HasRightChecksum(ulong pseudoHeader) => InternetChecksum.IsRight(_bytes, pseudoHeader);
}

/// <summary>An ICMPv6 message: what <see cref="Icmpv6Reader"/> read, or what is to be written.</summary>
public readonly record struct Icmpv6Message
{
    /// <summary>Bytes before the payload: 8.</summary>
    public const int HeaderLength = 8;

    /// <summary>What the message is.</summary>
    public Icmpv6Type Type { get; init; }

    /// <summary>What more there is to say about the type.</summary>
    public byte Code { get; init; }

    /// <summary>The checksum as it was read; computed anew when written.</summary>
    public ushort Checksum { get; init; }

    /// <summary>The four bytes whose meaning the type decides.</summary>
    public uint RestOfHeader { get; init; }

    /// <summary>What follows the first eight bytes.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Identifier of an echo.</summary>
    public ushort Identifier => (ushort)(RestOfHeader >> 16);

    /// <summary>Sequence number of an echo.</summary>
    public ushort SequenceNumber => (ushort)RestOfHeader;

    /// <summary>The MTU that "packet too big" names.</summary>
    public uint NextHopMtu => RestOfHeader;

    /// <summary>The message reports an error and carries the packet that caused it.</summary>
    public bool IsError => (byte)Type < 128;

    /// <summary>An echo request or reply.</summary>
    /// <param name="type"><see cref="Icmpv6Type.EchoRequest"/> or <see cref="Icmpv6Type.EchoReply"/>.</param>
    /// <param name="identifier">Identifier.</param>
    /// <param name="sequenceNumber">Sequence number.</param>
    /// <param name="payload">Data.</param>
    public static Icmpv6Message Echo(Icmpv6Type type, ushort identifier, ushort sequenceNumber, ReadOnlyMemory<byte> payload) =>
        new() { Type = type, RestOfHeader = ((uint)identifier << 16) | sequenceNumber, Payload = payload };

    /// <summary>Reads a message; <see cref="Payload"/> shares the memory.</summary>
    /// <param name="bytes">What IPv6 carries.</param>
    /// <param name="message">The message when this returns true.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out Icmpv6Message message)
    {
        var whole = Icmpv6Reader.TryParse(bytes.Span, out var r);
        message = whole
            ? new Icmpv6Message { Type = r.Type, Code = r.Code, Checksum = r.Checksum, RestOfHeader = r.RestOfHeader, Payload = bytes[HeaderLength..] }
            : default;
        return whole;
    }

    /// <summary>Writes header and payload; the checksum is computed.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <param name="pseudoHeader">The partial checksum of the pseudo header, its length being that of header and payload.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, ulong pseudoHeader) => Write(destination, Payload.Span, pseudoHeader);

    /// <summary>Writes the header and another payload than <see cref="Payload"/>; the checksum is computed.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <param name="payload">The payload.</param>
    /// <param name="pseudoHeader">The partial checksum of the pseudo header, its length being that of header and payload.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, ReadOnlySpan<byte> payload, ulong pseudoHeader)
    {
        var message = destination[..(HeaderLength + payload.Length)];
        payload.CopyTo(message[HeaderLength..]);
        message[0] = (byte)Type;
        message[1] = Code;
        WriteUInt16BigEndian(message[2..], 0);
        WriteUInt32BigEndian(message[4..], RestOfHeader);
        WriteUInt16BigEndian(message[2..], InternetChecksum.Of(message, pseudoHeader));
        return message.Length;
    }

    /// <summary>"echo request id 1 seq 2 len 56", "packet too big (mtu 1400)".</summary>
    public override string ToString() => Type switch
    {
        Icmpv6Type.EchoRequest => $"echo request id {Identifier} seq {SequenceNumber} len {Payload.Length}",
        Icmpv6Type.EchoReply => $"echo reply id {Identifier} seq {SequenceNumber} len {Payload.Length}",
        Icmpv6Type.PacketTooBig => $"packet too big (mtu {NextHopMtu})",
        Icmpv6Type.DestinationUnreachable => $"destination unreachable ({UnreachableName(Code)})",
        Icmpv6Type.TimeExceeded => Code == 0 ? "time exceeded (hop limit)" : "time exceeded (reassembly)",
        Icmpv6Type.NeighborSolicitation when Payload.Length >= 16 => $"who-has {Ipv6Address.Read(Payload.Span)}",
        Icmpv6Type.NeighborAdvertisement when Payload.Length >= 16 => $"{Ipv6Address.Read(Payload.Span)} is here",
        Icmpv6Type.RouterSolicitation => "router solicitation",
        Icmpv6Type.RouterAdvertisement => "router advertisement",
        Icmpv6Type.Redirect => "redirect",
        Icmpv6Type.ParameterProblem => "parameter problem",
        _ => $"type {(byte)Type} code {Code}",
    };

    /// <summary>The name of a code of "destination unreachable" (RFC 4443 3.1).</summary>
    /// <param name="code">The code.</param>
    public static string UnreachableName(byte code) => code switch
    {
        0 => "no route",
        1 => "administratively prohibited",
        2 => "beyond scope of source",
        3 => "address",
        4 => "port",
        5 => "source address failed policy",
        6 => "route rejected",
        _ => $"code {code}",
    };

    internal static void Describe(Dissection d, int at, int end, in IpContext ip)
    {
        var bytes = d.Bytes[at..end];
        if (!Icmpv6Reader.TryParse(bytes, out var r, out var defect))
        {
            d.Broken("ICMPv6", at, end, defect);
            return;
        }

        _ = TryParse(d.Memory[at..end], out var message);
        var layer = d.Layer("ICMPv6", at, HeaderLength, message.ToString());
        layer.Add("Type", 0, 1, (byte)r.Type, Enum.IsDefined(r.Type) ? r.Type.ToString() : null);
        layer.Add("Code", 1, 1, r.Code, r.Type == Icmpv6Type.DestinationUnreachable ? UnreachableName(r.Code) : null);
        layer.Checksum(2, r.Checksum, ip.RightChecksum(bytes, 2));
        switch (r.Type)
        {
            case Icmpv6Type.EchoReply or Icmpv6Type.EchoRequest:
                layer.Add("Identifier", 4, 2, message.Identifier);
                layer.Add("Sequence number", 6, 2, message.SequenceNumber);
                break;
            case Icmpv6Type.PacketTooBig:
                layer.Add("MTU", 4, 4, message.NextHopMtu);
                break;
            case Icmpv6Type.ParameterProblem:
                layer.Add("Pointer", 4, 4, r.RestOfHeader);
                break;
        }

        if (message.IsError)
        {
            d.Quote(at + HeaderLength, end);
        }
        else if (!NdpTree.Describe(d, layer, at, end) && !MldMessage.Describe(layer, bytes))
        {
            d.Data(at + HeaderLength, end);
        }
    }
}
