using NetLab.Linux.Probe;
using NetLab.Testing;
using Xunit;
using Xunit.Sdk;

namespace NetLab.Xunit;

/// <summary>A test that builds a lab, once for each row of its data; what the machine lacks skips or fails it like a <see cref="LabFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer("NetLab.Xunit.Discovery.LabTheoryDiscoverer", "NetLab.Xunit")]
public sealed class LabTheoryAttribute : TheoryAttribute
{
    /// <summary>A test that needs what every lab needs, and these features.</summary>
    public LabTheoryAttribute(params Feature[] needs)
    {
        Needs = needs;
        Skip = Requirement.WhenFound(needs).SkipReason;
    }

    /// <summary>What the test needs beyond <see cref="LabFeatures.Basic"/>.</summary>
    public IReadOnlyList<Feature> Needs { get; }
}
