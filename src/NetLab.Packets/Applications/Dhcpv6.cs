using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// DHCP for IPv6 (RFC 8415), in UDP between ports 546 and 547:
//
//    | type | transaction id (3) | options: code (2), length (2), value … |
//    relays (12, 13): | type | hops | link address (16) | peer address (16) | options |

/// <summary>Types of DHCPv6 messages.</summary>
public enum Dhcpv6MessageType : byte
{
    /// <summary>Client: is there a server?</summary>
    Solicit = 1,

    /// <summary>Server: this you could have.</summary>
    Advertise = 2,

    /// <summary>Client: this I want.</summary>
    Request = 3,

    /// <summary>Client: are my addresses still right?</summary>
    Confirm = 4,

    /// <summary>Client: longer, please.</summary>
    Renew = 5,

    /// <summary>Client: longer, whoever hears me.</summary>
    Rebind = 6,

    /// <summary>Server's answer.</summary>
    Reply = 7,

    /// <summary>Client: take it back.</summary>
    Release = 8,

    /// <summary>Client: somebody has it already.</summary>
    Decline = 9,

    /// <summary>Server: ask me anew.</summary>
    Reconfigure = 10,

    /// <summary>Client: no addresses, only the rest.</summary>
    InformationRequest = 11,

    /// <summary>Relay, towards the server.</summary>
    RelayForward = 12,

    /// <summary>Relay, towards the client.</summary>
    RelayReply = 13,
}

/// <summary>Codes of DHCPv6 options (IANA "DHCPv6 Option Codes").</summary>
public static class Dhcpv6OptionCode
{
    /// <summary>Client id (DUID).</summary>
    public const ushort ClientId = 1;

    /// <summary>Server id (DUID).</summary>
    public const ushort ServerId = 2;

    /// <summary>Identity association for addresses: IAID, T1, T2, options.</summary>
    public const ushort IaNa = 3;

    /// <summary>Identity association for temporary addresses: IAID, options.</summary>
    public const ushort IaTa = 4;

    /// <summary>Address: address, preferred and valid lifetime, options.</summary>
    public const ushort IaAddress = 5;

    /// <summary>Options that the client wants.</summary>
    public const ushort OptionRequest = 6;

    /// <summary>Preference of the server.</summary>
    public const ushort Preference = 7;

    /// <summary>Hundredths of a second since the client began.</summary>
    public const ushort ElapsedTime = 8;

    /// <summary>A message within a relay's.</summary>
    public const ushort RelayMessage = 9;

    /// <summary>Status code and text.</summary>
    public const ushort StatusCode = 13;

    /// <summary>Two messages are enough.</summary>
    public const ushort RapidCommit = 14;

    /// <summary>The relay's interface.</summary>
    public const ushort InterfaceId = 18;

    /// <summary>DNS servers (RFC 3646).</summary>
    public const ushort DnsServers = 23;

    /// <summary>DNS search list (RFC 3646).</summary>
    public const ushort DomainList = 24;

    /// <summary>Identity association for prefixes: IAID, T1, T2, options.</summary>
    public const ushort IaPd = 25;

    /// <summary>Prefix: preferred and valid lifetime, length, prefix, options.</summary>
    public const ushort IaPrefix = 26;

    /// <summary>The name of a code, or its number.</summary>
    /// <param name="code">The code.</param>
    public static string NameOf(ushort code) => code switch
    {
        ClientId => "Client id",
        ServerId => "Server id",
        IaNa => "IA_NA",
        IaTa => "IA_TA",
        IaAddress => "IA address",
        OptionRequest => "Option request",
        Preference => "Preference",
        ElapsedTime => "Elapsed time",
        RelayMessage => "Relay message",
        StatusCode => "Status code",
        RapidCommit => "Rapid commit",
        InterfaceId => "Interface id",
        DnsServers => "DNS servers",
        DomainList => "Domain list",
        IaPd => "IA_PD",
        IaPrefix => "IA prefix",
        _ => $"Option {code}",
    };
}

/// <summary>A DHCPv6 option.</summary>
/// <param name="Code">What it is; see <see cref="Dhcpv6OptionCode"/>.</param>
/// <param name="Value">What it says, options within it included.</param>
public readonly record struct Dhcpv6Option(ushort Code, ReadOnlyMemory<byte> Value)
{
    /// <summary>Bytes of the value before the options within it; -1 for an option that holds none.</summary>
    public int FixedLength => Code switch
    {
        Dhcpv6OptionCode.IaNa or Dhcpv6OptionCode.IaPd => 12,
        Dhcpv6OptionCode.IaTa => 4,
        Dhcpv6OptionCode.IaAddress => 24,
        Dhcpv6OptionCode.IaPrefix => 25,
        _ => -1,
    };

    /// <summary>The options within this one, as far as they can be read.</summary>
    public IReadOnlyList<Dhcpv6Option> Options
    {
        get
        {
            var options = new List<Dhcpv6Option>();
            if (FixedLength is var at and >= 0 && Value.Length >= at)
            {
                TryReadAll(Value[at..], options, out _);
            }

            return options;
        }
    }

    /// <summary>The address of an IA address, or the prefix of an IA prefix; null for others.</summary>
    public Ipv6Address? Address => Code switch
    {
        Dhcpv6OptionCode.IaAddress when Value.Length >= 24 => Ipv6Address.Read(Value.Span),
        Dhcpv6OptionCode.IaPrefix when Value.Length >= 25 => Ipv6Address.Read(Value.Span[9..]),
        _ => null,
    };

    /// <summary>An identity association for addresses.</summary>
    /// <param name="id">Its number.</param>
    /// <param name="t1">Seconds until renewal.</param>
    /// <param name="t2">Seconds until rebinding.</param>
    /// <param name="options">Addresses and status.</param>
    public static Dhcpv6Option IaNa(uint id, uint t1, uint t2, params IReadOnlyList<Dhcpv6Option> options) =>
        new(Dhcpv6OptionCode.IaNa, WriteAll(new ByteBuilder().U32(id).U32(t1).U32(t2), options).ToArray());

    /// <summary>An address within an identity association.</summary>
    /// <param name="address">The address.</param>
    /// <param name="preferredLifetime">Seconds.</param>
    /// <param name="validLifetime">Seconds.</param>
    public static Dhcpv6Option IaAddress(Ipv6Address address, uint preferredLifetime, uint validLifetime) =>
        new(Dhcpv6OptionCode.IaAddress, new ByteBuilder().Ip(address).U32(preferredLifetime).U32(validLifetime).ToArray());

    /// <summary>A DUID made of a MAC address (type 3, RFC 8415 11.4).</summary>
    /// <param name="code"><see cref="Dhcpv6OptionCode.ClientId"/> or <see cref="Dhcpv6OptionCode.ServerId"/>.</param>
    /// <param name="mac">The MAC address.</param>
    public static Dhcpv6Option Duid(ushort code, MacAddress mac) => new(code, new ByteBuilder().U16(3).U16(1).Mac(mac).ToArray());

    internal static ByteBuilder WriteAll(ByteBuilder b, IReadOnlyList<Dhcpv6Option> options)
    {
        foreach (var option in options)
        {
            if (option.Value.Length > ushort.MaxValue)
            {
                throw new ArgumentException($"A DHCPv6 option holds 65535 bytes, not {option.Value.Length}.");
            }

            b.U16(option.Code).U16(option.Value.Length).Bytes(option.Value.Span);
        }

        return b;
    }

    internal static bool TryReadAll(ReadOnlyMemory<byte> bytes, List<Dhcpv6Option> options, out Defect defect)
    {
        defect = default;
        while (bytes.Length > 0)
        {
            if (bytes.Length < 4 || bytes.Length < 4 + ReadUInt16BigEndian(bytes.Span[2..]))
            {
                defect = Defect.Truncated("DHCPv6 option");
                return false;
            }

            var length = ReadUInt16BigEndian(bytes.Span[2..]);
            options.Add(new Dhcpv6Option(ReadUInt16BigEndian(bytes.Span), bytes.Slice(4, length)));
            bytes = bytes[(4 + length)..];
        }

        return true;
    }
}

/// <summary>A DHCPv6 message.</summary>
public sealed record Dhcpv6Message
{
    /// <summary>Solicit, advertise, …</summary>
    public Dhcpv6MessageType Type { get; init; }

    /// <summary>Number of 24 bits that request and reply share; not in a relay's message.</summary>
    public int TransactionId { get; init; }

    /// <summary>Relays passed; only in a relay's message.</summary>
    public byte Hops { get; init; }

    /// <summary>An address on the client's link; only in a relay's message.</summary>
    public Ipv6Address LinkAddress { get; init; }

    /// <summary>Who sent to the relay; only in a relay's message.</summary>
    public Ipv6Address PeerAddress { get; init; }

    /// <summary>Options in their order.</summary>
    public IReadOnlyList<Dhcpv6Option> Options { get; init; } = [];

    /// <summary>The message is a relay's.</summary>
    public bool IsRelayed => Type is Dhcpv6MessageType.RelayForward or Dhcpv6MessageType.RelayReply;

    /// <summary>The message within a relay's, or null.</summary>
    public Dhcpv6Message? Relayed
    {
        get
        {
            foreach (var option in Options)
            {
                if (option.Code == Dhcpv6OptionCode.RelayMessage && TryParse(option.Value, out var message))
                {
                    return message;
                }
            }

            return null;
        }
    }

    /// <summary>The value of the first option with a code; null when it is not there.</summary>
    /// <param name="code">See <see cref="Dhcpv6OptionCode"/>.</param>
    public ReadOnlyMemory<byte>? Option(ushort code)
    {
        foreach (var option in Options)
        {
            if (option.Code == code)
            {
                return option.Value;
            }
        }

        return null;
    }

    /// <summary>Reads what a UDP datagram carries; values share the memory.</summary>
    /// <param name="bytes">The datagram's payload.</param>
    /// <param name="message">The message when this returns true.</param>
    /// <returns>False when it is cut.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out Dhcpv6Message? message) => TryParse(bytes, out message, out _);

    /// <inheritdoc cref="TryParse(ReadOnlyMemory{byte}, out Dhcpv6Message?)"/>
    /// <param name="bytes">The datagram's payload.</param>
    /// <param name="message">The message when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out Dhcpv6Message? message, out Defect defect)
    {
        message = null;
        defect = default;
        var span = bytes.Span;
        var isRelayed = span.Length > 0 && span[0] is 12 or 13;
        var fixedLength = isRelayed ? 34 : 4;
        if (span.Length < fixedLength)
        {
            defect = Defect.Truncated("DHCPv6 message");
            return false;
        }

        var options = new List<Dhcpv6Option>();
        if (!Dhcpv6Option.TryReadAll(bytes[fixedLength..], options, out defect))
        {
            return false;
        }

        message = isRelayed
            ? new Dhcpv6Message { Type = (Dhcpv6MessageType)span[0], Hops = span[1], LinkAddress = Ipv6Address.Read(span[2..]),
                PeerAddress = Ipv6Address.Read(span[18..]), Options = options }
            : new Dhcpv6Message { Type = (Dhcpv6MessageType)span[0], TransactionId = (int)(ReadUInt32BigEndian(span) & 0xFF_FFFF), Options = options };
        return true;
    }

    /// <summary>Reads what only its port says to be a message: its type must be one.</summary>
    internal static bool TryRecognise(ReadOnlyMemory<byte> bytes, out Dhcpv6Message? message, out Defect defect)
    {
        const int lastType = 36; // IANA "DHCPv6 message types"
        if (TryParse(bytes, out message, out defect) && (byte)message!.Type is >= 1 and <= lastType)
        {
            return true;
        }

        defect = defect.IsNone ? Defect.Malformed("DHCPv6 message of no type that there is") : defect;
        message = null;
        return false;
    }

    /// <summary>The message.</summary>
    /// <exception cref="ArgumentException">An option of more than 65535 bytes.</exception>
    public byte[] ToArray()
    {
        var b = new ByteBuilder().U8((int)Type);
        _ = IsRelayed ? b.U8(Hops).Ip(LinkAddress).Ip(PeerAddress) : b.U24(TransactionId);
        return Dhcpv6Option.WriteAll(b, Options).ToArray();
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!TryRecognise(d.Memory[at..end], out var message, out var defect))
        {
            d.Suspected("DHCPv6", at, end, defect);
            return;
        }

        var m = message!;
        var layer = d.Layer("DHCPv6", at, end - at, m.Type.ToString());
        layer.Add("Type", 0, 1, (byte)m.Type, m.Type.ToString());
        if (m.IsRelayed)
        {
            layer.Add("Hops", 1, 1, m.Hops);
            layer.Add("Link address", 2, 16, m.LinkAddress);
            layer.Add("Peer address", 18, 16, m.PeerAddress);
        }
        else
        {
            layer.Hex("Transaction id", 1, 3, (uint)m.TransactionId);
        }

        var offset = m.IsRelayed ? 34 : 4;
        foreach (var option in m.Options)
        {
            var field = layer.Add(Dhcpv6OptionCode.NameOf(option.Code), offset, 4 + option.Value.Length, Text(option));
            Children(field, option, 4);
            offset += 4 + option.Value.Length;
            if (option.Code == Dhcpv6OptionCode.RelayMessage)
            {
                Describe(d, at + offset - option.Value.Length, at + offset);
            }
        }
    }

    private static void Children(Field field, Dhcpv6Option parent, int offset)
    {
        offset += Math.Max(parent.FixedLength, 0);
        foreach (var option in parent.Options)
        {
            var child = field.Child(Dhcpv6OptionCode.NameOf(option.Code), offset, 4 + option.Value.Length, Text(option));
            Children(child, option, 4);
            offset += 4 + option.Value.Length;
        }
    }

    private static string Text(Dhcpv6Option option)
    {
        var v = option.Value.Span;
        return option.Code switch
        {
            Dhcpv6OptionCode.IaAddress when v.Length >= 24 => $"{option.Address} preferred {ReadUInt32BigEndian(v[16..])} valid {ReadUInt32BigEndian(v[20..])}",
            Dhcpv6OptionCode.IaPrefix when v.Length >= 25 => $"{option.Address}/{v[8]} preferred {ReadUInt32BigEndian(v)} valid {ReadUInt32BigEndian(v[4..])}",
            Dhcpv6OptionCode.IaNa or Dhcpv6OptionCode.IaPd when v.Length >= 12 =>
                $"id {ReadUInt32BigEndian(v)} t1 {ReadUInt32BigEndian(v[4..])} t2 {ReadUInt32BigEndian(v[8..])}",
            Dhcpv6OptionCode.IaTa when v.Length >= 4 => $"id {ReadUInt32BigEndian(v)}",
            Dhcpv6OptionCode.ElapsedTime when v.Length == 2 => ReadUInt16BigEndian(v).ToString(),
            Dhcpv6OptionCode.RelayMessage => $"{v.Length} bytes",
            _ => Convert.ToHexStringLower(v),
        };
    }
}
