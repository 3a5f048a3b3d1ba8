namespace NetLab.Linux.Netlink;

/// <summary>What plain tunnels share: IP packets in IP packets, with nothing between.</summary>
/// <param name="Name">Its name.</param>
public abstract record IpipLinkSpec(string Name) : IpTunnelSpec(Name)
{
    // include/uapi/linux/if_tunnel.h
    private const ushort IFLA_IPTUN_LINK = 1, IFLA_IPTUN_LOCAL = 2, IFLA_IPTUN_REMOTE = 3, IFLA_IPTUN_TTL = 4, IFLA_IPTUN_TOS = 5,
        IFLA_IPTUN_ENCAP_LIMIT = 6, IFLA_IPTUN_FLOWINFO = 7, IFLA_IPTUN_FLAGS = 8, IFLA_IPTUN_PROTO = 9, IFLA_IPTUN_PMTUDISC = 10,
        IFLA_IPTUN_ENCAP_TYPE = 15, IFLA_IPTUN_COLLECT_METADATA = 19, IFLA_IPTUN_FWMARK = 20;

    /// <summary>What it carries: 4 for IPv4, 41 for IPv6, 137 for MPLS; 0 for whatever the kind can.</summary>
    public byte InnerProtocol { get; init; }

    private protected virtual bool IsSit => false;

    internal override void WriteData(MessageWriter writer)
    {
        writer.U8(IFLA_IPTUN_PROTO, InnerProtocol);
        if (External)
        {
            writer.Flag(IFLA_IPTUN_COLLECT_METADATA, true);
            return;
        }

        writer.Address(IFLA_IPTUN_LOCAL, Local);
        writer.Address(IFLA_IPTUN_REMOTE, Remote);
        if (IPv6)
        {
            writer.U8(IFLA_IPTUN_TTL, WireTtl);
            writer.U8(IFLA_IPTUN_ENCAP_LIMIT, WireEncapsulationLimit);
            writer.Be32(IFLA_IPTUN_FLOWINFO, FlowInfo);
            writer.U32(IFLA_IPTUN_FLAGS, Ipv6Flags);
        }
        else
        {
            writer.U8(IFLA_IPTUN_PMTUDISC, PathMtuDiscovery);
            writer.U8(IFLA_IPTUN_TOS, Tos);
            writer.U8(IFLA_IPTUN_TTL, WireTtl);
        }

        writer.S32(IFLA_IPTUN_LINK, DeviceIndex ?? 0);
        writer.U32(IFLA_IPTUN_FWMARK, FirewallMark);
        WriteEncapsulation(writer, IFLA_IPTUN_ENCAP_TYPE);
        writer.U16(IFLA_IPTUN_FLAGS, IsSit ? (ushort)0 : null);
    }

    internal static LinkSpec Read(string kind, string name, Attributes data)
    {
        var ipv6 = kind == "ip6tnl";
        var flowInfo = data.Find(IFLA_IPTUN_FLOWINFO).Be32;
        var link = data.Find(IFLA_IPTUN_LINK).S32;
        IpipLinkSpec spec = kind == "sit" ? new SitSpec(name) : new IpipSpec(name);
        return spec with
        {
            IPv6 = ipv6,
            InnerProtocol = data.Find(IFLA_IPTUN_PROTO).U8,
            Local = End(data.Find(IFLA_IPTUN_LOCAL)),
            Remote = End(data.Find(IFLA_IPTUN_REMOTE)),
            Ttl = data.Find(IFLA_IPTUN_TTL).U8,
            Tos = ipv6 ? (byte)(flowInfo >> 20) : data.Find(IFLA_IPTUN_TOS).U8,
            FlowLabel = flowInfo & 0xfffff,
            EncapsulationLimit = ipv6 ? LimitOf(data.Find(IFLA_IPTUN_FLAGS).U32, data.Find(IFLA_IPTUN_ENCAP_LIMIT).U8) : 4,
            PathMtuDiscovery = ipv6 || data.Find(IFLA_IPTUN_PMTUDISC).Bool,
            DeviceIndex = link == 0 ? null : link,
            FirewallMark = data.Find(IFLA_IPTUN_FWMARK).U32,
            External = Has(data, IFLA_IPTUN_COLLECT_METADATA),
            Encapsulation = ReadEncapsulation(data, IFLA_IPTUN_ENCAP_TYPE),
        };
    }
}

/// <summary>
/// A tunnel of IP in IPv4 (RFC 2003): kind <c>ipip</c>; between IPv6 ends kind <c>ip6tnl</c> (RFC 2473; CONFIG_NET_IPIP, CONFIG_IPV6_TUNNEL).
/// </summary>
/// <param name="Name">Its name.</param>
public sealed record IpipSpec(string Name) : IpipLinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => IPv6 ? "ip6tnl" : "ipip";
}

/// <summary>A tunnel of IPv6 in IPv4 (RFC 4213; CONFIG_IPV6_SIT).</summary>
/// <param name="Name">Its name.</param>
public sealed record SitSpec(string Name) : IpipLinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => "sit";

    private protected override bool IsSit => true;
}
