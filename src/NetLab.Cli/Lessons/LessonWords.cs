using NetLab.Scenarios;

namespace NetLab.Cli.Lessons;

/// <summary>The words that a shell in a node answers while a teaching lab is being done; where there is no task, <c>map</c> alone.</summary>
internal sealed class LessonWords(ScenarioRun run, Lesson lesson, Terminal screen)
{
    /// <summary>Each word with what gives its answer.</summary>
    public IReadOnlyDictionary<string, Func<Task<string>>> All => run.Tasks == 0
        ? new Dictionary<string, Func<Task<string>>> { ["map"] = () => SayAsync(Map) }
        : new Dictionary<string, Func<Task<string>>>
        {
            ["check"] = () => SayAsync(page => AnswerAsync(page, TaskAnswer.Check)),
            ["hint"] = () => SayAsync(page => ShowHint(page, lesson, "solution")),
            ["task"] = () => SayAsync(Task),
            ["map"] = () => SayAsync(Map),
            ["solution"] = () => SayAsync(page => AnswerAsync(page, TaskAnswer.Solve)),
        };

    /// <summary>The next hint, or what to do when there are no more.</summary>
    /// <param name="page">Where it is shown.</param>
    /// <param name="lesson">The teaching lab.</param>
    /// <param name="solve">What shows the solution.</param>
    public static void ShowHint(Page page, Lesson lesson, string solve)
    {
        if (lesson.Task is not { } task)
        {
            page.Text(2, "There is no task now.");
        }
        else if (lesson.NextHint() is { } hint)
        {
            page.Text(2, $"Hint {lesson.HintsGiven} of {task.Hints.Count}: {hint}", "yellow");
        }
        else
        {
            page.Text(2, $"That is all the help there is.{(task.HasSolution ? $" '{solve}' does the task and shows how." : "")}", "yellow");
        }
    }

    private async Task AnswerAsync(Page page, TaskAnswer answer)
    {
        if (lesson.Task is null)
        {
            page.Text(2, lesson.IsOver ? "Every task is done." : "There is no task now; 'exit' leads on.");
            return;
        }

        await lesson.AnswerAsync(answer, new LessonView(page, run, lesson, verbose: false)).ConfigureAwait(false);
        if (lesson.Question is not null)
        {
            page.Text(2, "A question comes next; 'exit' leads on to it.");
        }
    }

    private void Task(Page page)
    {
        if (lesson.Task is { } task)
        {
            LessonView.ShowTask(page, run, task);
        }
        else
        {
            page.Text(2, "There is no task now.");
        }
    }

    private void Map(Page page) => page.Drawing(LabDrawing.Text(run.Lab, new DrawingOptions { Columns = page.Width }));

    private Task<string> SayAsync(Action<Page> say) => SayAsync(page =>
    {
        say(page);
        return System.Threading.Tasks.Task.CompletedTask;
    });

    // As the terminal would show it; what goes wrong is an answer as well.
    private async Task<string> SayAsync(Func<Page, Task> say)
    {
        using var text = new StringWriter();
        using var terminal = new Terminal(text, text, screen.IsLive ? screen.Width : null, screen.Colours);
        try
        {
            await say(terminal.Page).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // The shell goes on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            terminal.Fail(Failure.Of(exception, verbose: false), json: false);
        }

        terminal.Page.Settle();
        return text.ToString();
    }
}
