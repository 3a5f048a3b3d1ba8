using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: gretap, local: 10.0.0.1, remote: 10.0.0.2, key: 7</c>: GRE tunnels, for IP packets and for Ethernet frames.</summary>
internal static class GreKind
{
    public static readonly IReadOnlyList<DeviceKind> All =
    [
        Of("gre", "a GRE tunnel for IP packets", name => new GreSpec(name)),
        Of("gretap", "a GRE tunnel for Ethernet frames", name => new GretapSpec(name)),
        Of("ip6gre", "a GRE tunnel for IP packets between IPv6 ends", name => new GreSpec(name) { IPv6 = true }),
        Of("ip6gretap", "a GRE tunnel for Ethernet frames between IPv6 ends", name => new GretapSpec(name) { IPv6 = true }),
    ];

    private static LinkKind<TSpec> Of<TSpec>(string name, string noun, Func<string, TSpec> create)
        where TSpec : GreLinkSpec => new LinkKind<TSpec>(name, noun, create)
        .WithTunnel()
        .Number("key", "The key of what it sends and takes.", 0, uint.MaxValue, (gre, key) => gre with { InputKey = (uint)key, OutputKey = (uint)key })
        .Number("ikey", "The key of what it takes.", 0, uint.MaxValue, (gre, key) => gre with { InputKey = (uint)key })
        .Number("okey", "The key of what it sends.", 0, uint.MaxValue, (gre, key) => gre with { OutputKey = (uint)key })
        .Flag("seq", "Number what it sends, and take packets in sequence only.", (gre, on) => gre with { InputSequence = on, OutputSequence = on })
        .Flag("iseq", "Take packets in sequence only.", (gre, on) => gre with { InputSequence = on })
        .Flag("oseq", "Number what it sends.", (gre, on) => gre with { OutputSequence = on })
        .Flag("csum", "Send with checksums, and take packets with right ones only.", (gre, on) => gre with { InputChecksum = on, OutputChecksum = on })
        .Flag("icsum", "Take packets with a right checksum only.", (gre, on) => gre with { InputChecksum = on })
        .Flag("ocsum", "Send with checksums.", (gre, on) => gre with { OutputChecksum = on })
        .Flag("ignore-df", "Do not copy the don't-fragment bit; with 'pmtudisc: off'.", (gre, on) => gre with { IgnoreDf = on });
}
