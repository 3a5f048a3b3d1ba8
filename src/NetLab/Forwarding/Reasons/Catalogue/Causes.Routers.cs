namespace NetLab;

// Why a node does not pass a packet on.
public static partial class Causes
{
    /// <summary>The node does not forward, and the packet is not for the node itself.</summary>
    public static Cause ForwardingOff { get; } = OfRouters("forwarding-off",
        "The node does not forward, and the packet is not for the node itself.",
        "the kernel's reason, and the sysctl is 0",
        "`sysctl -w net.ipv4.ip_forward=1`");

    /// <summary>The node has no route to the destination.</summary>
    public static Cause NoRoute { get; } = OfRouters("no-route",
        "The node has no route to the destination.",
        "the kernel's lookups found none",
        "add a route there: `ip route add`");

    /// <summary>The node has a route, in a table that no rule of policy routing leads to.</summary>
    public static Cause NoRule { get; } = OfRouters("no-rule",
        "The node has a route, in a table that no rule of policy routing leads to for this packet.",
        "the kernel's lookups found none, the route in the table main, and the rules",
        "`ip rule add pref 32766 lookup main`, or delete the rule that leaves it out");

    /// <summary>The route leads out of a device on whose link the next hop is not.</summary>
    public static Cause WrongDevice { get; } = OfRouters("wrong-device",
        "The route leads out of a device on whose link the next hop is not; it is on the link of another.",
        "the neighbour entry is INCOMPLETE, and who has the address",
        "let the route lead out of the right device: `ip route replace`");

    /// <summary>A route of type local makes the node take packets for an address that it does not have.</summary>
    public static Cause LocalRoute { get; } = OfRouters("local-route",
        "A route of type local makes the node take for itself what is for an address that it does not have, and nobody there listens.",
        "the kernel drops with NO_SOCKET, the node's addresses and the route",
        "delete the local route: `ip route del`, in the table 255");

    /// <summary>A rule or translation of addresses sent it to somebody else.</summary>
    public static Cause Translated { get; } = OfRouters("translated",
        "A node on the way wrote another destination into it, and sent it there: translation of addresses, or a rule.",
        "the frame as it came into the node, and as it left",
        "look at the rules that translate: `nft -a list ruleset`");

    /// <summary>The network of the destination is on a device that is down, and its routes with it.</summary>
    public static Cause EgressDown { get; } = OfRouters("egress-down",
        "The network of the destination is on a device that is down, and its routes with it.",
        "the device is down",
        "set the device up: `ip link set up`");

    /// <summary>The packet is larger than the MTU that its route has, and must not be cut.</summary>
    public static Cause RouteMtu { get; } = OfRouters("route-mtu",
        "The packet is larger than the MTU that its route has, and must not be cut.",
        "the kernel drops with PKT_TOO_BIG, and the route's mtu",
        "smaller packets, or a route without `mtu`");

    /// <summary>A policy of IPsec lets it not through.</summary>
    public static Cause XfrmPolicy { get; } = OfRouters("xfrm-policy",
        "A policy of IPsec lets it not through.",
        "the kernel drops with XFRM_POLICY, and the policy",
        "delete the policy: `ip xfrm policy delete`");

    /// <summary>Who sent the packet on has a wrong MAC address for the next hop.</summary>
    public static Cause WrongNeighbour { get; } = OfRouters("wrong-neighbour",
        "Who sent the packet on has a wrong MAC address for the next hop.",
        "the kernel drops with OTHERHOST, and the neighbour entry of who sent it",
        "delete the entry: `ip neigh del`");

    /// <summary>The next hop has the address, but must not answer for it before duplicate address detection has ended.</summary>
    public static Cause AddressTentative { get; } = OfRouters("address-tentative",
        "The next hop has the address, but must not answer for it before duplicate address detection has ended.",
        "the neighbour entry is INCOMPLETE, and the address of the next hop is tentative",
        "wait, or add the address with `nodad`");

    /// <summary>The route is there to let nothing through, and says nothing.</summary>
    public static Cause BlackholeRoute { get; } = OfRouters("blackhole-route",
        "The route is there to let nothing through, and says nothing.",
        "the route",
        "delete the route, or add one that is more specific");

    /// <summary>The route is there to let nothing through, and tells the sender "host unreachable".</summary>
    public static Cause UnreachableRoute { get; } = OfRouters("unreachable-route",
        "The route is there to let nothing through, and tells the sender \"host unreachable\".",
        "the route",
        "delete the route, or add one that is more specific");

    /// <summary>The route is there to let nothing through, and tells the sender "prohibited".</summary>
    public static Cause ProhibitRoute { get; } = OfRouters("prohibit-route",
        "The route is there to let nothing through, and tells the sender \"prohibited\".",
        "the route",
        "delete the route, or add one that is more specific");

    /// <summary>A rule of policy routing lets nothing through, and says nothing.</summary>
    public static Cause BlackholeRule { get; } = OfRouters("blackhole-rule",
        "A rule of policy routing lets nothing through, and says nothing.",
        "the rule",
        "`ip rule del …`");

    /// <summary>A rule of policy routing lets nothing through, and tells the sender "net unreachable".</summary>
    public static Cause UnreachableRule { get; } = OfRouters("unreachable-rule",
        "A rule of policy routing lets nothing through, and tells the sender \"net unreachable\".",
        "the rule",
        "`ip rule del …`");

    /// <summary>A rule of policy routing lets nothing through, and tells the sender "prohibited".</summary>
    public static Cause ProhibitRule { get; } = OfRouters("prohibit-rule",
        "A rule of policy routing lets nothing through, and tells the sender \"prohibited\".",
        "the rule",
        "`ip rule del …`");

    /// <summary>The TTL, or hop limit, ran out.</summary>
    public static Cause TtlExpired { get; } = OfRouters("ttl-expired",
        "The TTL, or hop limit, ran out.",
        "the kernel drops in ip_forward or ip6_forward, and what the packet had",
        "send it with a higher one, or give the routers of the loop another route");

    /// <summary>The packet is larger than the MTU of the next link, and must not be cut.</summary>
    public static Cause TooBig { get; } = OfRouters("too-big",
        "The packet is larger than the MTU of the next link, and must not be cut.",
        "the kernel drops with PKT_TOO_BIG, and the MTU",
        "smaller packets, or a larger MTU");

    /// <summary>The reverse path filter: the node would not answer the sender by the device that the packet came in by.</summary>
    public static Cause RpFilter { get; } = OfRouters("rp-filter",
        "The reverse path filter: the node would not answer the sender by the device that the packet came in by.",
        "the kernel drops with IP_RPFILTER, and both sysctls",
        "add a route back, or relax rp_filter");

    /// <summary>An address of 127.0.0.0/8 came in from a network.</summary>
    public static Cause Martian { get; } = OfRouters("martian",
        "An address of 127.0.0.0/8 came in from a network.",
        "the kernel drops with IP_LOCALNET",
        "route_localnet, if it must be");

    /// <summary>The source is an address of the node itself.</summary>
    public static Cause OwnSource { get; } = OfRouters("own-source",
        "The source is an address of the node itself.",
        "the kernel drops with IP_LOCAL_SOURCE",
        "give one of the two another address");

    /// <summary>The source cannot be the source of a packet: a group, or no address.</summary>
    public static Cause InvalidSource { get; } = OfRouters("invalid-source",
        "The source cannot be the source of a packet: a group, or no address.",
        "the kernel drops with IP_INVALID_SOURCE, and the address",
        "let the sender use an address of its own");

    /// <summary>The destination cannot be the destination of a packet from a network.</summary>
    public static Cause InvalidDestination { get; } = OfRouters("invalid-destination",
        "The destination cannot be the destination of a packet from a network.",
        "the kernel's reason, and the address",
        "send it elsewhere");

    /// <summary>The frame was for all on the link, and the packet in it for one host elsewhere: a router does not pass that on.</summary>
    public static Cause LinkBroadcast { get; } = OfRouters("link-broadcast",
        "The frame was for all on the link, and the packet in it for one host elsewhere: a router does not pass that on.",
        "the kernel drops in ip_forward, and the destination MAC",
        "send it to the router's MAC address");

    /// <summary>The frame was for all on the link, the packet for one host, and the device drops such.</summary>
    public static Cause UnicastInMulticast { get; } = OfRouters("unicast-in-multicast",
        "The frame was for all on the link, the packet for one host, and the device drops such.",
        "the kernel drops with UNICAST_IN_L2_MULTICAST",
        "drop_unicast_in_l2_multicast=0");

    /// <summary>An address that is valid on one link only should cross a router.</summary>
    public static Cause LinkLocal { get; } = OfRouters("link-local",
        "An address that is valid on one link only should cross a router.",
        "the kernel drops in ip6_forward, and the addresses",
        "use an address of wider scope");

    /// <summary>The node cannot forward a packet with these addresses.</summary>
    public static Cause AddressError { get; } = OfRouters("address-error",
        "The node cannot forward a packet with these addresses.",
        "the kernel drops with IP_INADDRERRORS",
        "look at the addresses");

    /// <summary>The destination is a group that nobody in the node has joined.</summary>
    public static Cause GroupNotJoined { get; } = OfRouters("group-not-joined",
        "The destination is a group that nobody in the node has joined.",
        "the kernel's reason, and the address",
        "let a program join it");

    /// <summary>The destination is the broadcast address of another network of the router: it takes the packet for itself, and nobody there listens.</summary>
    public static Cause DirectedBroadcast { get; } = OfRouters("directed-broadcast",
        "The destination is the broadcast address of another network of the router: it takes the packet for itself, and nobody there listens.",
        "the addresses of the router, and bc_forwarding",
        "bc_forwarding=1");

    /// <summary>The packet waits: the next hop has not answered ARP or neighbour solicitation yet.</summary>
    public static Cause NeighbourUnresolved { get; } = OfRouters("neighbour-unresolved",
        "The packet waits: the next hop has not answered ARP or neighbour solicitation yet.",
        "the neighbour entry is INCOMPLETE",
        "see that the next hop is there, and in the same network");

    /// <summary>Nobody answered for the next hop.</summary>
    public static Cause NeighbourFailed { get; } = OfRouters("neighbour-failed",
        "Nobody answered for the next hop.",
        "the kernel drops with NEIGH_FAILED",
        "see that the next hop is there, and in the same network");

    /// <summary>Too many packets wait for the next hop to answer; the oldest had to go.</summary>
    public static Cause NeighbourQueue { get; } = OfRouters("neighbour-queue",
        "Too many packets wait for the next hop to answer; the oldest had to go.",
        "the kernel drops with NEIGH_QUEUEFULL",
        "see that the next hop answers");

    /// <summary>The router cannot ask for a neighbour's address: the device has no link-local address to ask from.</summary>
    public static Cause NoLinkLocal { get; } = OfRouters("no-link-local",
        "The router cannot ask for a neighbour's address: the device has no link-local address to ask from.",
        "the neighbour entry, and the device's addresses",
        "add one, such as fe80::1/64: `ip address add`");

    /// <summary>The node has the address, and does not answer for it: arp_ignore.</summary>
    public static Cause ArpIgnored { get; } = OfRouters("arp-ignored",
        "The node has the address, and does not answer for it: arp_ignore.",
        "the sysctls and the addresses",
        "arp_ignore=0");

    /// <summary>The node has the address, and does not answer by this device: arp_filter, and the route back is by another.</summary>
    public static Cause ArpFiltered { get; } = OfRouters("arp-filtered",
        "The node has the address, and does not answer by this device: arp_filter, and the route back is by another.",
        "the sysctl and the route",
        "arp_filter=0");

    /// <summary>The node took the question, and has no such address to answer for.</summary>
    public static Cause ArpForAnother { get; } = OfRouters("arp-for-another",
        "The node took the question, and has no such address to answer for.",
        "the kernel freed it in its ARP or ND code, and the target",
        "ask for an address that somebody has");

    /// <summary>The node drops ARP packets that announce an address and ask for nothing.</summary>
    public static Cause ArpGratuitous { get; } = OfRouters("arp-gratuitous",
        "The node drops ARP packets that announce an address and ask for nothing.",
        "the kernel drops in arp_process, and drop_gratuitous_arp is 1",
        "drop_gratuitous_arp=0");

    /// <summary>IPv6 is off at the device.</summary>
    public static Cause Ipv6Off { get; } = OfRouters("ipv6-off",
        "IPv6 is off at the device.",
        "the kernel drops with IPV6DISABLED, and the sysctl",
        "disable_ipv6=0");

    /// <summary>The node answers for another host (proxy ARP).</summary>
    public static Cause ArpProxied { get; } = OfRouters("arp-proxied",
        "The node answers for another host (proxy ARP).",
        "proxy_arp, and the route to the address by another device",
        "nothing, or `proxy_arp=0`");

    private static Cause OfRouters(string word, string meaning, string confirmedBy, string advice) => new(word, "Routers", meaning, confirmedBy, advice);
}
