using System.CommandLine;
using System.Diagnostics;
using NetLab.Cli.Keeping;
using NetLab.Cli.Lessons;
using NetLab.Linux.Processes;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab up FILE</c>: builds a scenario's lab and leaves it to a process of its own, the keeper, which is <c>netlab keep FILE</c>.</summary>
internal static class UpCommand
{
    public static Command Create(Terminal terminal)
    {
        var (file, name) = Arguments();
        var command = new Command("up", "Build a scenario's lab and let it stay, until 'netlab down'. Its steps are not taken; a teaching lab begins.")
            { file, name };
        command.SetAction((parsed, ct) => RunAsync(terminal, parsed.GetRequiredValue(file), parsed.GetValue(name), ct));
        return command;
    }

    /// <summary>The process that keeps the lab. Whoever starts it reads its standard error until that ends: then the lab is up, or it has failed.</summary>
    public static Command CreateKeeper(Terminal terminal)
    {
        var (file, name) = Arguments();
        var command = new Command("keep", "Build a scenario's lab and keep it") { file, name };
        command.Hidden = true;
        command.SetAction((parsed, ct) => KeepAsync(terminal, parsed.GetRequiredValue(file), parsed.GetValue(name)!, ct));
        return command;
    }

    private static (Argument<string> File, Option<string?> Name) Arguments()
    {
        var file = new Argument<string>("file") { Description = "The scenario whose lab is built" };
        file.Validators.Add(ScenarioFiles.Check);
        return (file, new Option<string?>("--name") { Description = "The lab's name; that of the file when absent", HelpName = "name" });
    }

    private static async Task<int> RunAsync(Terminal terminal, string file, string? name, CancellationToken ct)
    {
        await using var run = ScenarioFiles.Describe([file])[0];
        name ??= Path.GetFileNameWithoutExtension(file);
        KeptLabs.RequireName(name);
        KeptLabs.MakeFolder();
        RunCommand.RequireWhatItNeeds(run.Lab);
        var code = await StartKeeperAsync(terminal, file, name, ct).ConfigureAwait(false);
        if (code != ExitCode.Fine)
        {
            return code;
        }

        var page = terminal.Page;
        page.Drawing(LabDrawing.Text(run.Lab, new DrawingOptions { Columns = page.Width }));
        page.Gap();
        page.Line($"[green]up[/]  {Page.Styled(name, "bold")}   {Page.Styled(run.Document.Name, "grey")}");
        page.Text(4, $"netlab shell {run.Lab.Nodes.Select(node => node.Name).FirstOrDefault("NODE")}, netlab ps, netlab down {name}", "grey");
        return run.Tasks == 0 ? ExitCode.Fine
            : await KeeperClient.AskAsync(terminal, name, new KeeperRequest("check", []), ct).ConfigureAwait(false);
    }

    private static async Task<int> StartKeeperAsync(Terminal terminal, string file, string name, CancellationToken ct)
    {
        // Started by `dotnet NetLab.Cli.dll`, or as a program of its own.
        var program = Environment.ProcessPath!;
        string[] itself = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [Environment.GetCommandLineArgs()[0]] : [];
        using var keeper = Process.Start(new ProcessStartInfo(program, [.. itself, "keep", file, "--name", name])
            { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true })!;
        try
        {
            terminal.Error.Write(await keeper.StandardError.ReadToEndAsync(ct).ConfigureAwait(false));
            if (KeptLabs.Names.Contains(name))
            {
                return ExitCode.Fine;
            }

            await keeper.WaitForExitAsync(ct).ConfigureAwait(false);
            return keeper.ExitCode;
        }
        catch (OperationCanceledException)
        {
            keeper.Kill();
            throw;
        }
    }

    private static async Task<int> KeepAsync(Terminal terminal, string file, string name, CancellationToken ct)
    {
        OwnProcess.LeaveSession();
        await using var run = ScenarioFiles.Describe([file])[0];
        await run.BuildAsync(ct).ConfigureAwait(false);
        using var lesson = new Lesson(run);
        using var lab = new KeptLab(name, run, lesson);
        await using var keeper = Keeper.Open(lab);
        terminal.Page.Settle();
        OwnProcess.LeaveStreams();
        await keeper.Down.WaitAsync(ct).ConfigureAwait(false);
        return ExitCode.Fine;
    }
}
