using System.Buffers;
using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;
using NetLab.Linux.Netlink;

namespace NetLab.Linux.Netfilter;

/// <summary>
/// A socket of NETLINK_NETFILTER in a namespace: joins multicast groups, sends requests, reads without blocking.
/// See netlink(7) and include/uapi/linux/netfilter/nfnetlink.h.
/// </summary>
internal sealed unsafe class NetfilterSocket : IDisposable
{
    private const int NETLINK_NETFILTER = 12, NETLINK_ADD_MEMBERSHIP = 1, NLMSG_ERROR = 2;
    private const int BufferSize = 8 << 20, LongestDatagram = 64 * 1024;

    private readonly string _doing;

    /// <summary>Opens the socket.</summary>
    /// <param name="ns">The namespace.</param>
    /// <param name="doing">What for, for messages.</param>
    public NetfilterSocket(NetworkNamespace ns, string doing)
    {
        _doing = doing;
        Handle = ns.OpenSocket(Libc.AF_NETLINK, Libc.SOCK_RAW | Libc.SOCK_NONBLOCK, NETLINK_NETFILTER);

        // The kernel does not wait for us: what finds no room is lost (and told). Without the privilege the buffer is what the sysctl allows.
        using var fd = Handle.Borrow();
        var size = BufferSize;
        if (Libc.setsockopt(fd.Number, Libc.SOL_SOCKET, Libc.SO_RCVBUFFORCE, &size, sizeof(int)) < 0)
        {
            _ = Libc.setsockopt(fd.Number, Libc.SOL_SOCKET, Libc.SO_RCVBUF, &size, sizeof(int));
        }

        // Without an address of its own a socket is passed over by multicasts. struct sockaddr_nl { u16 family; u16 pad; u32 pid, groups; }
        var address = stackalloc uint[3] { Libc.AF_NETLINK, 0, 0 };
        if (Libc.bind(fd.Number, address, 3 * sizeof(uint)) < 0)
        {
            var error = Libc.LastErrno;
            Handle.Dispose();
            throw new LinuxException(doing, error);
        }
    }

    /// <summary>What is done with one message: its type (subsystem and message), its family, and its attributes; good until the return.</summary>
    public delegate void MessageReader<in TState>(int type, byte family, ReadOnlySpan<byte> attributes, TState state);

    /// <summary>Readable when messages wait.</summary>
    public SafeFileHandle Handle { get; }

    /// <summary>How often the kernel has told that it had to leave out messages, because too many waited to be read.</summary>
    public long Overruns { get; private set; }

    /// <summary>Joins a multicast group (enum nfnetlink_groups).</summary>
    public void Join(int group)
    {
        using var fd = Handle.Borrow();
        if (Libc.setsockopt(fd.Number, Libc.SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &group, sizeof(int)) < 0)
        {
            throw new LinuxException(_doing, Libc.LastErrno, tryThis: "It takes the capability NET_ADMIN over the namespace");
        }
    }

    /// <summary>Sends requests in one datagram, and reads what the kernel answers: it has done so before the sending returns.</summary>
    /// <exception cref="LinuxException">The first error that it answered.</exception>
    public void Exchange<TState>(ReadOnlySpan<byte> requests, MessageReader<TState> read, TState state)
    {
        using (var fd = Handle.Borrow())
        {
            fixed (byte* bytes = requests)
            {
                if (Libc.send(fd.Number, bytes, requests.Length, 0) < 0)
                {
                    throw new LinuxException(_doing, Libc.LastErrno);
                }
            }
        }

        var refused = 0;
        Drain(read, state, ref refused);
        if (refused != 0)
        {
            throw new LinuxException(_doing, refused);
        }
    }

    /// <summary>Reads all messages that wait.</summary>
    /// <returns>How many.</returns>
    public int Drain<TState>(MessageReader<TState> read, TState state)
    {
        var refused = 0;
        return Drain(read, state, ref refused);
    }

    private int Drain<TState>(MessageReader<TState> read, TState state, ref int refused)
    {
        using var fd = Handle.Borrow();
        var buffer = ArrayPool<byte>.Shared.Rent(LongestDatagram);
        var count = 0;
        try
        {
            for (var length = Receive(fd.Number, buffer); length > 0; length = Receive(fd.Number, buffer))
            {
                var messages = new MessageReader(buffer.AsSpan(0, length));
                while (messages.Next())
                {
                    // struct nlmsgerr { int error; struct nlmsghdr msg; }
                    if (messages.Type == NLMSG_ERROR)
                    {
                        refused = refused != 0 ? refused : -BinaryPrimitives.ReadInt32LittleEndian(messages.Payload);
                    }
                    else if (messages.Payload.Length >= 4)
                    {
                        read(messages.Type, messages.Payload[0], messages.Payload[4..], state);
                        count++;
                    }
                }
            }
        }
        finally
        {
            ArrayPool<byte>.Shared.Return(buffer);
        }

        return count;
    }

    /// <inheritdoc/>
    public void Dispose() => Handle.Dispose();

    // Length of the next datagram; 0 when none waits.
    private int Receive(int fd, byte[] buffer)
    {
        fixed (byte* bytes = buffer)
        {
            while (true)
            {
                var length = Libc.recv(fd, bytes, buffer.Length, 0);
                if (length >= 0)
                {
                    return (int)length;
                }

                switch (Libc.LastErrno)
                {
                    case Errno.EAGAIN:
                        return 0;
                    case Errno.EINTR:
                        continue;
                    case Errno.ENOBUFS:
                        Overruns++;
                        continue;
                    case var error:
                        throw new LinuxException(_doing, error);
                }
            }
        }
    }
}

/// <summary>
/// The attributes of a message: struct nlattr { u16 len; u16 type; } and data, padded to four bytes;
/// nfnetlink's numbers are in network order. What is cut off is left out.
/// </summary>
internal ref struct NetfilterAttributes(ReadOnlySpan<byte> bytes)
{
    private ReadOnlySpan<byte> _rest = bytes;

    /// <summary>The current attribute's type, without its flags.</summary>
    public int Type { get; private set; }

    /// <summary>The current attribute's data.</summary>
    public ReadOnlySpan<byte> Data { get; private set; }

    public readonly uint UInt32 => Data.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(Data) : 0;

    public readonly ulong UInt64 => Data.Length >= 8 ? BinaryPrimitives.ReadUInt64BigEndian(Data) : 0;

    public readonly string Text => Encoding.UTF8.GetString(Data.IndexOf((byte)0) is var end and >= 0 ? Data[..end] : Data);

    public bool Next()
    {
        if (_rest.Length < 4)
        {
            return false;
        }

        var length = BinaryPrimitives.ReadUInt16LittleEndian(_rest);
        if (length < 4 || length > _rest.Length)
        {
            return false;
        }

        Type = BinaryPrimitives.ReadUInt16LittleEndian(_rest[2..]) & 0x3FFF; // NLA_TYPE_MASK
        Data = _rest[4..length];
        _rest = _rest[Math.Min(_rest.Length, (length + 3) & ~3)..];
        return true;
    }
}
