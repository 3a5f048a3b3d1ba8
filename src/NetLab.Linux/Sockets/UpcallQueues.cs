using System.Globalization;
using System.Runtime.InteropServices;

namespace NetLab.Linux;

/// <summary>
/// Frames that the kernel's Open vSwitch has handed to ovs-vswitchd to decide about ("upcalls", Documentation/networking/openvswitch.rst): they wait
/// in generic netlink sockets of the process, and its threads named handlerN take them off, decide, have them sent, and wait for the next in poll(2).
/// </summary>
public static class UpcallQueues
{
    private const int NETLINK_GENERIC = 16;

    // arch/x86/entry/syscalls/syscall_64.tbl; include/uapi/asm-generic/unistd.h has no poll(2), and ppoll(2) instead.
    private static readonly int PollCall = RuntimeInformation.ProcessArchitecture is Architecture.X64 ? 7 : 73;

    /// <summary>
    /// Whether every frame that was handed up before the call has been decided and sent. What is in no queue has been taken by a handler; a handler that
    /// waits in poll(2) afterwards is through with what it took, because it decides and sends before it waits again.
    /// </summary>
    /// <param name="pid">The process of ovs-vswitchd, by its number in our own PID namespace.</param>
    /// <exception cref="IOException">The process has ended.</exception>
    public static bool AreDone(int pid)
    {
        // sk Eth Pid Groups Rmem Wmem Dump Locks Drops Inode
        foreach (var line in File.ReadLines($"/proc/{pid}/net/netlink").Skip(1))
        {
            var fields = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (Number(fields[1]) == NETLINK_GENERIC && Number(fields[4]) > 0)
            {
                return false;
            }
        }

        return Directory.EnumerateDirectories($"/proc/{pid}/task").All(task => !IsHandler(task) || Waits(task));
    }

    private static bool IsHandler(string task) => File.ReadAllText($"{task}/comm").StartsWith("handler", StringComparison.Ordinal);

    // proc_pid_syscall(5): the number of the system call that the thread is blocked in, or "running".
    private static bool Waits(string task) =>
        int.TryParse(File.ReadAllText($"{task}/syscall").Split(' ')[0], CultureInfo.InvariantCulture, out var call) && call == PollCall;

    private static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);
}
