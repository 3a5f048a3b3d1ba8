using System.Diagnostics;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What a fake VM received, and who waits for it. The reactor's thread puts in, any thread takes out; the lock is held
/// for list work alone. It keeps a bounded number of frames: a storm must not fill the memory.
/// </summary>
internal sealed class Inbox
{
    /// <summary>How many frames it keeps; with one more the older half is forgotten.</summary>
    public const int Most = 200_000;

    private readonly Lock _gate = new();
    private readonly List<ReceivedFrame> _frames = [];
    private readonly List<(Func<Frame, bool> Wanted, TaskCompletionSource<ReceivedFrame> Done)> _waiting = [];

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
        TaskCompletionSource<ReceivedFrame>? done = null;
        lock (_gate)
        {
            if (_frames.Count == Most)
            {
                _frames.RemoveRange(0, Most / 2);
            }

            _frames.Add(received);
            for (int i = 0; i < _waiting.Count; i++)
            {
                if (_waiting[i].Wanted(frame))
                {
                    done = _waiting[i].Done;
                    _waiting.RemoveAt(i);
                    received.IsTaken = true;
                    break;
                }
            }
        }

        done?.TrySetResult(received);
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

            done = new(TaskCreationOptions.RunContinuationsAsynchronously);
            _waiting.Add((wanted, done));
        }

        if (ct.CanBeCanceled)
        {
            CancellationTokenRegistration registration = ct.Register(() =>
            {
                lock (_gate)
                {
                    _waiting.RemoveAll(w => ReferenceEquals(w.Done, done));
                }

                done.TrySetCanceled(ct);
            });
            _ = done.Task.ContinueWith(_ => registration.Dispose(), CancellationToken.None, TaskContinuationOptions.ExecuteSynchronously, TaskScheduler.Default);
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
}
