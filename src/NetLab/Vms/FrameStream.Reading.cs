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
    private static readonly TimeSpan ReaderIsAway = TimeSpan.FromMilliseconds(10);

    private readonly Lock _gate;
    private readonly Timer _timer;
    private readonly Waiter _waiter = new();

    // The receiver takes out of the front; who reads ahead puts into the back.
    private FrameStore _front = new();
    private FrameStore _back = new();
    private bool _reactorIsPaused;
    private bool _timerRuns;
    private bool _isClosed;
    private long _readsByReceiver;
    private long _readsAtLastLook;
    private long _waitingSince;
    private Patience? _patience; // of a wait that is no short one

    /// <summary>The reactor's callback.</summary>
    internal void TapIsReadable()
    {
        ReadAhead();
        if (!_back.HasRoom)
        {
            PauseReactor();
        }
    }

    /// <summary>Reads what is in the tap, as far as there is room, and wakes who waits for it.</summary>
    internal void ReadAhead()
    {
        while (Vm.TryRead(_back))
        {
        }

        if (_back.Count > 0)
        {
            _waiter.Succeed();
        }
    }

    /// <summary>The tap's owner closes it: with the lab, or as a cable is pulled.</summary>
    internal void TapCloses()
    {
        _reactorIsPaused = false;
        if (Vm.Node.Lab.Live.IsDisposed)
        {
            End();
        }
    }

    /// <summary>The tap cannot be read: who waits is told why.</summary>
    internal void TapFailed(Exception failure) => _waiter.Fail(failure);

    private void End()
    {
        _isClosed = true;
        _waiter.Fail(Closed());
    }

    // Sees to it that the front has a frame; the front's frames of before are over.
    private bool TryAdvance(int most)
    {
        ThrowIfNotReady();
        _readsByReceiver++;
        if (_front.Taken < _front.Count)
        {
            return true;
        }

        _front.Clear();
        if (_back.Count > 0)
        {
            (_front, _back) = (_back, _front);
            if (_reactorIsPaused)
            {
                StartTimer(ReaderIsAway);
            }

            return true;
        }

        while (_front.Count < most && Vm.TryRead(_front))
        {
        }

        if (_front.Count == 0)
        {
            return false;
        }

        PauseReactor();
        return true;
    }

    private short StartWaiting(CancellationToken ct)
    {
        if (_reactorIsPaused)
        {
            _reactorIsPaused = false;
            Vm.ResumeReactor();
        }

        (_waitingSince, _patience) = (Stopwatch.GetTimestamp(), null);
        StartTimer(Vm.Node.Lab.Options.Patience is var most && most < Patience.Moment ? most : Patience.Moment);
        return _waiter.Start(this, ct);
    }

    private void PauseReactor()
    {
        if (!_reactorIsPaused)
        {
            _reactorIsPaused = true;
            Vm.PauseReactor();
        }

        StartTimer(ReaderIsAway);
    }

    private void StartTimer(TimeSpan due)
    {
        if (!_timerRuns)
        {
            _timerRuns = true;
            _timer.Change(due, Timeout.InfiniteTimeSpan);
        }
    }

    // One timer for two things that exclude each other: a reader who reads himself, and one who waits.
    private void OnTimer()
    {
        lock (_gate)
        {
            _timerRuns = false;
            if (_isClosed)
            {
                return;
            }

            if (_waiter.IsWaiting)
            {
                _patience ??= new Patience(Vm.Node.Lab, since: _waitingSince);
                if (!_patience.IsOver)
                {
                    StartTimer(_patience.NextLook);
                }
                else
                {
                    _waiter.Fail(new ForwardingException(
                        $"The stream of VM {Vm.Name} expected a frame and none came within {_patience.Words}. It received {Received} before."));
                }
            }
            else if (_reactorIsPaused)
            {
                var isAway = _readsByReceiver == _readsAtLastLook;
                _readsAtLastLook = _readsByReceiver;
                if (!isAway)
                {
                    StartTimer(ReaderIsAway);
                }
                else if (_back.HasRoom)
                {
                    _reactorIsPaused = false;
                    Vm.ResumeReactor();
                }
            }
        }
    }

    private void ThrowIfNotReady()
    {
        if (_isClosed)
        {
            throw Closed();
        }

        if (_waiter.IsWaiting)
        {
            throw new InvalidOperationException($"A receive of VM {Vm.Name}'s stream is waiting; the next one can begin when it has ended.");
        }
    }

    private ObjectDisposedException Closed() =>
        new(nameof(FrameStream), $"The stream of VM {Vm.Name} has ended: {(Vm.Node.Lab.Live.IsDisposed ? "its lab was removed" : "it was disposed")}.");

    /// <summary>What an awaited receive waits on, used again for each. Its state changes under the gate; what it completes runs on the pool.</summary>
    private sealed class Waiter : IValueTaskSource<FrameBatch>, IValueTaskSource<ReadOnlyMemory<byte>>
    {
        private ManualResetValueTaskSourceCore<bool> _core = new() { RunContinuationsAsynchronously = true };
        private CancellationTokenRegistration _cancellation;
        private FrameStream? _owner;

        public bool IsWaiting { get; private set; }

        public short Start(FrameStream stream, CancellationToken ct)
        {
            _owner = stream;
            _core.Reset();
            _ = _cancellation.Unregister();
            IsWaiting = true;
            _cancellation = ct.UnsafeRegister(static (waiter, ct) => ((Waiter)waiter!).Cancel(ct), this);
            return _core.Version;
        }

        public void Succeed()
        {
            if (IsWaiting)
            {
                IsWaiting = false;
                _core.SetResult(true);
            }
        }

        public void Fail(Exception why)
        {
            if (IsWaiting)
            {
                IsWaiting = false;
                _core.SetException(why);
            }
        }

        public ValueTaskSourceStatus GetStatus(short token) => _core.GetStatus(token);

        public void OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
            _core.OnCompleted(continuation, state, token, flags);

        FrameBatch IValueTaskSource<FrameBatch>.GetResult(short token)
        {
            lock (Completed(token))
            {
                return _owner!.TryAdvance(FrameStore.Most) ? _owner.TakeBatch() : throw _owner.Closed();
            }
        }

        ReadOnlyMemory<byte> IValueTaskSource<ReadOnlyMemory<byte>>.GetResult(short token)
        {
            lock (Completed(token))
            {
                return _owner!.TryAdvance(1) ? _owner.TakeOne() : throw _owner.Closed();
            }
        }

        // The registration is undone outside the gate, which the cancellation takes.
        private Lock Completed(short token)
        {
            _cancellation.Dispose();
            _ = _core.GetResult(token);
            return _owner!._gate;
        }

        private void Cancel(CancellationToken ct)
        {
            lock (_owner!._gate)
            {
                Fail(new OperationCanceledException(ct));
            }
        }
    }
}
