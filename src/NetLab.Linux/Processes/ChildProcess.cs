using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>
/// A program running in a <see cref="ProcessGroup"/>. Its end is told by the kernel (pidfd_open(2)), its output is read as it comes. It
/// ends at the latest with its group.
/// </summary>
internal sealed class ChildProcess : IDisposable, IAsyncDisposable
{
    private readonly TaskCompletionSource<int> _exited = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private readonly Lock _waitersGate = new();
    private readonly List<(Func<string, bool> Match, TaskCompletionSource<string> Found)> _waiters = [];
    private readonly SafeFileHandle _pidfd;
    private readonly ProcessStart _start;
    private readonly ChildOutput? _output;
    private readonly ChildOutput? _error;
    private IDisposable? _watch;

    private ChildProcess(ProcessStart start, int pid, SafeFileHandle pidfd, SafeFileHandle? input, SafeFileHandle? output, SafeFileHandle? error)
    {
        _start = start;
        _pidfd = pidfd;
        Pid = pid;
        StandardInput = input is null ? null : new FileStream(input, FileAccess.Write, bufferSize: 0);
        _output = output is null ? null : new ChildOutput(output, line => OnLine(line, start.OutputLine));
        _error = error is null ? null : new ChildOutput(error, line => OnLine(line, start.ErrorLine));
    }

    /// <summary>The process's number, as this process (not the group) sees it. It stays the process's own until <see cref="Exited"/> completes.</summary>
    public int Pid { get; }

    /// <summary>
    /// Completes when the process has ended and all that it wrote has been read: with its exit code, or with 128 plus the number of the signal that
    /// killed it.
    /// </summary>
    public Task<int> Exited => _exited.Task;

    /// <summary>The program's standard input, if <see cref="ProcessStart.RedirectInput"/> was set; disposing it is the end of the input.</summary>
    public Stream? StandardInput { get; }

    /// <summary>What the program has written to its standard output so far: the last 8 million characters at least.</summary>
    public string OutputSoFar => _output?.Text ?? "";

    /// <summary>What the program has written to its standard error so far: the last 8 million characters at least.</summary>
    public string ErrorSoFar => _error?.Text ?? "";

    /// <summary>The first line, of either output, that meets a condition: one that is there already, or the next that comes.</summary>
    /// <param name="match">The condition.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="ProcessFailedException">The program ended without such a line.</exception>
    public async Task<string> WaitForLineAsync(Func<string, bool> match, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(match);
        var found = new TaskCompletionSource<string>(TaskCreationOptions.RunContinuationsAsynchronously);

        // First among the waiters, then look at the past: a line that comes in between is found twice rather than never.
        lock (_waitersGate)
        {
            _waiters.Add((match, found));
        }

        try
        {
            if (WholeLines(OutputSoFar).Concat(WholeLines(ErrorSoFar)).FirstOrDefault(match) is { } past)
            {
                found.TrySetResult(past);
            }
            else if (_exited.Task.IsCompleted)
            {
                AbandonWaiters();
            }

            return await found.Task.WaitAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            lock (_waitersGate)
            {
                _waiters.RemoveAll(waiter => waiter.Found == found);
            }
        }
    }

    /// <summary>Sends a signal to the process. A process that has ended already takes no notice, and nobody else is ever hit in its place.</summary>
    /// <param name="signal">The number, for example 15 for SIGTERM.</param>
    /// <exception cref="LinuxException">EINVAL: no such signal; EPERM: not allowed.</exception>
    public void Signal(int signal)
    {
        if (_pidfd.IsClosed)
        {
            return;
        }

        try
        {
            using var fd = _pidfd.Borrow();
            if (Libc.pidfd_send_signal(fd.Number, signal) != 0 && Libc.LastErrno is not Errno.ESRCH and var errno)
            {
                throw new LinuxException($"send signal {signal} to {this}", errno);
            }
        }
        catch (ObjectDisposedException)
        {
            // It ended just now.
        }
    }

    /// <summary>Kills the process (SIGKILL); <see cref="Exited"/> completes when it is gone.</summary>
    public void Kill() => Signal(Libc.SIGKILL);

    /// <summary>Kills the process if it still runs, and returns when it is gone (at once, when called on the reactor's thread).</summary>
    public void Dispose()
    {
        Kill();
        if (!Reactor.Shared.IsCurrent)
        {
            _exited.Task.ContinueWith(static _ => { }, TaskScheduler.Default).Wait();
        }

        Release();
    }

    /// <summary>Kills the process if it still runs, and completes when it is gone.</summary>
    public async ValueTask DisposeAsync()
    {
        Kill();
        await _exited.Task.ContinueWith(static _ => { }, TaskScheduler.Default).ConfigureAwait(false);
        Release();
    }

    /// <summary>The program's name and number: <c>dnsmasq (pid 4711)</c>.</summary>
    public override string ToString() => $"{Path.GetFileName(_start.Program)} (pid {Pid})";

    /// <summary>Takes over all descriptors, and starts to watch them.</summary>
    internal static ChildProcess Watch(ProcessStart start, int pid, SafeFileHandle pidfd, SafeFileHandle? input, SafeFileHandle? output, SafeFileHandle? error)
    {
        var child = new ChildProcess(start, pid, pidfd, input, output, error);
        child._output?.Start(child.Fail);
        child._error?.Start(child.Fail);
        child._watch = Reactor.Shared.OnReadable(pidfd, child.OnEnd, child.Fail);
        return child;
    }

    internal ProcessFailedException Failure(int exitCode) => new(_start, exitCode, OutputSoFar, ErrorSoFar);

    // On the reactor's thread, when the process has ended.
    private unsafe void OnEnd()
    {
        // siginfo_t, 128 bytes: int si_signo, si_errno, si_code, (padding); pid_t si_pid; uid_t si_uid; int si_status.
        var info = stackalloc int[32];
        using (var fd = _pidfd.Borrow())
        {
            if (Libc.waitid(Libc.P_PIDFD, fd.Number, info, Libc.WEXITED | Libc.WNOHANG) != 0)
            {
                var errno = Libc.LastErrno;
                if (errno is Errno.EINTR)
                {
                    return;
                }

                throw new LinuxException($"ask how {this} ended", errno, tryThis: "Somebody else in this process waits for all children");
            }
        }

        if (info[4] == 0)
        {
            return;
        }

        var code = info[2] == Libc.CLD_EXITED ? info[6] : 128 + info[6];

        // All that it wrote is in the pipes by now. They may stay open beyond its end, when it left children of its own.
        _output?.ReadAll();
        _output?.EndLine();
        _error?.ReadAll();
        _error?.EndLine();
        _watch?.Dispose();
        _pidfd.Dispose();
        _exited.TrySetResult(code);
        AbandonWaiters();
    }

    // Something went wrong on the reactor's thread: in the reading, or in a callback of the user. The end of the process is still waited for.
    private void Fail(Exception exception)
    {
        _exited.TrySetException(exception);
        Kill();
    }

    private void OnLine(string line, Action<string>? callback)
    {
        try
        {
            callback?.Invoke(line);
        }
#pragma warning disable CA1031 // Handed on, to whoever awaits the process.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            Fail(exception);
        }

        lock (_waitersGate)
        {
            // A copy: a condition may itself begin a wait, or end one.
            foreach (var (match, found) in _waiters.Count == 0 ? [] : _waiters.ToArray())
            {
                Tell(match, found, line);
            }
        }
    }

    private static void Tell(Func<string, bool> match, TaskCompletionSource<string> found, string line)
    {
        try
        {
            if (!found.Task.IsCompleted && match(line))
            {
                found.TrySetResult(line);
            }
        }
#pragma warning disable CA1031 // Whatever the condition throws belongs to whoever awaits; the program lives on.
        catch (Exception exception)
#pragma warning restore CA1031
        {
            found.TrySetException(exception);
        }
    }

    private void AbandonWaiters()
    {
        lock (_waitersGate)
        {
            foreach (var (_, found) in _waiters)
            {
                if (_exited.Task.IsCompletedSuccessfully)
                {
                    found.TrySetException(Failure(_exited.Task.Result));
                }
                else
                {
                    found.TrySetException(_exited.Task.Exception!.InnerException!);
                }
            }
        }
    }

    private void Release()
    {
        StandardInput?.Dispose();
        _output?.Close();
        _error?.Close();
    }

    // Without a line that is still being written, unless there is nobody left to write it.
    private IEnumerable<string> WholeLines(string text) =>
        text.Split('\n').Select(line => line.TrimEnd('\r')).SkipLast(text.EndsWith('\n') || !_exited.Task.IsCompleted ? 1 : 0);
}
