namespace NetLab.Linux.Netlink;

/// <summary>What GRE tunnels share (RFC 2784, RFC 2890).</summary>
/// <param name="Name">Its name.</param>
public abstract record GreLinkSpec(string Name) : IpTunnelSpec(Name)
{
    // include/uapi/linux/if_tunnel.h; keys and flags are big-endian.
    private const ushort IFLA_GRE_LINK = 1, IFLA_GRE_IFLAGS = 2, IFLA_GRE_OFLAGS = 3, IFLA_GRE_IKEY = 4, IFLA_GRE_OKEY = 5, IFLA_GRE_LOCAL = 6,
        IFLA_GRE_REMOTE = 7, IFLA_GRE_TTL = 8, IFLA_GRE_TOS = 9, IFLA_GRE_PMTUDISC = 10, IFLA_GRE_ENCAP_LIMIT = 11, IFLA_GRE_FLOWINFO = 12,
        IFLA_GRE_FLAGS = 13, IFLA_GRE_ENCAP_TYPE = 14, IFLA_GRE_COLLECT_METADATA = 18, IFLA_GRE_IGNORE_DF = 19, IFLA_GRE_FWMARK = 20,
        IFLA_GRE_ERSPAN_VER = 22;
    private const ushort GRE_CSUM = 0x8000, GRE_KEY = 0x2000, GRE_SEQ = 0x1000;

    /// <summary>Key of the packets it takes.</summary>
    public uint? InputKey { get; init; }

    /// <summary>Key of the packets it sends.</summary>
    public uint? OutputKey { get; init; }

    /// <summary>Takes packets in sequence only.</summary>
    public bool InputSequence { get; init; }

    /// <summary>Numbers the packets it sends.</summary>
    public bool OutputSequence { get; init; }

    /// <summary>Takes packets with a right checksum only.</summary>
    public bool InputChecksum { get; init; }

    /// <summary>Sends with a checksum.</summary>
    public bool OutputChecksum { get; init; }

    /// <summary>Does not copy the don't-fragment bit; only without <see cref="IpTunnelSpec.PathMtuDiscovery"/>.</summary>
    public bool IgnoreDf { get; init; }

    internal override void WriteData(MessageWriter writer)
    {
        if (External)
        {
            writer.Flag(IFLA_GRE_COLLECT_METADATA, true);
            return;
        }

        writer.Be32(IFLA_GRE_IKEY, InputKey ?? 0);
        writer.Be32(IFLA_GRE_OKEY, OutputKey ?? 0);
        writer.Be16(IFLA_GRE_IFLAGS, Flags(InputKey, InputSequence, InputChecksum));
        writer.Be16(IFLA_GRE_OFLAGS, Flags(OutputKey, OutputSequence, OutputChecksum));
        writer.Address(IFLA_GRE_LOCAL, Local);
        writer.Address(IFLA_GRE_REMOTE, Remote);
        if (IPv6)
        {
            writer.S32(IFLA_GRE_LINK, DeviceIndex);
            writer.U8(IFLA_GRE_TTL, WireTtl);
            writer.U8(IFLA_GRE_ENCAP_LIMIT, WireEncapsulationLimit);
            writer.Be32(IFLA_GRE_FLOWINFO, FlowInfo);
            writer.U32(IFLA_GRE_FLAGS, Ipv6Flags);
            writer.U32(IFLA_GRE_FWMARK, FirewallMark);
            writer.U8(IFLA_GRE_ERSPAN_VER, (byte)1); // as iproute2; only ERSPAN looks at it
        }
        else
        {
            writer.U8(IFLA_GRE_PMTUDISC, PathMtuDiscovery);
            writer.U8(IFLA_GRE_IGNORE_DF, IgnoreDf ? true : null);
            writer.U8(IFLA_GRE_TOS, Tos);
            writer.S32(IFLA_GRE_LINK, DeviceIndex);
            writer.U8(IFLA_GRE_TTL, WireTtl);
            writer.U32(IFLA_GRE_FWMARK, FirewallMark);
        }

        WriteEncapsulation(writer, IFLA_GRE_ENCAP_TYPE);
    }

    private static ushort Flags(uint? key, bool sequence, bool checksum) =>
        (ushort)((key is null ? 0 : GRE_KEY) | (sequence ? GRE_SEQ : 0) | (checksum ? GRE_CSUM : 0));

    internal static LinkSpec Read(string kind, string name, Attributes data)
    {
        var ipv6 = kind.StartsWith("ip6", StringComparison.Ordinal);
        var (input, output) = (data.Find(IFLA_GRE_IFLAGS).Be16, data.Find(IFLA_GRE_OFLAGS).Be16);
        var flowInfo = data.Find(IFLA_GRE_FLOWINFO).Be32;
        var link = data.Find(IFLA_GRE_LINK).S32;
        GreLinkSpec spec = kind.EndsWith("tap", StringComparison.Ordinal) ? new GretapSpec(name) : new GreSpec(name);
        return spec with
        {
            IPv6 = ipv6,
            InputKey = (input & GRE_KEY) != 0 ? data.Find(IFLA_GRE_IKEY).Be32 : null,
            OutputKey = (output & GRE_KEY) != 0 ? data.Find(IFLA_GRE_OKEY).Be32 : null,
            InputSequence = (input & GRE_SEQ) != 0,
            OutputSequence = (output & GRE_SEQ) != 0,
            InputChecksum = (input & GRE_CSUM) != 0,
            OutputChecksum = (output & GRE_CSUM) != 0,
            Local = End(data.Find(IFLA_GRE_LOCAL)),
            Remote = End(data.Find(IFLA_GRE_REMOTE)),
            Ttl = data.Find(IFLA_GRE_TTL).U8,
            Tos = ipv6 ? (byte)(flowInfo >> 20) : data.Find(IFLA_GRE_TOS).U8,
            FlowLabel = flowInfo & 0xfffff,
            EncapsulationLimit = ipv6 ? LimitOf(data.Find(IFLA_GRE_FLAGS).U32, data.Find(IFLA_GRE_ENCAP_LIMIT).U8) : 4,
            PathMtuDiscovery = ipv6 || data.Find(IFLA_GRE_PMTUDISC).Bool,
            IgnoreDf = data.Find(IFLA_GRE_IGNORE_DF).Bool,
            DeviceIndex = link == 0 ? null : link,
            FirewallMark = data.Find(IFLA_GRE_FWMARK).U32,
            External = Has(data, IFLA_GRE_COLLECT_METADATA),
            Encapsulation = ReadEncapsulation(data, IFLA_GRE_ENCAP_TYPE),
        };
    }
}

/// <summary>A GRE tunnel for IP packets: kind <c>gre</c>, or <c>ip6gre</c> between IPv6 ends (CONFIG_NET_IPGRE, CONFIG_IPV6_GRE).</summary>
/// <param name="Name">Its name.</param>
public sealed record GreSpec(string Name) : GreLinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => IPv6 ? "ip6gre" : "gre";
}

/// <summary>A GRE tunnel for Ethernet frames: kind <c>gretap</c>, or <c>ip6gretap</c> between IPv6 ends (CONFIG_NET_IPGRE, CONFIG_IPV6_GRE).</summary>
/// <param name="Name">Its name.</param>
public sealed record GretapSpec(string Name) : GreLinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => IPv6 ? "ip6gretap" : "gretap";
}
