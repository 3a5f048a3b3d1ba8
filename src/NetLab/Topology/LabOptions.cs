namespace NetLab;

/// <summary>How a lab behaves; every value has a default that suits a test.</summary>
public sealed record LabOptions
{
    /// <summary>
    /// How long an answer may take that no barrier can prove absent: from a process in a node, for example. 5 s unless it is set.
    /// Paths inside the kernel are decided by a barrier, at once, whatever this says.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>By what the lab follows frames. By packet sockets alone unless it is set.</summary>
    public FrameTracing Tracing { get; init; } = FrameTracing.PacketSockets;
}

/// <summary>By what a lab follows the frames that it sends.</summary>
public enum FrameTracing
{
    /// <summary>By the kernel's tracepoints too, where this process may use them; elsewhere by packet sockets alone.</summary>
    Auto,

    /// <summary>By packet sockets, and by the kernel's tracepoints, which tell why a frame ended. Needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN.</summary>
    Kernel,

    /// <summary>By packet sockets alone: where a frame was last seen is known, why it went no further is not.</summary>
    PacketSockets,
}
