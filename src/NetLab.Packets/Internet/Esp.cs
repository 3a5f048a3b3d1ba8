using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// What can be read of IPsec: ESP (RFC 4303) up to its ciphertext, and AH (RFC 4302) over IPv4:
//
//    ESP: | security parameters index (4) | sequence number (4) | ciphertext and check value |
//    AH:  | next header | length in 4 B - 2 | reserved (2) | SPI (4) | sequence number (4) | check value |

/// <summary>The readable start of an ESP packet.</summary>
/// <param name="Spi">Security parameters index.</param>
/// <param name="SequenceNumber">Sequence number.</param>
public readonly record struct EspHeader(uint Spi, uint SequenceNumber)
{
    /// <summary>Bytes: 8.</summary>
    public const int Size = 8;

    /// <summary>Reads what an IP packet carries.</summary>
    /// <param name="bytes">The IP packet's payload.</param>
    /// <param name="header">The header when this returns true.</param>
    /// <returns>False when it is cut.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out EspHeader header)
    {
        var whole = bytes.Length >= Size;
        header = whole ? new EspHeader(ReadUInt32BigEndian(bytes), ReadUInt32BigEndian(bytes[4..])) : default;
        return whole;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least 8 bytes.</param>
    /// <returns>Bytes written: 8.</returns>
    public int Write(Span<byte> destination)
    {
        WriteUInt32BigEndian(destination[4..], SequenceNumber);
        WriteUInt32BigEndian(destination, Spi);
        return Size;
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!TryParse(d.Bytes[at..end], out var header))
        {
            d.Broken("ESP", at, end, Defect.Truncated("ESP header"));
            return;
        }

        var layer = d.Layer("ESP", at, Size, $"spi 0x{header.Spi:x8} seq {header.SequenceNumber}");
        layer.Hex("SPI", 0, 4, header.Spi);
        layer.Add("Sequence number", 4, 4, header.SequenceNumber);
        d.Data(at + Size, end, "Ciphertext");
    }

    /// <summary>AH over IPv4, where it is a protocol; over IPv6 it is an extension header.</summary>
    internal static void DescribeAuthentication(Dissection d, int at, int end, in IpContext ip)
    {
        var walk = new Ipv6ExtensionEnumerator(d.Bytes[at..end], IpProtocol.AuthenticationHeader);
        if (!walk.MoveNext())
        {
            d.Broken("AH", at, end, Defect.Truncated("AH header"));
            return;
        }

        Ipv6Extension.Describe(d, at, walk.Current);
        d.Protocol(ip.With(walk.Next), at + walk.Consumed, end);
    }
}
