using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

[assembly: DisableRuntimeMarshalling]

namespace NetLab.Linux;

/// <summary>
/// The C library's functions that this assembly calls, under their own names and blittable, so that a call is a plain call. A function
/// that fails returns -1 (or what its man page says) and leaves its error number in <see cref="LastErrno"/>, to be read right after.
/// One file per family: this one has descriptors and files, the others are <c>Libc.*.cs</c>.
/// </summary>
internal static unsafe partial class Libc
{
    /// <summary>errno of the call just made on this thread.</summary>
    public static int LastErrno => Marshal.GetLastSystemError();

    public const int O_RDONLY = 0, O_WRONLY = 1, O_RDWR = 2, O_CREAT = 0x40, O_EXCL = 0x80, O_TRUNC = 0x200, O_NONBLOCK = 0x800,
        O_CLOEXEC = 0x80000, O_PATH = 0x200000;

    // O_DIRECTORY is one of the few flags whose value differs between x86-64 and arm64.
    public static int O_DIRECTORY => RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? 0x4000 : 0x10000;

    public const int F_GETFD = 1, F_SETFD = 2, FD_CLOEXEC = 1, F_GETFL = 3, F_SETFL = 4, F_DUPFD_CLOEXEC = 1030;

    [LibraryImport("libc")]
    public static partial int open(byte* path, int flags, int mode);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int open(string path, int flags, int mode);

    [LibraryImport("libc")]
    public static partial int close(int fd);

    [LibraryImport("libc")]
    public static partial nint read(int fd, void* buffer, nint count);

    [LibraryImport("libc")]
    public static partial nint write(int fd, void* buffer, nint count);

    [LibraryImport("libc")]
    public static partial int dup2(int oldFd, int newFd);

    [LibraryImport("libc")]
    public static partial int dup3(int oldFd, int newFd, int flags);

    [LibraryImport("libc")]
    public static partial int pipe2(int* fds, int flags);

    // fcntl and ioctl are variadic in C; with integer or pointer arguments the variadic calling convention of Linux on x86-64 and
    // arm64 is that of a plain call.
    [LibraryImport("libc")]
    public static partial int fcntl(int fd, int command, nint argument);

    [LibraryImport("libc")]
    public static partial int ioctl(int fd, nuint request, nint argument);

    [LibraryImport("libc")]
    public static partial int ioctl(int fd, nuint request, void* argument);

    public const short POLLIN = 1, POLLOUT = 4, POLLHUP = 16;

    /// <summary><c>struct pollfd { int fd; short events; short revents; }</c></summary>
    public struct PollDescriptor
    {
        public int Descriptor;
        public short Events, Returned;
    }

    [LibraryImport("libc")]
    public static partial int poll(PollDescriptor* descriptors, nuint count, int milliseconds);

    [LibraryImport("libc", StringMarshalling = StringMarshalling.Utf8)]
    public static partial int access(string path, int mode);

    [LibraryImport("libc")]
    public static partial nint syscall(nint number, nint a, nint b, nint c, nint d, nint e, nint f);
}
