using NetLab.Cli.Running;
using NetLab.Scenarios;

namespace NetLab.Cli.Tests;

public sealed class RunViewTests
{
    [Fact]
    public void A_run_is_shown_with_its_drawing_its_steps_and_its_sum()
    {
        ScenarioStep ping = Samples.Step(1, "vm01 pings vm02"), send = Samples.Step(2, "nothing leaks", "send"), last = Samples.Step(3, "later", "exec");

        var shown = Show(
            new LabReady(Samples.Run().Lab, TimeSpan.FromMilliseconds(42)),
            new Narration("First, a ping.\n", 0),
            new StepStarted(ping),
            Samples.Ended(ping, seen: ["vm01 > 10.0.0.12: answered in 40 µs", "by vm01 > tap-vm01 > br0 > tap-vm02 > vm02"]),
            new StepStarted(send),
            Samples.Ended(send, StepOutcome.Failed, seen: ["vm01 sent a frame"],
                problem: "Expected VM vm02 not to receive the frame, but it did.\n  vm01 > tap-vm01 > br0 > tap-vm02 > vm02"),
            new StepStarted(last),
            Samples.Ended(last, StepOutcome.Skipped, problem: "not run, because the change in line 12 failed"),
            new ScenarioEnded(1, 1, 1, TimeSpan.FromSeconds(1.34)));

        Assert.Equal("""
            Two VMs on a bridge   two.yaml
              The smallest network with a bridge in it.

            ╭─ host ──────────────────────────────────────────────────────╮
            │ br0  bridge                                                 │
            │ ├─ tap-vm01 ┄┄┄ eth0  vm01  fa:16:3e:00:00:01  10.0.0.11/24 │
            │ └─ tap-vm02 ┄┄┄ eth0  vm02  fa:16:3e:00:00:02  10.0.0.12/24 │
            ╰─────────────────────────────────────────────────────────────╯

              built in 42 ms

              First, a ping.

              ✓ 1  vm01 pings vm02  12 ms
                  vm01 > 10.0.0.12: answered in 40 µs
                  by vm01 > tap-vm01 > br0 > tap-vm02 > vm02
              ✗ 2  nothing leaks  12 ms
                  vm01 sent a frame
                  Expected VM vm02 not to receive the frame, but it did.
                    vm01 > tap-vm01 > br0 > tap-vm02 > vm02
              – 3  later  12 ms
                  not run, because the change in line 12 failed

            1 passed, 1 failed, 1 skipped, in 1.3 s

            """, shown);
    }

    [Fact]
    public void A_claim_that_holds_shows_what_was_seen_and_says_so()
    {
        var shown = Steps([.. Samples.Claim(1, StepOutcome.Passed, holds: true)]);

        Assert.Equal("""
              1  Claim: A tap is a veth
                  ✓ it is a device  12 ms
                      tap0: tun, up
                  Now look for the other end.
                  ✓ it has a peer  12 ms
                  ⇒ It holds.

            """, shown);
    }

    [Fact]
    public void A_claim_that_was_to_fail_is_no_bad_news_and_shows_a_line_of_each_failed_check()
    {
        var shown = Steps([.. Samples.Claim(1, StepOutcome.Passed, holds: false)]);

        Assert.Contains("      ✗ it has a peer  12 ms\n          it has none\n      ⇒ It does not hold.\n", shown);
        Assert.DoesNotContain("here is more", shown);
    }

    [Fact]
    public void A_claim_that_should_hold_and_does_not_shows_all_of_the_problem()
    {
        var shown = Steps([.. Samples.Claim(1, StepOutcome.Failed, holds: false)]);

        Assert.Contains("it has none\n            and here is more\n      ⇒ It does not hold.\n", shown);
    }

    [Fact]
    public void A_claim_that_holds_against_the_scenario_says_so() =>
        Assert.Contains("⇒ It holds, and the scenario says that it does not.", Steps([.. Samples.Claim(1, StepOutcome.Failed, holds: true)]));

    [Fact]
    public void A_task_that_fails_gives_its_hints()
    {
        var task = Samples.Step(4, "Give the tap a carrier", "task");
        ScenarioEvent[] events =
        [
            new StepStarted(task),
            new TaskOffered(task, new TaskOffer(1, "Give the tap a carrier", ["Who could own it?", "Open it."], true)),
            Samples.Ended(task, StepOutcome.Failed, problem: "still no carrier"),
        ];

        Assert.Equal("""
              4  Task: Give the tap a carrier
                  ⇒ Not done.
                  still no carrier
                  Hint: Who could own it?
                  Hint: Open it.

            """, Steps(events));
    }

    [Fact]
    public void A_task_that_is_done_keeps_its_hints()
    {
        var task = Samples.Step(4, "Give the tap a carrier", "task");
        var shown = Steps([new StepStarted(task), new TaskOffered(task, new TaskOffer(1, "Give the tap a carrier", ["Open it."], true)), Samples.Ended(task)]);

        Assert.Contains("⇒ Done, and the checks agree.", shown);
        Assert.DoesNotContain("Hint", shown);
    }

    [Fact]
    public void What_a_scenario_says_cannot_be_taken_for_markup()
    {
        var step = Samples.Step(1, "[red]odd[/] [name");

        Assert.Contains("✓ 1  [red]odd[/] [name  12 ms\n      seen [bold]this[/]\n",
            Steps([new StepStarted(step), Samples.Ended(step, seen: ["seen [bold]this[/]"])]));
    }

    [Fact]
    public void A_screen_shows_the_step_that_is_under_way_and_draws_over_it()
    {
        using var recorder = new Recorder(columns: 60);
        var view = new RunView(recorder.Terminal.Page, Samples.Run(), verbose: false);
        var step = Samples.Step(1, "vm01 pings vm02");

        view.Show(new StepStarted(step));
        Assert.Equal("  … vm01 pings vm02", recorder.Output);
        view.Show(Samples.Ended(step));

        Assert.Equal("  … vm01 pings vm02\r\u001b[2K  ✓ 1  vm01 pings vm02  12 ms\n", recorder.Output);
    }

    [Fact]
    public void A_screen_breaks_long_lines_and_a_file_does_not()
    {
        var step = Samples.Step(1, "way");
        ScenarioEvent[] events = [new StepStarted(step), Samples.Ended(step, seen: ["by vm01 > tap-vm01 > br0 > a-device-with-a-long-name > tap-vm02 > vm02"])];

        Assert.Contains("      by vm01 > tap-vm01 > br0 > a-device-with-a-long-name > tap-vm02 > vm02\n", Steps(events));
        Assert.Contains("      by vm01 > tap-vm01 > br0 >\n        a-device-with-a-long-name > tap-vm02 >\n        vm02\n",
            Steps(events, columns: 46).Replace("\r\u001b[2K", "", StringComparison.Ordinal));
    }

    [Fact]
    public void Colours_are_shown_where_there_are_some()
    {
        using var recorder = new Recorder(columns: 80, colours: true);
        var view = new RunView(recorder.Terminal.Page, Samples.Run(), verbose: false);
        var step = Samples.Step(1, "vm01 pings vm02");
        view.Show(Samples.Ended(step));

        Assert.Contains("\u001b[32m✓\u001b[0m", recorder.Output);
    }

    private static string Show(params ScenarioEvent[] events)
    {
        using var recorder = new Recorder();
        var view = new RunView(recorder.Terminal.Page, Samples.Run(), verbose: false);
        view.Begin();
        foreach (var happening in events)
        {
            view.Show(happening);
        }

        return recorder.Output;
    }

    private static string Steps(ScenarioEvent[] events, int? columns = null)
    {
        using var recorder = new Recorder(columns);
        var view = new RunView(recorder.Terminal.Page, Samples.Run(), verbose: false);
        foreach (var happening in events)
        {
            view.Show(happening);
        }

        return recorder.Output;
    }
}
