using NetLab.Cli.Running;
using NetLab.Scenarios;

namespace NetLab.Cli.Bugs;

/// <summary>Keeps what of a run is worth a line: what came out otherwise, and what the machine lacks.</summary>
/// <param name="whole">Shows all of it; null for nobody.</param>
internal sealed class BugView(IRunView? whole = null) : IRunView
{
    private readonly List<string> _wrong = [], _lacking = [];

    /// <summary>What is otherwise than the file says: a line or several each.</summary>
    public IReadOnlyList<string> Wrong => _wrong;

    /// <summary>The steps that the machine lacks something for: whether the bug is as reported is not known then.</summary>
    public IReadOnlyList<string> Lacking => _lacking;

    public void Begin() => whole?.Begin();

    public void Show(ScenarioEvent happening)
    {
        whole?.Show(happening);
        if (happening is StepEnded { Step.Depth: 0 } ended && (ended.Outcome is StepOutcome.Failed || ended.IsLacking))
        {
            (ended.IsLacking ? _lacking : _wrong).Add($"{ended.Step.At}: {ended.Step.Title}: {ended.Problem}");
        }
    }

    public void Left(FailureBundle bundle)
    {
        whole?.Left(bundle);
        _wrong.Add(bundle.ToString());
    }

    public void Fail(Failure failure)
    {
        whole?.Fail(failure);
        _wrong.AddRange(failure.Lines);
    }
}
