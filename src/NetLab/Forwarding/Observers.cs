namespace NetLab;

/// <summary>Those who see frames that leave together, and the rules that they meet, from before they are sent until nothing of them moves.</summary>
internal sealed class Observers : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly IReadOnlyList<FollowedFrame> _frames;
    private readonly Lab _lab;
    private readonly IObservation _observation;
    private readonly RuleWatch.Recording _rules;

    private Observers(IReadOnlyList<FollowedFrame> frames, Lab lab, IObservation observation)
    {
        (_frames, _lab, _observation) = (frames, lab, observation);
        _rules = lab.Live.Part(own => new RuleWatch(own)).Record();
    }

    /// <summary>Begins to look.</summary>
    public static Observers Observe(IReadOnlyList<FollowedFrame> frames)
    {
        var lab = frames[0].Sent.Start.Lab;
        var observation = lab.Watch().Observe();
        try
        {
            return new Observers(frames, lab, observation);
        }
        catch
        {
            observation.Dispose();
            throw;
        }
    }

    /// <summary>Returns what was seen when nothing of the frames is under way any more; null where all of them are answered.</summary>
    public async Task<Company?> SettleAsync()
    {
        var storms = await Barrier.SettleAsync(_lab, Cancellation, () => Look().Extent(_frames.Select(f => f.Sent))).ConfigureAwait(false);
        return storms.Count == 0 && _frames.All(f => f.IsAnswered) ? null : Look() with { Storms = storms, Rules = _rules.Take() };
    }

    /// <summary>Those of some frames that are not over though nothing moves: something waits, and goes on by itself.</summary>
    public List<FollowedFrame> Held(IEnumerable<FollowedFrame> frames, Company? seen)
    {
        if (seen is null or { Storms.Count: > 0 })
        {
            return [];
        }

        var delays = new Delays(_lab, seen);
        return [.. frames.Where(f => !f.IsRefused && (f.StillWaits?.Invoke(seen) == true || delays.Hold(f)))];
    }

    /// <summary>
    /// Stays with frames that something holds, and gives each away once nothing does any more, or nothing has moved for as long as patience says.
    /// </summary>
    /// <param name="frames">The frames; those that are over are taken out.</param>
    /// <param name="conclude">Gets those that are over, with what was seen.</param>
    public async Task StayAsync(List<FollowedFrame> frames, Action<IReadOnlyList<FollowedFrame>, Company?> conclude)
    {
        var patience = new Patience(_lab, frames[0].Patience);
        var released = new HashSet<FollowedFrame>();
        for (long before = 0; frames.Count > 0;)
        {
            // What the kernel keeps, a timer of its own ends, and a program answers when it likes: neither wakes anybody.
            await Task.Delay(BetweenLooks, Cancellation).ConfigureAwait(false);
            var isLast = patience.IsOver;
            var seen = await SettleAsync().ConfigureAwait(false);
            HashSet<FollowedFrame> held = isLast ? [] : [.. Held(frames, seen)];

            // What was let go may just have set something going: it is looked at once more.
            var isEnd = isLast || seen is null or { Storms.Count: > 0 };
            List<FollowedFrame> over = [.. frames.Where(f => !held.Contains(f) && (isEnd || f.IsOver || released.Contains(f)))];
            released = [.. frames.Except(held)];
            frames.RemoveAll(over.Contains);
            if (over.Count > 0)
            {
                conclude(over, seen);
            }

            if (seen?.Extent(frames.Select(f => f.Sent)) is { } extent && extent != before)
            {
                before = extent;
                patience.Moved();
            }
        }
    }

    /// <summary>
    /// What packet sockets have seen of a frame once it rests again, where they saw more of it since; null where they did not. Reasons are looked for in the
    /// kernel's state after the last look: what a queue let go between the two was not seen yet, and is not there any more.
    /// </summary>
    /// <param name="sent">The frame.</param>
    /// <param name="before">What was seen of it before its reasons were looked for.</param>
    /// <exception cref="ForwardingException">It does not come to rest.</exception>
    public async Task<Company?> LookAgainAsync(SentFrame sent, Company before)
    {
        if (before is not { BySockets: { } seen, Storms.Count: 0 } || Extent(_observation.Take(sent)) == Extent(seen[sent]))
        {
            return null;
        }

        var storms = await Barrier.SettleAsync(_lab, CancellationToken.None, () => Extent(_observation.Take(sent))).ConfigureAwait(false);
        var more = new Dictionary<SentFrame, Seen>(ReferenceEqualityComparer.Instance) { [sent] = _observation.Take(sent) };
        return before with { BySockets = more, Storms = storms };

        static long Extent(Seen seen) => ((SeenBySockets)seen).Sightings.Count;
    }

    public void Dispose()
    {
        _rules.Dispose();
        _observation.Dispose();
    }

    // Nobody of several gives up for the others.
    private CancellationToken Cancellation => _frames is [{ StillWaits: not null } alone] ? alone.Cancellation : CancellationToken.None;

    private Company Look()
    {
        var first = _observation.Take(_frames[0].Sent);
        if (first is SeenByKernel kernel)
        {
            return new Company(null, new SeenFrames(_lab, kernel));
        }

        var seen = new Dictionary<SentFrame, Seen>(ReferenceEqualityComparer.Instance) { [_frames[0].Sent] = first };
        foreach (var frame in _frames.Skip(1))
        {
            seen.Add(frame.Sent, _observation.Take(frame.Sent));
        }

        return new Company(seen, null) { Around = _observation.All };
    }
}
