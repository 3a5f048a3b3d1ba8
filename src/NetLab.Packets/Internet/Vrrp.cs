using System.Net;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// VRRP (v2 RFC 3768, v3 RFC 5798), IP protocol 112, to 224.0.0.18 or ff02::12:
//
//    | version (4), type (4) | virtual router | priority | addresses |
//    v2: | authentication | interval in s |  checksum (2) | address (4) … | authentication data (8) |
//    v3: | 0, interval in 1/100 s (12)   |  checksum (2) with pseudo header | address (4 or 16) … |

/// <summary>A VRRP advertisement: "I am the master of these addresses".</summary>
public sealed record VrrpPacket
{
    /// <summary>2 or 3.</summary>
    public byte Version { get; init; } = 3;

    /// <summary>Number of the virtual router, 1 to 255; its MAC address is 00:00:5e:00:01:number, for IPv6 00:00:5e:00:02:number.</summary>
    public byte VirtualRouter { get; init; }

    /// <summary>Priority; 255 owns the addresses, 0 gives up.</summary>
    public byte Priority { get; init; } = 100;

    /// <summary>Hundredths of a second between advertisements; whole seconds in version 2.</summary>
    public int Interval { get; init; } = 100;

    /// <summary>Addresses of the virtual router, all of one family.</summary>
    public IReadOnlyList<IPAddress> Addresses { get; init; } = [];

    /// <summary>The MAC address of the virtual router over IPv4.</summary>
    public MacAddress VirtualMac => MacAddress.FromUInt64(0x0000_5E00_0100UL | VirtualRouter);

    /// <summary>Reads what an IP packet carries; the checksum is not looked at.</summary>
    /// <param name="bytes">The IP packet's payload.</param>
    /// <param name="isIpv6">The packet is of IPv6.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <returns>False when it is cut, not an advertisement, or of another version.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, bool isIpv6, out VrrpPacket? packet) => TryParse(bytes, isIpv6, out packet, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, bool, out VrrpPacket?)"/>
    /// <param name="bytes">The IP packet's payload.</param>
    /// <param name="isIpv6">The packet is of IPv6.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, bool isIpv6, out VrrpPacket? packet, out Defect defect)
    {
        packet = null;
        defect = default;
        if (bytes.Length > 0 && ((bytes[0] & 15) != 1 || bytes[0] >> 4 is not (2 or 3) || (isIpv6 && bytes[0] >> 4 == 2)))
        {
            defect = Defect.Malformed("not a VRRP advertisement of version 2 or 3");
            return false;
        }

        var size = isIpv6 ? Ipv6Address.Size : Ipv4Address.Size;
        if (bytes.Length < 8 || bytes.Length < 8 + (bytes[3] * size))
        {
            defect = Defect.Truncated("VRRP advertisement");
            return false;
        }

        var addresses = new IPAddress[bytes[3]];
        for (var i = 0; i < addresses.Length; i++)
        {
            addresses[i] = new IPAddress(bytes.Slice(8 + (i * size), size));
        }

        var version = (byte)(bytes[0] >> 4);
        packet = new VrrpPacket
        {
            Version = version,
            VirtualRouter = bytes[1],
            Priority = bytes[2],
            Interval = version == 2 ? bytes[5] * 100 : ReadUInt16BigEndian(bytes[4..]) & 0xFFF,
            Addresses = addresses,
        };
        return true;
    }

    /// <summary>The advertisement for IPv4, to be sent with a time to live of 255.</summary>
    /// <param name="source">Source of the IP packet, which the checksum of version 3 covers.</param>
    /// <param name="destination">Destination of the IP packet.</param>
    public byte[] ToArray(Ipv4Address source, Ipv4Address destination) =>
        ToArray(length => Version == 2 ? 0 : InternetChecksum.PseudoHeader(source, destination, IpProtocol.Vrrp, length));

    /// <summary>The advertisement for IPv6, to be sent with a hop limit of 255.</summary>
    /// <param name="source">Source of the IP packet, which the checksum covers.</param>
    /// <param name="destination">Destination of the IP packet.</param>
    public byte[] ToArray(Ipv6Address source, Ipv6Address destination) =>
        ToArray(length => InternetChecksum.PseudoHeader(source, destination, IpProtocol.Vrrp, length));

    internal static void Describe(Dissection d, int at, int end, in IpContext ip)
    {
        var bytes = d.Bytes[at..end];
        if (!TryParse(bytes, ip.Version == 6, out var packet, out var defect))
        {
            d.Broken("VRRP", at, end, defect);
            return;
        }

        var p = packet!;
        var size = ip.Version == 6 ? Ipv6Address.Size : Ipv4Address.Size;
        var layer = d.Layer("VRRP", at, end - at, $"v{p.Version} router {p.VirtualRouter} prio {p.Priority} {string.Join(' ', p.Addresses)}".TrimEnd());
        layer.Add("Version", 0, 1, p.Version);
        layer.Add("Virtual router", 1, 1, p.VirtualRouter);
        layer.Add("Priority", 2, 1, p.Priority);
        layer.Add("Addresses", 3, 1, p.Addresses.Count);
        if (p.Version == 2)
        {
            layer.Add("Authentication", 4, 1, bytes[4]);
            layer.Add("Interval", 5, 1, bytes[5], "s");
        }
        else
        {
            layer.Add("Interval", 4, 2, p.Interval, "1/100 s");
        }

        layer.Checksum(6, ReadUInt16BigEndian(bytes[6..]), ip.RightChecksum(bytes, 6, withPseudoHeader: p.Version == 3));
        for (var i = 0; i < p.Addresses.Count; i++)
        {
            layer.Add("Address", 8 + (i * size), size, p.Addresses[i].ToString());
        }

        if (bytes.Length > 8 + (p.Addresses.Count * size))
        {
            layer.Bytes("Authentication data", 8 + (p.Addresses.Count * size), bytes[(8 + (p.Addresses.Count * size))..]);
        }
    }

    private byte[] ToArray(Func<int, ulong> pseudoHeader)
    {
        var b = new ByteBuilder().U8((Version << 4) | 1).U8(VirtualRouter).U8(Priority).U8(Addresses.Count);
        b.U16(Version == 2 ? Interval / 100 : Interval & 0xFFF).U16(0);
        foreach (var address in Addresses)
        {
            b.Bytes(address.GetAddressBytes());
        }

        if (Version == 2)
        {
            b.Zeros(8);
        }

        b.PatchU16(6, InternetChecksum.Of(b.Written, pseudoHeader(b.Count)));
        return b.ToArray();
    }
}
