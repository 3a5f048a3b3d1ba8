namespace NetLab.Linux.Probe;

/// <summary>What came of a probe: whether the feature is there, and what was tried and answered.</summary>
internal readonly record struct Finding(bool Available, string Evidence)
{
    /// <summary>
    /// What to do where it is not the kernel that lacks something: it ran short, or its answer was that we may not. Null where the feature itself is missing.
    /// </summary>
    public string? OtherRemedy { get; private init; }

    /// <summary>The answer of the kernel to one attempt: errno 0 is success.</summary>
    public static Finding Of(string attempt, int errno, string? extendedAck = null) => new(
        errno is 0,
        errno is 0 ? $"{attempt}: works" : $"{attempt}: {Errno.Name(errno)}{(string.IsNullOrEmpty(extendedAck) ? "" : $", \"{extendedAck}\"")}")
    {
        OtherRemedy = Shortage(errno),
    };

    /// <summary>What to do about an errno that tells of too little room; null for any other.</summary>
    private static string? Shortage(int errno) => errno switch
    {
        Errno.EMFILE or Errno.EBADF => "It may be there: this process has no file descriptor left to try it; raise the limit (ulimit -n)",
        Errno.ENFILE => "It may be there: the whole system has no file descriptor left to try it (sysctl fs.file-max)",
        Errno.ENOMEM or Errno.ENOBUFS => "It may be there: the machine, or the container, has no memory left to try it",
        Errno.EAGAIN => "It may be there: no more processes or threads may be started to try it; raise the limit (ulimit -u, or pids.max of the container)",
        _ => null,
    };

    /// <summary>Success, unless the attempt throws.</summary>
    public static Finding Try(string attempt, Action action)
    {
        try
        {
            action();
            return new Finding(true, $"{attempt}: works");
        }
        catch (LinuxException refused)
        {
            return Of(attempt, refused);
        }
        catch (TypeInitializationException broken) when (broken.InnerException is LinuxException refused)
        {
            return Of(attempt, refused);
        }
        catch (Exception refused) when (refused is InvalidOperationException or UnauthorizedAccessException or IOException)
        {
            return new Finding(false, $"{attempt}: {refused.Message}");
        }
    }

    private static Finding Of(string attempt, LinuxException refused)
    {
        var found = Of(attempt, refused.Errno, refused.ExtendedAck);
        return found with { OtherRemedy = found.OtherRemedy ?? (refused.Errno is Errno.EACCES or Errno.EPERM ? refused.TryThis : null) };
    }
}
