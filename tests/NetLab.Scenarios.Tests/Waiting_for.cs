using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Scenarios.Tests;

/// <summary>The step that waits. What it waits for comes after it has begun, from a program in a node or from this process.</summary>
public sealed class Waiting_for
{
    private const string Lab = """
        name: test
        lab:
          nodes:
            h1: { devices: { eth0: { addresses: [10.0.0.1/24, 'fd00::1/64'] } } }
            h2: { devices: { eth0: { addresses: 10.0.0.2/24 } } }
          links: ['h1:eth0 -- h2:eth0']
        steps:

        """;

    [LabFact]
    public async Task A_carrier_that_comes_later_is_waited_for()
    {
        var play = await Play.TextAsync(Lab + """
              - set: { device: 'h2:eth0', up: off }
              - wait-for: { device: 'h1:eth0', carrier: off }
              - exec: { node: h2, run: [sh, -c, '(sleep 0.3; ip link set eth0 up) > /dev/null 2>&1 &'] }
              - name: before
                state: { device: 'h1:eth0', carrier: off }
              - wait-for: { device: 'h1:eth0', carrier: on }
              - state: { device: 'h1:eth0', carrier: on }
            """);

        Assert.True(play.Succeeded, play.ToString());
        Assert.Equal(["h1:eth0: the carrier is there"], play.Step("wait for the carrier of h1:eth0").Seen);
    }

    [LabFact]
    public async Task An_address_is_waited_for_until_duplicate_address_detection_is_over()
    {
        var play = await Play.TextAsync(Lab + """
              - exec: { node: h1, run: sysctl -w net.ipv6.conf.eth0.accept_dad=1 net.ipv6.conf.eth0.dad_transmits=1 }
              - exec: { node: h1, run: 'ip address add fd00::5/64 dev eth0' }
              - exec: { node: h1, run: 'ip -6 address show dev eth0 tentative', contains: 'fd00::5' }
              - wait-for: { device: 'h1:eth0', address: 'fd00::5' }
              - exec: { node: h1, run: 'ip -6 address show dev eth0 tentative', lacks: 'fd00::5' }
            """);

        Assert.True(play.Succeeded, play.ToString());
    }

    [LabTheory]
    [InlineData("tcp")]
    [InlineData("udp")]
    public async Task A_program_that_listens_later_is_waited_for(string protocol)
    {
        await using var run = ScenarioRun.Describe(ScenarioDocument.Parse(Lab + $"  - wait-for: {{ node: h1, port: 8053, protocol: {protocol} }}\n"));
        IDisposable? listener = null;
        var later = Task.CompletedTask;
        await foreach (var happening in run.PlayAsync())
        {
            if (happening is StepStarted)
            {
                later = Task.Run(async () =>
                {
                    await Task.Delay(200);
                    listener = protocol == "tcp" ? run.Lab.FindNode("h1")!.ListenTcp(8053) : run.Lab.FindNode("h1")!.OpenUdp(8053);
                });
            }
        }
        await later;

        listener!.Dispose();
        Assert.True(run.Succeeded);
    }

    [LabFact(Feature.Tap)]
    public async Task A_frame_is_waited_for_as_long_as_the_step_says_and_no_shorter()
    {
        var outcomes = await PlayAsync(TimeSpan.FromSeconds(0.2), """
            name: test
            lab:
              nodes:
                host:
                  bridges: { br0: { addresses: 10.0.0.1/24 } }
                  vms: { vm1: { bridge: br0, addresses: 10.0.0.11/24 } }
            steps:
              - exec: { node: host, run: [sh, -c, '(sleep 0.6; ping -c 1 10.0.0.11) > /dev/null 2>&1 &'] }
              - received: { by: vm1, frame: icmp, within: 20s }
              - received: { by: vm1, frame: tcp, within: 100ms }
            """);

        Assert.Equal([StepOutcome.Passed, StepOutcome.Passed, StepOutcome.Failed], outcomes.Select(o => o.Outcome));
        Assert.StartsWith("vm1 received 0 such frames; expected at least one.", outcomes[2].Problem);
    }

    [LabFact]
    public async Task A_program_that_does_not_end_is_told()
    {
        var outcomes = await PlayAsync(TimeSpan.FromSeconds(0.2), Lab + """
              - start: { node: h1, run: [sh, -c, 'trap "" TERM; echo ready; while :; do sleep 1; done'], as: deaf, until: ready }
              - stop: deaf
            """);

        Assert.Equal([StepOutcome.Passed, StepOutcome.Failed], outcomes.Select(o => o.Outcome));
        Assert.Matches(@"^deaf \(process \d+\) has not ended within 0\.2 s.* of SIGTERM; it catches or ignores that signal", outcomes[1].Problem);
    }

    private static async Task<List<StepEnded>> PlayAsync(TimeSpan patience, string yaml)
    {
        await using var run = ScenarioRun.Describe(ScenarioDocument.Parse(yaml), new LabOptions { Patience = patience });
        var ended = new List<StepEnded>();
        await foreach (var happening in run.PlayAsync())
        {
            ended.AddRange(happening is StepEnded step ? [step] : []);
        }

        return ended;
    }

    [LabTheory]
    [InlineData("device: 'h1:eth0', carrier: off", "the end of the carrier of h1/eth0", "Last seen: it is up, with a carrier.")]
    [InlineData("node: h1, address: 10.0.0.9", "the address 10.0.0.9 on h1", "Last seen: 10.0.0.1/24, fd00::1/64.")]
    [InlineData("node: h1, port: 8080", "tcp port 8080 of h1", "Last seen: nobody listens by tcp.")]
    public async Task What_does_not_come_is_a_failure_that_says_what_was_last_seen(string what, string waited, string seen)
    {
        var play = await Play.TextAsync(Lab + $"  - {{ name: waits, wait-for: {{ {what}, within: 100ms }} }}\n");

        Assert.Equal(StepOutcome.Failed, play.Step("waits").Outcome);
        Assert.StartsWith("Waited 0.1 s", play.Step("waits").Problem);
        Assert.Contains(waited, play.Step("waits").Problem);
        Assert.EndsWith(seen, play.Step("waits").Problem);
    }

    [Theory]
    [InlineData("{}", "waits for nothing; one of carrier, address, port")]
    [InlineData("{ node: h1, port: 80, address: 10.0.0.1 }", "waits for two things; one of carrier, address, port")]
    [InlineData("{ node: h1, carrier: on }", "does not say where the carrier is awaited; device: h1:eth0")]
    [InlineData("{ address: 10.0.0.1 }", "does not say where the address is awaited; device: h1:eth0, or node: h1")]
    [InlineData("{ node: h1, address: 10.0.0.1, protocol: udp }", "'protocol' is of a port, and none is awaited; leave it out")]
    [InlineData("{ device: 'h1:eth1', carrier: on }", "h1 has no device 'eth1'; did you mean 'eth0'?")]
    [InlineData("{ node: h3, port: 80 }", "there is no node 'h3'; did you mean")]
    public void What_says_too_little_or_too_much_is_refused_before_anything_is_built(string wait, string complaint) =>
        Assert.Contains(complaint, Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(Lab + $"  - wait-for: {wait}\n")).Message);
}
