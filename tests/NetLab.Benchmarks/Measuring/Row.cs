namespace NetLab.Benchmarks;

/// <summary>One line of the summary, before it is measured.</summary>
/// <param name="Name">What is measured; <c>--only</c> finds it by a part of this.</param>
/// <param name="Unit">The unit of value and baseline.</param>
/// <param name="Target">What is to hold, or null for a figure that is only told.</param>
internal sealed record Row(string Name, string Unit, Target? Target = null);

/// <summary>What was measured for a <see cref="Row"/>.</summary>
/// <param name="Value">The library's figure, a median where there were rounds; null where it cannot be measured here.</param>
/// <param name="Baseline">The figure of the same work without the library, from the same run.</param>
/// <param name="Note">What the reader should know besides: how many rounds, what was not installed.</param>
internal sealed record Result(double? Value, double? Baseline = null, string? Note = null)
{
    /// <summary>Whether the machine could have kept the target at all; where not, there is no verdict.</summary>
    public bool CanHold { get; init; } = true;

    /// <summary>Of the value to the baseline; where rounds were compared one by one, the median of theirs.</summary>
    public double? Ratio { get => field ?? (Baseline is 0 ? null : Value / Baseline); init; }
}

/// <summary>A limit for a row's value or for its ratio to the baseline.</summary>
internal sealed record Target
{
    private Target(bool ofRatio, bool atMost, double limit) => (OfRatio, AtMost, Limit) = (ofRatio, atMost, limit);

    public bool OfRatio { get; }

    public bool AtMost { get; }

    public double Limit { get; }

    public static Target ValueAtMost(double limit) => new(false, true, limit);

    public static Target ValueAtLeast(double limit) => new(false, false, limit);

    public static Target RatioAtMost(double limit) => new(true, true, limit);

    public static Target RatioAtLeast(double limit) => new(true, false, limit);

    /// <summary>Whether a result keeps it; null where nothing was measured, or no program could have kept it.</summary>
    public bool? Holds(Result result) =>
        !result.CanHold ? null : (OfRatio ? result.Ratio : result.Value) is not { } figure ? null : AtMost ? figure <= Limit : figure >= Limit;

    public override string ToString() => FormattableString.Invariant($"{(OfRatio ? "ratio " : "")}{(AtMost ? "≤" : "≥")} {Limit:#,0.##}");
}
