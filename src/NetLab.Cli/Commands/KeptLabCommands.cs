using System.CommandLine;
using System.CommandLine.Completions;
using System.Globalization;
using System.Text.Json.Nodes;
using NetLab.Cli.Keeping;

namespace NetLab.Cli.Commands;

/// <summary>What is done in a lab that stays: <c>ps</c>, <c>exec</c>, <c>shell</c>, <c>check</c>, <c>hint</c> and <c>down</c>.</summary>
internal static class KeptLabCommands
{
    /// <summary>The lab that is meant.</summary>
    public static Option<string?> Lab()
    {
        var lab = new Option<string?>("--lab") { Description = "The lab, where several are up", HelpName = "name" };
        lab.CompletionSources.Add(_ => KeptLabs.Names.Select(name => new CompletionItem(name)));
        return lab;
    }

    public static Command Ps(Terminal terminal)
    {
        var json = new Option<bool>("--json") { Description = "Write one JSON document" };
        var command = new Command("ps", "List the labs that are up") { json };
        command.SetAction(async (parsed, ct) =>
        {
            var labs = new List<JsonObject>();
            foreach (var name in KeptLabs.Names)
            {
                await KeeperClient.AskAsync(terminal, name, new KeeperRequest("ps", []), ct, labs.Add).ConfigureAwait(false);
            }

            if (parsed.GetValue(json))
            {
                terminal.WriteJson(new JsonObject { ["exitCode"] = ExitCode.Fine, ["labs"] = JsonText.Array(labs) });
            }
            else
            {
                Show(terminal.Page, labs);
            }

            return ExitCode.Fine;
        });
        return command;
    }

    public static Command Exec(Terminal terminal)
    {
        var node = new Argument<string>("node") { Description = "The node" };
        var words = new Argument<string[]>("program")
            { Description = "The program and its arguments; put -- before it where one begins with a dash", Arity = ArgumentArity.OneOrMore };
        var lab = Lab();
        var command = new Command("exec", "Run a program in a node of a lab that is up. The exit code is the program's own.") { node, words, lab };
        command.SetAction((parsed, ct) => AskAsync(terminal, parsed.GetValue(lab),
            new KeeperRequest("exec", [parsed.GetRequiredValue(node), .. parsed.GetRequiredValue(words)]), ct));
        return command;
    }

    public static Command Shell(Terminal terminal)
    {
        var node = new Argument<string>("node") { Description = "The node" };
        var lab = Lab();
        var command = new Command("shell", "Open a shell in a node of a lab that is up") { node, lab };
        command.SetAction((parsed, ct) => AskAsync(terminal, parsed.GetValue(lab), new KeeperRequest("shell", [parsed.GetRequiredValue(node)]), ct));
        return command;
    }

    public static Command Check(Terminal terminal)
    {
        var solve = new Option<bool>("--solve") { Description = "Do the task by its solution first, and show it" };
        var skip = new Option<bool>("--skip") { Description = "Go on without it" };
        var lab = Lab();
        var command = new Command("check", "Look whether the task of a teaching lab that is up is done, and go on to the next; in any other lab, take the " +
            "scenario's steps. Exit code 1: not yet.") { solve, skip, lab };
        command.SetAction((parsed, ct) =>
        {
            Option<bool>[] given = [.. new[] { solve, skip }.Where(option => parsed.GetValue(option))];
            return AskAsync(terminal, parsed.GetValue(lab),
                new KeeperRequest("check", []) { Options = given.ToDictionary(option => option.Name[2..], _ => "") }, ct);
        });
        return command;
    }

    public static Command Hint(Terminal terminal)
    {
        var lab = Lab();
        var command = new Command("hint", "Give the next hint for the task of a teaching lab that is up") { lab };
        command.SetAction((parsed, ct) => AskAsync(terminal, parsed.GetValue(lab), new KeeperRequest("hint", []), ct));
        return command;
    }

    public static Command Down(Terminal terminal)
    {
        var names = new Argument<string[]>("lab") { Description = "The labs; where one alone is up, that one", Arity = ArgumentArity.ZeroOrMore };
        var all = new Option<bool>("--all") { Description = "All that are up" };
        var command = new Command("down", "Remove a lab that is up") { names, all };
        command.SetAction(async (parsed, ct) =>
        {
            var given = parsed.GetValue(names) ?? [];
            foreach (var name in parsed.GetValue(all) ? KeptLabs.Names : given.Length > 0 ? [.. given.Select(KeptLabs.Choose)] : [KeptLabs.Choose(null)])
            {
                var code = await KeeperClient.AskAsync(terminal, name, new KeeperRequest("down", []), ct).ConfigureAwait(false);
                if (code != ExitCode.Fine)
                {
                    return code;
                }

                terminal.Page.Line($"down  {Page.Styled(name, "bold")}");
            }

            return ExitCode.Fine;
        });
        return command;
    }

    public static Task<int> AskAsync(Terminal terminal, string? lab, KeeperRequest request, CancellationToken ct) =>
        KeeperClient.AskAsync(terminal, KeptLabs.Choose(lab), request, ct);

    private static void Show(Page page, List<JsonObject> labs)
    {
        if (labs.Count == 0)
        {
            page.Line("no lab is up");
            return;
        }

        var widest = labs.Max(lab => ((string)lab["name"]!).Length);
        foreach (var lab in labs)
        {
            var up = DateTimeOffset.Now - DateTimeOffset.Parse((string)lab["since"]!, CultureInfo.InvariantCulture);
            page.Line($"{Page.Styled(((string)lab["name"]!).PadRight(widest), "bold")}  {Ago(up),-6}  keeper {lab["pid"]}  nodes "
                + Page.Styled($"{string.Join(' ', lab["nodes"]!.AsArray())}  {lab["file"]}", null));
            if ((string?)lab["task"] is { } task)
            {
                page.Item(widest + 2, $"task: {task}", "grey");
            }
        }
    }

    private static string Ago(TimeSpan time) => time.TotalHours >= 1 ? $"{time.TotalHours:0} h" : time.TotalMinutes >= 1 ? $"{time.TotalMinutes:0} min"
        : $"{time.TotalSeconds:0} s";
}
