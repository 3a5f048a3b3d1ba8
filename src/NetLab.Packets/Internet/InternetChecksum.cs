using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics;

namespace NetLab.Packets;

/// <summary>
/// The checksum of IPv4, ICMP, UDP, TCP and others (RFC 1071), and the pseudo headers that some of them cover.
/// Reads only: the checksum field is never cleared to compute over it; a right checksum makes the whole sum to zero.
/// </summary>
public static class InternetChecksum
{
    /// <summary>The checksum of bytes as it goes into the header, the field itself being zero among them.</summary>
    /// <param name="bytes">What is covered; an odd last byte counts as if a zero followed.</param>
    /// <param name="partial">A partial sum of what came before, from <see cref="Sum"/> or a pseudo header.</param>
    public static ushort Of(ReadOnlySpan<byte> bytes, ulong partial = 0) => Finish(Sum(bytes, partial));

    /// <summary>Whether bytes that contain their checksum are right.</summary>
    /// <param name="bytes">What is covered, with the checksum field as it arrived.</param>
    /// <param name="partial">The partial sum of the pseudo header, if there is one.</param>
    public static bool IsRight(ReadOnlySpan<byte> bytes, ulong partial = 0) => Of(bytes, partial) == 0;

    /// <summary>A partial sum, to be continued or finished. Its unit is the machine's own byte order (RFC 1071 2B).</summary>
    /// <param name="bytes">An even number of bytes unless they are the last.</param>
    /// <param name="partial">What was summed before.</param>
    public static ulong Sum(ReadOnlySpan<byte> bytes, ulong partial = 0)
    {
        var sum = (partial & 0xFFFF_FFFF) + (partial >> 32);
        if (Vector256.IsHardwareAccelerated && bytes.Length >= 64)
        {
            var vectors = MemoryMarshal.Cast<byte, Vector256<ulong>>(bytes);
            var low = Vector256.Create(0xFFFF_FFFFUL);
            var total = Vector256<ulong>.Zero;
            foreach (var v in vectors)
            {
                total += (v & low) + (v >>> 32);
            }

            sum += Vector256.Sum(total);
            bytes = bytes[(vectors.Length * 32)..];
        }

        while (bytes.Length >= 8)
        {
            var word = MemoryMarshal.Read<ulong>(bytes);
            sum += (word & 0xFFFF_FFFF) + (word >> 32);
            bytes = bytes[8..];
        }

        if (bytes.Length >= 4)
        {
            sum += MemoryMarshal.Read<uint>(bytes);
            bytes = bytes[4..];
        }

        if (bytes.Length >= 2)
        {
            sum += MemoryMarshal.Read<ushort>(bytes);
            bytes = bytes[2..];
        }

        if (bytes.Length == 1)
        {
            sum += BitConverter.IsLittleEndian ? bytes[0] : (ulong)bytes[0] << 8;
        }

        return sum;
    }

    /// <summary>Folds a partial sum to the checksum as a number for a big-endian field.</summary>
    /// <param name="partial">The whole sum.</param>
    public static ushort Finish(ulong partial)
    {
        var sum = (partial & 0xFFFF_FFFF) + (partial >> 32);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        sum = (sum & 0xFFFF) + (sum >> 16);
        var folded = (ushort)~sum;
        return BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(folded) : folded;
    }

    /// <summary>The partial sum of the pseudo header over IPv4 (RFC 768, RFC 9293 3.1).</summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address.</param>
    /// <param name="protocol">The protocol above IP.</param>
    /// <param name="length">Bytes of header and payload of that protocol.</param>
    public static ulong PseudoHeader(Ipv4Address source, Ipv4Address destination, IpProtocol protocol, int length) =>
        Native(source.ToUInt32()) + (ulong)Native(destination.ToUInt32()) + Native((uint)protocol) + Native((uint)length);

    /// <summary>The partial sum of the pseudo header over IPv6 (RFC 8200 8.1).</summary>
    /// <param name="source">Source address.</param>
    /// <param name="destination">Destination address (the final one, where there is a routing header).</param>
    /// <param name="protocol">The protocol above IP.</param>
    /// <param name="length">Bytes of header and payload of that protocol.</param>
    public static ulong PseudoHeader(Ipv6Address source, Ipv6Address destination, IpProtocol protocol, int length)
    {
        Span<byte> addresses = stackalloc byte[32];
        source.CopyTo(addresses);
        destination.CopyTo(addresses[16..]);
        return Sum(addresses, (ulong)Native((uint)protocol) + Native((uint)length));
    }

    private static uint Native(uint number) => BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(number) : number;
}
