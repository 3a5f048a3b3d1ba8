using System.Text.Json.Nodes;
using NetLab.Linux.Probe;

namespace NetLab.Scenarios;

/// <summary>A step as the file writes it: what all have in common, and what it does.</summary>
internal sealed class StepEntry : Entry
{
    private static readonly ScalarShape<string> Errno = new("an errno", "EBUSY",
        scalar => scalar.Text.Length > 1 && scalar.Text[0] == 'E' && scalar.Text.All(char.IsAsciiLetterUpper)
            ? (scalar.Text, null)
            : (scalar.Text, new Problem($"{scalar.Noun} is not the name of an error", "a name from errno(3), like EBUSY or EINVAL")),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^E[A-Z]+$" });

    private static readonly string[] FeatureNames = Enum.GetNames<Feature>();

    private static readonly ScalarShape<string> FeatureName = new("a feature", nameof(Feature.BridgeVlanFiltering),
        scalar => FeatureNames.Contains(scalar.Text) ? (scalar.Text, null)
            : (scalar.Text, new Problem($"{scalar.Noun} is no feature", Spelling.Suggest(scalar.Text, FeatureNames, "feature"))),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[A-Z][A-Za-z0-9]+$" });

    private static readonly SideKey[] CommonSideKeys =
    [
        new("refused", "is about a change", "put it beside 'set'"),
        new("check", "decides a claim or a task", "put it beside 'claim' or 'task'"),
    ];

    private readonly Dictionary<StepKind, Step> _deeds = [];

    public string? Name { get; set; }

    public string? Say { get; set; }

    /// <summary>The features without which it is skipped.</summary>
    public IReadOnlyList<Located<string>> Needs { get; set; } = [];

    public Located<string>? Refused { get; set; }

    /// <summary>What it says when it fails, as it must; null: it must not.</summary>
    public IReadOnlyList<Located<string>>? Fails { get; set; }

    /// <summary>The steps that decide a claim or a task.</summary>
    public IReadOnlyList<Located<StepEntry>> Checks { get; set; } = [];

    /// <summary>What it does, in the order in which it does it; nothing for a step that only speaks.</summary>
    public IEnumerable<(StepKind Kind, Step Step)> Deeds => Steps.All.Where(_deeds.ContainsKey).Select(kind => (kind, _deeds[kind]));

    /// <summary>The steps of a list, of any kind; the list may stand inside a step.</summary>
    public static Shape<IReadOnlyList<Located<StepEntry>>> List { get; } = new ListShape<StepEntry>("the step", new LateShape<StepEntry>(() => Shape!));

    private static readonly ObjectShape<StepEntry> Shape = Describe();

    /// <summary>The deed of this kind; <paramref name="deed"/> where there is none yet.</summary>
    public T Take<T>(StepKind<T> kind, T deed)
        where T : Step, new() => (T)(_deeds.TryGetValue(kind, out var taken) ? taken : _deeds[kind] = deed);

    private static ObjectShape<StepEntry> Describe()
    {
        var shape = new ObjectShape<StepEntry>("step", "a step")
            .With("name", "What the step is about, in a few words.", Scalars.Text, (step, value) => step.Name = value.Value)
            .With("say", "Narration, printed before the step acts; it may stand alone.", Scalars.Text, (step, value) => step.Say = value.Value);
        foreach (var kind in Steps.All)
        {
            kind.AddTo(shape);
        }
        return shape
            .With("needs", "The features of the kernel without which the step is skipped, with the reason, by the names that NETLAB_REQUIRE takes.",
                new ListShape<string>("feature", FeatureName, single: true), (step, value) => step.Needs = value.Value)
            .With("refused", "The kernel must refuse what the step does, with this errno.", Errno, (step, value) => step.Refused = value)
            .With("fails", "The step must fail, and what it says must contain these texts.", Scalars.Texts, (step, value) => step.Fails = value.Value)
            .With("check", "Steps that decide the claim, or whether the task is done.", List, (step, value) => step.Checks = value.Value)
            .Checked(CheckKeys);
    }

    /// <summary>What it needs and this machine lacks, in words; null where nothing is missing.</summary>
    public string? WhatIsMissing() => Needs.Count == 0 ? null
        : Needs.Select(need => Capabilities.Of(Enum.Parse<Feature>(need.Value))).Where(state => !state.Available).ToList() is { Count: > 0 } missing
            ? string.Join(" ", missing.Select(MissingFeatureException.Describe)).TrimEnd('.') : null;

    private static void CheckKeys(StepEntry step, string what, Binding binding)
    {
        var actions = Steps.All.Where(kind => kind.IsAction).ToList();
        var judges = Steps.All.Where(kind => !kind.IsAction).SelectMany(kind => kind.SideKeys.Select(side => side.Key)).ToList();
        var given = actions.FindAll(kind => step.Given.ContainsKey(kind.Key));
        if (given.Count > 1)
        {
            binding.Report(step.Of(given[1].Key), $"{what} does two things, '{given[0].Key}' and '{given[1].Key}'",
                "a step has one action; begin a new one with '- '");
            return;
        }
        var action = given.FirstOrDefault();
        if (action is null && step.Say is null && !judges.Exists(step.Given.ContainsKey))
        {
            binding.Report(step.At, $"{what} does nothing", $"an action ({string.Join(", ", actions.Select(kind => kind.Key).Concat(judges))}), or 'say'");
            return;
        }
        IEnumerable<string> allowed = action?.Beside ?? judges;
        foreach (var side in Steps.All.SelectMany(kind => kind.SideKeys).Concat(CommonSideKeys))
        {
            if (step.Given.ContainsKey(side.Key) && !allowed.Contains(side.Key))
            {
                binding.Report(step.Of(side.Key), $"'{side.Key}' {side.Belongs}, and this step has {(action is null ? "none" : $"'{action.Key}'")}",
                    side.Right);
            }
        }
        if (step.Fails is not null && (action is null ? !judges.Exists(step.Given.ContainsKey) : action.Beside.Contains("check")))
        {
            binding.Report(step.Of("fails"), $"'fails' is about a step that acts, and this one {(action is null ? "only speaks" : $"is a {action.Key}")}",
                "put it beside an action, or beside 'expect'");
        }
        if (action is not null && action.Beside.Contains("check") && step.Checks.Count == 0)
        {
            binding.Report(step.Of(action.Key), $"this {action.Key} has no 'check'", "check: a list of steps that decide it");
        }
    }
}
