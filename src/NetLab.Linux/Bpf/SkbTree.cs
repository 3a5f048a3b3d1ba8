namespace NetLab.Linux.Bpf;

/// <summary>A frame, with all of its copies, that came in at the same device again and again.</summary>
/// <param name="Root">The frame's first copy.</param>
/// <param name="Namespace">Inode number of the namespace.</param>
/// <param name="InterfaceIndex">The device's number.</param>
/// <param name="DeviceName">The device's name.</param>
/// <param name="Times">How often it came in there.</param>
internal sealed record SkbLoop(SkbCopy Root, ulong Namespace, int InterfaceIndex, string DeviceName, int Times);

/// <summary>
/// Makes of recorded events the copies of frames and how they descend from each other. Pure: needs no kernel.
/// <para>
/// The kernel keeps the address of an skb through bridges, veth pairs, namespaces, routing and tunnels, so an address is a copy for as long
/// as it lives. Addresses are soon used again: an event
/// belongs to the copy at its address only while no end of that was seen, and only if the frame can be the same.
/// A copy at a new address descends from the one with the same buffer (a clone),
/// from the one whose packet it carries on in the same namespace (user-space switches), from the one it is a part of, or from the one an ICMP error is about.
/// </para>
/// </summary>
internal sealed class SkbTree
{
    private const int TimesOfLoop = 4;
    private const int ProtocolUdp = 17, ProtocolEsp = 50;
    private const long LongestPassage = 5_000_000_000; // ns between coming in and being sent on by somebody in user space
    private static readonly string[] CopiesForXdp = ["skb_pp_cow_data", "veth_convert_skb_to_xdp_buff", "veth_xdp_rcv_skb"];
    private const int Candidates = 256; // most copies that are looked at for an ancestor

    private readonly List<SkbCopy> _copies = [];
    private readonly Dictionary<ulong, SkbCopy> _atAddress = [];
    private readonly Dictionary<ulong, List<SkbCopy>> _ofBuffer = [];
    private readonly Dictionary<ulong, List<SkbCopy>> _receivedIn = []; // by namespace: copies whose last hop came in there
    private readonly Dictionary<(SkbCopy Root, ulong Namespace, int Index), (string Name, int Times)> _arrivals = [];
    private readonly List<SkbCopy> _cut = []; // in fragments
    private readonly List<TraceEvent> _cutsToCome; // ends of what is cut in fragments, by time; from _nextCut on still to be taken
    private int _nextCut;
    private readonly List<SkbCopy> _copiedForXdp = [];
    private SkbCopy? _blamed; // the last that an ICMP error was about

    private readonly Func<SkbHop, TraceEvent, bool> _isPassedOn;

    private SkbTree(Func<SkbHop, TraceEvent, bool> isPassedOn, List<TraceEvent> cutsToCome) => (_isPassedOn, _cutsToCome) = (isPassedOn, cutsToCome);

    /// <summary>All copies, in the order of their appearance.</summary>
    public IReadOnlyList<SkbCopy> Copies => _copies;

    /// <summary>Copies that descend from no other.</summary>
    public IEnumerable<SkbCopy> Roots => _copies.Where(c => c.Parent is null);

    /// <summary>Frames that came in at the same device four times or more.</summary>
    public IEnumerable<SkbLoop> Loops =>
        _arrivals.Where(a => a.Value.Times >= TimesOfLoop).Select(a => new SkbLoop(a.Key.Root, a.Key.Namespace, a.Key.Index, a.Value.Name, a.Value.Times));

    /// <summary>Builds the tree.</summary>
    /// <param name="events">The events, in any order; they are sorted by time.</param>
    /// <param name="isPassedOn">Whether what comes in at a device may be sent on where the event tells of it, by a bridge or by somebody in user space; null:
    /// from any device to any. What Open vSwitch itself gives to the kernel by an internal port is not.</param>
    public static SkbTree Build(IEnumerable<TraceEvent> events, Func<SkbHop, TraceEvent, bool>? isPassedOn = null)
    {
        ArgumentNullException.ThrowIfNull(events);
        List<TraceEvent> ordered = [.. events.OrderBy(e => e.Timestamp)];
        var tree = new SkbTree(isPassedOn ?? ((_, _) => true), ordered.FindAll(IsCut));
        foreach (var e in ordered)
        {
            tree.Take(e);
        }

        return tree;
    }

    /// <summary>The copies that descend from one, itself first, in the order of their appearance.</summary>
    public static IReadOnlyList<SkbCopy> Family(SkbCopy root)
    {
        ArgumentNullException.ThrowIfNull(root);
        var family = new List<SkbCopy> { root };
        for (var i = 0; i < family.Count; i++)
        {
            family.AddRange(family[i].Children);
        }

        family.Sort((a, b) => a.Number.CompareTo(b.Number));
        return family;
    }

    private void Take(TraceEvent e)
    {
        _nextCut += IsCut(e) ? 1 : 0;
        var live = e.SkbAddress != 0 && _atAddress.TryGetValue(e.SkbAddress, out var at) && at.IsLive ? at : null;
        switch (e.Kind)
        {
            case TraceEventKind.FibTableLookup or TraceEventKind.SkDataReady:
                // The kernel did not say whose it is, only what was received last: it must have been received there.
                if (live is { Hops: [.., { Direction: SkbDirection.In } last] } && last.Namespace == e.Namespace)
                {
                    live.Add(e);
                }

                return;
            case TraceEventKind.NetDevXmit:
                // Often the skb is gone by now; its last hop was there.
                if (e.SkbAddress != 0 && _atAddress.TryGetValue(e.SkbAddress, out var refused) && refused.Hops is [.., var hop] && IsAt(hop, e))
                {
                    refused.Add(e);
                }

                return;
            case TraceEventKind.ConsumeSkb when live is null && MadeAnew(e, new FrameContent(e)) is null:
                return; // the end of something that never was a frame on a device
            default:
                break;
        }

        var goesOn = live is not null && Continues(live, e);
        if (e.Kind is TraceEventKind.ConsumeSkb && !goesOn && live is not null)
        {
            live.LoseSight(); // the end of another skb, after one that was not seen
            return;
        }

        var copy = goesOn ? live! : Begin(e, live);
        if (e.Kind is TraceEventKind.IcmpSend)
        {
            _blamed = copy;
        }

        var wasIn = copy.Hops is [.., { Direction: SkbDirection.In } before] ? before.Namespace : 0;
        var head = copy.HeadAddress;
        copy.Add(e);
        if (head != copy.HeadAddress || copy.Events.Count == 1)
        {
            Of(_ofBuffer, copy.HeadAddress).Add(copy);
        }

        if (copy.Hops is [.., { Direction: SkbDirection.In } after] && after.Namespace != wasIn)
        {
            Of(_receivedIn, after.Namespace).Add(copy);
        }

        if (IsCut(e))
        {
            _cut.Add(copy);
        }
        else if (copy.EndEvent is { Kind: TraceEventKind.ConsumeSkb } end && CopiesForXdp.Any(f => end.Location.StartsWith(f, StringComparison.Ordinal)))
        {
            _copiedForXdp.Add(copy);
        }

        if (e.Kind is TraceEventKind.NetifReceiveSkb)
        {
            var key = (copy.Root, e.Namespace, e.InterfaceIndex);
            _arrivals[key] = (e.DeviceName, _arrivals.GetValueOrDefault(key).Times + 1);
        }
    }

    // Whether the event is one more of the copy that is at its address, or of another skb that is there now because the end of the former was not seen.
    private static bool Continues(SkbCopy copy, TraceEvent e)
    {
        var now = new FrameContent(e);
        var likeness = copy.Content.Compare(now);
        if (e.Kind is TraceEventKind.KfreeSkb or TraceEventKind.ConsumeSkb or TraceEventKind.IcmpSend || copy.Hops is not [.., var last])
        {
            return likeness is not FrameLikeness.Different;
        }

        var comesIn = e.Kind is TraceEventKind.NetifRx or TraceEventKind.NetifReceiveSkb;
        var isPossible = (last.Direction, comesIn) switch
        {
            // Receiving leaves a trace in the skb, the number of the device, which only the way through a veth pair or a tunnel wipes out;
            // a tunnel takes its headers off.
            (SkbDirection.In, true) => e.IngressInterfaceIndex != 0 || (IsAt(last, e) && !last.IsComplete) || e.Length < copy.Latest.Length,
            (SkbDirection.In, false) => e.IngressInterfaceIndex != 0 && last.Namespace == e.Namespace,
            (SkbDirection.Out, true) => e.Length == copy.Latest.Length, // what goes through a veth pair is not changed
            _ => true,
        };
        return isPossible && likeness switch
        {
            FrameLikeness.Same => true,
            FrameLikeness.Different => false,
            _ => copy.HeadAddress == e.HeadAddress && copy.Content.MayBe(now),
        };
    }

    private SkbCopy Begin(TraceEvent e, SkbCopy? former)
    {
        var (parent, origin) = Ancestor(e, former);
        former?.LoseSight();
        var copy = new SkbCopy(_copies.Count + 1, e, parent, origin);
        _copies.Add(copy);
        _atAddress[e.SkbAddress] = copy;
        return copy;
    }

    private (SkbCopy? Parent, SkbOrigin Origin) Ancestor(TraceEvent e, SkbCopy? former)
    {
        var content = new FrameContent(e);
        if (_ofBuffer.TryGetValue(e.HeadAddress, out var sharing))
        {
            // A bridge makes clones of what came in, whatever became of the clones that it sent before.
            bool IsOriginal(SkbCopy c) => c != former && c.IsLive && c.HeadAddress == e.HeadAddress && c.Content.Compare(content) is FrameLikeness.Same;
            bool IsHere(SkbCopy c) => IsOriginal(c) && c.Hops is [.., { Direction: SkbDirection.In } hop] && hop.Namespace == e.Namespace;
            var original = Latest(sharing, c => IsHere(c) && _isPassedOn(c.Hops[^1], e)) ?? Latest(sharing, IsHere) ?? Latest(sharing, IsOriginal);
            if (original is not null)
            {
                return (original, SkbOrigin.Clone);
            }
        }

        if (MadeAnew(e, content) is { } made)
        {
            return (made, SkbOrigin.SamePacket);
        }

        if (e.Kind is TraceEventKind.NetifReceiveSkb or TraceEventKind.NetifRx)
        {
            // What came out of a tunnel in fragments is in the buffer of one of them.
            var put = sharing is null ? null
                : Latest(sharing, c => c.IsLive && c.HeadAddress == e.HeadAddress && c.Content.IsFragment
                    && c.Hops is [.., { Direction: SkbDirection.In } hop] && hop.Namespace == e.Namespace);
            return (put, put is null ? SkbOrigin.Root : SkbOrigin.Part); // otherwise from a tap, or from a driver
        }

        if (content.IsFragment && Latest(_cut, c => c.EndEvent!.Namespace == e.Namespace && c.Content.IsSameDatagram(content)) is { } cut)
        {
            return (cut, SkbOrigin.Part);
        }

        // Fragments that wait for nobody are sent before the end of the whole.
        if (content.IsFragment && WholeOf(e, content) is { } coming)
        {
            return (coming, SkbOrigin.Part);
        }

        // What was queued as one is sent in segments.
        if (e.Kind is TraceEventKind.NetDevStartXmit
            && Latest(_copies, c => c.Hops is [.., { Direction: SkbDirection.Out, IsComplete: false } hop] && IsAt(hop, e)
                && c.Latest.Length > e.Length && c.Content.HasSameAddresses(content)) is { } whole)
        {
            return (whole, SkbOrigin.Part);
        }

        if (_blamed is not null && content.IsIcmpErrorAbout(_blamed.Content))
        {
            return (_blamed, SkbOrigin.IcmpError);
        }

        if (_receivedIn.TryGetValue(e.Namespace, out var received))
        {
            // icmp_send tells what it is about; of ICMPv6 there is no such tracepoint, but the error quotes it.
            if (Latest(received, c => content.IsIcmpErrorAbout(c.Content)) is { } quoted)
            {
                return (quoted, SkbOrigin.IcmpError);
            }

            bool CanBeSource(SkbCopy c) => e.Timestamp - c.Latest.Timestamp < LongestPassage && c.Hops is [.., { Direction: SkbDirection.In } hop]
                && hop.Namespace == e.Namespace && _isPassedOn(hop, e);
            if (Latest(received, c => CanBeSource(c) && c.Content.IsSamePacket(content)) is { } source)
            {
                return (source, SkbOrigin.SamePacket);
            }

            if (content.IsFragment && Latest(received, c => CanBeSource(c) && c.Content.IsSameDatagram(content)) is { } datagram)
            {
                return (datagram, SkbOrigin.Part);
            }
        }

        // IPsec, or a tunnel that encrypts: what went in comes out longer and unrecognisable, in ESP or UDP.
        var isEncrypted = former is not null && e.Length > former.Latest.Length && content.Protocol is ProtocolEsp or ProtocolUdp
            && former is { Hops: [.., var sent] } && !IsAt(sent, e);
        return isEncrypted ? (former, SkbOrigin.Rewritten) : (null, SkbOrigin.Root);
    }

    private static bool IsCut(TraceEvent e) => e.Kind is TraceEventKind.ConsumeSkb
        && (e.Location.StartsWith("ip_do_fragment", StringComparison.Ordinal) || e.Location.StartsWith("ip6_fragment", StringComparison.Ordinal));

    private SkbCopy? WholeOf(TraceEvent fragment, FrameContent content)
    {
        var index = _cutsToCome.FindIndex(_nextCut, Math.Min(Candidates, _cutsToCome.Count - _nextCut),
            c => c.Namespace == fragment.Namespace && new FrameContent(c).IsSameDatagram(content));
        return index >= 0 && _atAddress.TryGetValue(_cutsToCome[index].SkbAddress, out var whole) && whole.IsLive ? whole : null;
    }

    // Where a device has an XDP program, the kernel may copy what comes in, for the program to have room around it: the copy is the frame from there on.
    private SkbCopy? MadeAnew(TraceEvent e, FrameContent content) =>
        e.Kind is TraceEventKind.NetifReceiveSkb or TraceEventKind.NetifRx or TraceEventKind.KfreeSkb or TraceEventKind.ConsumeSkb
            ? Latest(_copiedForXdp, c => c.Children.All(k => k.HopsOfParent < c.Hops.Count || k.Origin is not SkbOrigin.SamePacket)
                && c.EndEvent is { } end && end.Namespace == e.Namespace && end.InterfaceIndex == e.InterfaceIndex
                && c.Content.Compare(content) is FrameLikeness.Same)
            : null;

    private static bool IsAt(SkbHop hop, TraceEvent e) => hop.Namespace == e.Namespace && hop.InterfaceIndex == e.InterfaceIndex;

    private static SkbCopy? Latest(List<SkbCopy> among, Predicate<SkbCopy> wanted)
    {
        var count = Math.Min(among.Count, Candidates);
        var index = count == 0 ? -1 : among.FindLastIndex(among.Count - 1, count, wanted);
        return index < 0 ? null : among[index];
    }

    private static List<SkbCopy> Of(Dictionary<ulong, List<SkbCopy>> index, ulong key) => index.TryGetValue(key, out var list) ? list : index[key] = [];
}
