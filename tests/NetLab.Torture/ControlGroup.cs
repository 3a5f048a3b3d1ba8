using System.Globalization;

namespace NetLab.Torture;

/// <summary>
/// A control group with a limit, below the root of version 2 or of version 1 (cgroups(7)); null where this process may make none. Disposing waits for the last
/// process in it: what stays of a killed command would keep it from ending.
/// </summary>
internal sealed class ControlGroup : IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromMinutes(1);

    private readonly string _folder, _limit;

    private ControlGroup(string folder, string limit) => (_folder, _limit) = (folder, limit);

    /// <summary>The file that a process joins by.</summary>
    public string Processes => Path.Combine(_folder, "cgroup.procs");

    /// <summary>Whether the kernel kills what wants more.</summary>
    public bool IsOfMemory => _limit.StartsWith("memory", StringComparison.Ordinal);

    public static ControlGroup? WithProcesses(int most) => Make("pids", "pids.max", "pids.max", most);

    public static ControlGroup? WithMemory(long bytes) => Make("memory", "memory.max", "memory.limit_in_bytes", bytes);

    public void Dispose()
    {
        using var enough = new CancellationTokenSource(Patience);
        while (File.ReadAllText(Processes).Trim() is { Length: > 0 } left)
        {
            if (enough.IsCancellationRequested)
            {
                throw new TortureException($"{this}processes {left.ReplaceLineEndings(" ")} are left of a command that has ended");
            }

            Thread.Sleep(10);
        }

        Directory.Delete(_folder);
    }

    public override string ToString() => $"{_limit}: ";

    private static ControlGroup? Make(string controller, string second, string first, long limit)
    {
        const string root = "/sys/fs/cgroup";
        var isSecond = File.Exists($"{root}/cgroup.subtree_control");
        if (isSecond && !File.ReadAllText($"{root}/cgroup.subtree_control").Split((char[]?)null).Contains(controller))
        {
            return null;
        }

        string above = isSecond ? root : $"{root}/{controller}", file = isSecond ? second : first, text = limit.ToString(CultureInfo.InvariantCulture);
        if (!Directory.Exists(above))
        {
            return null;
        }

        var folder = $"{above}/netlab-torture-{Environment.ProcessId}-{Guid.NewGuid():n}";
        try
        {
            Directory.CreateDirectory(folder);
            File.WriteAllText($"{folder}/{file}", text);
            return new ControlGroup(folder, $"{file} {text}");
        }
        catch (Exception refused) when (refused is IOException or UnauthorizedAccessException)
        {
            if (Directory.Exists(folder))
            {
                Directory.Delete(folder);
            }

            return null;
        }
    }
}
