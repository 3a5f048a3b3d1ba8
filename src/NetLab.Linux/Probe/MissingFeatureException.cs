namespace NetLab.Linux.Probe;

/// <summary>
/// Something was asked for that this machine cannot do. The message names each missing feature, the kernel's build option, and the alternative.
/// </summary>
public sealed class MissingFeatureException : Exception
{
    /// <summary>Makes the exception for one or more missing features.</summary>
    /// <param name="missing">Their states; at least one.</param>
    public MissingFeatureException(params IReadOnlyList<FeatureState> missing)
        : base(string.Join("; ", missing.Select(Describe))) => Missing = missing;

    /// <summary>The missing features.</summary>
    public IReadOnlyList<FeatureState> Missing { get; }

    /// <summary>One missing feature in one line.</summary>
    public static string Describe(FeatureState state)
    {
        ArgumentNullException.ThrowIfNull(state);
        var kernel = state.KernelOption is null ? "" : $" The kernel option is {state.KernelOption}.";
        var remedy = state.Remedy is null ? "" : $" {state.Remedy}.";
        return $"{state.Name} is not available here ({state.Evidence}).{kernel}{remedy}";
    }
}
