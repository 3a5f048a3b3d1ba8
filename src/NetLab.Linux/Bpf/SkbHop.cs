namespace NetLab.Linux.Bpf;

/// <summary>Which way a frame crosses a device, seen from the kernel.</summary>
internal enum SkbDirection
{
    /// <summary>It comes in from the device.</summary>
    In,

    /// <summary>It goes out of the device.</summary>
    Out,
}

/// <summary>A copy of a frame at a device: queueing and sending are one hop, and so are the two steps of receiving.</summary>
/// <param name="Namespace">Inode number of the namespace.</param>
/// <param name="InterfaceIndex">The device's number.</param>
/// <param name="DeviceName">The device's name.</param>
/// <param name="Direction">In or out.</param>
/// <param name="First">The event that began the hop: the frame as it was there.</param>
internal sealed record SkbHop(ulong Namespace, int InterfaceIndex, string DeviceName, SkbDirection Direction, TraceEvent First)
{
    /// <summary>When, in nanoseconds of CLOCK_MONOTONIC.</summary>
    public long Timestamp => First.Timestamp;

    /// <summary>
    /// Of an outgoing hop: whether the device's driver got it. Otherwise it is still in the queue, or was stopped between (queueing
    /// discipline, tc egress, nft egress).
    /// Of an incoming hop: whether the stack got it; otherwise it is still in the CPU's backlog.
    /// </summary>
    public bool IsComplete { get; internal set; }

    /// <summary>What the driver returned when it refused the frame; 0 otherwise.</summary>
    public int TransmitResult { get; internal set; }

    /// <summary><c>tap0 in</c>.</summary>
    public override string ToString() => $"{DeviceName} {(Direction is SkbDirection.In ? "in" : "out")}{(IsComplete ? "" : " (waiting)")}";
}
