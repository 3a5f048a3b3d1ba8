namespace NetLab;

/// <summary>How a lab behaves; every value has a default that suits a test.</summary>
public sealed record LabOptions
{
    /// <summary>
    /// How long an answer may take that no barrier can prove absent: from a process in a node, for example. 5 s unless it is set. On a busy machine the time in
    /// which the lab and its programs were ready to run, and others had the processors, does not count; by the clock it is twelve times as much at most.
    /// Paths inside the kernel are decided by a barrier, at once, whatever this says.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>By what the lab follows frames: the best that the machine allows, unless it is set.</summary>
    public FrameTracing Tracing { get; init; } = FrameTracing.Auto;

    /// <summary>
    /// Whether drops, and who asked whom, are recorded from <see cref="Lab.ApplyAsync"/> on, so that a failed test can tell of them. By default they are,
    /// where the machine allows it (CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN).
    /// </summary>
    public bool RecordsDrops { get; init; } = true;
}

/// <summary>By what a lab follows the frames that it sends.</summary>
public enum FrameTracing
{
    /// <summary>As <see cref="Kernel"/> where this process may use the kernel's tracepoints, elsewhere as <see cref="PacketSockets"/>.</summary>
    Auto,

    /// <summary>By the kernel's tracepoints, which show every copy, and tell why it ended. Needs CAP_BPF and CAP_PERFMON, or CAP_SYS_ADMIN.</summary>
    Kernel,

    /// <summary>
    /// By a packet socket in every node: where a frame was last seen is known; why it went no further is inferred from the state of what it came to.
    /// </summary>
    PacketSockets,
}
