namespace NetLab;

/// <summary>The hops of a fate, each once: copies that a bridge made of one share their hops up to there.</summary>
internal static class FateHops
{
    /// <summary>Whether two copies went the same way until both came to this hop.</summary>
    public static bool SameUpTo(FrameCopy a, FrameCopy b, int hop) =>
        a.Hops.Count > hop && b.Hops.Count > hop && Enumerable.Range(0, hop + 1).All(i => Place(a.Hops[i]) == Place(b.Hops[i]));

    /// <summary>Every hop of every copy, in the order of their times; with it the copies that ended there.</summary>
    public static IReadOnlyList<(Hop Hop, IReadOnlyList<FrameCopy> Ended)> Of(Fate fate) =>
        [.. fate.Copies.SelectMany(copy => copy.Hops.Select((hop, i) => (Hop: hop, Ended: i == copy.Hops.Count - 1 ? copy : null)))
            .GroupBy(step => (Place(step.Hop), step.Hop.At))
            .Select(group => (group.First().Hop, (IReadOnlyList<FrameCopy>)[.. group.Select(step => step.Ended).OfType<FrameCopy>()]))
            .OrderBy(step => step.Hop.At)];

    private static (Node, string, HopDirection, ushort?) Place(Hop hop) => (hop.Node, hop.Device, hop.Direction, hop.Vlan);
}
