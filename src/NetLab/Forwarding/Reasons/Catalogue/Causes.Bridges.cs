namespace NetLab;

// Why a Linux bridge does not pass a frame on.
public static partial class Causes
{
    /// <summary>The bridge device is down: it takes nothing from its ports.</summary>
    public static Cause BridgeDown { get; } = OfBridges("bridge-down",
        "The bridge device is down: it takes nothing from its ports.",
        "the kernel drops at the port, and `ip link` shows the bridge down",
        "set the bridge up: `ip link set up`");

    /// <summary>The port does not forward, so the bridge takes no frames from it.</summary>
    public static Cause IngressState { get; } = OfBridges("ingress-state",
        "The port does not forward, so the bridge takes no frames from it.",
        "the kernel drops with BRIDGE_INGRESS_STP_STATE, or the port's state",
        "wait for STP where it runs; otherwise let the port forward: `bridge link set state 3`");

    /// <summary>The bridge skips a port that does not forward.</summary>
    public static Cause EgressState { get; } = OfBridges("egress-state",
        "The bridge skips a port that does not forward.",
        "the port's state",
        "wait for STP where it runs; otherwise let the port forward: `bridge link set state 3`");

    /// <summary>The bridge skips a port that is down.</summary>
    public static Cause PortDown { get; } = OfBridges("port-down",
        "The bridge skips a port that is down.",
        "`ip link` shows the port down",
        "set the port up: `ip link set up`");

    /// <summary>The packet is larger than the MTU of the port that it should go out of. A bridge sends no ICMP error for that, and counts nothing.</summary>
    public static Cause BridgeMtu { get; } = OfBridges("bridge-mtu",
        "The packet is larger than the MTU of the port that it should go out of. A bridge sends no ICMP error for that, and counts nothing.",
        "the kernel drops in br_dev_queue_push_xmit, and the lengths say so",
        "raise the port's MTU, or let the sender send less");

    /// <summary>VLAN filtering: the port does not carry the VLAN.</summary>
    public static Cause BridgeVlan { get; } = OfBridges("bridge-vlan",
        "VLAN filtering: the port does not carry the VLAN.",
        "the kernel drops in the bridge's VLAN filter, and the port's VLANs",
        "let the port carry the VLAN: `bridge vlan add`");

    /// <summary>The address is unknown, and the port takes no unknown unicast.</summary>
    public static Cause FloodOff { get; } = OfBridges("flood-off",
        "The address is unknown, and the port takes no unknown unicast.",
        "the FDB has no entry, and the port has `flood off`",
        "let the port have what is for unknown addresses: `bridge link set flood on`, or add the address");

    /// <summary>The port takes no broadcasts.</summary>
    public static Cause BroadcastFloodOff { get; } = OfBridges("broadcast-flood-off",
        "The port takes no broadcasts.",
        "the port has `bcast_flood off`",
        "let the port have broadcasts: `bridge link set bcast_flood on`");

    /// <summary>The port takes no multicasts that nobody there has joined.</summary>
    public static Cause MulticastFloodOff { get; } = OfBridges("multicast-flood-off",
        "The port takes no multicasts that nobody there has joined.",
        "the port has `mcast_flood off`",
        "let the port have what is for groups: `bridge link set mcast_flood on`");

    /// <summary>Multicast snooping: what is for a group goes to those who have joined it, and nobody behind this port has.</summary>
    public static Cause MdbElsewhere { get; } = OfBridges("mdb-elsewhere",
        "Multicast snooping: what is for a group goes to those who have joined it, and nobody behind this port has.",
        "the bridge's querier, and the entries of its MDB for the group",
        "let the receiver join, or add an entry");

    /// <summary>Both ports are isolated: the bridge sends nothing from one to the other.</summary>
    public static Cause Isolated { get; } = OfBridges("isolated",
        "Both ports are isolated: the bridge sends nothing from one to the other.",
        "the flags of both ports",
        "let one of the two ports reach the other: `bridge link set isolated off`");

    /// <summary>The frame would go out of the port that it came in by, and the port has no hairpin mode.</summary>
    public static Cause HairpinOff { get; } = OfBridges("hairpin-off",
        "The frame would go out of the port that it came in by, and the port has no hairpin mode.",
        "the port has `hairpin off`",
        "let the port have back what came from it: `bridge link set hairpin on`");

    /// <summary>The port takes frames of known senders alone, and the FDB does not have this one there.</summary>
    public static Cause Locked { get; } = OfBridges("locked",
        "The port takes frames of known senders alone, and the FDB does not have this one there.",
        "the port is locked, and the FDB has no entry of the sender at it",
        "give the address to the right port: `bridge fdb replace`");

    /// <summary>The bridge spares the port an ARP packet: it answers itself, or nobody needs to hear it.</summary>
    public static Cause NeighSuppress { get; } = OfBridges("neigh-suppress",
        "The bridge spares the port an ARP packet: it answers itself, or nobody needs to hear it.",
        "the port has `neigh_suppress on`, and what the bridge knows of the address",
        "let the port have the questions: `bridge link set neigh_suppress off`");

    /// <summary>The bridge believes the address behind the port that the frame came in by.</summary>
    public static Cause FdbIngress { get; } = OfBridges("fdb-ingress",
        "The bridge believes the address behind the port that the frame came in by.",
        "the FDB has the address at that port",
        "delete the entry, or see who else uses the address");

    /// <summary>The bridge believes the address behind another port, and sends the frame there alone.</summary>
    public static Cause FdbElsewhere { get; } = OfBridges("fdb-elsewhere",
        "The bridge believes the address behind another port, and sends the frame there alone.",
        "the FDB has the address at the other port",
        "give the address to the right port: `bridge fdb replace`");

    /// <summary>The address is the bridge's own, or one of its ports': the node keeps the frame for itself.</summary>
    public static Cause FdbLocal { get; } = OfBridges("fdb-local",
        "The address is the bridge's own, or one of its ports': the node keeps the frame for itself.",
        "the FDB has the address as local",
        "give the address to one of them alone");

    /// <summary>The bridge has no port but the one that the frame came in by.</summary>
    public static Cause NoOtherPort { get; } = OfBridges("no-other-port",
        "The bridge has no port but the one that the frame came in by.",
        "the ports that the kernel lists",
        "make the device a port of the bridge: `ip link set master`");

    /// <summary>Every port of the bridge has a reason of its own to be skipped.</summary>
    public static Cause NoPortLeft { get; } = OfBridges("no-port-left",
        "Every port of the bridge has a reason of its own to be skipped.",
        "the reason of each port",
        "what each of the reasons says");

    /// <summary>The device is no port of a bridge, and has no address: nothing takes what comes in by it.</summary>
    public static Cause NotAPort { get; } = OfBridges("not-a-port",
        "The device is no port of a bridge, and has no address: nothing takes what comes in by it.",
        "`ip link` shows no master",
        "make the device a port of the bridge: `ip link set master`");

    /// <summary>The destination is for the next device alone (01:80:c2:00:00:0x): no bridge passes it on unless it is told to.</summary>
    public static Cause LinkLocalMac { get; } = OfBridges("link-local-mac",
        "The destination is for the next device alone (01:80:c2:00:00:0x): no bridge passes it on unless it is told to.",
        "the address, and the bridge's group_fwd_mask",
        "set the bit in group_fwd_mask, where Linux allows it");

    /// <summary>The destination is reserved for MAC control (pause frames): no bridge passes it on.</summary>
    public static Cause ReservedMac { get; } = OfBridges("reserved-mac",
        "The destination is reserved for MAC control (pause frames): no bridge passes it on.",
        "the kernel drops with MAC_IEEE_MAC_CONTROL",
        "send to another address");

    /// <summary>The source is the address of a group, or no address.</summary>
    public static Cause InvalidSourceMac { get; } = OfBridges("invalid-source-mac",
        "The source is the address of a group, or no address.",
        "the kernel drops with MAC_INVALID_SOURCE",
        "let the sender use an address of its own");

    /// <summary>The frame went round in a loop of switches until the lab closed one of its ports.</summary>
    public static Cause Storm { get; } = OfBridges("storm",
        "The frame went round in a loop of switches until the lab closed one of its ports.",
        "ports that received the same frame again and again",
        "take a link of the loop away, or let the switches run STP");

    /// <summary>STP took the frame: it is one of its own messages.</summary>
    public static Cause StpTook { get; } = OfBridges("stp-took",
        "STP took the frame: it is one of its own messages.",
        "the destination 01:80:c2:00:00:00, and stp_state of the bridge",
        "nothing; a bridge without STP passes it on");

    /// <summary>A port with proxy_arp is flooded nothing.</summary>
    public static Cause ProxyArpPort { get; } = OfBridges("proxy-arp-port",
        "The bridge floods nothing to a port with proxy_arp: it answers ARP requests for what is behind it.",
        "the port has `proxy_arp on`, and the FDB has no entry",
        "add the address, or: `ip link set type bridge_slave proxy_arp off`");

    private static Cause OfBridges(string word, string meaning, string confirmedBy, string advice) => new(word, "Linux bridges", meaning, confirmedBy, advice);
}
