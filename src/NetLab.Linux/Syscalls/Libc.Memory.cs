using System.Runtime.InteropServices;

namespace NetLab.Linux;

// Mapping of memory.
internal static unsafe partial class Libc
{
    public const int PROT_READ = 1, PROT_WRITE = 2, MAP_SHARED = 1;

    /// <summary>What mmap(2) returns when it failed.</summary>
    public const nint MAP_FAILED = -1;

    [LibraryImport("libc")]
    public static partial nint mmap(nint address, nuint length, int protection, int flags, int fd, nint offset);

    [LibraryImport("libc")]
    public static partial int munmap(nint address, nuint length);
}
