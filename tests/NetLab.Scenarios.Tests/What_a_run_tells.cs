using System.Diagnostics;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Scenarios.Tests;

/// <summary>Steps in a small lab: what passes, what fails, and what is said of it.</summary>
public sealed class What_a_run_tells
{
    private const string Lab = """
        name: small
        lab:
          nodes:
            h1:
              devices:
                eth0: { addresses: [10.0.0.1/24, 'fd00::1/64'] }
                alone: { type: tap }
            sw:
              bridges:
                br0: { ports: p1 }
              vms:
                vm01: { bridge: br0, addresses: [10.0.0.11/24, 'fd00::11/64'] }
                vm02: { bridge: br0, addresses: [10.0.0.12/24, 'fd00::12/64'] }
                mute: { bridge: br0, addresses: 10.0.0.13/24, answers: [] }
          links:
            - h1:eth0 -- sw:p1
        steps:

        """;

    [LabFact]
    public async Task What_the_kernel_lacks_a_feature_for_is_skipped_and_says_which_one()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: vlans, needs: BridgeVlanFiltering, exec: { node: sw, run: ip link set br0 type bridge vlan_filtering 1 } }
              - { name: taps, needs: [Tap, Veth], ping: vm01 -> vm02 }
            """);

        var state = Capabilities.Of(Feature.BridgeVlanFiltering);
        Assert.Equal(state.Available ? StepOutcome.Passed : StepOutcome.Skipped, play.Step("vlans").Outcome);
        Assert.Equal(!state.Available, play.Step("vlans").IsLacking);
        Assert.Equal(state.Available, play.Step("vlans").Problem?.Contains("CONFIG_BRIDGE_VLAN_FILTERING", StringComparison.Ordinal) != true);
        Assert.Equal(StepOutcome.Passed, play.Step("taps").Outcome);
        Assert.Contains("'BridgeVlanFilter' is no feature; did you mean 'BridgeVlanFiltering'?",
            Assert.Throws<ScenarioException>(() => ScenarioDocument.Parse(Lab + "  - { needs: BridgeVlanFilter, ping: vm01 -> vm02 }")).Message);
    }

    [LabFact]
    public async Task Every_kind_of_frame_arrives()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: udp, send: { from: vm01, to: vm02, udp: { dst: 53, payload: hi } }, expect: { at: vm02, via: tap-vm01 > br0 > tap-vm02 } }
              - { name: udp6, send: { from: vm01, to: 'fd00::12', dst_mac: 'ff:ff:ff:ff:ff:ff', udp: 53 }, expect: vm02 }
              - { name: tcp, send: { from: vm01, to: vm02, tcp: { dst: 80, flags: [syn, ack] } }, expect: vm02 }
              - { name: icmp, send: { from: vm01, to: vm02, icmp: echo-request, ttl: 3 }, expect: vm02 }
              - { name: arp, send: { from: vm01, to: 10.0.0.12, arp: request }, expect: [vm02, mute, 'h1:eth0'], expect-none: vm01 }
              - { name: bare, send: { from: vm01, to: vm02, ethernet: { type: 0x88b5, size: 1000 } }, expect: vm02 }
              - { name: raw, send: { from: vm01, raw: 'ff ff ff ff ff ff  02 00 00 00 00 01  88 b5  01 02 03' }, expect: [vm02, mute] }
              - { name: tagged, send: { from: vm01, to: vm02, vlan: 7, udp: 53 }, expect: vm02 }
              - { name: multicast, send: { from: vm01, dst: 239.1.1.1, to: 239.1.1.1, udp: 5000 }, expect: [vm02, mute] }
              - { name: resolved, send: { from: vm01, to: 10.0.0.1, udp: 9 }, expect: 'h1:eth0', expect-none: vm02 }
            """);

        Assert.True(play.Succeeded, play.ToString());
        Assert.Contains("IPv6 fd00::11 > fd00::12", play.Step("udp6").Seen[0]);
        Assert.Contains("UDP 40000 > 53 len 2", play.Step("udp").Seen[0]);
        Assert.Contains("vlan 7", play.Step("tagged").Seen[0], StringComparison.OrdinalIgnoreCase);
        Assert.Contains("01:00:5e:01:01:01", play.Step("multicast").Seen[0]);
    }

    [LabFact]
    public async Task A_lab_that_was_built_before_is_told_with_the_time_that_this_took()
    {
        await using var run = ScenarioRun.Describe(ScenarioDocument.Parse(Lab + "  - say: nothing"));
        var begun = Stopwatch.GetTimestamp();
        await run.BuildAsync();
        var built = Stopwatch.GetElapsedTime(begun);
        var events = new List<ScenarioEvent>();
        await foreach (var happening in run.PlayAsync())
        {
            events.Add(happening);
        }

        Assert.InRange(Assert.Single(events.OfType<LabReady>()).Took, built / 10, built);
    }

    [LabFact]
    public async Task What_a_switch_did_not_send_on_is_told_where_others_got_the_frame()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: isolated, set: { port: 'sw:tap-vm01', isolated: on } }
              - { name: other, set: { port: 'sw:tap-vm02', isolated: on } }
              - { name: wrong, send: { from: vm01, to: vm02, udp: 53 }, expect: [mute, vm02] }
            """);

        var problem = play.Step("wrong").Problem;
        Assert.Contains("vm01 > tap-vm01 > br0 > tap-mute > mute   (delivered", problem);
        Assert.Contains("X NOT FORWARDED at sw/tap-vm02", problem);
        Assert.Contains("Why: Bridge br0 sends nothing from tap-vm01 to tap-vm02: both ports are isolated.", problem);
        Assert.Contains("Fix: bridge link set dev tap-vm02 isolated off", problem);
    }

    [LabFact]
    public async Task A_failed_expectation_shows_the_way_of_the_frame_and_the_run_goes_on()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: wrong, send: { from: vm01, to: vm02, udp: 53 }, expect: mute, expect-none: vm02 }
              - { name: right, ping: vm01 -> vm02 }
            """);

        Assert.False(play.Succeeded);
        Assert.Equal((1, 1, 0), (play.Ended.Passed, play.Ended.Failed, play.Ended.Skipped));
        var wrong = play.Step("wrong");
        // The first frame for vm02 is flooded, so mute has it; that vm02 has it is what is wrong.
        Assert.Equal(StepOutcome.Failed, wrong.Outcome);
        Assert.Contains("Expected VM vm02 not to receive the frame", wrong.Problem);
        Assert.Contains("vm01 > tap-vm01 > br0 > tap-vm02 > vm02", wrong.Problem);
        Assert.NotNull(wrong.Fate);
    }

    [LabFact]
    public async Task A_wrong_way_and_a_wrong_count_are_told()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: way, send: { from: vm01, to: vm02, udp: 53 }, expect: { at: vm02, via: tap-vm01 > p1 > tap-vm02 } }
              - { name: count, send: { from: vm01, to: vm02, udp: 53 }, expect: { at: vm02, copies: 2 } }
            """);

        Assert.Contains("via tap-vm01 > p1 > tap-vm02, but it came another way", play.Step("way").Problem);
        Assert.Contains("Expected 2 copies", play.Step("count").Problem);
    }

    [LabFact]
    public async Task After_a_change_that_failed_the_rest_is_skipped()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: too small, set: { device: 'h1:alone', mtu: 65535 } }
              - { name: after it, ping: vm01 -> vm02 }
            """);

        Assert.Equal((0, 1, 1), (play.Ended.Passed, play.Ended.Failed, play.Ended.Skipped));
        Assert.Contains("EINVAL", play.Step("too small").Problem);
        Assert.Contains("the change in line", play.Step("after it").Problem);
    }

    [LabFact]
    public async Task A_refusal_that_is_expected_passes_and_its_absence_fails()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: refused, set: { device: 'h1:eth0', held: on }, refused: EINVAL }
              - { name: not refused, set: { device: 'h1:eth0', mtu: 1400 }, refused: EINVAL }
            """);

        Assert.Equal(StepOutcome.Passed, play.Step("refused").Outcome);
        Assert.Contains("EINVAL", play.Step("refused").Seen[0]);
        Assert.Contains("but it was done", play.Step("not refused").Problem);
    }

    [LabFact]
    public async Task A_program_is_judged_by_its_exit_code_and_its_output()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: good, exec: { node: h1, run: ip -brief address show dev eth0, contains: [10.0.0.1/24, 'fd00::1/64'], lacks: 10.0.0.2 } }
              - { name: code, exec: { node: h1, run: 'false' } }
              - { name: failure, exec: { node: h1, run: ip link show dev nowhere, exit: failure, contains: does not exist } }
              - { name: lacking, exec: { node: h1, run: echo one two, contains: three } }
              - { name: list, exec: { node: h1, run: [sh, -c, 'echo a | tr a b'], contains: b } }
              - { name: nothing, exec: { node: h1, run: no-such-program } }
            """);

        Assert.Equal(["good", "failure", "list"], play.Steps.Where(step => step.Outcome is StepOutcome.Passed).Select(step => step.Step.Title));
        Assert.Contains("exit code 1; expected 0", play.Step("code").Problem);
        Assert.Contains("does not contain 'three'", play.Step("lacking").Problem);
        Assert.Contains("no-such-program", play.Step("nothing").Problem);
    }

    [LabFact]
    public async Task A_look_at_a_device_says_what_is_otherwise()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: good, state: { device: 'sw:p1', kind: veth, up: on, carrier: on, mtu: 1500, master: br0 } }
              - { name: bad, state: { device: 'h1:alone', carrier: on, mtu: 9000 } }
            """);

        Assert.Equal(StepOutcome.Passed, play.Step("good").Outcome);
        Assert.Contains("carrier is off, expected on, mtu is 1500, expected 9000", play.Step("bad").Problem);
    }

    [LabFact]
    public async Task A_ping_that_should_fail_and_does_not_is_a_failure()
    {
        var play = await Play.TextAsync(Lab + """
              - { name: answered, ping: { from: h1, to: vm01, expect: no-reply } }
              - { name: mute, ping: { from: vm01, to: mute } }
              - { name: v6, ping: { from: h1, to: 'fd00::12' } }
              - { name: node, ping: vm01 -> h1 }
            """);

        Assert.Contains("expected no answer, but one came", play.Step("answered").Problem);
        Assert.Contains("nobody answered for 10.0.0.13", play.Step("mute").Problem);
        Assert.Equal(StepOutcome.Passed, play.Step("v6").Outcome);
        Assert.Equal(StepOutcome.Passed, play.Step("node").Outcome);
    }

    [Fact]
    public void Who_has_asked_for_an_address_can_ask_and_be_asked() =>
        ScenarioDocument.Parse(Lab.Replace(", addresses: [10.0.0.11/24, 'fd00::11/64']", "") + """
          - dhcp: vm01
          - ping: vm01 -> vm02
          - connect: { from: vm02, to: vm01, port: 22 }
        """);

    [LabFact]
    public async Task Each_outcome_of_a_connection_can_be_expected()
    {
        var play = await Play.TextAsync("""
            name: a router that knows one network
            lab:
              nodes:
                h1: { devices: { eth0: { addresses: 10.0.0.1/24 } }, routes: [192.0.2.0/24 via 10.0.0.254] }
                r: { forwarding: on, devices: { eth0: { addresses: 10.0.0.254/24 } } }
              links: ['h1:eth0 -- r:eth0']
            steps:
              - { name: no route here, connect: { from: h1, to: 198.51.100.1, port: 22, expect: not-sent } }
              - { name: no route there, connect: { from: h1, to: 192.0.2.1, port: 22, expect: unreachable } }
              - { name: nobody listens, connect: { from: h1, to: 10.0.0.254, port: 22, expect: refused } }
              - { name: wrong, connect: { from: h1, to: 10.0.0.254, port: 22, expect: unreachable } }
            """);

        Assert.Equal([StepOutcome.Passed, StepOutcome.Passed, StepOutcome.Passed, StepOutcome.Failed], play.Steps.Select(step => step.Outcome));
        Assert.Contains("expected: unreachable, but ", play.Step("wrong").Problem);
    }

    [LabTheory]
    [InlineData("on", "vm02", true, true)]
    [InlineData("off", "mute", false, true)]
    [InlineData("on", "mute", false, false)]
    [InlineData("off", "vm02", true, false)]
    public async Task A_claim_is_decided_by_its_checks(string holds, string target, bool seen, bool passes)
    {
        var play = await Play.TextAsync(Lab + $"""
              - claim: {target} answers
                holds: {holds}
                check:
                  - ping: vm01 -> {target}
            """);

        var claim = play.Step($"{target} answers");
        Assert.Equal(seen, claim.Holds);
        Assert.Equal(passes, claim.Outcome is StepOutcome.Passed);
        Assert.Equal(passes, play.Succeeded);
        Assert.NotEmpty(claim.Seen);
    }

    private const string TaskStep = """
          - task: Let mute speak.
            hint: [What does it answer?, Nothing so far.]
            solution:
              - set: { vm: mute, answers: [arp, ping] }
            check:
              - ping: vm01 -> mute
        """;

    [LabFact]
    public async Task Without_a_reader_a_task_is_solved_and_checked()
    {
        var play = await Play.TextAsync(Lab + TaskStep);

        Assert.True(play.Succeeded, play.ToString());
        Assert.Equal(2, play.Events.OfType<TaskOffered>().Single().Offer.Hints.Count);
        Assert.Equal(["set", "ping"], play.Events.OfType<StepStarted>().Where(step => step.Step.Depth == 1).Select(step => step.Step.Action));
    }

    [LabFact]
    public async Task A_task_whose_check_passes_beforehand_is_no_task()
    {
        var play = await Play.TextAsync(Lab + TaskStep.Replace("vm01 -> mute", "vm01 -> vm02", StringComparison.Ordinal));

        Assert.Contains("pass before anything is done", play.Step("Let mute speak.").Problem);
    }

    [LabFact]
    public async Task A_reader_may_try_until_the_check_passes()
    {
        var asked = 0;
        await using var run = ScenarioRun.Describe(ScenarioDocument.Parse(Lab + TaskStep));
        var reader = new Reader(_ =>
        {
            if (++asked == 2)
            {
                run.Lab.FindVm("mute")!.AnswersArp = true;
                run.Lab.FindVm("mute")!.AnswersPing = true;
            }
            return TaskAnswer.Check;
        });
        var looks = new List<bool>();
        await foreach (var happening in run.PlayAsync(reader))
        {
            if (happening is TaskChecked look)
            {
                looks.Add(look.IsDone);
            }
        }

        Assert.Equal([false, true], looks);
        Assert.True(run.Succeeded);
        Assert.Equal(2, asked);
    }

    [LabFact]
    public async Task A_reader_may_skip_a_task()
    {
        var play = await Play.TextAsync(Lab + TaskStep, new Reader(_ => TaskAnswer.Skip));

        Assert.Equal(StepOutcome.Skipped, play.Step("Let mute speak.").Outcome);
        Assert.True(play.Succeeded);
    }

    [LabFact]
    public async Task What_the_kernel_refuses_while_building_is_told_with_the_line_that_asks_for_it()
    {
        // An MTU that the file may ask for and a tap cannot have.
        var yaml = """
            name: too large
            lab:
              nodes:
                h1:
                  devices:
                    tap0: { type: tap, mtu: 65535 }
            """;

        var refusal = await Assert.ThrowsAsync<ScenarioException>(() => Play.TextAsync(yaml));

        Assert.Equal(new Position(6, 9), Assert.Single(refusal.Diagnostics).At);
        Assert.Contains("EINVAL", refusal.Message);
        Assert.Contains("MTU 65535", refusal.Message);
    }

    [LabFact]
    public async Task A_run_can_be_ended_at_any_step()
    {
        using var end = new CancellationTokenSource();
        await using var run = ScenarioRun.Describe(ScenarioDocument.Parse(Lab + "  - ping: vm01 -> vm02\n  - ping: vm01 -> vm02\n"));

        await Assert.ThrowsAnyAsync<OperationCanceledException>(async () =>
        {
            await foreach (var happening in run.PlayAsync(end.Token))
            {
                if (happening is StepEnded)
                {
                    await end.CancelAsync();
                }
            }
        });
        Assert.False(run.Succeeded);
    }

    [Fact]
    public void A_lab_can_be_looked_at_before_it_is_built()
    {
        var run = ScenarioRun.Describe(ScenarioDocument.Load(Path.Combine(Files.Scenarios, "openstack", "hybrid-plug.yaml")));

        Assert.False(run.Lab.IsApplied);
        Assert.Equal(
            ["br-int", "qbr0c1383d0-c8", "qvb0c1383d0-c8", "qvo0c1383d0-c8", "tap0c1383d0-c8"],
            run.Lab.FindNode("compute1")!.Devices.Take(5).Select(device => device.Name));
        Assert.Equal("0c1383d0-c894-4b5e-8f11-7a2e40c1d6b3",
            ((OvsBridge)run.Lab.FindNode("compute1")!.Device("br-int")).Port(run.Lab.FindNode("compute1")!.Device("qvo0c1383d0-c8"))
                .Options.ExternalIds["iface-id"]);
    }
}
