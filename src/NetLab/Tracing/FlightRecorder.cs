using NetLab.Linux.Bpf;

namespace NetLab;

/// <summary>
/// Keeps what somebody may ask for after a failure: every drop in the lab's nodes, and every packet by which somebody asks or answers, from when the lab is
/// applied until it goes, whoever sent it. The last ones are kept, as bytes; how many had to go is counted. Owns the registration of the lab's namespaces,
/// which must end before they go: the kernel uses their numbers again.
/// </summary>
internal sealed class FlightRecorder : ILivePart, ITraceReader
{
    private const int MostChunks = 16; // 4 MiB: some 8,000 drops, and as much for questions

    private readonly SharedTracer? _tracer;
    // Taken while the tracer hands out records, under its own lock: whoever holds this one must not ask the tracer.
    private readonly Lock _gate = new();
    private readonly Dictionary<ulong, Node> _namespaces = [];
    private readonly TraceLog _drops = new(MostChunks, dropsOldest: true), _questions = new(MostChunks, dropsOldest: true);

    public FlightRecorder(LabOptions options)
    {
        if (!options.RecordsDrops || options.Tracing == FrameTracing.PacketSockets)
        {
            Level = $"nothing is recorded, as LabOptions.{(options.RecordsDrops ? nameof(LabOptions.Tracing) : nameof(LabOptions.RecordsDrops))} says";
            return;
        }

        _tracer = SharedTracer.GetOfHappenings(out var why);
        Level = _tracer?.Level ?? $"nothing is recorded: the kernel does not tell this process of drops: {why}";
    }

    /// <summary>By what is recorded, or why nothing is.</summary>
    public string Level { get; }

    /// <summary>Whether anything is recorded.</summary>
    public bool IsRecording => _tracer is not null;

    /// <summary>How many records are not there: those that found no room in the ring, and the oldest, which had to go for newer ones.</summary>
    public long Lost
    {
        get
        {
            ulong[] namespaces;
            long gone;
            lock (_gate)
            {
                namespaces = [.. _namespaces.Keys];
                gone = _drops.Omitted + _questions.Omitted;
            }

            return gone + (_tracer is { Lost: > 0 } tracer ? namespaces.Sum(tracer.LostOf) : 0);
        }
    }

    /// <summary>What is kept, oldest first.</summary>
    /// <param name="since">Only what happened from this time on: nanoseconds of CLOCK_MONOTONIC.</param>
    public (List<TraceEvent> Drops, List<TraceEvent> Questions) Read(long since)
    {
        _tracer?.Drain();
        lock (_gate)
        {
            return (ReadFrom(_drops, since), ReadFrom(_questions, since));
        }
    }

    /// <summary>The node of a namespace; null where it is none of the lab's, or is gone.</summary>
    public Node? NodeOf(ulong inode)
    {
        lock (_gate)
        {
            return _namespaces.GetValueOrDefault(inode);
        }
    }

    public void Take(in TraceRecord record)
    {
        lock (_gate)
        {
            (record.Kind is TraceEventKind.KfreeSkb ? _drops : _questions).Add(record);
        }
    }

    public void AddNewNodes(Lab lab)
    {
        if (_tracer is null)
        {
            return;
        }

        foreach (var node in lab.Nodes.Where(n => n.IsApplied))
        {
            var inode = node.Live.Namespace.Inode;
            if (NodeOf(inode) is null)
            {
                lock (_gate)
                {
                    _namespaces.Add(inode, node);
                }

                _tracer.Add(inode, this);
            }
        }
    }

    public void Forget(Node node)
    {
        List<ulong> old;
        lock (_gate)
        {
            old = [.. _namespaces.Where(n => n.Value == node).Select(n => n.Key)];
            old.ForEach(inode => _namespaces.Remove(inode));
        }

        old.ForEach(inode => _tracer!.Remove(inode));
    }

    public ValueTask EndAsync()
    {
        ulong[] namespaces;
        lock (_gate)
        {
            namespaces = [.. _namespaces.Keys];
            _namespaces.Clear();
        }

        Array.ForEach(namespaces, inode => _tracer!.Remove(inode));
        lock (_gate)
        {
            _drops.Clear();
            _questions.Clear();
        }

        return ValueTask.CompletedTask;
    }

    private static List<TraceEvent> ReadFrom(TraceLog log, long since)
    {
        var events = new List<TraceEvent>();
        log.Since(0).ForEach((in TraceRecord r) =>
        {
            if (r.Timestamp >= since)
            {
                events.Add(r.ToEvent());
            }
        });
        events.Sort((a, b) => a.Timestamp.CompareTo(b.Timestamp));
        return events;
    }
}

/// <summary>What a lab records from when it is applied.</summary>
internal sealed partial class LiveLab
{
    private partial ILivePart BeginRecording() => Part(own => new FlightRecorder(own.Options));

    private static partial void PrepareRecording(Lab lab)
    {
        // The first time in a process the kernel takes a while to check the programs: it does so while the lab is built.
        if (lab.Options is { RecordsDrops: true, Tracing: not FrameTracing.PacketSockets })
        {
            _ = Task.Run(() => SharedTracer.GetOfHappenings(out _));
        }
    }
}
