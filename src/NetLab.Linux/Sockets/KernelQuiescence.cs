using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>
/// A barrier behind everything that the kernel's receive path is working on. A frame that somebody wrote to a tap or a socket is carried
/// on by the processor that took it, through that processor's backlog (net/core/dev.c, <c>process_backlog</c>). A thread that
/// runs on a processor proves that no soft interrupt runs there meanwhile; with the backlog empty as well, nothing is under way on it.
/// Where others flood a processor, its backlog is never seen empty; it is a queue, though, and once more has been
/// processed than it can hold, what was in it has been.
/// </summary>
internal static partial class KernelQuiescence
{
    // Twice what input_pkt_queue and process_queue hold together (net.core.netdev_max_backlog is 1000 unless somebody raises it).
    private const long MoreThanABacklog = 4_000;
    private static readonly BlockingCollection<TaskCompletionSource> Requests = [];
    private static int _started;

    /// <summary>
    /// Completes when every frame that was in a receive backlog at the call has been processed. Frames that this sent on may be in one again.
    /// </summary>
    public static Task WaitAsync(CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref _started, 1) == 0)
        {
            new Thread(Serve) { IsBackground = true, Name = "netlab-barrier" }.Start();
        }

        var done = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        Requests.Add(done, ct);
        return done.Task;
    }

    private static void Serve()
    {
        var processors = Processors();
        using var statistics = File.OpenHandle("/proc/net/softnet_stat");
        var served = new List<TaskCompletionSource>();
        foreach (var first in Requests.GetConsumingEnumerable())
        {
            // Whoever asked before the pass begins is answered by it.
            served.Add(first);
            while (Requests.TryTake(out var next))
            {
                served.Add(next);
            }

            var start = Read(statistics);
            foreach (var processor in processors)
            {
                RunOn(processor);
                while (Read(statistics).TryGetValue(processor, out var now)
                    && now.Backlog > 0 && unchecked(now.Processed - start[processor].Processed) < MoreThanABacklog)
                {
                    Thread.Yield();
                }
            }

            served.ForEach(done => done.SetResult());
            served.Clear();
        }
    }

    private static int[] Processors()
    {
        Span<ulong> mask = stackalloc ulong[128];
        var bytes = sched_getaffinity(0, mask.Length * sizeof(ulong), ref mask[0]);
        if (bytes < 0)
        {
            throw new LinuxException("reading the processors that this process may use (sched_getaffinity)", Marshal.GetLastSystemError());
        }

        var processors = new List<int>();
        for (var word = 0; word < mask.Length; word++)
        {
            for (var rest = mask[word]; rest != 0; rest &= rest - 1)
            {
                processors.Add(word * 64 + BitOperations.TrailingZeroCount(rest));
            }
        }

        return [.. processors];
    }

    private static void RunOn(int processor)
    {
        Span<ulong> mask = stackalloc ulong[128];
        mask.Clear();
        mask[processor / 64] = 1UL << (processor % 64);
        if (sched_setaffinity(0, mask.Length * sizeof(ulong), ref mask[0]) < 0)
        {
            throw new LinuxException($"running on processor {processor} (sched_setaffinity)", Marshal.GetLastSystemError());
        }
    }

    // /proc/net/softnet_stat, a line a processor, hexadecimal words (net/core/net-procfs.c): the first is what was processed, the twelfth
    // input_qlen + process_qlen, the thirteenth the processor's number.
    private static Dictionary<int, Softnet> Read(SafeFileHandle statistics)
    {
        const int word = 9;
        Span<byte> text = stackalloc byte[64 * 1024];
        var length = RandomAccess.Read(statistics, text, 0);
        var found = new Dictionary<int, Softnet>();
        foreach (var line in text[..length].Split((byte)'\n'))
        {
            ReadOnlySpan<byte> words = text[line];
            if (words.Length >= 13 * word - 1
                && Utf8Parser.TryParse(words[..8], out uint processed, out _, 'x')
                && Utf8Parser.TryParse(words.Slice(11 * word, 8), out uint backlog, out _, 'x')
                && Utf8Parser.TryParse(words.Slice(12 * word, 8), out uint processor, out _, 'x'))
            {
                found[(int)processor] = new Softnet(processed, backlog);
            }
        }

        return found;
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sched_getaffinity(int pid, nint size, ref ulong mask);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sched_setaffinity(int pid, nint size, ref ulong mask);

    private readonly record struct Softnet(uint Processed, uint Backlog);
}
