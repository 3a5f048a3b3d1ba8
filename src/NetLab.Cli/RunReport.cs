using NetLab.Scenarios;

namespace NetLab.Cli;

/// <summary>A run as data: what <c>netlab run --json</c> prints.</summary>
internal sealed class RunReport(string file, string name, string drawing)
{
    public string File { get; } = file;

    public string Name { get; } = name;

    public bool Succeeded { get; set; }

    public int Passed { get; private set; }

    public int Failed { get; private set; }

    public int Skipped { get; private set; }

    public double BuildMilliseconds { get; private set; }

    public double Milliseconds { get; private set; }

    public string Drawing { get; } = drawing;

    public List<StepReport> Steps { get; } = [];

    public void Add(ScenarioEvent happening)
    {
        switch (happening)
        {
            case LabReady ready:
                BuildMilliseconds = Math.Round(ready.Took.TotalMilliseconds, 3);
                break;
            case StepEnded ended:
                Steps.Add(StepReport.Of(ended));
                break;
            case ScenarioEnded end:
                (Passed, Failed, Skipped) = (end.Passed, end.Failed, end.Skipped);
                Milliseconds = Math.Round(end.Took.TotalMilliseconds, 3);
                break;
            default:
                break;
        }
    }
}

/// <summary>A step as data.</summary>
internal sealed record StepReport(int Number, int Depth, int Line, string Title, string Action, StepOutcome Outcome, bool? Holds, IReadOnlyList<string> Seen, string? Problem, double Milliseconds, FateReport? Fate)
{
    public static StepReport Of(StepEnded ended) => new(
        ended.Step.Number, ended.Step.Depth, ended.Step.At.Line, ended.Step.Title, ended.Step.Action, ended.Outcome, ended.Holds, ended.Seen, ended.Problem,
        Math.Round(ended.Took.TotalMilliseconds, 3), ended.Fate is null ? null : FateReport.Of(ended.Fate));
}

/// <summary>A fate as data: the frame, and the way of every copy.</summary>
internal sealed record FateReport(string From, string Frame, string? Refusal, IReadOnlyList<CopyReport> Copies)
{
    public static FateReport Of(Fate fate) => new(fate.From, fate.Frame.ToString(), fate.Refusal, [.. fate.Copies.Select(c => CopyReport.Of(c, fate.From))]);
}

/// <summary>A copy as data.</summary>
internal sealed record CopyReport(CopyEnd End, string? DeliveredTo, IReadOnlyList<string> Path, double Microseconds, IReadOnlyList<string> Hops)
{
    public static CopyReport Of(FrameCopy copy, string from) =>
        new(copy.End, copy.Vm?.Name ?? copy.Node?.Name, copy.Path(from), Math.Round(copy.Latency.TotalMicroseconds, 1), [.. copy.Hops.Select(h => h.ToString())]);
}
