using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NetLab.Scenarios;

/// <summary><c>task: Let vm03 speak</c>: something for the reader to do in the running lab; its checks decide whether it is done.</summary>
internal sealed class TaskStep : Step
{
    private const string Belongs = "is about a task", Right = "put it beside 'task'";

    public static readonly StepKind Kind = new StepKind<TaskStep>("task") { Beside = ["hint", "solution", "check"] }
        .With("task", "Something for the reader to do in the running lab.", Scalars.Text, (task, value) => task.Text = value.Value)
        .With("hint", "Help with the task, one hint after the other.", Scalars.Texts, (task, value) => task.Hints = value.Value,
            new SideKey("hint", Belongs, Right))
        .With("solution", "Steps that do the task.", StepEntry.List, (task, value) => task.Solution = value.Value, new SideKey("solution", Belongs, Right));

    public string Text { get; set; } = "";

    public IReadOnlyList<Located<string>> Hints { get; set; } = [];

    public IReadOnlyList<Located<StepEntry>> Solution { get; set; } = [];

    public override string Title => Text;

    // The solution changes what the check of the same task looks at.
    public override void Check(StepCheck check) => check.Run(Solution);

    /// <summary>
    /// With a reader: the checks decide as often as the reader asks. Without one, the checks must fail before the
    /// solution and pass after it: that is what makes them worth asking. Where the machine lacks something for them, nobody can say.
    /// </summary>
    public override async IAsyncEnumerable<ScenarioEvent> PlayAsync(StepEntry entry, ScenarioStep step, StepPlayer player,
        [EnumeratorCancellation] CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        var offer = Offer(player);
        yield return new TaskOffered(step, offer);

        if (player.Learner is null && Solution.Count == 0)
        {
            yield return new StepEnded(step, StepOutcome.Skipped, [], "a task for a reader: nobody is asked, and the scenario has no solution", TimeSpan.Zero);
            yield break;
        }
        if (player.Learner is null && await player.AllPassAsync(entry.Checks, ct).ConfigureAwait(false))
        {
            yield return new StepEnded(step, StepOutcome.Failed, [],
                "its checks pass before anything is done, so they cannot tell whether the task is done", Stopwatch.GetElapsedTime(begun));
            yield break;
        }
        while (true)
        {
            var answer = player.Learner is { } learner ? await learner.DoAsync(offer, ct).ConfigureAwait(false) : TaskAnswer.Solve;
            if (answer is TaskAnswer.Skip)
            {
                yield return new StepEnded(step, StepOutcome.Skipped, [], "the reader went on without it", Stopwatch.GetElapsedTime(begun));
                yield break;
            }
            var results = new List<StepEnded>();
            await foreach (var happening in DoAsync(answer is TaskAnswer.Solve ? Solution : [], entry, step, player, ct).ConfigureAwait(false))
            {
                if (happening is StepEnded { Step.Depth: var depth } ended && depth == step.Depth + 1)
                {
                    results.Add(ended);
                }
                yield return happening;
            }
            if (StepPlayer.Lacking(results) is { } lacking)
            {
                yield return new StepEnded(step, StepOutcome.Skipped, [.. results.SelectMany(result => result.Seen)], lacking.Problem,
                    Stopwatch.GetElapsedTime(begun))
                {
                    IsLacking = true,
                };
                yield break;
            }
            var done = results.TrueForAll(result => result.Outcome is StepOutcome.Passed);
            yield return new TaskChecked(step, done, results);
            if (done || answer is TaskAnswer.Solve)
            {
                yield return new StepEnded(step, done ? StepOutcome.Passed : StepOutcome.Failed, [.. results.SelectMany(StepPlayer.Evidence)],
                    done ? null : string.Join(Environment.NewLine, results.Where(result => result.Problem is not null).Select(result => result.Problem)),
                        Stopwatch.GetElapsedTime(begun));
                yield break;
            }
        }
    }

    /// <summary>The task as its reader is told of it, with the next number.</summary>
    public TaskOffer Offer(StepPlayer player) => new(player.NextTask(), Text, [.. Hints.Select(hint => hint.Value)], Solution.Count > 0);

    private static async IAsyncEnumerable<ScenarioEvent> DoAsync(IReadOnlyList<Located<StepEntry>> solution, StepEntry entry, ScenarioStep step,
        StepPlayer player, [EnumeratorCancellation] CancellationToken ct)
    {
        await foreach (var happening in player.PlayAsync(solution, step.Depth + 1, ct).ConfigureAwait(false))
        {
            yield return happening;
        }

        await player.LookAnewAsync(ct).ConfigureAwait(false);
        await foreach (var happening in player.PlayAsync(entry.Checks, step.Depth + 1, ct).ConfigureAwait(false))
        {
            yield return happening is StepEnded { Problem: { } problem } ended && player.Learner is not null
                ? ended with { Problem = WithoutRemedies(problem) } : happening;
        }
    }

    // A learner is told what is wrong and why; what to do about it is the task, and the hints'.
    private static string WithoutRemedies(string problem) => string.Join(Environment.NewLine,
        problem.Split(Environment.NewLine).Where(line => !line.TrimStart().StartsWith("Fix: ", StringComparison.Ordinal)));
}
