using System.Globalization;

namespace NetLab.Cli;

/// <summary>
/// Whether this process has room to run at all. The runtime itself ends without a word where descriptors or threads run out, so that is
/// asked before anything else is loaded:
/// nothing but files is read here.
/// </summary>
internal static class Room
{
    /// <summary>What the runtime and a small lab take together.</summary>
    public const int LeastDescriptors = 256, LeastTasks = 64;

    private const int ManyTasks = 4096; // nobody counts what a user has below such a limit
    private const long LeastAddresses = 8L << 30; // of which the runtime reserves the most, and uses little
    private const long CloseOnExec = 0x80000; // O_CLOEXEC

    /// <summary>What is lacking, in a sentence; null where there is room.</summary>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> are.</param>
    public static string? Problem(string root = "/") => Output(root) ?? Descriptors(root) ?? Addresses(root) ?? TasksOfUser(root) ?? Tasks(root);

    // A descriptor that we were started with is open, and not marked to close by itself as all of our own are.
    private static string? Output(string root)
    {
        var flags = Lines($"{root}proc/self/fdinfo/1").FirstOrDefault(l => l.StartsWith("flags:", StringComparison.Ordinal));
        return flags is null || (Convert.ToInt64(flags[6..].Trim(), 8) & CloseOnExec) != 0
            ? "standard output is closed, so what is seen cannot be told; send it to a file, or to /dev/null"
            : null;
    }

    private static string? Descriptors(string root) => Limit(root, "Max open files") is { } most && most < LeastDescriptors
        ? $"this process may open {most} files, and needs {LeastDescriptors} at least: raise the limit (ulimit -n)"
        : null;

    private static string? Addresses(string root) => Limit(root, "Max address space") is { } most && most < LeastAddresses
        ? $"this process may have {most >> 20} MiB of addresses, and the .NET runtime reserves {LeastAddresses >> 20} MiB: raise the limit (ulimit -v)"
        : null;

    // setrlimit(2), RLIMIT_NPROC: of the real user, whose threads count, and not of root.
    private static string? TasksOfUser(string root)
    {
        if (Limit(root, "Max processes") is not { } most || most > ManyTasks || Field($"{root}proc/self/status", "Uid:") is not { } user || user == 0)
        {
            return null;
        }

        var now = Directory.GetDirectories($"{root}proc").Where(d => char.IsAsciiDigit(Path.GetFileName(d)[0]))
            .Where(process => Field($"{process}/status", "Uid:") == user).Sum(process => Field($"{process}/status", "Threads:") ?? 0);
        return most - now < LeastTasks
            ? $"{now} of {most} processes and threads of user {user} are running, and {LeastTasks} more may be needed: raise the limit (ulimit -u)"
            : null;
    }

    // "Max open files            1024                 524288               files": the runtime has raised the first to the second. Null: unlimited.
    private static long? Limit(string root, string name) => Field($"{root}proc/self/limits", name);

    private static long? Field(string file, string name) =>
        Lines(file).FirstOrDefault(l => l.StartsWith(name, StringComparison.Ordinal)) is { } line
            && long.TryParse(line[name.Length..].Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries)[0], CultureInfo.InvariantCulture, out var number)
            ? number : null;

    // cgroups(7): "0::/path" for version 2, "8:pids:/path" for version 1; every group above has its limit too.
    private static string? Tasks(string root)
    {
        foreach (var group in Lines($"{root}proc/self/cgroup").Select(l => l.Split(':', 3))
            .Where(g => g.Length == 3 && (g[1].Length == 0 || g[1].Split(',').Contains("pids"))))
        {
            foreach (var (of, at) in Mounts(root, isSecond: group[1].Length == 0).Where(m => $"{group[2]}/".StartsWith($"{m.Of}/", StringComparison.Ordinal)))
            {
                for (var path = group[2][of.Length..].TrimEnd('/'); ; path = path[..path.LastIndexOf('/')])
                {
                    var folder = root + at.TrimStart('/') + path;
                    if (Number($"{folder}/pids.max") is { } most && Number($"{folder}/pids.current") is { } now && most - now < LeastTasks)
                    {
                        return $"{now} of {most} processes and threads are running, and {LeastTasks} more may be needed: raise pids.max of the " +
                            $"container or of its control group";
                    }

                    if (path.Length == 0)
                    {
                        break;
                    }
                }
            }
        }

        return null;
    }

    // proc_pid_mountinfo(5): "88 80 0:36 /docker/1f /sys/fs/cgroup/pids rw - cgroup cgroup rw,pids": which group is seen where. A container may see its own
    // alone, and still be told the path from the machine's root.
    private static IEnumerable<(string Of, string At)> Mounts(string root, bool isSecond) =>
        from line in Lines($"{root}proc/self/mountinfo")
        let parts = line.Split(" - ", 2)
        where parts.Length == 2
        let mount = parts[0].Split(' ')
        let kind = parts[1].Split(' ')
        where mount.Length > 4 && kind.Length > 2 && (isSecond ? kind[0] == "cgroup2" : kind[0] == "cgroup" && kind[2].Split(',').Contains("pids"))
        select (mount[3].TrimEnd('/'), mount[4]);

    private static long? Number(string file) => long.TryParse(Lines(file).FirstOrDefault(), CultureInfo.InvariantCulture, out var number) ? number : null;

    private static string[] Lines(string file)
    {
        try
        {
            return File.ReadAllLines(file);
        }
        catch (Exception absent) when (absent is IOException or UnauthorizedAccessException)
        {
            return [];
        }
    }
}
