namespace NetLab;

/// <summary>Frames that should be answered: where they are not, what depends on them is followed too.</summary>
internal sealed partial class FollowedFrame
{
    /// <summary>Sends a question by <paramref name="ask"/>; follows it only where it got no answer. Null where it got one.</summary>
    public static async Task<Exchange?> AskAsync(SentFrame question, Action ask, Func<bool> isAnswered, CancellationToken ct)
    {
        (var fate, var company) = await new FollowedFrame(question, ask, ct) { Answered = isAnswered }.FollowAsync().ConfigureAwait(false);
        return fate is null ? null : await ExchangeFollower.FollowAsync(question, fate, company!, ct).ConfigureAwait(false);
    }

    /// <summary>Sends what should be answered by <paramref name="send"/>; where it got no answer, follows what depends on it too.</summary>
    public static async Task<Exchange> ExchangeAsync(SentFrame sent, Action send, Func<bool> isAnswered, CancellationToken ct)
    {
        (var fate, var company) = await FollowAsync(new FollowedFrame(sent, send, ct) { HasAnswer = isAnswered }, isAnswered).ConfigureAwait(false);
        return isAnswered() ? AnsweredBy(fate) : await ExchangeFollower.FollowAsync(sent, fate, company, ct).ConfigureAwait(false);
    }

    /// <summary>
    /// Sends what a socket asks a program, and follows it, and what depends on it where it got no answer. The answer takes as long as the program does,
    /// which no barrier knows, so that what is seen is kept until then.
    /// </summary>
    /// <param name="sent">What it sends.</param>
    /// <param name="probe">The socket.</param>
    /// <param name="patience">How long a program may take for its answer.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<Exchange> ProbeAsync(SentFrame sent, ProbeSocket probe, TimeSpan patience, CancellationToken ct)
    {
        var question = new FollowedFrame(sent, probe.Send, ct)
        {
            StillWaits = seen => !probe.IsOver() && ExchangeFollower.AwaitsProgram(sent, seen),
            Patience = patience,
            HasAnswer = probe.IsOver,
        };
        (var fate, var company) = await FollowAsync(question, probe.IsOver).ConfigureAwait(false);
        return probe.IsOver() && probe.Outcome is ProbeOutcome.Answered ? AnsweredBy(fate)
            : await ExchangeFollower.FollowAsync(sent, fate, company, ct, probe.Outcome is ProbeOutcome.Refused, patience).ConfigureAwait(false);
    }

    // A node that had asked for the neighbour before the frame came asks again by a timer of its own, every second and three times in all: what is under
    // way then is followed once more.
    private static async Task<(Fate Fate, Company Company)> FollowAsync(FollowedFrame frame, Func<bool> isOver)
    {
        (var fate, var company) = await frame.FollowAsync().ConfigureAwait(false);
        if (isOver() || !ExchangeFollower.WaitsUnasked(fate!, company!))
        {
            return (fate!, company!);
        }

        var again = new FollowedFrame(frame.Sent, null, frame.Cancellation)
        {
            StillWaits = seen => seen.CopiesOf(frame.Sent).Count == 0 && !isOver() && ExchangeFollower.WaitsUnasked(fate!, seen),
            HasAnswer = isOver,
        };
        (var after, company) = await again.FollowAsync().ConfigureAwait(false);
        return (after ?? fate!, company!);
    }

    private static Exchange AnsweredBy(Fate fate) => new([new ExchangeLeg(ExchangeLegKind.Request, fate.Answered(), null, "")], isAnswered: true);
}
