using NetLab.Linux.Probe;

namespace NetLab.Xunit;

/// <summary>What a test needs, held against what the machine has and what the environment insists on.</summary>
internal sealed class Requirement
{
    public const string Variable = "NETLAB_REQUIRE";

    private Requirement(IReadOnlyList<FeatureState> missing, bool isRequired, string? unknown)
    {
        Missing = missing;
        Failure = unknown is not null
            ? new ArgumentException($"{Variable} names '{unknown}', which is no feature. It takes 'all', or a comma-separated list of: {string.Join(", ", Enum.GetNames<Feature>())}.")
            : isRequired ? new MissingFeatureException(missing) : null;
    }

    /// <summary>The features that the test needs and the machine lacks.</summary>
    public IReadOnlyList<FeatureState> Missing { get; }

    /// <summary>Why the test must fail rather than be skipped; null where it need not.</summary>
    public Exception? Failure { get; }

    /// <summary>Why the test is skipped; null where it runs or must fail.</summary>
    public string? SkipReason => Failure is null && Missing.Count > 0 ? string.Join(" ", Missing.Select(MissingFeatureException.Describe)) : null;

    public static Requirement Of(IEnumerable<Feature> needs) =>
        Of(needs, Capabilities.Of, Environment.GetEnvironmentVariable(Variable));

    /// <summary>The decision without a machine: <paramref name="probe"/> says what there is, <paramref name="required"/> is the variable's value.</summary>
    public static Requirement Of(IEnumerable<Feature> needs, Func<Feature, FeatureState> probe, string? required)
    {
        List<FeatureState> missing = [.. LabFeatures.Basic.Concat(needs).Distinct().Select(probe).Where(s => !s.Available)];
        string[] names = (required ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        bool all = false;
        var features = new HashSet<Feature>();
        foreach (string name in names)
        {
            if (name.Equals("all", StringComparison.OrdinalIgnoreCase))
            {
                all = true;
            }
            else if (Enum.TryParse(name, ignoreCase: true, out Feature feature) && !char.IsAsciiDigit(name[0]))
            {
                features.Add(feature);
            }
            else
            {
                return new Requirement(missing, false, name);
            }
        }

        return new Requirement(missing, missing.Exists(m => all || features.Contains(m.Feature)), null);
    }
}
