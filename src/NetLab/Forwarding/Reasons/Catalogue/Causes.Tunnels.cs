namespace NetLab;

// Why a tunnel does not take a frame, or does not give it on.
public static partial class Causes
{
    /// <summary>The VXLAN packet has a network identifier of which the node has no tunnel.</summary>
    public static Cause VxlanVni { get; } = OfTunnels("vxlan-vni",
        "The VXLAN packet has a network identifier of which the node has no tunnel.",
        "the kernel drops with VXLAN_VNI_NOT_FOUND, and the tunnels' identifiers",
        "give both ends the same id");

    /// <summary>No tunnel of the node takes the packet: its ends, its key or its network are others, or it is down.</summary>
    public static Cause NoTunnel { get; } = OfTunnels("no-tunnel",
        "No tunnel of the node takes the packet: its ends, its key or its network are others, or it is down.",
        "the kernel drops in gre_rcv, geneve_udp_encap_recv or another of the tunnels' receivers, and `ip -d link` shows the tunnels",
        "give both ends the same numbers, and each the other's address: `ip link set type`");

    /// <summary>The tunnel does not know to whom it should send: it has no remote, and no entry of its FDB.</summary>
    public static Cause VxlanNoRemote { get; } = OfTunnels("vxlan-no-remote",
        "The tunnel does not know to whom it should send: it has no remote, and no entry of its FDB.",
        "the kernel drops in vxlan_xmit with NO_TX_TARGET or VXLAN_NO_REMOTE",
        "tell the tunnel its other end, for the address 00:00:00:00:00:00: `bridge fdb append`");

    /// <summary>The node has no route to the other end of the tunnel.</summary>
    public static Cause VxlanNoRoute { get; } = OfTunnels("vxlan-no-route",
        "The node has no route to the other end of the tunnel.",
        "the kernel drops in vxlan_xmit with IP_OUTNOROUTES or in ip_tunnel_xmit, or the routes as they are",
        "add a route to the other end: `ip route add`");

    /// <summary>The tunnel's FDB sent the frame to a node that has no tunnel there.</summary>
    public static Cause VxlanFdb { get; } = OfTunnels("vxlan-fdb",
        "The tunnel's FDB sent the frame to a node that has no tunnel there.",
        "the kernel drops the outer packet with NO_SOCKET, and the FDB entry of the tunnel",
        "delete the tunnel's entry: `bridge fdb del`");

    /// <summary>The frame in the tunnel's packet has the tunnel's own MAC address as its source: it came back, or two have the same address.</summary>
    public static Cause VxlanOwnMac { get; } = OfTunnels("vxlan-own-mac",
        "The frame in the tunnel's packet has the tunnel's own MAC address as its source: it came back, or two have the same address.",
        "the kernel drops with LOCAL_MAC, and the address of the tunnel's device",
        "give one of the two another address");

    /// <summary>What came to the tunnel's port has no valid VXLAN header.</summary>
    public static Cause VxlanHeader { get; } = OfTunnels("vxlan-header",
        "What came to the tunnel's port has no valid VXLAN header.",
        "the kernel drops with VXLAN_INVALID_HDR",
        "see who sends to the tunnel's port what is no VXLAN");

    private static Cause OfTunnels(string word, string meaning, string confirmedBy, string advice) => new(word, "Tunnels", meaning, confirmedBy, advice);
}
