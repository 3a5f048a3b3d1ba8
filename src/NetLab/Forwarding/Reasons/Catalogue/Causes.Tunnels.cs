namespace NetLab;

// Why a tunnel does not take a frame, or does not give it on.
public static partial class Causes
{
    /// <summary>The VXLAN packet has a network identifier of which the node has no tunnel.</summary>
    public static Cause VxlanVni { get; } = OfTunnels("vxlan-vni",
        "The VXLAN packet has a network identifier of which the node has no tunnel.",
        "the kernel drops with VXLAN_VNI_NOT_FOUND, and the tunnels' identifiers",
        "give both ends the same id");

    /// <summary>The tunnel does not know to whom it should send: it has no remote, and no entry of its FDB.</summary>
    public static Cause VxlanNoRemote { get; } = OfTunnels("vxlan-no-remote",
        "The tunnel does not know to whom it should send: it has no remote, and no entry of its FDB.",
        "the kernel drops in vxlan_xmit with NO_TX_TARGET or VXLAN_NO_REMOTE",
        "`bridge fdb append 00:00:00:00:00:00 dev TUNNEL dst ADDRESS`");

    /// <summary>The node has no route to the other end of the tunnel.</summary>
    public static Cause VxlanNoRoute { get; } = OfTunnels("vxlan-no-route",
        "The node has no route to the other end of the tunnel.",
        "the kernel drops in vxlan_xmit with IP_OUTNOROUTES",
        "`ip route add REMOTE via GATEWAY`");

    private static Cause OfTunnels(string word, string meaning, string confirmedBy, string advice) => new(word, "Tunnels", meaning, confirmedBy, advice);
}
