namespace NetLab.Packets;

/// <summary>
/// Writes whole frames into memory of the caller, lengths and checksums filled in, without allocation: for traffic
/// generators. Each method returns the bytes written and throws <see cref="ArgumentException"/> where room is too little
/// or a length does not fit its field.
/// </summary>
public static class FrameWriter
{
    /// <summary>A UDP datagram in IPv4.</summary>
    /// <param name="destination">Room for 42 bytes and the payload.</param>
    /// <param name="ethernet">Addresses; the EtherType is filled in.</param>
    /// <param name="ip">Addresses and what else is to be chosen; protocol, options' length, total length and checksum are filled in.</param>
    /// <param name="sourcePort">Source port.</param>
    /// <param name="destinationPort">Destination port.</param>
    /// <param name="payload">What the datagram carries.</param>
    public static int Udp(Span<byte> destination, EthernetHeader ethernet, in Ipv4Packet ip, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload)
    {
        var length = UdpDatagram.HeaderLength + payload.Length;
        var at = Start(destination, ethernet, ip, IpProtocol.Udp, length);
        return at + UdpDatagram.Write(destination[at..], sourcePort, destinationPort, payload,
            InternetChecksum.PseudoHeader(ip.Source, ip.Destination, IpProtocol.Udp, length));
    }

    /// <summary>A UDP datagram in IPv6.</summary>
    /// <param name="destination">Room for 62 bytes and the payload.</param>
    /// <param name="ethernet">Addresses; the EtherType is filled in.</param>
    /// <param name="ip">Addresses and what else is to be chosen; the protocol, where there are no extension headers, and the length are filled in.</param>
    /// <param name="sourcePort">Source port.</param>
    /// <param name="destinationPort">Destination port.</param>
    /// <param name="payload">What the datagram carries.</param>
    public static int Udp(Span<byte> destination, EthernetHeader ethernet, in Ipv6Packet ip, ushort sourcePort, ushort destinationPort,
        ReadOnlySpan<byte> payload)
    {
        var length = UdpDatagram.HeaderLength + payload.Length;
        var at = Start(destination, ethernet, ip, IpProtocol.Udp, length);
        return at + UdpDatagram.Write(destination[at..], sourcePort, destinationPort, payload, ip.PseudoHeader(IpProtocol.Udp, length));
    }

    /// <summary>A TCP segment in IPv4.</summary>
    /// <param name="destination">Room for 54 bytes, options and payload.</param>
    /// <param name="ethernet">Addresses; the EtherType is filled in.</param>
    /// <param name="ip">Addresses and what else is to be chosen.</param>
    /// <param name="tcp">The segment, whose own payload does not count.</param>
    /// <param name="payload">What the segment carries.</param>
    public static int Tcp(Span<byte> destination, EthernetHeader ethernet, in Ipv4Packet ip, in TcpSegment tcp, ReadOnlySpan<byte> payload)
    {
        var length = tcp.HeaderLength + payload.Length;
        var at = Start(destination, ethernet, ip, IpProtocol.Tcp, length);
        return at + tcp.Write(destination[at..], payload, InternetChecksum.PseudoHeader(ip.Source, ip.Destination, IpProtocol.Tcp, length));
    }

    /// <summary>A TCP segment in IPv6.</summary>
    /// <param name="destination">Room for 74 bytes, options and payload.</param>
    /// <param name="ethernet">Addresses; the EtherType is filled in.</param>
    /// <param name="ip">Addresses and what else is to be chosen.</param>
    /// <param name="tcp">The segment, whose own payload does not count.</param>
    /// <param name="payload">What the segment carries.</param>
    public static int Tcp(Span<byte> destination, EthernetHeader ethernet, in Ipv6Packet ip, in TcpSegment tcp, ReadOnlySpan<byte> payload)
    {
        var length = tcp.HeaderLength + payload.Length;
        var at = Start(destination, ethernet, ip, IpProtocol.Tcp, length);
        return at + tcp.Write(destination[at..], payload, ip.PseudoHeader(IpProtocol.Tcp, length));
    }

    /// <summary>An ICMP message in IPv4.</summary>
    /// <param name="destination">Room for 42 bytes and the payload.</param>
    /// <param name="ethernet">Addresses; the EtherType is filled in.</param>
    /// <param name="ip">Addresses and what else is to be chosen.</param>
    /// <param name="icmp">The message, whose own payload does not count.</param>
    /// <param name="payload">Data of an echo, or the start of the packet that caused an error.</param>
    public static int Icmp(Span<byte> destination, EthernetHeader ethernet, in Ipv4Packet ip, in IcmpMessage icmp, ReadOnlySpan<byte> payload)
    {
        var at = Start(destination, ethernet, ip, IpProtocol.Icmp, IcmpMessage.HeaderLength + payload.Length);
        return at + icmp.Write(destination[at..], payload);
    }

    /// <summary>An ICMPv6 message in IPv6.</summary>
    /// <param name="destination">Room for 62 bytes and the payload.</param>
    /// <param name="ethernet">Addresses; the EtherType is filled in.</param>
    /// <param name="ip">Addresses and what else is to be chosen.</param>
    /// <param name="icmp">The message, whose own payload does not count.</param>
    /// <param name="payload">What follows the message's first eight bytes.</param>
    public static int Icmpv6(Span<byte> destination, EthernetHeader ethernet, in Ipv6Packet ip, in Icmpv6Message icmp, ReadOnlySpan<byte> payload)
    {
        var length = Icmpv6Message.HeaderLength + payload.Length;
        var at = Start(destination, ethernet, ip, IpProtocol.Icmpv6, length);
        return at + icmp.Write(destination[at..], payload, ip.PseudoHeader(IpProtocol.Icmpv6, length));
    }

    internal static int Start(Span<byte> destination, EthernetHeader ethernet, in Ipv4Packet ip, IpProtocol protocol, int length)
    {
        new EthernetHeader(ethernet.Destination, ethernet.Source, EtherTypes.Ipv4).Write(destination);
        return EthernetHeader.Size + ip.WriteHeader(destination[EthernetHeader.Size..], protocol, length);
    }

    internal static int Start(Span<byte> destination, EthernetHeader ethernet, in Ipv6Packet ip, IpProtocol protocol, int length)
    {
        new EthernetHeader(ethernet.Destination, ethernet.Source, EtherTypes.Ipv6).Write(destination);
        return EthernetHeader.Size + ip.WriteHeader(destination[EthernetHeader.Size..], protocol, length);
    }
}
