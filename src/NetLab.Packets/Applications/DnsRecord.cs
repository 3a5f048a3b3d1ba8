using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

/// <summary>Types of DNS records (IANA "DNS Parameters").</summary>
public enum DnsType : ushort
{
    /// <summary>IPv4 address.</summary>
    A = 1,

    /// <summary>Name server.</summary>
    Ns = 2,

    /// <summary>Another name.</summary>
    Cname = 5,

    /// <summary>Start of a zone.</summary>
    Soa = 6,

    /// <summary>Name of an address.</summary>
    Ptr = 12,

    /// <summary>Mail server.</summary>
    Mx = 15,

    /// <summary>Text.</summary>
    Txt = 16,

    /// <summary>IPv6 address.</summary>
    Aaaa = 28,

    /// <summary>Server of a service.</summary>
    Srv = 33,

    /// <summary>EDNS (RFC 6891); class and time to live have other meanings.</summary>
    Opt = 41,

    /// <summary>Every type.</summary>
    Any = 255,
}

/// <summary>A DNS record.</summary>
/// <param name="Name">The name it is about, without the last dot.</param>
/// <param name="Type">What it says.</param>
/// <param name="Class">Class: 1 is Internet; the size of datagrams in OPT.</param>
/// <param name="TimeToLive">Seconds for which it counts.</param>
/// <param name="Data">Data as in a message without compressed names.</param>
public sealed record DnsRecord(string Name, DnsType Type, ushort Class, uint TimeToLive, ReadOnlyMemory<byte> Data)
{
    /// <summary>An IPv4 address.</summary>
    /// <param name="name">The name.</param>
    /// <param name="address">Its address.</param>
    /// <param name="timeToLive">Seconds for which it counts.</param>
    public static DnsRecord A(string name, Ipv4Address address, uint timeToLive = 60) =>
        new(name, DnsType.A, 1, timeToLive, new ByteBuilder().Ip(address).ToArray());

    /// <summary>An IPv6 address.</summary>
    /// <param name="name">The name.</param>
    /// <param name="address">Its address.</param>
    /// <param name="timeToLive">Seconds for which it counts.</param>
    public static DnsRecord Aaaa(string name, Ipv6Address address, uint timeToLive = 60) =>
        new(name, DnsType.Aaaa, 1, timeToLive, new ByteBuilder().Ip(address).ToArray());

    /// <summary>A record whose data is a name.</summary>
    /// <param name="name">The name.</param>
    /// <param name="type"><see cref="DnsType.Cname"/>, <see cref="DnsType.Ns"/> or <see cref="DnsType.Ptr"/>.</param>
    /// <param name="target">The other name.</param>
    /// <param name="timeToLive">Seconds for which it counts.</param>
    /// <exception cref="ArgumentException">The other name is none.</exception>
    public static DnsRecord ToName(string name, DnsType type, string target, uint timeToLive = 60)
    {
        var b = new ByteBuilder();
        DnsName.Write(b, target);
        return new DnsRecord(name, type, 1, timeToLive, b.ToArray());
    }

    /// <summary>The server of a service (RFC 2782).</summary>
    /// <param name="name">The service, e.g. "_http._tcp.example".</param>
    /// <param name="priority">Lower ones first.</param>
    /// <param name="weight">Share among those of one priority.</param>
    /// <param name="port">Port.</param>
    /// <param name="target">The server's name.</param>
    /// <param name="timeToLive">Seconds for which it counts.</param>
    /// <exception cref="ArgumentException">The server's name is none.</exception>
    public static DnsRecord Srv(string name, ushort priority, ushort weight, ushort port, string target, uint timeToLive = 60)
    {
        var b = new ByteBuilder().U16(priority).U16(weight).U16(port);
        DnsName.Write(b, target);
        return new DnsRecord(name, DnsType.Srv, 1, timeToLive, b.ToArray());
    }

    /// <summary>Text.</summary>
    /// <param name="name">The name.</param>
    /// <param name="texts">Strings of at most 255 bytes.</param>
    /// <exception cref="ArgumentException">A string is longer.</exception>
    public static DnsRecord Txt(string name, params ReadOnlySpan<string> texts)
    {
        var b = new ByteBuilder();
        foreach (var text in texts)
        {
            var bytes = Encoding.UTF8.GetBytes(text);
            b.U8(bytes.Length <= 255 ? bytes.Length
                : throw new ArgumentException($"A DNS string has 255 bytes, not {bytes.Length}.", nameof(texts))).Bytes(bytes);
        }

        return new DnsRecord(name, DnsType.Txt, 1, 60, b.ToArray());
    }

    /// <summary>The data as a zone file shows it; hexadecimal where the type is not known or the data malformed.</summary>
    public string Text
    {
        get
        {
            var d = Data.Span;
            var at = NameOffset(Type);
            switch (Type)
            {
                case DnsType.A when d.Length == Ipv4Address.Size:
                    return Ipv4Address.Read(d).ToString();
                case DnsType.Aaaa when d.Length == Ipv6Address.Size:
                    return Ipv6Address.Read(d).ToString();
                case DnsType.Txt:
                    return Strings(d);
                case DnsType.Mx when d.Length > 2 && DnsName.TryRead(d, ref at, out var mail, out _):
                    return $"{ReadUInt16BigEndian(d)} {mail}";
                case DnsType.Srv when d.Length > 6 && DnsName.TryRead(d, ref at, out var server, out _):
                    return $"{ReadUInt16BigEndian(d)} {ReadUInt16BigEndian(d[2..])} {ReadUInt16BigEndian(d[4..])} {server}";
                case DnsType.Soa when DnsName.TryRead(d, ref at, out var primary, out _) && DnsName.TryRead(d, ref at, out var mailbox, out _)
                    && d.Length == at + 20:
                    return $"{primary} {mailbox} {ReadUInt32BigEndian(d[at..])} {ReadUInt32BigEndian(d[(at + 4)..])} " +
                        $"{ReadUInt32BigEndian(d[(at + 8)..])} {ReadUInt32BigEndian(d[(at + 12)..])} {ReadUInt32BigEndian(d[(at + 16)..])}";
                case DnsType.Ns or DnsType.Cname or DnsType.Ptr when DnsName.TryRead(d, ref at, out var target, out _):
                    return target;
                default:
                    return Convert.ToHexStringLower(d);
            }
        }
    }

    /// <summary>The name of a type as zone files have it, or "TYPE65" (RFC 3597).</summary>
    /// <param name="type">The type.</param>
    public static string NameOf(DnsType type) => Enum.IsDefined(type) ? type.ToString().ToUpperInvariant() : $"TYPE{(ushort)type}";

    internal static bool TryReadAll(ReadOnlySpan<byte> message, ref int at, int count, out List<DnsRecord> records, out Defect defect)
    {
        records = [];
        defect = default;
        while (count-- > 0)
        {
            if (!DnsName.TryRead(message, ref at, out var name, out defect))
            {
                return false;
            }

            var length = message.Length < at + 10 ? -1 : ReadUInt16BigEndian(message[(at + 8)..]);
            if (length < 0 || message.Length < at + 10 + length)
            {
                defect = Defect.Truncated("DNS record");
                return false;
            }

            var type = (DnsType)ReadUInt16BigEndian(message[at..]);
            if (!TryReadData(message, at + 10, length, type, out var data, out defect))
            {
                return false;
            }

            records.Add(new DnsRecord(name, type, ReadUInt16BigEndian(message[(at + 2)..]), ReadUInt32BigEndian(message[(at + 4)..]), data));
            at += 10 + length;
        }

        return true;
    }

    internal void Write(ByteBuilder b)
    {
        if (Data.Length > ushort.MaxValue)
        {
            throw new ArgumentException($"A DNS record holds 65535 bytes, not {Data.Length}.");
        }

        DnsName.Write(b, Name);
        b.U16((ushort)Type).U16(Class).U32(TimeToLive).U16(Data.Length).Bytes(Data.Span);
    }

    /// <summary>Copies data out of a message; names that are compressed there are written out.</summary>
    private static bool TryReadData(ReadOnlySpan<byte> message, int at, int length, DnsType type, out byte[] data, out Defect defect)
    {
        defect = default;
        var end = at + length;
        var names = type switch { DnsType.Soa => 2, DnsType.Ns or DnsType.Cname or DnsType.Ptr or DnsType.Mx or DnsType.Srv => 1, _ => 0 };
        if (names == 0 || length <= NameOffset(type))
        {
            data = message.Slice(at, length).ToArray();
            return true;
        }

        var b = new ByteBuilder().Bytes(message.Slice(at, NameOffset(type)));
        at += NameOffset(type);
        while (names-- > 0)
        {
            if (!DnsName.TryRead(message[..end], ref at, out var name, out defect))
            {
                data = [];
                return false;
            }

            DnsName.Write(b, name);
        }

        data = b.Bytes(message[at..end]).ToArray();
        return true;
    }

    private static int NameOffset(DnsType type) => type switch { DnsType.Mx => 2, DnsType.Srv => 6, _ => 0 };

    private static string Strings(ReadOnlySpan<byte> data)
    {
        var texts = new List<string>();
        while (data.Length > 0 && data.Length > data[0])
        {
            texts.Add($"\"{Encoding.UTF8.GetString(data.Slice(1, data[0]))}\"");
            data = data[(1 + data[0])..];
        }

        return string.Join(' ', texts);
    }
}
