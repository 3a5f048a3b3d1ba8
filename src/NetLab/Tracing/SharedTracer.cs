using System.Collections.Concurrent;
using System.Diagnostics;
using NetLab.Linux;
using NetLab.Linux.Bpf;

namespace NetLab;

/// <summary>
/// A kernel tracer that all labs of this process share, started when the first of them asks for it. It hands every record to the lab whose namespace it
/// is from. Owns the tracer and its registration with the reactor; both live as long as the process. There are two: one of all that happens to frames, for
/// as long as somebody follows one, and one of drops and questions, which goes on all the time.
/// </summary>
internal sealed class SharedTracer
{
    private static readonly Lazy<(SharedTracer? Tracer, string Why)> OfFrames = new(() => Start(new TracerOptions()));
    private static readonly Lazy<(SharedTracer? Tracer, string Why)> OfHappenings =
        new(() => Start(new TracerOptions { DropsAndQuestions = true, RingSize = 4 << 20, CaptureLength = 256 }));

    private readonly KernelTracer _tracer;
    private readonly ConcurrentDictionary<ulong, (ITraceReader Reader, long Since)> _readers = new();
    private volatile Exception? _failure;

    private SharedTracer(KernelTracer tracer)
    {
        (_tracer, Level) = (tracer, tracer.Describe());
        Reactor.Shared.OnReadable(tracer.Filling, Drain, failure => _failure = failure);
    }

    /// <summary>The tracer of all that happens to frames, or null where the kernel does not let this process trace.</summary>
    /// <param name="why">The evidence, either way.</param>
    public static SharedTracer? Get(out string why)
    {
        (var tracer, why) = OfFrames.Value;
        return tracer;
    }

    /// <summary>The tracer of drops and questions, or null where the kernel does not let this process trace.</summary>
    /// <param name="why">The evidence, either way.</param>
    public static SharedTracer? GetOfHappenings(out string why)
    {
        (var tracer, why) = OfHappenings.Value;
        return tracer;
    }

    /// <summary>What is traced, and on which kernel.</summary>
    public string Level { get; }

    /// <summary>Records that found no room since the process began.</summary>
    public long Lost => _tracer.LostEvents;

    /// <summary>Those of them that were of one namespace.</summary>
    public long LostOf(ulong inode) => _tracer.LostEventsOf(inode);

    /// <summary>From now on a namespace is traced, and its records go to a reader.</summary>
    public void Add(ulong inode, ITraceReader reader)
    {
        // What waits in the ring from before is of another namespace, which had the same number and is gone.
        _readers[inode] = (reader, Stopwatch.GetTimestamp());
        _tracer.AddNamespace(inode);
    }

    /// <summary>A namespace is traced no more; to be called before it goes.</summary>
    public void Remove(ulong inode)
    {
        _tracer.RemoveNamespace(inode);
        _readers.TryRemove(inode, out _);
    }

    /// <summary>Hands out all records that are there.</summary>
    /// <exception cref="InvalidOperationException">Records were lost when they were read before: nothing that is told from them would be known.</exception>
    public void Drain()
    {
        if (_failure is { } failure)
        {
            throw new InvalidOperationException($"The kernel's records of frames could not be read: {failure.Message}", failure);
        }

        _tracer.Drain(Hand);
    }

    private void Hand(in TraceRecord record)
    {
        if (_readers.TryGetValue(record.Namespace, out var wanted) && record.Timestamp >= wanted.Since)
        {
            wanted.Reader.Take(record);
        }
    }

    private static (SharedTracer?, string) Start(TracerOptions options)
    {
        if (!KernelTracer.IsAllowed(out var why))
        {
            return (null, why);
        }

        try
        {
            return (new SharedTracer(KernelTracer.Start(options)), why);
        }
        catch (Exception e) when (e is LinuxException or PlatformNotSupportedException)
        {
            return (null, e.Message);
        }
    }
}

/// <summary>Takes the records of a lab's namespaces.</summary>
internal interface ITraceReader
{
    /// <summary>A record of one of them. The tracer must not be asked from in here.</summary>
    void Take(in TraceRecord record);
}
