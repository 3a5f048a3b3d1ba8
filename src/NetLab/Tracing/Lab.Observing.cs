using System.Diagnostics;
using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>Sending a frame and learning what became of it.</summary>
public sealed partial class Lab
{
    private static readonly TimeSpan BetweenLooks = TimeSpan.FromMilliseconds(10);

    private readonly Lock _watchGate = new();
    private IFrameWatch? _watch;
    private RuleWatch? _rules;

    /// <summary>
    /// By what the lab follows frames: <c>BPF on 11 tracepoints, kernel 6.18.44</c>, or <c>packet sockets</c> and why nothing better.
    /// Which it is shows when the first frame is followed; asking decides it.
    /// </summary>
    /// <exception cref="InvalidOperationException">The lab is not applied.</exception>
    public string TracingLevel => Watch().Level;

    /// <summary>Sees to it that every node is watched from now on; the first observed frame does this by itself.</summary>
    internal IFrameWatch Watch()
    {
        RequireApplied();
        lock (_watchGate)
        {
            if (_watch is null)
            {
                IFrameWatch watch = KernelWatch.For(Options.Tracing, out string why) as IFrameWatch ?? new FrameWatch(why);
                watch.AddNodes(_nodes);
                _watch = watch;
            }

            return _watch;
        }
    }

    internal Task<Fate> ObserveAsync(FakeVm sender, Frame frame, bool untilEnded, CancellationToken ct) =>
        ObserveAsync(new SentFrame(sender.Name, sender, sender.Node, frame, FrameIdentity.Of(frame)), () => sender.Inject(frame.Bytes.Span), ct, untilEnded);

    /// <summary>Sends by <paramref name="send"/> and follows the frame until nothing moves any more.</summary>
    internal async Task<Fate> ObserveAsync(SentFrame sent, Action send, CancellationToken ct, bool untilEnded = false)
    {
        RequireOwn();
        using IObservation observation = Watch().Observe();
        using RuleWatch.Recording rules = LazyInitializer.EnsureInitialized(ref _rules, () => new RuleWatch(this)).Record();
        DateTimeOffset at = DateTimeOffset.UtcNow;
        string? refusal = null, refused = null;
        try
        {
            send();
        }
        catch (LinuxException e) when (e.ErrnoName is "EIO" or "ENETDOWN" or "ENETUNREACH" or "EHOSTUNREACH" or "EPERM" or "EACCES" || (e.ErrnoName == "EINVAL" && sent.Sender is not null))
        {
            refused = e.ErrnoName;
            refusal = e.ErrnoName == "EIO" ? $"tap {sent.Sender?.Tap} is down, and the kernel refused the write (EIO)" : e.Message;
        }

        IReadOnlyList<Storm> storms = await SettleOrStopAsync(ct).ConfigureAwait(false);
        Observed observed = observation.Take(sent);
        for (long start = Stopwatch.GetTimestamp(); untilEnded && storms.Count == 0 && observed.Copies.Any(IsKept) && Stopwatch.GetElapsedTime(start) < Options.Patience;)
        {
            // What the kernel keeps, a timer of its own ends, and that wakes nobody.
            await Task.Delay(BetweenLooks, ct).ConfigureAwait(false);
            storms = await SettleOrStopAsync(ct).ConfigureAwait(false);
            observed = observation.Take(sent);
        }

        IReadOnlyList<FrameCopy> copies = storms.Count == 0
            ? await FateExplainer.ExplainAsync(sent, observed.Copies, rules.Take(), ct).ConfigureAwait(false)
            : FateExplainer.EndedBy(storms[0], observed.Copies);
        if (copies.Count == 0 && FateExplainer.AtTheStart(sent, refused) is { } none)
        {
            copies = [none];
        }

        return Remember(new Fate(sent, at, Watch().Level, refusal, copies, storms, observed.Lost));
    }

    // No end was seen, and nobody has it: it waits in the kernel.
    private static bool IsKept(FrameCopy copy) => copy is { Skb.End: SkbEnd.Open, Vm: null };
}
