using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// What captures on the device "any" start with (tcpdump.org LINKTYPE_LINUX_SLL and _SLL2), and on BSD's loopback (_NULL):
//
//    SLL:  | packet type (2) | ARPHRD (2) | address length (2) | address (8) | protocol (2) |
//    SLL2: | protocol (2) | 0 (2) | interface index (4) | ARPHRD (2) | packet type (1) | address length (1) | address (8) |
//    NULL: | address family (4), in the byte order of the machine |

/// <summary>Link headers that only capture files have.</summary>
internal static class LinuxCooked
{
    private static readonly string[] Directions = ["to us", "broadcast", "multicast", "to another", "from us"];

    public static void Describe(Dissection d, int at, int end)
    {
        var bytes = d.Bytes[at..end];
        if (bytes.Length < 16)
        {
            d.Broken("SLL", at, end, Defect.Truncated("SLL header"));
            return;
        }

        var protocol = ReadUInt16BigEndian(bytes[14..]);
        var layer = d.Layer("SLL", at, 16, Direction(ReadUInt16BigEndian(bytes)));
        layer.Add("Packet type", 0, 2, ReadUInt16BigEndian(bytes), layer.Summary);
        layer.Add("Address", 6, 6, MacAddress.Read(bytes[6..]));
        layer.Hex("Protocol", 14, 2, protocol, EtherTypes.NameOf(protocol));
        d.EtherType(protocol, at + 16, end);
    }

    public static void Describe2(Dissection d, int at, int end)
    {
        var bytes = d.Bytes[at..end];
        if (bytes.Length < 20)
        {
            d.Broken("SLL2", at, end, Defect.Truncated("SLL2 header"));
            return;
        }

        var protocol = ReadUInt16BigEndian(bytes);
        var layer = d.Layer("SLL2", at, 20, $"{Direction(bytes[10])} at interface {ReadUInt32BigEndian(bytes[4..])}");
        layer.Hex("Protocol", 0, 2, protocol, EtherTypes.NameOf(protocol));
        layer.Add("Interface", 4, 4, ReadUInt32BigEndian(bytes[4..]));
        layer.Add("Packet type", 10, 1, bytes[10], Direction(bytes[10]));
        layer.Add("Address", 12, 6, MacAddress.Read(bytes[12..]));
        d.EtherType(protocol, at + 20, end);
    }

    public static void DescribeLoopback(Dissection d, int at, int end)
    {
        if (end - at < 4)
        {
            d.Broken("Loopback", at, end, Defect.Truncated("loopback header"));
            return;
        }

        var layer = d.Layer("Loopback", at, 4);
        layer.Add("Address family", 0, 4, ReadUInt32LittleEndian(d.Bytes[at..]));
        d.Ip(at + 4, end);
    }

    private static string Direction(int type) => type < Directions.Length ? Directions[type] : $"packet type {type}";
}
