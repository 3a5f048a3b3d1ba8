using System.Collections.Concurrent;
using NetLab.Linux;
using NetLab.Linux.Bpf;

namespace NetLab;

/// <summary>
/// The one kernel tracer of this process, started when the first lab asks for it. It hands every record to the lab whose namespace it
/// is from. Owns the tracer and its registration with the reactor; both live as long as the process.
/// </summary>
internal sealed class SharedTracer
{
    private static readonly Lazy<(SharedTracer? Tracer, string Why)> Lazily = new(Start);

    private readonly KernelTracer _tracer;
    private readonly ConcurrentDictionary<ulong, KernelWatch> _watches = new();
    private volatile Exception? _failure;

    private SharedTracer(KernelTracer tracer)
    {
        _tracer = tracer;
        Reactor.Shared.OnReadable(tracer.Filling, Drain, failure => _failure = failure);
    }

    /// <summary>The tracer, or null where the kernel does not let this process trace.</summary>
    /// <param name="why">The evidence, either way.</param>
    public static SharedTracer? Get(out string why)
    {
        (var tracer, why) = Lazily.Value;
        return tracer;
    }

    /// <summary>What is traced, and on which kernel.</summary>
    public string Level => _tracer.Describe();

    /// <summary>Records that found no room since the process began.</summary>
    public long Lost => _tracer.LostEvents;

    /// <summary>Those of them that were of one namespace.</summary>
    public long LostOf(ulong inode) => _tracer.LostEventsOf(inode);

    public void Add(ulong inode, KernelWatch watch)
    {
        _watches[inode] = watch;
        _tracer.AddNamespace(inode);
    }

    public void Remove(ulong inode)
    {
        _tracer.RemoveNamespace(inode);
        _watches.TryRemove(inode, out _);
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
        if (_watches.TryGetValue(record.Namespace, out var watch))
        {
            watch.Take(record);
        }
    }

    private static (SharedTracer?, string) Start()
    {
        if (!KernelTracer.IsAllowed(out var why))
        {
            return (null, why);
        }

        try
        {
            return (new SharedTracer(KernelTracer.Start()), why);
        }
        catch (Exception e) when (e is LinuxException or PlatformNotSupportedException)
        {
            return (null, e.Message);
        }
    }
}
