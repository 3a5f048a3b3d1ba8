using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>
/// Files that are written by a name somebody gave: an older file is replaced; a link that another user put there under that name is not followed, since it
/// would have us overwrite a file of its maker's choice.
/// </summary>
public static class NewFile
{
    // include/uapi/asm-generic/fcntl.h, arch/arm64/include/uapi/asm/fcntl.h
    private static readonly int O_NOFOLLOW = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 or Architecture.Arm ? 0x8000 : 0x20000;

    /// <summary>Opens a file for writing, empty.</summary>
    /// <param name="path">Its name.</param>
    /// <param name="isPrivate">Nobody else may read it (0600), where it is new; otherwise what the umask leaves of 0666.</param>
    /// <param name="bufferBytes">Bytes that are gathered before they are written.</param>
    /// <exception cref="LinuxException">ELOOP: it is a link of another user; EACCES, EROFS, ENOSPC, ENOENT: it cannot be written.</exception>
    public static FileStream Create(string path, bool isPrivate = false, int bufferBytes = 4096)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        const int writing = Libc.O_WRONLY | Libc.O_CREAT | Libc.O_TRUNC | Libc.O_CLOEXEC;
        var mode = isPrivate ? 0x180 : 0x1b6;
        var fd = Libc.open(path, writing | O_NOFOLLOW, mode);
        if (fd < 0 && Libc.LastErrno == Errno.ELOOP)
        {
            // root's links are the machine's own, such as /dev/stdout.
            var owner = Libc.OwnerOfName(path);
            if (owner is not null and not 0 && owner != Libc.geteuid())
            {
                throw new LinuxException($"write {path}", Errno.ELOOP, tryThis: $"It is a link that user {owner} made: name the file itself");
            }

            fd = Libc.open(path, writing, mode);
        }

        return fd >= 0
            ? new FileStream(new SafeFileHandle(fd, ownsHandle: true), FileAccess.Write, bufferBytes)
            : throw new LinuxException($"write {path}", Libc.LastErrno);
    }

    /// <summary>Whether a file could not be written because there is no room for it: not the fault of whoever named it.</summary>
    /// <param name="refused">What was thrown.</param>
    public static bool IsOutOfRoom(Exception refused) =>
        (refused is LinuxException linux ? linux.Errno : refused is IOException ? refused.HResult : 0) is Errno.ENOSPC or Errno.EDQUOT or Errno.EIO
            or Errno.EFBIG;
}
