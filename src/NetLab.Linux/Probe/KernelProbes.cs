using System.Runtime.InteropServices;
using NetLab.Linux.Processes;

namespace NetLab.Linux.Probe;

/// <summary>What the kernel itself can do: privileges, namespaces, processes, tun, packet sockets, bridge details, BPF, tracing.</summary>
internal static unsafe class KernelProbes
{
    private const nint SYS_fsopen = 430;

    public static Finding HasCapability(int number, string name) =>
        Capability.Has(number) ? new Finding(true, $"{name} is in CapEff of /proc/self/status")
            : new Finding(false, $"{name} is not in CapEff of /proc/self/status");

    /// <summary>A capability that was once part of CAP_SYS_ADMIN, and still comes with it.</summary>
    public static Finding HasCapabilityOrAll(int number, string name)
    {
        const int CAP_SYS_ADMIN = 21;
        return Capability.Has(CAP_SYS_ADMIN) ? new Finding(true, $"CAP_SYS_ADMIN, which includes {name}, is in CapEff of /proc/self/status")
            : HasCapability(number, name);
    }

    public static Finding NetworkNamespaces(ProbeScratch scratch) => Finding.Try("unshare(CLONE_NEWNET)", () => _ = scratch.Namespace);

    public static Finding MountNamespaces() => Finding.Try("unshare(CLONE_NEWNS) and mount a tmpfs in it", () => ScratchDirectory.Create().Dispose());

    public static Finding PidNamespaces() => Finding.Try("start a process in a PID namespace", () => ProcessGroup.Create().Dispose());

    public static Finding UserNamespaces()
    {
        // A process with threads cannot try it (EINVAL), so this is read off.
        const string limit = "/proc/sys/user/max_user_namespaces";
        return !File.Exists("/proc/self/ns/user") ? new Finding(false, "there is no /proc/self/ns/user")
            : File.Exists(limit) && File.ReadAllText(limit).Trim() is "0" ? new Finding(false, "sysctl user.max_user_namespaces is 0")
            : new Finding(true, "there is /proc/self/ns/user, and sysctl user.max_user_namespaces is not 0");
    }

    public static Finding Pidfd() => OwnDescriptor("pidfd_open(2)", Libc.pidfd_open(Environment.ProcessId));

    public static Finding NewMountApi()
    {
        fixed (byte* type = "tmpfs\0"u8)
        {
            return OwnDescriptor("fsopen(\"tmpfs\")", (int)Libc.syscall(SYS_fsopen, (nint)type, 1, 0, 0, 0, 0));
        }
    }

    public static Finding Tap(ProbeScratch scratch) => Finding.Try("create a tap", () => Linux.Tap.Create(scratch.Namespace, scratch.NextName()).Dispose());

    /// <summary>The tables of iptables-legacy: the first question makes them, here and nowhere else.</summary>
    public static Finding IptablesLegacy(ProbeScratch scratch) =>
        Finding.Try("ask for the table filter of iptables-legacy and ip6tables-legacy", () => Netfilter.LegacyTables.Make(scratch.Namespace, "filter"));

    /// <summary>A flag that TUNSETIFF takes, as TUNGETFEATURES tells.</summary>
    public static Finding TunFlag(ProbeScratch scratch, uint flag, string name)
    {
        const uint TUNGETFEATURES = 0x800454cf;
        try
        {
            using var tun = scratch.Namespace.OpenFile("/dev/net/tun", Libc.O_RDWR);
            using var fd = tun.Borrow();
            uint features = 0;
            return Libc.ioctl(fd.Number, TUNGETFEATURES, &features) != 0 ? Finding.Of("TUNGETFEATURES", Libc.LastErrno)
                : new Finding((features & flag) != 0, $"TUNGETFEATURES {((features & flag) != 0 ? "has" : "has not")} {name}");
        }
        catch (LinuxException refused)
        {
            return new Finding(false, refused.Message);
        }
    }

    public static Finding PacketSockets(ProbeScratch scratch) => Finding.Try("open a packet socket", () => PacketSocket.Open(scratch.Namespace).Dispose());

    /// <summary>An option of a bridge that may be compiled out: IFLA_BR_… of one byte, set to 1.</summary>
    public static Finding BridgeOption(ProbeScratch scratch, int attribute, string name)
    {
        try
        {
            var answer = LinkProbes.Create(scratch, scratch.NextName(), "bridge", [ProbeSocket.Attribute(attribute, [1])]);
            return Finding.Of($"create a bridge with {name} 1", answer.Errno, answer.ExtendedAck);
        }
        catch (LinuxException refused)
        {
            return new Finding(false, refused.Message);
        }
    }

    public static Finding Sysctl(ProbeScratch scratch, string name) => Finding.Try($"read sysctl {name}", () => _ = scratch.Namespace.ReadSysctl(name));

    /// <summary>A family of generic netlink: CTRL_CMD_GETFAMILY 3, CTRL_ATTR_FAMILY_NAME 2, on GENL_ID_CTRL 16.</summary>
    public static Finding GenericNetlink(ProbeScratch scratch, string family)
    {
        try
        {
            using var socket = new ProbeSocket(scratch.Namespace, ProbeSocket.Generic);
            var answer = socket.Ask(16, create: false, [3, 2, 0, 0], ProbeSocket.Attribute(2, ProbeSocket.Text(family)));
            return Finding.Of($"look up the generic netlink family {family}", answer.Errno, answer.ExtendedAck);
        }
        catch (LinuxException refused)
        {
            return new Finding(false, refused.Message);
        }
    }

    /// <summary>Loads a program of two instructions (return 0), which is attached to nothing.</summary>
    public static Finding BpfProgram(int type, string name)
    {
        const int BPF_PROG_LOAD = 5;
        nint SYS_bpf = RuntimeInformation.ProcessArchitecture is Architecture.Arm64 ? 280 : 321;

        // union bpf_attr for BPF_PROG_LOAD: __u32 prog_type, insn_cnt; __aligned_u64 insns, license; … (the rest zero)
        var attributes = stackalloc ulong[16];
        new Span<ulong>(attributes, 16).Clear();
        var instructions = stackalloc ulong[2] { 0x0000_0000_0000_00b7, 0x0000_0000_0000_0095 };
        fixed (byte* licence = "GPL\0"u8)
        {
            attributes[0] = (uint)type | (2UL << 32);
            attributes[1] = (ulong)instructions;
            attributes[2] = (ulong)licence;
            return OwnDescriptor($"load a BPF program of type {name}",
                (int)Libc.syscall(SYS_bpf, BPF_PROG_LOAD, (nint)attributes, 16 * sizeof(ulong), 0, 0, 0));
        }
    }

    public static Finding ReadableFile(string path) => Finding.Try($"open {path}", () => File.OpenHandle(path).Dispose());

    public static Finding TraceFs()
    {
        foreach (var place in new[] { "/sys/kernel/tracing", "/sys/kernel/debug/tracing" })
        {
            if (File.Exists($"{place}/trace"))
            {
                return new Finding(true, $"mounted at {place}");
            }
        }

        var known = File.ReadLines("/proc/filesystems").Any(line => line.EndsWith("\ttracefs", StringComparison.Ordinal));
        return new Finding(known, known ? "not mounted, but /proc/filesystems has it" : "/proc/filesystems has no tracefs");
    }

    public static Finding Program(string name)
    {
        var found = ProgramPath.Find(name, Environment.GetEnvironmentVariable("PATH"));
        return found is null ? new Finding(false, "not in PATH nor in the system's usual directories") : new Finding(true, found);
    }

    private static Finding OwnDescriptor(string attempt, int fd)
    {
        var errno = fd < 0 ? Libc.LastErrno : 0;
        if (fd >= 0)
        {
            _ = Libc.close(fd);
        }

        return Finding.Of(attempt, errno);
    }
}
