using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>
/// A network namespace, held by a file descriptor and by nothing else: it has no name on the host, and goes away, with every device in it,
/// when the last descriptor, socket and process in it is gone, also after <c>kill -9</c>. See network_namespaces(7).
/// </summary>
/// <remarks>
/// <para>Safe for use by many threads at once. No thread ever stays inside: sockets and files are born in the namespace and used from anywhere.</para>
/// <para>Sysctls are in <c>NetworkNamespace.Sysctls.cs</c>.</para>
/// </remarks>
public sealed partial class NetworkNamespace : IDisposable
{
    private SafeFileHandle? _control;

    private NetworkNamespace(SafeFileHandle handle, ulong inode)
    {
        Handle = handle;
        Inode = inode;
    }

    /// <summary>The inode number that identifies the namespace on this machine: <c>ls -L -i /proc/PID/ns/net</c>.</summary>
    public ulong Inode { get; }

    /// <summary>The descriptor that keeps the namespace alive; closed by <see cref="Dispose"/>.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>
    /// Makes a new, anonymous namespace. Its <c>lo</c> is down; sysctls are at the kernel's defaults, except those that the kernel copies
    /// from the machine's first namespace (<c>ip_forward</c> and others, see <c>net.core.devconf_inherit_init_net</c>).
    /// </summary>
    /// <exception cref="LinuxException">The kernel refused: EPERM without CAP_SYS_ADMIN, ENOSPC at the limit of <c>user.max_net_namespaces</c>.</exception>
    /// <exception cref="InvalidOperationException">The namespace that came back is that of the process, so it is not new.</exception>
    public static NetworkNamespace Create()
    {
        const string doing = "create a network namespace";
        var fd = NamespaceWindow.Create();
        if (fd < 0)
        {
            throw new LinuxException(doing, -fd, tryThis: -fd is Errno.ENOSPC ? "Raise sysctl user.max_net_namespaces" : null);
        }

        var created = Adopt(fd, doing);
        if (created.Inode == NamespaceWindow.HomeInode)
        {
            created.Dispose();
            throw new InvalidOperationException(
                $"{doing}: the kernel gave back the namespace of this process (inode {NamespaceWindow.HomeInode}); nothing was changed.");
        }

        ProcInstance.CountNamespace();
        return created;
    }

    /// <summary>The namespace of the process itself (that of its main thread): for comparisons, and as the outside of a lab.</summary>
    /// <exception cref="LinuxException">No descriptor is left.</exception>
    public static NetworkNamespace OfThisProcess()
    {
        const string doing = "take another descriptor of this process's network namespace";
        var fd = Libc.fcntl(NamespaceWindow.HomeDescriptor, Libc.F_DUPFD_CLOEXEC, 0);
        return fd >= 0 ? Adopt(fd, doing) : throw new LinuxException(doing, Libc.LastErrno);
    }

    /// <summary>Opens a namespace by the path of a file that stands for it: <c>/run/netns/NAME</c>, <c>/proc/PID/ns/net</c>.</summary>
    /// <exception cref="LinuxException">The file cannot be opened.</exception>
    /// <exception cref="ArgumentException">The file is not a network namespace.</exception>
    public static NetworkNamespace OpenPath(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        return Open(path, $"open the network namespace {path}", null);
    }

    /// <summary>Opens the network namespace that a process is in.</summary>
    /// <param name="pid">The process's number in our own PID namespace.</param>
    /// <exception cref="LinuxException">There is no such process (ENOENT), or it may not be looked at (EACCES).</exception>
    public static NetworkNamespace OpenProcess(int pid) =>
        Open($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/ns/net", $"open the network namespace of process {pid}", "Is the process still running?");

    /// <summary>
    /// Makes room in the process's table of file descriptors at once. In a process with several threads the kernel waits 5 to 26 ms for
    /// them each time the table doubles; a lab that knows it will open many descriptors saves that.
    /// </summary>
    /// <param name="count">How many more descriptors are going to be opened.</param>
    /// <exception cref="LinuxException">EMFILE: the limit of the process (ulimit -n) is lower than that.</exception>
    public static void ReserveFileDescriptors(int count)
    {
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(count);
        var lowest = Libc.fcntl(NamespaceWindow.HomeDescriptor, Libc.F_DUPFD_CLOEXEC, 0);
        var error = Libc.LastErrno;
        if (lowest >= 0)
        {
            _ = Libc.close(lowest);
            var highest = Libc.fcntl(NamespaceWindow.HomeDescriptor, Libc.F_DUPFD_CLOEXEC, lowest + count);
            error = Libc.LastErrno;
            if (highest >= 0)
            {
                _ = Libc.close(highest);
                return;
            }
        }

        // fcntl calls a number beyond the limit an invalid argument.
        throw new LinuxException($"make room for {count} more file descriptors", error is Errno.EINVAL ? Errno.EMFILE : error);
    }

    /// <summary>
    /// socket(2), born in the namespace; the socket stays in it whichever thread uses it later. SOCK_CLOEXEC is added.
    /// </summary>
    /// <param name="domain">AF_…</param>
    /// <param name="type">SOCK_…, with SOCK_NONBLOCK if wanted.</param>
    /// <param name="protocol">The protocol, in the byte order that the domain wants.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public SafeFileHandle OpenSocket(int domain, int type, int protocol)
    {
        using var ns = Handle.Borrow();
        var fd = NamespaceWindow.Socket(ns.Number, domain, type, protocol, out var entered);
        return fd >= 0
            ? new SafeFileHandle(fd, ownsHandle: true)
            : throw Refused($"open a socket (domain {domain}, type {type}, protocol {protocol}) in a network namespace", -fd, entered);
    }

    /// <summary>
    /// open(2) as seen from inside the namespace: for <c>/dev/net/tun</c> and for files below <c>/proc/net</c> and <c>/proc/sys/net</c>.
    /// O_CLOEXEC is added. (<c>/sys</c> shows the namespace of whoever mounted it, and does not change.)
    /// </summary>
    /// <param name="path">An absolute path. <c>/proc/net/…</c> and <c>/proc/self/net/…</c> mean the namespace's, though the kernel would
    /// show those of the process's main thread.</param>
    /// <param name="flags">O_RDONLY (0), O_WRONLY (1), O_RDWR (2), O_NONBLOCK…</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public unsafe SafeFileHandle OpenFile(string path, int flags)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        using var ns = Handle.Borrow();
        fixed (byte* bytes = PathBytes(ThreadsOwn(path)))
        {
            var fd = NamespaceWindow.Open(ns.Number, bytes, flags, 0, out var entered);
            return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw Refused($"open {path} in a network namespace", -fd, entered);
        }
    }

    /// <summary>Lets go of the namespace. The kernel removes it, and all devices in it, once no socket, process or descriptor is left in it.</summary>
    public void Dispose()
    {
        Interlocked.Exchange(ref _control, null)?.Dispose();
        Handle.Dispose();
    }

    /// <summary>The inode: <c>net:[4026532008]</c>, as /proc shows it.</summary>
    public override string ToString() => $"net:[{Inode}]";

    /// <summary>A socket in the namespace for device ioctls, opened at first use and closed with the namespace.</summary>
    internal SafeFileHandle ControlSocket
    {
        get
        {
            if (_control is { } existing)
            {
                return existing;
            }

            // Any domain will do for device ioctls; AF_UNIX is the one that no kernel lacks.
            var fresh = OpenSocket(Libc.AF_UNIX, Libc.SOCK_DGRAM, 0);
            if (Interlocked.CompareExchange(ref _control, fresh, null) is { } earlier)
            {
                fresh.Dispose();
                return earlier;
            }

            if (Handle.IsClosed)
            {
                Interlocked.Exchange(ref _control, null)?.Dispose();
                ObjectDisposedException.ThrowIf(true, this);
            }

            return fresh;
        }
    }

    private static NetworkNamespace Open(string path, string doing, string? tryThis)
    {
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        return fd >= 0 ? Adopt(fd, doing) : throw new LinuxException(doing, Libc.LastErrno, tryThis: tryThis);
    }

    // Takes over the descriptor, whatever happens.
    private static NetworkNamespace Adopt(int fd, string doing)
    {
        var handle = new SafeFileHandle(fd, ownsHandle: true);
        if (Libc.ioctl(fd, Libc.NS_GET_NSTYPE, 0) != Libc.CLONE_NEWNET)
        {
            handle.Dispose();
            throw new ArgumentException($"{doing}: this file is not a network namespace.");
        }

        var inode = Libc.InodeOf(fd);
        if (inode is 0)
        {
            var error = Libc.LastErrno;
            handle.Dispose();
            throw new LinuxException($"{doing}: read its inode number", error);
        }

        return new NetworkNamespace(handle, inode);
    }

    private static LinuxException Refused(string doing, int errno, bool entered) =>
        entered ? new LinuxException(doing, errno) : new LinuxException($"{doing}: enter the namespace", errno);

    private static byte[] PathBytes(string path)
    {
        if (path.Contains('\0', StringComparison.Ordinal))
        {
            throw new ArgumentException("A path cannot contain a zero byte.", nameof(path));
        }

        var bytes = new byte[Encoding.UTF8.GetByteCount(path) + 1];
        Encoding.UTF8.GetBytes(path, bytes);
        return bytes;
    }

    // "self" is the process, that is its main thread, which stays at home; the thread that does the call is the one inside.
    private static string ThreadsOwn(string path) =>
        path.StartsWith("/proc/net/", StringComparison.Ordinal) ? $"/proc/thread-self/net/{path["/proc/net/".Length..]}"
        : path.StartsWith("/proc/self/net/", StringComparison.Ordinal) ? $"/proc/thread-self/net/{path["/proc/self/net/".Length..]}"
        : path;
}
