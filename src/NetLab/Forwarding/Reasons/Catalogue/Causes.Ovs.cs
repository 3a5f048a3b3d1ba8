namespace NetLab;

// Why an Open vSwitch bridge sends a frame to no port.
public static partial class Causes
{
    /// <summary>The port does not carry the VLAN, or no other port does.</summary>
    public static Cause OvsVlan { get; } = OfOvs("ovs-vlan",
        "The port does not carry the VLAN, or no other port does.",
        "ofproto/trace, and tag and trunks of the ports",
        "give the port the VLAN, as its tag or one of its trunks: `ovs-vsctl set port`");

    /// <summary>The flow sends it to the port that it came in by, which takes the word in_port.</summary>
    public static Cause OvsInputPort { get; } = OfOvs("ovs-input-port",
        "The flow sends it to the port that it came in by, which takes the word in_port.",
        "ofproto/trace",
        "write actions=in_port");

    /// <summary>The flow sends it to a port that is not there.</summary>
    public static Cause OvsNoPort { get; } = OfOvs("ovs-no-port",
        "The flow sends it to a port that is not there.",
        "ofproto/trace",
        "look at the ports of the bridge: `ovs-ofctl show`");

    /// <summary>The other end of the tunnel cannot be reached.</summary>
    public static Cause OvsTunnel { get; } = OfOvs("ovs-tunnel",
        "The other end of the tunnel cannot be reached.",
        "ofproto/trace",
        "look at remote_ip, and at `ovs-appctl ovs/route/show`");

    /// <summary>The flow leads to a port that has no-forward.</summary>
    public static Cause OvsPortConfig { get; } = OfOvs("ovs-port-config",
        "The flow leads to a port that has no-forward.",
        "ofproto/trace, or the port's configuration",
        "let the port forward: `ovs-ofctl mod-port`");

    /// <summary>The flows go round without end.</summary>
    public static Cause OvsLoop { get; } = OfOvs("ovs-loop",
        "The flows go round without end.",
        "ofproto/trace",
        "look at the flows that resubmit");

    /// <summary>No flow of a table matches, and what matches nothing is dropped.</summary>
    public static Cause OvsNoFlow { get; } = OfOvs("ovs-no-flow",
        "No flow of a table matches, and what matches nothing is dropped.",
        "ofproto/trace",
        "add a flow");

    /// <summary>A flow drops it.</summary>
    public static Cause OvsFlow { get; } = OfOvs("ovs-flow",
        "A flow drops it.",
        "ofproto/trace: the flow that decides",
        "look at the flow");

    /// <summary>The destination is a reserved address that a bridge does not pass on.</summary>
    public static Cause OvsReservedMac { get; } = OfOvs("ovs-reserved-mac",
        "The destination is a reserved address that a bridge does not pass on.",
        "the address, and forward-bpdu",
        "other_config:forward-bpdu=true");

    /// <summary>Open vSwitch says so in its own words.</summary>
    public static Cause Ovs { get; } = OfOvs("ovs",
        "Open vSwitch says so in its own words.",
        "ofproto/trace",
        "look at the flows");

    /// <summary>A flow makes an answer of the frame, and sends it back.</summary>
    public static Cause OvsAnswered { get; } = OfOvs("ovs-answered",
        "A flow makes an answer of the frame, and sends it back.",
        "ofproto/trace: the only port is the one that it came in by",
        "nothing, or look at the flow");

    /// <summary>The bridge has learned the address at another port.</summary>
    public static Cause OvsMacElsewhere { get; } = OfOvs("ovs-mac-elsewhere",
        "The bridge has learned the address at another port.",
        "ofproto/trace, and fdb/show",
        "let the bridge learn the address anew: `ovs-appctl fdb/flush`");

    /// <summary>Nobody behind the port has joined the group.</summary>
    public static Cause OvsSnooping { get; } = OfOvs("ovs-snooping",
        "Nobody behind the port has joined the group.",
        "ofproto/trace, and mcast_snooping_enable",
        "join the group, or mcast_snooping_enable=false");

    /// <summary>Both ports are protected, and such ports do not talk to each other.</summary>
    public static Cause OvsProtected { get; } = OfOvs("ovs-protected",
        "Both ports are protected, and such ports do not talk to each other.",
        "ofproto/trace",
        "let one of the two ports reach the other: `ovs-vsctl set port`, protected=false");

    /// <summary>A meter let nothing through.</summary>
    public static Cause OvsMeter { get; } = OfOvs("ovs-meter",
        "A meter let nothing through.",
        "ofproto/trace: the flow with the meter, and its counts; no port was seen to send the frame",
        "wait, or take the meter out of the flow");

    /// <summary>Patch ports do not name each other.</summary>
    public static Cause OvsPatch { get; } = OfOvs("ovs-patch",
        "Patch ports do not name each other, or one of them is gone.",
        "options:peer of the patch ports",
        "let each name the other: `ovs-vsctl set interface`");

    /// <summary>No tunnel of Open vSwitch takes the packet.</summary>
    public static Cause OvsNoTunnel { get; } = OfOvs("ovs-no-tunnel",
        "No tunnel port takes the packet: its type, key, remote_ip or local_ip is another.",
        "ofproto/trace, and the options of the tunnel ports",
        "give both ends of the tunnel the same key, and each the address of the other");

    private static Cause OfOvs(string word, string meaning, string confirmedBy, string advice) => new(word, "Open vSwitch", meaning, confirmedBy, advice);
}
