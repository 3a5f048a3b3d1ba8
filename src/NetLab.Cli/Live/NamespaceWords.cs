using System.Globalization;
using NetLab.Linux;

namespace NetLab.Cli.Live;

/// <summary>
/// Namespaces as a command line names them: by name (<c>/run/netns</c>, where <c>ip netns</c> and Neutron keep them), by path, by a process
/// in it (<c>pid:1234</c> or <c>1234</c>), or
/// <c>host</c>, which must be said in so many words. <c>web=pid:1234</c> gives it a name for the report.
/// </summary>
internal static class NamespaceWords
{
    private const string Names = "/run/netns";
    private const int MostNames = 16;

    /// <exception cref="InputException">There is no such namespace, or it is the machine's own.</exception>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static (string Name, NetworkNamespace Namespace) Open(string word)
    {
        var equals = word.IndexOf('=', StringComparison.Ordinal);
        var label = equals > 0 ? word[..equals] : null;
        var what = word[(equals + 1)..];
        if (what == "host")
        {
            return (label ?? what, NetworkNamespace.OfThisProcess());
        }

        (var name, var ns) = what switch
        {
            _ when PidOf(what) is { } pid => ($"pid{pid}", OpenProcess(pid)),
            _ when what.Contains('/', StringComparison.Ordinal) => (NameOf(what), OpenPath(what, $"there is no file {what}")),
            _ => (what, OpenPath(Path.Combine(Names, what), NoSuchName(what))),
        };
        using var own = NetworkNamespace.OfThisProcess();
        if (ns.Inode == own.Inode)
        {
            ns.Dispose();
            throw new InputException($"--live: '{what}' is in this machine's own network namespace; say 'host' to watch that");
        }

        return (label ?? name, ns);
    }

    private static int? PidOf(string what)
    {
        var digits = what.StartsWith("pid:", StringComparison.Ordinal) ? what["pid:".Length..] : what;
        return int.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out var pid) ? pid
            : digits == what ? null
            : throw new InputException($"--live: '{what}' has no process number after 'pid:'");
    }

    private static NetworkNamespace OpenProcess(int pid)
    {
        try
        {
            return NetworkNamespace.OpenProcess(pid);
        }
        catch (LinuxException gone) when (gone.Errno is Errno.ENOENT or Errno.ESRCH)
        {
            throw new InputException(
                $"--live: there is no process {pid}; name one that runs in the namespace: docker inspect -f '{{{{.State.Pid}}}}' CONTAINER, or lsns -t net");
        }
    }

    private static NetworkNamespace OpenPath(string path, string missing)
    {
        try
        {
            return NetworkNamespace.OpenPath(path);
        }
        catch (LinuxException gone) when (gone.Errno is Errno.ENOENT or Errno.ENOTDIR)
        {
            throw new InputException($"--live: {missing}");
        }
        catch (ArgumentException)
        {
            throw new InputException($"--live: {path} is no network namespace");
        }
    }

    // /proc/1234/ns/net says nothing by its last part.
    private static string NameOf(string path) => path.Split('/') is ["", "proc", var pid, "ns", "net"] ? $"pid{pid}" : Path.GetFileName(path);

    private static string NoSuchName(string name)
    {
        string[] there = Directory.Exists(Names) ? [.. Directory.EnumerateFiles(Names).Select(f => Path.GetFileName(f)).Order(StringComparer.Ordinal)] : [];
        var known = there.Length == 0 ? "there is none; a container is named by the number of one of its processes, pid:1234"
            : $"there are {string.Join(", ", there.OrderByDescending(t => t.StartsWith(name, StringComparison.Ordinal)).Take(MostNames))}" +
                $"{(there.Length > MostNames ? $" and {there.Length - MostNames} more" : "")}";
        return $"there is no namespace '{name}' in {Names}; {known}";
    }
}
