using System.Globalization;
using System.Text.Json.Nodes;
using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: vxlan, id: 42, remote: 10.0.0.2, dstport: 4789</c>: a VXLAN tunnel.</summary>
internal static class VxlanKind
{
    private static readonly ScalarShape<PortRange> Ports = new("a range of ports", "49152-65535",
        scalar => scalar.Text.Split('-') is [var low, var high] && ushort.TryParse(low, NumberStyles.None, CultureInfo.InvariantCulture, out var first)
            && ushort.TryParse(high, NumberStyles.None, CultureInfo.InvariantCulture, out var last) && first <= last
            ? (new PortRange(first, last), null)
            : (default, new Problem($"{scalar.Noun} is not a range of ports", "LOW-HIGH, like 49152-65535")),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9]+-[0-9]+$" });

    public static readonly DeviceKind Kind = new LinkKind<VxlanSpec>("vxlan", "a VXLAN tunnel", name => new VxlanSpec(name))
        .Over("dev", "The device it sends by.", (vxlan, index) => vxlan with { DeviceIndex = index })
        .Number("id", "The network identifier (VNI).", 0, 0xffffff, (vxlan, id) => vxlan with { Id = (uint)id })
        .Address("remote", "Where unknown frames and broadcasts go: a remote end.", (vxlan, address) => vxlan with { Remote = address })
        .Address("group", "Where unknown frames and broadcasts go: a multicast group, with 'dev'.", (vxlan, address) => vxlan with { Remote = address })
        .Address("local", "The address it sends from.", (vxlan, address) => vxlan with { Local = address })
        .Number("dstport", "The UDP destination port; the kernel's own is 8472, the standard's 4789.", 1, 65535, (vxlan, port) =>
            vxlan with { Port = (ushort)port })
        .With("srcport", "The UDP source ports to choose from, LOW-HIGH.", Ports, (vxlan, ports) => vxlan with { SourcePorts = ports })
        .With("ttl", "TTL of what it sends, or inherit.", TunnelWords.Ttl, (vxlan, ttl) => ttl is { } hops ? vxlan with { Ttl = hops }
            : vxlan with { TtlInherit = true })
        .With("tos", "TOS of what it sends, or inherit.", TunnelWords.Tos, (vxlan, tos) => vxlan with { Tos = tos })
        .Word("df", "The don't-fragment bit of what it sends.", TunnelWords.Df, (vxlan, df) => vxlan with { Df = df })
        .Number("flowlabel", "The IPv6 flow label of what it sends.", 0, 0xfffff, (vxlan, label) => vxlan with { FlowLabel = (uint)label })
        .Flag("learning", "Learn which remote end an address is behind; on when absent.", (vxlan, on) => vxlan with { Learning = on })
        .Flag("proxy", "Answer ARP and ND from the neighbour table.", (vxlan, on) => vxlan with { Proxy = on })
        .Flag("rsc", "Send routed frames straight to their destination.", (vxlan, on) => vxlan with { RouteShortCircuit = on })
        .Flag("l2miss", "Tell of frames to unknown MAC addresses by netlink.", (vxlan, on) => vxlan with { L2Miss = on })
        .Flag("l3miss", "Tell of unknown neighbours by netlink.", (vxlan, on) => vxlan with { L3Miss = on })
        .Time("ageing", "How long a learned entry is kept.", (vxlan, time) => vxlan with { Ageing = time })
        .Number("maxaddress", "Most addresses that may be learned; 0: no limit.", 0, uint.MaxValue, (vxlan, most) => vxlan with { MaxAddresses = (uint)most })
        .Flag("udpcsum", "UDP checksums over IPv4.", (vxlan, on) => vxlan with { UdpChecksum = on })
        .Flag("udp6zerocsumtx", "Send without UDP checksums over IPv6.", (vxlan, on) => vxlan with { UdpZeroChecksum6Tx = on })
        .Flag("udp6zerocsumrx", "Take packets without UDP checksums over IPv6.", (vxlan, on) => vxlan with { UdpZeroChecksum6Rx = on })
        .Flag("remcsumtx", "Remote checksum offload when sending.", (vxlan, on) => vxlan with { RemoteChecksumTx = on })
        .Flag("remcsumrx", "Remote checksum offload when receiving.", (vxlan, on) => vxlan with { RemoteChecksumRx = on })
        .Flag("external", "Identifier and remote end come with each packet.", (vxlan, on) => vxlan with { External = on })
        .Flag("vnifilter", "Take only identifiers of its filter; with 'external'.", (vxlan, on) => vxlan with { VniFilter = on })
        .Flag("gbp", "Group policy extension.", (vxlan, on) => vxlan with { GroupPolicy = on })
        .Flag("gpe", "Generic protocol extension; with 'external'.", (vxlan, on) => vxlan with { GenericProtocol = on })
        .Flag("localbypass", "Packets to a remote end of this node skip the IP stack; on when absent.", (vxlan, on) => vxlan with { LocalBypass = on });
}
