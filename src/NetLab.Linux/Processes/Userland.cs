using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>
/// What programs in one network namespace have to themselves besides their network: mount, UTS and IPC namespaces, a <c>/run</c> and a <c>/dev/shm</c> in
/// memory, a <c>/sys</c> that shows their devices, and the <c>/proc</c> of their group.
/// What they mount, name or leave in <c>/run</c> stays among them. Other files are the machine's.
/// </summary>
/// <remarks>
/// This holds off mistakes, not attackers: programs in it are root, and see the machine's files and device nodes. <see cref="Gaps"/> names what the
/// kernel did not allow here.
/// </remarks>
public sealed class Userland : IDisposable
{
    private const int LongestHostName = 64;
    private const uint ForAll = 0x3ff;

    // The host's procfs, in which a thread finds itself wherever it is.
    private static readonly SafeFileHandle HomeProc = ScratchDirectory.OpenDirectory("/proc", "look at namespaces");

    private Userland(NetworkNamespace ns, string hostName, string root, SafeFileHandle mount, SafeFileHandle? uts, SafeFileHandle? ipc,
        IReadOnlyList<string> gaps)
    {
        Namespace = ns;
        HostName = hostName;
        RunDirectory = root + "/run";
        Mount = mount;
        Uts = uts;
        Ipc = ipc;
        Gaps = gaps;
    }

    /// <summary>The network namespace.</summary>
    public NetworkNamespace Namespace { get; }

    /// <summary>The host name that programs see at first.</summary>
    public string HostName { get; }

    /// <summary>What programs see as <c>/run</c>, by a path for this process: below <see cref="ScratchDirectory.Path"/> of the group.</summary>
    public string RunDirectory { get; }

    /// <summary>What programs here share with the machine though they should not, because the kernel refused it: a sentence each; usually none.</summary>
    public IReadOnlyList<string> Gaps { get; }

    internal SafeFileHandle Mount { get; }

    internal SafeFileHandle? Uts { get; }

    internal SafeFileHandle? Ipc { get; }

    /// <summary>Lets go of it. Programs that run in it keep it until they end.</summary>
    public void Dispose()
    {
        Mount.Dispose();
        Uts?.Dispose();
        Ipc?.Dispose();
    }

    internal static Userland Create(ProcessGroup group, NetworkNamespace ns, string hostName, string root, SafeFileHandle pattern, string? whyProcIsTheHosts)
    {
        var name = Shorten(hostName);
        string run = Directory.CreateDirectory(root + "/run").FullName, shm = Directory.CreateDirectory(root + "/shm").FullName;
        CopyDirectories(run);
        _ = Libc.chmod(shm, ForAll);
        bool hasUts = (ForeignThread.Optional & Libc.CLONE_NEWUTS) != 0, hasIpc = (ForeignThread.Optional & Libc.CLONE_NEWIPC) != 0;
        using var plan = new NamespacePlan
        {
            Mount = pattern,
            Network = ns.Handle,
            New = Libc.CLONE_NEWNS | ForeignThread.Optional,
            HostName = hasUts ? name : null,
        };
        plan.Bind(group.Scratch.NameInside(run), "/run");
        if (Directory.Exists("/var/run") && new DirectoryInfo("/var/run").ResolveLinkTarget(returnFinalTarget: true)?.FullName is not "/run")
        {
            plan.Bind(group.Scratch.NameInside(run), "/var/run");
        }

        var sharedMemory = plan.Bind(group.Scratch.NameInside(shm), "/dev/shm", mayFail: true);
        plan.Uncover(ScratchDirectory.MountPoint);
        var sys = plan.MountNew("sysfs", "/sys", null, "mount a /sys that shows the namespace's devices", mayFail: true);
        plan.MakeReadOnly("/sys", "/sys/devices/virtual/net");
        plan.Open("thread-self/ns/mnt", plan.Number(HomeProc));
        foreach (var kind in new[] { hasUts ? "uts" : null, hasIpc ? "ipc" : null }.OfType<string>())
        {
            plan.Open($"thread-self/ns/{kind}", plan.Number(HomeProc));
        }

        var opened = plan.Run($"make the userland of {hostName}");
        return new Userland(ns, name, root, opened[0], hasUts ? opened[1] : null, hasIpc ? opened[^1] : null, [.. Told()]);

        IEnumerable<string> Told()
        {
            if (whyProcIsTheHosts is not null)
            {
                yield return $"/proc is that of this process, with the machine's other processes in it ({whyProcIsTheHosts})";
            }

            if (plan.ErrorOf(sys) is not 0 and var refused)
            {
                yield return $"/sys shows the devices of this process's network (mount sysfs: {Errno.Name(refused)})";
            }

            if (plan.ErrorOf(sharedMemory) is not 0 and not Errno.ENOENT and var unshared)
            {
                yield return $"/dev/shm is the machine's (bind: {Errno.Name(unshared)})";
            }

            if (!hasUts)
            {
                yield return "the host name is the machine's (the kernel has no UTS namespaces)";
            }

            if (!hasIpc)
            {
                yield return "System V objects are the machine's (the kernel has no IPC namespaces)";
            }

            if (!Launcher.CanRestrict)
            {
                yield return "programs have every capability of this process, which may not take any away (SETPCAP is missing)";
            }
        }
    }

    /// <summary>Makes <c>/run/netns/NAME</c> lead to a place.</summary>
    internal void Link(string name, string target)
    {
        var path = $"{Directory.CreateDirectory(RunDirectory + "/netns").FullName}/{name}";
        File.Delete(path);
        File.CreateSymbolicLink(path, target);
    }

    // Programs expect the directories that their packages made there, with their owners; and on some systems all programs are found by a link in /run.
    private static void CopyDirectories(string run)
    {
        foreach (var entry in new DirectoryInfo("/run").EnumerateFileSystemInfos())
        {
            if (entry.LinkTarget is { } target)
            {
                File.CreateSymbolicLink($"{run}/{entry.Name}", target);
            }
            else if (entry is DirectoryInfo && entry.Name is not "netns")
            {
                var copy = Directory.CreateDirectory($"{run}/{entry.Name}").FullName;
                if (Libc.OwnerOf(entry.FullName) is { } owner)
                {
                    _ = Libc.chown(copy, owner.User, owner.Group);
                    _ = Libc.chmod(copy, owner.Mode);
                }
            }
        }
    }

    private static string Shorten(string hostName)
    {
        while (Encoding.UTF8.GetByteCount(hostName) > LongestHostName)
        {
            hostName = hostName[..^1];
        }

        return hostName;
    }
}
