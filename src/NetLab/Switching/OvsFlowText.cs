using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Text;

namespace NetLab;

/// <summary>
/// Writes a frame as the flow that Open vSwitch sees in it, in the words of ovs-fields(7). The rules are those of miniflow_extract() in
/// lib/flow.c: how deep it looks, and what it makes of fragments and of truncated headers.
/// </summary>
/// <remarks>
/// ofproto/trace takes a flow or the bytes of a packet. With bytes it does everything that the packet would do but the output: it learns
/// MAC addresses, commits connections, asks controllers. With a flow it only looks, and looking must not change a lab.
/// Four things have no words: the type of an IGMP message, labels of MPLS below the first, a second VLAN tag, and a link-layer address in the wrong
/// kind of neighbour message.
/// </remarks>
internal static class OvsFlowText
{
    private const int Arp = 0x0806, Rarp = 0x8035, Ipv4 = 0x0800, Ipv6 = 0x86dd, Vlan = 0x8100, ServiceVlan = 0x88a8, Mpls = 0x8847, MplsMulticast = 0x8848;
    private const int Icmp = 1, Tcp = 6, Udp = 17, Icmpv6 = 58, Sctp = 132;

    /// <summary>The flow of a frame that comes in on a port, fields that others need first.</summary>
    public static string Describe(string inPort, ReadOnlySpan<byte> frame)
    {
        var text = new StringBuilder($"in_port=\"{inPort}\"");
        if (frame.Length < 14)
        {
            return text.ToString();
        }

        Add(text, "dl_src", Mac(frame[6..12]));
        Add(text, "dl_dst", Mac(frame[..6]));
        frame = frame[12..];

        // One tag is looked at (vlan-limit is 1 unless changed); what follows is then the type, even if it is a tag again.
        if (Word(frame) is Vlan or ServiceVlan && frame.Length >= 6)
        {
            Add(text, "dl_vlan", Word(frame[2..]) & 0xfff);
            Add(text, "dl_vlan_pcp", Word(frame[2..]) >> 13);
            frame = frame[4..];
        }

        var type = Word(frame);
        frame = frame[2..];
        if (type < 0x600)
        {
            type = LogicalLinkType(ref frame);
        }

        Add(text, "dl_type", $"0x{type:x4}");
        switch (type)
        {
            case Arp or Rarp: DescribeArp(text, frame); break;
            case Ipv4: DescribeIpv4(text, frame); break;
            case Ipv6: DescribeIpv6(text, frame); break;
            case Mpls or MplsMulticast: DescribeMpls(text, frame); break;
        }

        return text.ToString();
    }

    // parse_ethertype(): a length field, then LLC with SNAP and a zero organisation holds a type; anything else is OFP_DL_TYPE_NOT_ETH_TYPE.
    private static int LogicalLinkType(ref ReadOnlySpan<byte> frame)
    {
        if (frame.Length < 8 || !frame[..6].SequenceEqual((ReadOnlySpan<byte>)[0xaa, 0xaa, 0x03, 0, 0, 0]))
        {
            return 0x05ff;
        }

        var type = Word(frame[6..]);
        frame = frame[8..];
        return type >= 0x600 ? type : 0x05ff;
    }

    private static void DescribeArp(StringBuilder text, ReadOnlySpan<byte> packet)
    {
        if (packet.Length < 28 || Word(packet) != 1 || Word(packet[2..]) != Ipv4 || packet[4] != 6 || packet[5] != 4)
        {
            return;
        }

        Add(text, "arp_spa", Ip(packet[14..18]));
        Add(text, "arp_tpa", Ip(packet[24..28]));
        if (Word(packet[6..]) <= 0xff)
        {
            Add(text, "arp_op", Word(packet[6..]));
        }

        Add(text, "arp_sha", Mac(packet[8..14]));
        Add(text, "arp_tha", Mac(packet[18..24]));
    }

    // The uppermost label; those below it cannot be written.
    private static void DescribeMpls(StringBuilder text, ReadOnlySpan<byte> packet)
    {
        if (packet.Length >= 4)
        {
            var entry = BinaryPrimitives.ReadUInt32BigEndian(packet);
            Add(text, "mpls_label", (int)(entry >> 12));
            Add(text, "mpls_tc", (int)(entry >> 9 & 7));
            Add(text, "mpls_bos", (int)(entry >> 8 & 1));
            Add(text, "mpls_ttl", (int)(entry & 0xff));
        }
    }

    private static void DescribeIpv4(StringBuilder text, ReadOnlySpan<byte> packet)
    {
        // ipv4_sanity_check(): a packet that contradicts itself has no network layer.
        var headerLength = packet.Length >= 20 ? (packet[0] & 15) * 4 : 0;
        var totalLength = packet.Length >= 20 ? Word(packet[2..]) : 0;
        if (headerLength < 20 || packet.Length < headerLength || totalLength > packet.Length || headerLength > totalLength)
        {
            return;
        }

        var fragment = Word(packet[6..]);
        var later = (fragment & 0x1fff) != 0;
        Add(text, "nw_src", Ip(packet[12..16]));
        Add(text, "nw_dst", Ip(packet[16..20]));
        Network(text, packet[9], packet[1], packet[8], later, first: !later && (fragment & 0x2000) != 0);
        if (!later)
        {
            Transport(text, packet[9], packet[headerLength..totalLength]);
        }
    }

    private static void DescribeIpv6(StringBuilder text, ReadOnlySpan<byte> packet)
    {
        // ipv6_sanity_check()
        var payloadLength = packet.Length >= 40 ? Word(packet[4..]) : 0;
        if (packet.Length < 40 || payloadLength + 40 > packet.Length)
        {
            return;
        }

        var flow = BinaryPrimitives.ReadUInt32BigEndian(packet);
        var protocol = (int)packet[6];
        var rest = packet.Slice(40, payloadLength);
        Add(text, "ipv6_src", Ip(packet[8..24]));
        Add(text, "ipv6_dst", Ip(packet[24..40]));

        // parse_ipv6_ext_hdrs__(): hop-by-hop, routing, destination options, authentication and fragment headers are walked through.
        bool later = false, first = false;
        while (protocol is 0 or 43 or 44 or 51 or 60)
        {
            if (rest.Length < 8)
            {
                return;
            }

            var size = protocol switch { 44 => 8, 51 => (rest[1] + 2) * 4, _ => (rest[1] + 1) * 8 };
            if (protocol is 44)
            {
                var offset = Word(rest[2..]);
                later = (offset & 0xfff8) != 0;
                first = !later && offset != 0;
                if (later)
                {
                    // What follows belongs to the middle of a packet: the protocol stays "fragment" and the walk ends here.
                    break;
                }
            }

            if (rest.Length < size)
            {
                return;
            }

            protocol = rest[0];
            rest = rest[size..];
        }

        Add(text, "ipv6_label", $"0x{flow & 0xfffff:x5}");
        Network(text, protocol, (int)(flow >> 20 & 0xff), packet[7], later, first);
        if (!later)
        {
            Transport(text, protocol, rest);
        }
    }

    private static void Network(StringBuilder text, int protocol, int trafficClass, int timeToLive, bool later, bool first)
    {
        Add(text, "nw_proto", protocol);
        Add(text, "nw_tos", trafficClass & 0xfc);
        Add(text, "nw_ecn", trafficClass & 3);
        Add(text, "nw_ttl", timeToLive);
        if (later || first)
        {
            Add(text, "nw_frag", later ? "later" : "first");
        }
    }

    private static void Transport(StringBuilder text, int protocol, ReadOnlySpan<byte> segment)
    {
        switch (protocol)
        {
            case Tcp when segment.Length >= 20 && segment[12] >> 4 is >= 5 and var words && segment.Length >= words * 4:
                Add(text, "tcp_src", Word(segment));
                Add(text, "tcp_dst", Word(segment[2..]));
                Add(text, "tcp_flags", Word(segment[12..]) & 0xfff);
                break;
            case Udp when segment.Length >= 8:
                Add(text, "udp_src", Word(segment));
                Add(text, "udp_dst", Word(segment[2..]));
                break;
            case Sctp when segment.Length >= 12:
                Add(text, "sctp_src", Word(segment));
                Add(text, "sctp_dst", Word(segment[2..]));
                break;
            case Icmp when segment.Length >= 8:
                Add(text, "icmp_type", segment[0]);
                Add(text, "icmp_code", segment[1]);
                break;
            case Icmpv6 when segment.Length >= 8:
                Add(text, "icmpv6_type", segment[0]);
                Add(text, "icmpv6_code", segment[1]);
                NeighborDiscovery(text, segment);
                break;
        }
    }

    // parse_icmpv6(): solicitation and advertisement of neighbours, with the link-layer address options.
    private static void NeighborDiscovery(StringBuilder text, ReadOnlySpan<byte> message)
    {
        if (message[0] is not (135 or 136) || message[1] is not 0 || message.Length < 24)
        {
            return;
        }

        // An option that comes twice makes the whole message invalid: there is then no target either.
        ReadOnlySpan<byte> address = default, other = default;
        for (var options = message[24..]; options.Length >= 8 && options[1] is not 0 && options[1] * 8 <= options.Length; options = options[(options[1] * 8)..])
        {
            if (options[0] is not (1 or 2) || options[1] is not 1)
            {
                continue;
            }

            ref var place = ref other;
            if (options[0] == message[0] - 134)
            {
                place = ref address;
            }

            if (place.ContainsAnyExcept((byte)0))
            {
                return;
            }

            place = options[2..8];
        }

        Add(text, "nd_target", Ip(message[8..24]));
        if (!address.IsEmpty)
        {
            Add(text, message[0] is 135 ? "nd_sll" : "nd_tll", Mac(address));
        }
    }

    private static int Word(ReadOnlySpan<byte> bytes) => BinaryPrimitives.ReadUInt16BigEndian(bytes);

    private static string Mac(ReadOnlySpan<byte> bytes) => string.Create(17, bytes, static (text, mac) =>
    {
        for (var i = 0; i < 6; i++)
        {
            mac[i].TryFormat(text[(i * 3)..], out _, "x2", CultureInfo.InvariantCulture);
            if (i < 5)
            {
                text[(i * 3) + 2] = ':';
            }
        }
    });

    private static string Ip(ReadOnlySpan<byte> bytes) => new IPAddress(bytes).ToString();

    private static void Add(StringBuilder text, string field, int value) => Add(text, field, value.ToString(CultureInfo.InvariantCulture));

    private static void Add(StringBuilder text, string field, string value) => text.Append(',').Append(field).Append('=').Append(value);
}
