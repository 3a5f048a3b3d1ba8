using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text;

namespace NetLab.Linux.Netlink;

/// <summary>
/// Writes netlink messages one behind the other into a buffer that grows: header, the family's fixed struct, attributes. Nothing is allocated
/// but the buffer. Every attribute method that takes a nullable value writes nothing for null, so that a record of options encodes as a list.
/// </summary>
/// <remarks>
/// Layouts (<c>include/uapi/linux/netlink.h</c>), all in host byte order, every part padded to 4 bytes:
/// <code>
/// struct nlmsghdr { __u32 nlmsg_len; __u16 nlmsg_type; __u16 nlmsg_flags; __u32 nlmsg_seq; __u32 nlmsg_pid; };
/// struct nlattr   { __u16 nla_len; __u16 nla_type; };   // nla_len counts the header, not the padding
/// </code>
/// </remarks>
internal sealed class MessageWriter
{
    public const int HeaderSize = 16;
    public const ushort NLA_F_NESTED = 0x8000;

    private byte[] _buffer;
    private int _messageStart;

    public MessageWriter(int capacity = 4096) => _buffer = new byte[capacity];

    /// <summary>Bytes written so far.</summary>
    public int Length { get; private set; }

    /// <summary>What has been written; valid until the next write.</summary>
    public Span<byte> Bytes => _buffer.AsSpan(0, Length);

    /// <summary>Forgets everything, keeps the buffer.</summary>
    public void Clear() => Length = 0;

    /// <summary>Drops what was written from <paramref name="length"/> on.</summary>
    public void Rewind(int length) => Length = length;

    /// <summary>Starts a message; sequence number and port are 0 until it is sent.</summary>
    public int Begin(ushort type, ushort flags)
    {
        _messageStart = Length;
        var header = Append(HeaderSize);
        Write(header[4..], type);
        Write(header[6..], flags);
        return _messageStart;
    }

    /// <summary>Ends the message begun last: writes its length.</summary>
    public void End() => Write(_buffer.AsSpan(_messageStart), (uint)(Length - _messageStart));

    /// <summary>Zeroed room for a fixed struct, padded to 4 bytes.</summary>
    public Span<byte> Append(int size)
    {
        var padded = (size + 3) & ~3;
        if (_buffer.Length - Length < padded)
        {
            Array.Resize(ref _buffer, Math.Max(_buffer.Length * 2, Length + padded));
        }

        var span = _buffer.AsSpan(Length, padded);
        span.Clear();
        Length += padded;
        return span[..size];
    }

    /// <summary>An attribute with room for <paramref name="size"/> bytes of data, zeroed.</summary>
    public Span<byte> Attribute(ushort type, int size)
    {
        var attribute = Append(4 + size);
        Write(attribute, (ushort)(4 + size));
        Write(attribute[2..], type);
        return attribute[4..];
    }

    public void Flag(ushort type, bool? value)
    {
        if (value is true)
        {
            Attribute(type, 0);
        }
    }

    public void U8(ushort type, byte? value)
    {
        if (value is { } v)
        {
            Attribute(type, 1)[0] = v;
        }
    }

    public void U8(ushort type, bool? value)
    {
        if (value is { } v)
        {
            Attribute(type, 1)[0] = v ? (byte)1 : (byte)0;
        }
    }

    public void U16(ushort type, ushort? value)
    {
        if (value is { } v)
        {
            Write(Attribute(type, 2), v);
        }
    }

    public void U32(ushort type, uint? value)
    {
        if (value is { } v)
        {
            Write(Attribute(type, 4), v);
        }
    }

    public void S32(ushort type, int? value)
    {
        if (value is { } v)
        {
            Write(Attribute(type, 4), v);
        }
    }

    public void U64(ushort type, ulong? value)
    {
        if (value is { } v)
        {
            Write(Attribute(type, 8), v);
        }
    }

    public void Be16(ushort type, ushort? value)
    {
        if (value is { } v)
        {
            BinaryPrimitives.WriteUInt16BigEndian(Attribute(type, 2), v);
        }
    }

    public void Be32(ushort type, uint? value)
    {
        if (value is { } v)
        {
            BinaryPrimitives.WriteUInt32BigEndian(Attribute(type, 4), v);
        }
    }

    /// <summary>A time in the kernel's <c>clock_t</c>: hundredths of a second (USER_HZ), as u32.</summary>
    public void Clock32(ushort type, TimeSpan? value) => U32(type, value is { } v ? (uint)Math.Clamp(v.TotalMilliseconds / 10, 0, uint.MaxValue) : null);

    /// <summary>A time in the kernel's <c>clock_t</c>: hundredths of a second (USER_HZ), as u64.</summary>
    public void Clock64(ushort type, TimeSpan? value) => U64(type, value is { } v ? (ulong)Math.Max(v.TotalMilliseconds / 10, 0) : null);

    /// <summary>A string with its terminating zero (NLA_NUL_STRING).</summary>
    public void Text(ushort type, string? value)
    {
        if (value is not null)
        {
            Encoding.UTF8.GetBytes(value, Attribute(type, Encoding.UTF8.GetByteCount(value) + 1));
        }
    }

    /// <summary>A string without a terminating zero, as iproute2 writes kinds.</summary>
    public void TextUnterminated(ushort type, string value) => Encoding.UTF8.GetBytes(value, Attribute(type, Encoding.UTF8.GetByteCount(value)));

    public void Data(ushort type, ReadOnlySpan<byte> value) => value.CopyTo(Attribute(type, value.Length));

    public void Mac(ushort type, PhysicalAddress? value)
    {
        if (value is not null)
        {
            Data(type, value.GetAddressBytes());
        }
    }

    /// <summary>4 or 16 bytes, as the family says.</summary>
    public void Address(ushort type, IPAddress? value)
    {
        if (value is not null)
        {
            value.TryWriteBytes(Attribute(type, AddressSize(value)), out _);
        }
    }

    public static int AddressSize(IPAddress address) => address.AddressFamily is System.Net.Sockets.AddressFamily.InterNetworkV6 ? 16 : 4;

    /// <summary>Opens an attribute that holds attributes; close it with the scope that comes back (<c>using</c>).</summary>
    public Nesting Nest(ushort type, bool dropWhenEmpty = false)
    {
        var start = Length;
        Attribute(type, 0);
        return new Nesting(this, start, dropWhenEmpty);
    }

    private void EndNest(int start, bool dropWhenEmpty)
    {
        var size = Length - start;
        if (dropWhenEmpty && size == 4)
        {
            Length = start;
        }
        else if (size > ushort.MaxValue)
        {
            throw new ArgumentException(
                $"Too much for one netlink message: an attribute holds at most 65535 bytes, this one has {size}. Split it over several requests.");
        }
        else
        {
            Write(_buffer.AsSpan(start), (ushort)size);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Write<T>(Span<byte> destination, T value)
        where T : unmanaged => MemoryMarshal.Write(destination, in value);

    /// <summary>An open nested attribute.</summary>
    public readonly ref struct Nesting(MessageWriter writer, int start, bool dropWhenEmpty)
    {
        public void Dispose() => writer.EndNest(start, dropWhenEmpty);
    }
}
