using System.Net;
using System.Net.Sockets;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>
/// .NET's own sockets, born in a namespace. A socket belongs to the namespace it was made in, for good: bind, connect, accept and all
/// async methods then work on any thread.
/// </summary>
/// <remarks>
/// The classes that make their sockets themselves (<see cref="TcpListener"/>, <see cref="TcpClient"/>, <see cref="UdpClient"/>) can be used by way of
/// <see cref="Move"/>. For HTTP give <c>ConnectAsync</c> to <c>SocketsHttpHandler.ConnectCallback</c>, and for Kestrel a listening socket
/// to <c>SocketTransportOptions.CreateBoundListenSocket</c>. Static methods such as <c>Socket.ConnectAsync</c> make sockets of their own,
/// in the namespace of the process.
/// </remarks>
public static class NamespaceSockets
{
    /// <summary>Makes a socket in a namespace; like <c>new Socket(…)</c> otherwise. An IPv6 socket is not dual-mode, as with that constructor.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="addressFamily">InterNetwork, InterNetworkV6, Unix or Packet.</param>
    /// <param name="socketType">Stream, Dgram, Raw or Seqpacket.</param>
    /// <param name="protocolType">Tcp, Udp, Icmp…, or Unspecified.</param>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static Socket Create(NetworkNamespace ns, AddressFamily addressFamily, SocketType socketType, ProtocolType protocolType)
    {
        ArgumentNullException.ThrowIfNull(ns);
        var domain = addressFamily switch
        {
            AddressFamily.Unix => Libc.AF_UNIX,
            AddressFamily.InterNetwork => Libc.AF_INET,
            AddressFamily.InterNetworkV6 => Libc.AF_INET6,
            AddressFamily.Packet => Libc.AF_PACKET,
            _ => throw new ArgumentOutOfRangeException(nameof(addressFamily), addressFamily,
                "Not an address family of a lab: use InterNetwork, InterNetworkV6, Unix or Packet."),
        };
        var type = socketType switch
        {
            SocketType.Stream => Libc.SOCK_STREAM,
            SocketType.Dgram => Libc.SOCK_DGRAM,
            SocketType.Raw => Libc.SOCK_RAW,
            SocketType.Seqpacket => 5,
            _ => throw new ArgumentOutOfRangeException(nameof(socketType), socketType, "Linux has no such socket type."),
        };

        using var made = ns.OpenSocket(domain, type, (int)protocolType);
        // A raw IPv6 socket carries IPv6 alone, and the kernel refuses the option on it (ipv6_sockglue.c: it counts as bound).
        if (domain is Libc.AF_INET6 && socketType is not SocketType.Raw)
        {
            SetV6Only(made, true);
        }

        // The Socket takes the descriptor over; the handle it came in must not close it as well.
        var socket = new Socket(new SafeSocketHandle(made.DangerousGetHandle(), ownsHandle: true));
        made.SetHandleAsInvalid();
        return socket;
    }

    /// <summary>
    /// Puts a fresh socket, one not yet bound, connected or otherwise used, into a namespace, under the object that has it: the descriptor then
    /// means a new socket of the same family, type and protocol, born there.
    /// </summary>
    /// <example><code>var listener = new TcpListener(IPAddress.Any, 80); NamespaceSockets.Move(listener.Server, ns); listener.Start();</code></example>
    /// <param name="socket">For example <c>TcpListener.Server</c>, <c>TcpClient.Client</c>, <c>UdpClient.Client</c>.
    /// Options set on it before are lost, except DualMode.</param>
    /// <param name="ns">The namespace.</param>
    /// <exception cref="ArgumentException">The socket is bound or connected already.</exception>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void Move(Socket socket, NetworkNamespace ns)
    {
        ArgumentNullException.ThrowIfNull(socket);
        ArgumentNullException.ThrowIfNull(ns);
        if (socket.IsBound || socket.Connected)
        {
            throw new ArgumentException("This socket is in use; only a fresh one can be moved into a namespace: before Bind, Connect and Start.",
                nameof(socket));
        }

        using var old = socket.SafeHandle.Borrow();
        var v6 = socket.AddressFamily is AddressFamily.InterNetworkV6;
        var v6Only = v6 && !socket.DualMode;
        using var made = ns.OpenSocket(Option(old.Number, Libc.SO_DOMAIN), Option(old.Number, Libc.SO_TYPE), Option(old.Number, Libc.SO_PROTOCOL));
        if (v6)
        {
            SetV6Only(made, v6Only);
        }

        using var fresh = made.Borrow();
        if (Libc.dup3(fresh.Number, old.Number, Libc.O_CLOEXEC) < 0)
        {
            throw new LinuxException("put a socket of a namespace in the place of another", Libc.LastErrno);
        }
    }

    /// <summary>Connects a socket, TCP for an IP address, from inside a namespace.</summary>
    /// <example><code>new SocketsHttpHandler { ConnectCallback = async (context, ct) => new NetworkStream(await
    /// NamespaceSockets.ConnectAsync(ns, context.DnsEndPoint, ct), true) }</code></example>
    /// <param name="ns">The namespace.</param>
    /// <param name="to">An address, or a <see cref="DnsEndPoint"/> whose host is one.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SocketException">Nobody listens there, or there is no way there.</exception>
    /// <exception cref="ArgumentException">The host is a name: the machine's resolver would ask outside the namespace, so a resolver is needed.</exception>
    public static ValueTask<Socket> ConnectAsync(NetworkNamespace ns, EndPoint to, CancellationToken ct = default) => ConnectAsync(ns, to, NoResolver, ct);

    /// <summary>Connects a socket, TCP for an IP address, from inside a namespace; names are looked up in the lab's own way.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="to">An address, or a <see cref="DnsEndPoint"/>.</param>
    /// <param name="resolve">Gives the addresses of a name; the first that accepts is taken.</param>
    /// <param name="ct">Gives up.</param>
    /// <exception cref="SocketException">Nobody listens there, or there is no way there, or the name has no address.</exception>
    public static async ValueTask<Socket> ConnectAsync(
        NetworkNamespace ns, EndPoint to, Func<string, CancellationToken, ValueTask<IReadOnlyList<IPAddress>>> resolve, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(ns);
        ArgumentNullException.ThrowIfNull(to);
        ArgumentNullException.ThrowIfNull(resolve);
        IReadOnlyList<EndPoint> candidates = to switch
        {
            DnsEndPoint named when IPAddress.TryParse(named.Host, out var literal) => [new IPEndPoint(literal, named.Port)],
            DnsEndPoint named => [.. (await resolve(named.Host, ct).ConfigureAwait(false)).Select(address => new IPEndPoint(address, named.Port))],
            _ => [to],
        };

        for (var i = 0; i < candidates.Count; i++)
        {
            var isIp = candidates[i] is IPEndPoint;
            var socket = Create(ns, candidates[i].AddressFamily, SocketType.Stream, isIp ? ProtocolType.Tcp : ProtocolType.Unspecified);
            try
            {
                if (isIp)
                {
                    socket.NoDelay = true;
                }

                await socket.ConnectAsync(candidates[i], ct).ConfigureAwait(false);
                return socket;
            }
            catch (SocketException) when (i + 1 < candidates.Count)
            {
                socket.Dispose();
            }
            catch
            {
                socket.Dispose();
                throw;
            }
        }

        throw new SocketException((int)SocketError.HostNotFound);
    }

    private static ValueTask<IReadOnlyList<IPAddress>> NoResolver(string host, CancellationToken ct) =>
        throw new ArgumentException(
            $"\"{host}\" is a name, and the machine's resolver would look it up outside the lab. Use an address, or give a resolver.", nameof(host));

    private static unsafe int Option(int fd, int option)
    {
        int value;
        var length = sizeof(int);
        return Libc.getsockopt(fd, Libc.SOL_SOCKET, option, &value, &length) == 0 ? value : throw new LinuxException("ask a socket what it is", Libc.LastErrno);
    }

    /// <summary>From now on the kernel notes when what a socket receives came in by a device: <see cref="ArrivalOf"/>.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static void StampArrivals(Socket socket)
    {
        FrameTimestamps.Ensure();
        _ = ArrivalOf(socket); // asking for the first time switches it on
    }

    /// <summary>When what a socket received last came in, in UTC (ioctl SIOCGSTAMPNS, socket(7)); null where it received nothing yet.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public static unsafe DateTime? ArrivalOf(Socket socket)
    {
        ArgumentNullException.ThrowIfNull(socket);
        const uint SIOCGSTAMPNS = 0x8907; // struct timespec: seconds and nanoseconds since 1970
        var time = stackalloc long[2];
        return Libc.ioctl((int)socket.Handle, SIOCGSTAMPNS, time) == 0
            ? DateTime.UnixEpoch.AddTicks((time[0] * TimeSpan.TicksPerSecond) + (time[1] / TimeSpan.NanosecondsPerTick))
            : Libc.LastErrno == Errno.ENOENT ? null
            : throw new LinuxException("asking a socket when it received", Libc.LastErrno);
    }

    /// <summary>
    /// Chooses the sequence number of the SYN that a TCP socket, not yet bound or connected, will send (TCP_REPAIR, as checkpoints of connections do it),
    /// so that it is known before it is sent.
    /// </summary>
    /// <exception cref="SocketException">The kernel refused.</exception>
    internal static void ChooseSequence(Socket socket, uint sequence)
    {
        const int TCP_REPAIR = 19, TCP_REPAIR_QUEUE = 20, TCP_QUEUE_SEQ = 21, TCP_SEND_QUEUE = 2;
        Set(TCP_REPAIR, 1);
        Set(TCP_REPAIR_QUEUE, TCP_SEND_QUEUE);
        Set(TCP_QUEUE_SEQ, (int)sequence);
        Set(TCP_REPAIR, 0);

        void Set(int option, int value) => socket.SetRawSocketOption((int)SocketOptionLevel.Tcp, option, BitConverter.GetBytes(value));
    }

    /// <summary>Has a UDP socket told of every ICMP error that comes for what it sent, also of those that may pass (IP_RECVERR, ip(7)).</summary>
    /// <exception cref="SocketException">The kernel refused.</exception>
    internal static void HearErrors(Socket socket)
    {
        const int IP_RECVERR = 11, IPV6_RECVERR = 25;
        var v6 = socket.AddressFamily is AddressFamily.InterNetworkV6;
        socket.SetRawSocketOption(v6 ? Libc.SOL_IPV6 : 0, v6 ? IPV6_RECVERR : IP_RECVERR, BitConverter.GetBytes(1));
    }

    /// <summary>How long the answer to the SYN of a TCP socket took, as the kernel measured it (tcp_info.tcpi_rtt).</summary>
    /// <exception cref="SocketException">The kernel refused.</exception>
    internal static TimeSpan RoundTripOf(Socket socket)
    {
        const int TCP_INFO = 11, tcpi_rtt = 68; // behind 8 bytes and 15 numbers of 4: microseconds
        var info = new byte[104];
        socket.GetRawSocketOption((int)SocketOptionLevel.Tcp, TCP_INFO, info);
        return TimeSpan.FromMicroseconds(BitConverter.ToUInt32(info, tcpi_rtt));
    }

    private static unsafe void SetV6Only(SafeFileHandle socket, bool on)
    {
        var value = on ? 1 : 0;
        using var fd = socket.Borrow();
        if (Libc.setsockopt(fd.Number, Libc.SOL_IPV6, Libc.IPV6_V6ONLY, &value, sizeof(int)) != 0)
        {
            throw new LinuxException("make a socket IPv6 only", Libc.LastErrno);
        }
    }
}
