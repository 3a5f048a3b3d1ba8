using System.CommandLine;
using NetLab.Scenarios;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab lab verify FILE…</c>: whether the tasks of teaching labs can be told done from not done.</summary>
internal static class LabCommand
{
    public static Command Create(Terminal terminal)
    {
        var files = new Argument<string[]>("file") { Description = "Teaching labs", Arity = ArgumentArity.OneOrMore };
        files.Validators.Add(ScenarioFiles.Check);
        var verify = new Command("verify", "Do every task by its solution: its checks must fail before it and pass after it, and every other step must " +
            "come out as the lab says. Exit code 1: something does not.") { files };
        verify.SetAction((parsed, ct) => VerifyAsync(terminal, parsed.GetRequiredValue(files), ct));
        return new Command("lab", "What is done with teaching labs besides running them") { verify };
    }

    private static async Task<int> VerifyAsync(Terminal terminal, string[] files, CancellationToken ct)
    {
        var wrong = 0;
        foreach (var run in ScenarioFiles.Describe(files))
        {
            await using (run.ConfigureAwait(false))
            {
                RunCommand.RequireWhatItNeeds(run.Lab);
                var ended = new List<StepEnded>();
                await foreach (var happening in run.PlayAsync(ct).ConfigureAwait(false))
                {
                    if (happening is StepEnded { Step.Depth: 0 } step)
                    {
                        ended.Add(step);
                    }
                }

                // A task without a solution is skipped: nobody can say whether its checks would ever pass.
                var lacking = ended.FindAll(step => step.IsLacking);
                var bad = ended.FindAll(step => step is { Outcome: not StepOutcome.Passed, IsLacking: false });
                terminal.Page.Line($"{(bad.Count == 0 ? "[green]✓[/]" : "[red]✗[/]")} {Page.Styled(run.Document.File, null)}  "
                    + Page.Styled($"{Count(run.Tasks, "task")}, {Count(ended.Count - run.Tasks, "other step")}", "grey"));
                Tell(run.Document.File, bad, "", "red");
                Tell(run.Document.File, lacking, "skipped: ", "yellow");

                wrong += bad.Count;
            }
        }

        terminal.Page.Line(Page.Styled($"{wrong} wrong", wrong == 0 ? "green" : "red"));
        return wrong == 0 ? ExitCode.Fine : ExitCode.Failed;

        void Tell(string file, List<StepEnded> steps, string word, string style)
        {
            foreach (var step in steps)
            {
                terminal.Page.Item(2, $"{file}:{step.Step.At}: {step.Step.Action} {step.Step.Number}, {step.Step.Title}: {word}{Why(step)}", style);
            }
        }
    }

    private static string Why(StepEnded step) => step.Step.Action == "task" && step.Outcome is StepOutcome.Failed && step.Seen.Count > 0
        ? $"it does not hold after its solution: {step.Problem}" : step.Problem ?? "";

    private static string Count(int number, string noun) => $"{number} {noun}{(number == 1 ? "" : "s")}";
}
