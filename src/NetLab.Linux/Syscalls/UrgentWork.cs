using System.Runtime.InteropServices;

namespace NetLab.Linux;

/// <summary>
/// Work of one thread that must not wait long for a processor, because the kernel throws away what it does not fetch in time:
/// from its making until it is disposed, on
/// the same thread, the kernel prefers this thread to others (setpriority(2)). Where the process may not ask for that (CAP_SYS_NICE) nothing changes.
/// </summary>
/// <remarks>Threads that are started meanwhile are preferred as well, and stay so: start none.</remarks>
internal readonly partial struct UrgentWork : IDisposable
{
    private const int PRIO_PROCESS = 0; // of a process number; Linux takes it for that of a thread, and 0 for the calling one
    private const int Urgent = -10;

    private readonly int _before;

    private UrgentWork(int before) => _before = before;

    /// <summary>The calling thread's work is urgent now.</summary>
    public static UrgentWork Begin()
    {
        var work = new UrgentWork(getpriority(PRIO_PROCESS, 0));
        _ = setpriority(PRIO_PROCESS, 0, Urgent);
        return work;
    }

    /// <summary>It is as urgent as before.</summary>
    public void Dispose() => _ = setpriority(PRIO_PROCESS, 0, _before);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int getpriority(int which, uint who);

    [LibraryImport("libc")]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int setpriority(int which, uint who, int priority);
}
