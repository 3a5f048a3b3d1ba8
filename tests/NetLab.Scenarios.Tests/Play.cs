using System.Text;

namespace NetLab.Scenarios.Tests;

/// <summary>Runs a scenario and keeps what happened.</summary>
internal sealed class Play
{
    public List<ScenarioEvent> Events { get; } = [];

    public bool Succeeded { get; private set; }

    public ScenarioEnded Ended => Events.OfType<ScenarioEnded>().Single();

    public IEnumerable<StepEnded> Steps => Events.OfType<StepEnded>().Where(step => step.Step.Depth == 0);

    public StepEnded Step(string title) => Events.OfType<StepEnded>().Single(step => step.Step.Title == title);

    public static Task<Play> TextAsync(string yaml, ILearner? learner = null) =>
        OfAsync(ScenarioDocument.Parse(yaml), learner);

    public static async Task<Play> OfAsync(ScenarioDocument document, ILearner? learner = null)
    {
        var play = new Play();
        await using var run = ScenarioRun.Describe(document);
        await foreach (var happening in run.PlayAsync(learner))
        {
            play.Events.Add(happening);
        }
        play.Succeeded = run.Succeeded;
        return play;
    }

    /// <summary>The whole run, for the message of a failed test.</summary>
    public override string ToString()
    {
        var text = new StringBuilder();
        foreach (var happening in Events)
        {
            text.AppendLine(happening switch
            {
                Narration { Text: var words } => $"  {words}",
                StepEnded ended => $"{new string(' ', 2 * ended.Step.Depth)}{ended.Outcome} {ended.Step.At} {ended.Step.Title} "
                    + $"({ended.Took.TotalMilliseconds:0} ms)"
                    + string.Concat(ended.Seen.Select(seen => $"\n      {seen}")) + (ended.Problem is null ? "" : $"\n    ! {ended.Problem}"),
                LabReady ready => $"lab built in {ready.Took.TotalMilliseconds:0} ms",
                ScenarioEnded end => $"{end.Passed} passed, {end.Failed} failed, {end.Skipped} skipped, {end.Took.TotalMilliseconds:0} ms",
                _ => happening.GetType().Name,
            });
        }
        return text.ToString();
    }
}
