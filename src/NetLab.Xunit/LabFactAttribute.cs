using NetLab.Linux.Probe;
using NetLab.Testing;
using Xunit;
using Xunit.Sdk;

namespace NetLab.Xunit;

/// <summary>
/// A test that builds a lab. Where the machine lacks something that every lab needs, or a feature that is named here, the test is
/// skipped, and the reason says what is missing and what to do. With <c>NETLAB_REQUIRE=all</c>, or a comma-separated list of
/// feature names, in the environment it fails with a <see cref="MissingFeatureException"/> instead. A feature that only the running test finds
/// missing has the same outcome.
/// </summary>
/// <example><code>[LabFact(Feature.OvsVswitchd)] public async Task A_vm_reaches_another_through_br_int() { … }</code></example>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("NetLab.Xunit.Discovery.LabFactDiscoverer", "NetLab.Xunit")]
public sealed class LabFactAttribute : FactAttribute
{
    /// <summary>A test that needs what every lab needs, and these features.</summary>
    public LabFactAttribute(params Feature[] needs)
    {
        Needs = needs;
        Skip = Requirement.WhenFound(needs).SkipReason;
    }

    /// <summary>What the test needs beyond <see cref="LabFeatures.Basic"/>.</summary>
    public IReadOnlyList<Feature> Needs { get; }
}
