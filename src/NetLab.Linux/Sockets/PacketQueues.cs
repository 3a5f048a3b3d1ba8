using System.Globalization;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>The receive queue of a packet socket that another process has bound to a device.</summary>
/// <param name="InterfaceIndex">The device.</param>
/// <param name="CapacityBytes">How much the queue holds, by the kernel's account: a small frame counts for some 700 bytes.</param>
/// <param name="WaitingBytes">How much is in it.</param>
/// <param name="Lost">How many frames came when it was full and were lost, since the socket was opened.</param>
internal readonly record struct PacketQueue(int InterfaceIndex, long CapacityBytes, long WaitingBytes, long Lost);

/// <summary>
/// The packet(7) sockets of another process, for switches in user space (Open vSwitch) that receive by them: the kernel's usual queue holds some
/// 300 small frames, and a burst beyond that is lost without a trace in any counter of a device.
/// </summary>
/// <remarks>The sockets are taken by pidfd_getfd(2), used and let go at once; the other process notices nothing. What it closes meanwhile is skipped.</remarks>
internal static unsafe class PacketQueues
{
    // include/uapi/asm-generic/unistd.h, asm-generic/socket.h, linux/sock_diag.h
    private const nint SYS_pidfd_getfd = 438;
    private const int SO_MEMINFO = 55, SK_MEMINFO_RMEM_ALLOC = 0, SK_MEMINFO_RCVBUF = 1, SK_MEMINFO_DROPS = 8, SK_MEMINFO_VARS = 9;

    /// <summary>The queues of all packet sockets that a process has bound to a device of a namespace.</summary>
    /// <param name="ns">The namespace of the sockets.</param>
    /// <param name="pid">The process's number in our own PID namespace.</param>
    /// <exception cref="LinuxException">EPERM: not our process, and no CAP_SYS_PTRACE; ESRCH: it has ended; ENOSYS before Linux 5.6.</exception>
    public static IReadOnlyList<PacketQueue> Read(NetworkNamespace ns, int pid)
    {
        var queues = new List<PacketQueue>();
        ForEach(ns, pid, $"read the receive queues of process {pid}", (socket, interfaceIndex) =>
        {
            var info = stackalloc uint[SK_MEMINFO_VARS];
            var length = SK_MEMINFO_VARS * sizeof(uint);
            if (Libc.getsockopt(socket, Libc.SOL_SOCKET, SO_MEMINFO, info, &length) != 0)
            {
                return Libc.LastErrno;
            }

            queues.Add(new PacketQueue(interfaceIndex, info[SK_MEMINFO_RCVBUF], info[SK_MEMINFO_RMEM_ALLOC], info[SK_MEMINFO_DROPS]));
            return 0;
        });
        return queues;
    }

    /// <summary>Sets how much each of these queues holds, regardless of the machine's limit (net.core.rmem_max).</summary>
    /// <param name="ns">The namespace of the sockets.</param>
    /// <param name="pid">The process's number in our own PID namespace.</param>
    /// <param name="bytes">The new capacity.</param>
    /// <exception cref="LinuxException">As for <see cref="Read"/>.</exception>
    public static void SetCapacity(NetworkNamespace ns, int pid, int bytes)
    {
        // The kernel doubles what it is told.
        var half = bytes / 2;
        ForEach(ns, pid, $"enlarge the receive queues of process {pid}", (socket, _) =>
        {
            var value = half;
            return Libc.setsockopt(socket, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, &value, sizeof(int)) is 0 ? 0 : Libc.LastErrno;
        });
    }

    private static void ForEach(NetworkNamespace ns, int pid, string doing, Func<int, int, int> action)
    {
        ArgumentNullException.ThrowIfNull(ns);
        var devices = BoundSockets(ns);
        var number = Libc.pidfd_open(pid);
        if (number < 0)
        {
            throw new LinuxException(doing, Libc.LastErrno);
        }

        using var process = new SafeFileHandle(number, ownsHandle: true);
        foreach (var (descriptor, interfaceIndex) in Descriptors(pid, devices, doing))
        {
            var socket = (int)Libc.syscall(SYS_pidfd_getfd, number, descriptor, 0, 0, 0, 0);
            var error = socket < 0 ? Libc.LastErrno : 0;
            if (socket >= 0)
            {
                using var borrowed = new SafeFileHandle(socket, ownsHandle: true);
                error = action(socket, interfaceIndex);
            }

            if (error is not (0 or Errno.EBADF))
            {
                throw new LinuxException(doing, error, tryThis: error is Errno.EPERM ? "In a container, add the capability SYS_PTRACE" : null);
            }
        }
    }

    // The process's descriptors that are among these sockets: /proc/PID/fd/N links to "socket:[inode]".
    private static List<(int Descriptor, int InterfaceIndex)> Descriptors(int pid, Dictionary<string, int> devices, string doing)
    {
        try
        {
            var found = new List<(int, int)>();
            foreach (var link in new DirectoryInfo($"/proc/{pid.ToString(CultureInfo.InvariantCulture)}/fd").EnumerateFileSystemInfos())
            {
                if (link.LinkTarget is { } target && devices.TryGetValue(target, out var interfaceIndex))
                {
                    found.Add((int.Parse(link.Name, CultureInfo.InvariantCulture), interfaceIndex));
                }
            }

            return found;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new LinuxException(doing, e is UnauthorizedAccessException ? Errno.EPERM : Errno.ESRCH);
        }
    }

    // /proc/net/packet, net/packet/af_packet.c: "sk RefCnt Type Proto Iface R Rmem User Inode".
    private static Dictionary<string, int> BoundSockets(NetworkNamespace ns)
    {
        using var reader = new StreamReader(new FileStream(ns.OpenFile("/proc/net/packet", Libc.O_RDONLY), FileAccess.Read));
        var devices = new Dictionary<string, int>();
        while (reader.ReadLine() is { } line)
        {
            var columns = line.Split(' ', StringSplitOptions.RemoveEmptyEntries);
            if (columns.Length >= 9 && int.TryParse(columns[4], NumberStyles.None, CultureInfo.InvariantCulture, out var interfaceIndex) && interfaceIndex > 0)
            {
                devices[$"socket:[{columns[8]}]"] = interfaceIndex;
            }
        }

        return devices;
    }
}
