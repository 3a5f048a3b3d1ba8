using System.Diagnostics;
using System.Threading.Tasks.Sources;

namespace NetLab;

/// <summary>
/// Who reads the tap. Whoever receives does it himself, and while he finds frames there the reactor does not look: it would wake up for
/// the same frames, and the wake-up costs the sender as much as the frame. Where nothing is there the reactor waits. When a reader
/// stays away for a while the reactor takes over again and reads ahead, so that the guest's habits answer. The kernel's own busy polling
/// goes the same way (Documentation/networking/napi.rst, "IRQ suspension"). Everything here happens under the VM's gate.
/// </summary>
public sealed partial class FrameStream
{
    private static readonly TimeSpan s_readerIsAway = TimeSpan.FromMilliseconds(10);

    private readonly Lock gate;
    private readonly Timer timer;
    private readonly Waiter waiter = new();

    // The receiver takes out of the front; who reads ahead puts into the back.
    private FrameStore front = new();
    private FrameStore back = new();
    private bool reactorIsPaused;
    private bool timerRuns;
    private bool isClosed;
    private long readsByReceiver;
    private long readsAtLastLook;
    private long waitingSince;

    /// <summary>The reactor's callback.</summary>
    internal void TapIsReadable()
    {
        ReadAhead();
        if (!back.HasRoom)
        {
            PauseReactor();
        }
    }

    /// <summary>Reads what is in the tap, as far as there is room, and wakes who waits for it.</summary>
    internal void ReadAhead()
    {
        while (Vm.TryRead(back))
        {
        }

        if (back.Count > 0)
        {
            waiter.Succeed();
        }
    }

    /// <summary>The tap's owner closes it: with the lab, or as a cable is pulled.</summary>
    internal void TapCloses()
    {
        reactorIsPaused = false;
        if (Vm.Node.Lab.IsDisposed)
        {
            End();
        }
    }

    private void End()
    {
        isClosed = true;
        waiter.Fail(Closed());
    }

    // Sees to it that the front has a frame; the front's frames of before are over.
    private bool TryAdvance(int most)
    {
        ThrowIfNotReady();
        readsByReceiver++;
        if (front.Taken < front.Count)
        {
            return true;
        }

        front.Clear();
        if (back.Count > 0)
        {
            (front, back) = (back, front);
            if (reactorIsPaused)
            {
                StartTimer(s_readerIsAway);
            }

            return true;
        }

        while (front.Count < most && Vm.TryRead(front))
        {
        }

        if (front.Count == 0)
        {
            return false;
        }

        PauseReactor();
        return true;
    }

    private short StartWaiting(CancellationToken ct)
    {
        if (reactorIsPaused)
        {
            reactorIsPaused = false;
            Vm.ResumeReactor();
        }

        waitingSince = Stopwatch.GetTimestamp();
        StartTimer(Vm.Node.Lab.Options.Patience);
        return waiter.Start(this, ct);
    }

    private void PauseReactor()
    {
        if (!reactorIsPaused)
        {
            reactorIsPaused = true;
            Vm.PauseReactor();
        }

        StartTimer(s_readerIsAway);
    }

    private void StartTimer(TimeSpan due)
    {
        if (!timerRuns)
        {
            timerRuns = true;
            timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    // One timer for two things that exclude each other: a reader who reads himself, and one who waits.
    private void OnTimer()
    {
        lock (gate)
        {
            timerRuns = false;
            if (isClosed)
            {
                return;
            }

            if (waiter.IsWaiting)
            {
                TimeSpan rest = Vm.Node.Lab.Options.Patience - Stopwatch.GetElapsedTime(waitingSince);
                if (rest > TimeSpan.Zero)
                {
                    StartTimer(rest + TimeSpan.FromMilliseconds(1));
                }
                else
                {
                    waiter.Fail(new ForwardingException(
                        $"The stream of VM {Vm.Name} expected a frame and none came within {Vm.Node.Lab.Options.Patience.TotalSeconds:0.###} s. It received {Received} before."));
                }
            }
            else if (reactorIsPaused)
            {
                bool isAway = readsByReceiver == readsAtLastLook;
                readsAtLastLook = readsByReceiver;
                if (!isAway)
                {
                    StartTimer(s_readerIsAway);
                }
                else if (back.HasRoom)
                {
                    reactorIsPaused = false;
                    Vm.ResumeReactor();
                }
            }
        }
    }

    private void ThrowIfNotReady()
    {
        if (isClosed)
        {
            throw Closed();
        }

        if (waiter.IsWaiting)
        {
            throw new InvalidOperationException($"A receive of VM {Vm.Name}'s stream is waiting; the next one can begin when it has ended.");
        }
    }

    private ObjectDisposedException Closed() =>
        new(nameof(FrameStream), $"The stream of VM {Vm.Name} has ended: {(Vm.Node.Lab.IsDisposed ? "its lab was removed" : "it was disposed")}.");

    /// <summary>What an awaited receive waits on, used again for each. Its state changes under the gate; what it completes runs on the pool.</summary>
    private sealed class Waiter : IValueTaskSource<FrameBatch>, IValueTaskSource<ReadOnlyMemory<byte>>
    {
        private ManualResetValueTaskSourceCore<bool> core = new() { RunContinuationsAsynchronously = true };
        private CancellationTokenRegistration cancellation;
        private FrameStream? owner;

        public bool IsWaiting { get; private set; }

        public short Start(FrameStream stream, CancellationToken ct)
        {
            owner = stream;
            core.Reset();
            _ = cancellation.Unregister();
            IsWaiting = true;
            cancellation = ct.UnsafeRegister(static (waiter, token) => ((Waiter)waiter!).Cancel(token), this);
            return core.Version;
        }

        public void Succeed()
        {
            if (IsWaiting)
            {
                IsWaiting = false;
                core.SetResult(true);
            }
        }

        public void Fail(Exception why)
        {
            if (IsWaiting)
            {
                IsWaiting = false;
                core.SetException(why);
            }
        }

        public ValueTaskSourceStatus GetStatus(short token) => core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            core.OnCompleted(continuation, state, token, flags);

        FrameBatch IValueTaskSource<FrameBatch>.GetResult(short token)
        {
            lock (Completed(token))
            {
                return owner!.TryAdvance(FrameStore.Most) ? owner.TakeBatch() : throw owner.Closed();
            }
        }

        ReadOnlyMemory<byte> IValueTaskSource<ReadOnlyMemory<byte>>.GetResult(short token)
        {
            lock (Completed(token))
            {
                return owner!.TryAdvance(1) ? owner.TakeOne() : throw owner.Closed();
            }
        }

        // The registration is undone outside the gate, which the cancellation takes.
        private Lock Completed(short token)
        {
            cancellation.Dispose();
            _ = core.GetResult(token);
            return owner!.gate;
        }

        private void Cancel(CancellationToken ct)
        {
            lock (owner!.gate)
            {
                Fail(new OperationCanceledException(ct));
            }
        }
    }
}
