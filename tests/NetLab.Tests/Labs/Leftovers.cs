using System.Text;

namespace NetLab.Tests.Labs;

/// <summary>A process that a program under test started, or the program itself.</summary>
internal sealed record MarkedProcess(string Directory, string Start, string CommandLine);

/// <summary>What a killed program could have left on the machine. Only what is the program's counts: others work on the machine meanwhile.</summary>
internal static class Leftovers
{
    public const string MarkName = "NETLAB_CRASH_MARK";

    /// <summary>Processes that inherited the mark.</summary>
    public static IReadOnlyList<MarkedProcess> Processes(string mark) =>
    [
        .. from process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0]))
           where Read(Path.Combine(process, "environ")).Contains($"{MarkName}={mark}", StringComparison.Ordinal)
           select new MarkedProcess(process, StartOf(process), Read(Path.Combine(process, "cmdline")).Replace('\0', ' ')),
    ];

    /// <summary>
    /// Those of these processes that are still there, dead ones that nobody waited for included:
    /// of such a one only the number and the time of its start are left.
    /// </summary>
    public static IEnumerable<string> StillThere(IEnumerable<MarkedProcess> processes) =>
        from process in processes
        where process.Start.Length > 0 && StartOf(process.Directory) == process.Start
        select $"process {Path.GetFileName(process.Directory)}: {process.CommandLine}";

    private static string StartOf(string process) =>
        Read(Path.Combine(process, "stat")) is { Length: > 0 } stat ? stat[(stat.LastIndexOf(')') + 2)..].Split(' ')[19] : "";

    /// <summary>
    /// Mounts that would keep a namespace without a process. Inode numbers are used again at once, so a process that has one of these
    /// open now may well be in a newer namespace; with none of the program's processes left, only a mount could hold its own.
    /// </summary>
    public static IEnumerable<string> Mounts(IReadOnlyList<string> inodes) =>
        from line in Read("/proc/self/mountinfo").Split('\n')
        where inodes.Any(i => line.Contains($"net:[{i}]", StringComparison.Ordinal))
        select $"mount {line}";

    // A process that ends while it is looked at has nothing to show.
    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file, Encoding.Latin1);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }
}
