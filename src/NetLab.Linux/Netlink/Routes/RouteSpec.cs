using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Netlink;

/// <summary>What a route does with a packet (<c>rtm_type</c>, rtnetlink(7)).</summary>
public enum RouteType : byte
{
    /// <summary>RTN_UNSPEC.</summary>
    Unspecified,
    /// <summary>RTN_UNICAST: sends it on.</summary>
    Unicast,
    /// <summary>RTN_LOCAL: it is for this host.</summary>
    Local,
    /// <summary>RTN_BROADCAST: for this host, as a broadcast.</summary>
    Broadcast,
    /// <summary>RTN_ANYCAST: for this host, as an anycast.</summary>
    Anycast,
    /// <summary>RTN_MULTICAST: a multicast route.</summary>
    Multicast,
    /// <summary>RTN_BLACKHOLE: drops it silently.</summary>
    Blackhole,
    /// <summary>RTN_UNREACHABLE: drops it and answers host unreachable.</summary>
    Unreachable,
    /// <summary>RTN_PROHIBIT: drops it and answers administratively prohibited.</summary>
    Prohibit,
    /// <summary>RTN_THROW: goes on with the next rule.</summary>
    Throw,
}

/// <summary>IPv6 router preference (RFC 4191; RTA_PREF).</summary>
public enum RoutePreference : byte
{
    /// <summary>ICMPV6_ROUTER_PREF_MEDIUM.</summary>
    Medium = 0,
    /// <summary>ICMPV6_ROUTER_PREF_HIGH.</summary>
    High = 1,
    /// <summary>ICMPV6_ROUTER_PREF_LOW.</summary>
    Low = 3,
}

/// <summary>Flags of a next hop (<c>rtnh_flags</c>).</summary>
[Flags]
public enum NexthopFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary>RTNH_F_DEAD: its device is down.</summary>
    Dead = 1,
    /// <summary>RTNH_F_PERVASIVE.</summary>
    Pervasive = 2,
    /// <summary>RTNH_F_ONLINK: the gateway is on the link, whatever the addresses say.</summary>
    OnLink = 4,
    /// <summary>RTNH_F_OFFLOAD: in hardware.</summary>
    Offload = 8,
    /// <summary>RTNH_F_LINKDOWN: its device has no carrier.</summary>
    LinkDown = 16,
    /// <summary>RTNH_F_UNRESOLVED.</summary>
    Unresolved = 32,
    /// <summary>RTNH_F_TRAP.</summary>
    Trap = 64,
}

/// <summary>Well-known routing tables (<c>enum rt_class_t</c>); any other number is a table of the user's own.</summary>
public static class RouteTable
{
    /// <summary>The table <c>default</c>.</summary>
    public const uint Default = 253;

    /// <summary>The table <c>main</c>, where routes go unless said otherwise.</summary>
    public const uint Main = 254;

    /// <summary>The table <c>local</c>, kept by the kernel.</summary>
    public const uint Local = 255;

    // Its name, as iproute2 types it, or its number.
    internal static string NameOf(uint table) => table switch
    {
        Main => "main",
        Local => "local",
        Default => "default",
        _ => table.ToString(CultureInfo.InvariantCulture),
    };
}

/// <summary>Who put a route there (<c>rtm_protocol</c>, RTPROT_*); any other number is the user's own.</summary>
public static class RouteProtocol
{
    /// <summary>RTPROT_REDIRECT: by an ICMP redirect.</summary>
    public const byte Redirect = 1;

    /// <summary>RTPROT_KERNEL: by the kernel, for an address.</summary>
    public const byte Kernel = 2;

    /// <summary>RTPROT_BOOT: during boot; what iproute2 sends.</summary>
    public const byte Boot = 3;

    /// <summary>RTPROT_STATIC: by the administrator.</summary>
    public const byte Static = 4;

    /// <summary>RTPROT_RA: by a router advertisement.</summary>
    public const byte RouterAdvertisement = 9;

    /// <summary>RTPROT_DHCP.</summary>
    public const byte Dhcp = 16;
}

/// <summary>One way of a route with several.</summary>
public sealed record RouteNexthop
{
    /// <summary>The router, of the route's family or, for an IPv4 route, IPv6 (RFC 5549).</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Index of the device it leaves by.</summary>
    public int? OutputIndex { get; init; }

    /// <summary>Share of the traffic, 1 to 256.</summary>
    public int Weight { get; init; } = 1;

    /// <summary>The gateway is on the link, whatever the addresses say.</summary>
    public bool OnLink { get; init; }

    /// <summary>All flags; read only.</summary>
    public NexthopFlags Flags { get; init; }
}

/// <summary>
/// A route (ip-route(8), rtnetlink(7)). <see cref="Destination"/> null is the default route, whose family follows from the gateway or from
/// <see cref="Family"/>. A property that is null is left to the kernel.
/// </summary>
public record RouteSpec : IDescribed
{
    private readonly AddressFamily? _family;

    /// <summary>Where it leads; null for everything (default).</summary>
    public IPNetwork? Destination { get; init; }

    /// <summary>InterNetwork or InterNetworkV6; needed only where nothing else says it.</summary>
    public AddressFamily Family
    {
        get => _family ?? Destination?.BaseAddress.AddressFamily
            ?? (OutputsTo ?? PreferredSource ?? Source?.BaseAddress)?.AddressFamily ?? AddressFamily.InterNetwork;
        init => _family = value;
    }

    /// <summary>IPv6: only for packets from this network (RTA_SRC, CONFIG_IPV6_SUBTREES).</summary>
    public IPNetwork? Source { get; init; }

    /// <summary>The router (RTA_GATEWAY; RTA_VIA when it is IPv6 for an IPv4 route).</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>Index of the device it leaves by (RTA_OIF).</summary>
    public int? OutputIndex { get; init; }

    /// <summary>The gateway is on the link, whatever the addresses say (RTNH_F_ONLINK).</summary>
    public bool OnLink { get; init; }

    /// <summary>Several ways at once (RTA_MULTIPATH), instead of gateway and device.</summary>
    public IReadOnlyList<RouteNexthop> Nexthops { get; init; } = [];

    /// <summary>A nexthop object or group (RTA_NH_ID), instead of gateway and device.</summary>
    public uint? NexthopId { get; init; }

    /// <summary>What it does with a packet.</summary>
    public RouteType Type { get; init; } = RouteType.Unicast;

    /// <summary>Its table; see <see cref="RouteTable"/>.</summary>
    public uint Table { get; init; } = RouteTable.Main;

    /// <summary>Who put it there; see <see cref="RouteProtocol"/>.</summary>
    public byte Protocol { get; init; } = RouteProtocol.Boot;

    /// <summary>How far the destination is; worked out as iproute2 does when null.</summary>
    public Scope? Scope { get; init; }

    /// <summary>The lower, the sooner it is taken (RTA_PRIORITY).</summary>
    public uint? Metric { get; init; }

    /// <summary>The source address of what this host sends by it (RTA_PREFSRC).</summary>
    public IPAddress? PreferredSource { get; init; }

    /// <summary>Only for packets with this TOS byte (IPv4).</summary>
    public byte Tos { get; init; }

    /// <summary>IPv6 router preference.</summary>
    public RoutePreference? Preference { get; init; }

    /// <summary>IPv6: seconds until it is removed (RTA_EXPIRES).</summary>
    public TimeSpan? Expires { get; init; }

    /// <summary>MTU, window and the like.</summary>
    public RouteMetrics? Metrics { get; init; }

    private IPAddress? OutputsTo => Gateway ?? (Nexthops.Count > 0 ? Nexthops[0].Gateway : null);

    string IDescribed.Describe() => "route " + Text;

    private protected string Text => string.Concat(
        Type is RouteType.Unicast or RouteType.Unspecified ? "" : Type.ToString().ToLowerInvariant() + " ",
        Destination?.ToString() ?? "default",
        Gateway is null ? "" : $" via {Gateway}",
        OutputIndex is null ? "" : $" dev {OutputIndex}",
        NexthopId is null ? "" : $" nhid {NexthopId}",
        string.Concat(Nexthops.Select(n => $" nexthop via {n.Gateway} dev {n.OutputIndex} weight {n.Weight}")),
        Table == RouteTable.Main ? "" : $" table {Table}",
        Metric is null ? "" : $" metric {Metric}");
}

/// <summary>What to do when the route is there already.</summary>
public enum RouteMode
{
    /// <summary>EEXIST.</summary>
    Add,
    /// <summary>Overwrites it (NLM_F_REPLACE).</summary>
    Replace,
    /// <summary>Adds one more way (NLM_F_APPEND).</summary>
    Append,
}

/// <summary>A route as the kernel describes it (RTM_NEWROUTE); can be handed back to the batch.</summary>
public sealed record RouteInfo : RouteSpec
{
    /// <summary>Flags of its next hop.</summary>
    public NexthopFlags Flags { get; init; }

    /// <summary>Made on the fly for one destination (RTM_F_CLONED): a cached IPv6 or PMTU exception.</summary>
    public bool IsCloned { get; init; }

    /// <summary>One line, as <c>ip route</c> would print it.</summary>
    public override string ToString() =>
        $"{Text}{(Scope is Netlink.Scope.Universe or null ? "" : $" scope {Scope}")}{(PreferredSource is null ? "" : $" src {PreferredSource}")}" +
            $"{(Flags is NexthopFlags.None ? "" : $" {Flags}")}";
}
