using System.Runtime.InteropServices;

namespace NetLab.Linux;

/// <summary>Namespaces and what tells them apart: namespaces(7), ioctl_ns(2), statx(2).</summary>
internal static unsafe partial class Libc
{
    public const int CLONE_FS = 0x200, CLONE_NEWNS = 0x20000, CLONE_NEWUSER = 0x10000000, CLONE_NEWPID = 0x20000000, CLONE_NEWNET = 0x40000000;

    // _IO(0xb7, 0x3): the CLONE_NEW… flag of the namespace behind a descriptor (include/uapi/linux/nsfs.h).
    public const uint NS_GET_NSTYPE = 0xb703;

    public const int AT_FDCWD = -100, AT_EMPTY_PATH = 0x1000, STATX_INO = 0x100;

    [LibraryImport("libc")]
    public static partial int setns(int fd, int namespaceType);

    [LibraryImport("libc")]
    public static partial int gettid();

    [LibraryImport("libc")]
    private static partial int statx(int directory, byte* path, int flags, uint mask, void* buffer);

    /// <summary>The inode number of an open file, or 0 when the kernel does not say (see <see cref="LastErrno"/>).</summary>
    public static ulong InodeOf(int fd)
    {
        // struct statx is 256 bytes and the same on every architecture; stx_ino is the 64-bit number at offset 32.
        var buffer = stackalloc ulong[32];
        byte empty = 0;
        return statx(fd, &empty, AT_EMPTY_PATH, STATX_INO, buffer) == 0 ? buffer[4] : 0;
    }
}
