namespace NetLab.Packets;

/// <summary>The two ways in which bytes from the wire can be wrong.</summary>
public enum DefectKind : byte
{
    /// <summary>Nothing is wrong.</summary>
    None,

    /// <summary>The bytes end before what they announce does.</summary>
    Truncated,

    /// <summary>The bytes contradict themselves or their specification.</summary>
    Malformed,
}

/// <summary>
/// What is wrong with bytes from the wire, as a value: readers never throw on what they read.
/// </summary>
/// <param name="Kind">Truncated, malformed, or nothing.</param>
/// <param name="What">The part that is wrong and why, e.g. "NDP option of length 0"; null when nothing is.</param>
public readonly record struct Defect(DefectKind Kind, string? What)
{
    /// <summary>Nothing is wrong.</summary>
    public static Defect None => default;

    /// <summary>True when nothing is wrong.</summary>
    public bool IsNone => Kind == DefectKind.None;

    /// <summary>The bytes end too early.</summary>
    /// <param name="what">The part that is cut.</param>
    public static Defect Truncated(string what) => new(DefectKind.Truncated, what);

    /// <summary>The bytes contradict themselves.</summary>
    /// <param name="what">The part that is wrong, and why.</param>
    public static Defect Malformed(string what) => new(DefectKind.Malformed, what);

    /// <summary>"truncated: IPv4 header", "malformed: …", or "none".</summary>
    public override string ToString() => Kind switch
    {
        DefectKind.Truncated => $"truncated: {What}",
        DefectKind.Malformed => $"malformed: {What}",
        _ => "none",
    };
}
