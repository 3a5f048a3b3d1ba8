using System.Collections;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>Turns a <see cref="ProcessStart"/> into the plan of a <see cref="ForeignThread"/>, and its outcome into a process or a clear message.</summary>
internal static unsafe class Launcher
{
    /// <summary>Starts the first process of a new PID namespace, otherwise where we are.</summary>
    public static (int Pid, SafeFileHandle Pidfd) LaunchFirst(ProcessStart start, string doing, SafeFileHandle stdin) =>
        Launch(start, doing, newPidNamespace: true, null, null, stdin, null, null);

    /// <summary>Starts a program in a group; the given ends of pipes become its standard streams, <c>/dev/null</c> where there is none.</summary>
    public static (int Pid, SafeFileHandle Pidfd) Launch(
        ProcessStart start, string doing, SafeFileHandle pidNamespace, ScratchDirectory scratch, SafeFileHandle? stdin, SafeFileHandle? stdout, SafeFileHandle? stderr) =>
        Launch(start, doing, newPidNamespace: false, pidNamespace, scratch, stdin, stdout, stderr);

    private static (int Pid, SafeFileHandle Pidfd) Launch(
        ProcessStart start, string doing, bool newPidNamespace, SafeFileHandle? pidNamespace, ScratchDirectory? scratch,
        SafeFileHandle? stdin, SafeFileHandle? stdout, SafeFileHandle? stderr)
    {
        using var arena = new NativeArena();
        using var borrowed = new Loans();
        var environment = EnvironmentOf(start);
        var program = ProgramPath.Require(start.Program, environment.GetValueOrDefault("PATH"));
        using var attributes = new SpawnAttributes(start.ShareTerminal);
        using var actions = new SpawnActions();
        if (!start.ShareTerminal)
        {
            actions.StandardStream(0, borrowed.Number(stdin), arena);
            actions.StandardStream(1, borrowed.Number(stdout), arena);
            actions.StandardStream(2, borrowed.Number(stderr), arena);
        }

        foreach (var handle in start.Inherit.Concat(scratch is null ? [] : [scratch.Handle]))
        {
            actions.Keep(borrowed.Number(handle));
        }

        actions.CloseTheRest();

        ForeignThread.Plan plan = new()
        {
            MountNamespace = borrowed.Number(scratch?.MountNamespace),
            NetworkNamespace = borrowed.Number(start.Namespace?.Handle),
            PidNamespace = borrowed.Number(pidNamespace),
            NewPidNamespace = newPidNamespace,
            BindCount = start.BindMounts.Count,
            BindSources = arena.Texts([.. start.BindMounts.Select(bind => scratch?.NameInside(bind.Source) ?? bind.Source)]),
            BindTargets = arena.Texts([.. start.BindMounts.Select(bind => bind.Target)]),

            // The thread changes its root and directory on its way, so the directory is always named.
            WorkingDirectory = arena.Text(start.WorkingDirectory ?? Environment.CurrentDirectory),
            Program = arena.Text(Path.GetFullPath(program)),
            Arguments = arena.Texts([start.Program, .. start.Arguments]),
            Environment = arena.Texts([.. environment.Select(variable => $"{variable.Key}={variable.Value}")]),
            Actions = actions.Native,
            Attributes = attributes.Native,
            Root = arena.Text("/"),
            Sys = arena.Text(ScratchDirectory.MountPoint),
            SysType = arena.Text("sysfs"),
        };
        ForeignThread.StartProcess(&plan);
        if (plan.Failed is not ForeignThread.Step.None)
        {
            throw Refused(doing, start, plan);
        }

        var pidfd = Libc.pidfd_open(plan.Pid);
        if (pidfd < 0)
        {
            throw new LinuxException($"{doing}: open a pidfd of process {plan.Pid}", Libc.LastErrno, tryThis: "Linux 5.4 or newer is needed");
        }

        return (plan.Pid, new SafeFileHandle(pidfd, ownsHandle: true));
    }

    private static LinuxException Refused(string doing, ProcessStart start, in ForeignThread.Plan plan)
    {
        var (what, tryThis) = plan.Failed switch
        {
            ForeignThread.Step.NewMountNamespace => ("unshare the mount namespace", null),
            ForeignThread.Step.EnterMountNamespace => ("enter the group's mount namespace", null),
            ForeignThread.Step.SlaveMounts => ("keep its mounts from the host", "In a container, run with --security-opt apparmor=unconfined"),
            ForeignThread.Step.BindMount => (
                $"bind {start.BindMounts[plan.FailedBind].Source} to {start.BindMounts[plan.FailedBind].Target}",
                plan.Error is Errno.ENOENT or Errno.ENOTDIR ? "Both must exist, and be both files or both directories" : null),
            ForeignThread.Step.UncoverSys => ("uncover /sys", null),
            ForeignThread.Step.EnterNetworkNamespace => ("enter the network namespace", null),
            ForeignThread.Step.MountSys => ("mount a /sys that shows the namespace's devices", null),
            ForeignThread.Step.NewPidNamespace => (
                "make a PID namespace", plan.Error is Errno.ENOSPC ? "Raise sysctl user.max_pid_namespaces" : plan.Error is Errno.EINVAL ? "The kernel needs CONFIG_PID_NS" : null),
            ForeignThread.Step.EnterPidNamespace => ("enter the group's PID namespace", null),
            ForeignThread.Step.ChangeDirectory => ($"change to directory {start.WorkingDirectory}", null),
            _ => ($"execute {start.Program}", plan.Error switch
            {
                Errno.ENOMEM => "The group's first process is gone: somebody killed it, and with it the group",
                Errno.ENOENT => "The program's interpreter or loader does not exist",
                Errno.ENOEXEC => "It is neither a program for this machine nor a script with #!",
                _ => (string?)null,
            }),
        };
        return new LinuxException($"{doing}: {what}", plan.Error, tryThis: tryThis);
    }

    private static Dictionary<string, string> EnvironmentOf(ProcessStart start)
    {
        var environment = Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
            .ToDictionary(variable => (string)variable.Key, variable => (string?)variable.Value ?? "", StringComparer.Ordinal);
        foreach (var (name, value) in start.Environment ?? new Dictionary<string, string>())
        {
            environment[name] = value;
        }

        return environment;
    }

    /// <summary>A pipe, both ends closed in children.</summary>
    public static (SafeFileHandle Read, SafeFileHandle Write) Pipe(string doing)
    {
        var fds = stackalloc int[2];
        return Libc.pipe2(fds, Libc.O_CLOEXEC) == 0
            ? (new SafeFileHandle(fds[0], ownsHandle: true), new SafeFileHandle(fds[1], ownsHandle: true))
            : throw new LinuxException($"{doing}: open a pipe", Libc.LastErrno);
    }

    public static void SetNonBlocking(SafeFileHandle pipe)
    {
        using var fd = pipe.Borrow();
        _ = Libc.fcntl(fd.Number, Libc.F_SETFL, Libc.O_NONBLOCK);
    }

    /// <summary>Numbers of descriptors, none of which is closed before the end of the loan.</summary>
    private sealed class Loans : IDisposable
    {
        private readonly List<SafeHandle> _handles = [];

        /// <summary>The number; -1 for none.</summary>
        public int Number(SafeHandle? handle)
        {
            if (handle is null)
            {
                return -1;
            }

            var added = false;
            handle.DangerousAddRef(ref added);
            _handles.Add(handle);
            return (int)handle.DangerousGetHandle();
        }

        public void Dispose() => _handles.ForEach(handle => handle.DangerousRelease());
    }
}
