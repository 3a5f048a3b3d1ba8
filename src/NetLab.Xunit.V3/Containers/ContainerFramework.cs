using System.Reflection;
using NetLab.Testing;
using Xunit.Sdk;
using Xunit.v3;

namespace NetLab.Xunit.Containers;

/// <summary>xunit's framework, but that lab tests may run in a container.</summary>
internal sealed class ContainerFramework : XunitTestFramework
{
    private readonly string? _config;

    // xunit gives the file of its configuration, or nothing.
    public ContainerFramework() => Elsewhere.Ask();

    public ContainerFramework(string? configFileName)
        : base(configFileName)
    {
        _config = configFileName;
        Elsewhere.Ask();
    }

    protected override ITestFrameworkExecutor CreateExecutor(Assembly assembly) => Elsewhere.Engine is { } engine
        ? new Executor(engine, new XunitTestAssembly(assembly, configFilePath: _config))
        : base.CreateExecutor(assembly);

    private sealed class Executor(string engine, IXunitTestAssembly assembly) : XunitTestFrameworkExecutor(assembly)
    {
        public override async ValueTask RunTestCases(IReadOnlyCollection<IXunitTestCase> testCases, IMessageSink executionMessageSink,
            ITestFrameworkExecutionOptions executionOptions, CancellationToken cancellationToken)
        {
            var labs = testCases.ToLookup(IsLabTest);
            var runner = new Runner(engine, [.. labs[true]]);
            await runner.RunAsync(TestAssembly, [.. labs[false]], executionMessageSink, executionOptions, cancellationToken).ConfigureAwait(false);
        }

        private static bool IsLabTest(IXunitTestCase test) => test.TestMethod.FactAttributes.Any(f => f is LabFactAttribute or LabTheoryAttribute);
    }

    private sealed class Runner(string engine, IReadOnlyList<IXunitTestCase> labs)
        : XunitTestAssemblyRunnerBase<XunitTestAssemblyRunnerContext, IXunitTestAssembly, IXunitTestCollection, IXunitTestCase>
    {
        public async ValueTask RunAsync(IXunitTestAssembly assembly, IReadOnlyCollection<IXunitTestCase> others, IMessageSink sink,
            ITestFrameworkExecutionOptions options, CancellationToken ct)
        {
            var context = new XunitTestAssemblyRunnerContext(assembly, others, sink, options, ct);
            await using var disposal = context.ConfigureAwait(false);
            await context.InitializeAsync().ConfigureAwait(false);
            await Run(context).ConfigureAwait(false);
        }

        protected override async ValueTask<RunSummary> RunTestCollections(XunitTestAssemblyRunnerContext ctxt, Exception? exception)
        {
            var summary = await base.RunTestCollections(ctxt, exception).ConfigureAwait(false);
            if (labs.Count > 0 && !ctxt.CancellationTokenSource.IsCancellationRequested)
            {
                summary.Aggregate(await new Relay(ctxt, labs).RunAsync(engine).ConfigureAwait(false));
            }

            return summary;
        }
    }
}
