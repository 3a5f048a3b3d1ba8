using System.Buffers.Binary;
using PacketDotNet;

namespace NetLab;

/// <summary>
/// The bytes of a packet, without the four that PacketDotNet 1.4.8 writes too many into every NDP message:
/// its NDP layer begins with the ICMPv6 header, which its ICMPv6 layer writes
/// before it as well. Both count in the length that it gives to IPv6.
/// </summary>
internal static class PacketBytes
{
    private const int IcmpHeader = 4, IPv6Header = 40, PayloadLength = 4, MoreFragments = 0x20;

    public static byte[] Of(Packet packet)
    {
        var bytes = packet.Bytes;
        int start = 0, ip = 0;
        for (var layer = packet; layer is not null; layer = layer.PayloadPacket)
        {
            if (Damage(layer) is { } damage)
            {
                throw new InvalidOperationException(damage);
            }

            if (layer is IcmpV6Packet { PayloadPacket: NdpPacket message })
            {
                return WithoutSecondHeader(bytes, start, ip, layer.HeaderData, message.HeaderData);
            }

            ip = layer is IPv6Packet ? start : ip;
            start += layer.HeaderData.Length;
        }

        return bytes;
    }

    public static string Layers(Packet packet)
    {
        var names = new List<string>();
        for (var layer = packet; layer is not null; layer = layer.PayloadPacket)
        {
            names.Add(layer.GetType().Name);
        }

        return string.Join(" > ", names);
    }

    // What PacketDotNet 1.4.8 writes over something else, and nobody can put right afterwards.
    private static string? Damage(Packet layer) => layer switch
    {
        IPv4Packet { PayloadPacket: UdpPacket } ip when (ip.HeaderData[6] & MoreFragments) != 0 =>
            "it writes the fragment's length over that of the UDP datagram of which it is the first fragment",
        IPv6Packet { ExtensionHeaders: [IPv6FragmentationExtensionHeader], PayloadPacket: UdpPacket } =>
            "it writes the fragment's length over that of the UDP datagram of which it is the first fragment",
        IPv6Packet { ExtensionHeaders.Count: > 1 } => "it mistakes where the second extension header of IPv6 ends, and writes lengths over options",
        GrePacket { PayloadPacket: IPv4Packet } => "it writes a length over the first bytes of an IPv4 packet in GRE",
        _ => null,
    };

    private static byte[] WithoutSecondHeader(byte[] bytes, int start, int ip, byte[] icmp, byte[] message)
    {
        if (icmp.Length != IcmpHeader || !bytes.AsSpan(start).StartsWith([.. icmp, .. message]))
        {
            throw new InvalidOperationException("the NDP message is not where its layers say");
        }

        byte[] right = [.. bytes.AsSpan(0, start + IcmpHeader), .. bytes.AsSpan(start + (2 * IcmpHeader))];
        var length = right.AsSpan(ip + PayloadLength, 2);
        var most = right.Length - ip - IPv6Header;
        if (BinaryPrimitives.ReadUInt16BigEndian(length) > most)
        {
            BinaryPrimitives.WriteUInt16BigEndian(length, (ushort)most);
        }

        return right;
    }
}
