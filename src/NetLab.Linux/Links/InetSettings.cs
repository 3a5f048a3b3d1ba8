namespace NetLab.Linux.Netlink;

/// <summary>
/// The IPv4 settings of one device, <c>net.ipv4.conf.DEVICE.*</c>, as they come with a reading of the links (IFLA_INET_CONF: an array of u32 numbered by
/// <c>IPV4_DEVCONF_*</c> of <c>include/uapi/linux/ip.h</c>, from 1).
/// </summary>
public sealed record InetSettings
{
    /// <summary>Routes packets that come in here.</summary>
    public int Forwarding { get; init; }
    /// <summary>Answers ARP for addresses that it has a route to.</summary>
    public int ProxyArp { get; init; }
    /// <summary><see cref="ProxyArp"/> within one network (private VLAN).</summary>
    public int ProxyArpPvlan { get; init; }
    /// <summary>Reverse path filter: 0 off, 1 strict, 2 loose; the higher of this and <c>all</c> counts.</summary>
    public int RpFilter { get; init; }
    /// <summary>Answers ARP only if the answer would leave here.</summary>
    public int ArpFilter { get; init; }
    /// <summary>Which address ARP requests are sent from.</summary>
    public int ArpAnnounce { get; init; }
    /// <summary>Which ARP requests are answered.</summary>
    public int ArpIgnore { get; init; }
    /// <summary>Learns from ARP that it did not ask for.</summary>
    public int ArpAccept { get; init; }
    /// <summary>Tells its address by ARP when it comes up.</summary>
    public int ArpNotify { get; init; }
    /// <summary>Takes packets that come from its own addresses.</summary>
    public int AcceptLocal { get; init; }
    /// <summary>Routes 127.0.0.0/8.</summary>
    public int RouteLocalnet { get; init; }
    /// <summary>Believes ICMP redirects.</summary>
    public int AcceptRedirects { get; init; }
    /// <summary>Sends ICMP redirects.</summary>
    public int SendRedirects { get; init; }
    /// <summary>Passes over routes whose device has no carrier.</summary>
    public int IgnoreRoutesWithLinkdown { get; init; }

    internal static InetSettings? Read(Attribute a) => a.Data.IsEmpty ? null : new()
    {
        Forwarding = Number(a, 1),
        ProxyArp = Number(a, 3),
        AcceptRedirects = Number(a, 4),
        SendRedirects = Number(a, 6),
        RpFilter = Number(a, 8),
        ArpFilter = Number(a, 13),
        ArpAnnounce = Number(a, 18),
        ArpIgnore = Number(a, 19),
        ArpAccept = Number(a, 21),
        ArpNotify = Number(a, 22),
        AcceptLocal = Number(a, 23),
        ProxyArpPvlan = Number(a, 25),
        RouteLocalnet = Number(a, 26),
        IgnoreRoutesWithLinkdown = Number(a, 29),
    };

    private static int Number(Attribute a, int setting) => a.Read<int>((setting - 1) * 4);
}

/// <summary>
/// The IPv6 settings of one device, <c>net.ipv6.conf.DEVICE.*</c>, as they come with a reading of the links (IFLA_INET6_CONF: an array of s32 numbered by
/// <c>DEVCONF_*</c> of <c>include/uapi/linux/ipv6.h</c>, from 0).
/// </summary>
public sealed record Inet6Settings
{
    /// <summary>Routes packets that come in here.</summary>
    public int Forwarding { get; init; }
    /// <summary>No IPv6 here.</summary>
    public int DisableIpv6 { get; init; }
    /// <summary>Believes router advertisements: 0 no, 1 unless it forwards, 2 always.</summary>
    public int AcceptRa { get; init; }
    /// <summary>Makes addresses of advertised prefixes.</summary>
    public int Autoconf { get; init; }
    /// <summary>Duplicate address detection.</summary>
    public int AcceptDad { get; init; }
    /// <summary>Answers ND for the addresses in its proxy table.</summary>
    public int ProxyNdp { get; init; }
    /// <summary>Believes ICMPv6 redirects.</summary>
    public int AcceptRedirects { get; init; }

    internal static Inet6Settings? Read(Attribute a) => a.Data.IsEmpty ? null : new()
    {
        Forwarding = Number(a, 0),
        AcceptRa = Number(a, 3),
        AcceptRedirects = Number(a, 4),
        Autoconf = Number(a, 5),
        ProxyNdp = Number(a, 22),
        DisableIpv6 = Number(a, 26),
        AcceptDad = Number(a, 27),
    };

    private static int Number(Attribute a, int setting) => a.Read<int>(setting * 4);
}
