using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// ICMP (RFC 792):
//
//    |     Type      |     Code      |           Checksum            |
//    |  rest of header: id and sequence, gateway, MTU, pointer       |
//    |  payload: data of an echo, or the packet that caused an error |

/// <summary>Types of ICMP messages (IANA "ICMP Type Numbers").</summary>
public enum IcmpType : byte
{
    /// <summary>Answer to an echo request.</summary>
    EchoReply = 0,

    /// <summary>Destination unreachable; the code says why.</summary>
    DestinationUnreachable = 3,

    /// <summary>Another router is nearer.</summary>
    Redirect = 5,

    /// <summary>Ping.</summary>
    EchoRequest = 8,

    /// <summary>Router advertisement (RFC 1256).</summary>
    RouterAdvertisement = 9,

    /// <summary>Router solicitation (RFC 1256).</summary>
    RouterSolicitation = 10,

    /// <summary>Time to live, or time to reassemble, is over.</summary>
    TimeExceeded = 11,

    /// <summary>A header field is wrong.</summary>
    ParameterProblem = 12,

    /// <summary>Timestamp request.</summary>
    TimestampRequest = 13,

    /// <summary>Timestamp reply.</summary>
    TimestampReply = 14,
}

/// <summary>Reads an ICMP message where it lies.</summary>
public readonly ref struct IcmpReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    private IcmpReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Looks at a message.</summary>
    /// <param name="bytes">What IP carries.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <returns>False when there are fewer than eight bytes.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IcmpReader reader) => TryParse(bytes, out reader, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out IcmpReader)"/>
    /// <param name="bytes">What IP carries.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out IcmpReader reader, out Defect defect)
    {
        var whole = bytes.Length >= IcmpMessage.HeaderLength;
        reader = whole ? new IcmpReader(bytes) : default;
        defect = whole ? default : Defect.Truncated("ICMP header");
        return whole;
    }

    /// <summary>What the message is.</summary>
    public IcmpType Type => (IcmpType)_bytes[0];

    /// <summary>What more there is to say about the type.</summary>
    public byte Code => _bytes[1];

    /// <summary>The checksum as it arrived.</summary>
    public ushort Checksum => ReadUInt16BigEndian(_bytes[2..]);

    /// <summary>The four bytes whose meaning the type decides.</summary>
    public uint RestOfHeader => ReadUInt32BigEndian(_bytes[4..]);

    /// <summary>Data of an echo, or the start of the packet that caused an error.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[IcmpMessage.HeaderLength..];

    /// <summary>Whether the checksum is right.</summary>
    public bool HasRightChecksum => InternetChecksum.IsRight(_bytes);
}

/// <summary>An ICMP message: what <see cref="IcmpReader"/> read, or what is to be written.</summary>
public readonly record struct IcmpMessage
{
    /// <summary>Bytes before the payload: 8.</summary>
    public const int HeaderLength = 8;

    /// <summary>What the message is.</summary>
    public IcmpType Type { get; init; }

    /// <summary>What more there is to say about the type, e.g. 4 "fragmentation needed" of <see cref="IcmpType.DestinationUnreachable"/>.</summary>
    public byte Code { get; init; }

    /// <summary>The checksum as it was read; computed anew when written.</summary>
    public ushort Checksum { get; init; }

    /// <summary>The four bytes whose meaning the type decides.</summary>
    public uint RestOfHeader { get; init; }

    /// <summary>Data of an echo, or the start of the packet that caused an error.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Identifier of an echo.</summary>
    public ushort Identifier => (ushort)(RestOfHeader >> 16);

    /// <summary>Sequence number of an echo.</summary>
    public ushort SequenceNumber => (ushort)RestOfHeader;

    /// <summary>The MTU that "fragmentation needed" names (RFC 1191).</summary>
    public ushort NextHopMtu => (ushort)RestOfHeader;

    /// <summary>The router that a redirect names.</summary>
    public Ipv4Address Gateway => Ipv4Address.FromUInt32(RestOfHeader);

    /// <summary>The message reports an error and carries the packet that caused it.</summary>
    public bool IsError => Type is IcmpType.DestinationUnreachable or IcmpType.Redirect or IcmpType.TimeExceeded or IcmpType.ParameterProblem;

    /// <summary>An echo request or reply.</summary>
    /// <param name="type"><see cref="IcmpType.EchoRequest"/> or <see cref="IcmpType.EchoReply"/>.</param>
    /// <param name="identifier">Identifier.</param>
    /// <param name="sequenceNumber">Sequence number.</param>
    /// <param name="payload">Data.</param>
    public static IcmpMessage Echo(IcmpType type, ushort identifier, ushort sequenceNumber, ReadOnlyMemory<byte> payload) =>
        new() { Type = type, RestOfHeader = ((uint)identifier << 16) | sequenceNumber, Payload = payload };

    /// <summary>Reads a message; <see cref="Payload"/> shares the memory.</summary>
    /// <param name="bytes">What IP carries.</param>
    /// <param name="message">The message when this returns true.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out IcmpMessage message)
    {
        var whole = IcmpReader.TryParse(bytes.Span, out var r);
        message = whole
            ? new IcmpMessage { Type = r.Type, Code = r.Code, Checksum = r.Checksum, RestOfHeader = r.RestOfHeader, Payload = bytes[HeaderLength..] }
            : default;
        return whole;
    }

    /// <summary>Writes header and payload; the checksum is computed.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination) => Write(destination, Payload.Span);

    /// <summary>Writes the header and another payload than <see cref="Payload"/>; the checksum is computed.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <param name="payload">The payload.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, ReadOnlySpan<byte> payload)
    {
        var message = destination[..(HeaderLength + payload.Length)];
        payload.CopyTo(message[HeaderLength..]);
        message[0] = (byte)Type;
        message[1] = Code;
        WriteUInt16BigEndian(message[2..], 0);
        WriteUInt32BigEndian(message[4..], RestOfHeader);
        WriteUInt16BigEndian(message[2..], InternetChecksum.Of(message));
        return message.Length;
    }

    /// <summary>"echo request id 1 seq 2 len 56", "destination unreachable (fragmentation needed, mtu 1400)".</summary>
    public override string ToString() => Type switch
    {
        IcmpType.EchoRequest => $"echo request id {Identifier} seq {SequenceNumber} len {Payload.Length}",
        IcmpType.EchoReply => $"echo reply id {Identifier} seq {SequenceNumber} len {Payload.Length}",
        IcmpType.DestinationUnreachable when Code == 4 => $"destination unreachable (fragmentation needed, mtu {NextHopMtu})",
        IcmpType.DestinationUnreachable => $"destination unreachable ({UnreachableName(Code)})",
        IcmpType.Redirect => $"redirect to {Gateway}",
        IcmpType.TimeExceeded => Code == 0 ? "time exceeded (ttl)" : $"time exceeded ({(Code == 1 ? "reassembly" : $"code {Code}")})",
        _ => $"type {(byte)Type} code {Code}",
    };

    /// <summary>The name of a code of "destination unreachable" (RFC 792, RFC 1122, RFC 1812).</summary>
    /// <param name="code">The code.</param>
    public static string UnreachableName(byte code) => code switch
    {
        0 => "net",
        1 => "host",
        2 => "protocol",
        3 => "port",
        4 => "fragmentation needed",
        5 => "source route failed",
        9 => "net prohibited",
        10 => "host prohibited",
        13 => "administratively prohibited",
        _ => $"code {code}",
    };

    internal static void Describe(Dissection d, int at, int end, in IpContext ip)
    {
        var bytes = d.Bytes[at..end];
        if (!IcmpReader.TryParse(bytes, out var r, out var defect))
        {
            d.Broken("ICMP", at, end, defect);
            return;
        }

        _ = TryParse(d.Memory[at..end], out var message);
        var layer = d.Layer("ICMP", at, HeaderLength, message.ToString());
        layer.Add("Type", 0, 1, (byte)r.Type, Enum.IsDefined(r.Type) ? r.Type.ToString() : null);
        layer.Add("Code", 1, 1, r.Code, r.Type == IcmpType.DestinationUnreachable ? UnreachableName(r.Code) : null);
        layer.Checksum(2, r.Checksum, ip.RightChecksum(bytes, 2, withPseudoHeader: false));
        switch (r.Type)
        {
            case IcmpType.EchoReply or IcmpType.EchoRequest or IcmpType.TimestampRequest or IcmpType.TimestampReply:
                layer.Add("Identifier", 4, 2, message.Identifier);
                layer.Add("Sequence number", 6, 2, message.SequenceNumber);
                break;
            case IcmpType.DestinationUnreachable:
                layer.Add("Next-hop MTU", 6, 2, message.NextHopMtu);
                break;
            case IcmpType.Redirect:
                layer.Add("Gateway", 4, 4, message.Gateway);
                break;
            case IcmpType.ParameterProblem:
                layer.Add("Pointer", 4, 1, (byte)(r.RestOfHeader >> 24));
                break;
            default:
                layer.Hex("Rest of header", 4, 4, r.RestOfHeader);
                break;
        }

        if (message.IsError)
        {
            d.Quote(at + HeaderLength, end);
        }
        else
        {
            d.Data(at + HeaderLength, end);
        }
    }
}
