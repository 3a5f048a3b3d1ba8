using NetLab.Cli.Running;
using NetLab.Scenarios;

namespace NetLab.Cli.Lessons;

/// <summary>
/// A run for its reader: as any run, but a task is told when it is there to be done, each look at it says what is right and what is still wrong, and a
/// prediction is held against what happened.
/// </summary>
internal sealed class LessonView(Page page, ScenarioRun run, Lesson lesson, bool verbose) : IRunView
{
    private const int Indent = 2, Inside = 4;

    private readonly RunView _view = new(page, run, verbose);

    public void Begin() => _view.Begin();

    public void Left(FailureBundle bundle) => _view.Left(bundle);

    public void Fail(Failure failure) => _view.Fail(failure);

    public void Show(ScenarioEvent happening)
    {
        switch (happening)
        {
            case TaskOffered offered:
                ShowTask(page, run, offered.Offer);
                break;
            case TaskChecked { Checks: var checks, IsDone: var isDone }:
                page.Gap();
                foreach (var check in checks)
                {
                    _view.ShowStep(check, Inside, "", isBadNews: true);
                }

                page.Line($"{new string(' ', Indent)}{(isDone ? "[green]⇒ Done, and the checks agree.[/]" : "[yellow]⇒ Not done yet.[/]")}");
                page.Gap();
                break;
            case StepEnded { Step: { Action: "task", Depth: 0 } } ended:
                if (ended.Outcome is StepOutcome.Skipped)
                {
                    page.Line($"{new string(' ', Indent)}[yellow]⇒ Skipped{(ended.IsLacking ? $": {Page.Styled(ended.Problem!, null)}" : ".")}[/]");
                }

                break;
            case Predicted { Prediction: { Predicted: not null } prediction }:
                ShowPrediction(prediction);
                break;
            case StepStarted or StepEnded or Narration when lesson.IsInTask:
                break;
            default:
                _view.Show(happening);
                break;
        }
    }

    /// <summary>What there is to do.</summary>
    public static void ShowTask(Page page, ScenarioRun run, TaskOffer task)
    {
        page.Gap();
        page.Line($"{new string(' ', Indent)}[bold]Task {task.Number} of {run.Tasks}[/]");
        page.Text(Inside, task.Text, "bold");
        page.Gap();
    }

    private void ShowPrediction(Prediction prediction)
    {
        page.Text(Inside, prediction.IsRight ? $"Right: {prediction.Answer}." : $"Not quite: {prediction.Answer}.", prediction.IsRight ? "green" : "yellow");
        if (prediction.Wrong.Count > 0)
        {
            page.Text(Inside, $"You said {string.Join(", ", prediction.Wrong)}, and that did not happen.", "yellow");
        }

        if (prediction.Missed.Count > 0)
        {
            page.Text(Inside, $"You did not say {string.Join(", ", prediction.Missed)}.", "yellow");
        }
    }
}
