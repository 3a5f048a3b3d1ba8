using System.Collections.Concurrent;
using System.ComponentModel;
using Xunit.Sdk;
using Xunit.v3;

namespace NetLab.Xunit;

/// <summary>Finds the test of a <see cref="LabFactAttribute"/>; xunit makes it.</summary>
public sealed class LabFactDiscoverer : FactDiscoverer
{
    /// <inheritdoc/>
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, IXunitTestMethod testMethod, IFactAttribute factAttribute)
    {
        var details = TestIntrospectionHelper.GetTestCaseDetails(discoveryOptions, testMethod, factAttribute);
        return new LabTestCase(details.ResolvedTestMethod, details.TestCaseDisplayName, details.UniqueID, details.Explicit, details.SkipExceptions,
            details.SkipReason, details.SkipType, details.SkipUnless, details.SkipWhen,
            testMethod.Traits.ToDictionary(t => t.Key, t => t.Value.ToHashSet(StringComparer.OrdinalIgnoreCase), StringComparer.OrdinalIgnoreCase),
            details.SourceFilePath, details.SourceLineNumber, details.Timeout);
    }
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

    internal LabTestCase(IXunitTestMethod method, string name, string id, bool isExplicit, Type[]? skipExceptions, string? skipReason, Type? skipType,
        string? skipUnless, string? skipWhen, Dictionary<string, HashSet<string>> traits, string? file, int? line, int? timeout)
        : base(method, name, id, isExplicit, skipExceptions, skipReason, skipType, skipUnless, skipWhen, traits, null, file, line, timeout)
    {
    }

    /// <inheritdoc/>
    public async ValueTask<RunSummary> Run(ExplicitOption explicitOption, IMessageBus messageBus, object?[] constructorArguments,
        ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource, ParallelMode parallelMode, ExecutionScheduler scheduler,
        FixtureMappingManager methodFixtureMappings)
    {
        using var bus = new TellingBus(messageBus);
        return await XunitRunnerHelper.RunXunitTestCase(this, bus, cancellationTokenSource, parallelMode, scheduler, aggregator, explicitOption,
            constructorArguments, methodFixtureMappings).ConfigureAwait(false);
    }
}

/// <summary>Between a test and xunit: adds to the text of a failure what the test's labs know of it.</summary>
internal sealed class TellingBus(IMessageBus inner) : IMessageBus
{
    private static readonly ConcurrentDictionary<string, string> Told = new();

    /// <summary>What is to be added to the failure of a test.</summary>
    public static void Add(string test, string text) => Told.AddOrUpdate(test, text, (_, before) => before + Environment.NewLine + text);

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
