using NetLab.Linux.Probe;

namespace NetLab.Testing;

/// <summary>
/// What a test needs, held against what the machine has and what the environment insists on: run it, skip it with <see cref="SkipReason"/>,
/// or fail it with <see cref="Failure"/>.
/// </summary>
/// <example>NUnit: <code>if (Requirement.Of(Feature.OvsVswitchd).SkipReason is { } reason) Assert.Ignore(reason);</code></example>
public sealed class Requirement
{
    /// <summary>The environment variable that turns skips into failures: <c>all</c>, or a comma-separated list of features.</summary>
    public const string Variable = "NETLAB_REQUIRE";

    private Requirement(IReadOnlyList<FeatureState> missing, bool isRequired, string? unknown)
    {
        Missing = missing;
        Failure = unknown is not null
            ? new ArgumentException(
                $"{Variable} names '{unknown}', which is no feature. It takes 'all', or a comma-separated list " +
                    $"of: {string.Join(", ", Enum.GetNames<Feature>())}.")
            : isRequired ? new MissingFeatureException(missing) : null;
    }

    /// <summary>The features that the test needs and the machine lacks.</summary>
    public IReadOnlyList<FeatureState> Missing { get; }

    /// <summary>Why the test must fail rather than be skipped; null where it need not.</summary>
    public Exception? Failure { get; }

    /// <summary>Why the test is skipped; null where it runs or must fail.</summary>
    public string? SkipReason =>
        Failure is not null || Missing.Count == 0 ? null
        : Missing.Where(IsPrivilege).Select(m => m.Name.Replace("capability ", "", StringComparison.Ordinal)).ToList() is { Count: > 0 } privileges
            // Without them nothing else can be tried: what it would say is not known.
            ? $"This process may not build labs: it lacks {string.Join(", ", privileges)}. Run as root, or as any user by: netlab sandbox -- dotnet test" +
                (Elsewhere.WhyNot is { } why ? $"; and {why}" : "")
        : string.Join(" ", Missing.Select(MissingFeatureException.Describe));

    /// <summary>Whether this process may not build labs, whatever the machine has.</summary>
    internal bool LacksPrivileges => Missing.Any(IsPrivilege);

    /// <summary>What every lab needs, and these features, on this machine.</summary>
    public static Requirement Of(params IEnumerable<Feature> needs) => Of(needs, Capabilities.Of, Environment.GetEnvironmentVariable(Variable));

    /// <summary>What a running test found missing: a test that asked for it too late is skipped or fails like one that named it.</summary>
    public static Requirement Of(MissingFeatureException late)
    {
        ArgumentNullException.ThrowIfNull(late);
        return Of(late.Missing, Environment.GetEnvironmentVariable(Variable));
    }

    /// <summary>The same when tests are found: nothing is missing here where they run elsewhere.</summary>
    internal static Requirement WhenFound(IEnumerable<Feature> needs) => Elsewhere.Engine is null ? Of(needs) : Of([], null);

    /// <summary>The decision without a machine: <paramref name="probe"/> says what there is, <paramref name="required"/> is the variable's value.</summary>
    internal static Requirement Of(IEnumerable<Feature> needs, Func<Feature, FeatureState> probe, string? required) =>
        Of([.. LabFeatures.Basic.Concat(needs).Distinct().Select(probe).Where(s => !s.Available)], required);

    private static bool IsPrivilege(FeatureState state) => state.Feature is Feature.CapNetAdmin or Feature.CapSysAdmin or Feature.CapNetRaw;

    private static Requirement Of(IReadOnlyList<FeatureState> missing, string? required)
    {
        var all = false;
        var features = new HashSet<Feature>();
        foreach (var name in (required ?? "").Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries))
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

        return new Requirement(missing, missing.Any(m => all || features.Contains(m.Feature)), null);
    }
}
