using System.Collections.Concurrent;
using System.Globalization;
using System.Runtime.ExceptionServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Bpf;

/// <summary>
/// Watches what the kernel does with every frame in chosen network namespaces, by BPF programs on tracepoints.
/// The programs are assembled for the running kernel, loaded
/// with bpf(2) and filter in the kernel, so other namespaces cost next to nothing. All goes away with this object, or with the process.
/// </summary>
/// <remarks>
/// <para>One tracer a process is enough: namespaces come and go by <see cref="AddNamespace"/> and <see cref="RemoveNamespace"/>.</para>
/// <para>Safe for several threads at once; one of them reads at a time.</para>
/// <para>This file owns the life of programs and maps. What the programs do is in <c>TracePrograms.cs</c>, what they write in
/// <c>TraceRecordLayout.cs</c>.</para>
/// </remarks>
internal sealed class KernelTracer : IDisposable
{
    // The reader is woken when so small a part of the ring is full: on a busy machine it takes a while until it runs.
    private const int WakeAtPart = 16;

    private readonly Lock _reading = new();
    private readonly List<SafeFileHandle> _handles = [];
    private readonly List<string> _missing = [];
    private readonly RingBuffer _ring;
    private readonly SafeFileHandle _namespaces;
    private readonly MappedMemory _lost;
    private readonly KernelSymbols _symbols;
    private readonly TraceNames _names;
    private int _attached;
    private bool _disposed;

    private KernelTracer(KernelLayout layout, TracerOptions options)
    {
        try
        {
            _ring = new RingBuffer(options.RingSize);
            _namespaces = Own(BpfKernel.CreateMap(BpfMapType.Hash, "netlab_netns", 4, 8, options.MaxNamespaces));
            var lostMap = Own(BpfKernel.CreateMap(BpfMapType.Array, "netlab_lost", 4, 8, 1, BpfKernel.Mappable));
            _lost = MappedMemory.Of(lostMap, 0, Environment.SystemPageSize, writable: true, "map the counter of lost trace records");
            var current = Own(BpfKernel.CreateMap(BpfMapType.PerCpuArray, "netlab_current", 4, TraceMaps.CurrentSize, 1));
            _symbols = new KernelSymbols();
            _names = new TraceNames(layout, _symbols);
            using var ns = _namespaces.Borrow();
            using var records = _ring.Map.Borrow();
            using var counter = lostMap.Borrow();
            using var now = current.Borrow();
            Attach(layout, options, new TraceMaps(ns.Number, records.Number, counter.Number, now.Number));
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>
    /// Records that are not there because the ring was full. What they would have told is not known: a missing record proves nothing while this number grows.
    /// </summary>
    public unsafe long LostEvents
    {
        get
        {
            lock (_reading)
            {
                return Volatile.Read(ref *(long*)_lost.Address);
            }
        }
    }

    /// <summary>Those of <see cref="LostEvents"/> that were of one traced namespace.</summary>
    /// <param name="inode">Its inode number (<see cref="NetworkNamespace.Inode"/>).</param>
    /// <exception cref="LinuxException">The namespace is not traced (ENOENT).</exception>
    public long LostEventsOf(ulong inode) =>
        (long)BpfKernel.Lookup<uint, ulong>(_namespaces, checked((uint)inode), $"read how many records of the network namespace net:[{inode}] were lost");

    /// <summary>
    /// Becomes readable when the ring has filled up by a sixteenth since it was last empty, so that it can be drained in time without looking again and again:
    /// <c>Reactor.Shared.OnReadable(tracer.Filling, () => tracer.Drain(sink))</c>.
    /// </summary>
    public SafeFileHandle Filling => _ring.Map;

    /// <summary>
    /// Whether the kernel lets this process trace: it describes its types, and takes a program that reads its memory (CAP_BPF and
    /// CAP_PERFMON, or CAP_SYS_ADMIN, in the
    /// first user namespace; no lockdown for confidentiality; Linux 5.13 or later). Takes well under a millisecond.
    /// </summary>
    /// <param name="why">The evidence, either way, in a phrase.</param>
    public static bool IsAllowed(out string why)
    {
        if (!File.Exists(Btf.KernelPath))
        {
            why = $"the kernel does not describe its types: there is no {Btf.KernelPath} (CONFIG_DEBUG_INFO_BTF)";
            return false;
        }

        try
        {
            // Loads a program that calls bpf_probe_read_kernel and bpf_snprintf, makes a ring; that is all that is needed.
            using var tiny = new KernelSymbols();
            using var ring = BpfKernel.CreateMap(BpfMapType.RingBuffer, "netlab_probe", 0, 0, Environment.SystemPageSize);
            using var probe = BpfKernel.LoadProgram(BpfProgramType.RawTracepoint, "netlab_probe", ProbeProgram());
            why = $"kernel {KernelRelease} takes tracing programs";
            return true;
        }
        catch (LinuxException e)
        {
            why = e.Message;
            return false;
        }
    }

    /// <summary>Loads the programs and attaches them. No namespace is traced yet.</summary>
    /// <exception cref="LinuxException">The kernel refused (EPERM: see <see cref="IsAllowed"/>);
    /// for a program see <see cref="BpfProgramException"/>.</exception>
    /// <exception cref="PlatformNotSupportedException">This kernel lacks something that is needed: its BTF, a member of a struct, a tracepoint.</exception>
    public static KernelTracer Start(TracerOptions? options = null)
    {
        options ??= new TracerOptions();
        if (options.CaptureLength is < 0 or > 1024 || options.CaptureLength % 8 != 0)
        {
            throw new ArgumentException($"CaptureLength is {options.CaptureLength}; it must be a multiple of 8 up to 1024.", nameof(options));
        }

        if (options.RingSize < Environment.SystemPageSize || !int.IsPow2(options.RingSize))
        {
            throw new ArgumentException(
                $"RingSize is {options.RingSize}; it must be a power of two and at least a page ({Environment.SystemPageSize} bytes).", nameof(options));
        }

        return new KernelTracer(KernelLayout.Running, options);
    }

    /// <summary>From now on the namespace is traced.</summary>
    /// <param name="inode">Its inode number (<see cref="NetworkNamespace.Inode"/>).</param>
    /// <exception cref="LinuxException">There are more namespaces than <see cref="TracerOptions.MaxNamespaces"/> (E2BIG).</exception>
    public void AddNamespace(ulong inode) => BpfKernel.Update(_namespaces, checked((uint)inode), 0ul, $"trace the network namespace net:[{inode}]");

    /// <summary>The namespace is not traced any longer. To be called before the namespace goes away, because the kernel uses inode numbers again.</summary>
    /// <param name="inode">Its inode number.</param>
    public void RemoveNamespace(ulong inode) => BpfKernel.Delete(_namespaces, checked((uint)inode), $"stop tracing the network namespace net:[{inode}]");

    /// <summary>
    /// Reads all records that are there, oldest first. Records of one CPU are in the order of their happening; across CPUs, sort by time.
    /// </summary>
    /// <param name="sink">Takes each record. What it throws comes out of here, and its record counts as read. It must not call this tracer.</param>
    /// <returns>How many records were read.</returns>
    public int Drain(TraceSink sink)
    {
        ArgumentNullException.ThrowIfNull(sink);
        lock (_reading)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            return _ring.Drain(static (data, state) => state.Sink(new TraceRecord(data, state.Names)), (Sink: sink, Names: _names));
        }
    }

    /// <summary>In one line what is traced, and what this kernel has not got: <c>BPF on 9 tracepoints, kernel 6.18.44</c>.</summary>
    public string Describe() => string.Create(CultureInfo.InvariantCulture, $"BPF on {_attached} tracepoints, kernel {KernelRelease}")
        + (_missing.Count == 0 ? "" : $" (which has no tracepoint {string.Join(", ", _missing)})");

    /// <inheritdoc/>
    public override string ToString() => Describe();

    /// <summary>Detaches and removes all programs and maps. Records that were not read are gone.</summary>
    public void Dispose()
    {
        lock (_reading)
        {
            _disposed = true;
            for (var i = _handles.Count - 1; i >= 0; i--)
            {
                _handles[i].Dispose();
            }

            _symbols?.Dispose();
            _lost?.Dispose();
            _ring?.Dispose();
        }
    }

    private static string KernelRelease => File.ReadAllText("/proc/sys/kernel/osrelease").Trim();

    private static ulong[] ProbeProgram()
    {
        var code = new BpfAssembler();
        code.Mov(BpfRegister.R1, BpfRegister.FP);
        code.Add(BpfRegister.R1, -8);
        code.Mov(BpfRegister.R2, 8);
        code.Mov(BpfRegister.R3, 0);
        code.Call(BpfHelper.ProbeReadKernel);
        code.Mov(BpfRegister.R0, 0);
        code.Exit();
        return code.Assemble();
    }

    private void Attach(KernelLayout layout, TracerOptions options, TraceMaps maps)
    {
        var points = new List<TracepointLayout>();
        var wanted = options.DropsAndQuestions ? TracePrograms.OfDropsAndQuestions : TracePrograms.Tracepoints;
        for (var i = 0; i < wanted.Count; i++)
        {
            var name = wanted[i];
            if (layout.Tracepoint(name) is not { } point)
            {
                if (i < TracePrograms.Indispensable)
                {
                    throw new PlatformNotSupportedException($"Kernel {KernelRelease} has no tracepoint {name}, without which frames cannot be followed.");
                }

                _missing.Add(name);
            }
            else if (options.RouteLookups || name is not ("fib_table_lookup" or "fib6_table_lookup"))
            {
                points.Add(point);
            }
        }

        foreach (var (point, program) in points.Zip(
            Load(points, p => TracePrograms.Build(layout, maps, options, options.RingSize / WakeAtPart, p.Name))))
        {
            Own(BpfKernel.Attach(program, point.Name));
            _attached++;
        }
    }

    // The verifier looks for names in all of the kernel's types wherever a program follows a pointer, a millisecond each time: on all processors at once.
    private SafeFileHandle[] Load(List<TracepointLayout> points, Func<TracepointLayout, ulong[]> build)
    {
        var programs = new SafeFileHandle[points.Count];
        var refusals = new ConcurrentQueue<Exception>();
        Parallel.ForEach(Partitioner.Create(Enumerable.Range(0, points.Count), EnumerablePartitionerOptions.NoBuffering), i =>
        {
            try
            {
                programs[i] = BpfKernel.LoadProgram(BpfProgramType.Tracing, points[i].Name, build(points[i]), points[i].TypeId);
            }
            catch (LinuxException e)
            {
                refusals.Enqueue(e);
            }
        });
        _handles.AddRange(programs.Where(p => p is not null));
        if (refusals.TryPeek(out var refusal))
        {
            ExceptionDispatchInfo.Throw(refusal);
        }

        return programs;
    }

    private SafeFileHandle Own(SafeFileHandle handle)
    {
        _handles.Add(handle);
        return handle;
    }
}
