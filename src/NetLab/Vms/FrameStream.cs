using System.Diagnostics.CodeAnalysis;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// A fake VM's network card for many frames: raw bytes in and out, at the speed of the kernel. Sending and receiving allocate nothing.
/// </summary>
/// <example>
/// <code>
/// using FrameStream a = vm1.OpenStream(), b = vm2.OpenStream();
/// a.Send(frame);
/// ReadOnlyMemory&lt;byte&gt; one = await b.ReceiveAsync();
/// a.SendBatch(frames);
/// FrameBatch many = await b.ReceiveBatchAsync();
/// b.SendBatch(many);
/// </code>
/// </example>
/// <remarks>
/// <para>
/// A send carries the frame through the kernel before it returns, so a receive mostly finds it there and reads the tap on the caller's own thread, without
/// any other. Only where nothing is there the reactor's thread waits for it. One receive at a time.
/// </para>
/// <para>
/// What the guest's habits take, address resolution and pings that it answers, does not come out of the stream. They answer also while nobody receives: up to
/// <see cref="FrameStore.Most"/> frames are then read ahead. Beyond that frames wait in the tap, which holds as many as its queue is long
/// (<c>ip link … txqueuelen</c>, 1000 unless it was changed); what comes then is dropped by the kernel and counted in the tap's TX drops.
/// So send no more at once than that before the other side receives.
/// </para>
/// <para>Disposing gives what was not received to <see cref="FakeVm.Received"/>, where frames go from then on.</para>
/// </remarks>
[SuppressMessage("Naming", "CA1711", Justification = "A stream of frames, as the field calls it; System.IO.Stream is one of bytes.")]
public sealed partial class FrameStream : IDisposable
{
    internal FrameStream(FakeVm vm, Lock gate)
    {
        Vm = vm;
        _gate = gate;
        _timer = new Timer(static stream => ((FrameStream)stream!).OnTimer(), this, Timeout.Infinite, Timeout.Infinite);
    }

    /// <summary>Whose card it is.</summary>
    public FakeVm Vm { get; }

    /// <summary>How many frames were received from the stream.</summary>
    public long Received { get; private set; }

    /// <summary>Sends a frame. When this returns, the kernel has carried it as far as it goes without waiting.</summary>
    /// <param name="frame">A whole Ethernet frame.</param>
    /// <exception cref="Linux.LinuxException">The kernel refused it: EIO where the tap is down, EINVAL for less than an Ethernet header.</exception>
    public void Send(ReadOnlySpan<byte> frame) => Vm.Inject(frame);

    /// <inheritdoc cref="Send(ReadOnlySpan{byte})"/>
    public void Send(Frame frame)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Vm.Inject(frame.Bytes.Span);
    }

    /// <summary>Sends frames one after the other.</summary>
    /// <param name="frames">Whole Ethernet frames.</param>
    /// <exception cref="Linux.LinuxException">The kernel refused one; those before it were sent.</exception>
    public void SendBatch(params ReadOnlySpan<Frame> frames)
    {
        foreach (var frame in frames)
        {
            Send(frame);
        }
    }

    /// <summary>Sends frames that were received, here or at another VM, one after the other.</summary>
    /// <inheritdoc cref="SendBatch(ReadOnlySpan{Frame})"/>
    public void SendBatch(FrameBatch frames)
    {
        foreach (var frame in frames)
        {
            Send(frame);
        }
    }

    /// <summary>
    /// Receives the next frame; waits for it where none is there, as long as <see cref="LabOptions.Patience"/>. The bytes are valid until the next
    /// receive.
    /// </summary>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="ForwardingException">None came.</exception>
    /// <exception cref="ObjectDisposedException">The stream or the lab was disposed, perhaps while this waited.</exception>
    /// <exception cref="InvalidOperationException">Another receive is waiting.</exception>
    public ValueTask<ReadOnlyMemory<byte>> ReceiveAsync(CancellationToken ct = default)
    {
        lock (_gate)
        {
            return TryAdvance(1) ? new(TakeOne()) : new(_waiter, StartWaiting(ct));
        }
    }

    /// <summary>
    /// Receives all frames that are there, up to <see cref="FrameStore.Most"/>; waits for the first where none is there, as long as
    /// <see cref="LabOptions.Patience"/>. The bytes are valid until the next receive.
    /// </summary>
    /// <inheritdoc cref="ReceiveAsync"/>
    public ValueTask<FrameBatch> ReceiveBatchAsync(CancellationToken ct = default)
    {
        lock (_gate)
        {
            return TryAdvance(FrameStore.Most) ? new(TakeBatch()) : new(_waiter, StartWaiting(ct));
        }
    }

    /// <summary>Receives the next frame if one is there. The bytes are valid until the next receive.</summary>
    /// <exception cref="ObjectDisposedException">The stream or the lab was disposed.</exception>
    /// <exception cref="InvalidOperationException">A receive is waiting.</exception>
    public bool TryReceive(out ReadOnlyMemory<byte> frame)
    {
        lock (_gate)
        {
            var any = TryAdvance(1);
            frame = any ? TakeOne() : default;
            return any;
        }
    }

    /// <summary>Ends the stream: what was not received, and all that comes, goes to <see cref="FakeVm.Received"/>. A receive that waits fails.</summary>
    public void Dispose()
    {
        lock (_gate)
        {
            if (_isClosed)
            {
                return;
            }

            End();
            Vm.CloseStream([_front, _back]);
            _front.Clear();
        }

        _timer.Dispose();
    }

    private ReadOnlyMemory<byte> TakeOne()
    {
        Received++;
        _ = _front.TryTake(out var frame);
        return frame;
    }

    private FrameBatch TakeBatch()
    {
        var batch = _front.TakeAll();
        Received += batch.Count;
        return batch;
    }
}
