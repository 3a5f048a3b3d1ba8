namespace NetLab.Linux;

/// <summary>
/// The kernel refused something. The message says what was being done, in the caller's words, what the kernel answered, and what to try:
/// <c>create tap "tap0": EBUSY (Device or resource busy). Choose another name</c>.
/// </summary>
public class LinuxException : IOException
{
    /// <summary>Makes the exception for one refused request.</summary>
    /// <param name="doing">What was being done, as a phrase without a full stop: <c>open /dev/net/tun</c>.</param>
    /// <param name="errno">The error number, positive (see <see cref="Linux.Errno"/>).</param>
    /// <param name="extendedAck">The kernel's own explanation (NLMSGERR_ATTR_MSG of netlink), where there was one.</param>
    /// <param name="tryThis">What the reader may do about it, a sentence without a full stop.</param>
    public LinuxException(string doing, int errno, string? extendedAck = null, string? tryThis = null)
        : base(Compose(doing, errno, extendedAck, tryThis))
    {
        Doing = doing;
        Errno = errno;
        ExtendedAck = extendedAck;
        TryThis = tryThis;
    }

    /// <summary>What was being done.</summary>
    public string Doing { get; }

    /// <summary>The error number, positive.</summary>
    public int Errno { get; }

    /// <summary>The symbolic name of the error number: <c>EPERM</c>.</summary>
    public string ErrnoName => Linux.Errno.Name(Errno);

    /// <summary>The kernel's own explanation (netlink extended ack), or null.</summary>
    public string? ExtendedAck { get; }

    /// <summary>What the reader may do about this very request, as the message says it; null where nothing more is known than the error number.</summary>
    public string? TryThis { get; }

    private static string Compose(string doing, int errno, string? extendedAck, string? tryThis)
    {
        var message = $"{doing}: {Linux.Errno.Name(errno)} ({Linux.Errno.Describe(errno)})";
        if (!string.IsNullOrEmpty(extendedAck))
        {
            message += $"; the kernel says: {extendedAck}";
        }

        tryThis ??= Hint(errno);
        return tryThis is null ? message : $"{message}. {tryThis}";
    }

    // Errors whose usual cause does not depend on what was being done.
    private static string? Hint(int errno) => errno switch
    {
        Linux.Errno.EPERM => "Run as root, or in a container with the capabilities NET_ADMIN and SYS_ADMIN",
        Linux.Errno.EMFILE => "This process has no file descriptor left: raise the limit (ulimit -n)",
        Linux.Errno.ENFILE => "The whole system has no file descriptor left (sysctl fs.file-max)",
        Linux.Errno.ENOMEM => "The machine, or the container, has no memory left for it",
        Linux.Errno.EROFS => "It lies on a file system that is mounted read-only",
        Linux.Errno.EDQUOT => "A quota is used up",
        _ => null,
    };
}
