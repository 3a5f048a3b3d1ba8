using System.Diagnostics;
using System.Runtime.CompilerServices;

namespace NetLab.Scenarios;

/// <summary><c>claim: A hub sends every frame to everybody</c>: a sentence that its checks decide; what they saw is its evidence.</summary>
internal sealed class ClaimStep : Step
{
    public static readonly StepKind Kind = new StepKind<ClaimStep>("claim") { Beside = ["holds", "check"] }
        .With("claim", "A sentence that the steps under 'check' decide.", Scalars.Text, (claim, value) => claim.Sentence = value.Value)
        .With("holds", "Whether the claim holds; 'no' for a claim that the checks must refute.", Scalars.Switch, (claim, value) => claim.Holds = value.Value,
            new SideKey("holds", "is about a claim", "put it beside 'claim'"));

    public string Sentence { get; set; } = "";

    public bool Holds { get; set; } = true;

    public override string Title => Sentence;

    public override async IAsyncEnumerable<ScenarioEvent> PlayAsync(StepEntry entry, ScenarioStep step, StepPlayer player,
        [EnumeratorCancellation] CancellationToken ct)
    {
        var begun = Stopwatch.GetTimestamp();
        var checks = new List<StepEnded>();
        await foreach (var happening in player.PlayAsync(entry.Checks, step.Depth + 1, ct).ConfigureAwait(false))
        {
            if (happening is StepEnded { Step.Depth: var depth } ended && depth == step.Depth + 1)
            {
                checks.Add(ended);
            }
            yield return happening;
        }
        if (checks.Find(check => check.Outcome is StepOutcome.Skipped) is { } skipped && !checks.Exists(check => check.Outcome is StepOutcome.Failed))
        {
            yield return new StepEnded(step, StepOutcome.Skipped, [.. checks.SelectMany(check => check.Seen)], skipped.Problem,
                Stopwatch.GetElapsedTime(begun))
            {
                IsLacking = StepPlayer.Lacking(checks) is not null,
            };
            yield break;
        }
        var holds = checks.TrueForAll(check => check.Outcome is StepOutcome.Passed);
        var problem = holds == Holds ? null
            : holds ? "the claim holds, and the scenario says that it does not"
            : string.Join(Environment.NewLine,
                ["the claim does not hold:", .. checks.Where(check => check.Problem is not null).Select(check => $"{check.Step.Title}: {check.Problem}")]);
        yield return new StepEnded(step, problem is null ? StepOutcome.Passed : StepOutcome.Failed, [.. checks.SelectMany(StepPlayer.Evidence)], problem,
            Stopwatch.GetElapsedTime(begun))
        {
            Holds = holds,
        };
    }
}
