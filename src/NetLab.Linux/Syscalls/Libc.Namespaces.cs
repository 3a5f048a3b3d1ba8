using System.Runtime.InteropServices;

namespace NetLab.Linux;

/// <summary>Namespaces and what tells them apart: namespaces(7), ioctl_ns(2), statx(2).</summary>
internal static unsafe partial class Libc
{
    public const int CLONE_FS = 0x200, CLONE_NEWNS = 0x20000, CLONE_NEWUTS = 0x4000000, CLONE_NEWIPC = 0x8000000, CLONE_NEWUSER = 0x10000000,
        CLONE_NEWPID = 0x20000000, CLONE_NEWNET = 0x40000000;

    // _IO(0xb7, 0x3): the CLONE_NEW… flag of the namespace behind a descriptor (include/uapi/linux/nsfs.h).
    public const uint NS_GET_NSTYPE = 0xb703;

    public const int AT_FDCWD = -100, AT_EMPTY_PATH = 0x1000, STATX_MODE = 0x2, STATX_UID = 0x8, STATX_GID = 0x10, STATX_INO = 0x100;

    [LibraryImport("libc")]
    public static partial int setns(int fd, int namespaceType);

    [LibraryImport("libc")]
    public static partial int gettid();

    [LibraryImport("libc")]
    private static partial int statx(int directory, byte* path, int flags, uint mask, void* buffer);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chown(string path, uint user, uint group);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int chmod(string path, uint mode);

    /// <summary>The user and the group that a file belongs to and what they may do with it, or null when the kernel does not say.</summary>
    public static (uint User, uint Group, uint Mode)? OwnerOf(string path)
    {
        // struct statx: stx_uid and stx_gid are the 32-bit numbers at offset 20, stx_mode the 16-bit one after them.
        var fd = open(path, O_PATH | O_CLOEXEC, 0);
        if (fd < 0)
        {
            return null;
        }

        var buffer = stackalloc uint[64];
        byte empty = 0;
        var got = statx(fd, &empty, AT_EMPTY_PATH, STATX_MODE | STATX_UID | STATX_GID, buffer);
        _ = close(fd);
        return got == 0 ? (buffer[5], buffer[6], buffer[7] & 0xfff) : null;
    }

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, void* buffer);

    [LibraryImport("libc")]
    public static partial uint geteuid();

    /// <summary>The user who owns a name itself, not what a link leads to; null when there is none.</summary>
    public static uint? OwnerOfName(string path)
    {
        // struct statx: stx_uid is the 32-bit number at offset 20. AT_FDCWD, AT_SYMLINK_NOFOLLOW, STATX_UID.
        var buffer = stackalloc uint[64];
        return statx(-100, path, 0x100, 0x8, buffer) == 0 ? buffer[5] : null;
    }

    /// <summary>The inode number of an open file, or 0 when the kernel does not say (see <see cref="LastErrno"/>).</summary>
    public static ulong InodeOf(int fd)
    {
        // struct statx is 256 bytes and the same on every architecture; stx_ino is the 64-bit number at offset 32.
        var buffer = stackalloc ulong[32];
        byte empty = 0;
        return statx(fd, &empty, AT_EMPTY_PATH, STATX_INO, buffer) == 0 ? buffer[4] : 0;
    }
}
