using System.Runtime.InteropServices;

namespace NetLab.Packets;

/// <summary>Where the layers of a frame start: found once, in one pass, without allocation. Owned by <see cref="Frame"/>.</summary>
[StructLayout(LayoutKind.Auto)]
internal readonly struct FrameLayout
{
    private FrameLayout(Defect defect) => Defect = defect;

    /// <summary>The first defect of the headers and their options up to the transport protocol.</summary>
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
                defect = ip.TotalLength == 0 && ethernet.Payload.Length <= ushort.MaxValue
                    ? Defect.Malformed("IPv4 total length 0, which only a segment has that is still to be cut")
                    : OptionsOf("IPv4", ip.Options);
                return new FrameLayout(!defect.IsNone ? defect : Transport(ip.Protocol, first, ip.IsFragment, ip.IsTruncated, ip.Payload))
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
                defect = ip.ExtensionDefect.IsNone ? OptionsOf(ip.Extensions) : ip.ExtensionDefect;
                return new FrameLayout(!defect.IsNone ? defect : Transport(ip.Protocol, first, ip.Fragment.IsFragment, ip.IsTruncated, ip.Payload))
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
                if (TcpReader.TryParse(payload, out var tcp, out defect))
                {
                    defect = OptionsOf("TCP", tcp.OptionBytes);
                }

                break;
            case IpProtocol.Icmp:
                _ = IcmpReader.TryParse(payload, out _, out defect);
                break;
            case IpProtocol.Icmpv6:
                if (Icmpv6Reader.TryParse(payload, out var icmp, out defect) && !isFragment)
                {
                    defect = OptionsOfNdp(icmp.Type, payload);
                }

                break;
        }

        return defect;
    }

    // Options of the headers of IPv4 and TCP.
    private static Defect OptionsOf(string header, ReadOnlySpan<byte> options)
    {
        var walk = new HeaderOptionEnumerator(options);
        while (walk.MoveNext())
        {
        }

        return walk.Defect.IsNone ? Defect.None : new Defect(walk.Defect.Kind, $"{header} {walk.Defect.What}");
    }

    // Hop-by-hop and destination options of IPv6.
    private static Defect OptionsOf(Ipv6ExtensionEnumerator extensions)
    {
        while (extensions.MoveNext())
        {
            if (extensions.Current is { Kind: IpProtocol.HopByHop or IpProtocol.DestinationOptions, Bytes: var bytes })
            {
                var walk = new Ipv6OptionEnumerator(bytes[2..]);
                while (walk.MoveNext())
                {
                }

                if (!walk.Defect.IsNone)
                {
                    return walk.Defect;
                }
            }
        }

        return Defect.None;
    }

    private static Defect OptionsOfNdp(Icmpv6Type type, ReadOnlySpan<byte> message)
    {
        // Bytes before the options, RFC 4861 4.1 to 4.5.
        var start = type switch
        {
            Icmpv6Type.RouterSolicitation => 8,
            Icmpv6Type.RouterAdvertisement => 16,
            Icmpv6Type.NeighborSolicitation or Icmpv6Type.NeighborAdvertisement => 24,
            Icmpv6Type.Redirect => 40,
            _ => 0,
        };
        if (start == 0)
        {
            return Defect.None;
        }

        if (message.Length < start)
        {
            return Defect.Truncated("NDP message");
        }

        var walk = new NdpOptionEnumerator(message[start..]);
        while (walk.MoveNext())
        {
        }

        return walk.Defect;
    }
}
