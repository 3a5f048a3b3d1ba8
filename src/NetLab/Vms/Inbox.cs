using System.Diagnostics;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What a fake VM received, and who waits for it. The reactor's thread puts in, any thread takes out; the lock is held
/// for list work and for the conditions of those who wait. It keeps a bounded number of frames: a storm must not fill the memory.
/// </summary>
/// <remarks>A condition is a test's own code: where it throws, the one who waits is told, and nobody else notices.</remarks>
internal sealed class Inbox
{
    /// <summary>How many frames it keeps; with one more the older half is forgotten.</summary>
    public const int Most = 200_000;

    private readonly Lock _gate = new();
    private readonly List<ReceivedFrame> _frames = [];
    private readonly List<(Func<Frame, bool> Wanted, TaskCompletionSource<ReceivedFrame> Done)> _waiting = [];
    private Exception? _failure;

    public IReadOnlyList<ReceivedFrame> All
    {
        get
        {
            lock (_gate)
            {
                return [.. _frames];
            }
        }
    }

    public void Add(Frame frame, bool byHabit)
    {
        var received = new ReceivedFrame(frame, Stopwatch.GetTimestamp(), byHabit);
        lock (_gate)
        {
            if (_frames.Count == Most)
            {
                _frames.RemoveRange(0, Most / 2);
            }

            _frames.Add(received);

            // A copy: a condition may itself begin a wait, or end one.
            foreach (var waiter in _waiting.Count == 0 ? [] : _waiting.ToArray())
            {
                if (IsServed(waiter.Wanted, waiter.Done, received))
                {
                    _waiting.Remove(waiter);
                }
            }
        }
    }

    /// <summary>Nothing comes any more: the tap cannot be read. Who waits is told, and who asks later, until <see cref="Restart"/>.</summary>
    public void Fail(Exception failure)
    {
        lock (_gate)
        {
            _failure = failure;
            _waiting.ForEach(w => w.Done.TrySetException(failure));
            _waiting.Clear();
        }
    }

    /// <summary>Frames come again.</summary>
    public void Restart()
    {
        lock (_gate)
        {
            _failure = null;
        }
    }

    /// <summary>Takes the first frame that nobody has taken and that is wanted: one that is here, or the next that comes.</summary>
    public Task<ReceivedFrame> Take(Func<Frame, bool> wanted, CancellationToken ct)
    {
        TaskCompletionSource<ReceivedFrame> done;
        lock (_gate)
        {
            if (_frames.Find(f => !f.IsTaken && wanted(f.Frame)) is { } here)
            {
                here.IsTaken = true;
                return Task.FromResult(here);
            }

            if (_failure is not null)
            {
                return Task.FromException<ReceivedFrame>(_failure);
            }

            done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((wanted, done));
        }

        if (ct.CanBeCanceled)
        {
            var registration = ct.Register(() =>
            {
                lock (_gate)
                {
                    _waiting.RemoveAll(w => ReferenceEquals(w.Done, done));
                }

                done.TrySetCanceled(ct);
            });
            _ = done.Task.ContinueWith(_ => registration.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously,
                TaskScheduler.Default);
        }

        return done.Task;
    }

    public IReadOnlyList<ReceivedFrame> Untaken()
    {
        lock (_gate)
        {
            return _frames.FindAll(f => !f.IsTaken && !f.ByHabit);
        }
    }

    public void Clear()
    {
        lock (_gate)
        {
            _frames.Clear();
        }
    }

    // Whether that is the end of the wait: with the frame, or with what the condition threw.
    private static bool IsServed(Func<Frame, bool> wanted, TaskCompletionSource<ReceivedFrame> done, ReceivedFrame received)
    {
        try
        {
            if (received.IsTaken || done.Task.IsCompleted || !wanted(received.Frame))
            {
                return false;
            }
        }
#pragma warning disable CA1031 // Whatever the condition throws belongs to whoever awaits.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            _ = done.TrySetException(exception);
            return true;
        }

        received.IsTaken = true;
        _ = done.TrySetResult(received);
        return true;
    }
}
