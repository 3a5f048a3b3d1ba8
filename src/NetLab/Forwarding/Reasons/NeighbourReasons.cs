using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>What hangs on the tables of neighbours: packets that wait for an answer, and those that went to a wrong MAC address.</summary>
internal static class NeighbourReasons
{
    /// <summary>What a packet waits for that the node has routed and not sent; null where no entry of the next hop shows it.</summary>
    public static Reason? Waiting(Node node, SkbCopy skb)
    {
        // The kernel also looks up routes for what it says about the packet, an ICMP redirect for one.
        foreach (var route in skb.RouteLookups.Where(r => r.Error == 0 && r.NextHopInterfaceIndex != 0).Reverse())
        {
            if (UnansweredFor(node, route.NextHopInterfaceIndex, route.Gateway ?? route.Destination) is { } entry)
            {
                return Unresolved(node, route.NextHopDevice, entry, Evidence.Kernel($"route {route}."), route.Destination);
            }

            // Of several next hops the kernel tells the first, and takes one by a hash of the addresses.
            foreach (var hop in NextHopsOf(node, route))
            {
                if (UnansweredFor(node, hop.OutputIndex ?? 0, hop.Gateway ?? route.Destination) is { } other)
                {
                    return Unresolved(node, node.Live.Route.FindLink(other.Index)?.Name ?? "", other,
                        Evidence.Kernel($"route table {route.Table}: {route.Source} -> {route.Destination}, which has several next hops."), route.Destination);
                }
            }
        }

        return null;
    }

    private static NeighbourInfo? UnansweredFor(Node node, int index, IPAddress next) => node.Live.Route.GetNeighbours(index)
        .FirstOrDefault(n => n.Address.Equals(next) && n.State is NeighbourState.Incomplete or NeighbourState.Failed);

    private static IReadOnlyList<RouteNexthop> NextHopsOf(Node node, RouteLookup lookup) => node.Live.Route.GetRoutes()
        .Where(r => r.Table == lookup.Table && r.Nexthops.Count > 1 && r.Destination?.Contains(lookup.Destination) != false)
        .OrderByDescending(r => r.Destination?.PrefixLength ?? 0).FirstOrDefault()?.Nexthops ?? [];

    /// <summary>Why nobody has answered yet.</summary>
    /// <param name="node">The node that asks.</param>
    /// <param name="device">The device by which it asks.</param>
    /// <param name="entry">The entry of the neighbour.</param>
    /// <param name="evidence">What shows that a packet waits for it.</param>
    /// <param name="to">Where that packet goes, where that is known.</param>
    /// <param name="isOwn">Whether the packet is the node's own: it asks from the packet's source then.</param>
    public static Reason Unresolved(Node node, string device, NeighbourInfo entry, Evidence evidence, IPAddress? to = null, bool isOwn = false)
    {
        var v6 = entry.Address.AddressFamily == AddressFamily.InterNetworkV6;
        var state = Evidence.Neighbour($"{entry.Address} dev {device} {entry.State.ToString().ToUpperInvariant()}.");
        var own = v6 && !isOwn ? node.Live.Route.GetAddresses(entry.Index).Where(a => a.Address.IsIPv6LinkLocal).ToList() : null;
        if (own is { Count: > 0 } && own.TrueForAll(a => a.IsTentative))
        {
            var address = $"{own[0].Address}/{own[0].PrefixLength}";
            return new Reason(Causes.AddressTentative, node, device,
                $"{node.Name} cannot ask for the MAC address of {entry.Address} yet: a router asks from its link-local address on {device}, {own[0].Address}, "
                    + "of which duplicate address detection has not ended (tentative).",
                [evidence, state], $"ip address del {address} dev {device}; ip address add {address} dev {device} nodad, in node {node.Name}, or wait");
        }

        if (own is { Count: 0 })
        {
            return new Reason(Causes.NoLinkLocal, node, device,
                $"{node.Name} cannot ask for the MAC address of {entry.Address}: {device} has no link-local address, and a router sends " +
                    $"neighbour solicitations from that.",
                [evidence, state],
                $"ip address add fe80::1/64 dev {device}, or sysctl -w net.ipv6.conf.{KernelState.InSysctl(device)}.addr_gen_mode=0, in node {node.Name}");
        }

        // Of a device that somebody made by hand nobody knows what is at the other end.
        if (node.FindDevice(device) is null && node.Live.Route.FindLink(device) is { IsUp: true, HasCarrier: false })
        {
            return new Reason(Causes.NoCarrier, node, device,
                $"{node.Name} asks for {entry.Address} on {device}, which has no carrier: the other end is down, or there is none.",
                [evidence, state, Evidence.Link($"{node.Name}/{device} no carrier.")], $"see what is at the other end of {device}");
        }

        var reason = Owner(node, device, entry.Address, [evidence, state]) ?? new Reason(Causes.NeighbourUnresolved, node, device,
            entry.State is NeighbourState.Failed
                ? $"{node.Name} has asked for {entry.Address} on {device}, and given up: nobody answered " +
                    $"its {(v6 ? "neighbour solicitations" : "ARP requests")}."
                : $"{node.Name} is still resolving {entry.Address} on {device}: nobody has answered " +
                    $"its {(v6 ? "neighbour solicitation" : "ARP request")}; the kernel gives up after 3 s.",
            [evidence, state], $"see that {entry.Address} is there and in the same network as {device}" +
                $"{(KnownRemedies.Neighbour(node, device, entry.Address) is { } told ? $", or: {told}" : "")}");
        return reason with { Awaits = new AwaitedNeighbour(node, device, entry.Address) { IsGivenUp = entry.State is NeighbourState.Failed, To = to } };
    }

    /// <summary>How a packet ends that an entry shows to wait: the kernel may have given up since the packet was seen, and dropped it then.</summary>
    /// <param name="waiting">What it waits for (<see cref="Unresolved"/>).</param>
    public static (CopyEnd End, Reason Reason) Ended(Reason waiting) =>
        waiting.Awaits is { IsGivenUp: true } ? (CopyEnd.Dropped, waiting with { Cause = Causes.NeighbourFailed }) : (CopyEnd.Pending, waiting);

    /// <summary>Why nobody has answered, by what became of the question and of its answer.</summary>
    /// <param name="unresolved">What waits, and for whom (<see cref="Unresolved"/>).</param>
    /// <param name="problem">What became of the question, in a clause.</param>
    /// <param name="why">Why.</param>
    public static Reason Unanswered(Reason unresolved, string problem, Reason why)
    {
        (var node, var device, var address) = unresolved.Awaits!;
        var told = why.Cause == Causes.NobodyHasAddress ? $"{NeighbourModel.NobodyHasIt(unresolved.Awaits!)}."
            : why.Cause == Causes.WrongMask || why.Cause == Causes.WrongDevice ? why.Sentence : $"{problem}. {why.Sentence}";
        return unresolved with
        {
            Sentence = $"{node.Name} is still resolving {address} on {device}: {told}",
            Evidence = [.. unresolved.Evidence, .. why.Evidence.Except(unresolved.Evidence)],
            Remedy = why.Cause == Causes.NobodyHasAddress && unresolved.Awaits is { Undo: { } undo } ? undo
                : why.Remedy is { } remedy && why.Node != unresolved.Node && !remedy.Contains("in node ", StringComparison.Ordinal)
                ? $"{remedy.Replace(", or ", $", in node {why.Node.Name}, or ", StringComparison.Ordinal)}, in node {why.Node.Name}" : why.Remedy,
        };
    }

    /// <summary>A packet that waited for an answer until the entry was removed; null where nothing shows why.</summary>
    public static Reason? Removed(DropPlace place)
    {
        if (place.LabDevice is not { IsApplied: true } device || place.Node.Live.Route.FindLink(device.Index) is not { } link
            || link is { IsUp: true, HasCarrier: true })
        {
            return null;
        }

        var isUp = link.IsUp;
        var peer = device.OtherEnd;
        return place.Why(isUp ? peer is null ? Causes.NoCarrier : Causes.PeerDown : Causes.DeviceDown,
            $"{place.Where}, by which {place.Node.Name} sends to {place.To}, {(isUp ? "has no carrier" : "is down")}"
                + $"{(isUp && peer is not null ? $": the other end of the link, {peer}, is down" : "")}; "
                + "what waited there for a neighbour's answer was dropped.",
            !isUp ? $"ip link set dev {device.Name} up" : peer is null ? $"see what is at the other end of {device.Name}"
                : $"ip link set dev {peer.Name} up, in node {peer.Node.Name}",
            Evidence.Link($"{place.Where} {(isUp ? "no carrier" : "down")}."));
    }

    /// <summary>A frame that is for another MAC address because of the neighbour table of who sent it on; null where that is not so.</summary>
    public static Reason? Wrong(DropPlace place)
    {
        if (SenderOf(place) is not { LabDevice: { IsApplied: true } device } sent || device.Node.Live.Route.FindLink(device.Index) is not { } link
            || place.To is not { } to)
        {
            return null;
        }

        var node = device.Node;
        var mac = place.Seen.Destination;
        if (link.Flags.HasFlag(LinkFlags.NoArp))
        {
            return SentToItself(place);
        }

        return node.Live.Route.GetNeighbours(device.Index)
            .FirstOrDefault(n => n.Mac is { } known && MacAddress.From(known) == mac && n.Address.AddressFamily == to.AddressFamily) is not { } entry
                || Endpoint.WithAddress(node.Lab, entry.Address).Any(owner => owner.HasMac(mac)) ? null // it is right, and somebody led the frame elsewhere
            : place.Why(Causes.WrongNeighbour,
                $"{node.Name} sent the frame to {mac}, which it takes for the MAC address of {entry.Address}; {place.Where} has another " +
                    $"address{(place.LabDevice is { } own ? $", {KernelState.MacOf(own)}" : "")}.",
                $"ip neigh del {entry.Address} dev {sent.Device}, in node {node.Name}",
                Evidence.Neighbour($"{entry.Address} dev {sent.Device} lladdr {mac} {entry.State.ToString().ToUpperInvariant()}, in node {node.Name}."));
    }

    /// <summary>A frame that a node without ARP sent to its own MAC address, for want of another; null where that is not so.</summary>
    public static Reason? SentToItself(DropPlace place) =>
        SenderOf(place) is { LabDevice: { IsApplied: true } device } && place.Seen.Destination == KernelState.MacOf(device)
        && device.Node.Live.Route.FindLink(device.Index)?.Flags.HasFlag(LinkFlags.NoArp) == true
            ? place.Why(Causes.WrongNeighbour,
                $"{device.Node.Name} sent the frame to {place.Seen.Destination}, its own MAC address: {device.Name} has `arp off`, so that " +
                    $"{device.Node.Name} asks nobody for one.",
                $"ip link set dev {device.Name} arp on, in node {device.Node.Name}", Evidence.Link($"{device} NOARP."))
            : null;

    // The hop where the frame left the last node whose stack sent it: that wrote the MAC address.
    private static Hop? SenderOf(DropPlace place) => place.Hops.LastOrDefault(h =>
        h is { Direction: HopDirection.Out, LabDevice: { Switch: null, Guest: null }, Frame: { } frame }
        && !ReferenceEquals(h.Node, place.Node) && frame.Destination == place.Seen.Destination);

    // Somebody in the lab has the address, and cannot answer.
    private static Reason? Owner(Node node, string device, IPAddress address, Evidence[] evidence)
    {
        foreach (var owner in node.Lab.Nodes.Where(n => n.IsApplied))
        {
            if (owner.Live.Route.GetAddresses().FirstOrDefault(a => a.Address.Equals(address)) is not { } there
                || owner.Live.Route.FindLink(there.Index) is not { } link)
            {
                continue;
            }

            if (there.IsTentative)
            {
                var words = $"{address}/{there.PrefixLength}";
                var hasFailed = there.Flags.HasFlag(AddressFlags.DadFailed);
                return new Reason(Causes.AddressTentative, node, device,
                    $"{node.Name} is still resolving {address} on {device}: {owner.Name} has it on {link.Name}, but does not answer for it, "
                        + (hasFailed ? "because another host was found to have it (dadfailed)."
                            : "because duplicate address detection has not ended (tentative)."),
                    [.. evidence, Evidence.Link($"{owner.Name}/{link.Name} {words} {there.Flags}.")],
                    hasFailed ? "give one of them another address"
                        : $"ip address del {words} dev {link.Name}; ip address add {words} dev {link.Name} nodad, in node {owner.Name}, or wait");
            }

            if (!link.IsUp)
            {
                return new Reason(Causes.NeighbourUnresolved, node, device,
                    $"{node.Name} is still resolving {address} on {device}: {owner.Name} has it on {link.Name}, which is down.",
                    [.. evidence, Evidence.Link($"{owner.Name}/{link.Name} down.")], $"ip link set dev {link.Name} up, in node {owner.Name}");
            }

            // Who has it on another link than this answers by the device where it is asked.
            if (link.Flags.HasFlag(LinkFlags.NoArp) && address.AddressFamily is AddressFamily.InterNetwork && owner.FindDevice(link.Name) is { } end
                && node.FindDevice(device) is { } own && Ways.IsOneLink(own, [end]))
            {
                return new Reason(Causes.NeighbourUnresolved, node, device,
                    $"{node.Name} is still resolving {address} on {device}: {owner.Name} has it on {link.Name}, which has `arp off`, and takes no ARP request.",
                    [.. evidence, Evidence.Link($"{owner.Name}/{link.Name} NOARP.")], $"ip link set dev {link.Name} arp on, in node {owner.Name}");
            }
        }

        return null;
    }
}
