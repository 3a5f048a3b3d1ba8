using System.Text;

namespace NetLab.Tests.Labs;

/// <summary>What a killed program could have left on the machine, found by looking at every process and at the folders where such programs put files.</summary>
internal static class Leftovers
{
    public const string MarkName = "NETLAB_CRASH_MARK";

    /// <summary>Processes that inherited the mark, dead ones that nobody waited for included.</summary>
    public static IEnumerable<string> Processes(string mark) =>
        from process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0]))
        where Read(Path.Combine(process, "environ")).Contains($"{MarkName}={mark}", StringComparison.Ordinal)
        select $"process {Path.GetFileName(process)}: {Read(Path.Combine(process, "cmdline")).Replace('\0', ' ')}";

    /// <summary>
    /// Mounts that would keep a namespace without a process. Inode numbers are used again at once, so a process that has one of these
    /// open now may well be in a newer namespace; with none of the program's processes left, only a mount could hold its own.
    /// </summary>
    public static IEnumerable<string> Mounts(IReadOnlyList<string> inodes) =>
        from line in Read("/proc/self/mountinfo").Split('\n')
        where inodes.Any(i => line.Contains($"net:[{i}]", StringComparison.Ordinal))
        select $"mount {line}";

    /// <summary>Files in the folders where daemons put their sockets, databases and logs.</summary>
    public static HashSet<string> Files() =>
        [.. new[] { "/run", "/run/openvswitch", "/run/netns", "/var/run/netns", "/dev/shm", "/etc/openvswitch", "/var/log/openvswitch", "/mnt", "/var/lib/openvswitch" }.SelectMany(Entries)];

    private static string[] Entries(string folder)
    {
        try
        {
            return Directory.Exists(folder) ? Directory.GetFileSystemEntries(folder) : [];
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }

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
