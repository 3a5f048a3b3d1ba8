using NetLab.Testing;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace NetLab.Xunit.Discovery;

/// <summary>A test that leaves a bundle when it fails; xunit makes it when it takes a list of tests from another process.</summary>
public sealed class LabTestCase : XunitTestCase
{
    /// <summary>For xunit, which fills it in.</summary>
    [Obsolete("For xunit alone.")]
    public LabTestCase()
    {
    }

    internal LabTestCase(IMessageSink sink, ITestFrameworkDiscoveryOptions options, ITestMethod method, object[]? row = null)
        : base(sink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method, row)
    {
    }

    /// <inheritdoc/>
    public override async Task<RunSummary> RunAsync(
        IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments, ExceptionAggregator aggregator,
            CancellationTokenSource cancellationTokenSource)
    {
        await Running.BuildFixturesAsync(this, constructorArguments).ConfigureAwait(false);
        using var bus = new BundlingBus(messageBus, Running.Begin(this));
        return bus.Corrected(await base.RunAsync(diagnosticMessageSink, bus, constructorArguments, aggregator, cancellationTokenSource).ConfigureAwait(false));
    }
}

/// <summary>The same for a theory whose rows are known only when it runs.</summary>
public sealed class LabTheoryTestCase : XunitTheoryTestCase
{
    /// <summary>For xunit, which fills it in.</summary>
    [Obsolete("For xunit alone.")]
    public LabTheoryTestCase()
    {
    }

    internal LabTheoryTestCase(IMessageSink sink, ITestFrameworkDiscoveryOptions options, ITestMethod method)
        : base(sink, options.MethodDisplayOrDefault(), options.MethodDisplayOptionsOrDefault(), method)
    {
    }

    /// <inheritdoc/>
    public override async Task<RunSummary> RunAsync(
        IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments, ExceptionAggregator aggregator,
            CancellationTokenSource cancellationTokenSource)
    {
        await Running.BuildFixturesAsync(this, constructorArguments).ConfigureAwait(false);
        using var bus = new BundlingBus(messageBus, Running.Begin(this));
        return bus.Corrected(await base.RunAsync(diagnosticMessageSink, bus, constructorArguments, aggregator, cancellationTokenSource).ConfigureAwait(false));
    }
}

/// <summary>Begins tests, each with its name and the command that runs it again.</summary>
internal static class Running
{
    public static LabTest Begin(IXunitTestCase test)
    {
        var type = test.TestMethod.TestClass.Class;
        var space = type.ToRuntimeType()?.Namespace is { Length: > 0 } ns ? ns + "." : "";
        var name = test.DisplayName.StartsWith(space, StringComparison.Ordinal) ? test.DisplayName[space.Length..] : test.DisplayName;
        var project = Rerun.ProjectOf(Path.GetFileNameWithoutExtension(type.Assembly.AssemblyPath));
        return LabTest.Begin(name, $"dotnet test {project} --filter FullyQualifiedName={type.Name}.{test.Method.Name}", type.Name);
    }

    /// <summary>Before the test, so that the building is not part of its time.</summary>
    public static Task BuildFixturesAsync(XunitTestCase test, object[] constructorArguments) =>
        test.SkipReason is null ? Task.WhenAll(constructorArguments.OfType<LabFixture>().Select(f => f.BuildAsync())) : Task.CompletedTask;
}
