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

    private readonly Lab _lab;
    private readonly CaptureOptions _options;
    private readonly CaptureSink _sink;
    private readonly CaptureOrder _order = new();
    private readonly List<NodeCapture> _nodes = [];
    private readonly AutoResetEvent _wake = new(false);
    private readonly TaskCompletionSource _finished = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly bool _followsLab;
    private IReadOnlyList<CaptureCount>? _counts;
    private Task? _stopping;
    private volatile Exception? _failure;
    private bool _ends;

    internal LabCapture(Lab lab, IReadOnlyList<Node> nodes, bool followsLab, string? path, CaptureOptions? options)
    {
        _lab = lab;
        _followsLab = followsLab;
        _options = options ?? new CaptureOptions();
        _sink = path is null ? new MemorySink(_options.MostFrames) : new FileSink(path);
        Path = path;
        try
        {
            Add(nodes);
        }
        catch
        {
            Close();
            _sink.Dispose();
            throw;
        }

        new Thread(Run) { IsBackground = true, Name = "netlab-capture" }.Start();
    }

    /// <summary>The file, or null for a capture in memory.</summary>
    public string? Path { get; }

    /// <summary>
    /// The frames of a capture in memory, in the order of the kernel's stamps. While it runs those of the last moments are missing;
    /// after <see cref="StopAsync"/> it
    /// is all of them.
    /// </summary>
    /// <exception cref="InvalidOperationException">The frames are in a file.</exception>
    public IReadOnlyList<CapturedFrame> Frames => (_sink as MemorySink)?.Frames
        ?? throw new InvalidOperationException($"This capture writes {Path}; read it with CaptureFile.Read, or capture in memory with lab.Capture().");

    /// <summary>How many frames a capture in memory did not keep, because there were more than <see cref="CaptureOptions.MostFrames"/>.</summary>
    public long Omitted => (_sink as MemorySink)?.Omitted ?? 0;

    /// <summary>How many frames were taken from each node, and how many are lost.</summary>
    public IReadOnlyList<CaptureCount> Counts
    {
        get
        {
            lock (Gate)
            {
                return _counts ?? _nodes.ConvertAll(n => n.Count);
            }
        }
    }

    /// <summary>Held by the thread that empties the rings while it does so.</summary>
    internal Lock Gate { get; } = new();

    /// <summary>How many frames are lost, because they came faster than they were taken from the kernel.</summary>
    public long Lost => Counts.Sum(c => c.Lost);

    /// <summary>
    /// Ends the capture. What was sent before has arrived (<see cref="Lab.SettleAsync"/>), and all of it is in <see cref="Frames"/> or in
    /// the file when this returns.
    /// </summary>
    /// <exception cref="IOException">The file could not be written.</exception>
    public Task StopAsync()
    {
        lock (Gate)
        {
            return _stopping ??= SettleAndEndAsync();
        }
    }

    /// <summary>The same as <see cref="StopAsync"/>.</summary>
    public async ValueTask DisposeAsync() => await StopAsync().ConfigureAwait(false);

    /// <summary>The lab has new nodes.</summary>
    internal void AddNewNodes()
    {
        if (_followsLab)
        {
            lock (Gate)
            {
                if (!_ends && _counts is null)
                {
                    Add(_lab.Nodes.Where(n => n.IsApplied && !_nodes.Exists(c => c.Node == n)).ToList());
                }
            }
        }
    }

    /// <summary>The lab goes: what has come by now is all. A file that could not be written is told by <see cref="StopAsync"/>.</summary>
    internal Task EndAsync()
    {
        lock (Gate)
        {
            if (!_ends && _counts is null)
            {
                _ends = true;
                _nodes.ForEach(n => n.SetEnd());
                _wake.Set();
            }
        }

        return _finished.Task;
    }

    private async Task SettleAndEndAsync()
    {
        try
        {
            if (_lab.IsApplied)
            {
                await _lab.SettleAsync().ConfigureAwait(false);
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
        foreach (var node in more)
        {
            var capture = new NodeCapture(node, _options.RingBytesFor(_lab.Nodes.Count), _order, _sink);
            _nodes.Add(capture);
            capture.Start(() => _wake.Set(), Fail);
        }
    }

    private void Fail(Exception exception)
    {
        _failure = exception;
        _wake.Set();
    }

    private void Run()
    {
        try
        {
            using (UrgentWork.Begin())
            {
                CaptureToTheEnd();
            }

            _sink.Finish(Now(), Close());
            _sink.Dispose();
            _finished.SetResult();
        }
#pragma warning disable CA1031 // Whatever it is, a full disk above all: who stops the capture is told.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Close();
            _finished.SetException(exception);
        }
    }

    private void CaptureToTheEnd()
    {
        long released = 0;
        for (var done = false; !done;)
        {
            _wake.WaitOne(_order.IsEmpty ? Timeout.Infinite : HeldBackMilliseconds);
            if (_failure is { } exception)
            {
                ExceptionDispatchInfo.Throw(exception);
            }

            lock (Gate)
            {
                var now = Now();
                _nodes.ForEach(n => n.Drain());
                done = _ends && _nodes.TrueForAll(n => n.IsAtEnd);
                if (done || now - released >= HeldBackMilliseconds * 1_000_000L)
                {
                    _order.Release(done ? long.MaxValue : now - (HeldBackMilliseconds * 1_000_000L), _sink);
                    released = now;
                }
            }
        }
    }

    private IReadOnlyList<CaptureCount> Close()
    {
        lock (Gate)
        {
            _counts ??= _nodes.ConvertAll(n => n.Count);
            _nodes.ForEach(n => n.Dispose());
            return _counts;
        }
    }

    // The clock of the kernel's stamps.
    private static long Now() => (DateTime.UtcNow - DateTime.UnixEpoch).Ticks * 100;
}
