using System.Collections;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>Turns a <see cref="ProcessStart"/> into the plan of a <see cref="ForeignThread"/>, and its outcome into a process or a clear message.</summary>
internal static unsafe class Launcher
{
    private const int CAP_SETPCAP = 8;

    private static readonly (ulong Inheritable, ulong Permitted, ulong Effective, ulong Bounding) Own = Capability.OfThread();

    /// <summary>Whether this process may start programs that may do less than it.</summary>
    public static bool CanRestrict => (Own.Effective >> CAP_SETPCAP & 1) is 1;

    /// <summary>
    /// Starts the first process of a group: in new namespaces of every kind, so that whoever enters those of process 1 is nowhere. Its mount namespace is
    /// the pattern for those of userlands. It may do nothing, so that every program of the group may look at it.
    /// </summary>
    public static (int Pid, SafeFileHandle Pidfd) LaunchFirst(ProcessStart start, string doing, ScratchDirectory scratch, string runDirectory,
        SafeFileHandle stdin)
    {
        using var plan = new NamespacePlan
        {
            Mount = scratch.MountNamespace,
            New = Libc.CLONE_NEWNS | Libc.CLONE_NEWNET | Libc.CLONE_NEWPID | ForeignThread.Optional,
        };
        plan.KeepMountsFromOthers();
        plan.Bind(scratch.NameInside(runDirectory), "/run");
        return Launch(plan, start with { Privileges = Privileges.None }, doing, null, scratch, stdin, null, null);
    }

    /// <summary>Starts a program in the mount namespace of a group's first process, and in its PID namespace.</summary>
    public static (int Pid, SafeFileHandle Pidfd) LaunchBesideFirst(
        ProcessStart start, string doing, SafeFileHandle mountNamespace, SafeFileHandle pidNamespace, ScratchDirectory scratch, SafeFileHandle stderr)
    {
        using var plan = new NamespacePlan { Mount = mountNamespace };
        return Launch(plan, start, doing, pidNamespace, scratch, null, null, stderr);
    }

    /// <summary>Starts a program in a group; the given ends of pipes become its standard streams, <c>/dev/null</c> where there is none.</summary>
    public static (int Pid, SafeFileHandle Pidfd) Launch(
        ProcessStart start, string doing, SafeFileHandle pidNamespace, ScratchDirectory scratch, SafeFileHandle? stdin, SafeFileHandle? stdout,
            SafeFileHandle? stderr)
    {
        var userland = start.Userland;
        using var plan = userland is not null
            ? new NamespacePlan { Mount = userland.Mount, Uts = userland.Uts, Ipc = userland.Ipc, Network = userland.Namespace.Handle }
            : new NamespacePlan { Mount = scratch.MountNamespace, New = Libc.CLONE_NEWNS, Network = start.Namespace?.Handle };
        if (userland is null)
        {
            plan.KeepMountsFromOthers();
            foreach (var (source, target) in start.BindMounts)
            {
                plan.Bind(scratch.NameInside(source), target);
            }

            plan.Uncover(ScratchDirectory.MountPoint);
            if (start.Namespace is not null)
            {
                plan.MountNew("sysfs", "/sys", null, "mount a /sys that shows the namespace's devices");
            }
        }
        else if (start.BindMounts.Count > 0)
        {
            throw new ArgumentException(
                $"{doing}: files in the place of others are for programs outside of a userland; here, write to {userland.RunDirectory}", nameof(start));
        }

        return Launch(plan, start, doing, pidNamespace, scratch, stdin, stdout, stderr);
    }

    private static (int Pid, SafeFileHandle Pidfd) Launch(
        NamespacePlan plan, ProcessStart start, string doing, SafeFileHandle? pidNamespace, ScratchDirectory scratch,
        SafeFileHandle? stdin, SafeFileHandle? stdout, SafeFileHandle? stderr)
    {
        var environment = EnvironmentOf(start);
        var program = ProgramPath.Require(start.Program, environment.GetValueOrDefault("PATH"));
        using var attributes = new SpawnAttributes(
            start.ShareTerminal ? (short)0 : start.Terminal is null ? Libc.POSIX_SPAWN_SETPGROUP : Libc.POSIX_SPAWN_SETSID);
        using var actions = new SpawnActions();
        if (start.Terminal is { } terminal)
        {
            actions.Terminal(terminal.Path, plan.Arena);
        }
        else if (!start.ShareTerminal)
        {
            actions.StandardStream(0, plan.Number(stdin), plan.Arena);
            actions.StandardStream(1, plan.Number(stdout), plan.Arena);
            actions.StandardStream(2, plan.Number(stderr), plan.Arena);
        }

        // Who is in a userland finds what is his below /run, and nothing of the others.
        foreach (var handle in start.Userland is null ? start.Inherit.Append(scratch.Handle) : start.Inherit)
        {
            actions.Keep(plan.Number(handle));
        }

        actions.CloseTheRest();

        // A path through our own descriptors leads nowhere for a thread in a userland, whose /proc does not know it.
        using var directory = start.WorkingDirectory is { } path && scratch.Holds(path) ? ScratchDirectory.OpenDirectory(path, doing) : null;
        var steps = plan.Begin();
        steps.PidNamespace = plan.Number(pidNamespace);
        steps.OpenDirectory = plan.Number(directory);

        // The thread changes its root and directory on its way, so the directory is always named.
        steps.WorkingDirectory = plan.Arena.Text(start.WorkingDirectory ?? Environment.CurrentDirectory);
        steps.OtherDirectory = start.WorkingDirectory is null ? plan.Arena.Text("/") : null;
        if (start.Privileges is { } privileges && CanRestrict)
        {
            Restrict(ref steps, plan.Arena, privileges);
        }

        steps.SystemCallFilter = CallFilter.In(plan.Arena, start.SkipsSleeps, keepsSwap: start is { Userland: not null, Privileges: not Privileges.All });

        steps.Program = plan.Arena.Text(Path.GetFullPath(program));
        steps.Arguments = plan.Arena.Texts([start.Program, .. start.Arguments]);
        steps.Environment = plan.Arena.Texts([.. environment.Select(variable => $"{variable.Key}={variable.Value}")]);
        steps.Actions = actions.Native;
        steps.Attributes = attributes.Native;
        plan.Run(&steps, doing, (step, errno) => step switch
        {
            ForeignThread.Step.EnterPidNamespace => ("enter the group's PID namespace", null),
            ForeignThread.Step.ChangeDirectory => ($"change to directory {start.WorkingDirectory}", null),
            _ => ($"execute {start.Program}", errno switch
            {
                Errno.ENOMEM => "The group's first process is gone: somebody killed it, and with it the group",
                Errno.ENOENT => "The program's interpreter or loader does not exist, or it is below /run, which is a node's own",
                Errno.EAGAIN => "No more processes may be started: raise the limit (ulimit -u, or pids.max of the container)",
                Errno.ENOEXEC => "It is neither a program for this machine nor a script with #!",
                _ => (string?)null,
            }),
        });

        var pidfd = Libc.pidfd_open(steps.Pid);
        if (pidfd < 0)
        {
            throw new LinuxException($"{doing}: open a pidfd of process {steps.Pid}", Libc.LastErrno, tryThis: "Linux 5.4 or newer is needed");
        }

        return (steps.Pid, new SafeFileHandle(pidfd, ownsHandle: true));
    }

    private static void Restrict(ref ForeignThread.Plan steps, NativeArena arena, Privileges wanted)
    {
        steps.DroppedCapabilities = Own.Bounding & ~(ulong)wanted;
        if (Own.Inheritable is not 0)
        {
            // struct __user_cap_header_struct { __u32 version; int pid; };
            // struct __user_cap_data_struct { __u32 effective, permitted, inheritable; } of the lower
            // and of the upper half (include/uapi/linux/capability.h).
            var header = (uint*)arena.Allocate(8);
            header[0] = 0x20080522;
            var data = (uint*)arena.Allocate(24);
            (data[0], data[1]) = ((uint)Own.Effective, (uint)Own.Permitted);
            (data[3], data[4]) = ((uint)(Own.Effective >> 32), (uint)(Own.Permitted >> 32));
            steps.CapabilityHeader = header;
            steps.CapabilityData = data;
        }
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
}
