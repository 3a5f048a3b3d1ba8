using System.ComponentModel;
using Xunit;
using Xunit.Sdk;
using Xunit.v3;

namespace NetLab.Xunit;

/// <summary>Finds the tests of a <see cref="LabTheoryAttribute"/>; xunit makes it.</summary>
public sealed class LabTheoryDiscoverer : TheoryDiscoverer
{
    /// <inheritdoc/>
    protected override async ValueTask<IReadOnlyCollection<IXunitTestCase>> CreateTestCasesForDataRow(ITestFrameworkDiscoveryOptions discoveryOptions,
        IXunitTestMethod testMethod, ITheoryAttribute theoryAttribute, ITheoryDataRow dataRow, object?[] testMethodArguments, string? index) =>
        [.. (await base.CreateTestCasesForDataRow(discoveryOptions, testMethod, theoryAttribute, dataRow, testMethodArguments, index).ConfigureAwait(false))
            .Select(LabTestCase.Of)];

    /// <inheritdoc/>
    protected override async ValueTask<IReadOnlyCollection<IXunitTestCase>> CreateTestCasesForTheory(ITestFrameworkDiscoveryOptions discoveryOptions,
        IXunitTestMethod testMethod, ITheoryAttribute theoryAttribute) =>
        [.. (await base.CreateTestCasesForTheory(discoveryOptions, testMethod, theoryAttribute).ConfigureAwait(false)).Select(LabTestCase.Of)];
}

/// <summary>The same for a theory whose rows are known only when it runs.</summary>
public sealed class LabTheoryTestCase : XunitDelayEnumeratedTheoryTestCase, ISelfExecutingXunitTestCase
{
    /// <summary>For xunit, which fills it in.</summary>
    [Obsolete("For xunit alone.")]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public LabTheoryTestCase()
    {
    }

    internal LabTheoryTestCase(XunitDelayEnumeratedTheoryTestCase test)
        : base(test.TestMethod, test.TestCaseDisplayName, test.UniqueID, test.Explicit, test.SkipTestWithoutData, test.SkipExceptions, test.SkipReason,
            test.SkipType, test.SkipUnless, test.SkipWhen, test.Traits, test.SourceFilePath, test.SourceLineNumber, test.Timeout)
    {
    }

    /// <inheritdoc/>
    public ValueTask<RunSummary> Run(ExplicitOption explicitOption, IMessageBus messageBus, object?[] constructorArguments,
        ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource, ParallelMode parallelMode, ExecutionScheduler scheduler,
        FixtureMappingManager methodFixtureMappings) =>
        TellingBus.RunAsync(this, explicitOption, messageBus, constructorArguments, aggregator, cancellationTokenSource, parallelMode, scheduler,
            methodFixtureMappings);
}
