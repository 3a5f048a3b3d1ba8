using System.Buffers.Binary;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Probe;

/// <summary>
/// A netlink socket that asks and hears whether the kernel took it: netlink(7). No more than a probe needs, and written without the library's own
/// netlink layer, so that the probe also tells about kernels on which that does not work.
/// </summary>
internal sealed unsafe class ProbeSocket : IDisposable
{
    public const int Route = 0, Netfilter = 12, Generic = 16;

    private const int NLMSG_ERROR = 2, NLM_F_REQUEST = 1, NLM_F_ACK = 4, NETLINK_CAP_ACK = 10, NETLINK_EXT_ACK = 11;
    private const ushort NLM_F_CREATE_EXCL = 0x600;

    private readonly SafeFileHandle _socket;

    public ProbeSocket(NetworkNamespace ns, int protocol)
    {
        _socket = ns.OpenSocket(Libc.AF_NETLINK, Libc.SOCK_RAW, protocol);
        using var fd = _socket.Borrow();
        var on = 1;
        _ = Libc.setsockopt(fd.Number, Libc.SOL_NETLINK, NETLINK_CAP_ACK, &on, sizeof(int));
        _ = Libc.setsockopt(fd.Number, Libc.SOL_NETLINK, NETLINK_EXT_ACK, &on, sizeof(int));
    }

    /// <summary>The kernel's answer: 0 or an errno, and its words if it had any.</summary>
    public readonly record struct Answer(int Errno, string? ExtendedAck);

    /// <summary>One request (NLM_F_CREATE | NLM_F_EXCL for those that make something).</summary>
    public Answer Ask(int type, bool create, params byte[][] parts) =>
        Send(1, Message(type, (ushort)(NLM_F_REQUEST | NLM_F_ACK | (create ? NLM_F_CREATE_EXCL : 0)), 1, parts));

    /// <summary>Messages in one datagram; the answer of the first that was refused, or success once the last one is acknowledged.</summary>
    /// <param name="last">The sequence number of the last message that asks for an acknowledgement.</param>
    /// <param name="messages">Made by <see cref="Message"/>.</param>
    public Answer Send(int last, params byte[][] messages)
    {
        var request = Concat(messages);
        using var fd = _socket.Borrow();
        fixed (byte* bytes = request)
        {
            if (Libc.send(fd.Number, bytes, request.Length, 0) < 0)
            {
                return new Answer(Libc.LastErrno, null);
            }
        }

        var buffer = new byte[32 * 1024];
        while (true)
        {
            nint got;
            fixed (byte* bytes = buffer)
            {
                got = Libc.recv(fd.Number, bytes, buffer.Length, 0);
                if (got < 0)
                {
                    return new Answer(Libc.LastErrno, null);
                }
            }

            // struct nlmsghdr { __u32 nlmsg_len; __u16 nlmsg_type; __u16 nlmsg_flags; __u32 nlmsg_seq; __u32 nlmsg_pid; }
            for (var rest = buffer.AsSpan(0, (int)got); rest.Length >= 16;)
            {
                var size = BinaryPrimitives.ReadInt32LittleEndian(rest);
                if (size < 16 || size > rest.Length)
                {
                    break;
                }

                if (BinaryPrimitives.ReadUInt16LittleEndian(rest[4..]) is NLMSG_ERROR && size >= 36)
                {
                    var errno = -BinaryPrimitives.ReadInt32LittleEndian(rest[16..]);
                    if (errno is not 0 || BinaryPrimitives.ReadInt32LittleEndian(rest[8..]) >= last)
                    {
                        return new Answer(errno, Words(rest[36..size]));
                    }
                }

                rest = rest[Math.Min(rest.Length, (size + 3) & ~3)..];
            }
        }
    }

    public static byte[] Message(int type, ushort flags, int sequence, params byte[][] parts)
    {
        var body = Concat(parts);
        return Concat(U32(16 + body.Length), U16(type), U16(flags), U32(sequence), U32(0), body);
    }

    public static byte[] Attribute(int type, params byte[][] content)
    {
        var body = Concat(content);
        var attribute = new byte[(4 + body.Length + 3) & ~3];
        BinaryPrimitives.WriteUInt16LittleEndian(attribute, (ushort)(4 + body.Length));
        BinaryPrimitives.WriteUInt16LittleEndian(attribute.AsSpan(2), (ushort)type);
        body.CopyTo(attribute, 4);
        return attribute;
    }

    public static byte[] Text(string text) => Encoding.UTF8.GetBytes(text + "\0");

    public static byte[] U16(int value)
    {
        var bytes = new byte[2];
        BinaryPrimitives.WriteUInt16LittleEndian(bytes, (ushort)value);
        return bytes;
    }

    public static byte[] U32(long value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(bytes, (uint)value);
        return bytes;
    }

    public static byte[] Big32(long value)
    {
        var bytes = new byte[4];
        BinaryPrimitives.WriteUInt32BigEndian(bytes, (uint)value);
        return bytes;
    }

    public static byte[] Concat(params byte[][] parts) => [.. parts.SelectMany(part => part)];

    public void Dispose() => _socket.Dispose();

    // NLMSGERR_ATTR_MSG among the attributes after the (capped) header of the request.
    private static string? Words(ReadOnlySpan<byte> attributes)
    {
        while (attributes.Length >= 4)
        {
            var size = BinaryPrimitives.ReadUInt16LittleEndian(attributes);
            if (size < 4 || size > attributes.Length)
            {
                break;
            }

            if (BinaryPrimitives.ReadUInt16LittleEndian(attributes[2..]) is 1)
            {
                return Encoding.UTF8.GetString(attributes[4..size]).TrimEnd('\0');
            }

            attributes = attributes[Math.Min(attributes.Length, (size + 3) & ~3)..];
        }

        return null;
    }
}
