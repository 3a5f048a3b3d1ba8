using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: ipvlan, link: eth0, mode: l2</c>: a device with the MAC address of the one below and IP addresses of its own.</summary>
internal static class IpvlanKind
{
    public static readonly DeviceKind Ipvlan = Of("ipvlan", "an ipvlan", name => new IpvlanSpec(name, 0));

    public static readonly DeviceKind Ipvtap = Of("ipvtap", "an ipvtap", name => new IpvtapSpec(name, 0));

    private static LinkKind<TSpec> Of<TSpec>(string name, string noun, Func<string, TSpec> create)
        where TSpec : IpvlanLinkSpec => new LinkKind<TSpec>(name, noun, create)
        .Over("link", "The device below.", (ipvlan, index) => ipvlan with { LinkIndex = index }, required: true)
        .Word("mode", "The layer it shares the device below on; l3 when absent.", [("l2", IpvlanMode.L2), ("l3", IpvlanMode.L3), ("l3s", IpvlanMode.L3S)],
            (ipvlan, mode) => ipvlan with { Mode = mode })
        .Word("flag", "Whether those on one device reach each other: bridge (as if absent), private, or vepa.",
            [("bridge", IpvlanFlags.Bridge), ("private", IpvlanFlags.Private), ("vepa", IpvlanFlags.Vepa)], (ipvlan, flags) => ipvlan with { Flags = flags });
}
