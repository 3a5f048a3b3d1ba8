using System.Text;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What the kernel's tracepoints tell of the frames in one lab's nodes. Records are kept only while somebody follows a frame, as bytes: a
/// flood must not stop the reader of the ring that all labs share. Owns the registration of the lab's namespaces, which must end before
/// they go: the kernel uses their numbers again.
/// </summary>
internal sealed class KernelWatch : IFrameWatch, ITraceReader
{
    private const int MostChunks = 192; // 48 MiB: some 200,000 records
    private const int LastChunks = 12; // at least two windows of the search for a loop

    private readonly SharedTracer _tracer;
    // Taken while the tracer hands out records, under its own lock: whoever holds this one must not ask the tracer.
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Node> _namespaces = [];
    private TraceLog _kept = new(MostChunks);
    private readonly TraceLog _last = new(LastChunks, dropsOldest: true); // arrivals and departures, also when no more is kept: what goes round now
    private int _recordings;
    private bool _isFull;
    private long _refused; // records that came when it was full
    private (long OfAll, long Here) _lost;

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

        var tracer = SharedTracer.Get(out why);
        if (tracer is null && tracing == FrameTracing.Kernel)
        {
            throw new PlatformNotSupportedException(
                $"The lab is to follow frames by the kernel's tracepoints, but the kernel does not let this " +
                    $"process: {why}. Run with CAP_BPF and CAP_PERFMON, or set LabOptions.Tracing to Auto.");
        }

        why = $"the kernel does not tell this process its reasons: {why}";
        return tracer is null ? null : new KernelWatch(tracer);
    }

    public string Level => _tracer.Level;

    public long Count { get; private set; }

    public void AddNodes(IEnumerable<Node> nodes)
    {
        foreach (var node in nodes)
        {
            var inode = node.Live.Namespace.Inode;
            bool isKnown;
            lock (_gate)
            {
                isKnown = _namespaces.ContainsKey(inode);
            }

            if (!isKnown)
            {
                _tracer.Add(inode, this);
                lock (_gate)
                {
                    _namespaces.Add(inode, node);
                }
            }
        }
    }

    public void Forget(Node node)
    {
        ulong[] old;
        lock (_gate)
        {
            old = [.. _namespaces.Where(n => n.Value == node).Select(n => n.Key)];
            Array.ForEach(old, inode => _namespaces.Remove(inode));
        }

        Array.ForEach(old, _tracer.Remove);
    }

    public void Drain() => _tracer.Drain();

    public IObservation Observe()
    {
        _tracer.Drain();
        var lost = Lost();
        lock (_gate)
        {
            _recordings++;
            return new Recording(this, _kept.Position, lost);
        }
    }

    /// <summary>
    /// Takes away what was kept since the last time. Only for a lab that is watched, and sends nothing itself: what recordings have is gone with it.
    /// </summary>
    /// <param name="lost">How many records of the lab's namespaces found no room so far.</param>
    public IReadOnlyList<TraceEvent> TakeAway(out long lost)
    {
        _tracer.Drain();
        lost = Lost();
        TraceLog kept;
        lock (_gate)
        {
            lost += _refused;
            (kept, _kept) = (_kept, new TraceLog(MostChunks));
        }

        var events = kept.Since(0).ToEvents();
        kept.Clear();
        return events;
    }

    /// <summary>Called by the tracer, for a record of one of the lab's namespaces.</summary>
    public void Take(in TraceRecord record)
    {
        lock (_gate)
        {
            var isSighting = record.Kind is TraceEventKind.NetifReceiveSkb or TraceEventKind.NetDevStartXmit;
            Count += isSighting ? 1 : 0;
            if (_recordings == 0)
            {
                return;
            }

            if (!_kept.Add(record))
            {
                _isFull = true;
                _refused++;
            }

            if (isSighting)
            {
                _last.Add(record);
            }
        }
    }

    // Records of the lab's namespaces that found no room in the ring. They are only asked for one by one when there are new ones at all.
    private long Lost()
    {
        var ofAll = _tracer.Lost;
        lock (_gate)
        {
            if (ofAll != _lost.OfAll)
            {
                _lost = (ofAll, _namespaces.Keys.Sum(_tracer.LostOf));
            }

            return _lost.Here;
        }
    }

    public FrameLoop? FindLoop(IReadOnlyCollection<Device> closed)
    {
        lock (_gate)
        {
            var seen = new List<(Device?, HopDirection, long, ReadOnlyMemory<byte>)>();
            _last.Since(0).ForEach((in TraceRecord r) => seen.Add((
                _namespaces.GetValueOrDefault(r.Namespace)?.FindDevice(r.DeviceName), r.Kind is TraceEventKind.NetifReceiveSkb ? HopDirection.In
                    : HopDirection.Out, r.Timestamp, r.Bytes.ToArray())));
            return FrameLoop.Find(closed, seen[^Math.Min(seen.Count, FrameLoop.Window)..]);
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
            foreach (var group in _kept.Since(0).ToEvents().Where(e => e.Kind is TraceEventKind.NetifReceiveSkb)
                .GroupBy(e => (e.Namespace, e.DeviceName)).OrderByDescending(g => g.Count()).Take(10))
            {
                var node = _namespaces.GetValueOrDefault(group.Key.Namespace)?.Name ?? "?";
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

        foreach (var inode in namespaces)
        {
            _tracer.Remove(inode);
        }
    }

    private sealed class Recording(KernelWatch watch, long from, long lost) : IObservation
    {
        public Seen Take(SentFrame sent)
        {
            watch._tracer.Drain();
            var missing = watch.Lost() - lost;
            TraceLogSlice records;
            lock (watch._gate)
            {
                records = watch._kept.Since(from);
                missing += watch._isFull ? 1 : 0;
            }

            return new SeenByKernel(records.ToEvents(), missing);
        }

        public void Dispose()
        {
            lock (watch._gate)
            {
                if (--watch._recordings == 0)
                {
                    watch._kept.Clear();
                    watch._last.Clear();
                    watch._isFull = false;
                }
            }
        }
    }
}
