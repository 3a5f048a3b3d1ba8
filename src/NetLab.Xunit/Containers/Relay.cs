using NetLab.Testing;
using Xunit.Abstractions;
using Xunit.Sdk;

namespace NetLab.Xunit.Containers;

/// <summary>Runs test cases in a container, and tells xunit here what is told there.</summary>
internal sealed class Relay(IMessageBus bus, IReadOnlyList<IXunitTestCase> cases, ITestFrameworkExecutionOptions options)
{
    private readonly Dictionary<(int, string), XunitTest> _running = [];
    private readonly RunSummary[] _sums = [.. cases.Select(_ => new RunSummary())];
    private readonly bool[] _started = new bool[cases.Count], _finished = new bool[cases.Count];
    private readonly RunSummary _sum = new();

    public async Task<RunSummary> RunAsync(string engine, CancellationTokenSource cancellation)
    {
        var assembly = cases[0].TestMethod.TestClass.Class.ToRuntimeType().Assembly;
        var name = assembly.GetName().Name!;
        string[] environment = [$"DOTNET_STARTUP_HOOKS={TestContainer.FileOf("NetLab.Xunit")}", $"{InContainer.AssemblyVariable}={name}",
            $"{InContainer.OptionsVariable}={InContainer.OptionsOf(options)}"];
        using var container = TestContainer.Start(engine, LabTestsInContainerAttribute.ImageOf(assembly), [.. cases.Select(SerializationHelper.Serialize)],
            environment, "dotnet", TestContainer.FileOf(name));
        await using var stop = cancellation.Token.Register(container.Stop).ConfigureAwait(false);
        TellCollections(begin: true);
        await foreach (var line in container.LinesAsync(ToldLine.Prefix).ConfigureAwait(false))
        {
            if (!Tell(ToldLine.Read(line)))
            {
                await cancellation.CancelAsync().ConfigureAwait(false);
            }
        }

        if (!cancellation.IsCancellationRequested)
        {
            TellUnfinished(container);
        }

        TellCollections(begin: false);
        return _sum;
    }

    // Runners know a test by its collection, class and method, of which they want to be told.
    private void TellCollections(bool begin)
    {
        foreach (var collection in cases.GroupBy(c => c.TestMethod.TestClass.TestCollection.UniqueID))
        {
            IEnumerable<ITestCase> all = [.. collection];
            var room = collection.First().TestMethod.TestClass.TestCollection;
            if (begin)
            {
                bus.QueueMessage(new TestCollectionStarting(all, room));
            }

            foreach (var type in collection.GroupBy(c => c.TestMethod.TestClass.Class.Name))
            {
                var inside = type.First().TestMethod.TestClass;
                bus.QueueMessage(begin ? new TestClassStarting([.. type], inside) : new TestClassFinished([.. type], inside, 0, 0, 0, 0));
                foreach (var method in type.GroupBy(c => c.TestMethod.Method.Name))
                {
                    var one = method.First().TestMethod;
                    bus.QueueMessage(begin ? new TestMethodStarting([.. method], one) : new TestMethodFinished([.. method], one, 0, 0, 0, 0));
                }
            }

            if (!begin)
            {
                bus.QueueMessage(new TestCollectionFinished(all, room, 0, 0, 0, 0));
            }
        }
    }

    // False where xunit wants no more.
    private bool Tell(ToldLine line)
    {
        if (line.Kind is ToldKind.Error)
        {
            return bus.QueueMessage(new ErrorMessage(cases, line.Failure!.Types, line.Failure.Messages, line.Failure.Stacks, line.Failure.Parents));
        }

        var test = cases[line.Case];
        switch (line.Kind)
        {
            case ToldKind.CaseStarting:
                _started[line.Case] = true;
                return bus.QueueMessage(new TestCaseStarting(test));
            case ToldKind.CaseFinished:
                _finished[line.Case] = true;
                var sum = _sums[line.Case];
                _sum.Aggregate(sum);
                return bus.QueueMessage(new TestCaseFinished(test, sum.Time, sum.Total, sum.Failed, sum.Skipped));
            case ToldKind.Starting:
                var started = _running[(line.Case, line.Name!)] = new XunitTest(test, line.Name);
                return bus.QueueMessage(new TestStarting(started));
            case ToldKind.Finished:
                // The very test that was told to start: runners know it by its identity.
                var finished = TestOf(line);
                _running.Remove((line.Case, line.Name!));
                return bus.QueueMessage(new TestFinished(finished, line.Time, line.Output));
            default:
                return TellEnd(line, TestOf(line));
        }
    }

    // Rows of one theory may have the same name.
    private XunitTest TestOf(ToldLine line) =>
        _running.TryGetValue((line.Case, line.Name!), out var running) ? running : new XunitTest(cases[line.Case], line.Name);

    private bool TellEnd(ToldLine line, XunitTest test)
    {
        var sum = _sums[line.Case];
        sum.Total++;
        sum.Time += line.Time;
        switch (line.Kind)
        {
            case ToldKind.Skipped:
                sum.Skipped++;
                return bus.QueueMessage(new TestSkipped(test, line.Reason));
            case ToldKind.Failed:
                sum.Failed++;
                var failure = line.Failure!;
                return bus.QueueMessage(new TestFailed(test, line.Time, line.Output, failure.Types, failure.Messages, failure.Stacks, failure.Parents));
            default:
                return bus.QueueMessage(new TestPassed(test, line.Time, line.Output));
        }
    }

    // The container ended, or never began.
    private void TellUnfinished(TestContainer container)
    {
        for (var i = 0; i < cases.Count; i++)
        {
            if (_finished[i])
            {
                continue;
            }

            if (!_started[i])
            {
                Tell(new ToldLine(ToldKind.CaseStarting, i));
            }

            string[] names = [.. _running.Keys.Where(k => k.Item1 == i).Select(k => k.Item2)];
            foreach (var name in names.Length > 0 ? names : [cases[i].DisplayName])
            {
                if (names.Length == 0)
                {
                    Tell(new ToldLine(ToldKind.Starting, i, name));
                }

                Tell(new ToldLine(ToldKind.Failed, i, name, Failure: new ToldFailure(
                    [typeof(InvalidOperationException).FullName], [names.Length > 0 ? container.EndedDuring : container.EndedBefore], [null], [-1])));
                Tell(new ToldLine(ToldKind.Finished, i, name));
            }

            Tell(new ToldLine(ToldKind.CaseFinished, i));
        }
    }
}
