using System.Net;

namespace NetLab.Packets;

/// <summary>Whole frames with ICMP, ICMPv6 and neighbor discovery: <c>Frame.IcmpEcho(…)</c>, <c>Frame.NeighborSolicitation(…)</c>, …</summary>
public static class IcmpFrameFactories
{
    extension(Frame)
    {
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
        public static Frame IcmpEcho(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, IcmpType type,
            ushort identifier, ushort sequenceNumber, ReadOnlySpan<byte> payload = default, IpOptions? options = null) =>
            Icmp(sourceMac, destinationMac, source, destination, IcmpMessage.Echo(type, identifier, sequenceNumber, default), payload, options);

        /// <summary>Any ICMP message over IPv4.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IPv4 address.</param>
        /// <param name="destination">Destination IPv4 address.</param>
        /// <param name="message">The message with its payload.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame Icmp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, IcmpMessage message,
            IpOptions? options = null) =>
            Icmp(sourceMac, destinationMac, source, destination, message, message.Payload.Span, options);

        private static Frame Icmp(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, IcmpMessage message,
            ReadOnlySpan<byte> payload, IpOptions? options)
        {
            var bytes = new byte[EthernetHeader.Size + Ipv4Packet.MinimumHeaderLength + IcmpMessage.HeaderLength + payload.Length];
            FrameWriter.Icmp(bytes, new EthernetHeader(destinationMac, sourceMac, 0), FrameFactories.Ipv4(source, destination, options), message, payload);
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
        public static Frame Icmpv6Echo(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, Icmpv6Type type,
            ushort identifier, ushort sequenceNumber, ReadOnlySpan<byte> payload = default, IpOptions? options = null) =>
            Icmpv6(sourceMac, destinationMac, source, destination, Icmpv6Message.Echo(type, identifier, sequenceNumber, default), payload, options);

        /// <summary>Any ICMPv6 message.</summary>
        /// <param name="sourceMac">Source MAC address.</param>
        /// <param name="destinationMac">Destination MAC address.</param>
        /// <param name="source">Source IPv6 address.</param>
        /// <param name="destination">Destination IPv6 address.</param>
        /// <param name="message">The message with its payload.</param>
        /// <param name="options">What else is to be chosen in the IP header.</param>
        public static Frame Icmpv6(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, Icmpv6Message message,
            IpOptions? options = null) =>
            Icmpv6(sourceMac, destinationMac, source, destination, message, message.Payload.Span, options);

        private static Frame Icmpv6(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, Icmpv6Message message,
            ReadOnlySpan<byte> payload, IpOptions? options)
        {
            var bytes = new byte[EthernetHeader.Size + Ipv6Packet.HeaderLength + Icmpv6Message.HeaderLength + payload.Length];
            FrameWriter.Icmpv6(bytes, new EthernetHeader(destinationMac, sourceMac, 0), FrameFactories.Ipv6(source, destination, options), message, payload);
            return Frame.Own(bytes);
        }

        /// <summary>"Is there a router?", to all routers.</summary>
        /// <param name="senderMac">MAC address of the asker.</param>
        /// <param name="senderIp">IPv6 address of the asker, or "::".</param>
        public static Frame RouterSolicitation(MacAddress senderMac, IPAddress senderIp)
        {
            MacAddress? mac = Ipv6Address.From(senderIp).IsAny ? null : senderMac;
            return Discovery(senderMac, MacAddress.ForMulticast(Ipv6Address.AllRouters), senderIp, Ipv6Address.AllRouters,
                new RouterSolicitation(mac).ToMessage());
        }

        /// <summary>"I am a router, and this is what the link is like", to all nodes.</summary>
        /// <param name="senderMac">MAC address of the router; also advertised where the advertisement names none.</param>
        /// <param name="senderIp">Link-local IPv6 address of the router.</param>
        /// <param name="advertisement">What is said.</param>
        public static Frame RouterAdvertisement(MacAddress senderMac, IPAddress senderIp, RouterAdvertisement advertisement) =>
            Discovery(senderMac, MacAddress.ForMulticast(Ipv6Address.AllNodes), senderIp, Ipv6Address.AllNodes,
                (advertisement with { SourceMac = advertisement.SourceMac ?? senderMac }).ToMessage());

        /// <summary>Multicast listener discovery, with its router alert and a hop limit of 1.</summary>
        /// <param name="senderMac">MAC address of the sender.</param>
        /// <param name="senderIp">Link-local IPv6 address of the sender.</param>
        /// <param name="group">Where it goes: the group itself, "ff02::1" for a general query, "ff02::2" for a leave, "ff02::16" for a
        /// report of version 2.</param>
        /// <param name="message">The message.</param>
        public static Frame Mld(MacAddress senderMac, IPAddress senderIp, IPAddress group, MldMessage message)
        {
            var (source, destination, icmp) = (Ipv6Address.From(senderIp), Ipv6Address.From(group), message.ToMessage());
            var length = Icmpv6Message.HeaderLength + icmp.Payload.Length;
            var payload = new byte[length];
            icmp.Write(payload, InternetChecksum.PseudoHeader(source, destination, IpProtocol.Icmpv6, length));
            var extension = new byte[8];
            Ipv6Extension.WriteOptions(extension, IpProtocol.Icmpv6, [Ipv6Option.RouterAlert, 2, 0, 0]);
            return Frame.Ip(senderMac, MacAddress.ForMulticast(destination), new Ipv6Packet
            {
                Source = source,
                Destination = destination,
                HopLimit = 1,
                FirstExtension = IpProtocol.HopByHop,
                Extensions = extension,
                Protocol = IpProtocol.Icmpv6,
                Payload = payload,
            });
        }

        /// <summary>IGMP, with its router alert and a time to live of 1.</summary>
        /// <param name="senderMac">MAC address of the sender.</param>
        /// <param name="senderIp">IPv4 address of the sender.</param>
        /// <param name="group">Where it goes: the group itself, 224.0.0.1 for a general query, 224.0.0.2 for a leave, 224.0.0.22 for a
        /// report of version 3.</param>
        /// <param name="message">The message.</param>
        public static Frame Igmp(MacAddress senderMac, IPAddress senderIp, IPAddress group, IgmpMessage message) =>
            Frame.Ip(senderMac, MacAddress.ForMulticast(Ipv4Address.From(group)), new Ipv4Packet
            {
                Source = Ipv4Address.From(senderIp),
                Destination = Ipv4Address.From(group),
                TimeToLive = 1,
                TrafficClass = 0xC0,
                Protocol = IpProtocol.Igmp,
                Options = Ipv4Option.RouterAlertBytes.ToArray(),
                Payload = message.ToArray(),
            });

        private static Frame Discovery(MacAddress sourceMac, MacAddress destinationMac, IPAddress source, IPAddress destination, Icmpv6Message message) =>
            Icmpv6(sourceMac, destinationMac, source, destination, message, message.Payload.Span, new IpOptions { TimeToLive = 255 });

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
            var at = FrameWriter.Start(bytes, new EthernetHeader(MacAddress.ForMulticast(group), senderMac, 0),
                new Ipv6Packet { Source = source, Destination = group, HopLimit = 255 }, IpProtocol.Icmpv6, message.Length);
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
        public static Frame NeighborAdvertisement(MacAddress senderMac, IPAddress senderIp, MacAddress targetMac, IPAddress targetIp,
            bool solicited = true, bool overrides = true, bool router = false)
        {
            var (source, destination) = (Ipv6Address.From(senderIp), Ipv6Address.From(targetIp));
            var message = new NeighborAdvertisement(source, senderMac, router, solicited, overrides);
            var bytes = new byte[EthernetHeader.Size + Ipv6Packet.HeaderLength + message.Length];
            var at = FrameWriter.Start(bytes, new EthernetHeader(targetMac, senderMac, 0),
                new Ipv6Packet { Source = source, Destination = destination, HopLimit = 255 }, IpProtocol.Icmpv6, message.Length);
            message.Write(bytes.AsSpan(at), InternetChecksum.PseudoHeader(source, destination, IpProtocol.Icmpv6, message.Length));
            return Frame.Own(bytes);
        }
    }
}
