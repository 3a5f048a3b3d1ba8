using System.Buffers.Binary;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Puts right checksums into the bytes of a frame, by NetLab.Packets: PacketDotNet's own ICMPv6 checksum is wrong, and it writes 0 where
/// UDP needs ffff (RFC 768).
/// </summary>
internal static class Checksums
{
    private const int VxlanHeaders = 8 + 8; // UDP's and VXLAN's own

    public static void Fill(Span<byte> bytes)
    {
        var frame = Frame.FromBytes(bytes);
        if (frame.Ipv4 is { } v4)
        {
            Put(bytes.Slice(bytes.Length - frame.Payload.Length, v4.HeaderLength), 10);
        }

        var isFragment = frame.Ipv4 is { IsFragment: true } || frame.Ipv6 is { IsFragment: true };
        if (frame.TransportBytes.Length == 0 || isFragment || Offset(frame) is not { } at)
        {
            return;
        }

        var transport = bytes.Slice(at, frame.TransportBytes.Length);
        if (frame.Vxlan is not null)
        {
            Fill(transport[VxlanHeaders..]);
        }

        var pseudo = frame.Ipv4?.PseudoHeader(transport.Length) ?? frame.Ipv6?.PseudoHeader(transport.Length) ?? 0;
        switch (frame.Protocol)
        {
            case IpProtocol.Udp when transport.Length >= 8:
                Put(transport, 6, pseudo, zeroIsNone: true);
                break;
            case IpProtocol.Tcp when transport.Length >= 20:
                Put(transport, 16, pseudo);
                break;
            case IpProtocol.Icmp when transport.Length >= 4:
                Put(transport, 2);
                break;
            case IpProtocol.Icmpv6 when transport.Length >= 4:
                Put(transport, 2, pseudo);
                break;
        }
    }

    // Where in the frame its transport begins: both are views of the same array.
    private static int? Offset(Frame frame) =>
        System.Runtime.InteropServices.MemoryMarshal.TryGetArray(frame.TransportBytes, out var segment) ? segment.Offset : null;

    private static void Put(Span<byte> covered, int at, ulong pseudo = 0, bool zeroIsNone = false)
    {
        covered.Slice(at, 2).Clear();
        var sum = InternetChecksum.Of(covered, pseudo);
        BinaryPrimitives.WriteUInt16BigEndian(covered[at..], sum == 0 && zeroIsNone ? (ushort)0xffff : sum);
    }
}
