using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary>Keys that all tunnels of IP in IP share.</summary>
internal static class IpTunnelKeys
{
    public static LinkKind<T> WithTunnel<T>(this LinkKind<T> kind)
        where T : IpTunnelSpec => kind
        .Over("dev", "The device it sends by.", (tunnel, index) => tunnel with { DeviceIndex = index })
        .Address("local", "The address it sends from.", (tunnel, address) => tunnel with { Local = address })
        .Address("remote", "The remote end.", (tunnel, address) => tunnel with { Remote = address })
        .With("ttl", "TTL or hop limit of what it sends, or inherit.", TunnelWords.Ttl, (tunnel, ttl) => tunnel with { Ttl = ttl })
        .With("tos", "TOS or traffic class of what it sends, or inherit.", TunnelWords.Tos, (tunnel, tos) => tunnel with { Tos = tos })
        .Number("flowlabel", "IPv6: the flow label of what it sends.", 0, 0xfffff, (tunnel, label) => tunnel with { FlowLabel = (uint)label })
        .Number("encaplimit", "IPv6: how many more encapsulations are allowed; 4 when absent.", 0, 255, (tunnel, limit) =>
            tunnel with { EncapsulationLimit = (byte)limit })
        .Flag("pmtudisc", "IPv4: set the don't-fragment bit and find the path's MTU; on when absent.", (tunnel, on) => tunnel with { PathMtuDiscovery = on })
        .Number("fwmark", "The mark by which the outer packets are routed.", 0, uint.MaxValue, (tunnel, mark) => tunnel with { FirewallMark = (uint)mark })
        .Flag("external", "The ends come with each packet.", (tunnel, on) => tunnel with { External = on })
        .Word("encap", "UDP around it all: fou or gue.",
            [("none", TunnelEncapsulationType.None), ("fou", TunnelEncapsulationType.Fou), ("gue", TunnelEncapsulationType.Gue)],
            (tunnel, type) => tunnel with { Encapsulation = (tunnel.Encapsulation ?? new TunnelEncapsulation(type)) with { Type = type } })
        .Number("encap-sport", "The UDP source port of 'encap'; chosen by the flow inside when absent.", 0, 65535, (tunnel, port) =>
            WithUdp(tunnel, udp => udp with { SourcePort = (ushort)port }))
        .Number("encap-dport", "The UDP destination port of 'encap'.", 1, 65535, (tunnel, port) =>
            WithUdp(tunnel, udp => udp with { DestinationPort = (ushort)port }))
        .Flag("encap-csum", "UDP checksums of 'encap' over IPv4.", (tunnel, on) => WithUdp(tunnel, udp => udp with { Checksum = on }))
        .Flag("encap-csum6", "UDP checksums of 'encap' over IPv6; on when absent.", (tunnel, on) => WithUdp(tunnel, udp => udp with { Checksum6 = on }))
        .Flag("encap-remcsum", "Remote checksum offload of 'encap'.", (tunnel, on) => WithUdp(tunnel, udp => udp with { RemoteChecksum = on }));

    private static T WithUdp<T>(T tunnel, Func<TunnelEncapsulation, TunnelEncapsulation> change)
        where T : IpTunnelSpec => tunnel with { Encapsulation = change(tunnel.Encapsulation ?? new TunnelEncapsulation(TunnelEncapsulationType.None)) };
}
