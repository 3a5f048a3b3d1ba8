using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Packets of GRE, GENEVE, IPIP and SIT that no tunnel of the node takes: it looks one up by the ends, the key and the network, among those that are up
/// (net/ipv4/ip_tunnel.c, ip_tunnel_lookup; drivers/net/geneve.c, geneve_lookup).
/// </summary>
internal static class TunnelEnds
{
    /// <summary>Why no tunnel took it; null where it is no such packet, or the kernel did not drop it for that.</summary>
    public static Reason? Find(DropPlace place)
    {
        var outer = place.Came;
        var packet = place.In("gre_rcv", "ipgre_rcv", "ip_tunnel_rcv") && outer.Gre is { } gre ? new Packet("GRE", KindsOf(gre), gre.Key, null)
            : place.In("geneve_udp_encap_recv") && outer.Geneve is { } geneve ? new Packet("GENEVE", ["geneve"], null, (uint)geneve.Vni)
            : place.In("tunnel4_rcv", "ipip_rcv", "ipip_tunnel_rcv") ? new Packet("IPIP", ["ipip"], null, null)
            : place.In("tunnel64_rcv", "ipip6_rcv", "sit_tunnel_rcv") ? new Packet("SIT", ["sit"], null, null)
            : null;
        return packet is null || StackModel.Ends(outer) is not var (from, to) ? null : Told(place, packet, from, to);
    }

    /// <summary>A GENEVE packet to whose port no tunnel of the node listens: those that there are have another, or are down. Null where it has none.</summary>
    public static Reason? NoneListens(DropPlace place, int port) => place.Seen.Udp is null || place.Seen.Geneve is not { } geneve ? null
        : place.Node.Live.Route.GetLinks().Where(l => l.KindData is GeneveSpec).ToList() is not [_, ..] tunnels ? null
        : place.Why(Causes.NoTunnel, $"Nobody in {place.Node.Name} listens on UDP port {port}, where the GENEVE packet with VNI {geneve.Vni} is for: "
                + $"{string.Join("; ", tunnels.Select(t => !t.IsUp ? $"{t.Name} is down" : $"{t.Name} has port {((GeneveSpec)t.KindData!).Port}"))}.",
            tunnels.Find(t => !t.IsUp) is { } down ? $"ip link set dev {down.Name} up, in node {place.Node.Name}"
                : "give both ends of the tunnel the same dstport",
            [.. tunnels.Select(Words)]);

    private static Reason Told(DropPlace place, Packet packet, IPAddress from, IPAddress to)
    {
        var node = place.Node;
        // Of those that the kernel makes by itself in every namespace (gretap0) nobody thinks.
        List<LinkInfo> tunnels = [.. node.Live.Route.GetLinks().Where(l => packet.Kinds.Contains(l.Kind)
            && (l.IsUp || l.KindData is GeneveSpec or IpTunnelSpec { Remote: not null }))];
        var each = tunnels.ConvertAll(t => (Tunnel: t, Other: Differences(t, packet, from, to)));
        var nearest = each.OrderBy(t => t.Other.Count).Select(t => t.Other is [var only] ? only : default).FirstOrDefault();
        return place.Why(Causes.NoTunnel,
            $"No tunnel of {node.Name} takes the {packet.Name} packet from {from}{packet.Number}: "
                + (each.Count == 0 ? $"it has none of kind {string.Join(" or ", packet.Kinds)}."
                    : $"{string.Join("; ", each.Select(t => $"{t.Tunnel.Name} {Sum(t.Other)}"))}."),
            nearest.Remedy is { } remedy ? $"{remedy}, in node {node.Name}" : "give both ends of the tunnel the same numbers, and each the other's address",
            [.. tunnels.Select(Words)]);
    }

    private static string Sum(List<(string What, string? Remedy)> differences) =>
        differences.Count == 0 ? "does not take it" : string.Join(" and ", differences.Select(d => d.What));

    private static List<(string What, string? Remedy)> Differences(LinkInfo tunnel, Packet packet, IPAddress from, IPAddress to)
    {
        var (local, remote) = tunnel.KindData is IpTunnelSpec ip ? (ip.Local, ip.Remote) : ((IPAddress?)null, (tunnel.KindData as GeneveSpec)?.Remote);
        var gre = tunnel.KindData as GreLinkSpec;
        var set = $"ip link set dev {tunnel.Name} type {tunnel.Kind}";
        var all = new List<(string, string?)>();
        Add(!tunnel.IsUp, "is down", $"ip link set dev {tunnel.Name} up");
        Add(remote is not null && !remote.Equals(from), $"has the remote {remote}", tunnel.Kind == "geneve" ? null : $"{set} remote {from}");
        Add(local is not null && !local.Equals(to), $"has the local address {local}", $"{set} local {to}");
        Add(gre is not null && gre.InputKey != packet.Key, $"takes {(gre?.InputKey is { } key ? $"the key {key}" : "no key")}",
            packet.Key is { } wanted ? $"{set} ikey {wanted}" : $"{set} noikey");
        Add(tunnel.KindData is GeneveSpec { Id: var id } && id != packet.Vni, $"has the VNI {(tunnel.KindData as GeneveSpec)?.Id}", null);
        Add(gre?.InputSequence == true, "takes what is numbered (iseq)", $"{set} noiseq");
        Add(gre?.InputChecksum == true, "takes what has a checksum (icsum)", $"{set} noicsum");
        return all;

        void Add(bool differs, string what, string? remedy)
        {
            if (differs)
            {
                all.Add((what, remedy));
            }
        }
    }

    // RFC 2784: the protocol of what is inside; Ethernet is gretap's.
    private static string[] KindsOf(GrePacket gre) => gre.ProtocolType == EtherTypes.TransparentEthernetBridging ? ["gretap"] : ["gre"];

    private static Evidence Words(LinkInfo tunnel) =>
        Evidence.Link($"{tunnel.Name} {(tunnel.IsUp ? "up" : "down")}, {(tunnel.KindData is { } spec ? Tunnel.Of(spec)?.Words : null) ?? tunnel.Kind}.");

    private sealed record Packet(string Name, string[] Kinds, uint? Key, uint? Vni)
    {
        public string Number => Key is { } key ? $" with key {key}" : Vni is { } vni ? $" with VNI {vni}" : "";
    }
}
