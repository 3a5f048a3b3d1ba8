namespace NetLab.Packets;

/// <summary>
/// Takes a frame apart into layers. Owns the order of the layers and which protocol comes next; what is in a layer is
/// said by that protocol's own Describe. Never throws on bytes.
/// </summary>
internal sealed class Dissection
{
    // Tunnels in tunnels may nest as deep as bytes allow; nobody reads on beyond this.
    private const int DeepestLayer = 40;

    private readonly ReadOnlyMemory<byte> _bytes;
    private readonly List<Layer> _layers = [];

    private Dissection(ReadOnlyMemory<byte> bytes, bool hasPendingChecksum)
    {
        _bytes = bytes;
        HasPendingChecksum = hasPendingChecksum;
    }

    public ReadOnlySpan<byte> Bytes => _bytes.Span;

    public ReadOnlyMemory<byte> Memory => _bytes;

    /// <summary>See <see cref="Frame.HasPendingChecksum"/>.</summary>
    public bool HasPendingChecksum { get; }

    /// <summary>Inside of the packet that an ICMP error quotes: it is cut on purpose.</summary>
    public bool InQuote { get; private set; }

    public static IReadOnlyList<Layer> Of(ReadOnlyMemory<byte> bytes, LinkType linkType = LinkType.Ethernet, bool hasPendingChecksum = false)
    {
        var d = new Dissection(bytes, hasPendingChecksum);
        switch (linkType)
        {
            case LinkType.Ethernet:
                EthernetHeader.Describe(d, 0, bytes.Length);
                break;
            case LinkType.Raw or LinkType.Ipv4 or LinkType.Ipv6:
                d.Ip(0, bytes.Length);
                break;
            case LinkType.LinuxCooked:
                LinuxCooked.Describe(d, 0, bytes.Length);
                break;
            case LinkType.LinuxCooked2:
                LinuxCooked.Describe2(d, 0, bytes.Length);
                break;
            case LinkType.Null:
                LinuxCooked.DescribeLoopback(d, 0, bytes.Length);
                break;
            default:
                d.Data(0, bytes.Length);
                break;
        }

        return d._layers;
    }

    public Layer Layer(string name, int at, int length, string summary = "")
    {
        var layer = new Layer(name, at, length, summary);
        _layers.Add(layer);
        return layer;
    }

    /// <summary>A header that cannot be read.</summary>
    public void Broken(string name, int at, int end, Defect defect)
    {
        var layer = Layer(name, at, end - at);
        layer.Defect = InQuote && defect.Kind == DefectKind.Truncated ? Defect.None : defect;
        layer.InLine = !InQuote;
        layer.Bytes("Bytes", 0, Bytes[at..end]);
    }

    /// <summary>What only a port number suggests to be something, and is not: data, of which the tree says why it is no more.</summary>
    public void Suspected(string name, int at, int end, Defect defect)
    {
        Data(at, end);
        _layers[^1].Summary += $", no {name}: {defect}";
    }

    public void Data(int at, int end, string name = "Data")
    {
        if (end <= at)
        {
            return;
        }

        var layer = Layer(name, at, end - at, $"{end - at} bytes");
        layer.InLine = false;
        layer.Bytes("Bytes", 0, Bytes[at..end]);
    }

    /// <summary>What an EtherType announces: in Ethernet, GRE, GENEVE.</summary>
    public void EtherType(ushort type, int at, int end)
    {
        if (IsTooDeep(at, end))
        {
            return;
        }

        switch (type)
        {
            case EtherTypes.Ipv4:
                Ipv4Packet.Describe(this, at, end);
                break;
            case EtherTypes.Ipv6:
                Ipv6Packet.Describe(this, at, end);
                break;
            case EtherTypes.Arp or EtherTypes.Rarp:
                ArpPacket.Describe(this, at, end, type);
                break;
            case EtherTypes.Mpls or EtherTypes.MplsUpstream:
                MplsPacket.Describe(this, at, end);
                break;
            case EtherTypes.Lldp:
                LldpPacket.Describe(this, at, end);
                break;
            case EtherTypes.SlowProtocols:
                LacpPacket.Describe(this, at, end);
                break;
            case EtherTypes.TransparentEthernetBridging:
                EthernetHeader.Describe(this, at, end);
                break;
            default:
                var layer = Layer(EtherTypes.NameOf(type), at, 0, $"len {end - at}");
                layer.InLine = true;
                Data(at, end);
                break;
        }
    }

    /// <summary>An IP packet of the version that its first bits say.</summary>
    public void Ip(int at, int end)
    {
        switch (at < end ? Bytes[at] >> 4 : 0)
        {
            case 4:
                EtherType(EtherTypes.Ipv4, at, end);
                break;
            case 6:
                EtherType(EtherTypes.Ipv6, at, end);
                break;
            default:
                Data(at, end);
                break;
        }
    }

    /// <summary>What an IP protocol number announces.</summary>
    public void Protocol(in IpContext ip, int at, int end)
    {
        if (IsTooDeep(at, end))
        {
            return;
        }

        switch (ip.Protocol)
        {
            case IpProtocol.Udp:
                UdpDatagram.Describe(this, at, end, ip);
                break;
            case IpProtocol.Tcp:
                TcpSegment.Describe(this, at, end, ip);
                break;
            case IpProtocol.Icmp when ip.Version == 4:
                IcmpMessage.Describe(this, at, end, ip);
                break;
            case IpProtocol.Icmpv6 when ip.Version == 6:
                Icmpv6Message.Describe(this, at, end, ip);
                break;
            case IpProtocol.Igmp when ip.Version == 4:
                IgmpMessage.Describe(this, at, end, ip);
                break;
            case IpProtocol.Vrrp:
                VrrpPacket.Describe(this, at, end, ip);
                break;
            case IpProtocol.Gre:
                GrePacket.Describe(this, at, end, ip);
                break;
            case IpProtocol.Esp:
                EspHeader.Describe(this, at, end);
                break;
            case IpProtocol.AuthenticationHeader when ip.Version == 4:
                EspHeader.DescribeAuthentication(this, at, end, ip);
                break;
            case IpProtocol.Mpls:
                MplsPacket.Describe(this, at, end);
                break;
            case IpProtocol.Ethernet:
                EthernetHeader.Describe(this, at, end);
                break;
            case IpProtocol.Ipv4:
                EtherType(EtherTypes.Ipv4, at, end);
                break;
            case IpProtocol.Ipv6:
                EtherType(EtherTypes.Ipv6, at, end);
                break;
            case IpProtocol.NoNextHeader:
                Layer("nothing", at, 0);
                Data(at, end);
                break;
            default:
                var known = Enum.IsDefined(ip.Protocol);
                var layer = Layer(known ? ip.Protocol.ToString() : $"proto {(byte)ip.Protocol}", at, 0, $"len {end - at}");
                layer.InLine = true;
                Data(at, end);
                break;
        }
    }

    /// <summary>What an ICMP error carries: the start of the packet that caused it.</summary>
    public void Quote(int at, int end)
    {
        var outer = InQuote;
        InQuote = true;
        if (end > at)
        {
            var layer = Layer("about", at, 0);
            layer.Line = "about";
            Ip(at, end);
        }

        InQuote = outer;
    }

    private bool IsTooDeep(int at, int end)
    {
        if (_layers.Count < DeepestLayer)
        {
            return false;
        }

        Data(at, end, "Nested too deep");
        return true;
    }
}

/// <summary>What a protocol above IP has to know of the packet it is in.</summary>
internal readonly struct IpContext
{
    private readonly Ipv4Address _source4;
    private readonly Ipv4Address _destination4;
    private readonly Ipv6Address _source6;
    private readonly Ipv6Address _destination6;

    public IpContext(Ipv4Reader ip)
    {
        Version = 4;
        Protocol = ip.Protocol;
        IsWhole = !ip.IsTruncated && !ip.IsFragment;
        _source4 = ip.Source;
        _destination4 = ip.Destination;
    }

    public IpContext(Ipv6Reader ip)
    {
        Version = 6;
        Protocol = ip.Protocol;
        IsWhole = !ip.IsTruncated && !ip.Fragment.IsFragment;
        _source6 = ip.Source;
        _destination6 = ip.FinalDestination;
    }

    public byte Version { get; }

    public IpProtocol Protocol { get; private init; }

    public IpContext With(IpProtocol protocol) => this with { Protocol = protocol };

    /// <summary>All of the packet is there, so that its checksum can be checked.</summary>
    public bool IsWhole { get; }

    /// <summary>The checksum that the bytes should have, their own field being at an offset; null when not all are there.</summary>
    public ushort? RightChecksum(ReadOnlySpan<byte> bytes, int offset, bool withPseudoHeader = true) => !IsWhole ? null
        : InternetChecksum.Of(bytes[(offset + 2)..], InternetChecksum.Sum(bytes[..offset], withPseudoHeader ? PseudoHeader(bytes.Length) : 0));

    /// <summary>What the kernel writes where a device is to compute the checksum (CHECKSUM_PARTIAL): the sum of the pseudo header alone.</summary>
    public bool IsPartialChecksum(ushort value, int length) => IsWhole && value == (ushort)~InternetChecksum.Finish(PseudoHeader(length));

    private ulong PseudoHeader(int length) => Version == 4
        ? InternetChecksum.PseudoHeader(_source4, _destination4, Protocol, length)
        : InternetChecksum.PseudoHeader(_source6, _destination6, Protocol, length);
}
