using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>
/// A directory in memory that is nowhere on the machine: no path of the host leads to it, and when its last descriptor closes, also by
/// <c>kill -9</c>, it is gone with all that is in it. For configuration, databases, logs and sockets of programs.
/// </summary>
/// <remarks>
/// It is a tmpfs(5), mounted in a mount namespace that nobody is in. This process reaches it by the descriptor, and so does every child that inherits
/// the descriptor under the same number, as children of a <see cref="ProcessGroup"/> do. Paths are short enough for Unix sockets (108 bytes).
/// </remarks>
internal sealed class ScratchDirectory : IDisposable
{
    /// <summary>Where the directory is mounted inside its mount namespace: a place that every machine has and that a child covers again.</summary>
    internal const string MountPoint = "/sys";

    private ScratchDirectory(SafeFileHandle directory, SafeFileHandle mountNamespace)
    {
        Handle = directory;
        MountNamespace = mountNamespace;
        Path = $"/proc/self/fd/{((int)directory.DangerousGetHandle()).ToString(CultureInfo.InvariantCulture)}";
    }

    /// <summary>The path, <c>/proc/self/fd/N</c>: valid in this process, and in children that inherit <see cref="Handle"/> under the same number.</summary>
    public string Path { get; }

    /// <summary>The directory's descriptor.</summary>
    public SafeHandle Handle { get; }

    /// <summary>The mount namespace that the directory is mounted in, at <see cref="MountPoint"/>.</summary>
    internal SafeFileHandle MountNamespace { get; }

    /// <summary>Makes an empty directory.</summary>
    /// <exception cref="LinuxException">EPERM without CAP_SYS_ADMIN; EACCES where a security module forbids mounts.</exception>
    public static ScratchDirectory Create()
    {
        using var plan = new NamespacePlan { New = Libc.CLONE_NEWNS };
        plan.KeepMountsFromOthers();
        plan.MountNew("tmpfs", MountPoint, "mode=0755", "mount a tmpfs");
        plan.Open(MountPoint);
        plan.Open("/proc/thread-self/ns/mnt");
        var opened = plan.Run("make a directory in memory");
        return new ScratchDirectory(opened[0], opened[1]);
    }

    /// <summary>Lets go of the directory; it goes away when no child has it open any more.</summary>
    public void Dispose()
    {
        Handle.Dispose();
        MountNamespace.Dispose();
    }

    /// <summary>A path below <see cref="Path"/> as it is named inside <see cref="MountNamespace"/>; any other path as it is.</summary>
    internal string NameInside(string path) => Holds(path) ? MountPoint + path[Path.Length..] : path;

    /// <summary>Whether a path leads into the directory.</summary>
    internal bool Holds(string path) => path == Path || path.StartsWith(Path + "/", StringComparison.Ordinal);

    /// <summary>Opens a directory in here, to be entered by whoever does not see the path.</summary>
    internal static SafeFileHandle OpenDirectory(string path, string doing)
    {
        var fd = Libc.open(path, Libc.O_PATH | Libc.O_DIRECTORY | Libc.O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new LinuxException($"{doing}: change to directory {path}", Libc.LastErrno);
    }
}
