using NetLab.Linux.Netlink;

namespace NetLab;

// Kernel settings: those of the node from /proc/sys, those of devices from the reading of the links, which brings them along.
internal sealed partial class StateReader
{
    private const string Forward = "net.ipv4.ip_forward";

    // With the kernel's default. "all" of rp_filter and the like is added to, or compared with, each device's own.
    private static readonly (string Name, string Usual)[] NodeSettings =
    [
        (Forward, "0"),
        ("net.ipv4.ip_nonlocal_bind", "0"),
        ("net.ipv4.ip_local_port_range", "32768 60999"),
        ("net.ipv4.icmp_echo_ignore_all", "0"),
        ("net.ipv4.fib_multipath_hash_policy", "0"),
        ("net.ipv4.conf.all.rp_filter", "0"),
        ("net.ipv4.conf.all.arp_ignore", "0"),
        ("net.ipv4.conf.all.arp_announce", "0"),
        ("net.ipv4.conf.all.arp_filter", "0"),
        ("net.ipv4.conf.all.proxy_arp", "0"),
        ("net.ipv4.conf.all.accept_local", "0"),
        ("net.ipv4.conf.all.route_localnet", "0"),
        ("net.ipv4.conf.all.send_redirects", "1"),
        ("net.ipv4.conf.default.rp_filter", "0"),
        ("net.ipv4.conf.default.arp_ignore", "0"),
        ("net.ipv4.conf.default.arp_announce", "0"),
        ("net.ipv4.conf.default.arp_filter", "0"),
        ("net.ipv4.conf.default.proxy_arp", "0"),
        ("net.ipv4.conf.default.accept_local", "0"),
        ("net.ipv4.conf.default.route_localnet", "0"),
        ("net.ipv4.conf.default.send_redirects", "1"),
        ("net.ipv4.conf.default.accept_redirects", "1"),
        ("net.ipv6.conf.all.disable_ipv6", "0"),
        ("net.ipv6.conf.all.forwarding", "0"),
        ("net.bridge.bridge-nf-filter-vlan-tagged", "0"),
        ("net.netfilter.nf_conntrack_acct", "0"),
        ("net.netfilter.nf_conntrack_checksum", "1"),
        ("net.netfilter.nf_conntrack_tcp_be_liberal", "0"),
        ("net.netfilter.nf_conntrack_tcp_loose", "1"),
    ];

    // Without meaning in a node without IPv6 or bridges, and off in a lab's quiet nodes with them.
    private static readonly string[] SettingsOfIPv6 = ["net.ipv6.conf.default.accept_ra", "net.ipv6.conf.default.accept_dad", "net.ipv6.conf.default.autoconf"];
    private static readonly string[] SettingsOfBridges =
        ["net.bridge.bridge-nf-call-iptables", "net.bridge.bridge-nf-call-ip6tables", "net.bridge.bridge-nf-call-arptables"];

    private static readonly string[] Volatile = ["net.netfilter.nf_conntrack_count", "net.netfilter.nf_conntrack_max"];

    private List<SysctlEntry> ReadSysctls()
    {
        var settings = new List<SysctlEntry>();
        foreach (var (setting, usual) in NodeSettings)
        {
            AddAll([setting], (name, value) => new SysctlEntry(name, value) { Usual = usual });
        }

        var ofNode = settings.ToDictionary(s => s.Name, s => s.Value);
        bool v6 = ofNode.GetValueOrDefault("net.ipv6.conf.all.disable_ipv6") == "0", bridges = _links.Values.Any(l => l.Kind is "bridge");
        AddAll(SettingsOfIPv6, (name, value) => new SysctlEntry(name, value) { Usual = v6 ? "0" : value });
        AddAll(SettingsOfBridges, (name, value) => new SysctlEntry(name, value) { Usual = bridges ? "0" : value });
        AddAll(Volatile, (name, value) => new SysctlEntry(name, value) { IsVolatile = true });

        // A router does not believe redirects: the kernel turns this with ip_forward.
        AddAll(["net.ipv4.conf.all.accept_redirects"],
            (name, value) => new SysctlEntry(name, value) { Follows = Forward, Usual = ofNode.GetValueOrDefault(Forward) == "1" ? "0" : "1" });
        ofNode = settings.ToDictionary(s => s.Name, s => s.Value);
        foreach (var link in _links.Values.OrderBy(l => l.Name, StringComparer.Ordinal))
        {
            settings.AddRange(OfDevice(link, ofNode));
        }

        return settings;

        // What the kernel lacks is left out.
        void AddAll(string[] names, Func<string, string, SysctlEntry> entry)
        {
            foreach (var name in names)
            {
                if (Setting(name) is { } value)
                {
                    settings.Add(entry(name, value));
                }
            }
        }
    }

    private string? Setting(string name) => Part<string>($"sysctl {name}", () => _ns.FindSysctl(name) is { } value ? [value] : []) is [var text]
        ? text.Replace('\t', ' ') : null;

    private static IEnumerable<SysctlEntry> OfDevice(LinkInfo link, Dictionary<string, string> ofNode)
    {
        // A name with a dot in it is written with slashes, as sysctl(8) has it.
        var dotted = link.Name.Contains('.', StringComparison.Ordinal);
        string Name(string family, string setting) => dotted ? $"net/{family}/conf/{link.Name}/{setting}" : $"net.{family}.conf.{link.Name}.{setting}";
        SysctlEntry Entry(string family, string setting, int value, string follows, string? ofKernel = null) =>
            new(Name(family, setting), $"{value}") { Follows = follows, Usual = ofKernel ?? ofNode.GetValueOrDefault(follows) };

        if (link.Inet is { } v4)
        {
            yield return Entry("ipv4", "forwarding", v4.Forwarding, Forward);
            foreach (var (setting, value) in new[]
            {
                ("rp_filter", v4.RpFilter), ("arp_ignore", v4.ArpIgnore), ("arp_announce", v4.ArpAnnounce), ("arp_filter", v4.ArpFilter),
                    ("proxy_arp", v4.ProxyArp),
                ("accept_local", v4.AcceptLocal), ("route_localnet", v4.RouteLocalnet), ("send_redirects", v4.SendRedirects),
                    ("accept_redirects", v4.AcceptRedirects),
            })
            {
                yield return Entry("ipv4", setting, value, $"net.ipv4.conf.default.{setting}");
            }

            yield return Entry("ipv4", "proxy_arp_pvlan", v4.ProxyArpPvlan, "net.ipv4.conf.default.proxy_arp_pvlan", "0");
            yield return Entry("ipv4", "arp_accept", v4.ArpAccept, "net.ipv4.conf.default.arp_accept", "0");
        }

        if (link.Inet6 is { } v6)
        {
            yield return Entry("ipv6", "disable_ipv6", v6.DisableIpv6, "net.ipv6.conf.all.disable_ipv6");
            yield return Entry("ipv6", "forwarding", v6.Forwarding, "net.ipv6.conf.all.forwarding");
            yield return Entry("ipv6", "proxy_ndp", v6.ProxyNdp, "net.ipv6.conf.default.proxy_ndp", "0");
            if (!link.Flags.HasFlag(LinkFlags.Loopback) && v6.DisableIpv6 == 0)
            {
                yield return Entry("ipv6", "accept_ra", v6.AcceptRa, "net.ipv6.conf.default.accept_ra");
                yield return Entry("ipv6", "accept_dad", v6.AcceptDad, "net.ipv6.conf.default.accept_dad");
                yield return Entry("ipv6", "autoconf", v6.Autoconf, "net.ipv6.conf.default.autoconf");
            }
        }
    }
}
