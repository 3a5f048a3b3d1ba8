namespace NetLab.Linux.Netlink;

/// <summary>Flags of a device (<c>ifi_flags</c>, netdevice(7), <c>include/uapi/linux/if.h</c>).</summary>
[Flags]
public enum LinkFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary>IFF_UP: switched on by the administrator.</summary>
    Up = 1,
    /// <summary>IFF_BROADCAST: has a broadcast address.</summary>
    Broadcast = 2,
    /// <summary>IFF_DEBUG.</summary>
    Debug = 4,
    /// <summary>IFF_LOOPBACK: the loopback device.</summary>
    Loopback = 8,
    /// <summary>IFF_POINTOPOINT: a tunnel or the like, with one other end.</summary>
    PointToPoint = 0x10,
    /// <summary>IFF_NOTRAILERS.</summary>
    NoTrailers = 0x20,
    /// <summary>IFF_RUNNING: operational (RFC 2863 state UP or UNKNOWN).</summary>
    Running = 0x40,
    /// <summary>IFF_NOARP: no address resolution.</summary>
    NoArp = 0x80,
    /// <summary>IFF_PROMISC: takes every frame, asked for by the administrator.</summary>
    Promiscuous = 0x100,
    /// <summary>IFF_ALLMULTI: takes every multicast frame.</summary>
    AllMulticast = 0x200,
    /// <summary>IFF_MASTER: master of a bond.</summary>
    Master = 0x400,
    /// <summary>IFF_SLAVE: member of a bond.</summary>
    Slave = 0x800,
    /// <summary>IFF_MULTICAST: can do multicast.</summary>
    Multicast = 0x1000,
    /// <summary>IFF_PORTSEL.</summary>
    PortSelect = 0x2000,
    /// <summary>IFF_AUTOMEDIA.</summary>
    AutoMedia = 0x4000,
    /// <summary>IFF_DYNAMIC.</summary>
    Dynamic = 0x8000,
    /// <summary>IFF_LOWER_UP: there is a carrier.</summary>
    LowerUp = 0x10000,
    /// <summary>IFF_DORMANT: waits for something, such as authentication.</summary>
    Dormant = 0x20000,
    /// <summary>IFF_ECHO: echoes sent frames.</summary>
    Echo = 0x40000,
}

/// <summary>Operational state of a device (IFLA_OPERSTATE, RFC 2863, <c>include/uapi/linux/if.h</c>).</summary>
public enum OperState
{
    /// <summary>The driver does not say; lo and taps that were never up are so.</summary>
    Unknown,
    /// <summary>A part of the device is missing.</summary>
    NotPresent,
    /// <summary>Off, or no carrier.</summary>
    Down,
    /// <summary>The device below is down (vlan, macvlan, veth whose peer is down).</summary>
    LowerLayerDown,
    /// <summary>In a test mode.</summary>
    Testing,
    /// <summary>Up, but waiting for something.</summary>
    Dormant,
    /// <summary>Frames can pass.</summary>
    Up,
}

/// <summary>How a device makes its IPv6 link-local address (IFLA_INET6_ADDR_GEN_MODE).</summary>
public enum AddressGenerationMode : byte
{
    /// <summary>From the MAC address (RFC 4291).</summary>
    Eui64,
    /// <summary>Not at all.</summary>
    None,
    /// <summary>From a secret (RFC 7217).</summary>
    StablePrivacy,
    /// <summary>As <see cref="StablePrivacy"/>, with a secret drawn at random.</summary>
    Random,
}
