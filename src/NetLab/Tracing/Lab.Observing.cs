using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>Sending a frame and learning what became of it.</summary>
public sealed partial class Lab
{
    private FrameWatch? _watch;
    private KernelWatch? _kernel;

    /// <summary>Sees to it that every node is watched from now on; the first observed frame does this by itself.</summary>
    internal FrameWatch Watch()
    {
        RequireApplied();
        if (_watch is null)
        {
            var watch = new FrameWatch();
            watch.AddNodes(_nodes);
            _kernel = KernelWatch.For(Options.Tracing);
            _kernel?.AddNodes(_nodes);
            _watch = watch;
        }

        return _watch;
    }

    internal Task<Fate> ObserveAsync(FakeVm sender, Frame frame, CancellationToken ct) =>
        ObserveAsync(sender.Name, sender, sender.Node, frame, FrameIdentity.Of(frame), () => sender.Inject(frame.Bytes.Span), ct);

    /// <summary>Sends by <paramref name="send"/> and follows the frame that <paramref name="identity"/> describes until nothing moves any more.</summary>
    internal async Task<Fate> ObserveAsync(string from, FakeVm? sender, Node start, Frame frame, FrameIdentity identity, Action send, CancellationToken ct)
    {
        FrameWatch watch = Watch();
        watch.Drain();
        long since = watch.Count;
        string? refusal = null;
        using KernelWatch.Recording? recording = _kernel?.Record();
        try
        {
            send();
        }
        catch (LinuxException e) when (e.ErrnoName is "EIO" or "ENETDOWN" or "ENETUNREACH" or "EHOSTUNREACH")
        {
            refusal = e.ErrnoName == "EIO" ? $"tap {sender?.Tap} is down, and the kernel refused the write (EIO)" : e.Message;
        }

        await SettleAsync(ct).ConfigureAwait(false);
        Fate fate = FateBuilder.Build(from, sender, start, frame, refusal, watch.Find(since, identity));
        return recording is null ? fate : await FateExplainer.ExplainAsync(fate, recording.Take(), ct).ConfigureAwait(false);
    }
}
