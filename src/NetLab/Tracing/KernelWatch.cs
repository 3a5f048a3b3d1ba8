using System.Text;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What the kernel's tracepoints tell of the frames in one lab's nodes. Records are kept only while somebody follows a frame. Owns the
/// registration of the lab's namespaces, which must end before they go: the kernel uses their numbers again.
/// </summary>
internal sealed class KernelWatch : IFrameWatch
{
    private const int Most = 200_000;

    private readonly SharedTracer _tracer;
    // Taken while the tracer hands out records, under its own lock: whoever holds this one must not ask the tracer.
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Node> _namespaces = [];
    private readonly List<TraceEvent> _events = [];
    private int _recordings;
    private readonly Queue<TraceEvent> _last = new(); // also when no more is kept: what goes round now

    private KernelWatch(SharedTracer tracer) => _tracer = tracer;

    /// <summary>A watch, or null where the lab is not to use the tracepoints or cannot.</summary>
    /// <param name="tracing">What the lab wants.</param>
    /// <param name="why">Why there is none.</param>
    /// <exception cref="PlatformNotSupportedException">The lab wants them, and the kernel refuses.</exception>
    public static KernelWatch? For(FrameTracing tracing, out string why)
    {
        if (tracing == FrameTracing.PacketSockets)
        {
            why = "as LabOptions.Tracing says; the kernel's reasons are not asked for";
            return null;
        }

        SharedTracer? tracer = SharedTracer.Get(out why);
        if (tracer is null && tracing == FrameTracing.Kernel)
        {
            throw new PlatformNotSupportedException(
                $"The lab is to follow frames by the kernel's tracepoints, but the kernel does not let this process: {why}. Run with CAP_BPF and CAP_PERFMON, or set LabOptions.Tracing to Auto.");
        }

        why = $"the kernel does not tell this process its reasons: {why}";
        return tracer is null ? null : new KernelWatch(tracer);
    }

    public string Level => _tracer.Level;

    public long Count { get; private set; }

    public void AddNodes(IEnumerable<Node> nodes)
    {
        foreach (Node node in nodes)
        {
            ulong inode = node.State.Namespace.Inode;
            bool isNew;
            lock (_gate)
            {
                isNew = _namespaces.TryAdd(inode, node);
            }

            if (isNew)
            {
                _tracer.Add(inode, this);
            }
        }
    }

    public void Drain() => _tracer.Drain();

    public IObservation Observe()
    {
        _tracer.Drain();
        long lost = _tracer.Lost;
        lock (_gate)
        {
            _recordings++;
            return new Recording(this, _events.Count, lost);
        }
    }

    /// <summary>Called by the tracer, for a record of one of the lab's namespaces.</summary>
    public void Take(in TraceRecord record)
    {
        lock (_gate)
        {
            Count += record.Kind is TraceEventKind.NetifReceiveSkb or TraceEventKind.NetDevStartXmit ? 1 : 0;
            if (_recordings == 0)
            {
                return;
            }

            TraceEvent e = record.ToEvent();
            if (_events.Count < Most)
            {
                _events.Add(e);
            }

            _last.Enqueue(e);
            if (_last.Count > FrameLoop.Window)
            {
                _last.Dequeue();
            }
        }
    }

    public FrameLoop? FindLoop(IReadOnlyCollection<Device> closed)
    {
        lock (_gate)
        {
            return FrameLoop.Find(closed, [.. _last.Where(e => e.Kind is TraceEventKind.NetifReceiveSkb or TraceEventKind.NetDevStartXmit)
                .Select(e => (_namespaces.GetValueOrDefault(e.Namespace)?.FindDevice(e.DeviceName), e.Kind is TraceEventKind.NetifReceiveSkb ? HopDirection.In : HopDirection.Out, e.Timestamp, e.Bytes))]);
        }
    }

    public void ForgetLast()
    {
        lock (_gate)
        {
            _last.Clear();
        }
    }

    public string Busiest()
    {
        lock (_gate)
        {
            var text = new StringBuilder("  Seen most often:");
            foreach (var group in _events.Where(e => e.Kind is TraceEventKind.NetifReceiveSkb).GroupBy(e => (e.Namespace, e.DeviceName)).OrderByDescending(g => g.Count()).Take(10))
            {
                string node = _namespaces.GetValueOrDefault(group.Key.Namespace)?.Name ?? "?";
                text.AppendLine().Append($"    {node}/{group.Key.DeviceName}: {group.Count()} times, for example {Frame.FromBytes(group.Last().Bytes.Span)}");
            }

            return text.ToString();
        }
    }

    public void Dispose()
    {
        ulong[] namespaces;
        lock (_gate)
        {
            namespaces = [.. _namespaces.Keys];
            _namespaces.Clear();
        }

        foreach (ulong inode in namespaces)
        {
            _tracer.Remove(inode);
        }
    }

    private sealed class Recording(KernelWatch watch, int from, long lost) : IObservation
    {
        public Observed Take(SentFrame sent)
        {
            watch._tracer.Drain();
            List<TraceEvent> events;
            long missing = watch._tracer.Lost - lost;
            lock (watch._gate)
            {
                events = watch._events.GetRange(from, watch._events.Count - from);
                missing += watch._events.Count >= Most ? 1 : 0;
            }

            return new Observed(TraceFateBuilder.Build(sent, events), missing);
        }

        public void Dispose()
        {
            lock (watch._gate)
            {
                if (--watch._recordings == 0)
                {
                    watch._events.Clear();
                    watch._last.Clear();
                }
            }
        }
    }
}
