using System.Globalization;

namespace NetLab.Cli;

/// <summary>
/// The runtime's sockets and pipes for debuggers and tracers, in the folder for temporary files. They outlive a process that is killed, so the command
/// takes them away at its start; <c>DOTNET_EnableDiagnostics=1</c> keeps them for whoever wants to look into it.
/// </summary>
internal static class RuntimeSockets
{
    private const string Variable = "DOTNET_EnableDiagnostics";

    /// <summary>Takes them away, unless they are wanted.</summary>
    public static void Remove()
    {
        if (Environment.GetEnvironmentVariable(Variable) is "1")
        {
            return;
        }

        // They are named after the process's number and the time of its start, the 22nd word of its stat (proc(5)):
        // the number alone may be another's too, in a PID namespace.
        var stat = File.ReadAllText("/proc/self/stat");
        var started = stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19];
        var key = string.Create(CultureInfo.InvariantCulture, $"{Environment.ProcessId}-{started}");
        foreach (var name in new[] { $"dotnet-diagnostic-{key}-socket", $"clr-debug-pipe-{key}-in", $"clr-debug-pipe-{key}-out" })
        {
            try
            {
                File.Delete(Path.Combine(Path.GetTempPath(), name));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // A folder in which the runtime could make it and we may not delete it: then it stays, as it does for every .NET program.
                return;
            }
        }
    }
}
