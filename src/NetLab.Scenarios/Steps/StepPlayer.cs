using System.Diagnostics;
using System.Runtime.CompilerServices;
using NetLab.Linux;
using NetLab.Linux.Processes;

namespace NetLab.Scenarios;

/// <summary>Takes steps in a running lab, one after the other, and tells what happens.</summary>
/// <param name="stage">The lab.</param>
/// <param name="learner">See <see cref="ScenarioRun.PlayAsync(ILearner?, CancellationToken)"/>.</param>
internal sealed class StepPlayer(Stage stage, ILearner? learner)
{
    private int _tasks;

    public ILearner? Learner => learner;

    /// <summary>The number of the next task.</summary>
    public int NextTask() => ++_tasks;

    /// <summary>Looks at what is there now: what was found out before, somebody may have changed meanwhile.</summary>
    public async Task LookAnewAsync(CancellationToken ct)
    {
        foreach (var node in stage.Lab.Nodes.Where(node => node.IsApplied))
        {
            await node.ForgetEarlierFramesAsync(ct).ConfigureAwait(false);
            await LinkWatch.RunAfterChangeAsync(node, ct).ConfigureAwait(false);
        }
    }

    /// <summary>Plays steps. After a change that failed or was skipped the rest is skipped; after a failed look it goes on.</summary>
    public async IAsyncEnumerable<ScenarioEvent> PlayAsync(IReadOnlyList<Located<StepEntry>> steps, int depth, [EnumeratorCancellation] CancellationToken ct)
    {
        var number = 0;
        (string Reason, bool IsLacking)? stopped = null;
        foreach (var (entry, _) in steps)
        {
            if (entry.Say is { } words)
            {
                yield return new Narration(words, depth);
            }
            var deed = entry.Deeds.FirstOrDefault().Step;
            if (deed is null)
            {
                continue;
            }
            var (kind, named) = entry.Deeds.OrderByDescending(each => each.Kind.IsAction).First();
            var step = new ScenarioStep(++number, entry.Name ?? named.Title, kind.Key, entry.At, depth);
            yield return new StepStarted(step);
            if (stopped is { } stop)
            {
                yield return new StepEnded(step, StepOutcome.Skipped, [], stop.Reason, TimeSpan.Zero) { IsLacking = stop.IsLacking };
                continue;
            }
            var happenings = entry.WhatIsMissing() is { } missing ? Miss(deed, step, missing) : deed.PlayAsync(entry, step, this, ct);
            await foreach (var happening in happenings.ConfigureAwait(false))
            {
                // Inside a claim or a task that is as far as it goes: a change that is refused may be what the claim is about.
                if (deed.IsChange && happening is StepEnded { Outcome: not StepOutcome.Passed } ended)
                {
                    stopped = ($"not run, because the change in line {entry.At.Line} {(ended.Outcome is StepOutcome.Failed ? "failed" : "was skipped")}",
                        ended.IsLacking);
                }
                yield return happening;
            }
        }
    }

    // A task that nobody can do here is one of the scenario's tasks all the same.
    private IAsyncEnumerable<ScenarioEvent> Miss(Step deed, ScenarioStep step, string missing)
    {
        var ended = new StepEnded(step, StepOutcome.Skipped, [], missing, TimeSpan.Zero) { IsLacking = true };
        IEnumerable<ScenarioEvent> told = deed is TaskStep task ? [new TaskOffered(step, task.Offer(this)), ended] : [ended];
        return told.ToAsyncEnumerable();
    }

    /// <summary>Does what a step says, and tells how it ended.</summary>
    public async IAsyncEnumerable<ScenarioEvent> ActAsync(StepEntry entry, ScenarioStep step, [EnumeratorCancellation] CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        var findings = new StepFindings();
        string? problem = null, lacking = null;
        try
        {
            problem = await ProblemOfAsync(entry, findings, ct).ConfigureAwait(false);
            problem = entry.Fails is { } report ? Judge(problem, report, findings) : problem;
        }
        catch (StepSkip skip)
        {
            lacking = skip.Message;
        }
        yield return new StepEnded(step, lacking is not null ? StepOutcome.Skipped : problem is null ? StepOutcome.Passed : StepOutcome.Failed, findings.Seen,
            lacking ?? problem, Stopwatch.GetElapsedTime(begun))
        {
            Fate = findings.Fate,
            IsLacking = lacking is not null,
        };
    }

    /// <summary>Whether all steps pass, without a word of it.</summary>
    public async Task<bool> AllPassAsync(IReadOnlyList<Located<StepEntry>> steps, CancellationToken ct)
    {
        await foreach (var happening in PlayAsync(steps, 1, ct).ConfigureAwait(false))
        {
            if (happening is StepEnded { Outcome: not StepOutcome.Passed })
            {
                return false;
            }
        }
        return true;
    }

    /// <summary>Of the steps inside another, the one for which the machine lacks something, unless one before it decides: it failed. Else null.</summary>
    public static StepEnded? Lacking(IEnumerable<StepEnded> results) =>
        results.TakeWhile(result => result.Outcome is not StepOutcome.Failed).FirstOrDefault(result => result.IsLacking);

    /// <summary>What a step inside another shows for it.</summary>
    public static IEnumerable<string> Evidence(StepEnded check) =>
        check.Problem is { } problem ? [.. check.Seen, problem.Split(Environment.NewLine)[0]] : check.Seen;

    /// <summary>Of a step that must fail: what is otherwise than the file says of its failure; null where nothing is.</summary>
    private static string? Judge(string? problem, IReadOnlyList<Located<string>> report, StepFindings findings)
    {
        if (problem is null)
        {
            return "it must fail, and did not";
        }
        if (report.FirstOrDefault(text => !problem.Contains(text.Value, StringComparison.Ordinal)) is { Value: { } missing })
        {
            return $"it failed, as it must, but its report does not contain '{missing}':{Environment.NewLine}{problem}";
        }
        findings.Seen.Add("it failed, as it must:");
        findings.Seen.AddRange(problem.ReplaceLineEndings("\n").Split('\n').Select(line => "  " + line));
        return null;
    }

    private async Task<string?> ProblemOfAsync(StepEntry entry, StepFindings findings, CancellationToken ct)
    {
        try
        {
            if (entry.Deeds.All(deed => deed.Step is not ReceivedStep))
            {
                stage.ActedAt = Stopwatch.GetTimestamp();
            }
            foreach (var (_, deed) in entry.Deeds)
            {
                await deed.ActAsync(stage, findings, ct).ConfigureAwait(false);
            }
        }
        catch (LinuxException refusal) when (entry.Refused is { } wanted && refusal.ErrnoName == wanted.Value)
        {
            findings.Seen.Add(refusal.Message);
            return null;
        }
        catch (Exception otherwise) when (
            otherwise is StepFailure or ForwardingException or LinuxException or OvsException or TopologyException or TimeoutException
                or ProcessFailedException)
        {
            return entry.Refused is { } expected ? $"expected the kernel to refuse it with {expected.Value}, but: {otherwise.Message}" : otherwise.Message;
        }
        return entry.Refused is { } missing ? $"expected the kernel to refuse it with {missing.Value}, but it was done" : null;
    }
}
