using System.Globalization;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

// The _userlands of a group: what they have in common is made when the first of them is.
internal sealed partial class ProcessGroup
{
    private const string NamesInside = ScratchDirectory.MountPoint + "/netns";

    // Where root changes hardware and the kernel by a write (proc(5)), and which exist.
    private static readonly string[] ReadOnlyPlaces =
        ["/proc/sysrq-trigger", "/proc/irq", "/proc/acpi", "/proc/bus", "/proc/fs", "/proc/mtrr", "/proc/scsi"];

    private readonly Lock _userlandGate = new();
    private readonly List<Userland> _userlands = [];
    private readonly Dictionary<string, ulong> _names = [];
    private string? _whyProcIsTheHosts;
    private bool _hasPattern;

    /// <summary>
    /// Makes a userland in a network namespace: mount, UTS and IPC namespaces for the programs there. It ends with the group, or when it is _disposed.
    /// </summary>
    /// <param name="ns">The network namespace. It stays the caller's.</param>
    /// <param name="hostName">The host name that programs see; of a longer one the first 64 bytes.</param>
    /// <exception cref="LinuxException">The kernel refuses one of the namespaces.</exception>
    public Userland CreateUserland(NetworkNamespace ns, string hostName)
    {
        ArgumentNullException.ThrowIfNull(ns);
        ArgumentException.ThrowIfNullOrEmpty(hostName);
        lock (_userlandGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            MakePattern();
            var root = Directory.CreateDirectory($"{Scratch.Path}/u{_userlands.Count.ToString(CultureInfo.InvariantCulture)}").FullName;
            var userland = Userland.Create(this, ns, hostName, root, _mountNamespace, _whyProcIsTheHosts);
            foreach (var name in _names.Keys)
            {
                userland.Link(name, NamePath(name));
            }

            _userlands.Add(userland);
            return userland;
        }
    }

    /// <summary>Gives network namespaces _names by which <c>ip netns</c> knows them in every userland of the group.</summary>
    /// <param name="named">The _names and namespaces; a name that the namespace has already is no mistake.</param>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public void NameNamespaces(IReadOnlyList<(string Name, NetworkNamespace Namespace)> named)
    {
        ArgumentNullException.ThrowIfNull(named);
        lock (_userlandGate)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            var fresh = named.Where(one => !_names.TryGetValue(one.Name, out var inode) || inode != one.Namespace.Inode).ToList();
            if (fresh.Count is 0)
            {
                return;
            }

            var files = Directory.CreateDirectory(Scratch.Path + "/netns").FullName;
            using var plan = new NamespacePlan { Mount = Scratch.MountNamespace };
            foreach (var (name, ns) in fresh)
            {
                File.WriteAllBytes($"{files}/{name}", []);
                plan.Bind($"/proc/thread-self/fd/{plan.Number(ns.Handle).ToString(CultureInfo.InvariantCulture)}", $"{NamesInside}/{name}");
            }

            _ = plan.Run("give network namespaces _names");
            foreach (var (name, ns) in fresh)
            {
                _names[name] = ns.Inode;
                _userlands.ForEach(userland => userland.Link(name, NamePath(name)));
            }
        }
    }

    // The _names are mounted where the first process has its scratch directory open. Symbolic links lead there; a mount of each name in each userland
    // would be the square of the number of nodes.
    private string NamePath(string name)
    {
        var first = _whyProcIsTheHosts is null ? 1 : FirstPid;
        var scratch = ((int)Scratch.Handle.DangerousGetHandle()).ToString(CultureInfo.InvariantCulture);
        return $"/proc/{first.ToString(CultureInfo.InvariantCulture)}/fd/{scratch}/netns/{name}";
    }

    // A /proc shows the PID namespace of the process that mounts it, so a process in it must. Settings that are not of a network namespace's are the machine's.
    private void MakePattern()
    {
        if (_hasPattern)
        {
            return;
        }

        _hasPattern = true;
        _whyProcIsTheHosts = MountProc();
        if (_whyProcIsTheHosts is null)
        {
            using var plan = new NamespacePlan { Mount = _mountNamespace };
            plan.MakeReadOnly("/proc/sys", "/proc/sys/net");
            foreach (var place in ReadOnlyPlaces)
            {
                plan.MakeReadOnly(place);
            }

            _ = plan.Run("make the settings of the machine read-only");
        }
    }

    private string? MountProc()
    {
        const string doing = "mount a /proc of the group's own";
        var (read, write) = Launcher.Pipe(doing);
        using var error = new FileStream(read, FileAccess.Read);
        try
        {
            var start = new ProcessStart("mount", "-t", "proc", "-o", "nosuid,nodev,noexec", "proc", "/proc") { WorkingDirectory = "/" };
            var (_, pidfd) = Launcher.LaunchBesideFirst(start, doing, _mountNamespace, _pidNamespace, Scratch, write);
            using (pidfd)
            {
                write.Dispose();
                return Wait(pidfd) is 0 ? null : new StreamReader(error, Encoding.UTF8).ReadToEnd().Trim();
            }
        }
        catch (LinuxException e) when (e.Errno is Errno.ENOENT)
        {
            return e.Message;
        }
        finally
        {
            write.Dispose();
        }
    }

    // Without the reactor, which may be who is asking.
    private static unsafe int Wait(SafeFileHandle pidfd)
    {
        var info = stackalloc int[32];
        using var fd = pidfd.Borrow();
        while (Libc.waitid(Libc.P_PIDFD, fd.Number, info, Libc.WEXITED) != 0)
        {
            if (Libc.LastErrno is not Errno.EINTR and var errno)
            {
                throw new LinuxException("wait for the end of mount", errno);
            }
        }

        return info[6];
    }

    private void EndUserlands()
    {
        lock (_userlandGate)
        {
            _userlands.ForEach(userland => userland.Dispose());
        }
    }
}
