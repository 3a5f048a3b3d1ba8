using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetLab.Linux.Processes;

/// <summary>
/// A thread of its own that steps into other namespaces, does there what a <see cref="Plan"/> says, steps back and ends: the only way to
/// start a process inside them, since a child inherits what its thread is in.
/// </summary>
/// <remarks>
/// What is said of <see cref="NamespaceWindow"/> holds here too: nothing of the runtime happens between the first step and the last, and a thread that
/// cannot step back ends the process. The thread must be a fresh one because it stops sharing its working directory and root with the
/// others (CLONE_FS), and gives up capabilities for its children; neither can be undone.
/// </remarks>
internal static unsafe class ForeignThread
{
    public const uint MS_RDONLY = 1, MS_NOSUID = 2, MS_NODEV = 4, MS_NOEXEC = 8, MS_REMOUNT = 32, MS_BIND = 0x1000, MS_REC = 0x4000, MS_SLAVE = 0x80000;
    // The same on x64 and arm64; CLOSE_RANGE_UNSHARE and CLOSE_RANGE_CLOEXEC (include/uapi/linux/close_range.h).
    private const int SYS_close_range = 436, UnshareAndMark = 2 | 4;
    private const int MNT_DETACH = 2, PR_SET_SECCOMP = 22, SECCOMP_MODE_FILTER = 2, PR_CAPBSET_DROP = 24, Capabilities = 64;

    private static readonly int HomeMount = OpenHome("mnt");
    private static readonly int HomePid = OpenHome("pid_for_children");

    // A kernel can be built without these two. And root of a user namespace cannot step back into those of the machine: a thread that ends is of no
    // harm in others, where it can neither reach nor change anything.
    private static readonly int HomeUts = TryOpenHome("uts"), HomeIpc = TryOpenHome("ipc");
    private static readonly bool LeavesUts = HomeUts >= 0 && Libc.setns(HomeUts, Libc.CLONE_NEWUTS) == 0, LeavesIpc = HomeIpc >= 0
        && Libc.setns(HomeIpc, Libc.CLONE_NEWIPC) == 0;
    private static readonly nint Main = NativeLibrary.GetMainProgramHandle();
    private static readonly delegate* unmanaged<int*> ErrnoLocation = (delegate* unmanaged<int*>)Function("__errno_location");
    private static readonly delegate* unmanaged<int, int, int> SetNs = (delegate* unmanaged<int, int, int>)Function("setns");
    private static readonly delegate* unmanaged<int, int> Unshare = (delegate* unmanaged<int, int>)Function("unshare");
    private static readonly delegate* unmanaged<int, byte*, int, int, int> OpenAt = (delegate* unmanaged<int, byte*, int, int, int>)Function("openat");
    private static readonly delegate* unmanaged<byte*, int> ChangeDirectory = (delegate* unmanaged<byte*, int>)Function("chdir");
    private static readonly delegate* unmanaged<int, int> ChangeToOpenDirectory = (delegate* unmanaged<int, int>)Function("fchdir");
    private static readonly delegate* unmanaged<byte*, byte*, byte*, nuint, void*,
        int> Mount = (delegate* unmanaged<byte*, byte*, byte*, nuint, void*, int>)Function("mount");
    private static readonly delegate* unmanaged<byte*, int, int> Unmount = (delegate* unmanaged<byte*, int, int>)Function("umount2");
    private static readonly delegate* unmanaged<byte*, nuint, int> SetHostName = (delegate* unmanaged<byte*, nuint, int>)Function("sethostname");
    private static readonly delegate* unmanaged<int, nuint, nuint, nuint, nuint,
        int> PrCtl = (delegate* unmanaged<int, nuint, nuint, nuint, nuint, int>)Function("prctl");
    private static readonly delegate* unmanaged<void*, void*, int> CapSet = (delegate* unmanaged<void*, void*, int>)Function("capset");
    private static readonly delegate* unmanaged<nint, nint, nint, nint, nint> SystemCall =
        (delegate* unmanaged<nint, nint, nint, nint, nint>)Function("syscall");
    private static readonly delegate* unmanaged<int*, byte*, void*, void*, byte**, byte**, int> Spawn =
        (delegate* unmanaged<int*, byte*, void*, void*, byte**, byte**, int>)Function("posix_spawn");

    static ForeignThread()
    {
        RuntimeHelpers.PrepareMethod(typeof(ForeignThread).GetMethod(nameof(InsidePlan), BindingFlags.NonPublic | BindingFlags.Static)!.MethodHandle);
    }

    /// <summary>What was being done when it failed. <see cref="Plan.FailedItem"/> says which of several.</summary>
    public enum Step
    {
        None,
        StopSharing,
        EnterMountNamespace,
        EnterUtsNamespace,
        EnterIpcNamespace,
        EnterNetworkNamespace,
        NewNamespaces,
        Mounting,
        SetHostName,
        Opening,
        EnterPidNamespace,
        ChangeDirectory,
        DropCapability,
        Spawn,
    }

    /// <summary>The kinds of namespaces that the kernel has besides mount, network and PID, as CLONE_NEW… flags.</summary>
    public static int Optional => (HomeUts >= 0 ? Libc.CLONE_NEWUTS : 0) | (HomeIpc >= 0 ? Libc.CLONE_NEWIPC : 0);

    /// <summary>mount(2), or umount2(2) of the target where there is no source.</summary>
    public struct Mounting
    {
        public byte* Source, Target, Type, Options;
        public nuint Flags;
        public bool IsUnmount, MayFail;

        /// <summary>Outcome, of one that may fail: its errno.</summary>
        public int Error;
    }

    /// <summary>openat(2), read-only.</summary>
    public struct Opening
    {
        public int Directory;
        public byte* Path;

        /// <summary>Outcome: the descriptor, or -1.</summary>
        public int Descriptor;
    }

    /// <summary>What is to be done, in this order, and what came of it. All pointers are native memory of the caller.</summary>
    public struct Plan
    {
        /// <summary>Namespaces to enter, or -1.</summary>
        public int MountNamespace, UtsNamespace, IpcNamespace, NetworkNamespace;

        /// <summary>Namespaces to make: CLONE_NEW… flags. A new PID namespace is the child's, not the thread's.</summary>
        public int NewNamespaces;

        public int MountingCount;
        public Mounting* Mountings;

        public byte* HostName;
        public nuint HostNameLength;

        public int OpeningCount;
        public Opening* Openings;

        /// <summary>The PID namespace of the child, or -1.</summary>
        public int PidNamespace;

        /// <summary>The directory that the child starts in, or -1; then the path, and where that leads nowhere the other path, if there is one.</summary>
        public int OpenDirectory;
        public byte* WorkingDirectory, OtherDirectory;

        /// <summary>
        /// Capabilities that the child shall not have, a bit for each number; and, unless null, the arguments of capset(2) that leave nothing to be inherited.
        /// </summary>
        public ulong DroppedCapabilities;
        public void* CapabilityHeader, CapabilityData;

        /// <summary>A filter of the child's system calls, a <c>struct sock_fprog</c> (seccomp(2)), or null. A kernel that takes none goes without.</summary>
        public void* SystemCallFilter;

        /// <summary>The program, or null for none.</summary>
        public byte* Program;
        public byte** Arguments, Environment;
        public void* Actions, Attributes;

        /// <summary>Outcome: the child.</summary>
        public int Pid;

        /// <summary>Outcome: the step that failed, its errno, and which mounting, opening or capability it was.</summary>
        public Step Failed;
        public int Error, FailedItem;
    }

    /// <summary>Does as planned; the outcome is in the plan.</summary>
    /// <exception cref="LinuxException">The process could not leave a mount namespace that it enters.</exception>
    public static void Run(Plan* plan)
    {
        const int CAP_SYS_CHROOT = 18;
        if (!Capability.Has(CAP_SYS_CHROOT))
        {
            throw new LinuxException("use mount namespaces of our own", Errno.EPERM,
                tryThis: "The process needs the capability SYS_CHROOT besides SYS_ADMIN (docker run --cap-add SYS_CHROOT)");
        }

        var thread = new Thread(() => InsidePlan(plan), maxStackSize: 256 * 1024) { IsBackground = true, Name = "NetLab namespace" };
        thread.UnsafeStart();
        thread.Join();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void InsidePlan(Plan* plan)
    {
        int homeMount = HomeMount, homePid = HomePid, homeNetwork = NamespaceWindow.HomeDescriptor;
        int homeUts = LeavesUts ? HomeUts : -1, homeIpc = LeavesIpc ? HomeIpc : -1;
        var setNs = SetNs;
        var unshare = Unshare;
        var mount = Mount;
        var unmount = Unmount;
        var setHostName = SetHostName;
        var open = OpenAt;
        var chdir = ChangeDirectory;
        var fchdir = ChangeToOpenDirectory;
        var prctl = PrCtl;
        var capSet = CapSet;
        var systemCall = SystemCall;
        var spawn = Spawn;
        var errno = ErrnoLocation();

        // From here on nothing but raw calls.
        if (unshare(Libc.CLONE_FS) != 0)
        {
            plan->Failed = Step.StopSharing;
            plan->Error = *errno;
            return;
        }

        var failed = Step.None;
        if (plan->MountNamespace >= 0 && setNs(plan->MountNamespace, Libc.CLONE_NEWNS) != 0)
        {
            failed = Step.EnterMountNamespace;
        }
        else if (plan->UtsNamespace >= 0 && setNs(plan->UtsNamespace, Libc.CLONE_NEWUTS) != 0)
        {
            failed = Step.EnterUtsNamespace;
        }
        else if (plan->IpcNamespace >= 0 && setNs(plan->IpcNamespace, Libc.CLONE_NEWIPC) != 0)
        {
            failed = Step.EnterIpcNamespace;
        }
        else if (plan->NetworkNamespace >= 0 && setNs(plan->NetworkNamespace, Libc.CLONE_NEWNET) != 0)
        {
            failed = Step.EnterNetworkNamespace;
        }
        else if (plan->NewNamespaces != 0 && unshare(plan->NewNamespaces) != 0)
        {
            failed = Step.NewNamespaces;
        }

        for (var i = 0; failed == Step.None && i < plan->MountingCount; i++)
        {
            var one = plan->Mountings + i;
            if ((one->IsUnmount ? unmount(one->Target, MNT_DETACH) : mount(one->Source, one->Target, one->Type, one->Flags, one->Options)) != 0)
            {
                one->Error = *errno;
                failed = one->MayFail ? Step.None : Step.Mounting;
                plan->FailedItem = i;
            }
        }

        if (failed == Step.None && plan->HostName != null && setHostName(plan->HostName, plan->HostNameLength) != 0)
        {
            failed = Step.SetHostName;
        }

        for (var i = 0; failed == Step.None && i < plan->OpeningCount; i++)
        {
            var one = plan->Openings + i;
            one->Descriptor = open(one->Directory, one->Path, Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
            if (one->Descriptor < 0)
            {
                failed = Step.Opening;
                plan->FailedItem = i;
            }
        }

        if (failed == Step.None && plan->PidNamespace >= 0 && setNs(plan->PidNamespace, Libc.CLONE_NEWPID) != 0)
        {
            failed = Step.EnterPidNamespace;
        }

        if (failed == Step.None
            && (plan->OpenDirectory >= 0 ? fchdir(plan->OpenDirectory) : plan->WorkingDirectory != null ? chdir(plan->WorkingDirectory) : 0) != 0
            && (plan->OtherDirectory == null || chdir(plan->OtherDirectory) != 0))
        {
            failed = Step.ChangeDirectory;
        }

        // A program that root executes gets what the bounding set allows and what its parent lets it inherit; the thread itself keeps what it has.
        for (var capability = 0; failed == Step.None && capability < Capabilities; capability++)
        {
            if ((plan->DroppedCapabilities >> capability & 1) != 0 && prctl(PR_CAPBSET_DROP, (nuint)capability, 0, 0, 0) != 0)
            {
                failed = Step.DropCapability;
                plan->FailedItem = capability;
            }
        }

        if (failed == Step.None && plan->CapabilityHeader != null && capSet(plan->CapabilityHeader, plan->CapabilityData) != 0)
        {
            failed = Step.DropCapability;
        }

        if (failed == Step.None && plan->SystemCallFilter != null)
        {
            _ = prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, (nuint)plan->SystemCallFilter, 0, 0);
        }

        var error = *errno;
        if (failed == Step.None && plan->Program != null)
        {
            // Others of this process open descriptors that children would inherit, the runtime itself for one, to read how much memory there is. From here on
            // the thread has a table of its own, in which all close by themselves. Before Linux 5.11 such a one may be inherited.
            _ = systemCall(SYS_close_range, 3, int.MaxValue, UnshareAndMark);

            // posix_spawn returns its error instead of setting errno.
            var pid = 0;
            error = spawn(&pid, plan->Program, plan->Actions, plan->Attributes, plan->Arguments, plan->Environment);
            failed = error == 0 ? Step.None : Step.Spawn;
            plan->Pid = pid;
        }

        if (setNs(homePid, Libc.CLONE_NEWPID) != 0 || setNs(homeNetwork, Libc.CLONE_NEWNET) != 0
            || (homeUts >= 0 && setNs(homeUts, Libc.CLONE_NEWUTS) != 0) || (homeIpc >= 0 && setNs(homeIpc, Libc.CLONE_NEWIPC) != 0)
            || setNs(homeMount, Libc.CLONE_NEWNS) != 0)
        {
            Lost(*errno);
        }

        plan->Failed = failed;
        plan->Error = error;
    }

    private static nint Function(string name) => NativeLibrary.GetExport(Main, name);

    private static int OpenHome(string name)
    {
        var fd = TryOpenHome(name);
        return fd >= 0 ? fd : throw new LinuxException($"open /proc/self/ns/{name}, a namespace of this process", Libc.LastErrno);
    }

    private static int TryOpenHome(string name) => Libc.open($"/proc/self/ns/{name}", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);

    private static void Lost(int errno) => Environment.FailFast(
        $"A thread entered the namespaces of a lab and could not return to those of the process ({Errno.Name(errno)}).");
}
