using NetLab.Linux.Probe;
using static NetLab.Linux.Errno;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>What to try when the kernel refuses a request: the usual cause of an error number, for each kind of request.</summary>
internal static class NetlinkAdvice
{
    public static string? For(ushort type, object? subject, int errno, string? extendedAck) =>
        (subject switch
        {
            LinkSpec spec => Link(spec, errno, extendedAck),
            LinkChange change => Change(change, errno),
            BridgePortOptions or BridgeVlanSpec or BridgeVlanOptions or BridgeVlanGlobalOptions or MdbSpec => Bridge(subject, errno),
            FdbSpec entry => Fdb(entry, errno),
            QdiscSpec spec => Qdisc(spec, errno, extendedAck),
            FilterSpec => Filter(errno, extendedAck),
            NexthopSpec nexthop => Nexthop(nexthop, errno),
            _ => null,
        }) ?? Request(type, errno) ?? WhatWasAsked(subject, errno, extendedAck);

    /// <summary>Settings that the kernel took and ignored.</summary>
    public static string Ignored(IEnumerable<(string Name, string Since)> settings) =>
        $"This kernel takes and ignores {string.Join(" and ", settings.Select(s => $"{s.Name}, which came with Linux {s.Since}"))}: leave it " +
            $"out, or use a newer kernel";

    private static string? Link(LinkSpec spec, int errno, string? extendedAck) => errno switch
    {
        EOPNOTSUPP when extendedAck is "Unknown device type" => MissingKind(spec.Kind),
        EOPNOTSUPP when spec is BridgeSpec { Options: { VlanFiltering: true } or { VlanDefaultPvid: not null } or { VlanProtocol: not null } } =>
            NoVlanFiltering,
        EOPNOTSUPP when extendedAck is null && spec is not (BridgeSpec or VethSpec) => MissingKind(spec.Kind),
        EEXIST when spec.Namespace is not null =>
            $"An interface with that name or index is there already, in the namespace where it is to be born or (older kernels, as 6.1, look " +
                $"there too) in the one where it is asked for: choose another",
        EEXIST => $"An interface with that name or index is there already: delete it, or choose another name " +
            $"than '{spec.Name}'{(spec.Index is { } i ? $" or another index than {i}" : "")}",
        ENODEV => "No interface has the index given as lower device: add that one first",
        EINVAL when extendedAck is null && spec.MasterIndex is { } master => $"Is interface {master}, its master, there, and a bridge, bond or VRF?",
        _ => null,
    };

    private static string? Change(LinkChange change, int errno) => (change, errno) switch
    {
        ({ Carrier: not null }, EOPNOTSUPP) => "The driver cannot set the carrier (veth cannot): switch the other end off instead",
        ({ AddressGenMode: not null } or { Token: not null }, EAFNOSUPPORT) => "IPv6 is off on that interface: its MTU is below 1280, or the kernel has none",
        ({ MasterIndex: not null }, ELOOP) => "A bridge cannot be a port of a bridge: join the two with a veth pair",
        ({ MasterIndex: not null }, EXFULL) => "A bridge takes at most 1023 ports",
        ({ MasterIndex: { } master }, EOPNOTSUPP or EINVAL) => $"Is interface {master} there, and a bridge, bond or VRF?",
        ({ KindData: BridgeSpec { Options.VlanFiltering: not null } }, EOPNOTSUPP) => NoVlanFiltering,
        ({ Mac: not null }, EADDRNOTAVAIL) => "A device has a unicast MAC address: the lowest bit of its first byte is 0, and it is not all zero",
        ({ Up: true }, ENETDOWN) =>
            "The device below it is down, and a VLAN device is up only as long as that one is: set that one up first, or give the VLAN " +
                "device the flag loose_binding",
        ({ Name: not null }, EEXIST) => "Another interface has that name",
        (_, EBUSY) => "The interface is in use: it has another master or a macvlan on it, or it must be down for this change",
        _ => null,
    };

    private static string? Bridge(object subject, int errno) => (subject, errno) switch
    {
        (BridgePortOptions, EOPNOTSUPP) =>
            "The interface is not a port of a bridge, or this kernel does not know the setting: make it a port first (MasterIndex)",
        (BridgePortOptions { State: not null }, EBUSY) => "The bridge runs STP, which sets the state of its ports",
        (BridgePortOptions { State: not null }, ENETDOWN) => "The port is down or has no carrier: switch it on first",
        (MdbSpec, EOPNOTSUPP) => "This kernel has no multicast snooping (CONFIG_BRIDGE_IGMP_SNOOPING), or the bridge does not snoop",
        (BridgeVlanSpec or BridgeVlanOptions or BridgeVlanGlobalOptions, EOPNOTSUPP) => NoVlanFiltering,
        _ => null,
    };

    private static string? Fdb(FdbSpec entry, int errno) => errno switch
    {
        EOPNOTSUPP => "The interface is not a port of a bridge, and not a device with a forwarding database of its own: give the bridge port " +
            "(Self = false) or the VXLAN (Self = true)",
        EPERM when entry.Kind is FdbKind.Dynamic => "A dynamic entry needs a port that learns: switch it on, or make the entry static",
        EINVAL when entry.Vlan is not null => "The VLAN is not on that port: add it first (AddVlan), and let the bridge filter by VLAN",
        EEXIST => "The entry is there already: replace it (Mode)",
        ENOENT => "There is no such entry",
        _ => null,
    };

    private static string? Qdisc(QdiscSpec spec, int errno, string? extendedAck) => errno switch
    {
        ENOENT when spec is HtbClassSpec c => $"There is no htb {c.ClassId.Major:x}: on that interface, or no class {spec.Parent} above: add HtbSpec first",
        ENOENT when extendedAck is null || extendedAck.StartsWith("Specified qdisc kind is unknown", StringComparison.Ordinal) => MissingQdisc(spec.Kind),
        EEXIST => "A queueing discipline is there already: use QdiscMode.Replace",
        _ => null,
    };

    private static string? Filter(int errno, string? extendedAck) => errno switch
    {
        EINVAL or ENOENT when extendedAck?.Contains("Qdisc", StringComparison.Ordinal) is true =>
            "The place is not there: add the discipline, clsact or ingress first",
        ENOENT => "This kernel lacks u32 filters or the action mirred (CONFIG_NET_CLS_U32, CONFIG_NET_ACT_MIRRED)",
        _ => null,
    };

    private static string? Nexthop(NexthopSpec nexthop, int errno) => errno switch
    {
        ENETDOWN when nexthop.Blackhole => "A blackhole nexthop hangs on lo: switch lo on first",
        ENETDOWN => "The device is down: switch it on before adding nexthops over it",
        EEXIST => "A nexthop with that number is there already: set replace, or choose another number",
        _ => null,
    };

    // Whatever the subject.
    private static string? Request(ushort type, int errno) => (type, errno) switch
    {
        (RTM_NEWADDR, EEXIST) => "The interface has that address already: set AddressOptions.Replace to change it",
        (RTM_NEWADDR, EACCES or EPERM) => "IPv6 is switched off on that interface (sysctl net.ipv6.conf.*.disable_ipv6)",
        (RTM_DELADDR, EADDRNOTAVAIL) => "The interface does not have that address; prefix length and peer must match too",
        (RTM_NEWROUTE, EEXIST) => "A route to that destination with that metric is there already: use RouteMode.Replace, or another metric",
        (RTM_NEWROUTE, ENETUNREACH or EHOSTUNREACH) =>
            "The gateway is not on a network of an interface that is up: add the address first, switch the interface on, or set OnLink",
        (RTM_NEWROUTE, ENETDOWN) => "The interface is down: switch it on before adding routes over it",
        (RTM_NEWROUTE, ENODEV) => "No interface has that index in this namespace, or it has no IP",
        (RTM_DELROUTE, ESRCH) => "There is no such route; destination, table, metric and gateway must match",
        (RTM_NEWRULE, EEXIST) => "That rule is there already",
        (RTM_DELRULE, ENOENT) => "There is no such rule",
        (RTM_NEWNEIGH, EEXIST) => "The entry is there already: set Replace",
        (RTM_DELNEIGH, ENOENT) => "There is no such entry",
        (RTM_NEWLINKPROP, EEXIST) => "An interface has that name already",
        (RTM_DELLINKPROP, ENOENT) => "The interface has no such further name",
        (RTM_DELLINK, EOPNOTSUPP) => "lo and hardware cannot be deleted",
        (RTM_DELLINK, EPERM) => "Group 0 is that of all interfaces without a group, and is not deleted; or there is no CAP_NET_ADMIN",
        (RTM_DELLINK, ENODEV) => "No interface has that index, or none is in that group, in this namespace",
        (RTM_NEWLINK or RTM_SETLINK or RTM_NEWADDR or RTM_NEWQDISC or RTM_NEWNEIGH or RTM_NEWLINKPROP, ENODEV) =>
            "No interface has that index in this namespace",
        _ => null,
    };

    // The kernel found something wrong and does not say what: one of these it must be.
    private static string? WhatWasAsked(object? subject, int errno, string? extendedAck) =>
        extendedAck is null && errno is EINVAL or ERANGE or EOPNOTSUPP && subject is IDescribed && Words.Settings(subject) is { Length: > 0 } settings
            ? $"One of these does not fit: {settings}"
            : null;

    private const string NoVlanFiltering =
        "This kernel has no VLAN filtering in bridges (CONFIG_BRIDGE_VLAN_FILTERING), or the bridge does not filter: use one bridge a VLAN, or Open vSwitch";

    private static string MissingKind(string kind) => LinkKinds.Missing(kind) is { } missing
        ? $"This kernel has no devices of kind '{kind}' ({missing.KernelOption}). {missing.Remedy}"
        : $"This kernel knows no devices of kind '{kind}'";

    private static string MissingQdisc(string kind)
    {
        var remedy = kind switch
        {
            "netem" => FeatureTable.Of(Feature.Netem).Remedy,
            "tbf" => FeatureTable.Of(Feature.Tbf).Remedy,
            "htb" => FeatureTable.Of(Feature.Htb).Remedy,
            "clsact" or "ingress" => FeatureTable.Of(Feature.Clsact).Remedy,
            "fq" => FeatureTable.Of(Feature.Fq).Remedy,
            _ => "Use tbf or pfifo",
        };
        return $"This kernel has no queueing discipline '{kind}' (CONFIG_NET_SCH_{(kind is "clsact" ? "INGRESS" : kind.ToUpperInvariant())}). {remedy}";
    }
}
