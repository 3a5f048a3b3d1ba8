using NetLab.Cli.Running;
using NetLab.Scenarios;

namespace NetLab.Cli.Bugs;

/// <summary>Keeps what of a run is worth a line: what came out otherwise, and what failed as it should.</summary>
internal sealed class BugView : IRunView
{
    private readonly List<string> _wrong = [];

    /// <summary>What is otherwise than the file says: a line or several each.</summary>
    public IReadOnlyList<string> Wrong => _wrong;

    public void Begin()
    {
    }

    public void Show(ScenarioEvent happening)
    {
        if (happening is StepEnded { Step.Depth: 0, Outcome: StepOutcome.Failed } ended)
        {
            _wrong.Add($"{ended.Step.At}: {ended.Step.Title}: {ended.Problem}");
        }
    }

    public void Left(FailureBundle bundle) => _wrong.Add(bundle.ToString());

    public void Fail(Failure failure) => _wrong.AddRange(failure.Lines);
}
