using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetLab.Linux;

/// <summary>
/// The only place where a thread of this process steps into another network namespace: setns(2), a few raw calls, setns(2) back.
/// </summary>
/// <remarks>
/// <para>
/// A thread inherits the namespace of the thread that starts it. Were the runtime to start one of its own (thread pool, timer, socket
/// engine, JIT worker) while the current thread is inside a lab, that thread would stay there for good: other people's work would run in
/// the lab, and the lab could never be torn down. So nothing of the runtime may happen inside a window: the methods below are compiled
/// before the first step (no tiering either, whose worker is started by whichever method happens to be called for the 30th time), call C
/// functions by address (no lazy binding), allocate nothing, and read errno through its address (no call).
/// </para>
/// <para>
/// A thread that cannot return is of no use to anybody, and dangerous: the process ends there and then.
/// </para>
/// </remarks>
internal static unsafe class NamespaceWindow
{
    /// <summary>Results below this: the namespace could not be entered; the rest is the errno.</summary>
    private const int NotEntered = -1_000_000;

    // The namespace that threads return to. Never closed.
    private static readonly int Home;
    private static readonly delegate* unmanaged<int*> ErrnoLocation;
    private static readonly delegate* unmanaged<int, int, int> SetNs;
    private static readonly delegate* unmanaged<int, int> Unshare;
    private static readonly delegate* unmanaged<byte*, int, int, int> OpenRaw;
    private static readonly delegate* unmanaged<int, byte*, int, int, int> OpenAtRaw;
    private static readonly delegate* unmanaged<int, byte*, nint, nint> ReadRaw;
    private static readonly delegate* unmanaged<int, byte*, nint, nint> WriteRaw;
    private static readonly delegate* unmanaged<int, int> CloseRaw;
    private static readonly delegate* unmanaged<int, int, int, int> SocketRaw;

    static NamespaceWindow()
    {
        var libc = NativeLibrary.GetMainProgramHandle();
        ErrnoLocation = (delegate* unmanaged<int*>)NativeLibrary.GetExport(libc, "__errno_location");
        SetNs = (delegate* unmanaged<int, int, int>)NativeLibrary.GetExport(libc, "setns");
        Unshare = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(libc, "unshare");
        OpenRaw = (delegate* unmanaged<byte*, int, int, int>)NativeLibrary.GetExport(libc, "open");
        OpenAtRaw = (delegate* unmanaged<int, byte*, int, int, int>)NativeLibrary.GetExport(libc, "openat");
        ReadRaw = (delegate* unmanaged<int, byte*, nint, nint>)NativeLibrary.GetExport(libc, "read");
        WriteRaw = (delegate* unmanaged<int, byte*, nint, nint>)NativeLibrary.GetExport(libc, "write");
        CloseRaw = (delegate* unmanaged<int, int>)NativeLibrary.GetExport(libc, "close");
        SocketRaw = (delegate* unmanaged<int, int, int, int>)NativeLibrary.GetExport(libc, "socket");

        // The main thread's namespace is the process's, whatever the caller did to its own thread.
        Home = Libc.open("/proc/self/ns/net", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        if (Home < 0)
        {
            throw new LinuxException("open /proc/self/ns/net, the network namespace of this process", Libc.LastErrno, tryThis: "Is /proc mounted?");
        }

        HomeInode = Libc.InodeOf(Home);
        foreach (var window in typeof(NamespaceWindow).GetMethods(System.Reflection.BindingFlags.NonPublic | System.Reflection.BindingFlags.Static))
        {
            if (window.Name.StartsWith("Inside", StringComparison.Ordinal))
            {
                RuntimeHelpers.PrepareMethod(window.MethodHandle);
            }
        }
    }

    /// <summary>The inode of the namespace that threads return to.</summary>
    public static ulong HomeInode { get; }

    /// <summary>The descriptor of the namespace that threads return to.</summary>
    public static int HomeDescriptor => Home;

    /// <summary>A new network namespace: its descriptor, or the errno below zero.</summary>
    public static int Create()
    {
        fixed (byte* path = "/proc/thread-self/ns/net\0"u8)
        {
            return InsideNew(path);
        }
    }

    /// <summary>socket(2) inside a namespace: the descriptor, or the errno below zero.</summary>
    public static int Socket(int ns, int domain, int type, int protocol, out bool entered) =>
        Decode(InsideSocket(ns, domain, type | Libc.SOCK_CLOEXEC, protocol), out entered);

    /// <summary>open(2) inside a namespace: the descriptor, or the errno below zero. The path ends with a zero byte.</summary>
    public static int Open(int ns, byte* path, int flags, int mode, out bool entered) =>
        Decode(InsideOpen(ns, path, flags | Libc.O_CLOEXEC, mode), out entered);

    /// <summary>Opens (openat(2)), reads once from and closes a file, all inside: the number of bytes, or the errno below zero.</summary>
    public static int ReadFile(int ns, int directory, byte* path, byte* buffer, int length, out bool entered) =>
        Decode(InsideTransfer(ns, directory, path, Libc.O_RDONLY | Libc.O_CLOEXEC, buffer, length, ReadRaw), out entered);

    /// <summary>Opens (openat(2)), writes once to and closes a file, all inside: the number of bytes, or the errno below zero.</summary>
    public static int WriteFile(int ns, int directory, byte* path, byte* buffer, int length, out bool entered) =>
        Decode(InsideTransfer(ns, directory, path, Libc.O_WRONLY | Libc.O_CLOEXEC, buffer, length, WriteRaw), out entered);

    private static int Decode(int result, out bool entered)
    {
        entered = result > NotEntered;
        return entered ? result : result - NotEntered;
    }

    // Every method named Inside… is compiled by the static constructor. Statics are read before the step, never after it.

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int InsideNew(byte* path)
    {
        var home = Home;
        var setNs = SetNs;
        var unshare = Unshare;
        var open = OpenRaw;
        var errno = ErrnoLocation();
        if (unshare(Libc.CLONE_NEWNET) != 0)
        {
            return -*errno;
        }

        var result = open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        var error = *errno;
        if (setNs(home, Libc.CLONE_NEWNET) != 0)
        {
            Lost(*errno);
        }

        return result >= 0 ? result : -error;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int InsideSocket(int ns, int domain, int type, int protocol)
    {
        var home = Home;
        var setNs = SetNs;
        var socket = SocketRaw;
        var errno = ErrnoLocation();
        if (setNs(ns, Libc.CLONE_NEWNET) != 0)
        {
            return NotEntered - *errno;
        }

        var result = socket(domain, type, protocol);
        var error = *errno;
        if (setNs(home, Libc.CLONE_NEWNET) != 0)
        {
            Lost(*errno);
        }

        return result >= 0 ? result : -error;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int InsideOpen(int ns, byte* path, int flags, int mode)
    {
        var home = Home;
        var setNs = SetNs;
        var open = OpenRaw;
        var errno = ErrnoLocation();
        if (setNs(ns, Libc.CLONE_NEWNET) != 0)
        {
            return NotEntered - *errno;
        }

        var result = open(path, flags, mode);
        var error = *errno;
        if (setNs(home, Libc.CLONE_NEWNET) != 0)
        {
            Lost(*errno);
        }

        return result >= 0 ? result : -error;
    }

    // Some files below /proc/sys/net ask again, at each read and write, in which namespace the caller is: so all of it is done inside.
    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static int InsideTransfer(int ns, int directory, byte* path, int flags, byte* buffer, int length, delegate* unmanaged<int, byte*, nint,
        nint> transfer)
    {
        var home = Home;
        var setNs = SetNs;
        var open = OpenAtRaw;
        var close = CloseRaw;
        var errno = ErrnoLocation();
        if (setNs(ns, Libc.CLONE_NEWNET) != 0)
        {
            return NotEntered - *errno;
        }

        nint result = -1;
        var fd = open(directory, path, flags, 0);
        var error = *errno;
        if (fd >= 0)
        {
            result = transfer(fd, buffer, length);
            error = *errno;
            close(fd);
        }

        if (setNs(home, Libc.CLONE_NEWNET) != 0)
        {
            Lost(*errno);
        }

        return result >= 0 ? (int)result : -error;
    }

    private static void Lost(int errno) => Environment.FailFast(
        $"A thread entered a network namespace of a lab and could not return to that of the " +
            $"process ({Errno.Name(errno)}); it would do other people's work in the lab.");
}
