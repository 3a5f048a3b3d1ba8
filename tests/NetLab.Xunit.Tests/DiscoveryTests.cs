using System.Collections.Concurrent;
using NetLab.Linux.Probe;
using NetLab.Testing;
using NetLab.Xunit.Discovery;
using Xunit.Sdk;

namespace NetLab.Xunit.Tests;

/// <summary>What xunit makes of the attributes. They run alone, because they set the environment variable that all lab tests read.</summary>
[Collection(nameof(DiscoveryTests))]
[CollectionDefinition(nameof(DiscoveryTests), DisableParallelization = true)]
public sealed class DiscoveryTests : IDisposable
{
    private static readonly Feature Missing = Capabilities.All.First(f => !f.Available && !LabFeatures.Basic.Contains(f.Feature)).Feature;

    private readonly string? _before = Environment.GetEnvironmentVariable(Requirement.Variable);

    public DiscoveryTests() => Environment.SetEnvironmentVariable(Requirement.Variable, null);

    public void Dispose() => Environment.SetEnvironmentVariable(Requirement.Variable, _before);

    [Fact]
    public void An_attribute_whose_needs_are_unmet_tells_xunit_to_skip_and_why()
    {
        Assert.Contains(Capabilities.Of(Missing).Name, new LabFactAttribute(Missing).Skip);
        Assert.Contains(Capabilities.Of(Missing).Name, new LabTheoryAttribute(Missing).Skip);
    }

    [Fact]
    public void A_required_feature_makes_the_attribute_leave_the_decision_to_the_run()
    {
        Environment.SetEnvironmentVariable(Requirement.Variable, "all");

        Assert.Null(new LabFactAttribute(Missing).Skip);
        Assert.Null(new LabTheoryAttribute(Missing).Skip);
    }

    [Fact]
    public void A_lab_theory_that_can_run_has_a_test_for_each_row()
    {
        Assert.Equal(2, DiscoverTheory().Count);
    }

    [Fact]
    public async Task A_required_lab_fact_that_cannot_run_fails_and_says_what_is_missing()
    {
        Environment.SetEnvironmentVariable(Requirement.Variable, Missing.ToString());

        (var summary, var failed) = await RunAsync(Assert.Single(DiscoverFact(Missing)));

        Assert.Equal((1, 1, 0), (summary.Total, summary.Failed, summary.Skipped));
        Assert.Equal(typeof(MissingFeatureException).FullName, Assert.Single(failed.ExceptionTypes));
        Assert.Contains(Capabilities.Of(Missing).Name, Assert.Single(failed.Messages));
    }

    [Fact]
    public async Task A_required_lab_theory_that_cannot_run_fails_once()
    {
        Environment.SetEnvironmentVariable(Requirement.Variable, "all");

        (var summary, _) = await RunAsync(Assert.Single(DiscoverTheory(Missing)));

        Assert.Equal(1, summary.Failed);
    }

    [Fact]
    public async Task A_failing_stand_in_survives_the_way_through_the_runner()
    {
        Environment.SetEnvironmentVariable(Requirement.Variable, "all");
        var found = Assert.Single(DiscoverFact(Missing));

        var travelled = SerializationHelper.Deserialize<IXunitTestCase>(SerializationHelper.Serialize(found));

        (_, var failed) = await RunAsync(travelled);
        Assert.Contains(Capabilities.Of(Missing).Name, Assert.Single(failed.Messages));
        Assert.Equal(found.UniqueID, travelled.UniqueID);
    }

    private static List<IXunitTestCase> DiscoverFact(params Feature[] needs) =>
        [.. new LabFactDiscoverer(new NullMessageSink()).Discover(new NoOptions(), MethodOf(nameof(Sample.Fact)),
            new Attribute<LabFactAttribute>(new LabFactAttribute(needs)))];

    private static List<IXunitTestCase> DiscoverTheory(params Feature[] needs) =>
        [.. new LabTheoryDiscoverer(new NullMessageSink()).Discover(new NoOptions(), MethodOf(nameof(Sample.Theory)),
            new Attribute<LabTheoryAttribute>(new LabTheoryAttribute(needs)))];

    private static TestMethod MethodOf(string name)
    {
        var assembly = new TestAssembly(Reflector.Wrap(typeof(Sample).Assembly));
        var type = new TestClass(new TestCollection(assembly, null, "sample"), Reflector.Wrap(typeof(Sample)));
        return new TestMethod(type, Reflector.Wrap(typeof(Sample).GetMethod(name)!));
    }

    private static async Task<(RunSummary Summary, TestFailed Failed)> RunAsync(IXunitTestCase testCase)
    {
        var bus = new RecordingBus();
        using var cancel = new CancellationTokenSource();
        var summary = await testCase.RunAsync(new NullMessageSink(), bus, [], new ExceptionAggregator(), cancel);
        Assert.Single(bus.Messages.OfType<ITestStarting>());
        Assert.Single(bus.Messages.OfType<ITestFinished>());
        return (summary, Assert.Single(bus.Messages.OfType<TestFailed>()));
    }

    public static class Sample
    {
        public static void Fact()
        {
        }

#pragma warning disable xUnit1008 // The attribute that makes it a theory is handed to the discoverer by the tests.
        [InlineData(1)]
        [InlineData(2)]
        public static void Theory(int row) => _ = row;
#pragma warning restore xUnit1008
    }

    private sealed class NoOptions : LongLivedMarshalByRefObject, ITestFrameworkDiscoveryOptions
    {
        public TValue GetValue<TValue>(string name) => default!;

        public void SetValue<TValue>(string name, TValue value)
        {
        }
    }

    private sealed class Attribute<T>(T attribute) : LongLivedMarshalByRefObject, IAttributeInfo
        where T : FactAttribute
    {
        public IEnumerable<object> GetConstructorArguments() => [];

        public IEnumerable<IAttributeInfo> GetCustomAttributes(string assemblyQualifiedAttributeTypeName) =>
            Reflector.Wrap(typeof(T)).GetCustomAttributes(assemblyQualifiedAttributeTypeName);

        public TValue GetNamedArgument<TValue>(string argumentName) => (TValue)typeof(T).GetProperty(argumentName)!.GetValue(attribute)!;
    }

    private sealed class RecordingBus : IMessageBus
    {
        public ConcurrentQueue<IMessageSinkMessage> Messages { get; } = [];

        public bool QueueMessage(IMessageSinkMessage message)
        {
            Messages.Enqueue(message);
            return true;
        }

        public void Dispose()
        {
        }
    }
}
