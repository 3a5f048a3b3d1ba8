namespace NetLab.Linux.Processes;

/// <summary>What root may do, in the pieces of capabilities(7), under their names and numbers of <c>include/uapi/linux/capability.h</c>.</summary>
[Flags]
public enum Privileges : ulong
{
    /// <summary>None.</summary>
    None = 0,

    /// <summary>Give files to another owner.</summary>
    Chown = 1UL << 0,

    /// <summary>Read and write files whatever their permissions say.</summary>
    DacOverride = 1UL << 1,

    /// <summary>Read files and search directories whatever their permissions say; open files by handle.</summary>
    DacReadSearch = 1UL << 2,

    /// <summary>Do with files what only their owner may.</summary>
    FOwner = 1UL << 3,

    /// <summary>Keep set-user-ID bits of files that are changed.</summary>
    FSetId = 1UL << 4,

    /// <summary>Send signals to processes of others.</summary>
    Kill = 1UL << 5,

    /// <summary>Change the process's groups.</summary>
    SetGid = 1UL << 6,

    /// <summary>Change the process's user.</summary>
    SetUid = 1UL << 7,

    /// <summary>Drop capabilities from the bounding set.</summary>
    SetPCap = 1UL << 8,

    /// <summary>Make files immutable.</summary>
    LinuxImmutable = 1UL << 9,

    /// <summary>Listen at ports below 1024.</summary>
    NetBindService = 1UL << 10,

    /// <summary>Broadcast and listen to multicasts.</summary>
    NetBroadcast = 1UL << 11,

    /// <summary>Configure networks.</summary>
    NetAdmin = 1UL << 12,

    /// <summary>Raw and packet sockets.</summary>
    NetRaw = 1UL << 13,

    /// <summary>Lock memory.</summary>
    IpcLock = 1UL << 14,

    /// <summary>Use System V objects of others.</summary>
    IpcOwner = 1UL << 15,

    /// <summary>Load and unload modules of the kernel.</summary>
    SysModule = 1UL << 16,

    /// <summary>Ports of the hardware, /dev/mem.</summary>
    SysRawIO = 1UL << 17,

    /// <summary>Change the root directory, and enter mount namespaces.</summary>
    SysChroot = 1UL << 18,

    /// <summary>Trace and look into processes that may do more than oneself.</summary>
    SysPtrace = 1UL << 19,

    /// <summary>Process accounting.</summary>
    SysPacct = 1UL << 20,

    /// <summary>Mount, enter and make namespaces, set the host name, and much else.</summary>
    SysAdmin = 1UL << 21,

    /// <summary>Restart the machine.</summary>
    SysBoot = 1UL << 22,

    /// <summary>Raise priorities, set affinities.</summary>
    SysNice = 1UL << 23,

    /// <summary>Go beyond limits of resources.</summary>
    SysResource = 1UL << 24,

    /// <summary>Set the machine's clock.</summary>
    SysTime = 1UL << 25,

    /// <summary>Configure terminals.</summary>
    SysTtyConfig = 1UL << 26,

    /// <summary>Make device files.</summary>
    MkNod = 1UL << 27,

    /// <summary>Take leases on files.</summary>
    Lease = 1UL << 28,

    /// <summary>Write to the audit log.</summary>
    AuditWrite = 1UL << 29,

    /// <summary>Configure the audit.</summary>
    AuditControl = 1UL << 30,

    /// <summary>Give capabilities to files.</summary>
    SetFCap = 1UL << 31,

    /// <summary>Go past a security module.</summary>
    MacOverride = 1UL << 32,

    /// <summary>Configure a security module.</summary>
    MacAdmin = 1UL << 33,

    /// <summary>Read and clear the kernel's log.</summary>
    Syslog = 1UL << 34,

    /// <summary>Wake the machine up.</summary>
    WakeAlarm = 1UL << 35,

    /// <summary>Keep the machine from sleeping.</summary>
    BlockSuspend = 1UL << 36,

    /// <summary>Read the audit log.</summary>
    AuditRead = 1UL << 37,

    /// <summary>Observe performance.</summary>
    PerfMon = 1UL << 38,

    /// <summary>Load programs of BPF.</summary>
    Bpf = 1UL << 39,

    /// <summary>Checkpoint and restore processes.</summary>
    CheckpointRestore = 1UL << 40,

    /// <summary>
    /// What servers need that neither mount nor enter another namespace: configure the network, listen, capture, change their user. Without
    /// <see cref="SysAdmin"/> a program reaches no network but its own, also not by <c>ip netns exec</c>.
    /// </summary>
    Least = Chown | DacOverride | FOwner | FSetId | Kill | SetGid | SetUid | SetPCap | NetBindService | NetBroadcast | NetAdmin | NetRaw | IpcLock
        | SysNice | AuditWrite,

    /// <summary>What routers, DHCP servers and Open vSwitch need, and <c>ip netns exec</c>: <see cref="Least"/>, mounts, namespaces, limits and BPF.</summary>
    OfNodes = Least | SysChroot | SysAdmin | SysResource | Bpf | PerfMon,

    /// <summary>All that this process may do itself.</summary>
    All = ulong.MaxValue,
}
