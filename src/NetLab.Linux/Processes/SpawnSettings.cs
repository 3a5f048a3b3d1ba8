using System.Globalization;
using System.Runtime.InteropServices;

namespace NetLab.Linux.Processes;

/// <summary>
/// posix_spawnattr_t: a child starts with no signal blocked and none ignored. (The .NET runtime ignores SIGPIPE, which a child would inherit: <c>yes | head</c>
/// would never end.)
/// </summary>
internal sealed unsafe class SpawnAttributes : IDisposable
{
    // posix_spawnattr_t has 336 bytes with glibc and musl, sigset_t 128.
    private const int Size = 512, SignalSetSize = 128;

    /// <param name="group">POSIX_SPAWN_SETPGROUP for a process group of its own, POSIX_SPAWN_SETSID for a session of its own, or 0.</param>
    public SpawnAttributes(short group)
    {
        Native = NativeMemory.AllocZeroed(Size);
        var set = stackalloc byte[SignalSetSize];
        _ = Libc.posix_spawnattr_init(Native);
        _ = Libc.sigemptyset(set);
        _ = Libc.posix_spawnattr_setsigmask(Native, set);
        _ = Libc.sigfillset(set);
        _ = Libc.posix_spawnattr_setsigdefault(Native, set);
        _ = Libc.posix_spawnattr_setflags(Native,
            (short)(Libc.POSIX_SPAWN_SETSIGDEF | Libc.POSIX_SPAWN_SETSIGMASK | group));
    }

    public void* Native { get; }

    public void Dispose()
    {
        _ = Libc.posix_spawnattr_destroy(Native);
        NativeMemory.Free(Native);
    }
}

/// <summary>posix_spawn_file_actions_t: which descriptors a child has. All of ours close by themselves (O_CLOEXEC) unless named here.</summary>
internal sealed unsafe class SpawnActions : IDisposable
{
    // What this process was itself started with, beyond the three standard streams, is not marked so. It is no business of a lab's.
    private static readonly int[] LeftByOurParent = FindUnmarked();

    private readonly HashSet<int> _kept = [];

    // 80 bytes with glibc and musl.
    private const int Size = 256;

    public SpawnActions()
    {
        Native = NativeMemory.AllocZeroed(Size);
        Check(Libc.posix_spawn_file_actions_init(Native));
    }

    public void* Native { get; }

    /// <summary>The child's descriptor 0, 1 or 2: one of ours, or <c>/dev/null</c> for -1.</summary>
    public void StandardStream(int stream, int ours, NativeArena arena) => Check(ours >= 0
        ? Libc.posix_spawn_file_actions_adddup2(Native, ours, stream)
        : Libc.posix_spawn_file_actions_addopen(Native, stream, arena.Text("/dev/null"), Libc.O_RDWR, 0));

    /// <summary>The child's standard streams are a terminal; the leader of a session is controlled by the terminal that it opens (tty_ioctl(4)).</summary>
    public void Terminal(string path, NativeArena arena)
    {
        Check(Libc.posix_spawn_file_actions_addopen(Native, 0, arena.Text(path), Libc.O_RDWR, 0));
        Check(Libc.posix_spawn_file_actions_adddup2(Native, 0, 1));
        Check(Libc.posix_spawn_file_actions_adddup2(Native, 0, 2));
    }

    /// <summary>A descriptor that the child has under the same number: a dup2 to itself takes O_CLOEXEC away (glibc 2.29, musl 1.1.24).</summary>
    public void Keep(int ours)
    {
        _kept.Add(ours);
        Check(Libc.posix_spawn_file_actions_adddup2(Native, ours, ours));
    }

    /// <summary>Closes what our own parent left open; to be said last, because one of the numbers may have become that of a pipe of ours.</summary>
    public void CloseTheRest()
    {
        foreach (var fd in LeftByOurParent.Where(fd => !_kept.Contains(fd)))
        {
            var refused = Libc.posix_spawn_file_actions_addclose(Native, fd);
            if (refused == Errno.EBADF)
            {
                // The C library names no number beyond the limit of descriptors (ulimit -n), which one that was inherited may be: marked, it closes by itself.
                refused = Libc.fcntl(fd, Libc.F_SETFD, Libc.FD_CLOEXEC) == 0 ? 0 : Libc.LastErrno;
            }

            Check(refused);
        }
    }

    public void Dispose()
    {
        _ = Libc.posix_spawn_file_actions_destroy(Native);
        NativeMemory.Free(Native);
    }

    private static int[] FindUnmarked() =>
        [.. Directory.GetFiles("/proc/self/fd").Select(path => int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture))
            .Where(fd => fd > 2 && Libc.fcntl(fd, Libc.F_GETFD, 0) == 0)];

    private static void Check(int errno)
    {
        if (errno != 0)
        {
            throw new LinuxException("prepare the descriptors of a process", errno);
        }
    }
}

/// <summary>What this process does about the signals that concern its children.</summary>
internal static unsafe class Signals
{
    /// <summary>
    /// A process that was started with SIGCHLD ignored (some supervisors do) is never told how its children end; the kernel buries them unseen. That is
    /// put right, once.
    /// </summary>
    public static void WaitForChildrenOurselves()
    {
        // struct sigaction of the C library begins with the handler, SIG_DFL being 0 and SIG_IGN 1; glibc's has 152 bytes, musl's as well.
        var action = stackalloc nint[32];
        if (Libc.sigaction(Libc.SIGCHLD, null, action) == 0 && action[0] == 1)
        {
            new Span<nint>(action, 32).Clear();
            _ = Libc.sigaction(Libc.SIGCHLD, action, null);
        }
    }
}
