namespace NetLab;

/// <summary>Drops of which only the rules' own traces tell: where frames are followed by packet sockets, the kernel's reasons are not to be had.</summary>
internal static class RuleDrops
{
    /// <summary>The copies, with the drops: a copy that was lost in a node whose rules dropped it has ended there; a branch that nobody saw begin is added.</summary>
    public static async Task<IReadOnlyList<FrameCopy>> AddAsync(SentFrame sent, IReadOnlyList<FrameCopy> copies, RuleAccount rules, CancellationToken ct)
    {
        var all = new List<FrameCopy>(copies);
        var entries = copies.SelectMany(c => c.Hops.Select((hop, at) => (Copy: c, Hop: hop, At: at)))
            .Where(e => e.Hop is { Direction: HopDirection.In, Frame: not null })
            .DistinctBy(e => (e.Hop.Node, e.Hop.Device));
        foreach ((FrameCopy copy, Hop hop, int at) in entries)
        {
            foreach (Reason reason in await NftVerdict.DropsInAsync(hop.Node, hop.Frame!, isOwn: false, rules, ct).ConfigureAwait(false))
            {
                FrameCopy? ended = all.Find(c => c is { Reason: null, Hops: [.., { Direction: HopDirection.In } last] } && ReferenceEquals(last.Node, hop.Node));
                if (ended is null)
                {
                    all.Add(ended = new FrameCopy([.. copy.Hops.Take(at + 1)], CopyEnd.Dropped, null, null));
                }

                ended.EndBecauseOf(CopyEnd.Dropped, reason);
            }
        }

        // What the sender's own stack was not allowed to send was seen at no device.
        foreach (Reason reason in copies.Count > 0 ? [] : await NftVerdict.DropsInAsync(sent.Start, sent.Frame, isOwn: true, rules, ct).ConfigureAwait(false))
        {
            all.Add(new FrameCopy([], CopyEnd.Dropped, null, null));
            all[^1].EndBecauseOf(CopyEnd.Dropped, reason);
        }

        return all;
    }
}
