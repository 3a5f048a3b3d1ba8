namespace NetLab;

// Why a device does not take a frame, or does not give it on.
public static partial class Causes
{
    /// <summary>The device is a member of a bond, and not active: the bond takes nothing by it.</summary>
    public static Cause BondBackup { get; } = OfDevices("bond-backup",
        "The device is a member of a bond, and not active: the bond takes nothing by it.",
        "`ip -d link` shows the member's state (BACKUP)",
        "make it the active member, or let the other end send by the one that is: `ip link set type bond active_slave`");

    /// <summary>A macvlan in source mode takes frames of the senders on its list alone.</summary>
    public static Cause MacvlanSource { get; } = OfDevices("macvlan-source",
        "A macvlan in source mode takes frames of the senders on its list alone.",
        "`ip -d link` shows the mode and the list, and the sender is not on it",
        "put the sender on the list: `ip link set type macvlan macaddr add`");

    /// <summary>The device is down.</summary>
    public static Cause DeviceDown { get; } = OfDevices("device-down",
        "The device is down.",
        "the kernel refuses or drops the frame, and `ip link` shows the device down",
        "set the device up: `ip link set up`");

    /// <summary>The other end of the link is down, so this end has no carrier.</summary>
    public static Cause PeerDown { get; } = OfDevices("peer-down",
        "The other end of the link is down, so this end has no carrier.",
        "`ip link` of both ends",
        "set the other end up: `ip link set up`");

    /// <summary>The device has no carrier; of a tap: nobody holds it open.</summary>
    public static Cause NoCarrier { get; } = OfDevices("no-carrier",
        "The device has no carrier; of a tap: nobody holds it open.",
        "`ip link` shows no carrier",
        "see who should be at the other end");

    /// <summary>The frame is shorter than an Ethernet header.</summary>
    public static Cause Runt { get; } = OfDevices("runt",
        "The frame is shorter than an Ethernet header.",
        "the kernel refuses the write",
        "send at least destination, source and EtherType");

    /// <summary>The packet is larger than the MTU of the other end of the veth pair, which could not have sent it.</summary>
    public static Cause VethMtu { get; } = OfDevices("veth-mtu",
        "The packet is larger than the MTU of the other end of the veth pair, which could not have sent it.",
        "the kernel drops in __dev_forward_skb, and the lengths say so",
        "raise the MTU of the other end");

    /// <summary>The queue of the tap is full: nobody reads it.</summary>
    public static Cause TapFull { get; } = OfDevices("tap-full",
        "The queue of the tap is full: nobody reads it.",
        "the kernel drops with FULL_RING",
        "see that its reader still reads");

    /// <summary>The receive backlog of a processor is full.</summary>
    public static Cause BacklogFull { get; } = OfDevices("backlog-full",
        "The receive backlog of a processor is full.",
        "the kernel drops with CPU_BACKLOG",
        "stop what floods the machine, or raise net.core.netdev_max_backlog");

    /// <summary>A filter of tc dropped it as it came in.</summary>
    public static Cause TcIngress { get; } = OfDevices("tc-ingress",
        "A filter of tc dropped it as it came in.",
        "the kernel drops with TC_INGRESS",
        "look at the filters of the device: `tc filter show ingress`");

    /// <summary>A filter of tc dropped it as it went out.</summary>
    public static Cause TcEgress { get; } = OfDevices("tc-egress",
        "A filter of tc dropped it as it went out.",
        "the kernel drops with TC_EGRESS",
        "look at the filters of the device: `tc filter show egress`");

    /// <summary>The queueing discipline dropped it: the packet is more than it takes, or it is full.</summary>
    public static Cause Qdisc { get; } = OfDevices("qdisc",
        "The queueing discipline dropped it: the packet is more than it takes, or it is full.",
        "the kernel drops with a reason QDISC_…",
        "look at what the queue of the device drops: `tc -s qdisc show`");

    /// <summary>The frame waits in the queue of the device.</summary>
    public static Cause Queued { get; } = OfDevices("queued",
        "The frame waits in the queue of the device.",
        "it was put into the queue, and did not go out yet",
        "wait, or look at the rate of the queueing discipline");

    /// <summary>An XDP program dropped it.</summary>
    public static Cause Xdp { get; } = OfDevices("xdp",
        "An XDP program dropped it.",
        "the kernel drops with XDP or in its XDP code; where it tells nothing, only this is left: the device has a program, and its counter of drops has moved",
        "take the program off the device: `ip link set xdp off`");

    /// <summary>Nothing in the node takes frames of that EtherType at that device.</summary>
    public static Cause NoHandler { get; } = OfDevices("no-handler",
        "Nothing in the node takes frames of that EtherType at that device.",
        "the kernel drops with UNHANDLED_PROTO",
        "make the device a port of a bridge, or let a program read it");

    /// <summary>The frame is for another MAC address than the device's; a node's stack takes only frames for itself.</summary>
    public static Cause OtherHost { get; } = OfDevices("other-host",
        "The frame is for another MAC address than the device's; a node's stack takes only frames for itself.",
        "the kernel drops with OTHERHOST, and the device's address",
        "send it to the right address: see the sender's ARP entry");

    /// <summary>The frame is tagged with a VLAN for which the device has no VLAN device.</summary>
    public static Cause VlanUnknown { get; } = OfDevices("vlan-unknown",
        "The frame is tagged with a VLAN for which the device has no VLAN device.",
        "the kernel drops with OTHERHOST, and the frame's tag",
        "add a VLAN device, or send it untagged");

    /// <summary>An XDP program took the frame, and whether it dropped it or sent it elsewhere is not known, or it was sent elsewhere.</summary>
    public static Cause XdpTook { get; } = OfDevices("xdp-took",
        "An XDP program took the frame, and whether it dropped it or sent it elsewhere is not known, or it was sent elsewhere.",
        "the device has a program, and the frame did not go on into the stack; the kernel tells of no drop",
        "take the program off the device: `ip link set xdp off`");

    /// <summary>A filter of tc, or a rule at the device, took the frame away and sent it to another device.</summary>
    public static Cause Redirected { get; } = OfDevices("redirected",
        "A filter of tc, or a rule at the device, took the frame away and sent it to another device.",
        "the way of the frame, and the filter (mirred redirect) or the rule (fwd)",
        "`tc filter del`, or delete the rule");

    /// <summary>A copy that a filter of tc, or a rule, made of the frame: nobody is meant by it, and the frame itself went on.</summary>
    public static Cause Mirrored { get; } = OfDevices("mirrored",
        "A copy that a filter of tc, or a rule, made of the frame: nobody is meant by it, and the frame itself went on.",
        "the way of the copy, and the filter (mirred mirror) or the rule (dup)",
        "nothing, or delete the filter or the rule");

    /// <summary>A program read the frame by a packet socket, and no protocol of the node took it.</summary>
    public static Cause PacketSocket { get; } = OfDevices("packet-socket",
        "A program read the frame by a packet socket, and no protocol of the node took it.",
        "the kernel freed it where packet sockets read, or the node's stack refused it; /proc/net/packet",
        "nothing, or look at what the program does with it");

    /// <summary>The sender is a macvlan: its frames do not come to the stack of the node below, nor to macvlans that are not of mode bridge.</summary>
    public static Cause MacvlanIsolation { get; } = OfDevices("macvlan-isolation",
        "The sender is a macvlan: its frames do not come to the stack of the node below, nor to macvlans that are not of mode bridge.",
        "the frame went out of the device below the macvlan; `ip -d link` shows the mode",
        "give the node a macvlan of its own for the address, or let macvlans reach each other: `ip link set type macvlan mode bridge`");

    private static Cause OfDevices(string word, string meaning, string confirmedBy, string advice) => new(word, "Devices", meaning, confirmedBy, advice);
}
