using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// DHCP for IPv4 (RFC 2131, options RFC 2132), in UDP between ports 67 and 68:
//
//    | op | htype | hlen | hops | xid (4) | secs (2) | flags (2) | ciaddr (4) | yiaddr (4) | siaddr (4) | giaddr (4) |
//    | chaddr (16) | sname (64) | file (128) | cookie 63825363 | options: code, length, value … 255 |
//
// Option 52 says that options go on in file (1), sname (2) or both (3); an option that comes twice is one in parts (RFC 3396).

/// <summary>A DHCP message for IPv4.</summary>
public sealed record DhcpMessage
{
    private const int FixedLength = 240;

    private static DhcpOption WantedOptions { get; } = new(
        DhcpOptionCode.ParameterList,
        (byte[])[DhcpOptionCode.SubnetMask, DhcpOptionCode.Routers, DhcpOptionCode.DnsServers, DhcpOptionCode.DomainName, DhcpOptionCode.Mtu,
            DhcpOptionCode.LeaseTime, DhcpOptionCode.ClasslessRoutes]);

    /// <summary>From the server.</summary>
    public bool IsReply { get; init; }

    /// <summary>Relays passed.</summary>
    public byte Hops { get; init; }

    /// <summary>Number that request and reply share.</summary>
    public uint TransactionId { get; init; }

    /// <summary>Seconds since the client began.</summary>
    public ushort Seconds { get; init; }

    /// <summary>The client can only hear broadcasts.</summary>
    public bool IsBroadcast { get; init; }

    /// <summary>ciaddr: the address the client has.</summary>
    public Ipv4Address ClientIp { get; init; }

    /// <summary>yiaddr: the address the client gets.</summary>
    public Ipv4Address YourIp { get; init; }

    /// <summary>siaddr: the server for the next step of booting.</summary>
    public Ipv4Address ServerIp { get; init; }

    /// <summary>giaddr: the relay.</summary>
    public Ipv4Address RelayIp { get; init; }

    /// <summary>chaddr: the client's MAC address.</summary>
    public MacAddress ClientMac { get; init; }

    /// <summary>sname: the server's name.</summary>
    public string ServerName { get; init; } = "";

    /// <summary>file: the boot file's name.</summary>
    public string BootFile { get; init; } = "";

    /// <summary>Options in their order, padding and end left out, parts put together.</summary>
    public IReadOnlyList<DhcpOption> Options { get; init; } = [];

    /// <summary>Discover, offer, request, …; null in plain BOOTP.</summary>
    public DhcpMessageType? MessageType => Option(DhcpOptionCode.MessageType) is { Length: 1 } v ? (DhcpMessageType)v.Span[0] : null;

    /// <summary>The address that the client asks for.</summary>
    public Ipv4Address? RequestedIp => Address(DhcpOptionCode.RequestedIp);

    /// <summary>The server that answers, or is chosen.</summary>
    public Ipv4Address? ServerId => Address(DhcpOptionCode.ServerId);

    /// <summary>Subnet mask.</summary>
    public Ipv4Address? SubnetMask => Address(DhcpOptionCode.SubnetMask);

    /// <summary>Routers, the preferred one first.</summary>
    public IReadOnlyList<Ipv4Address> Routers => Addresses(DhcpOptionCode.Routers);

    /// <summary>DNS servers, the preferred one first.</summary>
    public IReadOnlyList<Ipv4Address> DnsServers => Addresses(DhcpOptionCode.DnsServers);

    /// <summary>Seconds for which the address is lent.</summary>
    public uint? LeaseTime => Option(DhcpOptionCode.LeaseTime) is { Length: 4 } v ? ReadUInt32BigEndian(v.Span) : null;

    /// <summary>MTU of the interface; Neutron sends it.</summary>
    public ushort? Mtu => Option(DhcpOptionCode.Mtu) is { Length: 2 } v ? ReadUInt16BigEndian(v.Span) : null;

    /// <summary>Name of the client.</summary>
    public string? HostName => Option(DhcpOptionCode.HostName) is { } v ? Encoding.UTF8.GetString(v.Span) : null;

    /// <summary>Classless static routes (RFC 3442); Neutron sends the metadata route so.</summary>
    public IReadOnlyList<DhcpRoute> Routes => DhcpRoute.ReadAll(Option(DhcpOptionCode.ClasslessRoutes) is { } v ? v.Span : default);

    /// <summary>A client's first message: "is there a server?"</summary>
    /// <param name="clientMac">The client's MAC address.</param>
    /// <param name="transactionId">Number of the exchange.</param>
    public static DhcpMessage Discover(MacAddress clientMac, uint transactionId) => new()
    {
        TransactionId = transactionId,
        ClientMac = clientMac,
        IsBroadcast = true,
        Options = [DhcpOption.Of(DhcpMessageType.Discover), WantedOptions],
    };

    /// <summary>A client's answer to this offer: "this I want".</summary>
    /// <exception cref="InvalidOperationException">This message names no server, so it is no offer.</exception>
    public DhcpMessage Request() => new()
    {
        TransactionId = TransactionId,
        ClientMac = ClientMac,
        IsBroadcast = true,
        Options =
        [
            DhcpOption.Of(DhcpMessageType.Request),
            DhcpOption.Of(DhcpOptionCode.RequestedIp, YourIp),
            DhcpOption.Of(DhcpOptionCode.ServerId, ServerId
                ?? throw new InvalidOperationException("A DHCP request answers an offer, which names its server in option 54; this message names none.")),
            WantedOptions,
        ],
    };

    /// <summary>The value of an option; null when it is not there.</summary>
    /// <param name="code">The option; see <see cref="DhcpOptionCode"/>.</param>
    public ReadOnlyMemory<byte>? Option(byte code)
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

    /// <summary>Reads what a UDP datagram carries.</summary>
    /// <param name="bytes">The datagram's payload.</param>
    /// <param name="message">The message when this returns true.</param>
    /// <returns>False when it is cut, or has no DHCP cookie.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out DhcpMessage? message) => TryParse(bytes, out message, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out DhcpMessage?)"/>
    /// <param name="bytes">The datagram's payload.</param>
    /// <param name="message">The message when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out DhcpMessage? message, out Defect defect)
    {
        message = null;
        defect = default;
        if (bytes.Length < FixedLength)
        {
            defect = Defect.Truncated("DHCP message");
            return false;
        }

        if (ReadUInt32BigEndian(bytes[236..]) != DhcpOption.Cookie || bytes[0] is not (1 or 2))
        {
            defect = Defect.Malformed("DHCP message without its cookie");
            return false;
        }

        var options = new List<DhcpOption>();
        if (!DhcpOption.TryReadAll(bytes[FixedLength..], options, out defect))
        {
            return false;
        }

        var overload = options.Find(o => o.Code == DhcpOptionCode.Overload) is { Value.Length: 1 } o ? o.Value.Span[0] : 0;
        if (((overload & 1) != 0 && !DhcpOption.TryReadAll(bytes.Slice(108, 128), options, out defect))
            || ((overload & 2) != 0 && !DhcpOption.TryReadAll(bytes.Slice(44, 64), options, out defect)))
        {
            return false;
        }

        message = new DhcpMessage
        {
            IsReply = bytes[0] == 2,
            Hops = bytes[3],
            TransactionId = ReadUInt32BigEndian(bytes[4..]),
            Seconds = ReadUInt16BigEndian(bytes[8..]),
            IsBroadcast = (bytes[10] & 0x80) != 0,
            ClientIp = Ipv4Address.Read(bytes[12..]),
            YourIp = Ipv4Address.Read(bytes[16..]),
            ServerIp = Ipv4Address.Read(bytes[20..]),
            RelayIp = Ipv4Address.Read(bytes[24..]),
            ClientMac = MacAddress.Read(bytes[28..]),
            ServerName = (overload & 2) != 0 ? "" : Text(bytes.Slice(44, 64)),
            BootFile = (overload & 1) != 0 ? "" : Text(bytes.Slice(108, 128)),
            Options = options,
        };
        return true;
    }

    /// <summary>The message with its end option, at least 300 bytes as BOOTP relays want it.</summary>
    /// <exception cref="ArgumentException">A name does not fit its field.</exception>
    public byte[] ToArray()
    {
        var b = new ByteBuilder().U8(IsReply ? 2 : 1).U8(1).U8(MacAddress.Size).U8(Hops).U32(TransactionId).U16(Seconds).U16(IsBroadcast ? 0x8000 : 0);
        b.Ip(ClientIp).Ip(YourIp).Ip(ServerIp).Ip(RelayIp).Mac(ClientMac).Zeros(10).Fixed(ServerName, 64).Fixed(BootFile, 128).U32(DhcpOption.Cookie);
        foreach (var option in Options)
        {
            option.Write(b);
        }

        b.U8(DhcpOptionCode.End);
        return b.Zeros(Math.Max(0, 300 - b.Count)).ToArray();
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!TryParse(d.Bytes[at..end], out var message, out var defect))
        {
            d.Suspected("DHCP", at, end, defect);
            return;
        }

        var m = message!;
        var what = m.MessageType?.ToString() ?? (m.IsReply ? "BOOTP reply" : "BOOTP request");
        var layer = d.Layer("DHCP", at, end - at,
            $"{what} {m.ClientMac}{(m.YourIp == Ipv4Address.Any ? "" : $" gets {m.YourIp}")}{(m.RequestedIp is { } r ? $" wants {r}" : "")}");
        layer.Add("Operation", 0, 1, m.IsReply ? 2 : 1);
        layer.Add("Hops", 3, 1, m.Hops);
        layer.Hex("Transaction id", 4, 4, m.TransactionId);
        layer.Add("Seconds", 8, 2, m.Seconds);
        layer.Add("Broadcast", 10, 1, m.IsBroadcast);
        layer.Add("Client IP", 12, 4, m.ClientIp);
        layer.Add("Your IP", 16, 4, m.YourIp);
        layer.Add("Server IP", 20, 4, m.ServerIp);
        layer.Add("Relay IP", 24, 4, m.RelayIp);
        layer.Add("Client MAC", 28, 6, m.ClientMac);
        layer.Add("Server name", 44, 64, m.ServerName);
        layer.Add("Boot file", 108, 128, m.BootFile);
        foreach (var option in m.Options)
        {
            layer.Add(DhcpOptionCode.NameOf(option.Code), FixedLength, end - at - FixedLength, option.ToText());
        }
    }

    private static string Text(ReadOnlySpan<byte> field)
    {
        var end = field.IndexOf((byte)0);
        return Encoding.Latin1.GetString(end < 0 ? field : field[..end]);
    }

    private Ipv4Address? Address(byte code) => Option(code) is { Length: 4 } v ? Ipv4Address.Read(v.Span) : null;

    private Ipv4Address[] Addresses(byte code)
    {
        if (Option(code) is not { } value)
        {
            return [];
        }

        var addresses = new Ipv4Address[value.Length / 4];
        for (var i = 0; i < addresses.Length; i++)
        {
            addresses[i] = Ipv4Address.Read(value.Span[(i * 4)..]);
        }

        return addresses;
    }
}
