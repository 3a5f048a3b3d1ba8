using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>Receiving: the reactor reads the tap, the guest's habits answer, everything goes to the inbox, or to a stream while one is open.</summary>
public sealed partial class FakeVm
{
    private const int MostAtOnce = 4_000;
    private readonly Lock _readGate = new();
    private readonly byte[] _readBuffer = new byte[FrameStore.LongestFrame];
    private IReactorRegistration? _reading;
    private FrameStream? _stream;

    internal Inbox Inbox { get; } = new();

    /// <summary>How many frames were read from the tap, by whomever.</summary>
    internal long FramesRead { get; private set; }

    /// <summary>
    /// The frames that the VM has received, oldest first, also those that its habits answered. Of more than <see cref="Inbox.Most"/> the older half is
    /// forgotten; many frames are for <see cref="OpenStream"/>.
    /// </summary>
    public IReadOnlyList<ReceivedFrame> Received => Inbox.All;

    /// <summary>
    /// Takes the first frame that was not taken yet and fits; waits for it where none is there. It waits as long as
    /// <see cref="LabOptions.Patience"/>, because the sender may be a process of its own.
    /// </summary>
    /// <param name="wanted">What the frame must be; null takes any. It is asked about every frame that comes, on another thread: it only looks.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ForwardingException">Nothing that fits came; the message lists what did come. Or the condition threw;
    /// the message names the frame.</exception>
    public async Task<Frame> ReceiveAsync(Func<Frame, bool>? wanted = null, CancellationToken ct = default)
    {
        Node.Lab.RequireApplied();
        var patience = new Patience(Node.Lab);
        try
        {
            var received = await patience.WaitAsync(over => Inbox.Take(wanted is null ? _ => true : f => Meets(wanted, f), over), ct).ConfigureAwait(false);
            return received.Frame;
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new ForwardingException(
                $"VM {Name} expected a frame and none that fits came within {patience.Words}" +
                    $"{(_stream is null ? "" : "; its open stream takes them")}.{Environment.NewLine}{Listing("It did receive", Inbox.All)}");
        }
    }

    /// <summary>
    /// Asserts that nothing came but what was taken by <see cref="ReceiveAsync"/> and what the guest's habits answered. Decided by a
    /// barrier: everything that is under way inside the kernel has arrived before it looks.
    /// </summary>
    /// <exception cref="ForwardingException">Something else came; the message lists it.</exception>
    public async Task ShouldReceiveNothingElseAsync(CancellationToken ct = default)
    {
        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
        var rest = Inbox.Untaken();
        if (rest.Count > 0)
        {
            throw new ForwardingException($"VM {Name} was to receive nothing else.{Environment.NewLine}{Listing("It received", rest)}");
        }
    }

    /// <summary>Forgets what was received so far.</summary>
    public void ForgetReceived() => Inbox.Clear();

    /// <summary>
    /// Opens the VM's network card for many frames: raw bytes in and out, at the speed of the kernel, without an object a frame. Until the stream is disposed
    /// the frames go to it, and none to <see cref="Received"/> and <see cref="ReceiveAsync"/>. The guest's habits answer as ever.
    /// </summary>
    /// <exception cref="InvalidOperationException">The VM has an open stream.</exception>
    public FrameStream OpenStream()
    {
        Node.Lab.RequireApplied();
        lock (_readGate)
        {
            return _stream = _stream is null
                ? new FrameStream(this, _readGate)
                : throw new InvalidOperationException($"VM {Name} has an open stream, and its frames can go to one alone; dispose that one first.");
        }
    }

    internal void StartReading()
    {
        lock (_readGate)
        {
            Inbox.Restart();
            _reading ??= Reactor.Shared.OnReadable(Tap.LiveTap.Handle, ReadAll, ReadingFailed);
        }
    }

    internal void StopReading()
    {
        IReactorRegistration? last;
        lock (_readGate)
        {
            (last, _reading) = (_reading, null);
            _stream?.TapCloses();
        }

        // Outside the gate: this waits for the callback, which takes it.
        last?.Dispose();
    }

    /// <summary>Reads what waits in the tap, for a barrier: the reactor does not look at the tap of a stream that somebody reads.</summary>
    internal void ReadNow()
    {
        lock (_readGate)
        {
            _stream?.ReadAhead();
        }
    }

    // The rest is called by the stream, which holds the gate.
    internal void PauseReactor() => _reading?.Pause();

    internal void ResumeReactor() => _reading?.Resume();

    /// <summary>Reads a frame for the stream; a frame that the habits took is none for it.</summary>
    internal bool TryRead(FrameStore store)
    {
        while (_reading is not null && store.HasRoom && Tap.LiveTap.TryRead(store.Room, out var length))
        {
            FramesRead++;
            ReadOnlySpan<byte> frame = store.Room[..length];
            if (!MayBeHabit(frame) || !Answer(Frame.FromBytes(frame)))
            {
                store.Add(length);
                return true;
            }
        }

        return false;
    }

    /// <summary>The stream has ended; what it had not handed out is received in the ordinary way.</summary>
    internal void CloseStream(ReadOnlySpan<FrameStore> rest)
    {
        foreach (var store in rest)
        {
            while (store.TryTake(out var frame))
            {
                Inbox.Add(Frame.FromBytes(frame.Span), byHabit: false);
            }
        }

        _stream = null;
        _reading?.Resume();
    }

    private bool Meets(Func<Frame, bool> wanted, Frame frame)
    {
        try
        {
            return wanted(frame);
        }
#pragma warning disable CA1031 // Whatever the condition throws belongs to whoever receives.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            throw new ForwardingException(
                $"VM {Name}: the condition of a receive threw {exception.GetType().Name} ({exception.Message}) on this " +
                    $"frame:{Environment.NewLine}    {frame}{Environment.NewLine}" +
                "A condition sees every frame that comes, ARP and neighbour discovery too: f => f.Udp is { } udp && udp.DestinationPort == 53",
                inner: exception);
        }
    }

    private static string Listing(string what, IReadOnlyList<ReceivedFrame> frames) =>
        frames.Count == 0
            ? $"  {what}: nothing."
            : $"  {what}:{Environment.NewLine}" + string.Join(Environment.NewLine, frames.TakeLast(20).Select(f => $"    {f.Frame}"));

    // On the reactor's thread. Whoever waits for a frame is told why none comes.
    private void ReadingFailed(Exception failure)
    {
        lock (_readGate)
        {
            _reading = null;
            _stream?.TapFailed(failure);
        }

        Inbox.Fail(failure);
    }

    // On the reactor's thread alone. A tap holds a thousand frames; in a storm there is always one more, and others wait too.
    private void ReadAll()
    {
        lock (_readGate)
        {
            if (_stream is not null)
            {
                _stream.TapIsReadable();
                return;
            }

            for (var n = 0; n < MostAtOnce && _reading is not null && Tap.LiveTap.TryRead(_readBuffer, out var length); n++)
            {
                FramesRead++;
                var frame = Frame.FromBytes(_readBuffer.AsSpan(0, length));
                Inbox.Add(frame, Answer(frame));
            }
        }
    }
}
