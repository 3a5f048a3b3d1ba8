using System.Buffers.Binary;

namespace NetLab.Packets;

// Typed views of what the transport protocols, tunnels and link protocols carry. Each is null when the frame has no such
// thing, or when it is cut or malformed.
public sealed partial class Frame
{
    /// <summary>The router solicitation of IPv6.</summary>
    public RouterSolicitation? RouterSolicitation =>
        IsWholeIcmpv6 && Packets.RouterSolicitation.TryParse(TransportBytes.Span, out var message) ? message : null;

    /// <summary>The router advertisement of IPv6.</summary>
    public RouterAdvertisement? RouterAdvertisement =>
        IsWholeIcmpv6 && Packets.RouterAdvertisement.TryParse(TransportBytes.Span, out var message) ? message : null;

    /// <summary>The redirect of IPv6.</summary>
    public Redirect? Redirect =>
        IsWholeIcmpv6 && Packets.Redirect.TryParse(TransportBytes.Span, out var message) ? message : null;

    /// <summary>The multicast listener discovery of IPv6.</summary>
    public MldMessage? Mld => IsWholeIcmpv6 && MldMessage.TryParse(TransportBytes.Span, out var message) ? message : null;

    /// <summary>The IGMP message of IPv4.</summary>
    public IgmpMessage? Igmp =>
        Layout.IpVersion == 4 && Carries(IpProtocol.Igmp) && IgmpMessage.TryParse(TransportBytes.Span, out var message) ? message : null;

    /// <summary>The VRRP advertisement.</summary>
    public VrrpPacket? Vrrp => Carries(IpProtocol.Vrrp) && VrrpPacket.TryParse(TransportBytes.Span, Layout.IpVersion == 6, out var packet) ? packet : null;

    /// <summary>The GRE header and what it carries.</summary>
    public GrePacket? Gre => Carries(IpProtocol.Gre) && GrePacket.TryParse(TransportBytes, out var packet) ? packet : null;

    /// <summary>
    /// The VXLAN header and what it carries, told by the ports 4789 and 8472;
    /// read others with <see cref="VxlanPacket.TryParse(ReadOnlyMemory{byte}, out VxlanPacket)"/>.
    /// </summary>
    public VxlanPacket? Vxlan =>
        Udp is { DestinationPort: VxlanPacket.Port or VxlanPacket.LinuxPort } udp && VxlanPacket.TryRecognise(udp.Payload, out var packet, out _)
            ? packet : null;

    /// <summary>The GENEVE header and what it carries, told by the port 6081.</summary>
    public GenevePacket? Geneve =>
        Udp is { DestinationPort: GenevePacket.Port } udp && GenevePacket.TryRecognise(udp.Payload, out var packet, out _) ? packet : null;

    /// <summary>
    /// What a tunnel carries, copied: of VXLAN, GENEVE, GRE, and of IP in IP (RFC 2003, RFC 2473, RFC 4213). A packet that travels without Ethernet
    /// stands behind an Ethernet header here that nobody sent, with zero addresses.
    /// </summary>
    public Frame? Inner => Vxlan?.Inner ?? Geneve?.Inner ?? Gre?.Inner
        ?? (Carries(IpProtocol.Ipv4) ? Carried(EtherTypes.Ipv4, TransportBytes.Span)
            : Carries(IpProtocol.Ipv6) ? Carried(EtherTypes.Ipv6, TransportBytes.Span) : null);

    /// <summary>The MPLS label stack and what is behind it.</summary>
    public MplsPacket? Mpls => EtherType is EtherTypes.Mpls or EtherTypes.MplsUpstream && MplsPacket.TryParse(Payload, out var packet) ? packet : null;

    /// <summary>The spanning tree BPDU.</summary>
    public Bpdu? Bpdu
    {
        get
        {
            var isBpdu = Layout.PayloadOffset > 0 && EtherType < EtherTypes.FirstType
                && LlcHeader.TryParse(Payload.Span, out var llc)
                && llc is { DestinationSap: LlcHeader.SpanningTree, SourceSap: LlcHeader.SpanningTree, Control: 3 };
            return isBpdu && Packets.Bpdu.TryParse(Payload.Span[3..Math.Max(3, Math.Min(EtherType, Payload.Length))], out var bpdu) ? bpdu : null;
        }
    }

    /// <summary>The LLDP packet.</summary>
    public LldpPacket? Lldp => EtherType == EtherTypes.Lldp && LldpPacket.TryParse(Payload, out var packet) ? packet : null;

    /// <summary>The LACP packet.</summary>
    public LacpPacket? Lacp => EtherType == EtherTypes.SlowProtocols && LacpPacket.TryParse(Payload.Span, out var packet) ? packet : null;

    /// <summary>The DHCP message for IPv4, told by its ports.</summary>
    public DhcpMessage? Dhcp =>
        Udp is { } udp && ApplicationPorts.IsDhcp(udp.SourcePort, udp.DestinationPort) && DhcpMessage.TryParse(udp.Payload.Span, out var message)
            ? message : null;

    /// <summary>The DHCPv6 message, told by its ports.</summary>
    public Dhcpv6Message? Dhcpv6 =>
        Udp is { } udp && ApplicationPorts.IsDhcpv6(udp.SourcePort, udp.DestinationPort)
            && Dhcpv6Message.TryRecognise(udp.Payload, out var message, out _) ? message : null;

    /// <summary>The DNS message in UDP, told by the ports 53 and 5353.</summary>
    public DnsMessage? Dns =>
        Udp is { } udp && ApplicationPorts.IsDns(udp.SourcePort, udp.DestinationPort)
            && DnsMessage.TryRecognise(udp.Payload.Span, out var message, out _) ? message : null;

    /// <summary>What a tunnel carries as a frame, by the EtherType that it says; null for what is neither Ethernet nor IP.</summary>
    internal static Frame? Carried(ushort type, ReadOnlySpan<byte> payload)
    {
        switch (type)
        {
            case EtherTypes.TransparentEthernetBridging:
                return FromBytes(payload);
            case EtherTypes.Ipv4 or EtherTypes.Ipv6:
                var bytes = new byte[14 + payload.Length];
                BinaryPrimitives.WriteUInt16BigEndian(bytes.AsSpan(12), type);
                payload.CopyTo(bytes.AsSpan(14));
                return Own(bytes);
            default:
                return null;
        }
    }

    /// <summary>Every checksum that can be checked is right; one that cannot, e.g. in a fragment, or has still to be computed does not count.</summary>
    public bool HasRightChecksums => Layers.All(layer => layer.Fields.All(f => !f.IsWrong));
}
