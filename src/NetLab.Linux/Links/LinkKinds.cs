using NetLab.Linux.Probe;

namespace NetLab.Linux.Netlink;

/// <summary>The table of the kinds that NetLab knows: how to read each, and what to do on a kernel without it.</summary>
internal static class LinkKinds
{
    /// <summary>
    /// The kind's own attributes as a spec; null for a kind that is not known, and for veth, whose other end is <see cref="LinkInfo.LinkIndex"/>.
    /// </summary>
    public static LinkSpec? Read(string? kind, string name, int lower, Attributes data) => kind switch
    {
        "bridge" => BridgeSpec.Read(name, data),
        "vlan" => VlanSpec.Read(name, lower, data),
        "macvlan" or "macvtap" => MacvlanLinkSpec.Read(kind is "macvtap", name, lower, data),
        "ipvlan" or "ipvtap" => IpvlanLinkSpec.Read(kind is "ipvtap", name, lower, data),
        "vxlan" => VxlanSpec.Read(name, data),
        "geneve" => GeneveSpec.Read(name, data),
        "gre" or "gretap" or "ip6gre" or "ip6gretap" => GreLinkSpec.Read(kind, name, data),
        "ipip" or "sit" or "ip6tnl" => IpipLinkSpec.Read(kind, name, data),
        "bond" => BondSpec.Read(name, data),
        "vrf" => VrfSpec.Read(name, data),
        "xfrm" => XfrmSpec.Read(name, data),
        "dummy" => new DummySpec(name),
        "ifb" => new IfbSpec(name),
        "wireguard" => new WireguardSpec(name),
        _ => null,
    };

    /// <summary>What a kernel without this kind lacks, and what to use instead, as <c>netlab doctor</c> says it; null for a kind that is not known.</summary>
    public static (string KernelOption, string? Remedy)? Missing(string kind) => kind switch
    {
        "veth" => Of(Feature.Veth),
        "bridge" => Of(Feature.Bridge),
        "vlan" => Of(Feature.Vlan),
        "macvlan" => Of(Feature.Macvlan),
        "macvtap" => Of(Feature.Macvtap),
        "ipvlan" => Of(Feature.Ipvlan),
        "ipvtap" => ("CONFIG_IPVTAP", "Use macvtap, or a bridge and a tap"),
        "vxlan" => Of(Feature.Vxlan),
        "geneve" => Of(Feature.Geneve),
        "gre" => Of(Feature.Gre),
        "gretap" => Of(Feature.Gretap),
        "ip6gre" or "ip6gretap" => ("CONFIG_IPV6_GRE", "Use VXLAN"),
        "ipip" => Of(Feature.Ipip),
        "sit" => Of(Feature.Sit),
        "ip6tnl" => ("CONFIG_IPV6_TUNNEL", "Use VXLAN"),
        "bond" => Of(Feature.Bond),
        "vrf" => Of(Feature.Vrf),
        "xfrm" => Of(Feature.Xfrm),
        "dummy" => Of(Feature.Dummy),
        "ifb" => Of(Feature.Ifb),
        "wireguard" => Of(Feature.Wireguard),
        _ => null,
    };

    private static (string KernelOption, string? Remedy) Of(Feature feature)
    {
        var description = FeatureTable.Of(feature);
        return (description.KernelOption!, description.Remedy);
    }
}
