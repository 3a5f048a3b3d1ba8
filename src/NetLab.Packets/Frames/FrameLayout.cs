using System.Runtime.InteropServices;

namespace NetLab.Packets;

/// <summary>Where the layers of a frame start: found once, in one pass, without allocation. Owned by <see cref="Frame"/>.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct FrameLayout
{
    private FrameLayout(Defect defect) => Defect = defect;

    /// <summary>The first defect of the headers up to the transport protocol.</summary>
    public Defect Defect { get; private init; }

    public ushort EtherType { get; private init; }

    /// <summary>Where the payload of Ethernet starts; 0 when the Ethernet header is not whole.</summary>
    public int PayloadOffset { get; private init; }

    /// <summary>4 or 6 when there is an IP packet whose header is whole.</summary>
    public byte IpVersion { get; private init; }

    /// <summary>The protocol above IP; meaningful where <see cref="IpVersion"/> is.</summary>
    public IpProtocol Protocol { get; private init; }

    /// <summary>Where the transport header starts; 0 when there is none, or it is in another fragment.</summary>
    public int TransportOffset { get; private init; }

    public int TransportLength { get; private init; }

    public static FrameLayout Of(ReadOnlySpan<byte> bytes)
    {
        if (!EthernetReader.TryParse(bytes, out var ethernet, out var defect))
        {
            return new FrameLayout(defect);
        }

        var type = ethernet.EtherType;
        var offset = ethernet.PayloadOffset;
        switch (type)
        {
            case EtherTypes.Ipv4 when Ipv4Reader.TryParse(ethernet.Payload, out var ip, out defect):
                var first = ip.FragmentOffset == 0;
                return new FrameLayout(Transport(ip.Protocol, first, ip.IsFragment, ip.IsTruncated, ip.Payload))
                {
                    EtherType = type,
                    PayloadOffset = offset,
                    IpVersion = 4,
                    Protocol = ip.Protocol,
                    TransportOffset = first ? offset + ip.HeaderLength : 0,
                    TransportLength = first ? ip.Payload.Length : 0,
                };
            case EtherTypes.Ipv6 when Ipv6Reader.TryParse(ethernet.Payload, out var ip, out defect):
                first = ip.Fragment.Offset == 0 && ip.ExtensionDefect.IsNone;
                return new FrameLayout(ip.ExtensionDefect.IsNone ? Transport(ip.Protocol, first, ip.Fragment.IsFragment, ip.IsTruncated, ip.Payload) : ip.ExtensionDefect)
                {
                    EtherType = type,
                    PayloadOffset = offset,
                    IpVersion = 6,
                    Protocol = ip.Protocol,
                    TransportOffset = first ? offset + ip.PayloadOffset : 0,
                    TransportLength = first ? ip.Payload.Length : 0,
                };
            case EtherTypes.Arp or EtherTypes.Rarp:
                _ = ArpReader.TryParse(ethernet.Payload, out _, out defect);
                break;
        }

        return new FrameLayout(defect) { EtherType = type, PayloadOffset = offset };
    }

    private static Defect Transport(IpProtocol protocol, bool first, bool isFragment, bool isTruncated, ReadOnlySpan<byte> payload)
    {
        if (isTruncated)
        {
            return Defect.Truncated("IP payload");
        }

        if (!first || (isFragment && payload.Length < 8))
        {
            return Defect.None;
        }

        Defect defect = default;
        switch (protocol)
        {
            case IpProtocol.Udp:
                if (UdpReader.TryParse(payload, out var udp, out defect) && udp.IsTruncated && !isFragment)
                {
                    defect = Defect.Malformed("UDP length beyond the IP packet's");
                }

                break;
            case IpProtocol.Tcp:
                _ = TcpReader.TryParse(payload, out _, out defect);
                break;
            case IpProtocol.Icmp:
                _ = IcmpReader.TryParse(payload, out _, out defect);
                break;
            case IpProtocol.Icmpv6:
                _ = Icmpv6Reader.TryParse(payload, out _, out defect);
                break;
        }

        return defect;
    }
}
