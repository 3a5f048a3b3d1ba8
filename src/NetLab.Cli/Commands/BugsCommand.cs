using System.CommandLine;
using System.CommandLine.Completions;
using System.Diagnostics;
using NetLab.Cli.Bugs;
using NetLab.Cli.Running;
using NetLab.Scenarios;

namespace NetLab.Cli.Commands;

/// <summary>
/// <c>netlab bugs</c>: lists the bugs of OpenStack's networking that come with the tool. <c>netlab bugs run LP-1715317</c>, <c>--all</c>: runs both
/// variants of one, or of each: the broken one must fail as reported and name the cause, the fixed one pass.
/// </summary>
internal static class BugsCommand
{
    public static Command Create(Terminal terminal, Option<bool> verbose)
    {
        var bugs = new Argument<string[]>("bug") { Description = "Tickets, like LP-1715317, or files that describe a bug", Arity = ArgumentArity.ZeroOrMore };
        bugs.Validators.Add(ScenarioFiles.Check);
        bugs.CompletionSources.Add(_ => BugCatalogue.All.Select(file => new CompletionItem(file.Bug.Id)));
        var all = new Option<bool>("--all") { Description = "Run every bug, with a line for each" };
        var run = new Command("run", "Run a bug as it was, and as it is with the fix") { bugs, all };
        run.Validators.Add(result =>
        {
            if (result.GetValue(all) == result.GetResult(bugs) is { Tokens.Count: > 0 })
            {
                result.AddError(result.GetValue(all) ? "--all runs every bug: name none" : "Required argument missing: a ticket, a file, or --all");
            }
        });
        run.SetAction((parsed, ct) => parsed.GetValue(all)
            ? RunAllAsync(terminal, BugCatalogue.All, parsed.GetValue(verbose), ct)
            : RunEachAsync(terminal, [.. parsed.GetRequiredValue(bugs).Select(BugCatalogue.Find)], parsed.GetValue(verbose), ct));

        var command = new Command("bugs", "List bugs of OpenStack's networking that can be run, or run them") { run };
        command.SetAction(_ => List(terminal.Page));
        return command;
    }

    private static int List(Page page)
    {
        foreach (var area in BugCatalogue.All.GroupBy(file => file.Bug.Area))
        {
            page.Gap();
            page.Line($"[bold]{area.Key}[/]");
            foreach (var file in area)
            {
                page.Item(2, $"{file.Bug.Id,-12}{file.Title}", null);
            }
        }

        page.Gap();
        page.Line(Page.Styled("'netlab bugs run LP-…' shows one, broken and fixed; '--all' runs them all", "grey"));
        return ExitCode.Fine;
    }

    private static async Task<int> RunEachAsync(Terminal terminal, IReadOnlyList<BugFile> files, bool verbose, CancellationToken ct)
    {
        var worst = ExitCode.Fine;
        foreach (var file in files)
        {
            var page = terminal.Page;
            page.Line($"[bold]{file.Bug.Id}[/]  {Page.Styled(file.Bug.Area, "grey")}");
            page.Text(2, $"Symptom: {file.Bug.Symptom}");
            page.Text(2, $"Cause: {file.Bug.Cause}");
            file.Bug.Sources.ToList().ForEach(source => page.Item(2, source, "grey"));
            foreach (var variant in new[] { Bug.Broken, Bug.Fixed })
            {
                page.Gap();
                page.Line($"[bold]{variant}[/]");
                var run = ScenarioRun.Describe(file.Variant(variant));
                worst = ExitCode.Worse(worst, await PlayAsync(terminal, run, new BugView(new RunView(page, run, verbose)), verbose, ct).ConfigureAwait(false));
            }
        }

        return worst;
    }

    private static async Task<int> RunAllAsync(Terminal terminal, IReadOnlyList<BugFile> files, bool verbose, CancellationToken ct)
    {
        var (good, worst) = (0, ExitCode.Fine);
        foreach (var file in files)
        {
            var begun = Stopwatch.GetTimestamp();
            terminal.Page.Busy($"{file.Bug.Id}  {file.Title}");
            List<(string Variant, BugView View)> seen = [];
            foreach (var variant in new[] { Bug.Broken, Bug.Fixed })
            {
                seen.Add((variant, new BugView()));
                worst = ExitCode.Worse(worst, await PlayAsync(terminal, ScenarioRun.Describe(file.Variant(variant)), seen[^1].View, verbose, ct)
                    .ConfigureAwait(false));
            }

            bool isWrong = seen.Exists(each => each.View.Wrong.Count > 0), isLacking = seen.Exists(each => each.View.Lacking.Count > 0);
            good += isWrong || isLacking ? 0 : 1;
            var mark = isWrong ? "[red]✗[/]" : isLacking ? "[yellow]–[/]" : "[green]✓[/]";
            terminal.Page.Line($"{mark} {file.Bug.Id,-12}{file.Bug.Area,-16}{Page.Styled(file.Title, null)}  "
                + Page.Styled($"{Stopwatch.GetElapsedTime(begun).TotalSeconds:0.0} s", "grey"));
            foreach (var (variant, view) in seen)
            {
                Tell(variant, view.Wrong, "red");
                Tell(variant, view.Lacking, "yellow");
            }
        }

        terminal.Page.Gap();
        terminal.Page.Line(Page.Styled($"{good} of {files.Count} as reported: broken fails and names its cause, fixed passes",
            good == files.Count ? "green" : "red"));
        return worst;

        void Tell(string variant, IEnumerable<string> texts, string style)
        {
            foreach (var line in texts.SelectMany(text => text.ReplaceLineEndings("\n").Split('\n')))
            {
                terminal.Page.Item(4, $"{variant}: {line}", style);
            }
        }
    }

    /// <summary>A run in which a step was skipped for what the machine lacks shows no bug.</summary>
    private static async Task<int> PlayAsync(Terminal terminal, ScenarioRun run, BugView view, bool verbose, CancellationToken ct)
    {
        var code = await RunCommand.PlayAsync(terminal, run, view, verbose, whenReady: null, ct).ConfigureAwait(false);
        return ExitCode.Worse(code, view.Lacking.Count > 0 ? ExitCode.Lacking : ExitCode.Fine);
    }
}
