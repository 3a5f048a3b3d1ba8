namespace NetLab.Linux.Probe;

/// <summary>
/// What this machine can do: each feature is tried out for real, once, the first time somebody asks, in a namespace made for that and thrown away.
/// Nothing else is touched. (A kernel with modules may load one, as it would on the first use.)
/// </summary>
public static class Capabilities
{
    private static readonly Lock Gate = new();
    private static readonly Dictionary<Feature, FeatureState> Known = [];

    /// <summary>Every feature, in the order of <see cref="Feature"/>. Takes some tens of milliseconds the first time.</summary>
    public static IReadOnlyList<FeatureState> All => Probe(Enum.GetValues<Feature>());

    /// <summary>Whether one feature is there.</summary>
    public static FeatureState Of(Feature feature) => Probe([feature])[0];

    /// <summary>Returns if all of the features are there.</summary>
    /// <exception cref="MissingFeatureException">Some are not: the message names them, with the kernel's build option and the alternative.</exception>
    public static void Require(params Feature[] features)
    {
        ArgumentNullException.ThrowIfNull(features);
        var missing = Probe(features).Where(state => !state.Available).ToList();
        if (missing.Count > 0)
        {
            throw new MissingFeatureException(missing);
        }
    }

    private static List<FeatureState> Probe(Feature[] features)
    {
        lock (Gate)
        {
            using var scratch = new ProbeScratch();
            return [.. features.Select(feature =>
            {
                if (!Known.TryGetValue(feature, out var state))
                {
                    state = FeatureTable.Of(feature).Probe(feature, scratch);
                    Known[feature] = state;
                }

                return state;
            })];
        }
    }
}
