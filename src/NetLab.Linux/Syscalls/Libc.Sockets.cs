using System.Runtime.InteropServices;

namespace NetLab.Linux;

/// <summary>Sockets: socket(2), packet(7), netlink(7), socket(7).</summary>
internal static unsafe partial class Libc
{
    public const int AF_UNIX = 1, AF_INET = 2, AF_INET6 = 10, AF_NETLINK = 16, AF_PACKET = 17;
    public const int SOCK_STREAM = 1, SOCK_DGRAM = 2, SOCK_RAW = 3, SOCK_NONBLOCK = 0x800, SOCK_CLOEXEC = 0x80000;
    public const int IPPROTO_RAW = 255;
    public const int SOL_IP = 0, SOL_SOCKET = 1, SOL_IPV6 = 41, SOL_PACKET = 263, SOL_NETLINK = 270;
    public const int SO_SNDBUF = 7, SO_RCVBUF = 8, SO_RCVBUFFORCE = 33, SO_SNDBUFFORCE = 32, SO_TIMESTAMPNS = 35, SO_DOMAIN = 39, SO_PROTOCOL = 38, SO_TYPE = 3;
    public const int IPV6_V6ONLY = 26;
    public const int MSG_PEEK = 2, MSG_TRUNC = 0x20, MSG_DONTWAIT = 0x40, MSG_ERRQUEUE = 0x2000, MSG_NOSIGNAL = 0x4000;

    [LibraryImport("libc")]
    public static partial int socket(int domain, int type, int protocol);

    [LibraryImport("libc")]
    public static partial int bind(int fd, void* address, int length);

    [LibraryImport("libc")]
    public static partial int getsockname(int fd, void* address, int* length);

    [LibraryImport("libc")]
    public static partial int setsockopt(int fd, int level, int option, void* value, int length);

    [LibraryImport("libc")]
    public static partial int getsockopt(int fd, int level, int option, void* value, int* length);

    [LibraryImport("libc")]
    public static partial nint send(int fd, void* buffer, nint count, int flags);

    [LibraryImport("libc")]
    public static partial nint sendto(int fd, void* buffer, nint count, int flags, void* address, int addressLength);

    [LibraryImport("libc")]
    public static partial nint recv(int fd, void* buffer, nint count, int flags);

    [LibraryImport("libc")]
    public static partial nint sendmsg(int fd, MessageHeader* message, int flags);

    [LibraryImport("libc")]
    public static partial nint recvmsg(int fd, MessageHeader* message, int flags);

    /// <summary><c>struct iovec { void *iov_base; size_t iov_len; }</c></summary>
    public struct IoVector
    {
        public void* Base;
        public nint Length;
    }

    /// <summary>
    /// <c>struct msghdr { void *msg_name; socklen_t msg_namelen; struct iovec *msg_iov; size_t msg_iovlen; void *msg_control;
    /// size_t msg_controllen; int msg_flags; }</c>, 64-bit glibc (musl pads the same places).
    /// </summary>
    public struct MessageHeader
    {
        public void* Name;
        public int NameLength;
        public IoVector* Vectors;
        public nint VectorCount;
        public void* Control;
        public nint ControlLength;
        public int Flags;
    }
}
