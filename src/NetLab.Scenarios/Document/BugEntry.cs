namespace NetLab.Scenarios;

/// <summary>
/// The ticket that a scenario reproduces. Such a scenario has the variants 'broken' and 'fixed': in the broken one a step fails as was reported and
/// names the cause, in the fixed one all pass.
/// </summary>
/// <param name="Id">The ticket: <c>LP-1715317</c>, of Launchpad.</param>
/// <param name="Area">Where it belongs: <c>hybrid plug</c>.</param>
/// <param name="Symptom">What people saw.</param>
/// <param name="Cause">Why, in the words of the fix.</param>
/// <param name="Sources">The ticket, the commits, the files.</param>
public sealed record Bug(string Id, string Area, string Symptom, string Cause, IReadOnlyList<string> Sources)
{
    /// <summary>The variant with the fault.</summary>
    public const string Broken = "broken";

    /// <summary>The variant without it.</summary>
    public const string Fixed = "fixed";
}

/// <summary>What stands under 'bug'.</summary>
internal sealed class BugEntry : Entry
{
    private static readonly string[] Areas =
        ["hybrid plug", "br-int", "br-tun", "security group", "DHCP", "router", "MTU", "ARP"];

    private static readonly ScalarShape<string> Ticket = new("a ticket", "LP-1715317",
        scalar => scalar.Text is ['L', 'P', '-', _, ..] && scalar.Text.AsSpan(3).IndexOfAnyExceptInRange('0', '9') < 0
            ? (scalar.Text, null)
            : (scalar.Text, new Problem($"{scalar.Noun} is not a ticket", "LP- and its number on Launchpad, like LP-1715317")),
        () => new() { ["type"] = "string", ["pattern"] = "^LP-[0-9]+$" });

    public static readonly ObjectShape<BugEntry> Shape = new ObjectShape<BugEntry>("bug", "a bug")
        .With("id", "The ticket: LP- and its number on Launchpad.", Ticket, (bug, value) => bug.Id = value.Value, required: true)
        .With("area", "What it is about.", Scalars.OneOf("an area", Areas), (bug, value) => bug.Area = value.Value, required: true)
        .With("symptom", "What people saw.", Scalars.Text, (bug, value) => bug.Symptom = value.Value, required: true)
        .With("cause", "Why.", Scalars.Text, (bug, value) => bug.Cause = value.Value, required: true)
        .With("sources", "Where that is written: the ticket, commits, files.", Scalars.Texts,
            (bug, value) => bug.Sources = [.. value.Value.Select(source => source.Value)], required: true);

    private string Id { get; set; } = "";

    private string Area { get; set; } = "";

    private string Symptom { get; set; } = "";

    private string Cause { get; set; } = "";

    private IReadOnlyList<string> Sources { get; set; } = [];

    public Bug ToBug() => new(Id, Area, Symptom, Cause, Sources);

    /// <summary>What a bug's scenario must have beyond any other's, in the variant that was chosen.</summary>
    public void Check(IReadOnlyList<Located<string>> variants, string? chosen, IReadOnlyList<Located<StepEntry>> steps, Binding binding)
    {
        if (variants.Count != 2 || variants[0].Value != Bug.Broken || variants[1].Value != Bug.Fixed)
        {
            binding.Report(At, "a bug has two variants", $"variants: [{Bug.Broken}, {Bug.Fixed}]");
            return;
        }
        var failing = steps.Where(step => step.Value.Fails is not null).ToList();
        if (chosen == Bug.Broken && failing.Count == 0)
        {
            binding.Report(At, "no step fails in the variant 'broken'", "beside a step: fails: { broken: 'what its report says of the cause' }");
        }
        else if (chosen == Bug.Fixed && failing.Count > 0)
        {
            binding.Report(failing[0].Value.Of("fails"), "this step fails in the variant 'fixed' too",
                "fails: { broken: 'what its report says of the cause' }");
        }
        foreach (var step in failing.Where(step => step.Value.Fails!.Count == 0))
        {
            binding.Report(step.Value.Of("fails"), "the step may fail for whatever reason", "name the cause, in words that the report has");
        }
    }
}
