using NetLab.Linux.Probe;
using NetLab.Scenarios;

namespace NetLab.Cli.Tests;

/// <summary>A small scenario and what happens in it, without a kernel; and terminals that remember.</summary>
internal static class Samples
{
    public const string Yaml = """
        name: Two VMs on a bridge
        description: The smallest network with a bridge in it.
        lab:
          nodes:
            host:
              bridges:
                br0: {}
              vms:
                vm01: { bridge: br0, mac: 'fa:16:3e:00:00:01', addresses: 10.0.0.11/24 }
                vm02: { bridge: br0, mac: 'fa:16:3e:00:00:02', addresses: 10.0.0.12/24 }
        steps:
          - ping: vm01 -> vm02

        """;

    /// <summary>The first steps of a teaching lab: a node <c>a</c> that has an address, and a task for a node <c>b</c> that has none.</summary>
    public const string GiveAnAddress = """
        - say: Two nodes and a cable.
        - task: Give eth0 of b the address 10.0.0.2/24.
          hint: [It is done with ip address., 'ip address add … dev eth0']
          solution:
            - exec: { node: b, run: ip address add 10.0.0.2/24 dev eth0 }
          check:
            - name: a reaches it
              ping: { from: a, to: 10.0.0.2 }
        """;

    public static ScenarioRun Run(string yaml = Yaml) => ScenarioRun.Describe(ScenarioDocument.Parse(yaml, "two.yaml"));

    public static ScenarioStep Step(int number, string title, string action = "ping", int depth = 0) =>
        new(number, title, action, new Position(10 + number, 5), depth);

    public static StepEnded Ended(ScenarioStep step, StepOutcome outcome = StepOutcome.Passed, string[]? seen = null, string? problem = null,
        bool? holds = null) =>
        new(step, outcome, seen ?? [], problem, TimeSpan.FromMilliseconds(12)) { Holds = holds };

    /// <summary>A claim with two checks, one of which fails.</summary>
    public static IEnumerable<ScenarioEvent> Claim(int number, StepOutcome outcome, bool holds)
    {
        ScenarioStep claim = Step(number, "A tap is a veth", "claim"), first = Step(1, "it is a device", "state", 1),
            second = Step(2, "it has a peer", "state", 1);
        yield return new StepStarted(claim);
        yield return new StepStarted(first);
        yield return Ended(first, seen: ["tap0: tun, up"]);
        yield return new Narration("Now look for the other end.", 1);
        yield return new StepStarted(second);
        yield return holds ? Ended(second) : Ended(second, StepOutcome.Failed, problem: "it has none\n  and here is more");
        yield return Ended(claim, outcome, ["tap0: tun, up", "it has none"], outcome == StepOutcome.Failed ? "the claim does not hold" : null, holds);
    }

    public static FeatureState Feature(Feature feature, bool available = true) =>
        new(feature, $"the feature {feature}", available, available ? "tried: works" : "tried: EOPNOTSUPP",
            $"CONFIG_{feature.ToString().ToUpperInvariant()}", "Do without");
}

/// <summary>A terminal whose output is kept.</summary>
internal sealed class Recorder : IDisposable
{
    private readonly StringWriter _output = new() { NewLine = "\n" };
    private readonly StringWriter _error = new() { NewLine = "\n" };

    public Recorder(int? columns = null, bool colours = false) => Terminal = new Terminal(_output, _error, columns, colours);

    public Terminal Terminal { get; }

    public string Output => _output.ToString();

    public string Error => _error.ToString();

    public void Dispose() => Terminal.Dispose();
}
