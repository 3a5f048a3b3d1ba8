using System.Diagnostics;
using NetLab.Packets;

namespace NetLab.Benchmarks.FramePaths;

/// <summary>The same by the library: two fake VMs on a bridge, each with an open stream.</summary>
internal sealed class VmPath : IAsyncDisposable
{
    private readonly Lab _lab = new();
    private FrameStream? _left, _right;

    public Lab Lab => _lab;

    public Node Node => _lab.Nodes[0];

    public async Task OpenAsync(byte[] there, byte[] back)
    {
        var bridge = _lab.AddNode("compute").AddBridge("br0");
        FakeVm left = bridge.Node.AddVm("left", bridge), right = bridge.Node.AddVm("right", bridge);
        await _lab.ApplyAsync().ConfigureAwait(false);
        (_left, _right) = (left.OpenStream(), right.OpenStream());
        _right.Send(back);
        await _left.ReceiveAsync().ConfigureAwait(false);
        _left.Send(there);
        await _right.ReceiveAsync().ConfigureAwait(false);
    }

    /// <summary>Sends many, then receives them all; frames a second.</summary>
    public async Task<double> BatchesAsync(byte[] frame, int times, int each)
    {
        Frame[] batch = [.. Enumerable.Repeat(Frame.FromBytes(frame), each)];
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            _left!.SendBatch(batch);
            for (var n = 0; n < each;)
            {
                n += (await _right!.ReceiveBatchAsync().ConfigureAwait(false)).Count;
            }
        }

        return times * each / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>Sends a frame and awaits it, again and again; frames a second.</summary>
    public async Task<double> EachAwaitedAsync(byte[] frame, int times)
    {
        var start = Stopwatch.GetTimestamp();
        for (var i = 0; i < times; i++)
        {
            _left!.Send(frame);
            await _right!.ReceiveAsync().ConfigureAwait(false);
        }

        return times / Stopwatch.GetElapsedTime(start).TotalSeconds;
    }

    /// <summary>There and back; the median in nanoseconds.</summary>
    public async Task<double> RoundTripAsync(byte[] there, byte[] back, double[] times)
    {
        for (var i = 0; i < times.Length; i++)
        {
            var start = Stopwatch.GetTimestamp();
            _left!.Send(there);
            await _right!.ReceiveAsync().ConfigureAwait(false);
            _right.Send(back);
            await _left.ReceiveAsync().ConfigureAwait(false);
            times[i] = Stopwatch.GetElapsedTime(start).TotalNanoseconds;
        }

        return Rounds.Median(times);
    }

    /// <summary>What sending and receiving allocates, in bytes a frame.</summary>
    public double AllocatedEach(byte[] frame, int times)
    {
        var before = GC.GetAllocatedBytesForCurrentThread();
        for (var i = 0; i < times; i++)
        {
            _left!.Send(frame);
            var one = _right!.ReceiveAsync();
            var length = one.IsCompleted ? one.Result.Length : 0;
            _left.Send(frame);
            var batch = _right.ReceiveBatchAsync();
            length += batch.IsCompleted ? batch.Result[0].Length : 0;
            if (length != 2 * frame.Length)
            {
                throw new InvalidOperationException("A frame that was sent is not there.");
            }
        }

        return (GC.GetAllocatedBytesForCurrentThread() - before) / (2.0 * times);
    }

    public async ValueTask DisposeAsync()
    {
        _left?.Dispose();
        _right?.Dispose();
        await _lab.DisposeAsync().ConfigureAwait(false);
    }
}
