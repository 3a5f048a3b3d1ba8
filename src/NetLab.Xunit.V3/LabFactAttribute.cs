using System.Reflection;
using System.Runtime.CompilerServices;
using NetLab.Linux.Probe;
using NetLab.Testing;
using Xunit;
using Xunit.v3;

namespace NetLab.Xunit;

/// <summary>
/// A test that builds a lab. Where the machine lacks something that every lab needs, or a feature that is named here, the test is
/// skipped, and the reason says what is missing and what to do. With <c>NETLAB_REQUIRE=all</c>, or a comma-separated list of
/// feature names, in the environment it fails with a <see cref="MissingFeatureException"/> instead. A feature that only the running test finds
/// missing has the same outcome.
/// </summary>
/// <remarks>There is a constructor for each number of features, since the caller's file and line, by which IDEs find the test, have to come last.</remarks>
/// <example><code>[LabFact(Feature.OvsVswitchd)] public async Task A_vm_reaches_another_through_br_int() { … }</code></example>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(typeof(LabFactDiscoverer))]
public sealed class LabFactAttribute : FactAttribute, IBeforeAfterTestAttribute
{
    /// <summary>A test that needs what every lab needs.</summary>
    public LabFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : this([], file, line)
    {
    }

    /// <summary>A test that needs what every lab needs, and this feature.</summary>
    public LabFactAttribute(Feature need, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : this([need], file, line)
    {
    }

    /// <summary>A test that needs what every lab needs, and these features.</summary>
    public LabFactAttribute(Feature need1, Feature need2, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : this([need1, need2], file, line)
    {
    }

    /// <summary>A test that needs what every lab needs, and these features.</summary>
    public LabFactAttribute(Feature need1, Feature need2, Feature need3, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : this([need1, need2, need3], file, line)
    {
    }

    /// <summary>A test that needs what every lab needs, and these features, however many.</summary>
    public LabFactAttribute(Feature[] needs, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : base(file, line)
    {
        Needs = needs;
        Skip = Requirement.WhenFound(needs).SkipReason;
        SkipExceptions = [typeof(MissingFeatureException)];
    }

    /// <summary>What the test needs beyond <see cref="LabFeatures.Basic"/>.</summary>
    public IReadOnlyList<Feature> Needs { get; }

    /// <summary>Called by xunit before the test.</summary>
    /// <exception cref="MissingFeatureException">Something is missing that <c>NETLAB_REQUIRE</c> insists on.</exception>
    public void Before(MethodInfo methodUnderTest, IXunitTest test) => Running.Start(Needs, test);

    /// <summary>Called by xunit after the test.</summary>
    public void After(MethodInfo methodUnderTest, IXunitTest test) => Running.End(test);
}
