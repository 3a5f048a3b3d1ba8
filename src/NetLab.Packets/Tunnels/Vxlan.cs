using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// VXLAN (RFC 7348; the group policy of draft-smith-vxlan-group-policy), in UDP to port 4789, or 8472 where Linux chose:
//
//    |G|R|R|R|I|R|R|R|R|D|R|R|A|R|R|R|        Group Policy Id        |
//    |                VXLAN Network Identifier       |   Reserved    |
//    |  an Ethernet frame                                            |

/// <summary>A VXLAN header and the frame behind it.</summary>
public readonly record struct VxlanPacket
{
    /// <summary>Bytes of the header: 8.</summary>
    public const int HeaderLength = 8;

    /// <summary>The UDP port that IANA assigned.</summary>
    public const ushort Port = 4789;

    /// <summary>The UDP port that Linux takes where none is said.</summary>
    public const ushort LinuxPort = 8472;

    /// <summary>VXLAN network identifier, 24 bits.</summary>
    public int Vni { get; init; }

    /// <summary>Group policy id; null without the extension.</summary>
    public ushort? GroupPolicyId { get; init; }

    /// <summary>Bits of the first 16 that are neither I nor, with a policy, G: D and A of group policy, and reserved ones.</summary>
    public ushort OtherFlags { get; init; }

    /// <summary>The frame inside.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>The frame inside, copied.</summary>
    public Frame Inner => Frame.FromBytes(Payload.Span);

    /// <summary>Reads what a UDP datagram carries; <see cref="Payload"/> shares the memory.</summary>
    /// <param name="bytes">The datagram's payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <returns>False when the header is cut or has no identifier.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out VxlanPacket packet) => TryParse(bytes, out packet, out _);

    /// <inheritdoc cref="TryParse(ReadOnlyMemory{byte}, out VxlanPacket)"/>
    /// <param name="bytes">The datagram's payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out VxlanPacket packet, out Defect defect)
    {
        packet = default;
        defect = default;
        if (bytes.Length < HeaderLength)
        {
            defect = Defect.Truncated("VXLAN header");
            return false;
        }

        var span = bytes.Span;
        var flags = ReadUInt16BigEndian(span);
        if ((flags & 0x0800) == 0)
        {
            defect = Defect.Malformed("VXLAN without a network identifier");
            return false;
        }

        var hasPolicy = (flags & 0x8000) != 0;
        packet = new VxlanPacket
        {
            Vni = (int)(ReadUInt32BigEndian(span[4..]) >> 8),
            GroupPolicyId = hasPolicy ? ReadUInt16BigEndian(span[2..]) : null,
            OtherFlags = (ushort)(flags & 0x77FF),
            Payload = bytes[HeaderLength..],
        };
        return true;
    }

    /// <summary>Reads what only its port says to be a packet: the last byte of the header must be zero, without which Linux takes none.</summary>
    internal static bool TryRecognise(ReadOnlyMemory<byte> bytes, out VxlanPacket packet, out Defect defect)
    {
        if (TryParse(bytes, out packet, out defect) && bytes.Span[7] == 0)
        {
            return true;
        }

        defect = defect.IsNone ? Defect.Malformed("VXLAN header whose reserved byte is set") : defect;
        packet = default;
        return false;
    }

    /// <summary>Writes header and payload.</summary>
    /// <param name="destination">Room for 8 bytes and the payload.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination)
    {
        Payload.Span.CopyTo(destination[HeaderLength..]);
        WriteUInt16BigEndian(destination, (ushort)((OtherFlags & 0x77FF) | 0x0800 | (GroupPolicyId is null ? 0 : 0x8000)));
        WriteUInt16BigEndian(destination[2..], GroupPolicyId ?? 0);
        WriteUInt32BigEndian(destination[4..], (uint)Vni << 8);
        return HeaderLength + Payload.Length;
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!TryRecognise(d.Memory[at..end], out var packet, out var defect))
        {
            d.Suspected("VXLAN", at, end, defect);
            return;
        }

        var layer = d.Layer("VXLAN", at, HeaderLength, $"vni {packet.Vni}");
        layer.Hex("Flags", 0, 2, ReadUInt16BigEndian(d.Bytes[at..]));
        layer.Add("Group policy id", 2, 2, ReadUInt16BigEndian(d.Bytes[(at + 2)..]));
        layer.Add("VNI", 4, 3, packet.Vni);
        d.EtherType(EtherTypes.TransparentEthernetBridging, at + HeaderLength, end);
    }
}
