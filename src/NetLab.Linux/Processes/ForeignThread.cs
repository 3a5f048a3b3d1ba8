using System.Reflection;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace NetLab.Linux.Processes;

/// <summary>
/// A thread of its own that steps into other mount, network and PID namespaces, does one thing there, steps back and ends: the only way to
/// start a process inside them, since a child inherits what its thread is in.
/// </summary>
/// <remarks>
/// What is said of <see cref="NamespaceWindow"/> holds here too: nothing of the runtime happens between the first step and the last, and a thread that
/// cannot step back ends the process. The thread must be a fresh one because it stops sharing its working directory and root with the
/// others (CLONE_FS), which cannot be undone.
/// </remarks>
internal static unsafe class ForeignThread
{
    public const uint MS_BIND = 0x1000, MS_REC = 0x4000, MS_SLAVE = 0x80000, MNT_DETACH = 2;

    private static readonly int HomeMount = OpenHome("mnt");
    private static readonly int HomePid = OpenHome("pid_for_children");
    private static readonly nint Main = NativeLibrary.GetMainProgramHandle();
    private static readonly delegate* unmanaged<int*> ErrnoLocation = (delegate* unmanaged<int*>)Function("__errno_location");
    private static readonly delegate* unmanaged<int, int, int> SetNs = (delegate* unmanaged<int, int, int>)Function("setns");
    private static readonly delegate* unmanaged<int, int> Unshare = (delegate* unmanaged<int, int>)Function("unshare");
    private static readonly delegate* unmanaged<byte*, int, int, int> Open = (delegate* unmanaged<byte*, int, int, int>)Function("open");
    private static readonly delegate* unmanaged<byte*, int> ChangeDirectory = (delegate* unmanaged<byte*, int>)Function("chdir");
    private static readonly delegate* unmanaged<byte*, byte*, byte*, nuint, void*, int> Mount = (delegate* unmanaged<byte*, byte*, byte*, nuint, void*, int>)Function("mount");
    private static readonly delegate* unmanaged<byte*, int, int> Unmount = (delegate* unmanaged<byte*, int, int>)Function("umount2");
    private static readonly delegate* unmanaged<int*, byte*, void*, void*, byte**, byte**, int> Spawn =
        (delegate* unmanaged<int*, byte*, void*, void*, byte**, byte**, int>)Function("posix_spawn");

    static ForeignThread()
    {
        foreach (var method in new[] { nameof(InsideScratch), nameof(InsideSpawn) })
        {
            RuntimeHelpers.PrepareMethod(typeof(ForeignThread).GetMethod(method, BindingFlags.NonPublic | BindingFlags.Static)!.MethodHandle);
        }

        // Whoever may enter a mount namespace and not leave it would be lost.
        const int CAP_SYS_CHROOT = 18;
        if (!Capability.Has(CAP_SYS_CHROOT))
        {
            throw new LinuxException("use mount namespaces of our own", Errno.EPERM, tryThis: "The process needs the capability SYS_CHROOT besides SYS_ADMIN (docker run --cap-add SYS_CHROOT)");
        }
    }

    /// <summary>What was being done when it failed.</summary>
    public enum Step
    {
        None,
        NewMountNamespace,
        SlaveMounts,
        EnterMountNamespace,
        MountScratch,
        OpenScratch,
        UncoverSys,
        BindMount,
        EnterNetworkNamespace,
        MountSys,
        NewPidNamespace,
        EnterPidNamespace,
        ChangeDirectory,
        Spawn,
    }

    /// <summary>What is to be done, and what came of it. All pointers are native memory of the caller.</summary>
    public struct Plan
    {
        /// <summary>Namespaces to enter, or -1.</summary>
        public int MountNamespace, NetworkNamespace, PidNamespace;

        /// <summary>Whether the child is to be the first process of a new PID namespace.</summary>
        public bool NewPidNamespace;

        public int BindCount;
        public byte** BindSources;
        public byte** BindTargets;
        public byte* WorkingDirectory;
        public byte* Program;
        public byte** Arguments;
        public byte** Environment;
        public void* Actions;
        public void* Attributes;

        public byte* Root;
        public byte* Sys;
        public byte* SysType;

        /// <summary>Outcome: the child.</summary>
        public int Pid;

        /// <summary>Outcome: the step that failed, its errno, and which bind mount it was.</summary>
        public Step Failed;
        public int Error;
        public int FailedBind;
    }

    /// <summary>What <see cref="MakeScratch"/> hands back.</summary>
    public struct Scratch
    {
        public byte* Root;
        public byte* Sys;
        public byte* Type;
        public byte* Options;
        public byte* OwnMountNamespace;

        /// <summary>Outcome: descriptors of the mounted directory and of the mount namespace it is in.</summary>
        public int Directory, MountNamespace;

        public Step Failed;
        public int Error;
    }

    /// <summary>Starts a process as planned; the outcome is in the plan.</summary>
    public static void StartProcess(Plan* plan) => OnFreshThread(() => InsideSpawn(plan));

    /// <summary>Makes a mount namespace with an empty tmpfs over <c>/sys</c> and opens both.</summary>
    public static void MakeScratch(Scratch* scratch) => OnFreshThread(() => InsideScratch(scratch));

    private static void OnFreshThread(Action work)
    {
        var thread = new Thread(() => work(), maxStackSize: 256 * 1024) { IsBackground = true, Name = "NetLab namespace" };
        thread.UnsafeStart();
        thread.Join();
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void InsideSpawn(Plan* plan)
    {
        int homeMount = HomeMount, homePid = HomePid, homeNetwork = NamespaceWindow.HomeDescriptor;
        var setNs = SetNs;
        var unshare = Unshare;
        var chdir = ChangeDirectory;
        var mount = Mount;
        var unmount = Unmount;
        var spawn = Spawn;
        int* errno = ErrnoLocation();
        var failed = Step.None;
        var error = 0;

        // From here on nothing but raw calls.
        if (unshare(Libc.CLONE_FS) != 0)
        {
            plan->Failed = Step.NewMountNamespace;
            plan->Error = *errno;
            return;
        }

        if (plan->MountNamespace >= 0 && setNs(plan->MountNamespace, Libc.CLONE_NEWNS) != 0)
        {
            failed = Step.EnterMountNamespace;
        }
        else if (plan->MountNamespace >= 0 && unshare(Libc.CLONE_NEWNS) != 0)
        {
            failed = Step.NewMountNamespace;
        }
        else if (plan->MountNamespace >= 0 && mount(null, plan->Root, null, MS_REC | MS_SLAVE, null) != 0)
        {
            failed = Step.SlaveMounts;
        }

        for (var i = 0; failed == Step.None && i < plan->BindCount; i++)
        {
            if (mount(plan->BindSources[i], plan->BindTargets[i], null, MS_BIND | MS_REC, null) != 0)
            {
                failed = Step.BindMount;
                plan->FailedBind = i;
            }
        }

        if (failed == Step.None)
        {
            if (plan->MountNamespace >= 0 && unmount(plan->Sys, (int)MNT_DETACH) != 0)
            {
                failed = Step.UncoverSys;
            }
            else if (plan->NetworkNamespace >= 0 && setNs(plan->NetworkNamespace, Libc.CLONE_NEWNET) != 0)
            {
                failed = Step.EnterNetworkNamespace;
            }
            else if (plan->NetworkNamespace >= 0 && plan->MountNamespace >= 0 && mount(plan->SysType, plan->Sys, plan->SysType, 0, null) != 0)
            {
                failed = Step.MountSys;
            }
            else if (plan->NewPidNamespace && unshare(Libc.CLONE_NEWPID) != 0)
            {
                failed = Step.NewPidNamespace;
            }
            else if (plan->PidNamespace >= 0 && setNs(plan->PidNamespace, Libc.CLONE_NEWPID) != 0)
            {
                failed = Step.EnterPidNamespace;
            }
            else if (plan->WorkingDirectory != null && chdir(plan->WorkingDirectory) != 0)
            {
                failed = Step.ChangeDirectory;
            }
        }

        if (failed != Step.None)
        {
            error = *errno;
        }
        else
        {
            // posix_spawn returns its error instead of setting errno.
            int pid = 0;
            error = spawn(&pid, plan->Program, plan->Actions, plan->Attributes, plan->Arguments, plan->Environment);
            failed = error == 0 ? Step.None : Step.Spawn;
            plan->Pid = pid;
        }

        if (setNs(homePid, Libc.CLONE_NEWPID) != 0 || setNs(homeNetwork, Libc.CLONE_NEWNET) != 0
            || (plan->MountNamespace >= 0 && setNs(homeMount, Libc.CLONE_NEWNS) != 0))
        {
            Lost(*errno);
        }

        plan->Failed = failed;
        plan->Error = error;
    }

    [MethodImpl(MethodImplOptions.AggressiveOptimization | MethodImplOptions.NoInlining)]
    private static void InsideScratch(Scratch* scratch)
    {
        int homeMount = HomeMount;
        var setNs = SetNs;
        var mount = Mount;
        var open = Open;
        var unshare = Unshare;
        int* errno = ErrnoLocation();
        var failed = Step.None;
        var error = 0;
        if (unshare(Libc.CLONE_FS | Libc.CLONE_NEWNS) != 0)
        {
            scratch->Failed = Step.NewMountNamespace;
            scratch->Error = *errno;
            return;
        }

        if (mount(null, scratch->Root, null, MS_REC | MS_SLAVE, null) != 0)
        {
            failed = Step.SlaveMounts;
        }
        else if (mount(scratch->Type, scratch->Sys, scratch->Type, 0, scratch->Options) != 0)
        {
            failed = Step.MountScratch;
        }
        else if ((scratch->Directory = open(scratch->Sys, Libc.O_RDONLY | Libc.O_CLOEXEC, 0)) < 0
            || (scratch->MountNamespace = open(scratch->OwnMountNamespace, Libc.O_RDONLY | Libc.O_CLOEXEC, 0)) < 0)
        {
            failed = Step.OpenScratch;
        }

        error = *errno;
        if (setNs(homeMount, Libc.CLONE_NEWNS) != 0)
        {
            Lost(*errno);
        }

        scratch->Failed = failed;
        scratch->Error = error;
    }

    private static nint Function(string name) => NativeLibrary.GetExport(Main, name);

    private static int OpenHome(string name)
    {
        var fd = Libc.open($"/proc/self/ns/{name}", Libc.O_RDONLY | Libc.O_CLOEXEC, 0);
        return fd >= 0 ? fd : throw new LinuxException($"open /proc/self/ns/{name}, a namespace of this process", Libc.LastErrno);
    }

    private static void Lost(int errno) => Environment.FailFast(
        $"A thread entered the namespaces of a lab and could not return to those of the process ({Errno.Name(errno)}).");
}
