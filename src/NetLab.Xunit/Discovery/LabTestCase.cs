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
        IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments, ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource)
    {
        TestScope scope = TestScope.Begin(Rerunning.NameOf(this), Rerunning.CommandOf(this));
        using var bus = new BundlingBus(messageBus, scope);
        return await base.RunAsync(diagnosticMessageSink, bus, constructorArguments, aggregator, cancellationTokenSource).ConfigureAwait(false);
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
        IMessageSink diagnosticMessageSink, IMessageBus messageBus, object[] constructorArguments, ExceptionAggregator aggregator, CancellationTokenSource cancellationTokenSource)
    {
        TestScope scope = TestScope.Begin(Rerunning.NameOf(this), Rerunning.CommandOf(this));
        using var bus = new BundlingBus(messageBus, scope);
        return await base.RunAsync(diagnosticMessageSink, bus, constructorArguments, aggregator, cancellationTokenSource).ConfigureAwait(false);
    }
}

/// <summary>What a test is called in a bundle, and how it is run again.</summary>
internal static class Rerunning
{
    public static string NameOf(IXunitTestCase test)
    {
        string name = test.DisplayName;
        string space = test.TestMethod.TestClass.Class.ToRuntimeType()?.Namespace is { Length: > 0 } ns ? ns + "." : "";
        return name.StartsWith(space, StringComparison.Ordinal) ? name[space.Length..] : name;
    }

    public static string CommandOf(IXunitTestCase test)
    {
        string assembly = Path.GetFileNameWithoutExtension(test.TestMethod.TestClass.Class.Assembly.AssemblyPath);
        return $"dotnet test {ProjectOf(assembly)} --filter FullyQualifiedName={test.TestMethod.TestClass.Class.Name}.{test.Method.Name}";
    }

    // The test's own project, if the test runs from its build output.
    private static string ProjectOf(string assembly)
    {
        for (string? folder = AppContext.BaseDirectory; folder is not null; folder = Path.GetDirectoryName(folder))
        {
            if (File.Exists(Path.Combine(folder, assembly + ".csproj")))
            {
                return folder;
            }
        }

        return assembly;
    }
}
