using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>
/// What a <see cref="ForeignThread"/> is to do, put together in words, and its outcome as a clear message. Owns the native memory of it, and keeps
/// descriptors open meanwhile.
/// </summary>
internal sealed unsafe class NamespacePlan : IDisposable
{
    /// <summary>The usual flags of what is no place for programs and devices.</summary>
    private const uint Harmless = ForeignThread.MS_NOSUID | ForeignThread.MS_NODEV | ForeignThread.MS_NOEXEC;

    private readonly List<SafeHandle> _loans = [];
    private readonly List<(ForeignThread.Mounting Mounting, string What, string? TryThis)> _mountings = [];
    private readonly List<ForeignThread.Opening> _openings = [];
    private ForeignThread.Mounting* _mounted;
    private ForeignThread.Opening* _opened;

    /// <summary>Memory that lives as long as the plan.</summary>
    public NativeArena Arena { get; } = new();

    /// <summary>Namespaces to enter.</summary>
    public SafeHandle? Mount { get; init; }

    /// <inheritdoc cref="Mount"/>
    public SafeHandle? Uts { get; init; }

    /// <inheritdoc cref="Mount"/>
    public SafeHandle? Ipc { get; init; }

    /// <inheritdoc cref="Mount"/>
    public SafeHandle? Network { get; init; }

    /// <summary>Namespaces to make, as CLONE_NEW… flags.</summary>
    public int New { get; init; }

    /// <summary>The name that the machine has in the UTS namespace; null leaves it.</summary>
    public string? HostName { get; init; }

    /// <summary>The number of a descriptor that is not closed before the end of the plan; -1 for none.</summary>
    public int Number(SafeHandle? handle)
    {
        if (handle is null)
        {
            return -1;
        }

        var added = false;
        handle.DangerousAddRef(ref added);
        _loans.Add(handle);
        return (int)handle.DangerousGetHandle();
    }

    /// <summary>What is mounted or unmounted from now on in the namespace stays in it.</summary>
    public void KeepMountsFromOthers() =>
        Add(null, "/", null, ForeignThread.MS_REC | ForeignThread.MS_SLAVE, null, "keep its mounts from the host", false,
            "In a container, run with --security-opt apparmor=unconfined");

    /// <summary><c>mount --rbind</c>. Returns the number of the step, for <see cref="ErrorOf"/>.</summary>
    public int Bind(string source, string target, bool mayFail = false) =>
        Add(source, target, null, ForeignThread.MS_BIND | ForeignThread.MS_REC, null, $"bind {source} to {target}", mayFail,
            "Both must exist, and be both files or both directories");

    /// <summary>Makes a file or directory one that is only to be read, but for those below that are named.</summary>
    public void MakeReadOnly(string path, params ReadOnlySpan<string> exceptions)
    {
        Bind(path, path, mayFail: true);
        foreach (var exception in exceptions)
        {
            Bind(exception, exception, mayFail: true);
        }

        Add(null, path, null, ForeignThread.MS_REMOUNT | ForeignThread.MS_BIND | ForeignThread.MS_RDONLY | Harmless, null, $"make {path} read-only",
            true, null);
    }

    /// <summary>Mounts a file system that the kernel makes up.</summary>
    public int MountNew(string type, string target, string? options, string what, bool mayFail = false) =>
        Add(type, target, type, type is "tmpfs" ? 0 : Harmless, options, what, mayFail, null);

    /// <summary>Takes away what is mounted.</summary>
    public void Uncover(string target)
    {
        _mountings.Add((new ForeignThread.Mounting { Target = Arena.Text(target), IsUnmount = true }, $"uncover {target}", null));
    }

    /// <summary>Opens a file that is seen from the namespaces, also one below a directory that was opened elsewhere.</summary>
    public void Open(string path, int directory = Libc.AT_FDCWD) =>
        _openings.Add(new ForeignThread.Opening { Directory = directory, Path = Arena.Text(path), Descriptor = -1 });

    /// <summary>A plan with all that was said so far; the rest is to be filled in.</summary>
    public ForeignThread.Plan Begin()
    {
        _mounted = (ForeignThread.Mounting*)Arena.Allocate(_mountings.Count * sizeof(ForeignThread.Mounting));
        _opened = (ForeignThread.Opening*)Arena.Allocate(_openings.Count * sizeof(ForeignThread.Opening));
        for (var i = 0; i < _mountings.Count; i++)
        {
            _mounted[i] = _mountings[i].Mounting;
        }

        for (var i = 0; i < _openings.Count; i++)
        {
            _opened[i] = _openings[i];
        }

        var name = HostName is null ? null : Arena.Text(HostName);
        return new ForeignThread.Plan
        {
            MountNamespace = Number(Mount),
            UtsNamespace = Number(Uts),
            IpcNamespace = Number(Ipc),
            NetworkNamespace = Number(Network),
            NewNamespaces = New,
            MountingCount = _mountings.Count,
            Mountings = _mounted,
            HostName = name,
            HostNameLength = (nuint)Encoding.UTF8.GetByteCount(HostName ?? ""),
            OpeningCount = _openings.Count,
            Openings = _opened,
            PidNamespace = -1,
            OpenDirectory = -1,
        };
    }

    /// <summary>Does it, and hands back what was opened, in order.</summary>
    /// <exception cref="LinuxException">A step failed that may not.</exception>
    public SafeFileHandle[] Run(string doing)
    {
        var plan = Begin();
        Run(&plan, doing);
        return [.. Enumerable.Range(0, _openings.Count).Select(i => new SafeFileHandle(_opened[i].Descriptor, ownsHandle: true))];
    }

    /// <summary>Does it.</summary>
    /// <param name="plan">The plan, from <see cref="Begin"/>.</param>
    /// <param name="doing">What is being done, for the message.</param>
    /// <param name="explain">What the message says of steps of the caller's own: what was done, and what to try.</param>
    public void Run(ForeignThread.Plan* plan, string doing, Func<ForeignThread.Step, int, (string What, string? TryThis)>? explain = null)
    {
        ForeignThread.Run(plan);
        if (plan->Failed is ForeignThread.Step.None)
        {
            return;
        }

        for (var i = 0; i < _openings.Count && _opened[i].Descriptor >= 0; i++)
        {
            _ = Libc.close(_opened[i].Descriptor);
        }

        var (what, tryThis) = plan->Failed switch
        {
            ForeignThread.Step.StopSharing => ("unshare the working directory", null),
            ForeignThread.Step.EnterMountNamespace => ("enter the mount namespace", null),
            ForeignThread.Step.EnterUtsNamespace => ("enter the UTS namespace", null),
            ForeignThread.Step.EnterIpcNamespace => ("enter the IPC namespace", null),
            ForeignThread.Step.EnterNetworkNamespace => ("enter the network namespace", null),
            ForeignThread.Step.NewNamespaces => (
                $"make {Names(plan->NewNamespaces)}",
                plan->Error is Errno.ENOSPC ? "Raise the sysctls user.max_…_namespaces" : plan->Error is Errno.EINVAL
                    ? "The kernel needs CONFIG_PID_NS, CONFIG_UTS_NS and CONFIG_IPC_NS" : null),
            ForeignThread.Step.Mounting => (_mountings[plan->FailedItem].What, _mountings[plan->FailedItem].TryThis),
            ForeignThread.Step.SetHostName => ($"set the host name {HostName}", null),
            ForeignThread.Step.Opening => ("open what was made", null),
            ForeignThread.Step.DropCapability => ("give up a capability", (string?)null),
            _ => explain?.Invoke(plan->Failed, plan->Error) ?? ("do the rest", null),
        };
        throw new LinuxException($"{doing}: {what}", plan->Error, tryThis: plan->Error is Errno.EACCES && plan->Failed is ForeignThread.Step.Mounting
            ? "A security module forbids mounts: in a container, run with --security-opt apparmor=unconfined"
            : tryThis);
    }

    /// <summary>The errno of a step of mounting that was allowed to fail; 0 when it did not.</summary>
    public int ErrorOf(int mounting) => _mounted[mounting].Error;

    public void Dispose()
    {
        _loans.ForEach(handle => handle.DangerousRelease());
        Arena.Dispose();
    }

    private int Add(string? source, string target, string? type, nuint flags, string? options, string what, bool mayFail, string? tryThis)
    {
        _mountings.Add((
            new ForeignThread.Mounting
            {
                Source = source is null ? null : Arena.Text(source),
                Target = Arena.Text(target),
                Type = type is null ? null : Arena.Text(type),
                Options = options is null ? null : Arena.Text(options),
                Flags = flags,
                MayFail = mayFail,
            },
            what,
            tryThis));
        return _mountings.Count - 1;
    }

    private static string Names(int flags)
    {
        (int Flag, string Name)[] kinds =
        [
            (Libc.CLONE_NEWNS, "mount"), (Libc.CLONE_NEWUTS, "UTS"), (Libc.CLONE_NEWIPC, "IPC"), (Libc.CLONE_NEWNET, "network"), (Libc.CLONE_NEWPID, "PID"),
        ];
        return $"a namespace ({string.Join(", ", kinds.Where(kind => (flags & kind.Flag) != 0).Select(kind => kind.Name))})";
    }
}
