namespace NetLab;

/// <summary>How a lab behaves; every value has a default that suits a test.</summary>
public sealed record LabOptions
{
    /// <summary>
    /// How long an answer may take that no barrier can prove absent: from a process in a node, for example. 5 s unless it is set.
    /// Paths inside the kernel are decided by a barrier, at once, whatever this says.
    /// </summary>
    public TimeSpan Patience { get; init; } = TimeSpan.FromSeconds(5);
}
