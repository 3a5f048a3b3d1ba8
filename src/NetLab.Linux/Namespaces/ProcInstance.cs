using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>
/// The procfs in which sysctls of namespaces are found: an instance of our own, mounted nowhere, and a fresh one after some namespaces.
/// Owns its descriptor.
/// </summary>
/// <remarks>
/// In one instance every namespace has an entry of its own for <c>sys/net/ipv4</c>, all of one name below one directory, which the kernel keeps in
/// one chain of its cache of names (fs/dcache.c). It walks all of it for each namespace that it sees for the first time: with 1000 of them that is 0.5 ms,
/// a third of all that a namespace costs. An instance costs 0.05 ms and begins with an empty cache.
/// </remarks>
internal static unsafe class ProcInstance
{
    private const int NamespacesEach = 64;

    // The same numbers on every architecture (include/uapi/asm-generic/unistd.h).
    private const nint SYS_fsopen = 430, SYS_fsconfig = 431, SYS_fsmount = 432;
    private const nint FSOPEN_CLOEXEC = 1, FSMOUNT_CLOEXEC = 1, FSCONFIG_CMD_CREATE = 6;

    private static readonly Lock Gate = new();
    private static SafeFileHandle? _current;
    private static int _left;

    /// <summary>Says that there is one more namespace whose sysctls may be looked for.</summary>
    public static void CountNamespace() => Interlocked.Decrement(ref _left);

    /// <summary>Borrows the root directory of the instance.</summary>
    public static BorrowedDescriptor Borrow()
    {
        lock (Gate)
        {
            if (_current is null || Volatile.Read(ref _left) <= 0)
            {
                var earlier = _current;
                _current = Open();
                earlier?.Dispose();
            }

            return _current.Borrow();
        }
    }

    // Before Linux 5.8 all mounts of procfs are one instance, and where a container hides parts of /proc the kernel gives no other: then
    // what is mounted at /proc serves, for good.
    private static SafeFileHandle Open()
    {
        var fd = TryMount();
        if (fd >= 0)
        {
            Volatile.Write(ref _left, NamespacesEach);
            return new SafeFileHandle(fd, ownsHandle: true);
        }

        fd = Libc.open("/proc", Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        if (fd < 0)
        {
            throw new LinuxException("open /proc", Libc.LastErrno, tryThis: "Is it mounted?");
        }

        Volatile.Write(ref _left, int.MaxValue);
        return new SafeFileHandle(fd, ownsHandle: true);
    }

    private static int TryMount()
    {
        fixed (byte* type = "proc\0"u8)
        {
            var context = (int)Libc.syscall(SYS_fsopen, (nint)type, FSOPEN_CLOEXEC, 0, 0, 0, 0);
            if (context < 0)
            {
                return -1;
            }

            var mount = Libc.syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, 0, 0, 0, 0) == 0
                ? (int)Libc.syscall(SYS_fsmount, context, FSMOUNT_CLOEXEC, 0, 0, 0, 0)
                : -1;
            _ = Libc.close(context);
            return mount;
        }
    }
}
