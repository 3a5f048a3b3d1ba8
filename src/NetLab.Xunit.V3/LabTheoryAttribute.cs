using System.Reflection;
using System.Runtime.CompilerServices;
using NetLab.Linux.Probe;
using NetLab.Testing;
using Xunit;
using Xunit.v3;

namespace NetLab.Xunit;

/// <summary>A test that builds a lab, once for each row of its data; what the machine lacks skips or fails it like a <see cref="LabFactAttribute"/>.</summary>
[AttributeUsage(AttributeTargets.Method)]
[XunitTestCaseDiscoverer(typeof(LabTheoryDiscoverer))]
public sealed class LabTheoryAttribute : TheoryAttribute, IBeforeAfterTestAttribute
{
    /// <summary>A test that needs what every lab needs.</summary>
    public LabTheoryAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : this([], file, line)
    {
    }

    /// <summary>A test that needs what every lab needs, and this feature.</summary>
    public LabTheoryAttribute(Feature need, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : this([need], file, line)
    {
    }

    /// <summary>A test that needs what every lab needs, and these features.</summary>
    public LabTheoryAttribute(Feature need1, Feature need2, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : this([need1, need2], file, line)
    {
    }

    /// <summary>A test that needs what every lab needs, and these features.</summary>
    public LabTheoryAttribute(Feature need1, Feature need2, Feature need3, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
        : this([need1, need2, need3], file, line)
    {
    }

    /// <summary>A test that needs what every lab needs, and these features, however many.</summary>
    public LabTheoryAttribute(Feature[] needs, [CallerFilePath] string? file = null, [CallerLineNumber] int line = -1)
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
