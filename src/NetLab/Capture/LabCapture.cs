using System.Runtime.ExceptionServices;
using NetLab.Linux;

namespace NetLab;

/// <summary>
/// Captures every frame that comes in or goes out at any device of some nodes, in memory or to a pcapng file with one interface a device
/// (<c>node/device</c>), in the order of the kernel's stamps. Owns a ring a node and one thread that empties them, which the kernel
/// prefers to others where the process may ask for that (CAP_SYS_NICE).
/// </summary>
/// <example>
/// <code>
/// await using LabCapture capture = lab.Capture();
/// …
/// await capture.StopAsync();
/// Assert.Single(capture.Frames, f => f.DeviceName == "tap-vm2" &amp;&amp; f.Frame.Udp is not null);
/// </code>
/// </example>
/// <remarks>
/// <para>
/// A frame is seen as packet(7) shows it: coming in before bridge, tc and nftables, going out after them; so it appears once at each device that it crosses. A
/// VLAN tag that the kernel keeps beside the bytes is put back. What a program in a node sends without the kernel's completing its checksum or cutting it into
/// segments (TCP over veth) has neither.
/// </para>
/// <para>
/// While a capture is open the kernel does not report frames that nobody wanted (the drop reason UNHANDLED_PROTO, and the
/// device's <c>rx_dropped</c>): the capture wants them.
/// </para>
/// </remarks>
public sealed class LabCapture : IAsyncDisposable
{
    // Blocks are handed over some 20 ms after their first frame; what is older than this has come, from whichever node.
    private const int HeldBackMilliseconds = 100;

    private readonly Lab lab;
    private readonly CaptureOptions options;
    private readonly CaptureSink sink;
    private readonly CaptureOrder order = new();
    private readonly List<NodeCapture> nodes = [];
    private readonly AutoResetEvent wake = new(false);
    private readonly TaskCompletionSource finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool followsLab;
    private IReadOnlyList<CaptureCount>? counts;
    private Task? stopping;
    private volatile Exception? failure;
    private bool ends;

    internal LabCapture(Lab lab, IReadOnlyList<Node> nodes, bool followsLab, string? path, CaptureOptions? options)
    {
        this.lab = lab;
        this.followsLab = followsLab;
        this.options = options ?? new CaptureOptions();
        sink = path is null ? new MemorySink(this.options.MostFrames) : new FileSink(path);
        Path = path;
        try
        {
            Add(nodes);
        }
        catch
        {
            Close();
            sink.Dispose();
            throw;
        }

        new Thread(Run) { IsBackground = true, Name = "netlab-capture" }.Start();
    }

    /// <summary>The file, or null for a capture in memory.</summary>
    public string? Path { get; }

    /// <summary>
    /// The frames of a capture in memory, in the order of the kernel's stamps. While it runs those of the last moments are missing; after <see cref="StopAsync"/> it
    /// is all of them.
    /// </summary>
    /// <exception cref="InvalidOperationException">The frames are in a file.</exception>
    public IReadOnlyList<CapturedFrame> Frames => (sink as MemorySink)?.Frames
        ?? throw new InvalidOperationException($"This capture writes {Path}; read it with CaptureFile.Read, or capture in memory with lab.Capture().");

    /// <summary>How many frames a capture in memory did not keep, because there were more than <see cref="CaptureOptions.MostFrames"/>.</summary>
    public long Omitted => (sink as MemorySink)?.Omitted ?? 0;

    /// <summary>How many frames were taken from each node, and how many are lost.</summary>
    public IReadOnlyList<CaptureCount> Counts
    {
        get
        {
            lock (Gate)
            {
                return counts ?? nodes.ConvertAll(n => n.Count);
            }
        }
    }

    /// <summary>Held by the thread that empties the rings while it does so.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>How many frames are lost, because they came faster than they were taken from the kernel.</summary>
    public long Lost => Counts.Sum(c => c.Lost);

    /// <summary>
    /// Ends the capture. What was sent before has arrived (<see cref="Lab.SettleAsync"/>), and all of it is in <see cref="Frames"/> or in the file when this returns.
    /// </summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public Task StopAsync()
    {
        lock (Gate)
        {
            return stopping ??= SettleAndEndAsync();
        }
    }

    /// <summary>The same as <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>The lab has new nodes.</summary>
    internal void AddNewNodes()
    {
        if (followsLab)
        {
            lock (Gate)
            {
                if (!ends && counts is null)
                {
                    Add(lab.Nodes.Where(n => n.IsApplied && !nodes.Exists(c => c.Node == n)).ToList());
                }
            }
        }
    }

    /// <summary>The lab goes: what has come by now is all. A file that could not be written is told by <see cref="StopAsync"/>.</summary>
    internal Task EndAsync()
    {
        lock (Gate)
        {
            if (!ends && counts is null)
            {
                ends = true;
                nodes.ForEach(n => n.SetEnd());
                wake.Set();
            }
        }

        return finished.Task;
    }

    private async Task SettleAndEndAsync()
    {
        try
        {
            if (lab.IsApplied)
            {
                await lab.SettleAsync().ConfigureAwait(false);
            }
        }
        catch (ForwardingException)
        {
            // Frames go round in a loop: the capture ends in the midst of them, and shows it.
        }

        await EndAsync().ConfigureAwait(false);
    }

    private void Add(IReadOnlyList<Node> more)
    {
        foreach (Node node in more)
        {
            var capture = new NodeCapture(node, options.RingBytesFor(lab.Nodes.Count), order, sink);
            nodes.Add(capture);
            capture.Start(() => wake.Set(), Fail);
        }
    }

    private void Fail(Exception exception)
    {
        failure = exception;
        wake.Set();
    }

    private void Run()
    {
        try
        {
            using (UrgentWork.Begin())
            {
                CaptureToTheEnd();
            }

            sink.Finish(Now(), Close());
            sink.Dispose();
            finished.SetResult();
        }
#pragma warning disable CA1031 // Whatever it is, a full disk above all: who stops the capture is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Close();
            finished.SetException(exception);
        }
    }

    private void CaptureToTheEnd()
    {
        long released = 0;
        for (bool done = false; !done;)
        {
            wake.WaitOne(order.IsEmpty ? Timeout.Infinite : HeldBackMilliseconds);
            if (failure is { } exception)
            {
                ExceptionDispatchInfo.Throw(exception);
            }

            lock (Gate)
            {
                long now = Now();
                nodes.ForEach(n => n.Drain());
                done = ends && nodes.TrueForAll(n => n.IsAtEnd);
                if (done || now - released >= HeldBackMilliseconds * 1_000_000L)
                {
                    order.Release(done ? long.MaxValue : now - (HeldBackMilliseconds * 1_000_000L), sink);
                    released = now;
                }
            }
        }
    }

    private IReadOnlyList<CaptureCount> Close()
    {
        lock (Gate)
        {
            counts ??= nodes.ConvertAll(n => n.Count);
            nodes.ForEach(n => n.Dispose());
            return counts;
        }
    }

    // The clock of the kernel's stamps.
    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
