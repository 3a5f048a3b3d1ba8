namespace NetLab.Linux.Netlink;

/// <summary>Attributes of every link, under the kernel's names: <c>include/uapi/linux/if_link.h</c>. Those of one kind stand in its spec's file.</summary>
internal static class LinkAttributes
{
    public const ushort IFLA_ADDRESS = 1, IFLA_BROADCAST = 2, IFLA_IFNAME = 3, IFLA_MTU = 4, IFLA_LINK = 5, IFLA_QDISC = 6, IFLA_MASTER = 10,
        IFLA_PROTINFO = 12, IFLA_TXQLEN = 13, IFLA_OPERSTATE = 16, IFLA_LINKMODE = 17, IFLA_LINKINFO = 18, IFLA_IFALIAS = 20, IFLA_STATS64 = 23,
        IFLA_AF_SPEC = 26, IFLA_GROUP = 27, IFLA_NET_NS_FD = 28, IFLA_EXT_MASK = 29, IFLA_PROMISCUITY = 30, IFLA_NUM_TX_QUEUES = 31,
        IFLA_NUM_RX_QUEUES = 32, IFLA_CARRIER = 33, IFLA_CARRIER_CHANGES = 35, IFLA_LINK_NETNSID = 37, IFLA_PROTO_DOWN = 39,
        IFLA_GSO_MAX_SEGS = 40, IFLA_GSO_MAX_SIZE = 41, IFLA_XDP = 43, IFLA_NEW_NETNSID = 45, IFLA_CARRIER_UP_COUNT = 47, IFLA_CARRIER_DOWN_COUNT = 48,
        IFLA_NEW_IFINDEX = 49, IFLA_MIN_MTU = 50, IFLA_MAX_MTU = 51, IFLA_PROP_LIST = 52, IFLA_ALT_IFNAME = 53, IFLA_PERM_ADDRESS = 54,
        IFLA_GRO_MAX_SIZE = 58, IFLA_ALLMULTI = 61;

    /// <summary>Inside IFLA_LINKINFO.</summary>
    public const ushort IFLA_INFO_KIND = 1, IFLA_INFO_DATA = 2, IFLA_INFO_SLAVE_KIND = 4, IFLA_INFO_SLAVE_DATA = 5;

    /// <summary>Inside IFLA_XDP.</summary>
    public const ushort IFLA_XDP_PROG_ID = 4;

    /// <summary>Inside IFLA_AF_SPEC, AF_INET.</summary>
    public const ushort IFLA_INET_CONF = 1;

    /// <summary>Inside IFLA_AF_SPEC, AF_INET6.</summary>
    public const ushort IFLA_INET6_CONF = 2, IFLA_INET6_TOKEN = 7, IFLA_INET6_ADDR_GEN_MODE = 8;

    /// <summary>IFLA_EXT_MASK: what a dump of links contains beside the usual.</summary>
    public const uint RTEXT_FILTER_BRVLAN = 2;
}
