using System.Text;

namespace NetLab.Packets;

// The frame as text.
public sealed partial class Frame
{
    /// <summary>One line, e.g. "fa:16:3e:00:00:01 > fa:16:3e:00:00:02 IPv4 10.0.0.11 > 10.0.0.12 UDP 40000 > 53 len 5".</summary>
    public override string ToString()
    {
        if (Layout.PayloadOffset == 0)
        {
            return $"[{Defect}] {Convert.ToHexStringLower(_bytes)}";
        }

        var line = new StringBuilder().Append(Source).Append(" > ").Append(Destination);
        foreach (var tag in VlanTags)
        {
            line.Append(' ').Append(tag);
        }

        if (Arp is { } arp)
        {
            line.Append(EtherType == EtherTypes.Rarp ? " RARP " : " ARP ").Append(arp);
        }
        else if (Ipv4 is { } ip4)
        {
            line.Append(" IPv4 ").Append(ip4.Source).Append(" > ").Append(ip4.Destination);
            if (ip4.IsFragment)
            {
                line.Append($" frag id {ip4.Identification} offset {ip4.FragmentOffset}{(ip4.MoreFragments ? "+" : "")}");
            }

            AppendTransport(line, ip4.Payload.Length);
        }
        else if (Ipv6 is { } ip6)
        {
            line.Append(" IPv6 ").Append(ip6.Source).Append(" > ").Append(ip6.Destination);
            if (ip6.IsFragment)
            {
                line.Append($" frag id {ip6.Fragment.Identification} offset {ip6.Fragment.Offset}{(ip6.Fragment.MoreFragments ? "+" : "")}");
            }

            AppendTransport(line, ip6.Payload.Length);
        }
        else if (EtherType < EtherTypes.FirstType)
        {
            line.Append(" 802.3 len ").Append(EtherType);
        }
        else
        {
            line.Append(' ').Append(EtherTypes.NameOf(EtherType)).Append(" len ").Append(Payload.Length);
        }

        return Defect.IsNone ? line.ToString() : line.Append(" [").Append(Defect).Append(']').ToString();
    }

    private void AppendTransport(StringBuilder line, int length)
    {
        if (Udp is { } udp)
        {
            line.Append($" UDP {udp.SourcePort} > {udp.DestinationPort} len {udp.Payload.Length}");
        }
        else if (Tcp is { } tcp)
        {
            line.Append($" TCP {tcp.SourcePort} > {tcp.DestinationPort} [{TcpSegment.NameOf(tcp.Flags)}] seq {tcp.SequenceNumber} ack {tcp.AcknowledgmentNumber} win {tcp.Window} len {tcp.Payload.Length}");
        }
        else if (Icmp is { } icmp)
        {
            line.Append(" ICMP ").Append(icmp);
        }
        else if (Icmpv6 is { } icmpv6)
        {
            line.Append(" ICMPv6 ").Append(icmpv6);
        }
        else
        {
            line.Append($" proto {(byte)Layout.Protocol} len {length}");
        }
    }
}
