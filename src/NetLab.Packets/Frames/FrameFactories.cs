using System.Net;
using System.Net.Sockets;

namespace NetLab.Packets;

/// <summary>
/// Whole frames, all lengths and checksums filled in: <c>Frame.Udp(…)</c>, <c>Frame.ArpRequest(…)</c>, … Source and
/// destination of IP must be of one family; which one decides between IPv4 and IPv6.
/// Each throws <see cref="ArgumentException"/> where a length or an address does not fit.
/// </summary>
public static class FrameFactories
{
    extension(Frame)
    {
        /// <summary>A frame with any payload.</summary>
        /// <param name="source">Source MAC address.</param>
        /// <param name="destination">Destination MAC address.</param>
        /// <param name="etherType">What the payload is; see <see cref="EtherTypes"/>.</param>
        /// <param name="payload">The payload.</param>
        public static Frame Ethernet(MacAddress source, MacAddress destination, ushort etherType, ReadOnlySpan<byte> payload)
        {
            var bytes = new byte[EthernetHeader.Size + payload.Length];
            var at = new EthernetHeader(destination, source, etherType).Write(bytes);
            payload.CopyTo(bytes.AsSpan(at));
            return Frame.Own(bytes);
        }

        /// <summary>
        /// A frame with an IPv4 packet that is chosen field by field; its lengths and header checksum are filled in, what it carries is not looked at.
        /// </summary>
        /// <param name="source">Source MAC address.</param>
        /// <param name="destination">Destination MAC address.</param>
        /// <param name="packet">The packet with its payload.</param>
        public static Frame Ip(MacAddress source, MacAddress destination, Ipv4Packet packet)
        {
            var bytes = new byte[EthernetHeader.Size + packet.HeaderLength + packet.Payload.Length];
            packet.Write(bytes.AsSpan(new EthernetHeader(destination, source, EtherTypes.Ipv4).Write(bytes)));
            return Frame.Own(bytes);
        }

        /// <summary>A frame with an IPv6 packet that is chosen field by field; its length is filled in, what it carries is not looked at.</summary>
        /// <param name="source">Source MAC address.</param>
        /// <param name="destination">Destination MAC address.</param>
        /// <param name="packet">The packet with extension headers and payload.</param>
        public static Frame Ip(MacAddress source, MacAddress destination, Ipv6Packet packet)
        {
            var bytes = new byte[EthernetHeader.Size + Ipv6Packet.HeaderLength + packet.Extensions.Length + packet.Payload.Length];
            packet.Write(bytes.AsSpan(new EthernetHeader(destination, source, EtherTypes.Ipv6).Write(bytes)));
            return Frame.Own(bytes);
        }

        /// <summary>An 802.3 frame: a length instead of a type, and an LLC header.</summary>
        /// <param name="source">Source MAC address.</param>
        /// <param name="destination">Destination MAC address.</param>
        /// <param name="llc">The LLC header.</param>
        /// <param name="payload">What follows it, at most 1496 bytes.</param>
        public static Frame Llc(MacAddress source, MacAddress destination, LlcHeader llc, ReadOnlySpan<byte> payload)
        {
            var length = llc.Length + payload.Length;
            if (length > 1500)
            {
                throw new ArgumentException($"An 802.3 frame carries 1500 bytes, not {length}.", nameof(payload));
            }

            var bytes = new byte[EthernetHeader.Size + length];
            var at = new EthernetHeader(destination, source, (ushort)length).Write(bytes);
            payload.CopyTo(bytes.AsSpan(at + llc.Write(bytes.AsSpan(at))));
            return Frame.Own(bytes);
        }

        /// <summary>A spanning tree BPDU, to all bridges of the link.</summary>
        /// <param name="source">Source MAC address.</param>
        /// <param name="bpdu">The BPDU.</param>
        public static Frame Bpdu(MacAddress source, Bpdu bpdu) =>
            Llc(source, Packets.Bpdu.Group, new LlcHeader(LlcHeader.SpanningTree, LlcHeader.SpanningTree, 3), bpdu.ToArray()).Padded();

        /// <summary>An LLDP packet, to the neighbour of the link.</summary>
        /// <param name="source">Source MAC address.</param>
        /// <param name="packet">The packet.</param>
        public static Frame Lldp(MacAddress source, LldpPacket packet) => Ethernet(source, LldpPacket.Group, EtherTypes.Lldp, packet.ToArray());

        /// <summary>A LACP packet, to the neighbour of the link.</summary>
        /// <param name="source">Source MAC address.</param>
        /// <param name="packet">The packet.</param>
        public static Frame Lacp(MacAddress source, LacpPacket packet)
        {
            Span<byte> bytes = stackalloc byte[LacpPacket.Size];
            packet.Write(bytes);
            return Ethernet(source, LacpPacket.Group, EtherTypes.SlowProtocols, bytes);
        }

        /// <summary>"Who has this IP address?", to all.</summary>
        /// <param name="senderMac">MAC address of the asker.</param>
        /// <param name="senderIp">IPv4 address of the asker.</param>
        /// <param name="targetIp">IPv4 address asked for; the asker's own announces it (gratuitous ARP).</param>
        public static Frame ArpRequest(MacAddress senderMac, IPAddress senderIp, IPAddress targetIp) =>
            Arp(MacAddress.Broadcast, EtherTypes.Arp,
                new ArpPacket(ArpOperation.Request, senderMac, Ipv4Address.From(senderIp), MacAddress.Zero, Ipv4Address.From(targetIp)));

        /// <summary>"I have this IP address", to the asker.</summary>
        /// <param name="senderMac">MAC address of the answering node.</param>
        /// <param name="senderIp">IPv4 address of the answering node.</param>
        /// <param name="targetMac">MAC address of the asker.</param>
        /// <param name="targetIp">IPv4 address of the asker.</param>
        public static Frame ArpReply(MacAddress senderMac, IPAddress senderIp, MacAddress targetMac, IPAddress targetIp) =>
            Arp(targetMac, EtherTypes.Arp, new ArpPacket(ArpOperation.Reply, senderMac, Ipv4Address.From(senderIp), targetMac, Ipv4Address.From(targetIp)));

        /// <summary>RARP request to all, as QEMU announces a migrated guest.</summary>
        /// <param name="mac">The guest's MAC address.</param>
        public static Frame RarpAnnouncement(MacAddress mac) =>
            Arp(MacAddress.Broadcast, EtherTypes.Rarp, new ArpPacket(ArpOperation.ReverseRequest, mac, Ipv4Address.Any, mac, Ipv4Address.Any));

        /// <summary>A UDP datagram.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IP address.</param>
        /// <param name="destination">Destination IP address.</param>
        /// <param name="sourcePort">Source port.</param>
        /// <param name="destinationPort">Destination port.</param>
        /// <param name="payload">What the datagram carries.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame Udp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, ushort sourcePort,
            ushort destinationPort, ReadOnlySpan<byte> payload, IpOptions? options = null)
        {
            var ethernet = new EthernetHeader(destinationMac, sourceMac, 0);
            if (IsIpv4(source, destination))
            {
                var bytes = new byte[EthernetHeader.Size + Ipv4Packet.MinimumHeaderLength + UdpDatagram.HeaderLength + payload.Length];
                FrameWriter.Udp(bytes, ethernet, Ipv4(source, destination, options), sourcePort, destinationPort, payload);
                return Frame.Own(bytes);
            }
            else
            {
                var bytes = new byte[EthernetHeader.Size + Ipv6Packet.HeaderLength + UdpDatagram.HeaderLength + payload.Length];
                FrameWriter.Udp(bytes, ethernet, Ipv6(source, destination, options), sourcePort, destinationPort, payload);
                return Frame.Own(bytes);
            }
        }

        /// <summary>A TCP segment.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IP address.</param>
        /// <param name="destination">Destination IP address.</param>
        /// <param name="sourcePort">Source port.</param>
        /// <param name="destinationPort">Destination port.</param>
        /// <param name="flags">Control bits.</param>
        /// <param name="sequenceNumber">Sequence number.</param>
        /// <param name="acknowledgmentNumber">Acknowledgment number.</param>
        /// <param name="window">Window.</param>
        /// <param name="payload">What the segment carries.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame Tcp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, ushort sourcePort,
            ushort destinationPort, TcpFlags flags, uint sequenceNumber = 0, uint acknowledgmentNumber = 0, ushort window = 65535,
                ReadOnlySpan<byte> payload = default, IpOptions? options = null) =>
            Tcp(sourceMac, destinationMac, source, destination,
                new TcpSegment { SourcePort = sourcePort, DestinationPort = destinationPort, Flags = flags, SequenceNumber = sequenceNumber,
                    AcknowledgmentNumber = acknowledgmentNumber, Window = window }, payload, options);

        /// <summary>A TCP segment whose every field, options included, is chosen.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IP address.</param>
        /// <param name="destination">Destination IP address.</param>
        /// <param name="segment">The segment with its payload.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame Tcp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, TcpSegment segment,
            IpOptions? options = null) =>
            Tcp(sourceMac, destinationMac, source, destination, segment, segment.Payload.Span, options);

        private static Frame Tcp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, TcpSegment segment,
            ReadOnlySpan<byte> payload, IpOptions? options)
        {
            var ethernet = new EthernetHeader(destinationMac, sourceMac, 0);
            if (IsIpv4(source, destination))
            {
                var bytes = new byte[EthernetHeader.Size + Ipv4Packet.MinimumHeaderLength + segment.HeaderLength + payload.Length];
                FrameWriter.Tcp(bytes, ethernet, Ipv4(source, destination, options), segment, payload);
                return Frame.Own(bytes);
            }
            else
            {
                var bytes = new byte[EthernetHeader.Size + Ipv6Packet.HeaderLength + segment.HeaderLength + payload.Length];
                FrameWriter.Tcp(bytes, ethernet, Ipv6(source, destination, options), segment, payload);
                return Frame.Own(bytes);
            }
        }
    }

    internal static bool IsIpv4(IPAddress source, IPAddress destination)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentNullException.ThrowIfNull(destination);
        return source.AddressFamily == destination.AddressFamily
            ? source.AddressFamily == AddressFamily.InterNetwork
            : throw new ArgumentException($"A packet from {source} to {destination} cannot be: the addresses are of two families.", nameof(destination));
    }

    internal static Ipv4Packet Ipv4(IPAddress source, IPAddress destination, IpOptions? options) => new()
    {
        Source = Ipv4Address.From(source),
        Destination = Ipv4Address.From(destination),
        TimeToLive = options?.TimeToLive ?? 64,
        Identification = options?.Identification ?? 0,
        DontFragment = options?.DontFragment ?? false,
        TrafficClass = options?.TrafficClass ?? 0,
    };

    internal static Ipv6Packet Ipv6(IPAddress source, IPAddress destination, IpOptions? options) => new()
    {
        Source = Ipv6Address.From(source),
        Destination = Ipv6Address.From(destination),
        HopLimit = options?.TimeToLive ?? 64,
        TrafficClass = options?.TrafficClass ?? 0,
        FlowLabel = options?.FlowLabel ?? 0,
    };

    private static Frame Arp(MacAddress destination, ushort etherType, ArpPacket packet)
    {
        var bytes = new byte[EthernetHeader.Size + ArpPacket.Size];
        packet.Write(bytes.AsSpan(new EthernetHeader(destination, packet.SenderMac, etherType).Write(bytes)));
        return Frame.Own(bytes);
    }
}
