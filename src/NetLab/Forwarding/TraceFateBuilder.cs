using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Makes of what the kernel's tracepoints told the copies of one frame. The kernel's own copies descend from each other by their addresses
/// (<see cref="SkbTree"/>); where Open vSwitch reads a frame in user space and sends it on, the lab knows which devices are its.
/// </summary>
internal sealed class TraceFateBuilder
{
    private const int Most = 256; // copies; only a frame that goes round in a loop has more

    private readonly SentFrame _sent;
    private readonly Dictionary<ulong, Node> _nodes;
    private readonly List<SkbCopy> _family = [];
    private readonly Dictionary<SkbCopy, SkbCopy> _sentOnFrom = []; // first copies that Open vSwitch made, and of which
    private readonly HashSet<SkbCopy> _sentOn = [];
    private readonly Dictionary<SkbHop, Hop> _hops = new(ReferenceEqualityComparer.Instance);
    private SkbCopy? _error; // the ICMP error that is followed itself

    private TraceFateBuilder(SentFrame sent)
    {
        _sent = sent;
        _nodes = sent.Start.Lab.Nodes.Where(n => n.IsApplied).ToDictionary(n => n.Live.Namespace.Inode);
    }

    /// <summary>The copies of a frame that was sent, found among all that was recorded meanwhile.</summary>
    public static List<FrameCopy> Build(SentFrame sent, IReadOnlyList<TraceEvent> events) =>
        Build(sent, new SeenFrames(sent.Start.Lab, new SeenByKernel(events, 0)));

    /// <inheritdoc cref="Build(SentFrame, IReadOnlyList{TraceEvent})"/>
    public static List<FrameCopy> Build(SentFrame sent, SeenFrames seen)
    {
        var builder = new TraceFateBuilder(sent);
        var at = seen.FindFirst(sent, builder.IsTheFrame);
        if (at >= 0)
        {
            builder.Add(seen.Roots[at]);
            builder.AddSentOn(seen, seen.Roots.Skip(at + 1));
        }

        return builder.Copies();
    }

    /// <summary>The copies of a frame that somebody sent, of which the first is known.</summary>
    /// <param name="sent">The frame.</param>
    /// <param name="root">Its first copy.</param>
    /// <param name="seen">All that was recorded meanwhile, where it may have been sent on; null where it was not.</param>
    public static List<FrameCopy> Build(SentFrame sent, SkbCopy root, SeenFrames? seen = null)
    {
        var builder = new TraceFateBuilder(sent) { _error = root.Origin is SkbOrigin.IcmpError ? root : null };
        builder.Add(root);
        if (seen is not null)
        {
            builder.AddSentOn(seen, seen.Roots.SkipWhile(other => other.Events[0].Timestamp <= root.Events[0].Timestamp));
        }

        return builder.Copies();
    }

    // Nobody else makes a new packet of one that it took: Open vSwitch in user space, and XDP programs that send back.
    private void AddSentOn(SeenFrames seen, IEnumerable<SkbCopy> later)
    {
        if (seen.HasOpenVSwitch || _family.Exists(IsTakenByXdp))
        {
            foreach (var root in later.Where(SentOn))
            {
                Add(root);
            }
        }
    }

    /// <summary>The frame that a copy was first; of one that the node's stack made and no device saw, the packet without addresses of Ethernet.</summary>
    public static Frame FirstFrame(SkbCopy copy)
    {
        var first = copy.Events[0];
        return first.StartsWithEthernet ? Frame.FromBytes(first.Bytes.Span)
            : Frame.Ethernet(default, default, first.Protocol, first.Bytes.Span[Math.Clamp(first.NetworkOffset, 0, first.Bytes.Length)..]);
    }

    private void Add(SkbCopy root) => _family.AddRange(SkbTree.Family(root).Where(c => !IsAnswer(c)));

    private List<FrameCopy> Copies()
    {
        var copies = new List<FrameCopy>();
        foreach (var copy in _family)
        {
            if (copies.Count == Most)
            {
                break;
            }

            var drop = copy.End is SkbEnd.Dropped || IsRefusedByAll(copy) ? DropOf(copy) : null;
            var hops = HopsOf(copy);
            if (drop is not null || !GoesOnElsewhere(copy) || (hops is [.., var last] && FrameCopy.IsReadBesideSwitch(last, copy)))
            {
                copies.Add(FrameCopy.EndingAt(hops, copy, drop));
            }
        }

        return copies.Count > 0 || _family is not [var first, ..] ? copies : [FrameCopy.EndingAt(HopsOf(first), first)];
    }

    // Null for a drop that takes nothing from anybody.
    private DropPlace? DropOf(SkbCopy copy)
    {
        var drop = copy.EndEvent!;
        if (!_nodes.TryGetValue(drop.Namespace, out var node))
        {
            return null;
        }

        // What remains of a frame of which others were made for each receiver is dropped, and nobody misses it.
        var place = DropPlace.ByKernel(node, drop, copy) with { Hops = HopsOf(copy), IsForBridge = IsForBridge(copy), LostError = LostErrorOf(copy) };
        if (IsRefusedByAll(copy))
        {
            place = place with
            {
                Reason = "UNHANDLED_PROTO",
                Function = "__netif_receive_skb_core",
                Told = Evidence.Kernel("nothing took it: the last that was offered it, a packet socket of this or another namespace, freed it, in packet_rcv."),
            };
        }

        return DropKnowledge.IsHarmless(place)
            || ((place.Reason is "OTHERHOST" || NamelessDrops.HasNoTarget(place)) && copy.Children.Any(c => c.Origin is SkbOrigin.SamePacket)) ? null : place;
    }

    // Where the ICMP error that tells the sender of a drop was dropped itself.
    private DropPlace? LostErrorOf(SkbCopy copy) =>
        copy.Children.FirstOrDefault(c => c.Origin is SkbOrigin.IcmpError) is { End: SkbEnd.Dropped, Children.Count: 0, EndEvent: { } drop } error
            && _nodes.TryGetValue(drop.Namespace, out var node) && DropPlace.ByKernel(node, drop, error) is var place && !DropKnowledge.IsHarmless(place)
            ? place : null;

    // Before Linux 6.15 the packet sockets of all namespaces are asked about every frame, after which the kernel calls what nobody takes used. What
    // a packet socket keeps it does not free there. What every stack has a handler for is refused in other places.
    private static bool IsRefusedByAll(SkbCopy copy) =>
        copy is { End: SkbEnd.Consumed, EndEvent: { Location: "packet_rcv", Protocol: not (EtherTypes.Ipv4 or EtherTypes.Arp or EtherTypes.Ipv6) },
            Way: [.., { Direction: SkbDirection.In }] };

    // What a bridge floods it also shows to its own device; what went there alone was meant for it.
    private bool IsForBridge(SkbCopy copy) => copy.Hops is [.., { Direction: SkbDirection.In }, { Direction: SkbDirection.In } up]
        && _nodes.TryGetValue(up.Namespace, out var node) && node.FindDevice(up.DeviceName) is { IsBareSwitch: true }
        && copy.Children.All(c => c.HopsOfParent < copy.Hops.Count - 1) && Seen(up.First) is { Destination.IsMulticast: false };

    // A copy is no end where others were made of it at its last hop, or where it is what a bridge device keeps for itself of a frame that it floods.
    private bool GoesOnElsewhere(SkbCopy copy)
    {
        var own = copy.Hops.Count;
        while (own > 0 && !IsHop(copy, copy.Hops[own - 1]))
        {
            own--;
        }

        var waits = copy is { End: SkbEnd.Open, Hops: [.., { Direction: SkbDirection.Out, IsComplete: false }] };
        return !waits && !IsTakenByXdp(copy) && ((own == 0 && (copy.Parent is not null || _sentOnFrom.ContainsKey(copy)))
            || copy.Children.Any(c => c.HopsOfParent >= own && !IsAnswer(c))
            || _sentOn.Contains(copy));
    }

    // Whether it counts as a hop of the copy: not what is still in a queue, nor the bridge device's own copy of what its ports flood, unless the node itself
    // is meant, or a socket of it was given that, or may have been.
    private bool IsHop(SkbCopy copy, SkbHop hop) =>
        (hop.IsComplete || hop.Direction is SkbDirection.In)
        && _nodes.TryGetValue(hop.Namespace, out var node)
        && !(hop.Direction is SkbDirection.In && node.FindDevice(hop.DeviceName) is { IsBareSwitch: true }
            && !((copy.End is SkbEnd.GivenToSocket || StackModel.MayBeInSocket(node, Seen(hop.First), copy)) && ReferenceEquals(hop, copy.Hops[^1]))
            && !(copy.EndEvent?.ReasonName is not "OTHERHOST" && hop.First.StartsWithEthernet && FrameCopy.IsFor(node, Frame.FromBytes(hop.First.Bytes.Span))));

    private List<Hop> HopsOf(SkbCopy copy) => [.. WayOf(copy).Where(hop => IsHop(copy, hop)).Select(HopOf)];

    private IEnumerable<SkbHop> WayOf(SkbCopy copy) =>
        _error is not null ? copy.Way.Skip(_error.Way.Count - _error.Hops.Count)
        : _sentOnFrom.TryGetValue(copy.Root, out var before) ? WayOf(before).Concat(copy.Way)
        : copy.Way;

    private Hop HopOf(SkbHop hop) => _hops.TryGetValue(hop, out var known) ? known : _hops[hop] = Make(hop);

    private Hop Make(SkbHop hop)
    {
        var node = _nodes[hop.Namespace];
        var frame = Seen(hop.First);
        var inTunnel = frame?.Inner is not null && hop.First.Length > _sent.Frame.Length;
        return new Hop(node, hop.DeviceName, hop.Direction is SkbDirection.In ? HopDirection.In : HopDirection.Out, frame?.VlanId,
            TimeSpan.FromTicks((hop.Timestamp - _family[0].Events[0].Timestamp) / 100))
        {
            LabDevice = node.FindDevice(hop.DeviceName),
            InTunnel = inTunnel,
            Frame = frame,
            Known = _sent.Known is null || frame is null ? null : Math.Min(frame.Length, hop.First.Bytes.Length + (hop.First.VlanTci is null ? 0 : 4)),
            Length = frame is null ? 0 : hop.First.Length + (hop.First.VlanTci is null ? 0 : 4),
        };
    }

    // The tracepoint shows the first bytes. What comes behind them is the end of the frame that was sent, for headers come and go at the
    // front; a fragment stays cut.
    private Frame? Seen(TraceEvent first)
    {
        if (!first.StartsWithEthernet)
        {
            return null;
        }

        ReadOnlySpan<byte> head = first.Bytes.Span, all = _sent.Frame.Bytes.Span;
        var missing = first.Length - head.Length;
        var frame = missing > 0 && missing <= all.Length && first.Length >= all.Length - 4
            ? Frame.FromBytes([.. head, .. all[^missing..]])
            : Frame.FromBytes(head);
        return first.VlanTci is { } tci ? frame.WithVlan(new VlanTag(first.VlanProtocol, tci)) : frame;
    }

    private bool IsTheFrame(SkbCopy root)
    {
        var first = root.Events[0];
        if (!_nodes.TryGetValue(first.Namespace, out var node) || !ReferenceEquals(node, _sent.Start))
        {
            return false;
        }

        ReadOnlySpan<byte> seen = first.Bytes.Span, bytes = _sent.Frame.Bytes.Span;
        if (_sent.Sender is not null)
        {
            var common = Math.Min(seen.Length, bytes.Length);
            return first.StartsWithEthernet && first.DeviceName == _sent.Sender.Tap.Name && common >= 14 && seen[..common].SequenceEqual(bytes[..common]);
        }

        if (_sent.IsIt is { } isIt)
        {
            return isIt(FirstFrame(root));
        }

        // The node's own stack chose the headers; what it was given to send is in the frame as it is.
        // An ICMPv6 checksum depends on the address that the kernel chose.
        var content = _sent.Frame.Ipv4 is { } ip4 ? ip4.Payload.Span : _sent.Frame.Ipv6 is { } ip6 ? ip6.Payload.Span : default;
        var length = Math.Min(content.Length, 40);
        return length > 8 && seen.IndexOf(content[4..length]) >= 0;
    }

    // What Open vSwitch sends out of a port, or into the kernel by an internal port, it has received in the same node; an internal port may stand in another.
    private bool SentOn(SkbCopy root)
    {
        var source = root.Hops is [var first, ..] && HopOfSwitch(first) is { LeavesSwitch: true, LabDevice.Passes: { } left }
            ? CameInto(root, left.IsJoinedTo) ?? CameInto(root, left.PassesTo) : null;
        source ??= BouncedFrom(root);
        if (source is not null)
        {
            _sentOnFrom.Add(root, source);
            if (root.Hops.Any(hop => IsHop(root, hop)))
            {
                _sentOn.Add(source);
            }
        }

        return source is not null;
    }

    // Of several of one frame, which came by two tunnels maybe, it is one that has not left there yet.
    private SkbCopy? CameInto(SkbCopy root, Func<Switch, bool> isSource)
    {
        var came = _family.FindAll(c => c.Hops is [.., var last]
            && HopOfSwitch(last) is { LeavesSwitch: false, LabDevice.Passes: { } entered } && isSource(entered) && c.IsSameFrameAs(root));
        return came.FindLast(c => !_sentOnFrom.Any(sent => sent.Value == c && IsBySameDevice(sent.Key, root))) ?? came.LastOrDefault();
    }

    private static bool IsBySameDevice(SkbCopy one, SkbCopy other) =>
        one.Hops[0].Namespace == other.Hops[0].Namespace && one.Hops[0].DeviceName == other.Hops[0].DeviceName;

    // What an XDP program sends back by the device that it came in by comes in where it went out.
    private SkbCopy? BouncedFrom(SkbCopy root) => root is { Parent: null, Hops: [{ Direction: SkbDirection.In } first, ..] }
        ? _family.FindLast(c => IsTakenByXdp(c) && c.Way is [.., { Direction: SkbDirection.Out } last] && last.Namespace == first.Namespace
            && last.InterfaceIndex == first.InterfaceIndex && c.IsSameFrameAs(root))
        : null;

    private bool IsTakenByXdp(SkbCopy copy) => copy is { End: SkbEnd.Consumed, Hops.Count: 0, Parent: not null }
        && copy.EndEvent!.Location.StartsWith("veth_xdp_rcv_skb", StringComparison.Ordinal) && !_sentOn.Contains(copy);

    private Hop? HopOfSwitch(SkbHop hop) =>
        _nodes.TryGetValue(hop.Namespace, out var node) && node.FindDevice(hop.DeviceName) is { Passes.IsInUserSpace: true }
            ? HopOf(hop)
            : null;

    private bool IsAnswer(SkbCopy copy)
    {
        for (var c = copy; c is not null && c != _error; c = c.Parent)
        {
            if (c.Origin is SkbOrigin.IcmpError)
            {
                return true;
            }
        }

        return false;
    }
}
