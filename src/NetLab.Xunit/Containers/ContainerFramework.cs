using System.ComponentModel;
using System.Reflection;
using NetLab.Testing;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace NetLab.Xunit.Containers;

/// <summary>Gives xunit the framework of a <see cref="LabTestsInContainerAttribute"/>; xunit makes it by name.</summary>
[EditorBrowsable(EditorBrowsableState.Never)]
public sealed class ContainerFrameworkDiscoverer : ITestFrameworkTypeDiscoverer
{
    /// <inheritdoc/>
    public Type GetTestFrameworkType(IAttributeInfo attribute) => typeof(ContainerFramework);
}

/// <summary>xunit's framework, but that lab tests may run in a container.</summary>
internal sealed class ContainerFramework : XunitTestFramework
{
    public ContainerFramework(IMessageSink messageSink)
        : base(messageSink) => LabTestsInContainerAttribute.Ask();

    protected override ITestFrameworkExecutor CreateExecutor(AssemblyName assemblyName) => Elsewhere.Engine is { } engine
        ? new Executor(engine, assemblyName, SourceInformationProvider, DiagnosticMessageSink)
        : base.CreateExecutor(assemblyName);

    private sealed class Executor(string engine, AssemblyName name, ISourceInformationProvider source, IMessageSink diagnostics)
        : XunitTestFrameworkExecutor(name, source, diagnostics)
    {
        protected override async void RunTestCases(
            IEnumerable<IXunitTestCase> testCases, IMessageSink executionMessageSink, ITestFrameworkExecutionOptions executionOptions)
        {
            using var runner = new Runner(engine, TestAssembly, testCases, DiagnosticMessageSink, executionMessageSink, executionOptions);
            await runner.RunAsync().ConfigureAwait(false);
        }
    }

    private sealed class Runner(string engine, ITestAssembly assembly, IEnumerable<IXunitTestCase> cases, IMessageSink diagnostics, IMessageSink messages,
        ITestFrameworkExecutionOptions options) : XunitTestAssemblyRunner(assembly, cases, diagnostics, messages, options)
    {
        protected override async Task<RunSummary> RunTestCollectionsAsync(IMessageBus messageBus, CancellationTokenSource cancellationTokenSource)
        {
            var labs = TestCases.ToLookup(IsLabTest);
            TestCases = labs[false];
            var summary = await base.RunTestCollectionsAsync(messageBus, cancellationTokenSource).ConfigureAwait(false);
            if (labs[true].Any() && !cancellationTokenSource.IsCancellationRequested)
            {
                var relay = new Relay(messageBus, [.. labs[true]], ExecutionOptions);
                summary.Aggregate(await relay.RunAsync(engine, cancellationTokenSource).ConfigureAwait(false));
            }

            return summary;
        }

        private static bool IsLabTest(IXunitTestCase test) =>
            test.Method.GetCustomAttributes(typeof(LabFactAttribute)).Concat(test.Method.GetCustomAttributes(typeof(LabTheoryAttribute))).Any();
    }
}
