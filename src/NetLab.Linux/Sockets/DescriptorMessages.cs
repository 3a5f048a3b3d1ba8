using System.Net.Sockets;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>Messages of a Unix socket that keeps them apart (SOCK_SEQPACKET), with descriptors in them (unix(7), SCM_RIGHTS).</summary>
internal static unsafe class DescriptorMessages
{
    private const int SCM_RIGHTS = 1, SO_PEERCRED = 17, MSG_CTRUNC = 8, MSG_CMSG_CLOEXEC = 0x40000000;

    /// <summary>Most descriptors in a message.</summary>
    public const int MostDescriptors = 4;

    // struct cmsghdr { size_t cmsg_len; int cmsg_level; int cmsg_type; }, followed by the descriptors, an int each.
    private const int HeaderBytes = 16, ControlBytes = HeaderBytes + (MostDescriptors * sizeof(int));

    /// <summary>The longest message; a longer one is refused by who sends it.</summary>
    public const int MostBytes = 64 * 1024;

    /// <summary>Sends a message.</summary>
    /// <exception cref="LinuxException">EPIPE, ECONNRESET: the other side is gone.</exception>
    public static void Send(Socket socket, ReadOnlySpan<byte> message, params ReadOnlySpan<SafeHandle> descriptors)
    {
        ArgumentOutOfRangeException.ThrowIfGreaterThan(descriptors.Length, MostDescriptors);
        var control = stackalloc byte[ControlBytes];
        *(nint*)control = HeaderBytes + (descriptors.Length * sizeof(int));
        ((int*)control)[2] = Libc.SOL_SOCKET;
        ((int*)control)[3] = SCM_RIGHTS;
        for (var i = 0; i < descriptors.Length; i++)
        {
            ((int*)(control + HeaderBytes))[i] = (int)descriptors[i].DangerousGetHandle();
        }

        using var fd = socket.SafeHandle.Borrow();
        fixed (byte* bytes = message)
        {
            var vector = new Libc.IoVector { Base = bytes, Length = message.Length };
            var header = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1 };
            if (descriptors.Length > 0)
            {
                header.Control = control;
                header.ControlLength = HeaderBytes + (descriptors.Length * sizeof(int));
            }

            while (Libc.sendmsg(fd.Number, &header, Libc.MSG_NOSIGNAL) < 0)
            {
                if (Libc.LastErrno is not Errno.EINTR and var errno)
                {
                    throw new LinuxException("send a message", errno);
                }
            }
        }
    }

    /// <summary>Receives a message, waiting for it.</summary>
    /// <returns>Its bytes, none where the other side is gone; and its descriptors, which are the caller's.</returns>
    /// <exception cref="LinuxException">The kernel refuses.</exception>
    public static (byte[] Message, SafeFileHandle[] Descriptors) Receive(Socket socket)
    {
        var message = new byte[MostBytes];
        var control = stackalloc byte[ControlBytes];
        using var fd = socket.SafeHandle.Borrow();
        fixed (byte* bytes = message)
        {
            var vector = new Libc.IoVector { Base = bytes, Length = MostBytes };
            var header = new Libc.MessageHeader { Vectors = &vector, VectorCount = 1, Control = control, ControlLength = ControlBytes };
            nint got;
            while ((got = Libc.recvmsg(fd.Number, &header, MSG_CMSG_CLOEXEC)) < 0)
            {
                if (Libc.LastErrno is Errno.ECONNRESET)
                {
                    return ([], []);
                }

                if (Libc.LastErrno is not Errno.EINTR and var errno)
                {
                    throw new LinuxException("receive a message", errno);
                }
            }

            var descriptors = header.ControlLength < HeaderBytes || ((int*)control)[3] != SCM_RIGHTS ? []
                : MemoryMarshal.Cast<byte, int>(new ReadOnlySpan<byte>(control + HeaderBytes, (int)(*(nint*)control - HeaderBytes))).ToArray()
                    .Select(number => new SafeFileHandle(number, ownsHandle: true)).ToArray();
            if ((header.Flags & (Libc.MSG_TRUNC | MSG_CTRUNC)) != 0)
            {
                Array.ForEach(descriptors, descriptor => descriptor.Dispose());
                throw new LinuxException("receive a message", Errno.EMSGSIZE);
            }

            return (message[..(int)got], descriptors);
        }
    }

    /// <summary>The user who connected, as the kernel says (<c>struct ucred { pid_t pid; uid_t uid; gid_t gid; }</c>).</summary>
    public static uint UserOf(Socket socket)
    {
        var credentials = stackalloc uint[3];
        var length = 3 * sizeof(uint);
        using var fd = socket.SafeHandle.Borrow();
        return Libc.getsockopt(fd.Number, Libc.SOL_SOCKET, SO_PEERCRED, credentials, &length) == 0
            ? credentials[1]
            : throw new LinuxException("ask who connected", Libc.LastErrno);
    }
}
