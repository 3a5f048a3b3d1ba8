using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: geneve, id: 42, remote: 10.0.0.2</c>: a GENEVE tunnel.</summary>
internal static class GeneveKind
{
    public static readonly DeviceKind Kind = new LinkKind<GeneveSpec>("geneve", "a GENEVE tunnel", name => new GeneveSpec(name))
        .Number("id", "The network identifier (VNI).", 0, 0xffffff, (geneve, id) => geneve with { Id = (uint)id })
        .Address("remote", "The remote end.", (geneve, address) => geneve with { Remote = address })
        .Number("dstport", "The UDP destination port; 6081 when absent.", 1, 65535, (geneve, port) => geneve with { Port = (ushort)port })
        .With("ttl", "TTL of what it sends, or inherit.", TunnelWords.Ttl, (geneve, ttl) => ttl is { } hops ? geneve with { Ttl = hops }
            : geneve with { TtlInherit = true })
        .With("tos", "TOS of what it sends, or inherit.", TunnelWords.Tos, (geneve, tos) => geneve with { Tos = tos })
        .Word("df", "The don't-fragment bit of what it sends.", TunnelWords.Df, (geneve, df) => geneve with { Df = df })
        .Number("flowlabel", "The IPv6 flow label of what it sends.", 0, 0xfffff, (geneve, label) => geneve with { FlowLabel = (uint)label })
        .Flag("external", "Identifier and remote end come with each packet.", (geneve, on) => geneve with { External = on })
        .Flag("udpcsum", "UDP checksums over IPv4.", (geneve, on) => geneve with { UdpChecksum = on })
        .Flag("udp6zerocsumtx", "Send without UDP checksums over IPv6.", (geneve, on) => geneve with { UdpZeroChecksum6Tx = on })
        .Flag("udp6zerocsumrx", "Take packets without UDP checksums over IPv6.", (geneve, on) => geneve with { UdpZeroChecksum6Rx = on })
        .Flag("innerprotoinherit", "Carry IP packets directly, without Ethernet.", (geneve, on) => geneve with { InnerProtocolInherit = on });
}
