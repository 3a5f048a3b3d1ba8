using System.Collections.Concurrent;
using System.ComponentModel;
using Xunit.Sdk;
using Xunit.v3;

namespace NetLab.Xunit;

/// <summary>Finds the test of a <see cref="LabFactAttribute"/>; xunit makes it.</summary>
public sealed class LabFactDiscoverer : FactDiscoverer
{
    /// <inheritdoc/>
    protected override IXunitTestCase CreateTestCase(
        ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute) =>
        LabTestCase.Of(base.CreateTestCase(discoveryOptions, testMethod, factAttribute));
}

/// <summary>A test whose failure's text ends with what its labs know of it; xunit makes it, also when it takes a list of tests from another process.</summary>
public sealed class LabTestCase : XunitTestCase, ISelfExecutingXunitTestCase
{
    /// <summary>For xunit, which fills it in.</summary>
    [Obsolete("For xunit alone.")]
    [EditorBrowsable(EditorBrowsableState.Never)]
    public LabTestCase()
    {
    }

    private LabTestCase(XunitTestCase test)
        : base(test.TestMethod, test.TestCaseDisplayName, test.UniqueID, test.Explicit, test.TestLabel, test.DisableParallelization, test.SkipExceptions,
            test.SkipReason, test.SkipType, test.SkipUnless, test.SkipWhen, test.Traits, test.TestMethodArguments, test.SourceFilePath, test.SourceLineNumber,
            test.Timeout)
    {
    }

    /// <summary>What xunit has found, as a lab test; what is none that runs (an error of discovery) stays as it is.</summary>
    internal static IXunitTestCase Of(IXunitTestCase found) => found switch
    {
        XunitTestCase test when test.GetType() == typeof(XunitTestCase) => new LabTestCase(test),
        XunitDelayEnumeratedTheoryTestCase theory => new LabTheoryTestCase(theory),
        _ => found,
    };

    /// <inheritdoc/>
    public ValueTask<RunSummary> Run(ExplicitOption explicitOption, IMessageBus messageBus, object?[] constructorArguments,
        ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource, ParallelMode parallelMode, ExecutionScheduler scheduler,
        FixtureMappingManager methodFixtureMappings) =>
        TellingBus.RunAsync(this, explicitOption, messageBus, constructorArguments, aggregator, cancellationTokenSource, parallelMode, scheduler,
            methodFixtureMappings);
}

/// <summary>Between a test and xunit: adds to the text of a failure what the test's labs know of it.</summary>
internal sealed class TellingBus(IMessageBus inner) : IMessageBus
{
    private static readonly ConcurrentDictionary<string, string> Told = new();

    /// <summary>What is to be added to the failure of a test.</summary>
    public static void Add(string test, string text) => Told.AddOrUpdate(test, text, (_, before) => before + Environment.NewLine + text);

    /// <summary>Runs a test with a bus of its own.</summary>
    public static async ValueTask<RunSummary> RunAsync(IXunitTestCase test, ExplicitOption explicitOption, IMessageBus messageBus,
        object?[] constructorArguments, ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource, ParallelMode parallelMode,
        ExecutionScheduler scheduler, FixtureMappingManager methodFixtureMappings)
    {
        using var bus = new TellingBus(messageBus);
        return await XunitRunnerHelper.RunXunitTestCase(test, bus, cancellationTokenSource, parallelMode, scheduler, aggregator, explicitOption,
            constructorArguments, methodFixtureMappings).ConfigureAwait(false);
    }

    public bool QueueMessage(IMessageSinkMessage message)
    {
        if (message is ITestFailed { Messages: [_, ..] messages } failed && Told.TryRemove(failed.TestUniqueID, out var text))
        {
            messages[0] += Environment.NewLine + text;
        }
        else if (message is ITestFinished finished)
        {
            Told.TryRemove(finished.TestUniqueID, out _);
        }

        return inner.QueueMessage(message);
    }

    public void Dispose()
    {
        // The one below belongs to xunit.
    }
}
