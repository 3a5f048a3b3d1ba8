namespace NetLab.Scenarios;

/// <summary>Something that happens while a scenario runs. Whoever shows it decides how; the order is that of the run.</summary>
public abstract record ScenarioEvent;

/// <summary>The lab stands: every link is ready.</summary>
/// <param name="Lab">The lab.</param>
/// <param name="Took">How long it took to build.</param>
public sealed record LabReady(Lab Lab, TimeSpan Took) : ScenarioEvent;

/// <summary>The scenario speaks to its reader.</summary>
/// <param name="Text">What it says, in sentences.</param>
/// <param name="Depth">0 between steps, 1 inside a claim or task.</param>
public sealed record Narration(string Text, int Depth) : ScenarioEvent;

/// <summary>A step begins.</summary>
/// <param name="Step">Which.</param>
public sealed record StepStarted(ScenarioStep Step) : ScenarioEvent;

/// <summary>A step has ended.</summary>
/// <param name="Step">Which.</param>
/// <param name="Outcome">How. Steps inside a claim are evidence: only what ends at depth 0 decides the run.</param>
/// <param name="Seen">What was seen, a sentence or a path each.</param>
/// <param name="Problem">Why it failed or was skipped, in one or several lines; null when it passed.</param>
/// <param name="Took">How long it took.</param>
public sealed record StepEnded(ScenarioStep Step, StepOutcome Outcome, IReadOnlyList<string> Seen, string? Problem, TimeSpan Took) : ScenarioEvent
{
    /// <summary>Where the frame of the step went, when it sent one; also on failure.</summary>
    public Fate? Fate { get; init; }

    /// <summary>For a claim: whether it holds, by what was seen; null for any other step.</summary>
    public bool? Holds { get; init; }

    /// <summary>Whether it was skipped since the machine lacks something for it, or for a change before it; <see cref="Problem"/> says what.</summary>
    public bool IsLacking { get; init; }
}

/// <summary>The reader has something to do. What follows depends on the reader (<see cref="ILearner"/>).</summary>
/// <param name="Step">The task's step.</param>
/// <param name="Offer">The task and its hints.</param>
public sealed record TaskOffered(ScenarioStep Step, TaskOffer Offer) : ScenarioEvent;

/// <summary>The reader, or the scenario in the reader's place, took a task for done, and its checks have looked.</summary>
/// <param name="Step">The task's step.</param>
/// <param name="IsDone">Whether all of them pass.</param>
/// <param name="Checks">How each came out; where the scenario solved the task, its steps as well, before them.</param>
public sealed record TaskChecked(ScenarioStep Step, bool IsDone, IReadOnlyList<StepEnded> Checks) : ScenarioEvent;

/// <summary>A prediction was held against what happened; the end of its step follows.</summary>
/// <param name="Step">The step that sent the frame.</param>
/// <param name="Prediction">The prediction.</param>
public sealed record Predicted(ScenarioStep Step, Prediction Prediction) : ScenarioEvent;

/// <summary>Nothing more happens.</summary>
/// <param name="Passed">How many steps passed.</param>
/// <param name="Failed">How many failed.</param>
/// <param name="Skipped">How many did not run: the machine lacks something, an earlier change failed or was skipped, or nobody did a task.</param>
/// <param name="Took">How long the whole run took, building included.</param>
public sealed record ScenarioEnded(int Passed, int Failed, int Skipped, TimeSpan Took) : ScenarioEvent;

/// <summary>One step of a scenario.</summary>
/// <param name="Number">Its number among the steps at its depth, from 1.</param>
/// <param name="Title">Its name in the file, or what it does, in a few words.</param>
/// <param name="Action">The word of its action in the file: ping, send, expect, set, exec, state, claim or task.</param>
/// <param name="At">Where it stands in the file.</param>
/// <param name="Depth">0, or 1 inside a claim or task.</param>
public sealed record ScenarioStep(int Number, string Title, string Action, Position At, int Depth);

/// <summary>How a step ended.</summary>
public enum StepOutcome
{
    /// <summary>As the scenario says.</summary>
    Passed,

    /// <summary>Otherwise.</summary>
    Failed,

    /// <summary>It did not run.</summary>
    Skipped,
}
