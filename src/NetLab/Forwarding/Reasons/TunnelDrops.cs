using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>What the drops of VXLAN tunnels mean.</summary>
internal static class TunnelDrops
{
    /// <summary>What becomes of a tunnel's own packet of IPv6 that is too large.</summary>
    public const string NotCut = "What a tunnel sends by IPv6 is not cut in fragments, and the sender of what is in it is not told.";

    public static Reason? Find(DropPlace place)
    {
        if (place.Reason == "VXLAN_VNI_NOT_FOUND")
        {
            var tunnels = TunnelsOf(place.Node);
            if (OtherVni(place) is { } entry)
            {
                return entry;
            }

            var theirs = place.Seen.Vxlan?.Vni.ToString() ?? "of another number";
            return place.Why(Causes.VxlanVni,
                $"The frame came in a VXLAN packet with VNI {theirs}, and {place.Node.Name} has no tunnel of that " +
                    $"number{string.Concat(tunnels.Select(t => $"; {t.Link.Name} has {t.Spec.Id}"))}.",
                "give both ends the same id", [.. tunnels.Select(Words)]);
        }

        if (place.Reason is "LOCAL_MAC" && place.Node.Live.Route.FindLink(place.Device) is { KindData: VxlanSpec, Mac: { } own })
        {
            var mac = MacAddress.From(own);
            return place.Why(Causes.VxlanOwnMac,
                $"The frame that came out of the tunnel {place.Where} has the source {mac}, which is the address of {place.Device} itself: it came back, "
                    + "or two have the same address.",
                $"ip link set dev {place.Device} address {MacAddress.FromUInt64(mac.ToUInt64() ^ 0x0400_0000_0000)}, or give the sender another one",
                Evidence.Link($"{place.Device} address {mac}."));
        }

        if (place.Reason is "VXLAN_INVALID_HDR")
        {
            return place.Why(Causes.VxlanHeader,
                $"What came to UDP port {place.Seen.Udp?.DestinationPort} of {place.Node.Name}, a tunnel's, has no valid VXLAN header.",
                "see who sends there what is no VXLAN", [.. TunnelsOf(place.Node).Select(Words)]);
        }

        if (TunnelEnds.Find(place) is { } end)
        {
            return end;
        }

        if (place.Has("ip_tunnel_xmit") && place.Node.Live.Route.FindLink(place.Device)?.KindData is IpTunnelSpec { Remote: { } other } of
            && place.Node.Live.Route.FindRoute(other).Error != 0)
        {
            return place.Why(Causes.VxlanNoRoute, $"The tunnel {place.Where} cannot send to its other end: {Refused(place.Node, other).Why}.",
                Refused(place.Node, other).Remedy, Evidence.Link($"{place.Device} {of.Kind} remote {other}."));
        }

        if (!place.Has("vxlan_xmit"))
        {
            return null;
        }

        var spec = place.Node.Live.Route.FindLink(place.Device)?.KindData as VxlanSpec;
        return place.Reason switch
        {
            "NO_TX_TARGET" or "VXLAN_NO_REMOTE" => place.Why(Causes.VxlanNoRemote,
                Nobody(place.Where, place.Seen.Destination, spec),
                KnownRemedies.TunnelEnd(place.Node, place.Device, spec)),
            "IP_OUTNOROUTES" when (NotOwn(place.Node, place.Device, spec) ?? Refused(place.Node, spec?.Remote)) is var (why, remedy) => place.Why(
                Causes.VxlanNoRoute,
                $"The tunnel {place.Where} cannot send to its other end: {why}.", remedy, spec is null ? []
                    : [Evidence.Link($"{place.Device} vxlan id {spec.Id} remote {spec.Remote}.")]),
            _ => null,
        };
    }

    /// <summary>
    /// Why a tunnel's packet did not leave the node, where that is not seen: there is no route to the other end now, or nobody has answered for it. Null
    /// where neither is the case.
    /// </summary>
    public static Reason? Unsent(Hop last, IPAddress remote)
    {
        var node = last.Node;
        var notOwn = NotOwn(node, last.Device, node.Live.Route.FindLink(last.Device)?.KindData as VxlanSpec);
        if (notOwn is null && node.Live.Route.FindRoute(remote).Error == 0)
        {
            return Awaited(last, remote);
        }

        var (why, remedy) = notOwn ?? Refused(node, remote);
        return new Reason(Causes.VxlanNoRoute, node, last.Device, $"The tunnel {node.Name}/{last.Device} cannot send to its other end: {why}.",
            [Evidence.Model($"inferred from the state of {node.Name} as it is now."), Words(last)], remedy);
    }

    // The kernel finds no route for what is to come from an address that the node does not have.
    private static (string Why, string Remedy)? NotOwn(Node node, string device, VxlanSpec? spec) =>
        spec?.Local is not { } local || node.Live.Route.GetAddresses().Any(a => a.Address.Equals(local)) ? null
            : ($"it is to send from {local}, and {node.Name} has no such address",
                spec.Remote is { } remote && node.Live.Route.FindRoute(remote) is { Error: 0, Source: { } own }
                    ? $"ip link set dev {device} type vxlan local {own}, in node {node.Name}" : $"give {node.Name} the address {local}");

    /// <summary>A frame that a tunnel sent to its own node, and that came out of it again; null where that is not so.</summary>
    public static Reason? SentToItself(IReadOnlyList<Hop> hops)
    {
        if (hops.LastOrDefault(h => h is { Direction: HopDirection.Out, LabDevice.Kind: "vxlan" }) is not { Frame: { } frame } sent
            || EntriesOf(sent).Find(e => MacAddress.From(e.Mac) == frame.Destination
                && sent.Node.Live.Route.GetAddresses().Any(a => a.Address.Equals(e.Remote))) is not { Remote: { } own })
        {
            return null;
        }

        return new Reason(Causes.VxlanFdb, sent.Node, sent.Device,
            $"The FDB of {sent.Node.Name}/{sent.Device} sends what is for {frame.Destination} to {own}, which is {sent.Node.Name} itself: the frame came "
                + $"out of {sent.Device} again.",
            [Evidence.Bridge($"fdb of {sent.Device}: {frame.Destination} dst {own}.")], Undo(sent, frame, own));
    }

    // A route that leads nowhere on purpose, or by a device that is down, is taken for none.
    private static (string Why, string Remedy) Refused(Node node, IPAddress? remote) =>
        remote is null ? ($"{node.Name} has no route to it", KnownRemedies.Route(node, null))
        : RouterDrops.Throwing(node, remote, [RouteTable.Main]) is { } end
            ? ($"in node {node.Name} the route to {end.Destination} is of type throw, which ends the search",
                $"{RouterDrops.Delete(end, "throw")}, in node {node.Name}")
        : node.Live.Route.GetRoutes().FirstOrDefault(r => r.Type is RouteType.Blackhole or RouteType.Prohibit or RouteType.Unreachable
            && r.Destination?.Contains(remote) != false && r.Table == RouteTable.Main) is { } refusing
            ? ($"the route of {node.Name} to {remote} is of type {refusing.Type.ToString().ToLowerInvariant()}",
                $"{RouterDrops.Delete(refusing, refusing.Type.ToString().ToLowerInvariant())}, in node {node.Name}")
        : node.Devices.FirstOrDefault(d => d.IsApplied && KernelState.AddressesOf(d).Any(a => a.Contains(remote))
            && node.Live.Route.FindLink(d.Index) is { IsUp: false }) is { } down
            ? ($"{node.Name} has no route to {remote}, for {down.Name} is down", $"ip link set dev {down.Name} up, in node {node.Name}")
        : ($"{node.Name} has no route to {remote}", KnownRemedies.Route(node, remote));

    /// <summary>A tunnel of which nothing tells to whom it should send; null where something does.</summary>
    public static Reason? WithoutRemote(Hop last) => last.LabDevice is not { IsApplied: true, Kind: "vxlan" } device
        || RemotesOf(last).Count > 0
        || last.Node.Live.Route.FindLink(device.Index)?.KindData is not VxlanSpec spec ? null
        : new Reason(Causes.VxlanNoRemote, last.Node, last.Device, Nobody($"{last.Node.Name}/{last.Device}", last.Frame?.Destination, spec),
            [Evidence.Model($"inferred from the FDB of {last.Device} as it is now."), Words(last)], KnownRemedies.TunnelEnd(last.Node, last.Device, spec));

    // A remote is an entry for all zeros (drivers/net/vxlan/vxlan_core.c, __vxlan_dev_create), which may be deleted as others.
    private static string Nobody(string tunnel, MacAddress? destination, VxlanSpec? spec) =>
        $"{tunnel} does not know to whom it should send the frame: it has no {(spec?.Remote is null ? "remote, and no " : "")}entry of its FDB for "
            + $"{destination} or for all zeros.";

    /// <summary>The neighbour that a tunnel's packet waits for; null where its next hop is known, or nobody is asked for it.</summary>
    public static Reason? Awaited(Hop last) => RemotesOf(last).Select(remote => Awaited(last, remote)).OfType<Reason>().ToList() is [var one] ? one : null;

    private static Reason? Awaited(Hop last, IPAddress remote)
    {
        var route = last.Node.Live.Route;
        return route.FindRoute(remote) is { Error: 0 } way && (way.Gateway ?? remote) is var next
            && route.GetNeighbours().FirstOrDefault(n => n.State is NeighbourState.Incomplete && n.Address.Equals(next)) is { } entry
                ? ByEntry(last, remote, NeighbourReasons.Unresolved(last.Node, route.FindLink(entry.Index)?.Name ?? "", entry, Words(last), remote)) : null;
    }

    // The entry of the FDB for the frame leads to somebody else than the tunnel's other end.
    private static Reason ByEntry(Hop last, IPAddress remote, Reason unresolved) =>
        last.Frame is not { } frame || !EntriesOf(last).Any(e => MacAddress.From(e.Mac) == frame.Destination && remote.Equals(e.Remote))
            || EntriesOf(last).All(e => remote.Equals(e.Remote)) ? unresolved
        : unresolved with
        {
            Evidence = [.. unresolved.Evidence, Evidence.Bridge($"fdb of {last.Device}: {frame.Destination} dst {remote}.")],
            Remedy = Undo(last, frame, remote),
            Awaits = unresolved.Awaits is { } awaits ? awaits with { Undo = Undo(last, frame, remote) } : null,
        };

    private static string Undo(Hop last, Frame frame, IPAddress remote) =>
        $"bridge fdb del {frame.Destination} dev {last.Device} dst {remote} self, in node {last.Node.Name}";

    private static List<FdbInfo> EntriesOf(Hop last) => last.LabDevice is not { IsApplied: true } device ? []
        : [.. last.Node.Live.Route.GetFdb().Where(e => e.Index == device.Index && e.Remote is not null)];

    /// <summary>To whom a tunnel sends a frame: whom its FDB has for it, or for all that it does not know; the remote where it has no FDB.</summary>
    public static List<IPAddress> RemotesOf(Hop last)
    {
        if (last.LabDevice is not { Tunnel: { } tunnel, IsApplied: true } device)
        {
            return [];
        }

        if ((last.Node.Live.Route.FindLink(device.Index)?.KindData is { } now ? Tunnel.Of(now)?.Remote : tunnel.Remote) is { } remote && device.Kind != "vxlan")
        {
            return [remote];
        }

        var entries = EntriesOf(last);
        var own = entries.FindAll(e => MacAddress.From(e.Mac) == last.Frame?.Destination);
        return [.. (own.Count > 0 ? own : entries.FindAll(e => MacAddress.From(e.Mac) == default)).Select(e => e.Remote!).Distinct()];
    }

    private static Evidence Words(Hop last) => Evidence.Link($"{last.Device} {last.LabDevice!.Tunnel!.Words}.");

    /// <summary>
    /// A packet that is larger than the network below a tunnel takes with the tunnel's headers. Where it must not be cut itself, VXLAN and GENEVE, as a port of
    /// a bridge, make the ICMP error of it, and send that back (net/ipv4/ip_tunnel_core.c, skb_tunnel_check_pmtu), and GRE drops it (net/ipv4/ip_tunnel.c,
    /// tnl_update_pmtu); any other goes into a packet of the tunnel that is cut in IPv4, and dropped in IPv6 (net/ipv6/ip6_output.c, ip6_fragment). Null where
    /// it is neither.
    /// </summary>
    public static Reason? TooBig(Hop last)
    {
        if (last is not { LabDevice: { Tunnel: { Overhead: { } more, Remote: { } remote } tunnel, Switch: not null, Kind: var kind }, Frame: { } frame })
        {
            return null;
        }

        var route = last.Node.Live.Route;
        if (route.FindRoute(remote) is not { Error: 0, Output: { } output } way || route.FindLink(output) is not { } below)
        {
            return null;
        }

        var room = (way.Mtu ?? below.Mtu) - more;
        var isWhole = MustNotBeCut(frame, room);
        var isAnswered = isWhole && kind is "vxlan" or "geneve";
        var length = last.Length - 14 - (4 * frame.VlanTags.Count);
        return length > room && (isWhole || (kind == "vxlan" && remote.AddressFamily is AddressFamily.InterNetworkV6))
            ? new Reason(Causes.TooBig, last.Node, last.Device,
                $"The packet of {length} bytes {(isWhole ? "must not be cut" : "is too large")}, and the tunnel {last.Node.Name}/{last.Device} has room for "
                    + $"{room}: its headers are {more} bytes, and {below.Name}, by which it sends, has the MTU {way.Mtu ?? below.Mtu}. "
                    + (isAnswered ? "The tunnel told the sender so by ICMP, in the receiver's name."
                        : isWhole ? "Whether it told the sender is not known." : NotCut),
                [Evidence.Link($"{last.Node.Name}/{below.Name} mtu {below.Mtu}; {last.Device} {tunnel.Words}."),
                    Evidence.Model($"inferred from the state of {last.Node.Name} as it is now: the kernel tells of no drop.")],
                $"let the sender's packets have {room} bytes at most, or raise the MTU of the network below by {length - room}")
            : null;
    }

    // As the kernel sees it: it makes no such error of what is for many or an ICMP error itself, nor of less than every network takes
    // (iptunnel_pmtud_check_icmp, iptunnel_pmtud_check_icmpv6).
    private static bool MustNotBeCut(Frame frame, int room) => frame is { Destination.IsMulticast: false, Icmp: not { IsError: true } }
        && (frame.Ipv6 is { } ip6 ? room >= 1280 && !ip6.Destination.IsMulticast && frame.Icmpv6 is not { Type: < (Icmpv6Type)128 }
            : frame.Ipv4 is { DontFragment: true } ip4 && room >= 576 && !ip4.Destination.IsMulticast);

    /// <summary>A VXLAN packet that no tunnel of the node takes, or null.</summary>
    public static Reason? NoTunnel(DropPlace place, int port)
    {
        if (Misled(place) is { } misled)
        {
            return misled;
        }

        var tunnels = TunnelsOf(place.Node);
        if (tunnels.Count == 0 || (place.Seen.Vxlan is null && !tunnels.Exists(t => t.Spec.Port == port)))
        {
            return null;
        }

        var each = string.Join("; ",
            tunnels.Select(t => !t.Link.IsUp ? $"{t.Link.Name} is down" : t.Spec.Port == port ? $"{t.Link.Name} has this port"
                : $"{t.Link.Name} has port {t.Spec.Port}"));
        return place.Why(Causes.NoSocket, $"Nobody in {place.Node.Name} listens on UDP port {port}, where the VXLAN packet is for: {each}.",
            tunnels.Find(t => !t.Link.IsUp).Link is { } down ? $"ip link set dev {down.Name} up"
                : "give both ends of the tunnel the same dstport", [.. tunnels.Select(Words)]);
    }

    // An entry of the FDB may have a VNI of its own.
    private static Reason? OtherVni(DropPlace place) =>
        place.Hops.LastOrDefault(h => h is { Direction: HopDirection.Out, LabDevice.Tunnel: not null }) is { LabDevice: { } tunnel, Frame: { } inner } sent
            && EntriesOf(sent).Find(e => MacAddress.From(e.Mac) == inner.Destination && e.Vni is { } own && own == place.Seen.Vxlan?.Vni) is { } entry
            ? place.Why(Causes.VxlanVni,
                $"The FDB of {tunnel} sends what is for {inner.Destination} with VNI {entry.Vni}, and {place.Node.Name} has no tunnel of that number"
                    + $"{string.Concat(TunnelsOf(place.Node).Select(t => $"; {t.Link.Name} has {t.Spec.Id}"))}.",
                $"bridge fdb del {inner.Destination} dev {tunnel.Name} dst {entry.Remote} vni {entry.Vni} self, in node {tunnel.Node.Name}",
                Evidence.Bridge($"fdb of {tunnel}: {inner.Destination} dst {entry.Remote} vni {entry.Vni}."))
            : null;

    // The FDB of the tunnel that sent it names this node.
    private static Reason? Misled(DropPlace place)
    {
        if (place.Hops.LastOrDefault(h => h is { Direction: HopDirection.Out, LabDevice.Tunnel: not null }) is not
            { LabDevice: { IsApplied: true } tunnel, Frame: { } inner } || place.To is not { } to
            || tunnel.Node.Live.Route.FindLink(tunnel.Index)?.KindData is not VxlanSpec spec || to.Equals(spec.Remote))
        {
            return null;
        }

        return tunnel.Node.Live.Route.GetFdb().Where(e => e.Index == tunnel.Index && to.Equals(e.Remote))
            .OrderBy(e => MacAddress.From(e.Mac) == inner.Destination ? 0 : 1).FirstOrDefault() is not { } entry ? null
            : place.Why(Causes.VxlanFdb,
                $"The FDB of {tunnel} sends what is for {MacAddress.From(entry.Mac)} to {to}, which is {place.Node.Name}, and there nobody listens "
                    + $"on UDP port {place.Seen.Udp?.DestinationPort}.",
                $"bridge fdb del {MacAddress.From(entry.Mac)} dev {tunnel.Name} dst {to} self, in node {tunnel.Node.Name}",
                Evidence.Bridge($"fdb of {tunnel}: {MacAddress.From(entry.Mac)} dst {to}."));
    }

    /// <summary>The VXLAN devices of a node.</summary>
    public static List<(LinkInfo Link, VxlanSpec Spec)> TunnelsOf(Node node) =>
        [.. node.Live.Route.GetLinks().Where(l => l.KindData is VxlanSpec).Select(l => (l, (VxlanSpec)l.KindData!))];

    private static Evidence Words((LinkInfo Link, VxlanSpec Spec) tunnel) =>
        Evidence.Link($"{tunnel.Link.Name} {(tunnel.Link.IsUp ? "up" : "down")}, vxlan id {tunnel.Spec.Id} dstport {tunnel.Spec.Port}.");
}
