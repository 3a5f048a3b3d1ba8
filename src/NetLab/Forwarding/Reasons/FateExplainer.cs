using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Finds why the copies of a frame ended where they did: of the kernel's drops from what it told (<see cref="DropKnowledge"/>), of everything
/// else from the state of the device or node where a copy was last seen. What remains unexplained stays as it was seen.
/// </summary>
internal static class FateExplainer
{
    /// <summary>Explains the copies.</summary>
    /// <returns>The copies, those that ended unseen among them, and what Open vSwitch says of the frame at each port of its where it came in.</returns>
    public static async Task<(IReadOnlyList<FrameCopy> Copies, IReadOnlyList<OvsRehearsal> InOvs)> ExplainAsync(
        SentFrame sent, IReadOnlyList<FrameCopy> copies, RuleAccount rules, CancellationToken ct)
    {
        var inOvs = await InOvsAsync(copies, ct).ConfigureAwait(false);
        copies = copies.All(c => c.Skb is null) ? await RuleDrops.AddAsync(sent, copies, rules, ct).ConfigureAwait(false)
            : [.. copies, .. await RuleDrops.AtOutputsAsync(inOvs, copies, rules, ct).ConfigureAwait(false)];

        foreach (var copy in copies)
        {
            if (copy is { Vm: null, Hops: [.., { LabDevice.HasPorts: true } up] } && inOvs.LastOrDefault(asked => copy.Hops.Contains(asked.Hop)
                && ReferenceEquals(asked.Hop.Node, up.Node)) is { } past && OvsVerdict.PastTunnels(past) is { } noTunnel)
            {
                copy.EndBecauseOf(CopyEnd.Dropped, noTunnel);
            }
            else if (copy.Drop is { } drop)
            {
                copy.EndBecauseOf(CopyEnd.Dropped, await DropKnowledge.ExplainAsync(drop, rules, ct).ConfigureAwait(false));
            }
            else if (copy is { End: CopyEnd.Lost, MayHaveReached: null, Hops: [.., var last] })
            {
                Lost(sent, copy, last, copies, inOvs, rules);
            }
            else if (copy is { End: CopyEnd.Delivered, Node: { } node, Hops: [.., { Frame: { } frame } taken] })
            {
                InStack(copy, node, taken, frame, copies);
            }

            if (copy.Reason is { } end && await Redirects.FindAsync(copy, end, rules, ct).ConfigureAwait(false) is { } redirect)
            {
                copy.EndBecauseOf(redirect.Cause == Causes.Mirrored ? CopyEnd.Consumed : CopyEnd.Dropped, redirect);
            }
            else if (copy.Reason is { } taken && (taken.Cause == Causes.PacketSocket || taken.Cause == Causes.StpTook))
            {
                copy.EndBecauseOf(CopyEnd.Consumed, taken);
            }
        }

        EndAsOne(copies);
        copies = [.. copies, .. HeldBack.Of(copies)];
        return ([.. copies, .. inOvs.SelectMany(asked => EndedInside(asked, copies))], inOvs);
    }

    // Fragments that were put together end as one: why the kernel dropped the datagram holds for each of them.
    private static void EndAsOne(IReadOnlyList<FrameCopy> copies)
    {
        foreach (var copy in copies)
        {
            if (copy is { End: CopyEnd.Delivered, IsGivenToSocket: false, Node: not null, Hops: [.., { Frame: { } frame } last] }
                && DatagramPart.Of(frame) is { } part
                && copies.FirstOrDefault(c => c is { Drop.Seen: { } whole, Reason: not null, Hops: [.., var dropped] }
                    && DatagramPart.Of(whole) is null && IsPartOf(dropped, last, part)) is { Reason: { } why })
            {
                copy.EndBecauseOf(CopyEnd.Dropped, why);
            }
        }
    }

    /// <summary>What went round until the lab stopped it ended by that, wherever it was just then.</summary>
    public static IReadOnlyList<FrameCopy> EndedBy(Storm storm, IReadOnlyList<FrameCopy> copies)
    {
        foreach (var copy in copies.Where(c => c.End is CopyEnd.Lost or CopyEnd.Dropped))
        {
            copy.EndBecauseOf(CopyEnd.Dropped, storm.Reason);
        }

        return copies;
    }

    /// <summary>A frame that the sender's device did not take, or that an XDP program took from it before the kernel saw a frame.</summary>
    public static FrameCopy? AtTheStart(SentFrame sent, int? refusal)
    {
        if (sent.Sender is null)
        {
            return OutputModel.Of(sent.Start, sent.Frame, refusal) is not var (end, why) ? null
                : end is CopyEnd.Pending && NeighbourReasons.Ended(why) is var (since, given) ? Ended(since, given) : Ended(end, why);
        }

        if (sent.Sender is not { } sender || sender.Tap.IsApplied is false || sent.Start.Live.Route.FindLink(sender.Tap.Index) is not { } link)
        {
            return null;
        }

        var reason = refusal switch
        {
            Errno.EINVAL => new Reason(Causes.Runt, sent.Start, link.Name,
                $"The frame has {sent.Frame.Length} bytes, less than an Ethernet header, which has 14: the kernel refused it.",
                    [Evidence.Kernel("write(2) to the tap: EINVAL.")], "send at least destination, source and EtherType"),
            Errno.EIO => new Reason(Causes.DeviceDown, sent.Start, link.Name,
                $"{sender.Tap} is {(link.IsUp ? "not ready" : "down")}, and the kernel refused the frame.",
                    [Evidence.Kernel("write(2) to the tap: EIO."), Evidence.Link($"{link.Name} {(link.IsUp ? "up" : "down")}.")],
                        $"ip link set dev {link.Name} up"),
            null when link.XdpProgramId is not null && link.Statistics.RxDropped > 0 => DeviceDrops.Xdp(sent.Start, link.Name, link),
            _ => null,
        };
        if (reason is null)
        {
            return null;
        }

        return Ended(CopyEnd.Dropped, reason);
    }

    private static FrameCopy Ended(CopyEnd end, Reason reason)
    {
        var copy = new FrameCopy([], end, null, null);
        copy.EndBecauseOf(end, reason);
        return copy;
    }

    private static async Task<IReadOnlyList<OvsRehearsal>> InOvsAsync(IReadOnlyList<FrameCopy> copies, CancellationToken ct)
    {
        var asked = new List<OvsRehearsal>();
        foreach (var hop in copies.SelectMany(c => c.Hops).Where(h => h.EntersAsDescribed is not null).Distinct(ReferenceEqualityComparer.Instance).Cast<Hop>())
        {
            HashSet<string> seen = [.. copies.Select(c => After(c, hop)).OfType<Hop>().Select(h => h.Device)];
            if (await hop.EntersAsDescribed!.RehearseAsync(hop, seen, ct).ConfigureAwait(false) is { } answer)
            {
                asked.Add(answer);
            }
        }

        return asked;

        static Hop? After(FrameCopy copy, Hop hop) => copy.Hops.SkipWhile(h => !ReferenceEquals(h, hop)).Skip(1).FirstOrDefault(h => h.LeavesSwitch);
    }

    // Copies that nobody saw end: Open vSwitch had them, and while others went on, these did not.
    private static IEnumerable<FrameCopy> EndedInside(OvsRehearsal asked, IReadOnlyList<FrameCopy> copies)
    {
        foreach (var reason in OvsVerdict.Inside(asked).Where(r => !copies.Any(c => c.Reason?.Sentence == r.Sentence)))
        {
            var copy = new FrameCopy([.. copies.First(c => c.Hops.Contains(asked.Hop, ReferenceEqualityComparer.Instance)).Hops
                .TakeWhile(h => !ReferenceEquals(h, asked.Hop)), asked.Hop], CopyEnd.Lost, null, null);
            copy.EndBecauseOf(CopyEnd.Dropped, reason);
            yield return copy;
        }
    }

    private static void Lost(SentFrame sent, FrameCopy copy, Hop last, IReadOnlyList<FrameCopy> all, IReadOnlyList<OvsRehearsal> inOvs, RuleAccount rules)
    {
        if (copy.Skb is { End: SkbEnd.Open, Hops: [.., { Direction: SkbDirection.Out, IsComplete: false } queued] }
            && sent.Start.Lab.Nodes.FirstOrDefault(n => n.IsApplied && n.NamespaceInode == queued.Namespace) is { } holder)
        {
            copy.EndBecauseOf(CopyEnd.Pending, InQueue(holder, queued.DeviceName));
            return;
        }

        if (copy.Skb is { End: SkbEnd.Open } skb && last.Direction == HopDirection.In && NeighbourReasons.Waiting(last.Node, skb) is { } waiting)
        {
            copy.EndBecauseOf(NeighbourReasons.Ended(waiting)); // a bridge's own device routed it, for one
            return;
        }

        if (last.Enters is { } into)
        {
            InSwitch(copy, last, into, inOvs);
        }
        else if (last.Direction == HopDirection.In)
        {
            UsedOrWaiting(copy, last, all, rules);
        }
        else
        {
            GoneOut(copy, last);
        }
    }

    private static void InSwitch(FrameCopy copy, Hop last, Switch into, IReadOnlyList<OvsRehearsal> inOvs)
    {
        if (copy.Skb is { End: SkbEnd.GivenToSocket } && (last.Frame is null || !into.IsInUserSpace))
        {
            copy.EndIn(last.Node, isGivenToSocket: true); // by the bridge's own device
        }
        else if (last is { Frame: { } frame, LabDevice: { } ingress }
            && into.WhyNowhere(ingress, frame, inOvs.FirstOrDefault(asked => ReferenceEquals(asked.Hop, last))) is { } why)
        {
            copy.EndBecauseOf(why.End, why.Reason.Cause == Causes.FdbIngress ? TunnelDrops.SentToItself(copy.Hops) ?? why.Reason : why.Reason);
        }
    }

    // It came to a stack that it is for. That the stack took it is told only where something shows it.
    private static void InStack(FrameCopy copy, Node node, Hop hop, Frame frame, IReadOnlyList<FrameCopy> all)
    {
        var isWhole = IsWhole(hop, frame, all);
        if (StackModel.Of(node, hop.Device, frame, copy.Skb, isWhole) is { } decided)
        {
            copy.EndBecauseOf(decided.End, decided.Reason);
        }
        else if (copy.Skb is not { End: SkbEnd.GivenToSocket } && StackModel.OfRequest(node, hop.Device, frame) is { } asked)
        {
            if (asked.IsTaken)
            {
                copy.EndIn(node, isGivenToSocket: false);
            }
            else
            {
                copy.EndBecauseOf(CopyEnd.Dropped, asked.Reason);
            }
        }
        else if (copy.Skb is null)
        {
            copy.EndUnknownIn(node);
        }
        else if (copy.Skb is { End: SkbEnd.Open } open && NeighbourReasons.Waiting(node, open) is { } waiting)
        {
            copy.EndBecauseOf(NeighbourReasons.Ended(waiting)); // its address was translated
        }
        else if (isWhole && DatagramPart.Of(frame) is { } part && all.Any(c => c.Hops.Count > 0 && c.Hops.SkipLast(1).Any(h => IsPartOf(h, hop, part))))
        {
            copy.EndBecauseOf(CopyEnd.Consumed,
                new Reason(Causes.Reassembled, node, hop.Device,
                    $"{node.Name} put the fragments of datagram {part.Datagram.Identification} together, and the datagram went on as one.",
                        [Evidence.Seen("all fragments came, and what was in them went on.")]));
        }
        else if (copy.Skb is { End: SkbEnd.Open } && !isWhole)
        {
            if (StackModel.HasConnection(node, frame) || StackModel.IsInSocket(node, frame))
            {
                copy.EndIn(node, isGivenToSocket: frame.Udp is not null);
            }
            else
            {
                copy.EndUnknownIn(node);
            }
        }
    }

    // Whether all fragments of a frame's datagram came to the place.
    private static bool IsWhole(Hop hop, Frame frame, IReadOnlyList<FrameCopy> all)
    {
        if (DatagramPart.Of(frame) is not { } own)
        {
            return false;
        }

        var end = 0;
        var hasLast = false;
        foreach (var part in all.SelectMany(c => c.Hops).Where(h => IsPartOf(h, hop, own)).Select(h => DatagramPart.Of(h.Frame)!.Value).OrderBy(p => p.Offset))
        {
            if (part.Offset > end)
            {
                return false;
            }

            end = Math.Max(end, part.Offset + part.Length);
            hasLast |= part.IsLast;
        }

        return hasLast;
    }

    private static bool IsPartOf(Hop other, Hop hop, DatagramPart part) =>
        ReferenceEquals(other.Node, hop.Node) && other.Device == hop.Device && other.Direction == hop.Direction
        && DatagramPart.Of(other.Frame)?.Datagram == part.Datagram;

    private static Reason InQueue(Node node, string device)
    {
        var queues = node.FindDevice(device) is { IsApplied: true } known ? node.Live.Route.GetQdiscs(known.Index) : [];
        return new Reason(Causes.Queued, node, device,
            $"The frame waits in the queue of {node.Name}/{device}" +
                $"{(queues.Count == 0 ? "" : $" ({string.Join(", ", queues.Select(q => q.Kind))})")}: the queueing discipline lets it go later.",
            [.. queues.Select(q => Evidence.Qdisc($"{q}.")), Evidence.Kernel("it was put into the queue, and did not go out yet.")],
                $"wait, or look at the rate: tc -s qdisc show dev {device}");
    }

    // It went out of a device, and did not come in where that leads.
    private static void GoneOut(FrameCopy copy, Hop last)
    {
        if (last.LabDevice is { OtherEnd: { IsApplied: true } peer } && peer.Node.Live.Route.FindLink(peer.Index) is { XdpProgramId: not null } link)
        {
            if (copy.Skb is null)
            {
                copy.EndBecauseOf(CopyEnd.Lost,
                    DeviceDrops.XdpTook(peer.Node, peer.Name, link, "whether it dropped the frame, or sent it elsewhere, is not seen"));
            }
            else if (copy.Skb is { End: SkbEnd.Consumed })
            {
                copy.EndBecauseOf(CopyEnd.Consumed,
                    DeviceDrops.XdpTook(peer.Node, peer.Name, link, "it did not drop the frame, and where it sent it is not seen"));
            }
        }
        else if (copy.Skb is null && DeviceDrops.LinkMtu(last) is { } small)
        {
            copy.EndBecauseOf(CopyEnd.Dropped, small);
        }
        else if (TunnelDrops.TooBig(last) is { } tooBig)
        {
            copy.EndBecauseOf(CopyEnd.Dropped, tooBig);
        }
        else if (copy.Skb is null && TunnelDrops.WithoutRemote(last) is { } nobody)
        {
            copy.EndBecauseOf(CopyEnd.Dropped, nobody);
        }
        else if (copy.Skb is null or { End: SkbEnd.Consumed } && TunnelDrops.RemotesOf(last) is [var remote] && TunnelDrops.Unsent(last, remote) is { } unsent)
        {
            copy.EndBecauseOf(unsent.Cause == Causes.VxlanNoRoute ? CopyEnd.Dropped : CopyEnd.Pending, unsent);
        }
        else if (copy.Skb is { End: SkbEnd.Open } or { EndEvent.Location: "ip_do_fragment" or "ip6_fragment" } && TunnelDrops.Awaited(last) is { } awaited)
        {
            copy.EndBecauseOf(CopyEnd.Pending, awaited);
        }
    }

    // What a node used up, or keeps until a neighbour answers, is no drop.
    private static void UsedOrWaiting(FrameCopy copy, Hop hop, IReadOnlyList<FrameCopy> all, RuleAccount rules)
    {
        if (copy.Skb is not { } skb)
        {
            if (hop.Frame is { } asked && StackModel.Proxied(hop.Node, hop.Device, asked) is { } proxied)
            {
                copy.EndBecauseOf(CopyEnd.Consumed, proxied);
            }
            else if (hop.Frame is { } frame
                && !(DatagramPart.Of(frame) is not null && StackModel.KeepsFragments(hop.Node, frame.Ipv6 is not null)) // it may be one of those
                && RouterModel.Of(copy.Hops, frame, rules) is { } decided)
            {
                copy.EndBecauseOf(decided.End, decided.Reason);
            }
            else
            {
                copy.EndUnknownIn(hop.Node); // a rule may have redirected it, or dropped it
            }

            return;
        }

        if (skb.End is SkbEnd.Open && NeighbourReasons.Waiting(hop.Node, skb) is { } waiting)
        {
            copy.EndBecauseOf(NeighbourReasons.Ended(waiting));
        }
        else if (skb.End is SkbEnd.Open && hop.Frame is { } part && DatagramPart.Of(part) is not null && !IsWhole(hop, part, all)
            && StackModel.Awaited(hop.Node, hop.Device, part) is { } awaited)
        {
            copy.EndBecauseOf(CopyEnd.Pending, awaited); // what tracks connections puts datagrams together first
        }
        else if (skb.End is SkbEnd.Open && hop.Frame is { } later && StackModel.Proxied(hop.Node, hop.Device, later) is { } delayed)
        {
            copy.EndBecauseOf(CopyEnd.Pending, delayed with { Sentence = $"{delayed.Sentence} It lets some time pass before it does (proxy_delay)." });
        }
        else if (skb.End is SkbEnd.Open && !StackModel.TellsOfSockets)
        {
            copy.EndUnknownIn(hop.Node); // a rule may have redirected it to a socket
        }
        else if (skb is { End: SkbEnd.Consumed or SkbEnd.Dropped, EndEvent: { } end })
        {
            copy.EndBecauseOf(CopyEnd.Consumed, Used(hop, end));
        }
    }

    private static Reason Used(Hop hop, TraceEvent end)
    {
        var frame = hop.Frame;
        var evidence = Evidence.Kernel($"the frame was freed, in {end.Location}.");
        var target = frame?.Arp is { } arp ? arp.TargetIp.ToString() : frame?.NeighborSolicitation is { } solicitation ? solicitation.Target.ToString() : null;
        if (frame is not null && DropPlace.IsNamed(end.Location, "tpacket_rcv", "packet_rcv", "packet_rcv_spkt"))
        {
            return PacketReaders.Told(hop.Node, hop.Device, frame.EtherType, PacketReaders.At(hop.Node, end.InterfaceIndex, frame.EtherType), evidence);
        }

        if (frame?.Tcp is not null && end.Location.Contains("synproxy", StringComparison.Ordinal))
        {
            return new Reason(Causes.Used, hop.Node, hop.Device,
                $"A rule of {hop.Node.Name} with synproxy took the request for {StackModel.Ends(frame)?.To}, and answers it in its place: what is behind sees "
                    + "it once the handshake is done.", [evidence]);
        }

        return frame is not null && StackModel.Proxied(hop.Node, hop.Device, frame) is { } proxied
            ? proxied with { Evidence = [.. proxied.Evidence, evidence] }
            : target is not null
            ? StackModel.AsksForAnother(hop.Node, hop.Device, target, frame?.Arp is null ? "neighbour solicitation" : "ARP packet", evidence)
            // ip6_mc_input lets nothing come as far as icmpv6_rcv whose group is not joined.
            : frame is { Ipv6: { } ip6, Destination.IsMulticast: true } && !end.Location.Contains("icmpv6_rcv", StringComparison.Ordinal)
                ? new Reason(Causes.GroupNotJoined, hop.Node, hop.Device,
                    $"{ip6.Destination} is a group, and nobody in {hop.Node.Name} has joined it on {hop.Device}.", [evidence])
                : new Reason(Causes.Used, hop.Node, hop.Device, $"{hop.Node.Name} used the frame up itself and sent nothing on.", [evidence]);
    }
}
