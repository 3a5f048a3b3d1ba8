using System.Diagnostics;

namespace NetLab;

/// <summary>A question to a program: its answer takes as long as the program does, which no barrier knows, so that what is seen is kept until then.</summary>
internal sealed partial class FollowedFrame
{
    /// <summary>Sends what a socket asks, and follows it, and what depends on it where it got no answer.</summary>
    /// <param name="sent">What it sends.</param>
    /// <param name="probe">The socket.</param>
    /// <param name="patience">How long a program may take for its answer.</param>
    /// <param name="ct">Gives up.</param>
    public static async Task<Exchange> ProbeAsync(SentFrame sent, ProbeSocket probe, TimeSpan patience, CancellationToken ct)
    {
        sent.Start.Lab.RequireOwn();
        using var frame = Observe(sent);
        frame.Send(probe.Send);
        var start = Stopwatch.GetTimestamp();
        var company = await frame.RestAsync(ct).ConfigureAwait(false);
        while (!probe.IsOver() && frame._refusal is null && frame._storms.Count == 0 && Stopwatch.GetElapsedTime(start) < patience
            && ExchangeFollower.AwaitsProgram(sent, company))
        {
            await Task.Delay(BetweenLooks, ct).ConfigureAwait(false);
            company = await frame.RestAsync(ct).ConfigureAwait(false);
        }

        var fate = frame.Remember(await frame.ExplainAsync(company.CopiesOf(sent), ct).ConfigureAwait(false));
        if (!probe.IsOver() && ExchangeFollower.WaitsUnasked(fate, company))
        {
            (fate, company) = await LookAgainAsync(sent, fate, probe.IsOver, ct).ConfigureAwait(false);
        }

        return probe.IsOver() && probe.Outcome is ProbeOutcome.Answered
            ? new Exchange([new ExchangeLeg(ExchangeLegKind.Request, fate.Answered(), null, "")], isAnswered: true)
            : await ExchangeFollower.FollowAsync(sent, fate, company, ct, probe.Outcome is ProbeOutcome.Refused, patience).ConfigureAwait(false);
    }

    // Lets the lab come to rest, and takes what was seen up to then.
    private async Task<Company> RestAsync(CancellationToken ct)
    {
        _storms = await Barrier.SettleAsync(_lab, ct, () => CompanyOf(_sent, _observation!.Take(_sent)).Extent([_sent])).ConfigureAwait(false);
        var company = CompanyOf(_sent, _observation!.Take(_sent));
        (_account, _lost) = (_rules!.Take(), company.LostOf(_sent));
        return company with { Storms = _storms, Rules = _account };
    }

    private static Company CompanyOf(SentFrame sent, Seen seen) => seen is SeenByKernel kernel
        ? new Company(null, new SeenFrames(sent.Start.Lab, kernel))
        : new Company(new Dictionary<SentFrame, Seen>(ReferenceEqualityComparer.Instance) { [sent] = seen }, null);
}
