using System.Net;

namespace NetLab.Linux.Netlink;

/// <summary>Flags of an address (IFA_FLAGS, <c>include/uapi/linux/if_addr.h</c>).</summary>
[Flags]
public enum AddressFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary>IFA_F_SECONDARY: not the first of its network (IPv4); a temporary one (IPv6).</summary>
    Secondary = 1,
    /// <summary>IFA_F_NODAD: used at once, without duplicate address detection.</summary>
    NoDad = 2,
    /// <summary>IFA_F_OPTIMISTIC: used while duplicate address detection runs (RFC 4429).</summary>
    Optimistic = 4,
    /// <summary>IFA_F_DADFAILED: another host has it.</summary>
    DadFailed = 8,
    /// <summary>IFA_F_HOMEADDRESS: home address of mobile IPv6.</summary>
    HomeAddress = 0x10,
    /// <summary>IFA_F_DEPRECATED: its preferred lifetime is over.</summary>
    Deprecated = 0x20,
    /// <summary>IFA_F_TENTATIVE: duplicate address detection is not finished.</summary>
    Tentative = 0x40,
    /// <summary>IFA_F_PERMANENT: no lifetime.</summary>
    Permanent = 0x80,
    /// <summary>IFA_F_MANAGETEMPADDR: template for temporary addresses.</summary>
    ManageTemporary = 0x100,
    /// <summary>IFA_F_NOPREFIXROUTE: no route for its network is added.</summary>
    NoPrefixRoute = 0x200,
    /// <summary>IFA_F_MCAUTOJOIN: joins the group when the address is multicast.</summary>
    AutoJoin = 0x400,
    /// <summary>IFA_F_STABLE_PRIVACY: made by RFC 7217.</summary>
    StablePrivacy = 0x800,
}

/// <summary>How far an address or a route reaches (rtnetlink(7), <c>enum rt_scope_t</c>).</summary>
public enum Scope : byte
{
    /// <summary>RT_SCOPE_UNIVERSE: everywhere.</summary>
    Universe = 0,
    /// <summary>RT_SCOPE_SITE.</summary>
    Site = 200,
    /// <summary>RT_SCOPE_LINK: on this link.</summary>
    Link = 253,
    /// <summary>RT_SCOPE_HOST: in this host.</summary>
    Host = 254,
    /// <summary>RT_SCOPE_NOWHERE.</summary>
    Nowhere = 255,
}

/// <summary>What an address may have beside itself. A property that is null is left to the kernel.</summary>
public sealed record AddressOptions
{
    /// <summary>The other end of a point-to-point link (IFA_ADDRESS).</summary>
    public IPAddress? Peer { get; init; }

    /// <summary>The broadcast address (IFA_BROADCAST).</summary>
    public IPAddress? Broadcast { get; init; }

    /// <summary>The anycast address (IFA_ANYCAST).</summary>
    public IPAddress? Anycast { get; init; }

    /// <summary>A label that begins with the device's name, IPv4 only (IFA_LABEL).</summary>
    public string? Label { get; init; }

    /// <summary>How far it reaches; host for 127.0.0.0/8 and ::1, otherwise everywhere.</summary>
    public Scope? Scope { get; init; }

    /// <summary>Flags: NoDad, NoPrefixRoute, HomeAddress, ManageTemporary, Optimistic, AutoJoin.</summary>
    public AddressFlags Flags { get; init; }

    /// <summary>Metric of the route to its network (IFA_RT_PRIORITY).</summary>
    public uint? Metric { get; init; }

    /// <summary>Time until it is removed, in whole seconds; for ever when null.</summary>
    public TimeSpan? ValidLifetime { get; init; }

    /// <summary>Time until it is no longer preferred, in whole seconds; for ever when null.</summary>
    public TimeSpan? PreferredLifetime { get; init; }

    /// <summary>Who put it there, a number of the user's own (IFA_PROTO, Linux 5.18).</summary>
    public byte? Protocol { get; init; }

    /// <summary>Changes the address when it is there already, instead of answering EEXIST.</summary>
    public bool Replace { get; init; }
}
