using System.Globalization;
using System.Reflection;
using NetLab.Testing;
using NetLab.Xunit.Containers;
using Xunit.Abstractions;
using Xunit.Sdk;

/// <summary>In the container: the runtime calls it before the main method of the test assembly, which has none of its own.</summary>
#pragma warning disable CA1050 // The runtime looks for this name in no namespace.
internal static class StartupHook
#pragma warning restore CA1050
{
    public static void Initialize()
    {
        // Programs that a test starts are none of this.
        Environment.SetEnvironmentVariable("DOTNET_STARTUP_HOOKS", null);
        Environment.Exit(InContainer.Run());
    }
}

namespace NetLab.Xunit.Containers
{
    /// <summary>Runs the listed test cases with xunit's own framework, and writes what happens.</summary>
    internal static class InContainer
    {
        public const string AssemblyVariable = "NETLAB_TEST_ASSEMBLY", OptionsVariable = "NETLAB_TEST_OPTIONS";

        // What a project or a runner says of tests beside each other. The runner alone reads it, outside.
        private const string DisableParallelization = "xunit.execution.DisableParallelization", MaxParallelThreads = "xunit.execution.MaxParallelThreads";

        /// <summary>The options of a run, as the container reads them.</summary>
        public static string OptionsOf(ITestFrameworkExecutionOptions options) => string.Create(CultureInfo.InvariantCulture,
            $"{options.GetValue<bool?>(DisableParallelization)};{options.GetValue<int?>(MaxParallelThreads)}");

        public static int Run()
        {
            var assembly = Assembly.Load(Environment.GetEnvironmentVariable(AssemblyVariable)!);
            using var framework = new XunitTestFramework(new global::Xunit.Sdk.NullMessageSink());
            using var executor = framework.GetExecutor(assembly.GetName());
            List<ITestCase> cases = [.. File.ReadLines(TestContainer.ListFile).Select(executor.Deserialize)];
            using var sink = new Teller(cases);
            executor.RunTests(cases, sink, new Options());
            sink.Done.Wait();
            return 0;
        }

        private sealed class Teller(List<ITestCase> cases) : IMessageSink, IDisposable
        {
            private readonly Dictionary<string, int> _numbers = cases.Select((c, i) => (c.UniqueID, i)).ToDictionary();
            private readonly TextWriter _output = Console.Out;
            private readonly Lock _gate = new();

            public ManualResetEventSlim Done { get; } = new();

            public bool OnMessage(IMessageSinkMessage message)
            {
                switch (message)
                {
                    case ITestCaseStarting starting:
                        Write(new ToldLine(ToldKind.CaseStarting, NumberOf(starting)));
                        break;
                    case ITestStarting starting:
                        Write(new ToldLine(ToldKind.Starting, NumberOf(starting), starting.Test.DisplayName));
                        break;
                    case ITestPassed passed:
                        Write(new ToldLine(ToldKind.Passed, NumberOf(passed), passed.Test.DisplayName, passed.ExecutionTime, passed.Output));
                        break;
                    case ITestFailed failed:
                        Write(new ToldLine(ToldKind.Failed, NumberOf(failed), failed.Test.DisplayName, failed.ExecutionTime, failed.Output,
                            Failure: Of(failed)));
                        break;
                    case ITestSkipped skipped:
                        Write(new ToldLine(ToldKind.Skipped, NumberOf(skipped), skipped.Test.DisplayName, Reason: skipped.Reason));
                        break;
                    case ITestFinished finished:
                        Write(new ToldLine(ToldKind.Finished, NumberOf(finished), finished.Test.DisplayName, finished.ExecutionTime, finished.Output));
                        break;
                    case ITestCaseFinished finished:
                        Write(new ToldLine(ToldKind.CaseFinished, NumberOf(finished)));
                        break;
                    case ITestAssemblyFinished:
                        Done.Set();
                        break;
                    case IFailureInformation failure:
                        // Of fixtures, classes and the like.
                        Write(new ToldLine(ToldKind.Error, -1, Failure: Of(failure)));
                        break;
                    default:
                        break;
                }

                return true;
            }

            public void Dispose() => Done.Dispose();

            private static ToldFailure Of(IFailureInformation failure) =>
                new(failure.ExceptionTypes, failure.Messages, failure.StackTraces, failure.ExceptionParentIndices);

            private int NumberOf(ITestCaseMessage message) => _numbers[message.TestCase.UniqueID];

            // After whatever a test may have left of a line.
            private void Write(ToldLine line)
            {
                lock (_gate)
                {
                    _output.Write($"\n{line}\n");
                    _output.Flush();
                }
            }
        }

        private sealed class Options : ITestFrameworkExecutionOptions
        {
            // A test that takes the process down is told to have started.
            private readonly Dictionary<string, object?> _values = new() { ["xunit.execution.SynchronousMessageReporting"] = true };

            public Options()
            {
                var given = Environment.GetEnvironmentVariable(OptionsVariable)!.Split(';');
                if (bool.TryParse(given[0], out var disable))
                {
                    _values[DisableParallelization] = disable;
                }

                if (int.TryParse(given[1], CultureInfo.InvariantCulture, out var threads))
                {
                    _values[MaxParallelThreads] = threads;
                }
            }

            public TValue GetValue<TValue>(string name) => _values.TryGetValue(name, out var value) ? (TValue)value! : default!;

            public void SetValue<TValue>(string name, TValue value) => _values[name] = value;
        }
    }
}
