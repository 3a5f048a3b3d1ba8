using System.Net;
using NetLab.Packets;
using NetLab.Packets.Tests;
using PacketDotNet;

namespace NetLab.Tests;

/// <summary>
/// PacketDotNet 1.4.8 and <see cref="Frame"/> over the same well-formed frames. Each difference is known and stands here as a row;
/// a new one, and one that is gone, fails.
/// </summary>
public sealed class DifferenceTests
{
    private const int FramesAKind = 60;

    private const string Inside = "Extract finds what is inside a tunnel where the outer packet has none";
    private const string Urgent = "OptionsCollection throws NotImplementedException for some options";

    // Kind of frame, field, and what PacketDotNet does.
    private static readonly (string Kind, string Field, string Why)[] Known =
    [
        ("gre", "ARP", Inside), ("gre", "IPv6", Inside), ("gre", "TCP", Inside), ("gre", "TCP options", Urgent), ("gre", "UDP", Inside),
        ("gre", "bytes", "a length is written over the first bytes of IPv4 in GRE: refused by ToFrame"),
        ("ipip", "UDP", Inside),
        ("ipv4 fragment", "bytes", "the first fragment's UDP length becomes that of the fragment: refused by ToFrame"),
        ("ipv6 extensions", "UDP", "each extension header is read from the first one's bytes, so that the ports are options"),
        ("ipv6 extensions", "bytes", "lengths are written over options: refused by ToFrame"),
        ("ipv6 fragment", "bytes", "the first fragment's UDP length becomes that of the fragment: refused by ToFrame"),
        ("qinq", "TCP options", Urgent),
        ("rarp", "ARP", "RARP (EtherType 8035) is not read"),
        ("tcp4", "TCP options", Urgent),
        ("tcp6", "TCP options", Urgent),
        ("vlan", "TCP options", Urgent),
        ("vxlan", "ARP", Inside), ("vxlan", "IPv4", Inside), ("vxlan", "IPv6", Inside), ("vxlan", "TCP", Inside), ("vxlan", "TCP options", Urgent),
    ];


    public static TheoryData<string> Kinds => [.. FrameGenerator.Kinds];

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Fields_differ_where_it_is_known_and_nowhere_else(string kind)
    {
        var generator = new FrameGenerator(11);
        var found = new SortedSet<string>(StringComparer.Ordinal);
        for (var i = 0; i < FramesAKind; i++)
        {
            var frame = generator.Next(kind);
            if (!frame.TryToPacket(out var packet, out var why))
            {
                found.Add("refused");
                Assert.NotEmpty(why);
                continue;
            }

            foreach ((var field, var theirs, var ours) in Fields(frame, packet))
            {
                object? their;
                try
                {
                    their = theirs();
                }
                catch (Exception e) when (e is NotImplementedException or FormatException or IndexOutOfRangeException)
                {
                    their = e.GetType().Name;
                }

                if (!Equals(their, ours))
                {
                    found.Add(field);
                }
            }
        }

        Assert.Equal(string.Join(", ", Known.Where(k => k.Kind == kind).Select(k => k.Field).Order(StringComparer.Ordinal)), string.Join(", ", found));
    }

    private static IEnumerable<(string Field, Func<object?> Theirs, object? Ours)> Fields(Frame frame, Packet packet)
    {
        yield return ("source", () => ((EthernetPacket)packet).SourceHardwareAddress.ToString(), Hex(frame.Source));
        yield return ("destination", () => ((EthernetPacket)packet).DestinationHardwareAddress.ToString(), Hex(frame.Destination));
        yield return ("VLAN", () => packet.Extract<Ieee8021QPacket>()?.VlanIdentifier, frame.VlanId);
        yield return ("ARP", () => packet.Extract<PacketDotNet.ArpPacket>() is { } a
            ? (a.SenderProtocolAddress.ToString(), a.TargetProtocolAddress.ToString()) : null,
            frame.Arp is { } arp ? (arp.SenderIp.ToString(), arp.TargetIp.ToString()) : null);
        yield return ("IPv4", () => packet.Extract<IPv4Packet>() is { } a ? (a.SourceAddress.ToString(), a.TimeToLive, (int)a.Protocol, (int)a.Id) : null,
            frame.Ipv4 is { } v4 ? (v4.Source.ToString(), (int)v4.TimeToLive, (int)v4.Protocol, (int)v4.Identification) : null);
        yield return ("IPv6", () => packet.Extract<IPv6Packet>() is { } a ? (a.SourceAddress.ToString(), a.HopLimit) : null,
            frame.Ipv6 is { } v6 ? (((IPAddress)v6.Source).ToString(), (int)v6.HopLimit) : null);
        yield return ("UDP", () => packet.Extract<UdpPacket>() is { } a ? (a.SourcePort, a.DestinationPort, a.Length) : null,
            frame.Udp is { } udp ? (udp.SourcePort, udp.DestinationPort, (int)udp.Length) : null);
        yield return ("TCP", () => packet.Extract<TcpPacket>() is { } a ? (a.SourcePort, a.SequenceNumber, (int)a.Flags, a.PayloadData.Length) : null,
            frame.Tcp is { } tcp ? (tcp.SourcePort, tcp.SequenceNumber, (int)tcp.Flags, tcp.Payload.Length) : null);
        yield return ("TCP options", () => packet.Extract<TcpPacket>() is not { } a || a.OptionsCollection is not null, true);
        yield return ("ICMP", () => packet.Extract<IcmpV4Packet>() is { } a ? (int)a.TypeCode
            : null, frame.Icmp is { } icmp ? ((int)icmp.Type << 8) | icmp.Code : null);
        yield return ("ICMPv6", () => packet.Extract<IcmpV6Packet>() is { } a ? (int)a.Type : null, frame.Icmpv6 is { } icmp6 ? (int)icmp6.Type : null);
        yield return ("GRE", () => packet.Extract<PacketDotNet.GrePacket>() is not null, frame.Gre is not null);
        yield return ("VXLAN", () => packet.Extract<PacketDotNet.VxlanPacket>()?.Vni is { } vni ? (int)vni : null, frame.Vxlan?.Vni);
        yield return ("LLDP", () => packet.Extract<PacketDotNet.LldpPacket>() is not null, frame.Lldp is not null);
        yield return ("bytes", () => Convert.ToHexString(packet.ToFrame().Bytes.Span), Convert.ToHexString(frame.Bytes.Span));
    }

    private static string Hex(MacAddress mac) => mac.ToString().Replace(":", "", StringComparison.Ordinal).ToUpperInvariant();
}
