using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

/// <summary>What a DHCP message does (RFC 2132 9.6).</summary>
public enum DhcpMessageType : byte
{
    /// <summary>Client: is there a server?</summary>
    Discover = 1,

    /// <summary>Server: this you could have.</summary>
    Offer = 2,

    /// <summary>Client: this I want.</summary>
    Request = 3,

    /// <summary>Client: somebody has it already.</summary>
    Decline = 4,

    /// <summary>Server: it is yours.</summary>
    Ack = 5,

    /// <summary>Server: no.</summary>
    Nak = 6,

    /// <summary>Client: take it back.</summary>
    Release = 7,

    /// <summary>Client: I have an address, tell me the rest.</summary>
    Inform = 8,
}

/// <summary>Codes of DHCP options (IANA "BOOTP Vendor Extensions and DHCP Options").</summary>
public static class DhcpOptionCode
{
    /// <summary>Padding.</summary>
    public const byte Pad = 0;

    /// <summary>Subnet mask.</summary>
    public const byte SubnetMask = 1;

    /// <summary>Routers.</summary>
    public const byte Routers = 3;

    /// <summary>DNS servers.</summary>
    public const byte DnsServers = 6;

    /// <summary>Name of the client.</summary>
    public const byte HostName = 12;

    /// <summary>Domain name.</summary>
    public const byte DomainName = 15;

    /// <summary>MTU.</summary>
    public const byte Mtu = 26;

    /// <summary>Broadcast address.</summary>
    public const byte BroadcastAddress = 28;

    /// <summary>Time servers.</summary>
    public const byte NtpServers = 42;

    /// <summary>Address asked for.</summary>
    public const byte RequestedIp = 50;

    /// <summary>Lease time.</summary>
    public const byte LeaseTime = 51;

    /// <summary>Options go on in the fields of names.</summary>
    public const byte Overload = 52;

    /// <summary>What the message does.</summary>
    public const byte MessageType = 53;

    /// <summary>The server.</summary>
    public const byte ServerId = 54;

    /// <summary>Options that the client wants.</summary>
    public const byte ParameterList = 55;

    /// <summary>Text of an error.</summary>
    public const byte Message = 56;

    /// <summary>Renewal time T1.</summary>
    public const byte RenewalTime = 58;

    /// <summary>Rebinding time T2.</summary>
    public const byte RebindingTime = 59;

    /// <summary>Vendor class.</summary>
    public const byte VendorClass = 60;

    /// <summary>Client id.</summary>
    public const byte ClientId = 61;

    /// <summary>What a relay adds (RFC 3046).</summary>
    public const byte RelayAgent = 82;

    /// <summary>Classless static routes (RFC 3442).</summary>
    public const byte ClasslessRoutes = 121;

    /// <summary>End of the list.</summary>
    public const byte End = 255;

    /// <summary>The name of a code, or its number.</summary>
    /// <param name="code">The code.</param>
    public static string NameOf(byte code) => code switch
    {
        SubnetMask => "Subnet mask",
        Routers => "Routers",
        DnsServers => "DNS servers",
        HostName => "Host name",
        DomainName => "Domain name",
        Mtu => "MTU",
        BroadcastAddress => "Broadcast address",
        NtpServers => "NTP servers",
        RequestedIp => "Requested IP",
        LeaseTime => "Lease time",
        Overload => "Overload",
        MessageType => "Message type",
        ServerId => "Server id",
        ParameterList => "Parameter list",
        Message => "Message",
        RenewalTime => "Renewal time",
        RebindingTime => "Rebinding time",
        VendorClass => "Vendor class",
        ClientId => "Client id",
        RelayAgent => "Relay agent",
        ClasslessRoutes => "Classless routes",
        _ => $"Option {code}",
    };
}

/// <summary>A route in a DHCP message (RFC 3442).</summary>
/// <param name="Destination">The destination.</param>
/// <param name="PrefixLength">Its length in bits.</param>
/// <param name="Router">The next hop; "0.0.0.0" for "on the link".</param>
public readonly record struct DhcpRoute(Ipv4Address Destination, byte PrefixLength, Ipv4Address Router)
{
    internal static List<DhcpRoute> ReadAll(ReadOnlySpan<byte> bytes)
    {
        var routes = new List<DhcpRoute>();
        Span<byte> address = stackalloc byte[4];
        while (bytes.Length > 0 && bytes[0] <= 32 && bytes.Length >= 5 + ((bytes[0] + 7) / 8))
        {
            var significant = (bytes[0] + 7) / 8;
            address.Clear();
            bytes.Slice(1, significant).CopyTo(address);
            routes.Add(new DhcpRoute(Ipv4Address.Read(address), bytes[0], Ipv4Address.Read(bytes[(1 + significant)..])));
            bytes = bytes[(5 + significant)..];
        }

        return routes;
    }
}

/// <summary>A DHCP option.</summary>
/// <param name="Code">What it is; see <see cref="DhcpOptionCode"/>.</param>
/// <param name="Value">What it says.</param>
public readonly record struct DhcpOption(byte Code, ReadOnlyMemory<byte> Value)
{
    internal const uint Cookie = 0x63825363;

    /// <summary>What the message does.</summary>
    /// <param name="type">Discover, offer, …</param>
    public static DhcpOption Of(DhcpMessageType type) => new(DhcpOptionCode.MessageType, (byte[])[(byte)type]);

    /// <summary>Addresses.</summary>
    /// <param name="code">E.g. <see cref="DhcpOptionCode.Routers"/>.</param>
    /// <param name="addresses">The addresses.</param>
    public static DhcpOption Of(byte code, params ReadOnlySpan<Ipv4Address> addresses)
    {
        var b = new ByteBuilder();
        foreach (var address in addresses)
        {
            b.Ip(address);
        }

        return new DhcpOption(code, b.ToArray());
    }

    /// <summary>A number of four bytes, such as a time in seconds.</summary>
    /// <param name="code">E.g. <see cref="DhcpOptionCode.LeaseTime"/>.</param>
    /// <param name="value">The number.</param>
    public static DhcpOption Of(byte code, uint value) => new(code, new ByteBuilder().U32(value).ToArray());

    /// <summary>A number of two bytes, such as an MTU.</summary>
    /// <param name="code">E.g. <see cref="DhcpOptionCode.Mtu"/>.</param>
    /// <param name="value">The number.</param>
    public static DhcpOption Of(byte code, ushort value) => new(code, new ByteBuilder().U16(value).ToArray());

    /// <summary>Text.</summary>
    /// <param name="code">E.g. <see cref="DhcpOptionCode.HostName"/>.</param>
    /// <param name="text">The text.</param>
    public static DhcpOption Of(byte code, string text) => new(code, Encoding.UTF8.GetBytes(text));

    /// <summary>Classless static routes.</summary>
    /// <param name="routes">The routes.</param>
    public static DhcpOption Of(params ReadOnlySpan<DhcpRoute> routes)
    {
        var b = new ByteBuilder();
        Span<byte> address = stackalloc byte[4];
        foreach (var route in routes)
        {
            route.Destination.CopyTo(address);
            b.U8(route.PrefixLength).Bytes(address[..((route.PrefixLength + 7) / 8)]).Ip(route.Router);
        }

        return new DhcpOption(DhcpOptionCode.ClasslessRoutes, b.ToArray());
    }

    /// <summary>The value as a person reads it.</summary>
    public string ToText()
    {
        var v = Value.Span;
        switch (Code)
        {
            case DhcpOptionCode.MessageType when v.Length == 1:
                return $"{v[0]} {(DhcpMessageType)v[0]}";
            case DhcpOptionCode.SubnetMask or DhcpOptionCode.Routers or DhcpOptionCode.DnsServers or DhcpOptionCode.BroadcastAddress
                or DhcpOptionCode.RequestedIp or DhcpOptionCode.ServerId or DhcpOptionCode.NtpServers when v.Length % 4 == 0:
                var addresses = new string[v.Length / 4];
                for (var i = 0; i < addresses.Length; i++)
                {
                    addresses[i] = Ipv4Address.Read(v[(i * 4)..]).ToString();
                }

                return string.Join(' ', addresses);
            case DhcpOptionCode.LeaseTime or DhcpOptionCode.RenewalTime or DhcpOptionCode.RebindingTime when v.Length == 4:
                return ReadUInt32BigEndian(v).ToString();
            case DhcpOptionCode.Mtu when v.Length == 2:
                return ReadUInt16BigEndian(v).ToString();
            case DhcpOptionCode.HostName or DhcpOptionCode.DomainName or DhcpOptionCode.VendorClass or DhcpOptionCode.Message:
                return Encoding.UTF8.GetString(v);
            case DhcpOptionCode.ClasslessRoutes:
                return string.Join(", ", DhcpRoute.ReadAll(v).Select(r => $"{r.Destination}/{r.PrefixLength} via {r.Router}"));
            default:
                return Convert.ToHexStringLower(v);
        }
    }

    /// <summary>Reads options up to the end option or the last byte; an option that is there already is continued.</summary>
    internal static bool TryReadAll(ReadOnlySpan<byte> bytes, List<DhcpOption> options, out Defect defect)
    {
        defect = default;
        while (bytes.Length > 0 && bytes[0] != DhcpOptionCode.End)
        {
            if (bytes[0] == DhcpOptionCode.Pad)
            {
                bytes = bytes[1..];
                continue;
            }

            if (bytes.Length < 2 || bytes.Length < 2 + bytes[1])
            {
                defect = Defect.Truncated("DHCP option");
                return false;
            }

            var code = bytes[0];
            var value = bytes.Slice(2, bytes[1]);
            var known = options.FindIndex(o => o.Code == code);
            if (known < 0)
            {
                options.Add(new DhcpOption(code, value.ToArray()));
            }
            else
            {
                options[known] = new DhcpOption(code, (byte[])[.. options[known].Value.Span, .. value]);
            }

            bytes = bytes[(2 + value.Length)..];
        }

        return true;
    }

    internal void Write(ByteBuilder b)
    {
        var rest = Value.Span;
        do
        {
            var part = rest[..Math.Min(rest.Length, 255)];
            b.U8(Code).U8(part.Length).Bytes(part);
            rest = rest[part.Length..];
        }
        while (rest.Length > 0);
    }
}
