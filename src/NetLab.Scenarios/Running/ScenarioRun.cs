using System.Diagnostics;
using System.Runtime.CompilerServices;
using NetLab.Linux;

namespace NetLab.Scenarios;

/// <summary>One run of a scenario: its lab, and the steps taken in it, told as events.</summary>
/// <example>
/// <code>
/// await using var run = ScenarioRun.Describe(ScenarioDocument.Load("scenarios/basics/bridge.yaml"));
/// await foreach (var happening in run.PlayAsync()) { … }
/// return run.Succeeded ? 0 : 1;
/// </code>
/// </example>
public sealed class ScenarioRun : IAsyncDisposable
{
    private readonly StepActions _actions;
    private int _passed;
    private int _failed;
    private int _skipped;

    private ScenarioRun(ScenarioDocument document, Lab lab)
    {
        Document = document;
        Lab = lab;
        _actions = new StepActions(lab);
    }

    /// <summary>The scenario.</summary>
    public ScenarioDocument Document { get; }

    /// <summary>Its lab: described from the beginning, so that it can be drawn; built by <see cref="PlayAsync"/>.</summary>
    public Lab Lab { get; }

    /// <summary>Asks the reader about a task; null: nobody is there, and the scenario does each task itself.</summary>
    public Func<TaskOffer, CancellationToken, Task<TaskAnswer>>? Learner { get; init; }

    /// <summary>Whether the run has ended and no step failed.</summary>
    public bool Succeeded { get; private set; }

    /// <summary>Describes the scenario's lab. Nothing is built yet.</summary>
    /// <param name="document">The scenario.</param>
    /// <param name="options">How the lab is to behave; null for the defaults.</param>
    /// <param name="learner">See <see cref="Learner"/>.</param>
    /// <exception cref="ScenarioException">The lab cannot be built as described.</exception>
    public static ScenarioRun Describe(ScenarioDocument document, LabOptions? options = null, Func<TaskOffer, CancellationToken, Task<TaskAnswer>>? learner = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        try
        {
            var lab = LabBuilder.Describe(document.Lab, options);
            lab.Validate();
            return new ScenarioRun(document, lab) { Learner = learner };
        }
        catch (TopologyException cannot)
        {
            throw new ScenarioException([.. cannot.Problems.Select(problem => new Diagnostic(document.File, document.Lab.At, problem, "change the lab"))]);
        }
    }

    /// <summary>Builds the lab and takes the steps, one after the other. After a change that failed the rest is skipped; after a failed look it goes on.</summary>
    /// <param name="ct">Ends the run.</param>
    /// <returns>What happens, as it happens; the last event is <see cref="ScenarioEnded"/>.</returns>
    /// <exception cref="ScenarioException">The kernel refuses something that the file asks for; the message has its line.</exception>
    /// <exception cref="LinuxException">The kernel refuses something else. Nothing of the lab is left.</exception>
    public async IAsyncEnumerable<ScenarioEvent> PlayAsync([EnumeratorCancellation] CancellationToken ct = default)
    {
        var begun = Stopwatch.GetTimestamp();
        await BuildAsync(ct).ConfigureAwait(false);
        yield return new LabReady(Lab, Stopwatch.GetElapsedTime(begun));
        await foreach (var happening in PlayStepsAsync(Document.Steps, 0, ct).ConfigureAwait(false))
        {
            if (happening is StepEnded { Step.Depth: 0 } ended)
            {
                Count(ended.Outcome);
            }
            yield return happening;
        }
        Succeeded = _failed == 0;
        yield return new ScenarioEnded(_passed, _failed, _skipped, Stopwatch.GetElapsedTime(begun));
    }

    /// <summary>Removes the lab.</summary>
    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    private async Task BuildAsync(CancellationToken ct)
    {
        try
        {
            await Lab.ApplyAsync(ct).ConfigureAwait(false);
        }
        catch (LinuxException refusal) when (refusal.ErrnoName is "EINVAL" or "ERANGE" or "EEXIST" or "EBUSY" or "ENETUNREACH" or "EADDRNOTAVAIL" && PlaceOf(refusal) is { } at)
        {
            throw new ScenarioException([new Diagnostic(Document.File, at, $"the kernel refused this while {refusal.Message}", "change it to what the kernel takes")]);
        }
    }

    /// <summary>Where the file names the device that a refusal speaks of: the longest name wins, since one may begin like another.</summary>
    private Position? PlaceOf(LinuxException refusal) => new Inventory(Document.Lab, new Binding(Document.File)).Nodes.Values
        .SelectMany(node => node.Devices.Values.Select(device => (Name: $"{node.Name}/{device.Name}", device.At)))
        .Where(device => refusal.Doing.Contains(device.Name, StringComparison.Ordinal))
        .OrderByDescending(device => device.Name.Length)
        .Select(device => (Position?)device.At)
        .FirstOrDefault();

    private async IAsyncEnumerable<ScenarioEvent> PlayStepsAsync(IReadOnlyList<StepEntry> steps, int depth, [EnumeratorCancellation] CancellationToken ct)
    {
        var number = 0;
        string? stopped = null;
        foreach (var entry in steps)
        {
            if (entry.Say is { } words)
            {
                yield return new Narration(words, depth);
            }
            if (StepTitles.ActionOf(entry) is not { } action)
            {
                continue;
            }
            var step = new ScenarioStep(++number, entry.Name ?? StepTitles.Of(entry), action, entry.At, depth);
            yield return new StepStarted(step);
            if (stopped is { } reason)
            {
                yield return new StepEnded(step, StepOutcome.Skipped, [], reason, TimeSpan.Zero);
                continue;
            }
            var happenings = entry.Claim is not null ? ClaimAsync(entry, step, ct) : entry.Task is not null ? TaskAsync(entry, step, ct) : ActAsync(entry, step, ct);
            await foreach (var happening in happenings.ConfigureAwait(false))
            {
                // Inside a claim or a task that is as far as it goes: a change that is refused may be what the claim is about.
                if (entry.Set is not null && happening is StepEnded { Outcome: StepOutcome.Failed })
                {
                    stopped = $"not run, because the change in line {entry.At.Line} failed";
                }
                yield return happening;
            }
        }
    }

    private async IAsyncEnumerable<ScenarioEvent> ActAsync(StepEntry entry, ScenarioStep step, [EnumeratorCancellation] CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        var findings = new StepFindings();
        var problem = await ProblemOfAsync(entry, findings, ct).ConfigureAwait(false);
        yield return new StepEnded(step, problem is null ? StepOutcome.Passed : StepOutcome.Failed, findings.Seen, problem, Stopwatch.GetElapsedTime(begun)) { Fate = findings.Fate };
    }

    private async Task<string?> ProblemOfAsync(StepEntry entry, StepFindings findings, CancellationToken ct)
    {
        try
        {
            await _actions.ActAsync(entry, findings, ct).ConfigureAwait(false);
        }
        catch (LinuxException refusal) when (entry.Refused is { } wanted && refusal.ErrnoName == wanted.Value)
        {
            findings.Seen.Add(refusal.Message);
            return null;
        }
        catch (Exception otherwise) when (otherwise is StepFailure or ForwardingException or LinuxException or OvsException or TopologyException or TimeoutException)
        {
            return entry.Refused is { } expected ? $"expected the kernel to refuse it with {expected.Value}, but: {otherwise.Message}" : otherwise.Message;
        }
        return entry.Refused is { } missing ? $"expected the kernel to refuse it with {missing.Value}, but it was done" : null;
    }

    /// <summary>A claim is decided by its checks; what they saw is the claim's evidence.</summary>
    private async IAsyncEnumerable<ScenarioEvent> ClaimAsync(StepEntry entry, ScenarioStep step, [EnumeratorCancellation] CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        var checks = new List<StepEnded>();
        await foreach (var happening in PlayStepsAsync([.. entry.Check.Select(check => check.Value)], step.Depth + 1, ct).ConfigureAwait(false))
        {
            if (happening is StepEnded { Step.Depth: var depth } ended && depth == step.Depth + 1)
            {
                checks.Add(ended);
            }
            yield return happening;
        }
        var holds = checks.TrueForAll(check => check.Outcome is StepOutcome.Passed);
        var expected = entry.Holds?.Value ?? true;
        var problem = holds == expected ? null
            : holds ? "the claim holds, and the scenario says that it does not"
            : string.Join(Environment.NewLine, ["the claim does not hold:", .. checks.Where(check => check.Problem is not null).Select(check => $"{check.Step.Title}: {check.Problem}")]);
        yield return new StepEnded(step, problem is null ? StepOutcome.Passed : StepOutcome.Failed, [.. checks.SelectMany(Evidence)], problem, Stopwatch.GetElapsedTime(begun)) { Holds = holds };
    }

    private static IEnumerable<string> Evidence(StepEnded check) => check.Problem is { } problem ? [.. check.Seen, problem.Split(Environment.NewLine)[0]] : check.Seen;

    /// <summary>
    /// With a reader: the checks decide as often as the reader asks. Without one, the checks must fail before the
    /// solution and pass after it: that is what makes them worth asking.
    /// </summary>
    private async IAsyncEnumerable<ScenarioEvent> TaskAsync(StepEntry entry, ScenarioStep step, [EnumeratorCancellation] CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        IReadOnlyList<StepEntry> checks = [.. entry.Check.Select(check => check.Value)];
        IReadOnlyList<StepEntry> solution = [.. entry.Solution.Select(each => each.Value)];
        var offer = new TaskOffer(entry.Task!, [.. entry.Hints.Select(hint => hint.Value)], solution.Count > 0);
        yield return new TaskOffered(step, offer);

        if (Learner is null && solution.Count == 0)
        {
            yield return new StepEnded(step, StepOutcome.Skipped, [], "a task for a reader: nobody is asked, and the scenario has no solution", TimeSpan.Zero);
            yield break;
        }
        if (Learner is null && await AllPassAsync(checks, ct).ConfigureAwait(false))
        {
            yield return new StepEnded(step, StepOutcome.Failed, [], "its checks pass before anything is done, so they cannot tell whether the task is done", Stopwatch.GetElapsedTime(begun));
            yield break;
        }
        while (true)
        {
            var answer = Learner is null ? TaskAnswer.Solve : await Learner(offer, ct).ConfigureAwait(false);
            if (answer is TaskAnswer.Skip)
            {
                yield return new StepEnded(step, StepOutcome.Skipped, [], "the reader went on without it", Stopwatch.GetElapsedTime(begun));
                yield break;
            }
            var results = new List<StepEnded>();
            var toPlay = answer is TaskAnswer.Solve ? [.. solution, .. checks] : checks;
            await foreach (var happening in PlayStepsAsync(toPlay, step.Depth + 1, ct).ConfigureAwait(false))
            {
                if (happening is StepEnded { Step.Depth: var depth } ended && depth == step.Depth + 1)
                {
                    results.Add(ended);
                }
                yield return happening;
            }
            var done = results.TrueForAll(result => result.Outcome is StepOutcome.Passed);
            if (done || Learner is null || answer is TaskAnswer.Solve)
            {
                yield return new StepEnded(step, done ? StepOutcome.Passed : StepOutcome.Failed, [.. results.SelectMany(Evidence)],
                    done ? null : string.Join(Environment.NewLine, results.Where(result => result.Problem is not null).Select(result => result.Problem)), Stopwatch.GetElapsedTime(begun));
                yield break;
            }
        }
    }

    private async Task<bool> AllPassAsync(IReadOnlyList<StepEntry> checks, CancellationToken ct)
    {
        await foreach (var happening in PlayStepsAsync(checks, 1, ct).ConfigureAwait(false))
        {
            if (happening is StepEnded { Outcome: not StepOutcome.Passed })
            {
                return false;
            }
        }
        return true;
    }

    private void Count(StepOutcome outcome)
    {
        switch (outcome)
        {
            case StepOutcome.Passed: _passed++; break;
            case StepOutcome.Failed: _failed++; break;
            default: _skipped++; break;
        }
    }
}
