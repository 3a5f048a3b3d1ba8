namespace NetLab.Linux.Probe;

/// <summary>What came of a probe: whether the feature is there, and what was tried and answered.</summary>
internal readonly record struct Finding(bool Available, string Evidence)
{
    /// <summary>The answer of the kernel to one attempt: errno 0 is success.</summary>
    public static Finding Of(string attempt, int errno, string? extendedAck = null) => new(
        errno is 0,
        errno is 0 ? $"{attempt}: works" : $"{attempt}: {Errno.Name(errno)}{(string.IsNullOrEmpty(extendedAck) ? "" : $", \"{extendedAck}\"")}");

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
            return Of(attempt, refused.Errno, refused.ExtendedAck);
        }
        catch (TypeInitializationException broken) when (broken.InnerException is LinuxException refused)
        {
            return Of(attempt, refused.Errno, refused.ExtendedAck);
        }
        catch (Exception refused) when (refused is InvalidOperationException or UnauthorizedAccessException or IOException)
        {
            return new Finding(false, $"{attempt}: {refused.Message}");
        }
    }
}
