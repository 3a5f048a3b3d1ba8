namespace NetLab;

/// <summary>
/// Drops of which only the rules' own traces and counters tell: where frames are followed by packet sockets, the kernel's reasons are not to be had.
/// </summary>
internal static class RuleDrops
{
    /// <summary>
    /// The copies, with the drops: a copy that was lost in a node whose rules dropped it has ended there; a branch that nobody saw begin is added.
    /// </summary>
    public static async Task<IReadOnlyList<FrameCopy>> AddAsync(SentFrame sent, IReadOnlyList<FrameCopy> copies, RuleAccount rules, CancellationToken ct)
    {
        var all = new List<FrameCopy>(copies);
        List<(FrameCopy Copy, Hop Hop, int At)> entries = [.. copies.SelectMany(c => c.Hops.Select((hop, at) => (Copy: c, Hop: hop, At: at)))
            .Where(e => e.Hop is { Direction: HopDirection.In, Frame: not null })
            .DistinctBy(e => (e.Hop.Node, e.Hop.Device))];
        var told = new HashSet<(Node, string)>();
        foreach ((var copy, var hop, var at) in entries)
        {
            foreach (var reason in await NftVerdict.DropsInAsync(hop.Node, hop.Frame!, isOwn: false, rules, ct).ConfigureAwait(false))
            {
                if (IsBesideSwitch(hop, reason) || !told.Add((hop.Node, string.Join(' ', reason.Evidence))))
                {
                    continue; // a frame that goes up to a bridge's own device comes into the node twice, and is dropped once
                }

                var ended = all.Find(c => c is { Reason: null, Hops: [.., { Direction: HopDirection.In } last] } && ReferenceEquals(last.Node, hop.Node)
                    && !WentUp(last, reason));
                if (ended is null)
                {
                    all.Add(ended = new FrameCopy([.. copy.Hops.Take(at + 1)], CopyEnd.Dropped, null, null));
                }

                ended.EndBecauseOf(CopyEnd.Dropped, reason);
            }
        }

        foreach (var inNode in entries.GroupBy(e => e.Hop.Node))
        {
            await AddLegacyAsync(all, [.. inNode], rules).ConfigureAwait(false);
        }

        // What the sender's own stack was not allowed to send was seen at no device.
        foreach (var reason in copies.Count > 0 ? [] : await NftVerdict.DropsInAsync(sent.Start, sent.Frame, isOwn: true, rules, ct).ConfigureAwait(false))
        {
            all.Add(new FrameCopy([], CopyEnd.Dropped, null, null));
            all[^1].EndBecauseOf(CopyEnd.Dropped, reason);
        }

        if (copies.Count == 0 && rules.Of(sent.Start) is { } start
            && await LegacyVerdict.DropInAsync(start, "", sent.Frame, ["output", "postrouting"], isCertain: false).ConfigureAwait(false) is { } own)
        {
            all.Add(new FrameCopy([], CopyEnd.Dropped, null, null));
            all[^1].EndBecauseOf(CopyEnd.Dropped, own);
        }

        return all;
    }

    /// <summary>
    /// What rules dropped of a frame that Open vSwitch gave to a port: the kernel makes another packet of it, which its tracepoints have seen go nowhere.
    /// </summary>
    public static async Task<IReadOnlyList<FrameCopy>> AtOutputsAsync(
        IReadOnlyList<OvsRehearsal> inOvs, IReadOnlyList<FrameCopy> copies, RuleAccount rules, CancellationToken ct)
    {
        var dropped = new List<FrameCopy>();
        foreach (var asked in inOvs.Where(a => a.Trace.OutputPorts.Except(a.Seen).Any(p => a.Bridge.Node.FindDevice(p) is { HasPorts: false })))
        {
            foreach (var reason in await NftVerdict.DropsInAsync(asked.Bridge.Node, asked.Frame, isOwn: false, rules, ct).ConfigureAwait(false))
            {
                if (asked.Trace.OutputPorts.Contains(reason.Device) && !asked.Seen.Contains(reason.Device) && !copies.Any(c => c.Drop?.Device == reason.Device))
                {
                    var hops = copies.First(c => c.Hops.Contains(asked.Hop)).Hops;
                    dropped.Add(new FrameCopy([.. hops.TakeWhile(h => !ReferenceEquals(h, asked.Hop)), asked.Hop], CopyEnd.Dropped, null, null));
                    dropped[^1].EndBecauseOf(CopyEnd.Dropped, reason);
                }
            }
        }

        return dropped;
    }

    // The stack sees, too, what a switch in user space takes from its port: that rules drop it there keeps it from nobody.
    private static bool IsBesideSwitch(Hop hop, Reason reason) => reason.Device == hop.Device && hop.EntersAsDescribed is { IsInUserSpace: true }
        && !StackModel.IsListenedFor(hop.Node, hop.Frame!);

    // What a bridge's own device has is past the rules that concern its ports.
    private static bool WentUp(Hop last, Reason reason) => last.LabDevice is { HasPorts: true } bridge
        && reason.Node.FindDevice(reason.Device) is { } port && KernelState.SwitchOf(port) is { } master && ReferenceEquals(master, bridge);

    // Counters do not tell of which copy they are: of one that was lost in the node, or seemed to be delivered to it;
    // or of one that a bridge made and nobody saw.
    private static async Task AddLegacyAsync(List<FrameCopy> all, IReadOnlyList<(FrameCopy Copy, Hop Hop, int At)> entries, RuleAccount rules)
    {
        var node = entries[0].Hop.Node;
        if (rules.Of(node) is not { Legacy.Count: > 0 } account)
        {
            return;
        }

        var ended = all.Find(c => c is { Reason: null, Hops: [.., { Direction: HopDirection.In } last] } && ReferenceEquals(last.Node, node));
        (var copy, var hop, var at) = ended is not null ? (ended, ended.Hops[^1], ended.Hops.Count - 1)
            : entries.FirstOrDefault(e => e.Hop.Enters is { IsInUserSpace: false });
        if (hop is null)
        {
            return;
        }

        string[] hooks = ended?.Node is not null ? ["prerouting", "input"] : ["prerouting", "input", "forward", "postrouting"];
        if (await LegacyVerdict.DropInAsync(account, hop.Enters?.Name ?? hop.Device, hop.Frame!, hooks, isCertain: ended is { Node: null })
            .ConfigureAwait(false) is { } reason)
        {
            if (ended is null)
            {
                all.Add(ended = new FrameCopy([.. copy.Hops.Take(at + 1)], CopyEnd.Dropped, null, null));
            }

            ended.EndBecauseOf(CopyEnd.Dropped, reason);
        }
    }
}
