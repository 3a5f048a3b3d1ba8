using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>
/// Programs that live no longer than this object, and no longer than this process, however it ends: the kernel kills all of them, also grandchildren
/// that made themselves independent (setsid, double fork).
/// </summary>
/// <remarks>
/// A group is a PID namespace (pid_namespaces(7)) whose first process, a shell, waits for the end of a pipe that only we hold the
/// other end of. When we dispose it, or die, the pipe ends, the shell ends, and with the first process of a PID namespace the kernel kills all others in it.
/// Programs in a <see cref="Userland"/> see the group's own <c>/proc</c>; others see the host's, where they have another number than getpid(2) tells them.
/// </remarks>
internal sealed partial class ProcessGroup : IDisposable, IAsyncDisposable
{
    // The one that reads is not the first process itself: that one waits, and so buries every orphan of the group, whose ends would
    // interrupt its reading. (A background command has no standard input, hence descriptor 3.)
    // One that a program of the group kills is followed by another; only the end of the pipe ends it by itself.
    private const string FirstProcess = "exec 3<&0; while :; do (read -r _ <&3) & wait $!; [ $? -gt 128 ] || exit 0; done";

    private readonly SafeFileHandle _lifeline;
    private readonly SafeFileHandle _pidNamespace;
    private readonly SafeFileHandle _mountNamespace;
    private readonly ChildProcess _first;
    private readonly Lock _childrenGate = new();
    private readonly List<ChildProcess> _children = [];
    private bool _disposed;

    private ProcessGroup(ChildProcess first, SafeFileHandle lifeline, SafeFileHandle pidNamespace, SafeFileHandle mountNamespace, ScratchDirectory scratch)
    {
        _mountNamespace = mountNamespace;
        _first = first;
        _lifeline = lifeline;
        _pidNamespace = pidNamespace;
        Scratch = scratch;
    }

    /// <summary>A directory in memory that all programs of the group see under the same path; gone with the group.</summary>
    public ScratchDirectory Scratch { get; }

    /// <summary>The first process of the PID namespace, which becomes the parent of every orphan in it.</summary>
    internal int FirstPid => _first.Pid;

    /// <summary>The programs that were started and run.</summary>
    public IReadOnlyList<int> Pids => [.. Children().Where(child => !child.Exited.IsCompleted).Select(child => child.Pid)];

    /// <summary>Makes a group without any program in it.</summary>
    /// <exception cref="LinuxException">EPERM without CAP_SYS_ADMIN; ENOSPC at the limit of <c>user.max_pid_namespaces</c>; EINVAL:
    /// the kernel has no PID namespaces.</exception>
    public static ProcessGroup Create()
    {
        const string doing = "make a group of processes";
        Signals.WaitForChildrenOurselves();
        var scratch = ScratchDirectory.Create();
        var (lifelineEnd, lifeline) = Launcher.Pipe(doing);
        try
        {
            var start = new ProcessStart("/bin/sh", "-c", FirstProcess) { WorkingDirectory = "/" };
            var run = Directory.CreateDirectory(scratch.Path + "/first").FullName;
            var (pid, pidfd) = Launcher.LaunchFirst(start, doing, scratch, run, lifelineEnd);
            var first = ChildProcess.Watch(start, pid, pidfd, null, null, null);
            try
            {
                return new ProcessGroup(first, lifeline, OpenNamespace(first, "pid", doing), OpenNamespace(first, "mnt", doing), scratch);
            }
            catch
            {
                first.Dispose();
                throw;
            }
        }
        catch
        {
            lifeline.Dispose();
            scratch.Dispose();
            throw;
        }
        finally
        {
            lifelineEnd.Dispose();
        }
    }

    /// <summary>Starts a program. It is running when this returns: a program that does not exist or cannot be executed is told here.</summary>
    /// <exception cref="LinuxException">ENOENT: no such program, directory or bind target; EACCES: not executable; EPERM: a privilege is missing.</exception>
    public ChildProcess Start(ProcessStart start)
    {
        ArgumentNullException.ThrowIfNull(start);
        ObjectDisposedException.ThrowIf(_disposed, this);
        var doing = $"start {Path.GetFileName(start.Program)}";
        if (start.ShareTerminal || start.Terminal is not null || start.Streams is not null)
        {
            var (number, descriptor) = Launcher.Launch(start, doing, _pidNamespace, Scratch, start.Streams?.Input, start.Streams?.Output, start.Streams?.Error);
            return Track(ChildProcess.Watch(start, number, descriptor, null, null, null));
        }

        (SafeFileHandle? Read, SafeFileHandle? Write) input = start.RedirectInput ? Launcher.Pipe(doing) : (null, null);
        (SafeFileHandle Read, SafeFileHandle Write) output = Launcher.Pipe(doing), error = Launcher.Pipe(doing);
        try
        {
            Launcher.SetNonBlocking(output.Read);
            Launcher.SetNonBlocking(error.Read);
            var (pid, pidfd) = Launcher.Launch(start, doing, _pidNamespace, Scratch, input.Read, output.Write, error.Write);
            return Track(ChildProcess.Watch(start, pid, pidfd, input.Write, output.Read, error.Read));
        }
        catch
        {
            input.Write?.Dispose();
            output.Read.Dispose();
            error.Read.Dispose();
            throw;
        }
        finally
        {
            input.Read?.Dispose();
            output.Write.Dispose();
            error.Write.Dispose();
        }
    }

    /// <summary>Runs a program to its end.</summary>
    /// <param name="start">The program.</param>
    /// <param name="input">What it reads from its standard input; null for nothing.</param>
    /// <param name="ct">Kills the program.</param>
    /// <returns>Exit code and output; <see cref="ProcessResult.EnsureSuccess"/> makes an exception of a failure.</returns>
    /// <exception cref="LinuxException">The program cannot be started.</exception>
    public async Task<ProcessResult> RunAsync(ProcessStart start, string? input = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(start);
        var child = Start(input is null ? start : start with { RedirectInput = true });
        await using (child.ConfigureAwait(false))
        {
            using var killing = ct.Register(static child => ((ChildProcess)child!).Kill(), child);
            if (child.StandardInput is { } stdin)
            {
                await FeedAsync(stdin, input ?? "").ConfigureAwait(false);
            }

            var exitCode = await child.Exited.ConfigureAwait(false);
            ct.ThrowIfCancellationRequested();
            return new ProcessResult(start, exitCode, child.OutputSoFar, child.ErrorSoFar);
        }
    }

    /// <summary>Kills every process of the group and returns when all are gone (at once, when called on the reactor's thread).</summary>
    public void Dispose()
    {
        if (End())
        {
            _first.Dispose();
            Array.ForEach(Children(), child => child.Dispose());
        }
    }

    /// <summary>Kills every process of the group and completes when all are gone.</summary>
    public async ValueTask DisposeAsync()
    {
        if (End())
        {
            await _first.DisposeAsync().ConfigureAwait(false);
            foreach (var child in Children())
            {
                await child.DisposeAsync().ConfigureAwait(false);
            }
        }
    }

    private bool End()
    {
        lock (_childrenGate)
        {
            if (_disposed)
            {
                return false;
            }

            _disposed = true;
        }

        _first.Kill();
        _lifeline.Dispose();
        EndUserlands();
        _pidNamespace.Dispose();
        _mountNamespace.Dispose();
        Scratch.Dispose();
        return true;
    }

    private static SafeFileHandle OpenNamespace(ChildProcess first, string kind, string doing)
    {
        var path = $"/proc/{first.Pid.ToString(CultureInfo.InvariantCulture)}/ns/{kind}";
        var fd = Libc.open(path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        return fd >= 0 ? new SafeFileHandle(fd, ownsHandle: true) : throw new LinuxException($"{doing}: open {path}", Libc.LastErrno);
    }

    private ChildProcess[] Children()
    {
        lock (_childrenGate)
        {
            return [.. _children];
        }
    }

    // Those that have ended are forgotten, lest a lab that runs thousands of programs keeps all their output.
    private ChildProcess Track(ChildProcess child)
    {
        lock (_childrenGate)
        {
            _children.RemoveAll(earlier => earlier.Exited.IsCompleted);
            _children.Add(child);
        }

        return child;
    }

    // A program that ends without reading all of its input is its own affair; its exit code tells.
    private static async Task FeedAsync(Stream stdin, string input)
    {
        try
        {
            await using (stdin.ConfigureAwait(false))
            {
                await stdin.WriteAsync(Encoding.UTF8.GetBytes(input)).ConfigureAwait(false);
            }
        }
        catch (IOException broken) when (broken.HResult is Errno.EPIPE)
        {
        }
    }
}
