namespace NetLab.Linux.Netlink;

/// <summary>What changes shall be told of (RTNLGRP_* of <c>include/uapi/linux/rtnetlink.h</c>).</summary>
[Flags]
public enum RouteGroups
{
    /// <summary>Nothing.</summary>
    None = 0,
    /// <summary>Devices, and the state of bridge ports.</summary>
    Links = 1,
    /// <summary>Addresses.</summary>
    Addresses = 2,
    /// <summary>Routes.</summary>
    Routes = 4,
    /// <summary>ARP and ND tables, and forwarding databases.</summary>
    Neighbours = 8,
    /// <summary>Policy rules.</summary>
    Rules = 16,
    /// <summary>Nexthop objects.</summary>
    Nexthops = 32,
    /// <summary>Multicast databases of bridges.</summary>
    Mdb = 64,
    /// <summary>Queueing disciplines.</summary>
    Qdiscs = 128,
    /// <summary>The numbers that other namespaces have in this one.</summary>
    NamespaceIds = 256,
}

/// <summary>Something that changed in a namespace.</summary>
public abstract record NetlinkEvent;

/// <summary>A device came, changed or went.</summary>
/// <param name="Link">The device as it is now, or as it was last.</param>
/// <param name="Deleted">It is gone from this namespace.</param>
public sealed record LinkEvent(LinkInfo Link, bool Deleted) : NetlinkEvent;

/// <summary>An address came, changed or went.</summary>
/// <param name="Address">The address.</param>
/// <param name="Deleted">It is gone.</param>
public sealed record AddressEvent(AddressInfo Address, bool Deleted) : NetlinkEvent;

/// <summary>A route came, changed or went.</summary>
/// <param name="Route">The route.</param>
/// <param name="Deleted">It is gone.</param>
public sealed record RouteEvent(RouteInfo Route, bool Deleted) : NetlinkEvent;

/// <summary>A neighbour came, changed or went.</summary>
/// <param name="Neighbour">The neighbour.</param>
/// <param name="Deleted">It is gone.</param>
public sealed record NeighbourEvent(NeighbourInfo Neighbour, bool Deleted) : NetlinkEvent;

/// <summary>An entry of a forwarding database came, changed or went.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Deleted">It is gone.</param>
public sealed record FdbEvent(FdbInfo Entry, bool Deleted) : NetlinkEvent;

/// <summary>A policy rule came or went.</summary>
/// <param name="Rule">The rule.</param>
/// <param name="Deleted">It is gone.</param>
public sealed record RuleEvent(RuleInfo Rule, bool Deleted) : NetlinkEvent;

/// <summary>A nexthop object came, changed or went.</summary>
/// <param name="Nexthop">The object.</param>
/// <param name="Deleted">It is gone.</param>
public sealed record NexthopEvent(NexthopInfo Nexthop, bool Deleted) : NetlinkEvent;

/// <summary>An entry of a multicast database came or went.</summary>
/// <param name="Entry">The entry.</param>
/// <param name="Deleted">It is gone.</param>
public sealed record MdbEvent(MdbInfo Entry, bool Deleted) : NetlinkEvent;

/// <summary>A queueing discipline or class came, changed or went.</summary>
/// <param name="Qdisc">The discipline or class.</param>
/// <param name="Deleted">It is gone.</param>
public sealed record QdiscEvent(QdiscInfo Qdisc, bool Deleted) : NetlinkEvent;

/// <summary>Another namespace got a number here, or lost it because the kernel began to remove that namespace.</summary>
/// <param name="Id">The number.</param>
/// <param name="Deleted">The kernel has begun to remove that namespace.</param>
public sealed record NamespaceIdEvent(int Id, bool Deleted) : NetlinkEvent;

/// <summary>Changes came faster than they were read and some are lost: read the state anew.</summary>
public sealed record EventsLost : NetlinkEvent;
