using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// LLC (IEEE 802.2) behind an 802.3 length, and SNAP behind that (RFC 1042):
//
//    | DSAP | SSAP | control (1 or 2) |      SNAP: | OUI (3) | protocol (2) |

/// <summary>The header of an 802.3 frame's payload.</summary>
/// <param name="DestinationSap">Destination service access point; 0x42 is spanning tree, 0xaa SNAP.</param>
/// <param name="SourceSap">Source service access point.</param>
/// <param name="Control">Control; 0x03 is unnumbered information.</param>
public readonly record struct LlcHeader(byte DestinationSap, byte SourceSap, ushort Control)
{
    /// <summary>The service access point of spanning tree.</summary>
    public const byte SpanningTree = 0x42;

    /// <summary>The service access point of SNAP.</summary>
    public const byte Snap = 0xAA;

    /// <summary>Control bytes: one in unnumbered frames, else two.</summary>
    public int Length => Control is <= 0xFF and var c && (c & 3) == 3 ? 3 : 4;

    /// <summary>Reads the payload of an 802.3 frame.</summary>
    /// <param name="bytes">The payload without padding.</param>
    /// <param name="header">The header when this returns true.</param>
    /// <returns>False when it is cut.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out LlcHeader header)
    {
        header = default;
        if (bytes.Length < 3)
        {
            return false;
        }

        var isUnnumbered = (bytes[2] & 3) == 3;
        if (!isUnnumbered && bytes.Length < 4)
        {
            return false;
        }

        header = new LlcHeader(bytes[0], bytes[1], isUnnumbered ? bytes[2] : ReadUInt16BigEndian(bytes[2..]));
        return true;
    }

    /// <summary>Writes the header.</summary>
    /// <param name="destination">At least four bytes.</param>
    /// <returns>Bytes written: 3 or 4.</returns>
    public int Write(Span<byte> destination)
    {
        destination[0] = DestinationSap;
        destination[1] = SourceSap;
        if (Length == 3)
        {
            destination[2] = (byte)Control;
        }
        else
        {
            WriteUInt16BigEndian(destination[2..], Control);
        }

        return Length;
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        var bytes = d.Bytes[at..end];
        if (!TryParse(bytes, out var header))
        {
            d.Broken("LLC", at, end, Defect.Truncated("LLC header"));
            return;
        }

        var length = (bytes[2] & 3) == 3 ? 3 : 4;
        var isSnap = header is { DestinationSap: Snap, SourceSap: Snap, Control: 3 } && bytes.Length >= 8;
        var layer = d.Layer("LLC", at, isSnap ? 8 : length, isSnap ? "SNAP" : $"0x{header.SourceSap:x2} > 0x{header.DestinationSap:x2}");
        layer.InLine = header.DestinationSap != SpanningTree;
        layer.Hex("DSAP", 0, 1, header.DestinationSap);
        layer.Hex("SSAP", 1, 1, header.SourceSap);
        layer.Hex("Control", 2, length - 2, header.Control);
        if (isSnap)
        {
            var (oui, type) = (ReadUInt32BigEndian(bytes[2..]) & 0xFF_FFFF, ReadUInt16BigEndian(bytes[6..]));
            layer.Hex("OUI", 3, 3, oui);
            layer.Hex("Protocol", 6, 2, type);
            if (oui == 0)
            {
                d.EtherType(type, at + 8, end);
            }
            else if (oui == 0x00000C && type == 0x010B)
            {
                Bpdu.Describe(d, at + 8, end); // Cisco's spanning tree per VLAN
            }
            else
            {
                d.Data(at + 8, end);
            }
        }
        else if (header is { DestinationSap: SpanningTree, SourceSap: SpanningTree })
        {
            Bpdu.Describe(d, at + length, end);
        }
        else
        {
            d.Data(at + length, end);
        }
    }
}
