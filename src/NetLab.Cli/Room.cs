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

    private const long CloseOnExec = 0x80000; // O_CLOEXEC

    /// <summary>What is lacking, in a sentence; null where there is room.</summary>
    /// <param name="root">Where <c>proc</c> and <c>sys</c> are.</param>
    public static string? Problem(string root = "/") => Output(root) ?? Descriptors(root) ?? Tasks(root);

    // A descriptor that we were started with is open, and not marked to close by itself as all of our own are.
    private static string? Output(string root)
    {
        var flags = Lines($"{root}proc/self/fdinfo/1").FirstOrDefault(l => l.StartsWith("flags:", StringComparison.Ordinal));
        return flags is null || (Convert.ToInt64(flags[6..].Trim(), 8) & CloseOnExec) != 0
            ? "standard output is closed, so what is seen cannot be told; send it to a file, or to /dev/null"
            : null;
    }

    // "Max open files            1024                 524288               files": the runtime has raised the first to the second.
    private static string? Descriptors(string root)
    {
        var line = Lines($"{root}proc/self/limits").FirstOrDefault(l => l.StartsWith("Max open files", StringComparison.Ordinal));
        var limit = line?[14..].Split(' ', StringSplitOptions.RemoveEmptyEntries)[0];
        return long.TryParse(limit, CultureInfo.InvariantCulture, out var most) && most < LeastDescriptors
            ? $"this process may open {most} files, and needs {LeastDescriptors} at least: raise the limit (ulimit -n)"
            : null;
    }

    // cgroups(7): "0::/path" for version 2, "8:pids:/path" for version 1; every group above has its limit too.
    private static string? Tasks(string root)
    {
        foreach (var group in Lines($"{root}proc/self/cgroup").Select(l => l.Split(':', 3))
            .Where(g => g.Length == 3 && (g[1].Length == 0 || g[1].Split(',').Contains("pids"))))
        {
            var below = $"{root}sys/fs/cgroup{(group[1].Length == 0 ? "" : "/pids")}";
            for (var path = group[2]; ; path = path[..path.LastIndexOf('/')])
            {
                var folder = below + path.TrimEnd('/');
                if (Number($"{folder}/pids.max") is { } most && Number($"{folder}/pids.current") is { } now && most - now < LeastTasks)
                {
                    return $"{now} of {most} processes and threads are running, and {LeastTasks} more may be needed: raise pids.max of the " +
                        $"container or of its control group";
                }

                if (path.LastIndexOf('/') < 0)
                {
                    break;
                }
            }
        }

        return null;
    }

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
