using System.CommandLine;
using NetLab.Cli.Keeping;
using NetLab.Cli.Lessons;
using NetLab.Cli.Running;
using NetLab.Cli.Sharding;
using NetLab.Linux.Probe;
using NetLab.Linux.Processes;
using NetLab.Scenarios;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab run FILE…</c>: builds the lab of each scenario, takes its steps, and shows what was seen.</summary>
internal static class RunCommand
{
    public static Command Create(Terminal terminal, Option<bool> verbose)
    {
        var files = new Argument<string[]>("file") { Description = "Scenarios, or folders of them, run one after the other", Arity = ArgumentArity.OneOrMore };
        files.Validators.Add(ScenarioFiles.Check);
        var json = new Option<bool>("--json") { Description = "Write one JSON document when all is done, instead of lines as it goes" };
        var demo = new Option<bool>("--demo") { Description = "Let a teaching lab do its tasks by itself, as it does where no terminal is" };
        var variant = ScenarioFiles.Variant();
        var shard = new ShardOptions();
        var command = new Command("run", "Run scenarios and teaching labs; at a terminal, a teaching lab waits for you at each task")
            { files, variant, json, demo, shard.Shard, shard.Times };
        command.SetAction((parsed, ct) =>
        {
            var all = ScenarioFiles.InFolders(parsed.GetRequiredValue(files));
            return RunAsync(terminal, all, shard.Of(parsed, all, name => name), parsed.GetValue(variant), parsed.GetValue(json), parsed.GetValue(demo),
                parsed.GetValue(verbose), ct);
        });
        return command;
    }

    private static async Task<int> RunAsync(Terminal terminal, IReadOnlyList<string> files, ShardRecord? shard, string? variant, bool json, bool demo,
        bool verbose, CancellationToken ct)
    {
        if (shard is not null)
        {
            terminal.Say($"netlab: shard {shard.Shard}, {shard.Names.Count} of {files.Count} scenarios");
        }

        // All files are read before the first lab is built: what is wrong is told at once.
        var runs = ScenarioFiles.Describe(shard?.Names ?? files, variant);
        var document = new RunDocument(shard);
        var worst = ExitCode.Fine;
        var hasReader = !json && !demo && OwnProcess.IsTerminal(OwnProcess.Stream(0)) && OwnProcess.IsTerminal(OwnProcess.Stream(1));
        foreach (var run in runs)
        {
            if (hasReader && run.Asks)
            {
                worst = ExitCode.Worse(worst, await TeachAsync(terminal, run, verbose, ct).ConfigureAwait(false));
                continue;
            }

            var view = json ? document.Add(run) : new RunView(terminal.Page, run, verbose);
            var code = await PlayAsync(terminal, run, view, verbose, whenReady: null, ct).ConfigureAwait(false);
            worst = ExitCode.Worse(worst, code);
            if (code == ExitCode.Interrupted)
            {
                break;
            }
        }

        if (json)
        {
            terminal.WriteJson(document.Close(worst));
        }
        else if (runs.Count > 1)
        {
            RunView.WriteSum(terminal.Page, runs);
        }

        return worst;
    }

    /// <summary>Has a teaching lab done by who sits at the terminal; other terminals reach it as a lab that is up.</summary>
    private static async Task<int> TeachAsync(Terminal terminal, ScenarioRun run, bool verbose, CancellationToken ct)
    {
        using var lesson = new Lesson(run);
        var view = new LessonView(terminal.Page, run, lesson, verbose);
        try
        {
            view.Begin();
            RequireWhatItNeeds(run.Lab);
            await run.BuildAsync(ct).ConfigureAwait(false);
            var name = Path.GetFileNameWithoutExtension(run.Document.File);
            using var lab = new KeptLab(KeptLabs.Names.Contains(name) ? $"{name}-{Environment.ProcessId}" : name, run, lesson);
            await using var keeper = Keeper.Open(lab);
            using var console = new LessonConsole(terminal, run, lesson, view);
            await console.RunAsync(ct).ConfigureAwait(false);
            return lesson.IsOver && !run.Succeeded ? ExitCode.Failed : ExitCode.Fine;
        }
#pragma warning disable CA1031 // As below.
        catch (Exception exception) when (exception is not OutputException)
#pragma warning restore CA1031
        {
            return terminal.Fail(Failure.Of(exception, verbose), json: false);
        }
        finally
        {
            await run.DisposeAsync().ConfigureAwait(false);
        }
    }

    /// <summary>Runs a scenario to its end and removes its lab. What goes wrong is told, and gives the exit code.</summary>
    internal static async Task<int> PlayAsync(Terminal terminal, ScenarioRun run, IRunView view, bool verbose, Action<Lab>? whenReady, CancellationToken ct)
    {
        var failed = new List<StepEnded>();
        try
        {
            view.Begin();
            RequireWhatItNeeds(run.Lab);
            await foreach (var happening in run.PlayAsync(ct).ConfigureAwait(false))
            {
                if (happening is LabReady)
                {
                    whenReady?.Invoke(run.Lab);
                }

                view.Show(happening);
                if (happening is StepEnded { Outcome: StepOutcome.Failed, Step.Depth: 0 } ended)
                {
                    failed.Add(ended);
                }
            }

            await LeaveBundleAsync(run, view, failed).ConfigureAwait(false);
            return run.Succeeded ? ExitCode.Fine : ExitCode.Failed;
        }
#pragma warning disable CA1031 // Each scenario ends with a message and a code of its own; where nothing can be told any more, all of them end.
        catch (Exception exception) when (exception is not OutputException)
#pragma warning restore CA1031
        {
            var failure = Failure.Of(exception, verbose);
            view.Fail(failure);
            return terminal.Fail(failure, json: false);
        }
        finally
        {
            await run.DisposeAsync().ConfigureAwait(false);
        }
    }

    private static async Task LeaveBundleAsync(ScenarioRun run, IRunView view, List<StepEnded> failed)
    {
        var what = new FailedRun(Path.GetFileNameWithoutExtension(run.Document.File))
        {
            Failure = string.Join(Environment.NewLine,
                failed.Select(f => $"{run.Document.File}:{f.Step.At}: step {f.Step.Number}, {f.Step.Title}{Environment.NewLine}{f.Problem}")),
            Fate = failed.Find(f => f.Fate is not null)?.Fate,
            Rerun = $"netlab run {run.Document.File}",
        };
        if (failed.Count > 0 && await FailureBundle.WriteAsync(run.Lab, what).ConfigureAwait(false) is { } bundle)
        {
            view.Left(bundle);
        }
    }

    // Without privileges nothing else can be there, so they are all that is told then.
    internal static void RequireWhatItNeeds(Lab lab)
    {
        var needs = LabFeatures.Of(lab);
        Capabilities.Require([.. needs.Where(n => n <= Feature.CapPerfmon)]);
        Capabilities.Require([.. needs]);
    }
}
