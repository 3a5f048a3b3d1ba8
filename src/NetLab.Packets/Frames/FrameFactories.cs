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

        /// <summary>"Who has this IP address?", to all.</summary>
        /// <param name="senderMac">MAC address of the asker.</param>
        /// <param name="senderIp">IPv4 address of the asker.</param>
        /// <param name="targetIp">IPv4 address asked for; the asker's own announces it (gratuitous ARP).</param>
        public static Frame ArpRequest(MacAddress senderMac, IPAddress senderIp, IPAddress targetIp) =>
            Arp(MacAddress.Broadcast, EtherTypes.Arp, new ArpPacket(ArpOperation.Request, senderMac, Ipv4Address.From(senderIp), MacAddress.Zero, Ipv4Address.From(targetIp)));

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
        public static Frame Udp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, ushort sourcePort, ushort destinationPort, ReadOnlySpan<byte> payload, IpOptions? options = null)
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
        public static Frame Tcp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, ushort sourcePort, ushort destinationPort, TcpFlags flags, uint sequenceNumber = 0, uint acknowledgmentNumber = 0, ushort window = 65535, ReadOnlySpan<byte> payload = default, IpOptions? options = null) =>
            Tcp(sourceMac, destinationMac, source, destination, new TcpSegment { SourcePort = sourcePort, DestinationPort = destinationPort, Flags = flags, SequenceNumber = sequenceNumber, AcknowledgmentNumber = acknowledgmentNumber, Window = window }, payload, options);

        /// <summary>A TCP segment whose every field, options included, is chosen.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IP address.</param>
        /// <param name="destination">Destination IP address.</param>
        /// <param name="segment">The segment, whose own payload does not count.</param>
        /// <param name="payload">What the segment carries.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame Tcp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, TcpSegment segment, ReadOnlySpan<byte> payload = default, IpOptions? options = null)
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

        /// <summary>Ping, or the answer to it, over IPv4.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IPv4 address.</param>
        /// <param name="destination">Destination IPv4 address.</param>
        /// <param name="type"><see cref="IcmpType.EchoRequest"/> or <see cref="IcmpType.EchoReply"/>.</param>
        /// <param name="identifier">Identifier.</param>
        /// <param name="sequenceNumber">Sequence number.</param>
        /// <param name="payload">Data.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame IcmpEcho(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, IcmpType type, ushort identifier, ushort sequenceNumber, ReadOnlySpan<byte> payload = default, IpOptions? options = null) =>
            Icmp(sourceMac, destinationMac, source, destination, IcmpMessage.Echo(type, identifier, sequenceNumber, default), payload, options);

        /// <summary>Any ICMP message over IPv4.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IPv4 address.</param>
        /// <param name="destination">Destination IPv4 address.</param>
        /// <param name="message">The message, whose own payload does not count.</param>
        /// <param name="payload">Data of an echo, or the start of the packet that caused an error.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame Icmp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, IcmpMessage message, ReadOnlySpan<byte> payload = default, IpOptions? options = null)
        {
            var bytes = new byte[EthernetHeader.Size + Ipv4Packet.MinimumHeaderLength + IcmpMessage.HeaderLength + payload.Length];
            FrameWriter.Icmp(bytes, new EthernetHeader(destinationMac, sourceMac, 0), Ipv4(source, destination, options), message, payload);
            return Frame.Own(bytes);
        }

        /// <summary>Ping, or the answer to it, over IPv6.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IPv6 address.</param>
        /// <param name="destination">Destination IPv6 address.</param>
        /// <param name="type"><see cref="Icmpv6Type.EchoRequest"/> or <see cref="Icmpv6Type.EchoReply"/>.</param>
        /// <param name="identifier">Identifier.</param>
        /// <param name="sequenceNumber">Sequence number.</param>
        /// <param name="payload">Data.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame Icmpv6Echo(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, Icmpv6Type type, ushort identifier, ushort sequenceNumber, ReadOnlySpan<byte> payload = default, IpOptions? options = null) =>
            Icmpv6(sourceMac, destinationMac, source, destination, Icmpv6Message.Echo(type, identifier, sequenceNumber, default), payload, options);

        /// <summary>Any ICMPv6 message.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IPv6 address.</param>
        /// <param name="destination">Destination IPv6 address.</param>
        /// <param name="message">The message, whose own payload does not count.</param>
        /// <param name="payload">What follows the message's first eight bytes.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame Icmpv6(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, Icmpv6Message message, ReadOnlySpan<byte> payload = default, IpOptions? options = null)
        {
            var bytes = new byte[EthernetHeader.Size + Ipv6Packet.HeaderLength + Icmpv6Message.HeaderLength + payload.Length];
            FrameWriter.Icmpv6(bytes, new EthernetHeader(destinationMac, sourceMac, 0), Ipv6(source, destination, options), message, payload);
            return Frame.Own(bytes);
        }

        /// <summary>"Who has this IPv6 address?", to the group of its solicited node.</summary>
        /// <param name="senderMac">MAC address of the asker.</param>
        /// <param name="senderIp">IPv6 address of the asker; "::" in duplicate address detection, which names no MAC address.</param>
        /// <param name="targetIp">IPv6 address asked for.</param>
        public static Frame NeighborSolicitation(MacAddress senderMac, IPAddress senderIp, IPAddress targetIp)
        {
            var (source, target) = (Ipv6Address.From(senderIp), Ipv6Address.From(targetIp));
            var group = target.SolicitedNodeGroup;
            var message = new NeighborSolicitation(target, source.IsAny ? null : senderMac);
            var bytes = new byte[EthernetHeader.Size + Ipv6Packet.HeaderLength + message.Length];
            var at = FrameWriter.Start(bytes, new EthernetHeader(MacAddress.ForMulticast(group), senderMac, 0), new Ipv6Packet { Source = source, Destination = group, HopLimit = 255 }, IpProtocol.Icmpv6, message.Length);
            message.Write(bytes.AsSpan(at), InternetChecksum.PseudoHeader(source, group, IpProtocol.Icmpv6, message.Length));
            return Frame.Own(bytes);
        }

        /// <summary>"I have this IPv6 address".</summary>
        /// <param name="senderMac">MAC address of the answering node.</param>
        /// <param name="senderIp">IPv6 address that is advertised; also the source.</param>
        /// <param name="targetMac">MAC address of the asker; that of all nodes for an unsolicited advertisement.</param>
        /// <param name="targetIp">IPv6 address of the asker; "ff02::1" for an unsolicited advertisement.</param>
        /// <param name="solicited">The answer to a solicitation.</param>
        /// <param name="overrides">Replaces what neighbours have cached.</param>
        /// <param name="router">The sender is a router.</param>
        public static Frame NeighborAdvertisement(MacAddress senderMac, IPAddress senderIp, MacAddress targetMac, IPAddress targetIp, bool solicited = true, bool overrides = true, bool router = false)
        {
            var (source, destination) = (Ipv6Address.From(senderIp), Ipv6Address.From(targetIp));
            var message = new NeighborAdvertisement(source, senderMac, router, solicited, overrides);
            var bytes = new byte[EthernetHeader.Size + Ipv6Packet.HeaderLength + message.Length];
            var at = FrameWriter.Start(bytes, new EthernetHeader(targetMac, senderMac, 0), new Ipv6Packet { Source = source, Destination = destination, HopLimit = 255 }, IpProtocol.Icmpv6, message.Length);
            message.Write(bytes.AsSpan(at), InternetChecksum.PseudoHeader(source, destination, IpProtocol.Icmpv6, message.Length));
            return Frame.Own(bytes);
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
