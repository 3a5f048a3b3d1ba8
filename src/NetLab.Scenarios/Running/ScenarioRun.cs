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
    private int _passed;
    private int _failed;
    private int _skipped;
    private TimeSpan _built;

    private ScenarioRun(ScenarioDocument document, Lab lab)
    {
        Document = document;
        Lab = lab;
    }

    /// <summary>The scenario.</summary>
    public ScenarioDocument Document { get; }

    /// <summary>Its lab: described from the beginning, so that it can be drawn; built by <see cref="BuildAsync"/> or by playing.</summary>
    public Lab Lab { get; }

    /// <summary>How many tasks the scenario has.</summary>
    public int Tasks => Document.Steps.Count(step => step.Value.Deeds.Any(deed => deed.Step is TaskStep));

    /// <summary>Whether it needs a reader: it has tasks, or asks for predictions.</summary>
    public bool Asks => Document.Steps.Any(step => step.Value.Deeds.Any(deed => deed.Step is TaskStep or PredictStep));

    /// <summary>Whether the run has ended and no step failed.</summary>
    public bool Succeeded { get; private set; }

    /// <summary>Describes the scenario's lab. Nothing is built yet.</summary>
    /// <param name="document">The scenario.</param>
    /// <param name="options">How the lab is to behave; null for the defaults.</param>
    /// <exception cref="ScenarioException">The lab cannot be built as described.</exception>
    public static ScenarioRun Describe(ScenarioDocument document, LabOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(document);
        try
        {
            var lab = LabBuilder.Describe(document.Lab, options);
            lab.Validate();
            return new ScenarioRun(document, lab);
        }
        catch (TopologyException cannot)
        {
            throw new ScenarioException([.. cannot.Problems.Select(problem => new Diagnostic(document.File, document.Lab.At, problem, "change the lab"))]);
        }
    }

    /// <summary>
    /// Builds the lab, unless it is there already, and takes the steps, one after the other. After a change that failed or was skipped the rest is
    /// skipped; after a failed look it goes on.
    /// </summary>
    /// <param name="learner">Whoever does the tasks; null: nobody is there, and the scenario does each task itself.</param>
    /// <param name="ct">Ends the run.</param>
    /// <returns>What happens, as it happens; the last event is <see cref="ScenarioEnded"/>.</returns>
    /// <exception cref="ScenarioException">The kernel refuses something that the file asks for; the message has its line.</exception>
    /// <exception cref="LinuxException">The kernel refuses something else. Nothing of the lab is left.</exception>
    public async IAsyncEnumerable<ScenarioEvent> PlayAsync(ILearner? learner, [EnumeratorCancellation] CancellationToken ct = default)
    {
        var begun = Stopwatch.GetTimestamp();
        (_passed, _failed, _skipped) = (0, 0, 0);
        if (!Lab.IsApplied)
        {
            await BuildAsync(ct).ConfigureAwait(false);
        }

        yield return new LabReady(Lab, _built);
        var player = new StepPlayer(new Stage(Lab), learner);
        await player.LookAnewAsync(ct).ConfigureAwait(false);
        await foreach (var happening in player.PlayAsync(Document.Steps, 0, ct).ConfigureAwait(false))
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

    /// <inheritdoc cref="PlayAsync(ILearner?, CancellationToken)"/>
    public IAsyncEnumerable<ScenarioEvent> PlayAsync(CancellationToken ct = default) => PlayAsync(null, ct);

    /// <summary>Removes the lab.</summary>
    public ValueTask DisposeAsync() => Lab.DisposeAsync();

    /// <summary>Builds the lab, and takes no step.</summary>
    /// <param name="ct">Ends the attempt.</param>
    /// <exception cref="ScenarioException">The kernel refuses something that the file asks for; the message has its line.</exception>
    /// <exception cref="LinuxException">The kernel refuses something else. Nothing of the lab is left.</exception>
    public async Task BuildAsync(CancellationToken ct = default)
    {
        var begun = Stopwatch.GetTimestamp();
        try
        {
            await Lab.ApplyAsync(ct).ConfigureAwait(false);
            foreach (var part in Document.Lab.Nodes.SelectMany(node => node.Value.Parts))
            {
                await part.StartAsync(ct).ConfigureAwait(false);
            }
            _built = Stopwatch.GetElapsedTime(begun);
        }
        catch (Exception refusal) when (Explain(refusal) is { } place)
        {
            throw new ScenarioException([new Diagnostic(Document.File, place.At, place.Wrong, "change it to what is taken")]);
        }
    }

    // What the machine lacks, in memory, privileges or features, is no fault of the file.
    private (Position At, string Wrong)? Explain(Exception refusal) =>
        refusal is LinuxException kernel && kernel.Errno is not (Errno.EINVAL or Errno.ERANGE or Errno.EEXIST or Errno.EBUSY
            or Errno.ENETUNREACH or Errno.EHOSTUNREACH or Errno.EADDRNOTAVAIL or Errno.ENOENT or Errno.ELOOP or Errno.EXFULL)
            ? null
            : Document.Lab.Nodes.SelectMany(node => node.Value.Parts.Select(part => part.Explain(refusal, node.Name.Value)))
                .FirstOrDefault(place => place is not null)
                ?? (refusal is LinuxException request && PlaceOf(request) is { } at ? (at, $"the kernel refused this while {request.Message}") : null);

    /// <summary>Where the file names the device that a refusal speaks of: the longest name wins, since one may begin like another.</summary>
    private Position? PlaceOf(LinuxException refusal) => new Inventory(Document.Lab, new Binding(Document.File)).Nodes.Values
        .SelectMany(node => node.Devices.Values.Select(device => (Name: $"{node.Name}/{device.Name}", device.At)))
        .Where(device => refusal.Doing.Contains(device.Name, StringComparison.Ordinal))
        .OrderByDescending(device => device.Name.Length)
        .Select(device => (Position?)device.At)
        .FirstOrDefault();

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
