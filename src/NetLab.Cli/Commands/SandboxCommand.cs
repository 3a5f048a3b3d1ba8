using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using NetLab.Linux.Processes;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab sandbox -- COMMAND</c>: runs anything where a user without privileges may build labs.</summary>
internal static class SandboxCommand
{
    private const string Name = "sandbox", Inside = "--inside";

    public static Command Create()
    {
        var words = new Argument<string[]>("command") { Description = "The command and its arguments, behind --", Arity = ArgumentArity.OneOrMore };
        var inside = new Option<bool>(Inside) { Description = "The sandbox is there already", Hidden = true };
        var command = new Command(Name, "Run a command, 'dotnet test' for one, where a user without privileges may build labs: in namespaces of its own")
            { words, inside };
        command.SetAction(parsed =>
        {
            var run = parsed.GetRequiredValue(words);
            if (!parsed.GetValue(inside))
            {
                Sandbox.Enter([.. Self, Name, Inside, "--", .. run]);
            }

            Sandbox.Prepare();
            return Run(run);
        });
        return command;
    }

    // The file of the command itself, or what runs it.
    private static IEnumerable<string> Self =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath!) == "dotnet"
            ? [Environment.ProcessPath!, typeof(SandboxCommand).Assembly.Location] : [Environment.ProcessPath!];

    private static int Run(string[] command)
    {
        try
        {
            // An interrupt from the keyboard is for the command, which ends as it likes.
            Console.CancelKeyPress += (_, e) => e.Cancel = true;
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]))!;
            process.WaitForExit();
            return process.ExitCode;
        }
        catch (Win32Exception refused)
        {
            throw new InputException($"'{command[0]}' cannot be started: {refused.Message}");
        }
    }
}
