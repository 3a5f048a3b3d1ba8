using System.Runtime.InteropServices;
using System.Text;

namespace NetLab.Linux;

/// <summary>
/// ioctls that name a device, on a socket of its namespace: netdevice(7). For what rtnetlink cannot say, or not as shortly.
/// </summary>
internal static unsafe class DeviceIoctl
{
    /// <summary>IFNAMSIZ with the final zero: a device name has at most 15 bytes.</summary>
    public const int NameSize = 16;

    private const uint SIOCGIFNAME = 0x8910, SIOCGIFINDEX = 0x8933, SIOCETHTOOL = 0x8946;

    /// <summary>
    /// <c>struct ifreq { char ifr_name[IFNAMSIZ]; union { struct sockaddr…; short ifr_flags; int ifr_ivalue; char *ifr_data; struct ifmap (24 bytes); }; }</c>
    /// </summary>
    [StructLayout(LayoutKind.Explicit, Size = 40)]
    public struct Request
    {
        [FieldOffset(0)]
        private fixed byte _name[NameSize];

        [FieldOffset(16)]
        public ushort Flags;

        [FieldOffset(16)]
        public int Value;

        [FieldOffset(16)]
        public void* Data;

        /// <exception cref="ArgumentException">The name is empty or has more than 15 bytes.</exception>
        public void SetName(string device)
        {
            ArgumentException.ThrowIfNullOrEmpty(device);
            var length = Encoding.UTF8.GetByteCount(device);
            if (length >= NameSize)
            {
                throw new ArgumentException($"The device name \"{device}\" has {length} bytes; the kernel takes at most {NameSize - 1}.", nameof(device));
            }

            fixed (byte* bytes = _name)
            {
                new Span<byte>(bytes, NameSize).Clear();
                Encoding.UTF8.GetBytes(device, new Span<byte>(bytes, NameSize));
            }
        }

        public readonly string ReadName()
        {
            fixed (byte* bytes = _name)
            {
                return Marshal.PtrToStringUTF8((nint)bytes)!;
            }
        }
    }

    /// <summary>The interface index of a device (SIOCGIFINDEX).</summary>
    public static int IndexOf(NetworkNamespace ns, string device)
    {
        Request request = default;
        request.SetName(device);
        using var socket = ns.ControlSocket.Borrow();
        return Libc.ioctl(socket.Number, SIOCGIFINDEX, &request) == 0
            ? request.Value
            : throw new LinuxException($"look up the interface index of \"{device}\"", Libc.LastErrno);
    }

    /// <summary>The name of the device with an interface index (SIOCGIFNAME), or null when there is none.</summary>
    public static string? NameOf(int socket, int index)
    {
        Request request = default;
        request.Value = index;
        if (Libc.ioctl(socket, SIOCGIFNAME, &request) == 0)
        {
            return request.ReadName();
        }

        var error = Libc.LastErrno;
        return error is Errno.ENODEV ? null : throw new LinuxException($"look up the name of interface index {index}", error);
    }

    /// <summary>SIOCETHTOOL: 0, or the errno.</summary>
    public static int Ethtool(int socket, string device, void* command)
    {
        Request request = default;
        request.SetName(device);
        request.Data = command;
        return Libc.ioctl(socket, SIOCETHTOOL, &request) == 0 ? 0 : Libc.LastErrno;
    }
}
