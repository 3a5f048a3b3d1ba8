using NetLab.Scenarios;

namespace NetLab.Cli.Running;

/// <summary>A run as lines of text: the drawing, what the scenario says, each step with what was seen, and the sum.</summary>
internal sealed class RunView(Page page, ScenarioRun run, bool verbose) : IRunView
{
    private const int StepIndent = 2, SeenIndent = 6;

    // What happened inside a claim or task: it is shown when the claim is decided, because only then is it known what is good news.
    private readonly List<ScenarioEvent> _inside = [];
    private IReadOnlyList<string> _hints = [];

    public void Begin()
    {
        page.Line($"{Page.Styled(run.Document.Name, "bold")}   {Page.Styled(run.Document.File, "grey")}");
        if (run.Document.Description is { } description)
        {
            page.Text(StepIndent, description);
        }

        page.Gap();
        page.Drawing(LabDrawing.Text(run.Lab, new DrawingOptions { Columns = page.Width }));
        page.Gap();
        page.Busy("building the lab");
    }

    public void Show(ScenarioEvent happening)
    {
        switch (happening)
        {
            case LabReady ready:
                page.Line(Page.Styled($"  built in {Time(ready.Took)}", "grey"));
                break;
            case Narration { Depth: 0 } narration:
                page.Gap();
                page.Text(StepIndent, narration.Text, "cyan");
                page.Gap();
                break;
            case StepStarted started:
                page.Busy(started.Step.Title);
                break;
            case TaskOffered task:
                _hints = task.Offer.Hints;
                break;
            case Narration or StepEnded { Step.Depth: > 0 }:
                _inside.Add(happening);
                break;
            case StepEnded { Step.Action: "claim" or "task" } ended:
                ShowGroup(ended);
                break;
            case StepEnded ended:
                ShowStep(ended, StepIndent, $"{ended.Step.Number}  ", isBadNews: true);
                break;
            case ScenarioEnded sum:
                page.Gap();
                page.Line(Page.Styled($"{sum.Passed} passed, {sum.Failed} failed, {sum.Skipped} skipped, in {Time(sum.Took)}",
                    sum.Failed > 0 ? "red" : "green"));
                break;
            default:
                break;
        }
    }

    public void Left(FailureBundle bundle) => page.Line(Page.Styled(bundle.ToString(), "grey"));

    public void Fail(Failure failure) => page.Gap();

    /// <summary>What became of several scenarios.</summary>
    public static void WriteSum(Page page, IReadOnlyList<ScenarioRun> runs)
    {
        page.Gap();
        foreach (var run in runs)
        {
            page.Line($"{(run.Succeeded ? "[green]passed[/]" : "[red]failed[/]")}  {Page.Styled(run.Document.File, null)}  " +
                $"{Page.Styled(run.Document.Name, "grey")}");
        }
    }

    /// <summary>A step, with what was seen and what is wrong.</summary>
    public void ShowStep(StepEnded ended, int indent, string number, bool isBadNews)
    {
        var mark = ended.Outcome switch
        {
            StepOutcome.Passed => "[green]✓[/]",
            StepOutcome.Failed => isBadNews ? "[red]✗[/]" : "[grey]✗[/]",
            _ => "[yellow]–[/]",
        };
        page.Line($"{new string(' ', indent)}{mark} {number}{Page.Styled(ended.Step.Title, null)}  {Page.Styled(Time(ended.Took), "grey")}");
        foreach (var seen in ended.Seen.Where(s => s != ended.Step.Title))
        {
            page.Item(indent + 4, seen, "grey");
        }

        if (ended.Problem is not null)
        {
            ShowProblem(ended, indent + 4, isBadNews);
        }
        else if (verbose && ended.Fate is { } fate)
        {
            ShowLines(fate.Describe(), indent + 4, "grey");
        }
    }

    private void ShowProblem(StepEnded ended, int indent, bool isBadNews)
    {
        if (isBadNews || verbose)
        {
            ShowLines(ended.Problem!, indent, !isBadNews ? "grey" : ended.Outcome == StepOutcome.Failed ? "red" : "yellow");
        }
        else
        {
            // A check that failed as it should: what was seen matters, not the ways of frames that were not expected anyway.
            page.Item(indent, ended.Problem!.ReplaceLineEndings("\n").Split('\n')[0], "grey");
        }
    }

    private void ShowGroup(StepEnded ended)
    {
        var isTask = ended.Step.Action == "task";
        page.Gap();
        page.Line($"{new string(' ', StepIndent)}{ended.Step.Number}  [bold]{(isTask ? "Task" : "Claim")}: {Page.Styled(ended.Step.Title, null)}[/]");
        foreach (var happening in _inside)
        {
            if (happening is Narration narration)
            {
                page.Text(SeenIndent, narration.Text, "cyan");
            }
            else if (happening is StepEnded step)
            {
                ShowStep(step, SeenIndent, "", isBadNews: ended.Outcome == StepOutcome.Failed);
            }
        }

        page.Line($"{new string(' ', SeenIndent)}{Conclusion(ended)}");
        if (ended.Problem is { } problem && (isTask || _inside.Count == 0))
        {
            ShowLines(problem, SeenIndent, ended.Outcome == StepOutcome.Failed ? "red" : "yellow");
        }

        if (isTask && ended.Outcome != StepOutcome.Passed)
        {
            foreach (var hint in _hints)
            {
                page.Text(SeenIndent, $"Hint: {hint}", "yellow");
            }
        }

        _inside.Clear();
        _hints = [];
    }

    private static string Conclusion(StepEnded ended) => (ended.Step.Action, ended.Outcome, ended.Holds) switch
    {
        ("claim", StepOutcome.Passed, true) => "[green]⇒ It holds.[/]",
        ("claim", StepOutcome.Passed, _) => "[green]⇒ It does not hold.[/]",
        ("claim", StepOutcome.Failed, true) => "[red]⇒ It holds, and the scenario says that it does not.[/]",
        ("claim", StepOutcome.Failed, _) => "[red]⇒ It does not hold.[/]",
        (_, StepOutcome.Passed, _) => "[green]⇒ Done, and the checks agree.[/]",
        (_, StepOutcome.Failed, _) => "[red]⇒ Not done.[/]",
        _ => "[yellow]⇒ Skipped.[/]",
    };

    private void ShowLines(string text, int indent, string style)
    {
        foreach (var line in text.ReplaceLineEndings("\n").Split('\n'))
        {
            page.Item(indent, line, style);
        }
    }

    private static string Time(TimeSpan time) => time.TotalSeconds >= 1 ? $"{time.TotalSeconds:0.0} s" : $"{Math.Max(1, time.TotalMilliseconds):0} ms";
}
