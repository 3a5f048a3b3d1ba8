using System.Diagnostics;
using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// One frame, from before it is sent until its fate is known. This is the conductor: it asks those who see (<see cref="IFrameWatch"/>,
/// <see cref="RuleWatch"/>), lets the lab come to rest (<see cref="Barrier"/>), and has copies and reasons made of what was seen. None of them
/// knows of the others. Frames that are asked about at the same time go together (<see cref="Convoy"/>).
/// </summary>
internal sealed partial class FollowedFrame : IDisposable
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly Lab _lab;
    private readonly SentFrame _sent;
    private readonly IFrameWatch _watch;
    private readonly IObservation? _observation;
    private readonly RuleWatch.Recording? _rules;
    private readonly DateTimeOffset _at = DateTimeOffset.UtcNow;
    private LinuxException? _refusal;
    private IReadOnlyList<Storm> _storms = [];
    private IReadOnlyList<OvsRehearsal> _inOvs = [];
    private RuleAccount? _account;
    private long _lost;

    private FollowedFrame(SentFrame sent, IFrameWatch watch, IObservation? observation = null, RuleWatch.Recording? rules = null)
    {
        _lab = sent.Start.Lab;
        _sent = sent;
        _watch = watch;
        _observation = observation;
        _rules = rules;
    }

    /// <summary>Sends a frame of a VM and follows it until nothing moves any more.</summary>
    /// <param name="sender">The VM.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="untilEnded">Whether to wait, too, for what the kernel keeps and lets go later by a timer of its own.</param>
    /// <param name="ct">Ends the waiting.</param>
    public static Task<Fate> SendAsync(FakeVm sender, Frame frame, bool untilEnded, CancellationToken ct) =>
        SendAsync(new SentFrame(sender.Name, sender, sender.Node, frame, FrameIdentity.Of(frame)), () => sender.Inject(frame.Bytes.Span), ct, untilEnded);

    /// <summary>Sends a frame by <paramref name="send"/> and follows it until nothing moves any more that concerns it.</summary>
    public static async Task<Fate> SendAsync(SentFrame sent, Action send, CancellationToken ct, bool untilEnded = false) =>
        (await SendAsync(sent, send, untilEnded, null, ct).ConfigureAwait(false)).Fate!;

    /// <summary>Sends a question by <paramref name="ask"/>; follows it only where it got no answer. Null where it got one.</summary>
    public static async Task<Exchange?> AskAsync(SentFrame question, Action ask, Func<bool> isAnswered, CancellationToken ct)
    {
        (var fate, var company) = await SendAsync(question, ask, false, isAnswered, ct).ConfigureAwait(false);
        return fate is null ? null : await ExchangeFollower.FollowAsync(question, fate, company!, ct).ConfigureAwait(false);
    }

    /// <summary>Sends what should be answered by <paramref name="send"/>; where it got no answer, follows what depends on it too.</summary>
    public static async Task<Exchange> ExchangeAsync(SentFrame sent, Action send, Func<bool> isAnswered, CancellationToken ct)
    {
        (var fate, var company) = await SendAsync(sent, send, false, null, ct).ConfigureAwait(false);
        if (!isAnswered() && ExchangeFollower.WaitsUnasked(fate!, company!))
        {
            (fate, company) = await LookAgainAsync(sent, fate!, isAnswered, ct).ConfigureAwait(false);
        }

        return isAnswered()
            ? new Exchange([new ExchangeLeg(ExchangeLegKind.Request, fate!.Answered(), null, "")], isAnswered: true)
            : await ExchangeFollower.FollowAsync(sent, fate!, company!, ct).ConfigureAwait(false);
    }

    // A node had asked for the neighbour before the frame came, and asks again by a timer of its own, every second and three times in all.
    private static async Task<(Fate Fate, Company Company)> LookAgainAsync(SentFrame sent, Fate before, Func<bool> isAnswered, CancellationToken ct)
    {
        using var frame = Observe(sent);
        var start = Stopwatch.GetTimestamp();
        Company company;
        IReadOnlyList<FrameCopy> copies;
        do
        {
            await Task.Delay(BetweenLooks, ct).ConfigureAwait(false);
            frame._storms = await Barrier.SettleAsync(frame._lab, ct).ConfigureAwait(false);
            var seen = frame._observation!.Take(sent);
            copies = CopiesOf(sent, seen);
            company = seen is SeenByKernel kernel ? new Company(null, new SeenFrames(frame._lab, kernel))
                : new Company(new Dictionary<SentFrame, Seen>(ReferenceEqualityComparer.Instance) { [sent] = seen }, null);
        }
        while (copies.Count == 0 && !isAnswered() && ExchangeFollower.WaitsUnasked(before, company)
            && Stopwatch.GetElapsedTime(start) < frame._lab.Options.Patience);
        frame._account = frame._rules!.Take();
        return (copies.Count == 0 && !isAnswered() ? before : frame.Remember(await frame.ExplainAsync(copies, ct).ConfigureAwait(false)),
            company with { Rules = frame._account });
    }

    private static async Task<(Fate? Fate, Company? Company)> SendAsync(SentFrame sent, Action send, bool untilEnded, Func<bool>? isAnswered,
        CancellationToken ct)
    {
        sent.Start.Lab.RequireOwn();
        using var frame = untilEnded ? Observe(sent) : new FollowedFrame(sent, sent.Start.Lab.Watch());
        IReadOnlyList<FrameCopy> copies;
        Company? company = null;
        if (untilEnded)
        {
            frame.Send(send);
            await frame.SettleAsync(ct).ConfigureAwait(false);
            copies = frame.Build();
        }
        else
        {
            company = await Convoy.SendAsync(sent, () => frame.Send(send), ct, isAnswered).ConfigureAwait(false);
            if (company is null || isAnswered?.Invoke() == true)
            {
                return default;
            }

            (frame._storms, frame._account, frame._lost) = (company.Storms, company.Rules, company.LostOf(sent));
            copies = company.CopiesOf(sent);
        }

        copies = await frame.ExplainAsync(copies, ct).ConfigureAwait(false);
        return (frame.Remember(copies), company);
    }

    /// <summary>The copies of a frame, each with its way; why one ended is not known yet.</summary>
    public static IReadOnlyList<FrameCopy> CopiesOf(SentFrame sent, Seen seen) => seen switch
    {
        SeenByKernel { Events: var events } => TraceFateBuilder.Build(sent, events),
        SeenBySockets { Sightings: var sightings } => FateBuilder.Build(sent, sightings),
        _ => throw new UnreachableException(),
    };

    public void Dispose()
    {
        _rules?.Dispose();
        _observation?.Dispose();
    }

    private static FollowedFrame Observe(SentFrame sent)
    {
        var lab = sent.Start.Lab;
        var watch = lab.Watch();
        var observation = watch.Observe();
        try
        {
            return new FollowedFrame(sent, watch, observation, lab.Live.Part(own => new RuleWatch(own)).Record());
        }
        catch
        {
            observation.Dispose();
            throw;
        }
    }

    private void Send(Action send)
    {
        try
        {
            send();
        }
        catch (LinuxException e) when (IsRefusal(e.Errno))
        {
            _refusal = e;
        }
    }

    private async Task SettleAsync(CancellationToken ct)
    {
        _storms = await Barrier.SettleAsync(_lab, ct).ConfigureAwait(false);
        var start = Stopwatch.GetTimestamp();
        while (_storms.Count == 0 && Build().Any(IsKept) && Stopwatch.GetElapsedTime(start) < _lab.Options.Patience)
        {
            // What the kernel keeps, a timer of its own ends, and that wakes nobody.
            await Task.Delay(BetweenLooks, ct).ConfigureAwait(false);
            _storms = await Barrier.SettleAsync(_lab, ct).ConfigureAwait(false);
        }
    }

    private IReadOnlyList<FrameCopy> Build()
    {
        var seen = _observation!.Take(_sent);
        _lost = seen.Lost;
        return CopiesOf(_sent, seen);
    }

    private async Task<IReadOnlyList<FrameCopy>> ExplainAsync(IReadOnlyList<FrameCopy> copies, CancellationToken ct)
    {
        if (_storms.Count > 0)
        {
            copies = FateExplainer.EndedBy(_storms[0], copies);
        }
        else
        {
            (copies, _inOvs) = await FateExplainer.ExplainAsync(_sent, copies, _account ?? _rules!.Take(), ct).ConfigureAwait(false);
        }

        return copies.Count == 0 && FateExplainer.AtTheStart(_sent, _refusal?.Errno) is { } none ? [none] : copies;
    }

    private Fate Remember(IReadOnlyList<FrameCopy> copies)
    {
        var refusal = _refusal?.Errno == Errno.EIO ? $"tap {_sent.Sender?.Tap} is down, and the kernel refused the write (EIO)" : _refusal?.Message;
        // What a node's stack made of it is known when a device has seen it.
        var sent = _sent.Sender is null && copies.FirstOrDefault(c => c.Hops is [{ Frame: not null }, ..]) is { } seen
            ? _sent with { Frame = seen.Hops[0].Frame! } : _sent;
        return _lab.Live.Part(_ => new RecentFates()).Add(new Fate(sent, _at, _watch.Level, refusal, copies, _storms, _lost) { InOvs = _inOvs });
    }

    // What a sender may be told of its frame; anything else is a fault of the lab, or of the test.
    private bool IsRefusal(int errno) =>
        errno is Errno.EIO or Errno.ENETDOWN or Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.EPERM or Errno.EACCES
            or Errno.EINVAL
        || (errno is Errno.EMSGSIZE or Errno.EADDRNOTAVAIL && _sent.Sender is null);

    // No end was seen, and nobody has it: it waits in the kernel.
    private static bool IsKept(FrameCopy copy) => copy is { Skb.End: SkbEnd.Open, Vm: null };
}
