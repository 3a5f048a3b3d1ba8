using System.Buffers;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;
using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>What a dump calls for each message; the bytes are valid during the call only.</summary>
internal delegate void MessageHandler(ushort type, ReadOnlySpan<byte> payload);

/// <summary>
/// A netlink socket of any family (netlink(7)): sends batches and reads what the kernel says to them, runs dumps. The kernel works while the
/// sending call lasts, so that nothing here ever waits. Safe for use by many threads; one request at a time.
/// </summary>
internal sealed unsafe class NetlinkSocket : IDisposable
{
    // Enough for the kernel's largest usual datagram of a dump (32 KB); a larger one is asked for its size first.
    private const int ReceiveSize = 64 * 1024;

    // Requests of one send. More make no difference (performance: the kernel's own work dominates), and all answers must fit the socket's buffer.
    private const int RequestsPerSend = 32;
    private const int BytesPerSend = 32 * 1024;
    private const int DumpAttempts = 10;

    private readonly SafeFileHandle _handle;
    private readonly Lock _gate = new();
    private uint _sequence;

    private NetlinkSocket(SafeFileHandle handle) => _handle = handle;

    public static NetlinkSocket Open(NetworkNamespace ns, int protocol, bool strictChecks)
    {
        ArgumentNullException.ThrowIfNull(ns);
        var handle = ns.OpenSocket(Libc.AF_NETLINK, Libc.SOCK_RAW, protocol);
        try
        {
            // CAP_ACK: an error does not quote the request. EXT_ACK: it explains itself. STRICT_CHK: dumps take filters.
            SetOption(handle, NETLINK_CAP_ACK, 1, "ask netlink for short answers");
            SetOption(handle, NETLINK_EXT_ACK, 1, "ask netlink for explanations");
            if (strictChecks)
            {
                SetOption(handle, NETLINK_GET_STRICT_CHK, 1, "ask netlink for strict checks");
            }

            return new NetlinkSocket(handle);
        }
        catch
        {
            handle.Dispose();
            throw;
        }
    }

    public static void SetOption(SafeFileHandle handle, int option, int value, string doing)
    {
        using var fd = handle.Borrow();
        if (Libc.setsockopt(fd.Number, Libc.SOL_NETLINK, option, &value, sizeof(int)) < 0)
        {
            throw new LinuxException(doing, Libc.LastErrno);
        }
    }

    public void Dispose() => _handle.Dispose();

    /// <summary>Sends all requests of a batch; throws for the first that was refused.</summary>
    public void Execute(NetlinkBatch batch)
    {
        lock (_gate)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(ReceiveSize);
            try
            {
                for (var first = 0; first < batch.Count;)
                {
                    var next = EndOfSend(batch, first);
                    SendAndConfirm(batch, first, next, buffer);
                    first = next;
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private static int EndOfSend(NetlinkBatch batch, int first)
    {
        var next = first + 1;
        while (next < batch.Count && next - first < RequestsPerSend && batch.End(next) - batch.Start(first) <= BytesPerSend)
        {
            next++;
        }

        return next;
    }

    private void SendAndConfirm(NetlinkBatch batch, int first, int next, byte[] buffer)
    {
        var base0 = _sequence + 1;
        for (var i = first; i < next; i++)
        {
            var header = batch.Bytes[batch.Start(i)..];
            var flags = (ushort)(MemoryMarshal.Read<ushort>(header[6..]) & ~NLM_F_ACK);
            MessageWriter.Write(header[6..], i == next - 1 ? (ushort)(flags | NLM_F_ACK) : flags);
            MessageWriter.Write(header[8..], ++_sequence);
        }

        var last = _sequence;
        Send(batch.Bytes[batch.Start(first)..batch.End(next - 1)], "sending requests to netlink");
        NetlinkException? refused = null;
        for (var done = false; !done;)
        {
            var reader = new MessageReader(Receive(buffer, "reading netlink's answer"));
            while (reader.Next())
            {
                // An answer to something else would be one left over from a request that was broken off.
                var index = (int)(reader.Sequence - base0);
                if (reader.Type != NLMSG_ERROR || index < 0 || index >= next - first)
                {
                    continue;
                }

                var (errno, extendedAck) = ReadError(reader.Payload, reader.Flags);
                if (errno != 0)
                {
                    refused ??= batch.Refused(first + index, errno, extendedAck);
                }

                done |= reader.Sequence == last;
            }
        }

        if (refused is not null)
        {
            throw refused;
        }
    }

    /// <summary>
    /// Sends a request whose answer is one message or many (a dump), and hands each to <paramref name="handler"/>. A dump that was disturbed by
    /// a change is started over; <paramref name="restart"/> forgets what was handed out until then.
    /// </summary>
    public void Query(MessageWriter request, string doing, MessageHandler handler, Action? restart = null)
    {
        lock (_gate)
        {
            var buffer = ArrayPool<byte>.Shared.Rent(ReceiveSize);
            try
            {
                for (var attempt = 0; !TryQuery(request, doing, handler, ref buffer) && attempt < DumpAttempts; attempt++)
                {
                    restart?.Invoke();
                }
            }
            finally
            {
                ArrayPool<byte>.Shared.Return(buffer);
            }
        }
    }

    private bool TryQuery(MessageWriter request, string doing, MessageHandler handler, ref byte[] buffer)
    {
        var header = request.Bytes;
        var isDump = (MemoryMarshal.Read<ushort>(header[6..]) & NLM_F_DUMP) == NLM_F_DUMP;
        MessageWriter.Write(header[8..], ++_sequence);
        Send(header, doing);
        var consistent = true;
        while (true)
        {
            MakeRoom(ref buffer, doing);
            var reader = new MessageReader(Receive(buffer, doing));
            while (reader.Next())
            {
                if (reader.Sequence != _sequence)
                {
                    continue;
                }

                consistent &= (reader.Flags & NLM_F_DUMP_INTR) == 0;
                switch (reader.Type)
                {
                    case NLMSG_ERROR or NLMSG_DONE:
                        var (errno, extendedAck) = ReadError(reader.Payload, reader.Flags);
                        return errno == 0 ? consistent : throw new NetlinkException(doing, errno, extendedAck);
                    case NLMSG_NOOP or NLMSG_OVERRUN:
                        break;
                    default:
                        handler(reader.Type, reader.Payload);
                        if (!isDump)
                        {
                            return true;
                        }

                        break;
                }
            }
        }
    }

    // struct nlmsgerr { int error; struct nlmsghdr msg; };   then, with NLM_F_ACK_TLVS, attributes. NLMSG_DONE: int error, then attributes.
    private static (int Errno, string? ExtendedAck) ReadError(ReadOnlySpan<byte> payload, ushort flags)
    {
        var error = -Attribute.ReadAt<int>(payload, 0);
        if (error == 0 || (flags & NLM_F_ACK_TLVS) == 0)
        {
            return (error, null);
        }

        var fixedSize = payload.Length >= 20 ? 20 : 4;
        var quoted = (flags & NLM_F_CAPPED) == 0 && fixedSize == 20 ? (int)Attribute.ReadAt<uint>(payload, 4) - MessageWriter.HeaderSize : 0;
        var attributes = Attributes.After(payload, fixedSize + Math.Max(0, quoted));
        var message = attributes.Find(NLMSGERR_ATTR_MSG);
        var missing = attributes.Find(NLMSGERR_ATTR_MISS_TYPE);
        return (error, message.Data.IsEmpty ? missing.Data.Length < 4 ? null : $"attribute {missing.U32} is missing" : message.Text);
    }

    private void Send(ReadOnlySpan<byte> bytes, string doing)
    {
        using var fd = _handle.Borrow();
        fixed (byte* start = bytes)
        {
            while (Libc.send(fd.Number, start, bytes.Length, 0) < 0)
            {
                var errno = Libc.LastErrno;
                if (errno != Errno.EINTR)
                {
                    throw new NetlinkException(doing, errno);
                }
            }
        }
    }

    private ReadOnlySpan<byte> Receive(byte[] buffer, string doing)
    {
        using var fd = _handle.Borrow();
        fixed (byte* start = buffer)
        {
            while (true)
            {
                var size = Libc.recv(fd.Number, start, buffer.Length, 0);
                if (size >= 0)
                {
                    return buffer.AsSpan(0, (int)size);
                }

                var errno = Libc.LastErrno;
                if (errno != Errno.EINTR)
                {
                    throw new NetlinkException(doing, errno);
                }
            }
        }
    }

    /// <summary>Grows the buffer to the next datagram's size, should that be larger.</summary>
    private void MakeRoom(ref byte[] buffer, string doing)
    {
        using var fd = _handle.Borrow();
        nint size;
        byte none;
        while ((size = Libc.recv(fd.Number, &none, 0, Libc.MSG_PEEK | Libc.MSG_TRUNC)) < 0)
        {
            var errno = Libc.LastErrno;
            if (errno != Errno.EINTR)
            {
                throw new NetlinkException(doing, errno);
            }
        }

        if (size > buffer.Length)
        {
            ArrayPool<byte>.Shared.Return(buffer);
            buffer = ArrayPool<byte>.Shared.Rent((int)size);
        }
    }
}
