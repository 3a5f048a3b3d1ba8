using NetLab.Linux;
using NetLab.Linux.Probe;
using NetLab.Scenarios;

namespace NetLab.Cli.Tests;

public sealed class FailureTests
{
    public static TheoryData<Exception, int> Causes => new()
    {
        { new ScenarioException([new Diagnostic("a.yaml", new Position(3, 7), "wrong", "right")]), 2 },
        { new InputException("there is no file a.yaml"), 2 },
        { new TopologyException("a name twice"), 2 },
        { new MissingFeatureException(Samples.Feature(Feature.Vlan, available: false)), 3 },
        { new LinuxException("making a bridge", 1), 3 },
        { new LinuxException("making a bridge", 95), 3 },
        { new LinuxException("making a bridge", 17), 3 },
        { new OutputException("no room"), 3 },
        { new TypeInitializationException("X", new LinuxException("open a socket", 24)), 3 },
        { new InsufficientMemoryException(), 3 },
        { new ForwardingException("it did not arrive"), 1 },
        { new TimeoutException("nothing came"), 3 },
        { new InvalidCastException("a fault"), 70 },
        { new OperationCanceledException(), 130 },
    };

    [Theory]
    [MemberData(nameof(Causes))]
    public void Each_cause_has_its_exit_code_and_no_stack_trace(Exception cause, int code)
    {
        var failure = Failure.Of(cause, verbose: false);

        Assert.Equal(code, failure.ExitCode);
        Assert.NotEmpty(failure.Lines);
        Assert.All(failure.Lines, l => Assert.DoesNotContain("   at ", l));
        Assert.Contains(Failure.Of(cause, verbose: true).Lines, l => l.Contains(cause.GetType().Name, StringComparison.Ordinal));
    }

    [Fact]
    public void A_mistake_in_a_scenario_is_told_by_its_place()
    {
        var failure = Failure.Of(new ScenarioException([new Diagnostic("a.yaml", new Position(3, 7), "wrong", "right")]), verbose: false);

        Assert.Equal("a.yaml:3:7: wrong; right", Assert.Single(failure.Lines));
        Assert.Equal(new Position(3, 7), Assert.Single(failure.Diagnostics).At);
    }
}
