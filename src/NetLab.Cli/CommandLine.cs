using System.CommandLine;
using System.Text;
using NetLab.Linux;
using NetLab.Linux.Probe;
using NetLab.Scenarios;

namespace NetLab.Cli;

/// <summary>The <c>netlab</c> command: which commands there are, and how they end.</summary>
public static class CommandLine
{
    /// <summary>Everything was as expected.</summary>
    public const int Fine = 0;

    /// <summary>An expectation of a scenario failed.</summary>
    public const int ExpectationFailed = 1;

    /// <summary>Wrong usage, or a file that cannot be read or understood.</summary>
    public const int BadInput = 2;

    /// <summary>The machine lacks something: a privilege, a feature of the kernel, a program.</summary>
    public const int MachineLacks = 3;

    /// <summary>Runs a command line and returns its exit code.</summary>
    /// <param name="arguments">What follows <c>netlab</c>.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error: messages about what went wrong.</param>
    public static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        var verbose = new Option<bool>("--verbose") { Description = "Print the stack of an error too", Recursive = true };
        var root = new RootCommand("NetLab: a network test lab on Linux namespaces. Exit codes: 0 fine, 1 an expectation failed, 2 wrong usage or bad input, 3 the machine lacks something.")
        {
            RunCommand.Create(output, error),
            DrawCommand.Create(output),
            DoctorCommand.Create(output),
        };
        root.Options.Add(verbose);

        ParseResult parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            foreach (string message in parsed.Errors.Select(e => e.Message).Distinct())
            {
                await error.WriteLineAsync($"netlab: {message}");
            }

            await error.WriteLineAsync($"netlab: see 'netlab {(parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ")}--help'");
            return BadInput;
        }

        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, Output = output, Error = error });
        }
#pragma warning disable CA1031 // Whatever goes wrong is told in a line, and decides the exit code.
        catch (Exception e)
#pragma warning restore CA1031
        {
            await error.WriteLineAsync(parsed.GetValue(verbose) ? e.ToString() : Told(e));
            return CodeOf(e);
        }
    }

    private static int CodeOf(Exception e) => e switch
    {
        ForwardingException => ExpectationFailed,
        ScenarioException or TopologyException or FileNotFoundException or DirectoryNotFoundException or UnauthorizedAccessException or FormatException => BadInput,
        _ => MachineLacks,
    };

    private static string Told(Exception e)
    {
        if (e is ScenarioException)
        {
            return e.Message;
        }

        var text = new StringBuilder("netlab: ").Append(e.Message);
        if (e is LinuxException { ErrnoName: "EPERM" or "EACCES" })
        {
            text.AppendLine().Append("netlab: a lab needs root, or the capabilities CAP_NET_ADMIN, CAP_SYS_ADMIN and CAP_NET_RAW; 'netlab doctor' says what is missing");
        }
        else if (e is MissingFeatureException)
        {
            text.AppendLine().Append("netlab: 'netlab doctor' lists everything that this machine has and lacks");
        }

        return text.ToString();
    }
}
