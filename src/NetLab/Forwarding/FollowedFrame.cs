using NetLab.Linux;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// One frame, from before it is sent until its fate is known. This is the conductor (<see cref="ConductAsync"/>): it asks those who see
/// (<see cref="Observers"/>), lets the lab come to rest (<see cref="Barrier"/>), and has copies and reasons made of what was seen. None of them
/// knows of the others. Frames that are asked about at the same time go together (<see cref="Convoy"/>).
/// </summary>
internal sealed partial class FollowedFrame
{
    private const int MostLooks = 10; // a queue lets go of few copies of one frame

    private readonly Lab _lab;
    private readonly Action? _send;
    private readonly IFrameWatch _watch;
    private readonly DateTimeOffset _at = DateTimeOffset.UtcNow;
    private readonly TaskCompletionSource<(Fate? Fate, Company? Company)> _outcome = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private LinuxException? _refusal;
    private IReadOnlyList<OvsRehearsal> _inOvs = [];
    private bool _hasEqual;

    // What is under way already is not sent.
    private FollowedFrame(SentFrame sent, Action? send, CancellationToken ct)
    {
        _lab = sent.Start.Lab;
        _lab.RequireOwn();
        _watch = _lab.Watch();
        _send = send;
        (Sent, Cancellation) = (sent, ct);
        IsForAll = sent.Frame.Destination.IsMulticast;
        Patience = _lab.Options.Patience;
    }

    public SentFrame Sent { get; }

    /// <summary>Gives up: what has not left yet never does.</summary>
    public CancellationToken Cancellation { get; }

    /// <summary>Questions to all are not mixed with others: what is seen of their many copies is only looked at where one got no answer.</summary>
    public bool IsForAll { get; }

    /// <summary>
    /// Whether to wait on, by what was seen so far: for what the kernel keeps and lets go by a timer of its own, or for the answer of a program. Null where
    /// it is over when nothing moves any more.
    /// </summary>
    public Func<Company, bool>? StillWaits { get; private init; }

    /// <summary>For how long at most.</summary>
    public TimeSpan Patience { get; private init; }

    /// <summary>Whether the sender was told that it cannot be sent.</summary>
    public bool IsRefused => _refusal is not null;

    /// <summary>Whether nobody needs to know any more what became of it.</summary>
    public bool IsAnswered => Answered?.Invoke() == true;

    /// <summary>Whether another that could be taken for it has left since it came to rest.</summary>
    public bool HasEqual
    {
        get => Volatile.Read(ref _hasEqual);
        set => Volatile.Write(ref _hasEqual, value);
    }

    /// <summary>Whether nothing can come that the sender waits for.</summary>
    public bool IsOver => IsRefused || IsAnswered || HasAnswer?.Invoke() == true;

    /// <summary>Whether an answer is expected: what the kernel lets wait meanwhile is waited for too, by <see cref="Patience"/>.</summary>
    public bool IsQuestion => HasAnswer is not null || Answered is not null;

    private Func<bool>? HasAnswer { get; init; }

    private Func<bool>? Answered { get; init; }

    /// <summary>Sends a frame of a VM and follows it until nothing moves any more.</summary>
    /// <param name="sender">The VM.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="untilEnded">Whether to wait, too, for what the kernel keeps and lets go later by a timer of its own.</param>
    /// <param name="ct">Ends the waiting.</param>
    public static Task<Fate> SendAsync(FakeVm sender, Frame frame, bool untilEnded, CancellationToken ct) =>
        SendAsync(new SentFrame(sender.Name, sender, sender.Node, frame, FrameIdentity.Of(frame)), () => sender.Inject(frame.Bytes.Span), ct, untilEnded);

    /// <summary>Sends a frame by <paramref name="send"/> and follows it until nothing moves any more that concerns it.</summary>
    public static async Task<Fate> SendAsync(SentFrame sent, Action send, CancellationToken ct, bool untilEnded = false)
    {
        var frame = new FollowedFrame(sent, send, ct) { StillWaits = untilEnded ? seen => seen.CopiesOf(sent).Any(IsKept) : null };
        (var fate, var company) = await frame.FollowAsync().ConfigureAwait(false);
        await ExchangeFollower.ExplainWaitingAsync(fate!, company!, ct).ConfigureAwait(false);
        return fate!;
    }

    /// <summary>Conducts frames that leave together: observe, send, settle for all of them; build, explain, remember for each.</summary>
    public static async Task ConductAsync(IReadOnlyList<FollowedFrame> frames)
    {
        Observers? observers = null;
        try
        {
            observers = Observers.Observe(frames);
            frames[0].Untold.Leave(frames);
            Send(frames);
            var company = await observers.SettleAsync().ConfigureAwait(false);
            var held = observers.Held(frames, company);
            Conclude(frames.Except(held), company, observers);
            if (held.Count > 0)
            {
                _ = StayAsync(observers, held);
                observers = null;
            }
        }
#pragma warning disable CA1031 // Whatever it is, those who wait are told.
        catch (Exception e)
#pragma warning restore CA1031
        {
            Fail(frames, e);
        }
        finally
        {
            observers?.Dispose();
        }
    }

    // What a timer of the kernel's holds keeps nobody else from leaving.
    private static async Task StayAsync(Observers observers, List<FollowedFrame> held)
    {
        using (observers)
        {
            try
            {
                await observers.StayAsync(held, (over, company) => Conclude(over, company, observers)).ConfigureAwait(false);
            }
#pragma warning disable CA1031 // Whatever it is, those who wait are told.
            catch (Exception e)
#pragma warning restore CA1031
            {
                Fail(held, e);
            }
        }
    }

    private static void Conclude(IEnumerable<FollowedFrame> frames, Company? company, Observers observers)
    {
        var prepared = company?.ByKernel is { } kernel ? Task.Run(kernel.Prepare) : Task.CompletedTask;
        foreach (var frame in frames)
        {
            frame.Conclude(company, async seen =>
            {
                await prepared.ConfigureAwait(false);
                for (var looks = 1; ; looks++)
                {
                    var copies = seen.CopiesOf(frame.Sent); // build
                    copies = await frame.ExplainAsync(copies, seen).ConfigureAwait(false);
                    if (looks == MostLooks || await observers.LookAgainAsync(frame.Sent, seen).ConfigureAwait(false) is not { } more || frame.HasEqual)
                    {
                        return frame.Remember(copies, seen);
                    }

                    seen = more;
                }
            });
        }
    }

    private static void Fail(IReadOnlyList<FollowedFrame> frames, Exception e)
    {
        foreach (var frame in frames)
        {
            frame._outcome.TrySetException(e);
        }
    }

    // One that may take long goes alone. No fate: it is answered, or nothing more was seen of what was under way already.
    private Task<(Fate? Fate, Company? Company)> FollowAsync()
    {
        if (StillWaits is not null)
        {
            _ = ConductAsync([this]);
        }
        else
        {
            _lab.Live.Part(lab => new Convoy(lab)).Add(this);
        }

        return _outcome.Task.WaitAsync(Cancellation);
    }

    private static void Send(IReadOnlyList<FollowedFrame> frames)
    {
        foreach (var frame in frames)
        {
            try
            {
                frame._send?.Invoke();
            }
            catch (LinuxException e) when (frame.IsRefusal(e.Errno))
            {
                frame._refusal = e;
            }
#pragma warning disable CA1031 // It is told to the one who sends; the others go on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                frame._outcome.TrySetException(e);
            }
        }
    }

    // Each for itself, while the next may leave.
    private void Conclude(Company? company, Func<Company, Task<Fate>> conclude)
    {
        if (_outcome.Task.IsCompleted)
        {
            return;
        }

        if (company is null || IsAnswered || (_send is null && company.CopiesOf(Sent).Count == 0))
        {
            _outcome.TrySetResult((null, company));
            return;
        }

        var untold = Untold;
        untold.Add(this);
        _ = Task.Run(async () =>
        {
            try
            {
                _outcome.TrySetResult((await conclude(company).ConfigureAwait(false), company));
            }
#pragma warning disable CA1031 // Whatever it is, the one who waits is told.
            catch (Exception e)
#pragma warning restore CA1031
            {
                _outcome.TrySetException(e);
            }
            finally
            {
                untold.Remove(this);
            }
        });
    }

    private UntoldFrames Untold => _lab.Live.Part(_ => new UntoldFrames());

    private async Task<IReadOnlyList<FrameCopy>> ExplainAsync(IReadOnlyList<FrameCopy> copies, Company company)
    {
        if (company.Storms.Count > 0)
        {
            copies = FateExplainer.EndedBy(company.Storms[0], copies);
        }
        else
        {
            (copies, _inOvs) = await FateExplainer.ExplainAsync(Sent, copies, company.Rules, Cancellation).ConfigureAwait(false);
        }

        return copies.Count == 0 && FateExplainer.AtTheStart(Sent, _refusal?.Errno) is { } none ? [none] : copies;
    }

    private Fate Remember(IReadOnlyList<FrameCopy> copies, Company company)
    {
        var refusal = _refusal?.Errno == Errno.EIO ? $"tap {Sent.Sender?.Tap} is down, and the kernel refused the write (EIO)" : _refusal?.Message;
        // What a node's stack made of it is known when a device has seen it.
        var sent = Sent.Sender is null && copies.FirstOrDefault(c => c.Hops is [{ Frame: not null }, ..]) is { } seen
            ? Sent with { Frame = seen.Hops[0].Frame! } : Sent;
        return _lab.Live.Part(_ => new RecentFates())
            .Add(new Fate(sent, _at, _watch.Level, refusal, copies, company.Storms, company.LostOf(Sent)) { InOvs = _inOvs, Rules = company.Rules });
    }

    // What a sender may be told of its frame; anything else is a fault of the lab, or of the test.
    private bool IsRefusal(int errno) =>
        errno is Errno.EIO or Errno.ENETDOWN or Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.EPERM or Errno.EACCES
            or Errno.EINVAL
        || (errno is Errno.EMSGSIZE or Errno.EADDRNOTAVAIL && Sent.Sender is null);

    /// <summary>Whether no end of a copy was seen, and nobody has it: it waits in the kernel.</summary>
    public static bool IsKept(FrameCopy copy) => copy is { Skb.End: SkbEnd.Open, Vm: null };
}
