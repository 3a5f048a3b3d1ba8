using System.Net;
using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Adds to the copies of a frame why they ended, from what the kernel's tracepoints told. What the packet sockets saw stays as it is; a copy
/// that was dropped before any of them saw it is added.
/// </summary>
internal sealed class FateExplainer
{
    private readonly Fate _fate;
    private readonly List<FrameCopy> _copies;
    private readonly Dictionary<ulong, Node> _nodes;
    private readonly List<SkbCopy> _family = [];

    private FateExplainer(Fate fate, IReadOnlyList<TraceEvent> events)
    {
        _fate = fate;
        _copies = [.. fate.Copies];
        _nodes = fate.Start.Lab.Nodes.Where(n => n.IsApplied).ToDictionary(n => n.State.Namespace.Inode);
        foreach (SkbCopy root in SkbTree.Build(events).Roots.Where(IsTheFrame))
        {
            _family.AddRange(SkbTree.Family(root).Where(c => !IsAnswer(c)));
        }
    }

    /// <summary>The same fate, with reasons.</summary>
    public static async Task<Fate> ExplainAsync(Fate fate, KernelAccount account, CancellationToken ct)
    {
        var explainer = new FateExplainer(fate, account.Events);
        await explainer.DropsAsync(ct).ConfigureAwait(false);
        explainer.UsedOrWaiting();
        await explainer.InOpenVSwitchAsync(ct).ConfigureAwait(false);
        return new Fate(fate.From, fate.Sender, fate.Start, fate.Frame, fate.Refusal, explainer._copies) { LostEvents = account.Lost };
    }

    private async Task DropsAsync(CancellationToken ct)
    {
        foreach (SkbCopy copy in _family.Where(c => c.End is SkbEnd.Dropped))
        {
            TraceEvent drop = copy.EndEvent!;
            List<SkbHop> way = [.. copy.Way.Where(h => h.IsComplete || h.Direction is SkbDirection.In)];
            if (!_nodes.TryGetValue(drop.Namespace, out Node? node))
            {
                continue;
            }

            string name = drop.DeviceName.Length > 0 ? drop.DeviceName : copy.Way is [.., var last] && last.Namespace == drop.Namespace ? last.DeviceName : "";
            var place = new DropPlace(node, name, node.FindDevice(name), way is [.., { Direction: SkbDirection.In } into] ? into.DeviceName : "", drop, copy, _fate.Frame);
            if (DropKnowledge.IsHarmless(place))
            {
                continue;
            }

            Reason reason = await DropKnowledge.ExplainAsync(place, ct).ConfigureAwait(false);
            FrameCopy? seen = way is [.., var end] ? _copies.Find(c => c.Reason is null && EndsAt(c, end)) : null;
            if (seen is null)
            {
                seen = new FrameCopy(HopsOf(way), CopyEnd.LastSeenIn, null, null);
                _copies.Add(seen);
            }

            seen.EndBecauseOf(CopyEnd.Dropped, reason);
        }
    }

    // What a node used up, or keeps until a neighbour answers, is no drop.
    private void UsedOrWaiting()
    {
        foreach (FrameCopy copy in _copies.Where(c => c is { Reason: null, End: CopyEnd.LastSeenIn, Hops.Count: > 0 } && c.Hops[^1].LabDevice is not { Switch: not null }))
        {
            if (_family.FindLast(c => c.Way is [.., var last] && EndsAt(copy, last)) is not { } skb)
            {
                continue;
            }

            Hop hop = copy.Hops[^1];
            if (skb.End is SkbEnd.Open && Waiting(hop.Node, skb) is { } waiting)
            {
                copy.EndBecauseOf(CopyEnd.Pending, waiting);
            }
            else if (skb is { End: SkbEnd.Consumed, EndEvent: { } end })
            {
                copy.EndBecauseOf(CopyEnd.Consumed, Used(hop, end));
            }
            else if (skb.End is SkbEnd.Open && HasNoHandler(hop))
            {
                copy.EndBecauseOf(CopyEnd.Consumed, NoHandler(hop, "kernel: nothing happened to the frame after it came in; what the lab watches by has taken it, where the kernel would have dropped it."));
            }
        }
    }

    // A packet socket of ours is then the only one that takes the frame, and hides the kernel's drop (UNHANDLED_PROTO).
    private bool HasNoHandler(Hop hop) =>
        _fate.Frame.EtherType is not (EtherTypes.Ipv4 or EtherTypes.Ipv6 or EtherTypes.Arp)
        && hop.LabDevice is VethEnd or TapDevice
        && !hop.Node.Devices.OfType<KernelDevice>().Any();

    private Reason NoHandler(Hop hop, string evidence) => new("no-handler", hop.Node, hop.Device,
        $"Nothing in {hop.Node.Name} takes frames of EtherType 0x{_fate.Frame.EtherType:x4} at {hop.Device}: it is no port of a bridge, and no protocol of the node has asked for them.",
        [evidence], $"make {hop.Device} a port of a bridge: ip link set {hop.Device} master BRIDGE");

    private Reason Used(Hop hop, TraceEvent end)
    {
        string evidence = $"kernel: the frame was freed after use, in {end.Location}.";
        return _fate.Frame.Arp is { } arp
            ? new Reason("arp-for-another", hop.Node, hop.Device, $"{hop.Node.Name} took the ARP packet, which asks for {arp.TargetIp}, and has nothing to answer: it does not have that address.", [evidence])
            : end.Location is "packet_rcv" or "tpacket_rcv" && HasNoHandler(hop) ? NoHandler(hop, evidence)
            : new Reason("used", hop.Node, hop.Device, $"{hop.Node.Name} used the frame up itself and sent nothing on.", [evidence]);
    }

    private static Reason? Waiting(Node node, SkbCopy skb)
    {
        if (skb.RouteLookups.LastOrDefault(r => r.Error == 0 && r.NextHopInterfaceIndex != 0) is not { } route)
        {
            return null;
        }

        IPAddress next = route.Gateway ?? route.Destination;
        NeighbourInfo? entry = node.State.Route.GetNeighbours(route.NextHopInterfaceIndex).FirstOrDefault(n => n.Address.Equals(next));
        string protocol = next.AddressFamily == System.Net.Sockets.AddressFamily.InterNetworkV6 ? "neighbour solicitation" : "ARP request";
        return entry?.State is NeighbourState.Incomplete or NeighbourState.Failed
            ? new Reason("neighbour-unresolved", node, route.NextHopDevice,
                $"{node.Name} is still resolving {next} on {route.NextHopDevice}: nobody has answered its {protocol}; the kernel gives up after 3 s.",
                [$"kernel: route {route}.", $"neighbour: {next} dev {route.NextHopDevice} {entry.State.ToString().ToUpperInvariant()}."],
                $"see that {next} is there and in the same network as {route.NextHopDevice}, or: ip neigh add {next} lladdr MAC dev {route.NextHopDevice}")
            : null;
    }

    private async Task InOpenVSwitchAsync(CancellationToken ct)
    {
        foreach (FrameCopy copy in _copies.Where(c => c is { Reason: null, End: CopyEnd.LastSeenIn, Hops.Count: > 0 }))
        {
            if (copy.Hops[^1] is { LabDevice: { Switch: OvsBridge bridge } port, Seen: { } seen } hop
                && await OvsVerdict.AskAsync(bridge, port, seen, ct).ConfigureAwait(false) is { } reason)
            {
                copy.EndBecauseOf(CopyEnd.Dropped, reason with { Node = hop.Node });
            }
        }
    }

    private bool IsTheFrame(SkbCopy root)
    {
        TraceEvent first = root.Events[0];
        if (!_nodes.TryGetValue(first.Namespace, out Node? node) || !ReferenceEquals(node, _fate.Start))
        {
            return false;
        }

        ReadOnlySpan<byte> seen = first.Bytes.Span, sent = _fate.Frame.Bytes.Span;
        if (_fate.Sender is not null)
        {
            int common = Math.Min(seen.Length, sent.Length);
            return first.StartsWithEthernet && common >= 14 && seen[..common].SequenceEqual(sent[..common]);
        }

        // The node's own stack chose the headers; what it was given to send is in the frame as it is.
        ReadOnlySpan<byte> content = _fate.Frame.Ipv4 is { } ip4 ? ip4.Payload.Span : _fate.Frame.Ipv6 is { } ip6 ? ip6.Payload.Span : default;
        int length = Math.Min(content.Length, 40);
        // An ICMPv6 checksum depends on the address that the kernel chose.
        return length > 8 && seen.IndexOf(content[4..length]) >= 0;
    }

    private static bool IsAnswer(SkbCopy copy)
    {
        for (SkbCopy? c = copy; c is not null; c = c.Parent)
        {
            if (c.Origin is SkbOrigin.IcmpError)
            {
                return true;
            }
        }

        return false;
    }

    private bool EndsAt(FrameCopy copy, SkbHop hop) =>
        copy.Hops is [.., var last]
        && _nodes.TryGetValue(hop.Namespace, out Node? node)
        && ReferenceEquals(last.Node, node)
        && last.Device == hop.DeviceName
        && (last.Direction == HopDirection.In) == (hop.Direction is SkbDirection.In);

    private List<Hop> HopsOf(List<SkbHop> way)
    {
        var hops = new List<Hop>();
        foreach (SkbHop hop in way)
        {
            if (_nodes.TryGetValue(hop.Namespace, out Node? node) && node.FindDevice(hop.DeviceName) is not Switch { Addresses.Count: 0 })
            {
                hops.Add(new Hop(node, hop.DeviceName, hop.Direction is SkbDirection.In ? HopDirection.In : HopDirection.Out,
                    hop.First.VlanTci is { } tci ? (ushort)(tci & 0xfff) : null, TimeSpan.FromTicks((hop.Timestamp - way[0].Timestamp) / 100))
                {
                    LabDevice = node.FindDevice(hop.DeviceName),
                });
            }
        }

        return hops;
    }
}

/// <summary>A drop, and what is known of where it was.</summary>
/// <param name="Node">The node.</param>
/// <param name="Device">The device the frame was on, or empty.</param>
/// <param name="LabDevice">The lab's device, where it is one of the lab's.</param>
/// <param name="CameInBy">The device by which the copy came into the node, or empty.</param>
/// <param name="Event">What the kernel said.</param>
/// <param name="Copy">The copy.</param>
/// <param name="Sent">The frame as it was sent.</param>
internal sealed record DropPlace(Node Node, string Device, Device? LabDevice, string CameInBy, TraceEvent Event, SkbCopy Copy, Frame Sent)
{
    public string Where => Device.Length == 0 ? Node.Name : $"{Node.Name}/{Device}";

    /// <summary>Length of the frame's packet, without the Ethernet header; what an MTU limits.</summary>
    public int PacketLength => Event.StartsWithEthernet ? Event.Length - 14 : Event.Length;

    public bool Has(params ReadOnlySpan<string> functions)
    {
        foreach (string function in functions)
        {
            if (Is(Event.Location, function) || Event.Stack.Any(f => Is(f, function)))
            {
                return true;
            }
        }

        return false;
    }

    /// <summary>Whether the kernel freed the frame in one of these functions, however the compiler has named its parts.</summary>
    public bool In(params ReadOnlySpan<string> functions)
    {
        foreach (string function in functions)
        {
            if (Is(Event.Location, function))
            {
                return true;
            }
        }

        return false;
    }

    public string Kernel => $"kernel: {Event.ReasonName} in {string.Join(" < ", (Event.Stack.Count > 0 ? Event.Stack : [Event.Location]).Take(6))}.";

    private static bool Is(string function, string name) =>
        function.StartsWith(name, StringComparison.Ordinal) && (function.Length == name.Length || function[name.Length] is '.' or '+');
}
