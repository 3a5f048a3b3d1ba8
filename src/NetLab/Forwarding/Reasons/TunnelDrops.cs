using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>What the drops of VXLAN tunnels mean.</summary>
internal static class TunnelDrops
{
    public static Reason? Find(DropPlace place)
    {
        if (place.Reason == "VXLAN_VNI_NOT_FOUND")
        {
            var tunnels = TunnelsOf(place.Node);
            var theirs = place.Seen.Vxlan?.Vni.ToString() ?? "of another number";
            return place.Why(Causes.VxlanVni,
                $"The frame came in a VXLAN packet with VNI {theirs}, and {place.Node.Name} has no tunnel of that " +
                    $"number{string.Concat(tunnels.Select(t => $"; {t.Link.Name} has {t.Spec.Id}"))}.",
                "give both ends the same id", [.. tunnels.Select(Words)]);
        }

        if (!place.Has("vxlan_xmit"))
        {
            return null;
        }

        var spec = place.Node.Live.Route.FindLink(place.Device)?.KindData as VxlanSpec;
        return place.Reason switch
        {
            "NO_TX_TARGET" or "VXLAN_NO_REMOTE" => place.Why(Causes.VxlanNoRemote,
                $"{place.Where} does not know to whom it should send the frame: it has no remote, and no entry of its FDB " +
                    $"for {place.Seen.Destination} or for all zeros.",
                $"bridge fdb append 00:00:00:00:00:00 dev {place.Device} dst ADDRESS"),
            "IP_OUTNOROUTES" => place.Why(Causes.VxlanNoRoute,
                $"The tunnel {place.Where} cannot send to its other end: {place.Node.Name} has no route to {spec?.Remote?.ToString() ?? "it"}.",
                $"ip route add {spec?.Remote?.ToString() ?? "REMOTE"} via GATEWAY, in node {place.Node.Name}", spec is null ? []
                    : [Evidence.Link($"{place.Device} vxlan id {spec.Id} remote {spec.Remote}.")]),
            _ => null,
        };
    }

    /// <summary>A VXLAN packet that no tunnel of the node takes, or null.</summary>
    public static Reason? NoTunnel(DropPlace place, int port)
    {
        var tunnels = TunnelsOf(place.Node);
        if (tunnels.Count == 0 || place.Seen.Vxlan is null)
        {
            return null;
        }

        var each = string.Join("; ",
            tunnels.Select(t => !t.Link.IsUp ? $"{t.Link.Name} is down" : t.Spec.Port == port ? $"{t.Link.Name} has this port"
                : $"{t.Link.Name} has port {t.Spec.Port}"));
        return place.Why(Causes.NoSocket, $"Nobody in {place.Node.Name} listens on UDP port {port}, where the VXLAN packet is for: {each}.",
            tunnels.Find(t => !t.Link.IsUp).Link is { } down ? $"ip link set {down.Name} up"
                : "give both ends of the tunnel the same dstport", [.. tunnels.Select(Words)]);
    }

    /// <summary>The VXLAN devices of a node.</summary>
    public static List<(LinkInfo Link, VxlanSpec Spec)> TunnelsOf(Node node) =>
        [.. node.Live.Route.GetLinks().Where(l => l.KindData is VxlanSpec).Select(l => (l, (VxlanSpec)l.KindData!))];

    private static Evidence Words((LinkInfo Link, VxlanSpec Spec) tunnel) =>
        Evidence.Link($"{tunnel.Link.Name} {(tunnel.Link.IsUp ? "up" : "down")}, vxlan id {tunnel.Spec.Id} dstport {tunnel.Spec.Port}.");
}
