using NetLab.Linux.Bpf;

namespace NetLab;

/// <summary>
/// What the kernel's tracepoints tell of the frames in one lab's nodes. Records are kept only while somebody follows a frame. Owns the
/// registration of the lab's namespaces, which must end before they go: the kernel uses their numbers again.
/// </summary>
internal sealed class KernelWatch : IDisposable
{
    private const int Most = 200_000;

    private readonly SharedTracer _tracer;
    private readonly Lock _gate = new();
    private readonly HashSet<ulong> _namespaces = [];
    private readonly List<TraceEvent> _events = [];
    private int _recordings;

    private KernelWatch(SharedTracer tracer) => _tracer = tracer;

    /// <summary>A watch, or null where the lab is not to use the tracepoints or cannot.</summary>
    /// <exception cref="PlatformNotSupportedException">The lab wants them, and the kernel refuses.</exception>
    public static KernelWatch? For(FrameTracing tracing)
    {
        if (tracing == FrameTracing.PacketSockets)
        {
            return null;
        }

        SharedTracer? tracer = SharedTracer.Get(out string why);
        return tracer is not null ? new KernelWatch(tracer)
            : tracing == FrameTracing.Auto ? null
            : throw new PlatformNotSupportedException(
                $"The lab is to follow frames by the kernel's tracepoints, but the kernel does not let this process: {why}. Run with CAP_BPF and CAP_PERFMON, or set LabOptions.Tracing to Auto.");
    }

    public void AddNodes(IEnumerable<Node> nodes)
    {
        foreach (Node node in nodes)
        {
            ulong inode = node.State.Namespace.Inode;
            bool isNew;
            lock (_gate)
            {
                isNew = _namespaces.Add(inode);
            }

            if (isNew)
            {
                _tracer.Add(inode, this);
            }
        }
    }

    /// <summary>Keeps what happens from now on, until the recording is disposed.</summary>
    public Recording Record()
    {
        _tracer.Drain();
        lock (_gate)
        {
            _recordings++;
            return new Recording(this, _events.Count, _tracer.Lost);
        }
    }

    /// <summary>Called by the tracer, for a record of one of the lab's namespaces.</summary>
    public void Take(in TraceRecord record)
    {
        lock (_gate)
        {
            if (_recordings > 0 && _events.Count < Most)
            {
                _events.Add(record.ToEvent());
            }
        }
    }

    public void Dispose()
    {
        ulong[] namespaces;
        lock (_gate)
        {
            namespaces = [.. _namespaces];
            _namespaces.Clear();
        }

        foreach (ulong inode in namespaces)
        {
            _tracer.Remove(inode);
        }
    }

    /// <summary>What happened since a frame was about to be sent.</summary>
    internal sealed class Recording(KernelWatch watch, int from, long lost) : IDisposable
    {
        /// <summary>All of it, and how many records had no room.</summary>
        public KernelAccount Take()
        {
            watch._tracer.Drain();
            lock (watch._gate)
            {
                return new KernelAccount(watch._events.GetRange(from, watch._events.Count - from), watch._tracer.Lost - lost + (watch._events.Count >= Most ? 1 : 0));
            }
        }

        public void Dispose()
        {
            lock (watch._gate)
            {
                if (--watch._recordings == 0)
                {
                    watch._events.Clear();
                }
            }
        }
    }
}

/// <summary>What the kernel told while a frame was under way.</summary>
/// <param name="Events">In the order of their reading.</param>
/// <param name="Lost">How many more there were, for which there was no room.</param>
internal sealed record KernelAccount(IReadOnlyList<TraceEvent> Events, long Lost);
