using System.Buffers.Binary;
using System.Net;
using System.Net.NetworkInformation;
using System.Runtime.InteropServices;
using System.Text;

namespace NetLab.Linux.Netlink;

/// <summary>
/// Walks the messages of one datagram from the kernel. Never throws and never reads past the end: a message that claims more than there is
/// ends the walk. Layouts: see <see cref="MessageWriter"/>.
/// </summary>
internal ref struct MessageReader(ReadOnlySpan<byte> datagram)
{
    private ReadOnlySpan<byte> _rest = datagram;

    public ushort Type { get; private set; }

    public ushort Flags { get; private set; }

    public uint Sequence { get; private set; }

    /// <summary>What follows the header.</summary>
    public ReadOnlySpan<byte> Payload { get; private set; }

    public bool Next()
    {
        if (_rest.Length < MessageWriter.HeaderSize)
        {
            return false;
        }

        var length = MemoryMarshal.Read<uint>(_rest);
        if (length < MessageWriter.HeaderSize || length > (uint)_rest.Length)
        {
            return false;
        }

        Type = MemoryMarshal.Read<ushort>(_rest[4..]);
        Flags = MemoryMarshal.Read<ushort>(_rest[6..]);
        Sequence = MemoryMarshal.Read<uint>(_rest[8..]);
        Payload = _rest[MessageWriter.HeaderSize..(int)length];
        _rest = _rest[Math.Min(_rest.Length, ((int)length + 3) & ~3)..];
        return true;
    }
}

/// <summary>The attributes of a message or of a nest, to be walked with <c>foreach</c>. What is cut off is left out.</summary>
internal readonly ref struct Attributes(ReadOnlySpan<byte> bytes)
{
    private readonly ReadOnlySpan<byte> _bytes = bytes;

    /// <summary>The attributes behind a fixed struct of <paramref name="size"/> bytes.</summary>
    public static Attributes After(ReadOnlySpan<byte> payload, int size) => new(payload[Math.Min(payload.Length, (size + 3) & ~3)..]);

    public Enumerator GetEnumerator() => new(_bytes);

    /// <summary>The first attribute of a type, or one without data.</summary>
    public Attribute Find(ushort type)
    {
        foreach (var attribute in this)
        {
            if (attribute.Type == type)
            {
                return attribute;
            }
        }

        return default;
    }

    public ref struct Enumerator(ReadOnlySpan<byte> bytes)
    {
        private ReadOnlySpan<byte> _rest = bytes;

        public Attribute Current { get; private set; }

        public bool MoveNext()
        {
            if (_rest.Length < 4)
            {
                return false;
            }

            var length = MemoryMarshal.Read<ushort>(_rest);
            if (length < 4 || length > _rest.Length)
            {
                return false;
            }

            Current = new Attribute((ushort)(MemoryMarshal.Read<ushort>(_rest[2..]) & 0x3fff), _rest[4..length]);
            _rest = _rest[Math.Min(_rest.Length, (length + 3) & ~3)..];
            return true;
        }
    }
}

/// <summary>One attribute. A value that is shorter than it should be reads as 0, empty or null.</summary>
internal readonly ref struct Attribute(ushort type, ReadOnlySpan<byte> data)
{
    /// <summary>The type without the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER.</summary>
    public ushort Type { get; } = type;

    public ReadOnlySpan<byte> Data { get; } = data;

    public byte U8 => Data.Length >= 1 ? Data[0] : (byte)0;

    public bool Bool => U8 != 0;

    public ushort U16 => Read<ushort>(0);

    public uint U32 => Read<uint>(0);

    public int S32 => Read<int>(0);

    public ulong U64 => Read<ulong>(0);

    public ushort Be16 => Data.Length >= 2 ? BinaryPrimitives.ReadUInt16BigEndian(Data) : (ushort)0;

    public uint Be32 => Data.Length >= 4 ? BinaryPrimitives.ReadUInt32BigEndian(Data) : 0;

    public ulong Be64 => Data.Length >= 8 ? BinaryPrimitives.ReadUInt64BigEndian(Data) : 0;

    /// <summary>A <c>clock_t</c> of u32: hundredths of a second.</summary>
    public TimeSpan Clock32 => TimeSpan.FromMilliseconds(U32 * 10L);

    /// <summary>A <c>clock_t</c> of u64: hundredths of a second.</summary>
    public TimeSpan Clock64 => TimeSpan.FromMilliseconds((long)Math.Min(U64, long.MaxValue / 1_000_000) * 10L);

    public string Text
    {
        get
        {
            var end = Data.IndexOf((byte)0);
            return Encoding.UTF8.GetString(end < 0 ? Data : Data[..end]);
        }
    }

    public PhysicalAddress Mac => new(Data.ToArray());

    /// <summary>An address of 4 or 16 bytes; null for any other length.</summary>
    public IPAddress? Address => Data.Length is 4 or 16 ? new IPAddress(Data) : null;

    public Attributes Nested => new(Data);

    /// <summary>A value inside a struct, 0 when the struct is too short.</summary>
    public T Read<T>(int offset)
        where T : unmanaged => ReadAt<T>(Data, offset);

    public static unsafe T ReadAt<T>(ReadOnlySpan<byte> data, int offset)
        where T : unmanaged => data.Length >= offset + sizeof(T) ? MemoryMarshal.Read<T>(data[offset..]) : default;
}
