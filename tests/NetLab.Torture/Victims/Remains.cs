using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using NetLab.Linux;

namespace NetLab.Torture.Victims;

/// <summary>
/// What a victim has made, taken down before it is killed, and what is left of it afterwards: processes, dead ones included, network namespaces with their
/// devices, files. Who was a child of the victim becomes ours and is buried here, so that it does not depend on how often process 1 of the machine looks.
/// </summary>
internal sealed partial class Remains : IDisposable
{
    private const int PR_SET_CHILD_SUBREAPER = 36, WNOHANG = 1;

    private readonly Process _victim;
    private readonly string _mark, _temporary;
    private readonly HashSet<int> _processes;
    private readonly NamespaceRemoval _removal;

    private Remains(Process victim, string mark, string temporary, HashSet<int> processes, NamespaceRemoval removal) =>
        (_victim, _mark, _temporary, _processes, _removal) = (victim, mark, temporary, processes, removal);

    /// <summary>From now on orphans of our descendants are our children.</summary>
    public static void TakeOrphans() => _ = prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);

    /// <summary>Takes down what there is.</summary>
    /// <param name="victim">The victim.</param>
    /// <param name="mark">A line of the environment of it and of all that it started.</param>
    /// <param name="temporary">Its directory for temporary files.</param>
    public static Remains Of(Process victim, string mark, string temporary)
    {
        List<NetworkNamespace> namespaces = [];
        try
        {
            HashSet<int> processes = [.. Marked(mark)];
            foreach (var path in processes.Append(victim.Id).SelectMany(NamespacesOf).DistinctBy(p => p.Name).Select(p => p.Path))
            {
                if (TryOpen(path) is { } ns)
                {
                    namespaces.Add(ns);
                }
            }

            return new Remains(victim, mark, temporary, processes, new NamespaceRemoval(namespaces));
        }
        finally
        {
            namespaces.ForEach(ns => ns.Dispose());
        }
    }

    /// <summary>Waits until nothing is left, as long as there is time: what is left then.</summary>
    public async Task<IReadOnlyList<string>> WaitAsync(TimeSpan most)
    {
        var start = Stopwatch.GetTimestamp();
        List<string> left;
        while ((left = [.. Left()]).Count > 0 && Stopwatch.GetElapsedTime(start) < most)
        {
            await Task.Delay(1).ConfigureAwait(false);
        }

        var rest = most - Stopwatch.GetElapsedTime(start);
        using var enough = new CancellationTokenSource(rest > TimeSpan.Zero ? rest : TimeSpan.Zero);
        try
        {
            await _removal.WaitAsync(enough.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            left.Add(_removal.GetRemaining().Count is > 0 and var held ? $"{held} network namespaces"
                : "network namespaces that nothing holds any more, behind those of others that the kernel removes first");
        }

        return left;
    }

    public void Dispose() => _removal.Dispose();

    private IEnumerable<string> Left()
    {
        foreach (var orphan in Directory.EnumerateDirectories("/proc/self/task")
            .SelectMany(task => Read($"{task}/children").Split(' ', StringSplitOptions.RemoveEmptyEntries))
            .Select(pid => int.Parse(pid, CultureInfo.InvariantCulture)).Where(pid => pid != _victim.Id))
        {
            _ = waitpid(orphan, 0, WNOHANG);
        }

        return _processes.Where(pid => Directory.Exists($"/proc/{pid}")).Union(Marked(_mark))
            .Select(pid => $"process {pid} ({Read($"/proc/{pid}/comm").Trim()}, {Read($"/proc/{pid}/cmdline").Replace('\0', ' ').Trim()})")
            .Concat(Directory.EnumerateFileSystemEntries(_temporary));
    }

    private static IEnumerable<int> Marked(string mark) => Directory.EnumerateDirectories("/proc").Select(d => Path.GetFileName(d))
        .Where(name => char.IsAsciiDigit(name[0]) && Read($"/proc/{name}/environ").Contains(mark, StringComparison.Ordinal))
        .Select(name => int.Parse(name, CultureInfo.InvariantCulture));

    // Those that it lives in, and those that it holds open: a lab's nodes are descriptors alone.
    private static IEnumerable<(string Path, string Name)> NamespacesOf(int pid)
    {
        string[] descriptors;
        try
        {
            descriptors = Directory.GetFileSystemEntries($"/proc/{pid}/fd");
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            descriptors = [];
        }

        var own = File.ResolveLinkTarget("/proc/self/ns/net", returnFinalTarget: false)!.Name;
        return descriptors.Append($"/proc/{pid}/ns/net").Select(path => (path, Target(path)))
            .Where(p => p.Item2.StartsWith("net:[", StringComparison.Ordinal) && p.Item2 != own);
    }

    // What ends while it is looked at has nothing to show.
    private static string Target(string link)
    {
        try
        {
            return File.ResolveLinkTarget(link, returnFinalTarget: false)?.Name ?? "";
        }
        catch (IOException)
        {
            return "";
        }
    }

    private static NetworkNamespace? TryOpen(string path)
    {
        try
        {
            return NetworkNamespace.OpenPath(path);
        }
        catch (LinuxException)
        {
            return null;
        }
    }

    private static string Read(string file)
    {
        try
        {
            return File.ReadAllText(file, Encoding.Latin1);
        }
        catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
        {
            return "";
        }
    }

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int prctl(int option, nuint a, nuint b, nuint c, nuint d);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int waitpid(int pid, nint status, int options);
}
