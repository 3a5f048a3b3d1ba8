using System.Globalization;

namespace NetLab.Linux.Netfilter;

/// <summary>
/// Which queues of a namespace a program listens to (nfnetlink_queue). What a rule gives to another is dropped, unless the rule lets it pass (bypass).
/// </summary>
internal static class QueueListeners
{
    /// <summary>The numbers of the queues: the first column of <c>/proc/net/netfilter/nfnetlink_queue</c>.</summary>
    /// <exception cref="LinuxException">The file cannot be read.</exception>
    public static IReadOnlySet<int> Read(NetworkNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(ns);
        try
        {
            using var file = new StreamReader(new FileStream(ns.OpenFile("/proc/net/netfilter/nfnetlink_queue", 0), FileAccess.Read, 1));
            return file.ReadToEnd().Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(l => int.Parse(l.Trim().Split(' ')[0], CultureInfo.InvariantCulture))
                .ToHashSet();
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            return new HashSet<int>(); // the kernel has no such queues: nobody can listen
        }
    }
}
