using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: ipip, local: 10.0.0.1, remote: 10.0.0.2</c>: IP packets in IP packets.</summary>
internal static class IpipKind
{
    private static readonly IReadOnlyList<(string, byte)> Modes = [("any", 0), ("ipip", 4), ("ip4ip6", 4), ("ip6ip", 41), ("ip6ip6", 41), ("mplsip", 137)];

    public static readonly IReadOnlyList<DeviceKind> All =
    [
        Of("ipip", "a tunnel of IP in IPv4", name => new IpipSpec(name)),
        Of("sit", "a tunnel of IPv6 in IPv4", name => new SitSpec(name)),
        Of("ip6tnl", "a tunnel of IP in IPv6", name => new IpipSpec(name) { IPv6 = true }),
    ];

    private static LinkKind<TSpec> Of<TSpec>(string name, string noun, Func<string, TSpec> create)
        where TSpec : IpipLinkSpec => new LinkKind<TSpec>(name, noun, create)
        .WithTunnel()
        .Word("mode", "What it carries; any when absent.", Modes, (tunnel, protocol) => tunnel with { InnerProtocol = protocol });
}
