namespace NetLab.Cli.Live;

/// <summary>Counts fates by what became of the frame, and those that did not go well by their cause.</summary>
internal sealed class LiveTally
{
    private const int MostCauses = 10_000;

    // Where a switch floods, most who get a frame are not meant.
    private static readonly HashSet<string> NotMeant = ["other-host", "no-handler"];

    private readonly Dictionary<(string Cause, string Place, string Sentence), int> _causes = [];

    /// <summary>All frames.</summary>
    public int Frames { get; private set; }

    /// <summary>Frames that arrived, or left by a device whose other side is not watched, and went wrong nowhere.</summary>
    public int Arrived { get; private set; }

    /// <summary>Frames that were dropped, not forwarded or kept waiting.</summary>
    public int Stopped { get; private set; }

    /// <summary>How often frames ended by each cause, most often first.</summary>
    public IEnumerable<(string Cause, string Place, string Sentence, int Times)> Causes =>
        _causes.OrderByDescending(c => c.Value).ThenBy(c => c.Key.Place, StringComparer.Ordinal)
            .Select(c => (c.Key.Cause, c.Key.Place, c.Key.Sentence, c.Value));

    /// <summary>The reasons why copies of a frame were stopped; none where all is well.</summary>
    public static IReadOnlyList<(FrameCopy Copy, Reason Reason)> Troubles(Fate fate)
    {
        var arrived = fate.Copies.Any(HasArrived);
        return [.. fate.Copies.Where(c => c is { End: CopyEnd.Dropped or CopyEnd.NotForwarded or CopyEnd.Pending, Reason: { } reason }
            && !(arrived && NotMeant.Contains(reason.Cause))).Select(c => (c, c.Reason!))];
    }

    /// <summary>Counts a fate.</summary>
    /// <returns>The causes that are new.</returns>
    public IReadOnlyList<(FrameCopy Copy, Reason Reason)> Add(Fate fate, IReadOnlyList<(FrameCopy Copy, Reason Reason)> troubles)
    {
        Frames++;
        Stopped += troubles.Count > 0 ? 1 : 0;
        Arrived += troubles.Count == 0 && fate.Copies.Any(HasArrived) ? 1 : 0;
        var fresh = new List<(FrameCopy, Reason)>();
        foreach ((var copy, var reason) in troubles.DistinctBy(t => Key(t.Reason)))
        {
            if (!_causes.TryGetValue(Key(reason), out var times))
            {
                fresh.Add((copy, reason));
            }

            if (times > 0 || _causes.Count < MostCauses)
            {
                _causes[Key(reason)] = times + 1;
            }
        }

        return fresh;
    }

    private static bool HasArrived(FrameCopy copy) => copy.End is CopyEnd.Delivered or CopyEnd.Left;

    private static (string, string, string) Key(Reason reason) => (reason.Cause, reason.Place, reason.Sentence);
}
