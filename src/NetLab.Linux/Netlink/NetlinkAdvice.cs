using NetLab.Linux.Probe;
using static NetLab.Linux.Errno;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>What to try when the kernel refuses a request: the usual cause of an error number, for each kind of request.</summary>
internal static class NetlinkAdvice
{
    public static string? For(ushort type, object? subject, int errno, string? extendedAck) => (type, subject, errno) switch
    {
        (RTM_NEWLINK, LinkSpec spec, EOPNOTSUPP) when extendedAck is null or "Unknown device type" => MissingKind(spec.Kind),
        (RTM_NEWLINK, LinkSpec spec, EEXIST) => $"An interface with that name or index is there already: delete it, or choose another name than '{spec.Name}'{(spec.Index is { } i ? $" or another index than {i}" : "")}",
        (RTM_NEWLINK, VethSpec, ENODEV) or (RTM_NEWLINK, LinkSpec, ENODEV) => "No interface has the index given as master or lower device: add that one first",
        (RTM_NEWLINK or RTM_SETLINK, BridgePortOptions, EOPNOTSUPP) => "The interface is not a port of a bridge, or this kernel does not know the setting: make it a port first (MasterIndex)",
        (RTM_NEWLINK or RTM_SETLINK, LinkChange { Carrier: not null }, EOPNOTSUPP) => "The driver cannot set the carrier (veth cannot): switch the other end off instead",
        (RTM_NEWLINK, LinkChange { AddressGenMode: not null } or LinkChange { Token: not null }, EAFNOSUPPORT) => "IPv6 is off on that interface: its MTU is below 1280, or the kernel has none",
        (RTM_NEWLINK, LinkChange, EBUSY) => "The interface is in use: it has another master or a macvlan on it, or it must be down for this change",
        (RTM_NEWLINK or RTM_SETLINK or RTM_DELLINK or RTM_NEWADDR or RTM_NEWQDISC or RTM_NEWNEIGH or RTM_NEWLINKPROP, _, ENODEV) => "No interface has that index in this namespace",
        (RTM_NEWLINK, LinkChange { MasterIndex: not null }, ELOOP) => "A bridge cannot be a port of a bridge: join the two with a veth pair",
        (RTM_NEWLINK, LinkChange { MasterIndex: not null }, EXFULL) => "A bridge takes at most 1023 ports",
        (RTM_NEWADDR, _, EEXIST) => "The interface has that address already: set AddressOptions.Replace to change it",
        (RTM_NEWADDR, _, EACCES or EPERM) => "IPv6 is switched off on that interface (sysctl net.ipv6.conf.*.disable_ipv6)",
        (RTM_DELADDR, _, EADDRNOTAVAIL) => "The interface does not have that address; the prefix length must match too",
        (RTM_NEWROUTE, _, EEXIST) => "A route to that destination with that metric is there already: use RouteMode.Replace, or another metric",
        (RTM_NEWROUTE, _, ENETUNREACH or EHOSTUNREACH) => "The gateway is not on a network of an interface that is up: add the address first, switch the interface on, or set OnLink",
        (RTM_NEWROUTE, _, ENETDOWN) => "The interface is down: switch it on before adding routes over it",
        (RTM_NEWROUTE, _, ENODEV) => "No interface has that index in this namespace, or it has no IP",
        (RTM_NEWNEXTHOP, NexthopSpec { Blackhole: true }, ENETDOWN) => "A blackhole nexthop hangs on lo: switch lo on first",
        (RTM_NEWNEXTHOP, _, ENETDOWN) => "The device is down: switch it on before adding nexthops over it",
        (RTM_NEWNEXTHOP, _, EEXIST) => "A nexthop with that number is there already: set replace, or choose another number",
        (RTM_DELROUTE, _, ESRCH) => "There is no such route; destination, table, metric and gateway must match",
        (RTM_NEWNEIGH, FdbSpec, EOPNOTSUPP) => "The interface is not a port of a bridge, and not a device with a forwarding database of its own: give the bridge port (Self = false) or the VXLAN (Self = true)",
        (RTM_NEWNEIGH, FdbSpec or NeighbourSpec, EEXIST) => "The entry is there already: replace it (Mode, Replace)",
        (RTM_DELNEIGH, _, ENOENT) => "There is no such entry",
        (RTM_NEWQDISC or RTM_NEWTCLASS, QdiscSpec spec, ENOENT) => MissingQdisc(spec.Kind),
        (RTM_NEWTFILTER, FilterSpec, EINVAL or ENOENT) when extendedAck?.Contains("Qdisc", StringComparison.Ordinal) is true => "The place is not there: add the discipline, clsact or ingress first",
        (RTM_NEWTFILTER, FilterSpec, ENOENT) => "This kernel lacks u32 filters or the action mirred (CONFIG_NET_CLS_U32, CONFIG_NET_ACT_MIRRED)",
        (RTM_NEWQDISC, _, EEXIST) => "A queueing discipline is there already: use QdiscMode.Replace",
        (RTM_NEWMDB or RTM_NEWVLAN, _, EOPNOTSUPP) => "The bridge does not support this: multicast snooping or VLAN filtering is not in this kernel (CONFIG_BRIDGE_IGMP_SNOOPING, CONFIG_BRIDGE_VLAN_FILTERING)",
        (RTM_SETLINK or RTM_DELLINK, BridgeVlanSpec, EOPNOTSUPP) => "This kernel has no VLAN filtering in bridges (CONFIG_BRIDGE_VLAN_FILTERING): use one bridge a VLAN, or Open vSwitch",
        _ => null,
    };

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
