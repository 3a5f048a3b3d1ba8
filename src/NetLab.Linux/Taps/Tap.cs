using System.Diagnostics;
using System.Globalization;
using System.Diagnostics.CodeAnalysis;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>How a tap is made.</summary>
public sealed record TapOptions
{
    /// <summary>The interface index to take, or null for the next free one. A taken index makes <see cref="Tap.Create"/> fail with EBUSY.</summary>
    public int? Index { get; init; }

    /// <summary>
    /// Whether the device outlives its owner (TUNSETPERSIST): it then stays in the namespace, without carrier, and goes away with it. Without,
    /// closing the tap removes the device, for which the kernel takes some 20 ms each.
    /// </summary>
    public bool Persistent { get; init; } = true;

    /// <summary>Whether the tap may have several queues (IFF_MULTI_QUEUE), each opened with <see cref="Tap.Attach"/>.</summary>
    public bool MultiQueue { get; init; }
}

/// <summary>
/// The owner's side of a tap device: what is written here comes in at the device, what the device sends out is read here. One whole Ethernet
/// frame a call, without the checksum at its end. See Documentation/networking/tuntap.rst.
/// </summary>
/// <remarks>
/// The descriptor never blocks; to be told of frames, give <see cref="Handle"/> to <see cref="Reactor.OnReadable"/>. Reading and writing do not allocate.
/// </remarks>
public sealed unsafe class Tap : IDisposable
{
    // include/uapi/linux/if_tun.h
    private const uint TUNSETIFF = 0x400454ca, TUNSETPERSIST = 0x400454cb, TUNSETIFINDEX = 0x400454da, TUNSETCARRIER = 0x400454e2;
    private const ushort IFF_TAP = 0x0002, IFF_NO_PI = 0x1000, IFF_MULTI_QUEUE = 0x0100, IFF_TUN_EXCL = 0x8000;

    // A child that was started while we had the tap open has it too until it has become its program (close-on-exec), also when we have closed it since.
    // The last moments, in which the kernel closes what it had, show nowhere: a young child that would run may be in them, for want of a processor.
    private static readonly TimeSpan UntilTheKernelHasClosedIt = TimeSpan.FromMilliseconds(200), LongestStart = TimeSpan.FromSeconds(10);
    private static readonly string OurNumber = Environment.ProcessId.ToString(CultureInfo.InvariantCulture);

    private Tap(string name, int index, SafeFileHandle handle)
    {
        Name = name;
        Index = index;
        Handle = handle;
    }

    /// <summary>The device's name at its creation.</summary>
    public string Name { get; }

    /// <summary>The device's interface index in its namespace.</summary>
    public int Index { get; }

    /// <summary>The descriptor of <c>/dev/net/tun</c>, non-blocking.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Makes a new tap device in a namespace and owns it. The device is down; its carrier is on, because it has an owner.</summary>
    /// <param name="ns">Where the device is born.</param>
    /// <param name="name">At most 15 bytes.</param>
    /// <param name="options">How it is made; null for a persistent tap with one queue and the next free index.</param>
    /// <exception cref="LinuxException">EBUSY: the name or the index is taken; EINVAL: no possible name; ENOENT or ENODEV:
    /// the kernel has no <c>/dev/net/tun</c>.</exception>
    public static Tap Create(NetworkNamespace ns, string name, TapOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(ns);
        options ??= new TapOptions();
        var doing = $"create tap \"{name}\"";
        var handle = OpenTun(ns, doing);
        try
        {
            using var fd = handle.Borrow();
            if (options.Index is { } wanted)
            {
                Control(fd.Number, TUNSETIFINDEX, &wanted, $"{doing} with interface index {wanted}");
            }

            SetDevice(fd.Number, name, (ushort)(IFF_TAP | IFF_NO_PI | IFF_TUN_EXCL | (options.MultiQueue ? IFF_MULTI_QUEUE : 0)), doing,
                "The name or the index is taken in this namespace");
            if (options.Persistent)
            {
                Control(fd.Number, TUNSETPERSIST, (void*)1, $"{doing} that outlives its owner");
            }

            return new Tap(name, options.Index ?? DeviceIoctl.IndexOf(ns, name), handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Becomes the owner of a tap device that exists and has none, or of one more queue of a multi-queue tap.</summary>
    /// <param name="ns">The device's namespace.</param>
    /// <param name="name">The device's name.</param>
    /// <param name="multiQueue">Whether the device was made with several queues.</param>
    /// <exception cref="LinuxException">ENODEV: no such device; EBUSY: somebody else owns it; EINVAL:
    /// it is not a tap, or has not the said number of queues.</exception>
    public static Tap Attach(NetworkNamespace ns, string name, bool multiQueue = false)
    {
        ArgumentNullException.ThrowIfNull(ns);
        var doing = $"attach to tap \"{name}\"";

        // TUNSETIFF would make the device if it were not there.
        var index = DeviceIoctl.IndexOf(ns, name);
        var handle = OpenTun(ns, doing);
        try
        {
            using var fd = handle.Borrow();
            var flags = (ushort)(IFF_TAP | IFF_NO_PI | (multiQueue ? IFF_MULTI_QUEUE : 0));
            long begun = Stopwatch.GetTimestamp(), held = begun;
            while (true)
            {
                try
                {
                    SetDevice(fd.Number, name, flags, doing, "Somebody owns this tap: a process that has it open");
                    return new Tap(name, index, handle);
                }
                catch (LinuxException busy) when (busy.Errno is Errno.EBUSY && Stopwatch.GetElapsedTime(held) < UntilTheKernelHasClosedIt)
                {
                    Thread.Sleep(1); // nobody tells when a child has closed it
                    if (Stopwatch.GetElapsedTime(begun) < LongestStart && IsHeldByAChildOfOurs(name))
                    {
                        held = Stopwatch.GetTimestamp();
                    }
                }
            }
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next frame that the device sent out.</summary>
    /// <param name="buffer">Takes the frame; what does not fit is lost.
    /// Nothing is longer than the MTU plus 18 bytes, unless segmentation offload was switched on.</param>
    /// <param name="length">The number of bytes read; 0 when nothing was there.</param>
    /// <returns>False when no frame is waiting.</returns>
    /// <exception cref="LinuxException">EBADFD: the device was deleted.</exception>
    public bool TryRead(Span<byte> buffer, out int length)
    {
        using var fd = Handle.Borrow();
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                var got = Libc.read(fd.Number, bytes, buffer.Length);
                if (got >= 0)
                {
                    length = (int)got;
                    return true;
                }

                var error = Libc.LastErrno;
                if (error is Errno.EINTR)
                {
                    continue;
                }

                length = 0;
                return error is Errno.EAGAIN ? false : Refused(error, $"read from tap \"{Name}\"");
            }
        }
    }

    /// <summary>Puts a frame in at the device. When this returns, the kernel has carried it as far as it goes without waiting.</summary>
    /// <param name="frame">A whole Ethernet frame, at least 14 bytes.</param>
    /// <exception cref="LinuxException">EIO: the device is down; EINVAL: the frame is too short; EBADFD: the device was deleted.</exception>
    public void Write(ReadOnlySpan<byte> frame)
    {
        using var fd = Handle.Borrow();
        fixed (byte* bytes = frame)
        {
            while (Libc.write(fd.Number, bytes, frame.Length) < 0)
            {
                var error = Libc.LastErrno;
                if (error is not Errno.EINTR)
                {
                    Refused(error, $"write a frame of {frame.Length} bytes to tap \"{Name}\"");
                }
            }
        }
    }

    /// <summary>Switches the device's carrier, which its owner decides (TUNSETCARRIER): the cable of the virtual machine is plugged or pulled.</summary>
    /// <exception cref="LinuxException">EBADFD: the device was deleted.</exception>
    public void SetCarrier(bool on)
    {
        var value = on ? 1 : 0;
        using var fd = Handle.Borrow();
        Control(fd.Number, TUNSETCARRIER, &value, $"switch the carrier of tap \"{Name}\" {(on ? "on" : "off")}");
    }

    /// <summary>Gives the device up: it loses its carrier and, unless it is persistent, is removed.</summary>
    public void Dispose() => Handle.Dispose();

    // Whether a process that we started has a tap of that name open, by what the kernel tells of its descriptors (proc_pid_fdinfo(5)), or may be about
    // to close it.
    private static bool IsHeldByAChildOfOurs(string name)
    {
        foreach (var process in Directory.EnumerateDirectories("/proc").Where(d => char.IsAsciiDigit(d[^1])))
        {
            try
            {
                // proc_pid_stat(5): the name of the program stands in parentheses; its state and its parent follow, and as the 20th when it was started.
                var stat = File.ReadAllText($"{process}/stat");
                var fields = stat[(stat.LastIndexOf(')') + 1)..].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                if (fields[1] == OurNumber && ((fields[0] is "R" or "D" && AgeOf(fields[19]) < LongestStart)
                    || Directory.EnumerateFiles($"{process}/fdinfo").Any(f => File.ReadAllText(f).Contains($"iff:\t{name}\n", StringComparison.Ordinal))))
                {
                    return true;
                }
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                // It has ended meanwhile.
            }
        }

        return false;
    }

    // In hundredths of a second since the machine was started (USER_HZ), as /proc/uptime is in seconds.
    private static TimeSpan AgeOf(string started)
    {
        var uptime = File.ReadAllText("/proc/uptime");
        return TimeSpan.FromSeconds(double.Parse(uptime[..uptime.IndexOf(' ')], CultureInfo.InvariantCulture)
            - (double.Parse(started, CultureInfo.InvariantCulture) / 100));
    }

    private static SafeFileHandle OpenTun(NetworkNamespace ns, string doing)
    {
        try
        {
            return ns.OpenFile("/dev/net/tun", Libc.O_RDWR | Libc.O_NONBLOCK);
        }
        catch (LinuxException refused)
        {
            throw new LinuxException($"{doing}: open /dev/net/tun", refused.Errno, tryThis: refused.Errno switch
            {
                Errno.ENOENT => "The file is not there: modprobe tun (CONFIG_TUN) makes it; a container needs --device /dev/net/tun",
                Errno.ENODEV or Errno.ENXIO => "The file is there, and the kernel has no driver for it: modprobe tun (CONFIG_TUN)",
                Errno.EACCES => "The file is there, and its mode lets this user not open it: chmod 0666 /dev/net/tun, or run as root",
                Errno.EPERM => "The file is there, and the container's rules for devices forbid it: run with --device /dev/net/tun",
                _ => null,
            });
        }
    }

    private static void SetDevice(int fd, string name, ushort flags, string doing, string whenBusy)
    {
        DeviceIoctl.Request request = default;
        request.SetName(name);
        request.Flags = flags;
        if (Libc.ioctl(fd, TUNSETIFF, &request) != 0)
        {
            var error = Libc.LastErrno;
            throw new LinuxException(doing, error, tryThis: error switch
            {
                Errno.EBUSY or Errno.EEXIST => whenBusy,
                Errno.EINVAL => "Is it a tap at all, and is the name one the kernel takes (no space, no slash, no colon)?",
                _ => null,
            });
        }
    }

    private static void Control(int fd, uint request, void* argument, string doing)
    {
        if (Libc.ioctl(fd, request, argument) != 0)
        {
            throw new LinuxException(doing, Libc.LastErrno);
        }
    }

    [DoesNotReturn]
    private static bool Refused(int errno, string doing) => throw new LinuxException(doing, errno, tryThis: errno switch
    {
        Errno.EIO => "The tap is down: set it up",
        Errno.EINVAL => "A frame has at least the 14 bytes of an Ethernet header",
        Errno.EBADFD => "The tap was deleted",
        Errno.EAGAIN => "The tap's send buffer is full",
        _ => null,
    });
}
