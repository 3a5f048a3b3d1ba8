using NetLab.Testing;
using MessageSinkMessageDeserializer = Xunit.Runner.Common.MessageSinkMessageDeserializer;
using Xunit.Sdk;
using Xunit.v3;

namespace NetLab.Xunit.Containers;

/// <summary>Runs test cases in a container by their own program, and tells xunit here what it tells there.</summary>
internal sealed class Relay(XunitTestAssemblyRunnerContext context, IReadOnlyList<IXunitTestCase> cases)
{
    private readonly Dictionary<string, ITestStarting> _running = [];
    private readonly HashSet<string> _started = [], _finished = [], _open = [];
    private RunSummary _sum;

    public async Task<RunSummary> RunAsync(string engine)
    {
        var assembly = context.TestAssembly.Assembly;
        var cancellation = context.CancellationTokenSource;
        // Behind @@ xunit reads its arguments, one a line: of many tests they are more than a command line holds.
        string[] own = ["-automated", "async", "-noColor", "-noLogo", "-explicit", context.ExplicitOption.ToString().ToLowerInvariant()];
        using var container = TestContainer.Start(engine, LabTestsInContainerAttribute.ImageOf(assembly),
            [.. own, .. cases.SelectMany(c => new[] { "-run", SerializationHelper.Instance.Serialize(c) })], [],
            "dotnet", TestContainer.FileOf(assembly.GetName().Name!), "@@", TestContainer.ListFile);
        await using var stop = cancellation.Token.Register(container.Stop).ConfigureAwait(false);
        await foreach (var line in container.LinesAsync("{").ConfigureAwait(false))
        {
            if (MessageSinkMessageDeserializer.Deserialize("{" + line, null) is { } message && !Tell(message))
            {
                await cancellation.CancelAsync().ConfigureAwait(false);
            }
        }

        if (!cancellation.IsCancellationRequested)
        {
            TellUnfinished(container);
        }

        return _sum;
    }

    // False where xunit wants no more.
    private bool Tell(IMessageSinkMessage message)
    {
        switch (message)
        {
            // The assembly's are told here; and what was found is known.
            case ITestAssemblyStarting or ITestAssemblyFinished or IDiscoveryStarting or IDiscoveryComplete or ITestCaseDiscovered:
                return true;
            case ITestCollectionStarting starting:
                _open.Add(starting.TestCollectionUniqueID);
                break;
            case ITestClassStarting starting:
                _open.Add(starting.TestClassUniqueID!);
                break;
            case ITestMethodStarting starting:
                _open.Add(starting.TestMethodUniqueID!);
                break;
            case ITestCollectionFinished finished:
                _open.Remove(finished.TestCollectionUniqueID);
                break;
            case ITestClassFinished finished:
                _open.Remove(finished.TestClassUniqueID!);
                break;
            case ITestMethodFinished finished:
                _open.Remove(finished.TestMethodUniqueID!);
                break;
            case ITestCaseStarting starting:
                _started.Add(starting.TestCaseUniqueID);
                break;
            case ITestStarting starting:
                _running.Add(starting.TestUniqueID, starting);
                break;
            case ITestFinished finished:
                _running.Remove(finished.TestUniqueID);
                break;
            case ITestCaseFinished finished:
                _finished.Add(finished.TestCaseUniqueID);
                _sum.Total += finished.TestsTotal;
                _sum.Failed += finished.TestsFailed;
                _sum.Skipped += finished.TestsSkipped;
                _sum.NotRun += finished.TestsNotRun;
                _sum.Time += finished.ExecutionTime;
                break;
            default:
                break;
        }

        return context.MessageBus.QueueMessage(message);
    }

    // The container ended, or never began.
    private void TellUnfinished(TestContainer container)
    {
        var told = _running.Values.Select(t => t.TestCaseUniqueID).ToHashSet();
        foreach (var test in _running.Values.ToList())
        {
            var failure = new InvalidOperationException(container.EndedDuring);
            Tell(TestFailed.FromException(failure, test.AssemblyUniqueID, test.TestCollectionUniqueID, test.TestClassUniqueID, test.TestMethodUniqueID,
                test.TestCaseUniqueID, test.TestUniqueID, 0, null, null));
            Tell(new TestFinished
            {
                AssemblyUniqueID = test.AssemblyUniqueID, TestCollectionUniqueID = test.TestCollectionUniqueID, TestClassUniqueID = test.TestClassUniqueID,
                TestMethodUniqueID = test.TestMethodUniqueID, TestCaseUniqueID = test.TestCaseUniqueID, TestUniqueID = test.TestUniqueID,
                Attachments = new Dictionary<string, TestAttachment>(), ExecutionTime = 0, FinishTime = DateTimeOffset.UtcNow, Output = "", Warnings = null,
            });
            _sum.Total++;
            _sum.Failed++;
        }

        var before = new InvalidOperationException(container.EndedBefore);
        foreach (var test in cases.Where(c => !_finished.Contains(c.UniqueID) && !told.Contains(c.UniqueID)))
        {
            _sum.Aggregate(XunitRunnerHelper.FailTestCases(context.MessageBus, context.CancellationTokenSource, [test], before,
                sendTestCollectionMessages: !_open.Contains(test.TestCollection.UniqueID), sendTestClassMessages: !_open.Contains(test.TestClass.UniqueID),
                sendTestMethodMessages: !_open.Contains(test.TestMethod.UniqueID), sendTestCaseMessages: !_started.Contains(test.UniqueID)));
        }
    }
}
