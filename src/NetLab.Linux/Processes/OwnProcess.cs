using System.Globalization;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>What this process says about itself.</summary>
internal static unsafe class OwnProcess
{
    /// <summary>The user that the kernel takes this process for (geteuid(2)).</summary>
    public static uint User => Libc.geteuid();

    /// <summary>Leaves the terminal and the session that this process was started in (setsid(2)): neither Ctrl-C there nor its end concern it.</summary>
    public static void LeaveSession() => _ = Libc.setsid();

    /// <summary>
    /// Closes the standard streams that it was started with, also where the runtime keeps a copy of them: from now on they lead nowhere, and whoever reads
    /// them sees their end.
    /// </summary>
    public static void LeaveStreams()
    {
        var nowhere = Libc.open("/dev/null", Libc.O_RDWR | Libc.O_CLOEXEC, 0);
        if (nowhere < 0)
        {
            throw new LinuxException("open /dev/null", Libc.LastErrno);
        }

        var streams = new[] { Target("/proc/self/fd/0"), Target("/proc/self/fd/1"), Target("/proc/self/fd/2") };
        foreach (var path in Directory.GetFiles("/proc/self/fd").Where(path => streams.Contains(Target(path))))
        {
            var stream = int.Parse(Path.GetFileName(path), CultureInfo.InvariantCulture);
            _ = Libc.dup3(nowhere, stream, stream > 2 ? Libc.O_CLOEXEC : 0);
        }

        _ = Libc.close(nowhere);

        static string? Target(string path) => new FileInfo(path).LinkTarget;
    }

    /// <summary>A standard stream of this process, which stays open.</summary>
    /// <param name="stream">0, 1 or 2.</param>
    public static SafeFileHandle Stream(int stream) => new(stream, ownsHandle: false);

    /// <summary>A pipe, both ends closed in programs that are started.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe() => Launcher.Pipe("open a pipe");

    /// <summary>Whether a descriptor is a terminal (isatty(3)).</summary>
    public static bool IsTerminal(SafeHandle descriptor) => Terminals.TerminalSize.Of(descriptor) is not null;
}
