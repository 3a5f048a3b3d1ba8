using NetLab.Linux.Probe;
using NetLab.Testing;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace NetLab.Xunit.Discovery;

/// <summary>Finds the test of a <see cref="LabFactAttribute"/>; xunit makes it by name.</summary>
public sealed class LabFactDiscoverer : FactDiscoverer
{
    /// <summary>Called by xunit.</summary>
    public LabFactDiscoverer(IMessageSink diagnosticMessageSink)
        : base(diagnosticMessageSink)
    {
    }

    /// <inheritdoc/>
    protected override IXunitTestCase CreateTestCase(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod, IAttributeInfo factAttribute) =>
        UnmetTestCase.For(DiagnosticMessageSink, discoveryOptions, testMethod, factAttribute)
            ?? (IXunitTestCase)new LabTestCase(DiagnosticMessageSink, discoveryOptions, testMethod);
}

/// <summary>Finds the tests of a <see cref="LabTheoryAttribute"/>; xunit makes it by name.</summary>
public sealed class LabTheoryDiscoverer : TheoryDiscoverer
{
    /// <summary>Called by xunit.</summary>
    public LabTheoryDiscoverer(IMessageSink diagnosticMessageSink)
        : base(diagnosticMessageSink)
    {
    }

    /// <inheritdoc/>
    public override IEnumerable<IXunitTestCase> Discover(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod,
        IAttributeInfo theoryAttribute) =>
        UnmetTestCase.For(DiagnosticMessageSink, discoveryOptions, testMethod, theoryAttribute) is { } unmet
            ? [unmet]
            : base.Discover(discoveryOptions, testMethod, theoryAttribute);

    /// <inheritdoc/>
    protected override IEnumerable<IXunitTestCase> CreateTestCasesForDataRow(ITestFrameworkDiscoveryOptions discoveryOptions,
        ITestMethod testMethod, IAttributeInfo theoryAttribute, object[] dataRow) =>
        [new LabTestCase(DiagnosticMessageSink, discoveryOptions, testMethod, dataRow)];

    /// <inheritdoc/>
    protected override IEnumerable<IXunitTestCase> CreateTestCasesForTheory(ITestFrameworkDiscoveryOptions discoveryOptions, ITestMethod testMethod,
        IAttributeInfo theoryAttribute) =>
        [new LabTheoryTestCase(DiagnosticMessageSink, discoveryOptions, testMethod)];
}

/// <summary>A test that cannot run here and was required to: it fails, and says what is missing.</summary>
public sealed class UnmetTestCase : XunitTestCase
{
    private string[] _needs = [];

    /// <summary>For xunit, which fills it in by <see cref="Deserialize"/>.</summary>
    [Obsolete("For xunit alone.")]
    public UnmetTestCase()
    {
    }

    private UnmetTestCase(IMessageSink sink, ITestFrameworkDiscoveryOptions options, ITestMethod method, IEnumerable<Feature> needs)
        : base(sink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method) => _needs = [.. needs.Select(n => n.ToString())];

    /// <inheritdoc/>
    public override async Task<RunSummary> RunAsync(
        IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments, ExceptionAggregator aggregator,
            CancellationTokenSource cancellationTokenSource)
    {
        ArgumentNullException.ThrowIfNull(messageBus);
        ArgumentNullException.ThrowIfNull(cancellationTokenSource);
        var test = new XunitTest(this, DisplayName);
        var failure = Requirement.Of(_needs.Select(Enum.Parse<Feature>)).Failure
            ?? new InvalidOperationException("What was missing when the tests were listed is there now; run them again.");
        var goOn = messageBus.QueueMessage(new TestCaseStarting(this))
            && messageBus.QueueMessage(new TestStarting(test))
            && messageBus.QueueMessage(new TestFailed(test, 0, null, failure))
            && messageBus.QueueMessage(new TestFinished(test, 0, null))
            && messageBus.QueueMessage(new TestCaseFinished(this, 0, 1, 1, 0));
        if (!goOn)
        {
            await cancellationTokenSource.CancelAsync().ConfigureAwait(false);
        }

        return new RunSummary { Total = 1, Failed = 1 };
    }

    /// <inheritdoc/>
    public override void Serialize(IXunitSerializationInfo data)
    {
        ArgumentNullException.ThrowIfNull(data);
        base.Serialize(data);
        data.AddValue(nameof(_needs), _needs);
    }

    /// <inheritdoc/>
    public override void Deserialize(IXunitSerializationInfo data)
    {
        ArgumentNullException.ThrowIfNull(data);
        base.Deserialize(data);
        _needs = data.GetValue<string[]>(nameof(_needs));
    }

    /// <summary>The failing test that stands in for one whose needs are required and unmet; null where it can run or is skipped.</summary>
    internal static UnmetTestCase? For(IMessageSink sink, ITestFrameworkDiscoveryOptions options, ITestMethod method, IAttributeInfo attribute)
    {
        var needs = attribute.GetNamedArgument<IReadOnlyList<Feature>>(nameof(LabFactAttribute.Needs)) ?? [];
        return Requirement.WhenFound(needs).Failure is null ? null : new UnmetTestCase(sink, options, method, needs);
    }
}
