using System.Buffers.Text;
using System.Collections.Concurrent;
using System.Numerics;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>
/// A barrier behind everything that the kernel's receive path is working on. A frame that somebody wrote to a tap or a socket is carried
/// on by the processor that took it, through that processor's backlog (net/core/dev.c, <c>process_backlog</c>). A thread that
/// runs on a processor proves that no soft interrupt runs there meanwhile; with every backlog empty as it visits each processor in turn,
/// nothing is under way.
/// </summary>
public static partial class KernelQuiescence
{
    private const int MostPasses = 2_000;
    private static readonly BlockingCollection<TaskCompletionSource<bool>> s_requests = [];
    private static int s_started;

    /// <summary>Completes when no processor has a frame in its receive backlog: true. False when that did not happen in thousands of looks: frames go round in a loop.</summary>
    public static Task<bool> WaitAsync(CancellationToken ct = default)
    {
        ct.ThrowIfCancellationRequested();
        if (Interlocked.Exchange(ref s_started, 1) == 0)
        {
            new Thread(Serve) { IsBackground = true, Name = "netlab-barrier" }.Start();
        }

        var done = new TaskCompletionSource<bool>(TaskCreationOptions.RunContinuationsAsynchronously);
        s_requests.Add(done, ct);
        return done.Task;
    }

    private static void Serve()
    {
        int[] processors = Processors();
        using SafeFileHandle statistics = File.OpenHandle("/proc/net/softnet_stat");
        var served = new List<TaskCompletionSource<bool>>();
        foreach (TaskCompletionSource<bool> first in s_requests.GetConsumingEnumerable())
        {
            // Whoever asked before the pass begins is answered by it.
            served.Add(first);
            while (s_requests.TryTake(out TaskCompletionSource<bool>? next))
            {
                served.Add(next);
            }

            bool quiet = false;
            for (int pass = 0; pass < MostPasses && !quiet; pass++)
            {
                quiet = true;
                foreach (int processor in processors)
                {
                    RunOn(processor);
                    quiet &= Backlog(statistics) == 0;
                }
            }

            foreach (TaskCompletionSource<bool> done in served)
            {
                done.SetResult(quiet);
            }

            served.Clear();
        }
    }

    private static int[] Processors()
    {
        Span<ulong> mask = stackalloc ulong[128];
        int bytes = sched_getaffinity(0, mask.Length * sizeof(ulong), ref mask[0]);
        if (bytes < 0)
        {
            throw new LinuxException("reading the processors that this process may use (sched_getaffinity)", Marshal.GetLastSystemError());
        }

        var processors = new List<int>();
        for (int word = 0; word < mask.Length; word++)
        {
            for (ulong rest = mask[word]; rest != 0; rest &= rest - 1)
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

    // /proc/net/softnet_stat, a line a processor, hexadecimal words; the twelfth is input_qlen + process_qlen (net/core/net-procfs.c).
    private static long Backlog(SafeFileHandle statistics)
    {
        Span<byte> text = stackalloc byte[64 * 1024];
        int length = RandomAccess.Read(statistics, text, 0);
        long waiting = 0;
        foreach (Range line in text[..length].Split((byte)'\n'))
        {
            ReadOnlySpan<byte> words = text[line];
            const int word = 9;
            if (words.Length >= 12 * word - 1
                && Utf8Parser.TryParse(words.Slice(11 * word, 8), out uint backlog, out _, 'x'))
            {
                waiting += backlog;
            }
        }

        return waiting;
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sched_getaffinity(int pid, nint size, ref ulong mask);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int sched_setaffinity(int pid, nint size, ref ulong mask);
}
