using System.Buffers.Binary;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux;

/// <summary>What a packet socket says about a frame besides its bytes.</summary>
/// <param name="Length">How many bytes were put into the buffer.</param>
/// <param name="InterfaceIndex">The device that the frame was seen at.</param>
/// <param name="Direction">For whom it was, or that it went out.</param>
/// <param name="VlanTci">The outer VLAN tag (priority, DEI, id), which the kernel takes out of the bytes; null if there was none.</param>
/// <param name="VlanProtocol">The EtherType of that tag, 0x8100 or 0x88a8; 0 without a tag.</param>
/// <param name="TimestampNanoseconds">When the kernel saw it, nanoseconds since 1970 by the wall clock.</param>
internal readonly record struct PacketRecord(int Length, int InterfaceIndex, PacketDirection Direction, ushort? VlanTci, ushort VlanProtocol,
    long TimestampNanoseconds)
{
    /// <summary>
    /// The length of the frame (without the tag in <see cref="VlanTci"/>); more than <see cref="Length"/> when the buffer was too short for it.
    /// </summary>
    public int OriginalLength { get; init; }

    /// <summary>The checksum of the transport protocol has still to be computed, by the device or by nobody (TP_STATUS_CSUMNOTREADY).</summary>
    public bool HasPendingChecksum { get; init; }
}

/// <summary>Where a frame was going when a packet socket saw it: <c>sll_pkttype</c>, include/uapi/linux/if_packet.h.</summary>
internal enum PacketDirection
{
    /// <summary>In, to the device's own MAC address.</summary>
    Host = 0,

    /// <summary>In, to all.</summary>
    Broadcast = 1,

    /// <summary>In, to a group.</summary>
    Multicast = 2,

    /// <summary>In, to somebody else's MAC address.</summary>
    OtherHost = 3,

    /// <summary>Out.</summary>
    Outgoing = 4,
}

/// <summary>
/// A packet(7) socket in a namespace: sees every frame that comes in or goes out at one device or at all, and sends raw frames. Frames that it
/// sends itself it does not see.
/// </summary>
/// <remarks>
/// Incoming frames are seen before bridge, tc and nftables; outgoing ones after them. The descriptor never blocks. Reading and sending do not allocate.
/// </remarks>
internal sealed unsafe class PacketSocket : IDisposable
{
    // include/uapi/linux/if_packet.h, if_ether.h
    private const int PACKET_STATISTICS = 6, PACKET_AUXDATA = 8, TP_STATUS_CSUMNOTREADY = 1 << 3, TP_STATUS_VLAN_VALID = 1 << 4,
        TP_STATUS_VLAN_TPID_VALID = 1 << 6;
    private const ushort ETH_P_ALL = 0x0003, ETH_P_8021Q = 0x8100;
    private const int ReceiveBufferBytes = 16 << 20;

    private long _drops;

    private PacketSocket(SafeFileHandle handle) => Handle = handle;

    /// <summary>The socket's descriptor, non-blocking, for <see cref="Reactor.OnReadable"/>.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>Frames that were lost because nobody read in time (PACKET_STATISTICS), since the socket was opened.</summary>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public long Drops
    {
        get
        {
            // struct tpacket_stats { unsigned int tp_packets; unsigned int tp_drops; }; reading sets both to zero.
            var statistics = stackalloc uint[2];
            var length = 2 * sizeof(uint);
            using var fd = Handle.Borrow();
            return Libc.getsockopt(fd.Number, Libc.SOL_PACKET, PACKET_STATISTICS, statistics, &length) == 0
                ? Interlocked.Add(ref _drops, statistics[1])
                : throw new LinuxException("read the statistics of a packet socket", Libc.LastErrno);
        }
    }

    /// <summary>Opens a socket that sees every frame.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="interfaceIndex">The device to watch, or 0 for all of the namespace, also those made later.</param>
    /// <exception cref="LinuxException">EPERM without CAP_NET_RAW; ENODEV: no device has this index; EAFNOSUPPORT: the kernel has no CONFIG_PACKET.</exception>
    public static PacketSocket Open(NetworkNamespace ns, int interfaceIndex = 0)
    {
        ArgumentNullException.ThrowIfNull(ns);

        // Protocol 0: nothing is received before the options are set and the socket is bound.
        var handle = ns.OpenSocket(Libc.AF_PACKET, Libc.SOCK_RAW | Libc.SOCK_NONBLOCK, 0);
        try
        {
            using var fd = handle.Borrow();
            Set(fd.Number, Libc.SOL_PACKET, PACKET_AUXDATA, 1, "ask for the VLAN tags of frames");
            Set(fd.Number, Libc.SOL_SOCKET, Libc.SO_TIMESTAMPNS, 1, "ask for the times of frames");
            Enlarge(fd.Number);
            Bind(fd.Number, interfaceIndex);
            return new PacketSocket(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    /// <summary>Reads the next frame.</summary>
    /// <param name="buffer">Takes the frame, as much of it as fits.</param>
    /// <param name="record">What is known about it.</param>
    /// <returns>False when no frame is waiting.</returns>
    /// <exception cref="LinuxException">The kernel refused.</exception>
    public bool TryRead(Span<byte> buffer, out PacketRecord record)
    {
        // Control data is aligned to 8 bytes: an array of ulong.
        var control = stackalloc ulong[16];
        SocketAddress from = default;
        using var fd = Handle.Borrow();
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                Libc.IoVector vector = new() { Base = bytes, Length = buffer.Length };
                Libc.MessageHeader message = new()
                {
                    Name = &from,
                    NameLength = sizeof(SocketAddress),
                    Vectors = &vector,
                    VectorCount = 1,
                    Control = control,
                    ControlLength = 16 * sizeof(ulong),
                };
                var got = Libc.recvmsg(fd.Number, &message, Libc.MSG_TRUNC);
                if (got >= 0)
                {
                    record = Describe((int)got, buffer.Length, from, (byte*)control, message.ControlLength);
                    return true;
                }

                var error = Libc.LastErrno;
                switch (error)
                {
                    case Errno.EINTR:
                    case Errno.ENETDOWN: // The watched device went down; said once, and what was queued is still there.
                        continue;
                    case Errno.EAGAIN:
                        record = default;
                        return false;
                    default:
                        throw new LinuxException("read from a packet socket", error);
                }
            }
        }
    }

    /// <summary>Sends a raw frame out of a device.</summary>
    /// <param name="interfaceIndex">The device.</param>
    /// <param name="frame">A whole Ethernet frame.</param>
    /// <exception cref="LinuxException">ENETDOWN: the device is down; EMSGSIZE: longer than its MTU; ENXIO: no such device; ENOBUFS:
    /// dropped by its queue or by a rule.</exception>
    public void Send(int interfaceIndex, ReadOnlySpan<byte> frame)
    {
        var address = LinkAddress(interfaceIndex, frame.Length >= 14 ? BinaryPrimitives.ReadUInt16BigEndian(frame[12..]) : (ushort)0);
        using var fd = Handle.Borrow();
        fixed (byte* bytes = frame)
        {
            while (Libc.sendto(fd.Number, bytes, frame.Length, Libc.MSG_NOSIGNAL, &address, sizeof(SocketAddress)) < 0)
            {
                var error = Libc.LastErrno;
                if (error is not Errno.EINTR)
                {
                    throw new LinuxException($"send a frame of {frame.Length} bytes out of interface index {interfaceIndex}", error);
                }
            }
        }
    }

    /// <summary>Closes the socket.</summary>
    public void Dispose() => Handle.Dispose();

    /// <summary>From now on the socket receives every frame of a device, or of all with index 0.</summary>
    internal static void Bind(int fd, int interfaceIndex)
    {
        var address = LinkAddress(interfaceIndex, ETH_P_ALL);
        if (Libc.bind(fd, &address, sizeof(SocketAddress)) != 0)
        {
            throw new LinuxException($"bind a packet socket to interface index {interfaceIndex}", Libc.LastErrno);
        }
    }

    private static PacketRecord Describe(int length, int room, in SocketAddress from, byte* control, nint controlLength)
    {
        ushort? tci = null;
        ushort protocol = 0;
        long time = 0;
        var pending = false;

        // struct cmsghdr { size_t cmsg_len; int cmsg_level; int cmsg_type; } and the data, each message aligned to 8 bytes.
        const int header = 16;
        for (nint at = 0; at + header <= controlLength;)
        {
            var size = *(nint*)(control + at);
            if (size < header || size > controlLength - at)
            {
                break;
            }

            var kind = (*(int*)(control + at + 8), *(int*)(control + at + 12));
            var data = control + at + header;
            if (kind is (Libc.SOL_PACKET, PACKET_AUXDATA) && size >= header + 20)
            {
                // struct tpacket_auxdata { __u32 tp_status; __u32 tp_len; __u32 tp_snaplen; __u16 tp_mac; __u16 tp_net; __u16 tp_vlan_tci;
                // __u16 tp_vlan_tpid; }
                var status = *(uint*)data;
                pending = (status & TP_STATUS_CSUMNOTREADY) != 0;
                if ((status & TP_STATUS_VLAN_VALID) != 0)
                {
                    tci = *(ushort*)(data + 16);
                    protocol = (status & TP_STATUS_VLAN_TPID_VALID) != 0 ? *(ushort*)(data + 18) : ETH_P_8021Q;
                }
            }
            else if (kind is (Libc.SOL_SOCKET, Libc.SO_TIMESTAMPNS) && size >= header + (2 * sizeof(long)))
            {
                time = (((long*)data)[0] * 1_000_000_000) + ((long*)data)[1];
            }

            at += (size + 7) & ~7;
        }

        return new PacketRecord(Math.Min(length, room), from.InterfaceIndex, (PacketDirection)from.PacketType, tci, protocol, time)
            { OriginalLength = length, HasPendingChecksum = pending };
    }

    private static SocketAddress LinkAddress(int interfaceIndex, ushort protocol) => new()
    {
        Family = Libc.AF_PACKET,
        Protocol = BitConverter.IsLittleEndian ? BinaryPrimitives.ReverseEndianness(protocol) : protocol,
        InterfaceIndex = interfaceIndex,
        AddressLength = 6,
    };

    // Root of a user namespace may not go beyond the machine's limit (net.core.rmem_max): what finds no room is counted in Drops.
    private static void Enlarge(int fd)
    {
        var size = ReceiveBufferBytes;
        if (Libc.setsockopt(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, &size, sizeof(int)) != 0)
        {
            Set(fd, Libc.SOL_SOCKET, Libc.SO_RCVBUF, size, "enlarge the buffer of a packet socket");
        }
    }

    private static void Set(int fd, int level, int option, int value, string doing)
    {
        if (Libc.setsockopt(fd, level, option, &value, sizeof(int)) != 0)
        {
            throw new LinuxException(doing, Libc.LastErrno);
        }
    }

    /// <summary>
    /// <c>struct sockaddr_ll { unsigned short sll_family; __be16 sll_protocol; int sll_ifindex; unsigned short sll_hatype; unsigned char
    /// sll_pkttype; unsigned char sll_halen; unsigned char sll_addr[8]; }</c>
    /// </summary>
    private struct SocketAddress
    {
        public ushort Family;
        public ushort Protocol;
        public int InterfaceIndex;
        public ushort HardwareType;
        public byte PacketType;
        public byte AddressLength;
        public fixed byte Address[8];
    }
}
