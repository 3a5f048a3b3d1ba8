using System.CommandLine;
using System.CommandLine.Help;
using NetLab.Cli.Commands;

namespace NetLab.Cli;

/// <summary>The command line: from arguments to a command, and from whatever happens to an exit code.</summary>
internal static class NetLabCommand
{
    public static async Task<int> RunAsync(IReadOnlyList<string> arguments, Terminal terminal)
    {
        var verbose = new Option<bool>("--verbose")
            { Description = "Show every copy of every frame, and where in the code an error came from", Recursive = true };
        var root = new Command("netlab",
            "A network test lab: describes networks, builds them from Linux namespaces, and tells where every frame went. Exit codes: 0 " +
                "fine, 1 an expectation failed, 2 wrong usage or bad input, 3 the machine lacks something, or takes no output, 70 a fault of netlab itself.")
        {
            RunCommand.Create(terminal, verbose),
            CaptureCommand.Create(terminal, verbose),
            ExplainCommand.Create(terminal),
            DrawCommand.Create(terminal),
            BugsCommand.Create(terminal, verbose),
            DoctorCommand.Create(terminal),
            SandboxCommand.Create(),
            ValidateCommand.Create(terminal),
            ShardCommand.Create(terminal),
            MergeCommand.Create(terminal),
            NewCommand.Create(terminal),
            LabCommand.Create(terminal),
            UpCommand.Create(terminal),
            UpCommand.CreateKeeper(terminal),
            KeptLabCommands.Ps(terminal),
            KeptLabCommands.Exec(terminal),
            KeptLabCommands.Shell(terminal),
            KeptLabCommands.Check(terminal),
            KeptLabCommands.Hint(terminal),
            KeptLabCommands.Down(terminal),
            CompletionCommand.Create(terminal),
            verbose,
            new HelpOption { Recursive = true },
            new VersionOption(),
        };

        root.Add(CompletionCommand.CreateAnswer(terminal, root));
        var parsed = root.Parse(arguments);
        var json = arguments.Contains("--json");
        try
        {
            if (arguments.Count == 0)
            {
                root.Parse("--help").Invoke(new InvocationConfiguration { Output = terminal.Out, Error = terminal.Error });
                return ExitCode.BadInput;
            }

            if (parsed.Errors.Count > 0 && parsed.Action is not HelpAction)
            {
                return terminal.Fail(Usage(parsed, root), json);
            }

            return await parsed.InvokeAsync(Configuration(terminal)).ConfigureAwait(false);
        }
#pragma warning disable CA1031 // This is where every exception becomes a message and an exit code.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            return terminal.Fail(Failure.Of(exception, parsed.Errors.Count == 0 && parsed.GetValue(verbose)), json && exception is not OutputException);
        }
    }

    /// <summary>How a command runs: after Ctrl-C it has a while to take its lab away and to say so, on a busy machine too, before it is left.</summary>
    internal static InvocationConfiguration Configuration(Terminal terminal) => new()
    {
        Output = terminal.Out, Error = terminal.Error, EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = TimeSpan.FromMinutes(1),
    };

    private static Failure Usage(ParseResult parsed, Command root)
    {
        var command = parsed.CommandResult.Command;
        var name = command == root ? root.Name : $"{root.Name} {command.Name}";
        var wrong = command == root && parsed.UnmatchedTokens.Count > 0
            ? [$"there is no command '{parsed.UnmatchedTokens[0]}'; there are {string.Join(", ", root.Subcommands.Where(s => !s.Hidden).Select(s => s.Name))}"]
            : parsed.Errors.Select(e => string.Join(' ', e.Message.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)).TrimEnd('.'));
        return new Failure(ExitCode.BadInput, "usage", [.. wrong.Select(w => $"netlab: {w}"), $"'{name} --help' tells what it takes"]);
    }
}
