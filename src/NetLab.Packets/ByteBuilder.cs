using System.Buffers.Binary;

namespace NetLab.Packets;

/// <summary>Collects the bytes of a message whose length is not known beforehand. Numbers go in big endian.</summary>
internal sealed class ByteBuilder
{
    private byte[] _bytes = new byte[256];

    public int Count { get; private set; }

    public ByteBuilder U8(int value)
    {
        Take(1)[0] = (byte)value;
        return this;
    }

    public ByteBuilder U16(int value)
    {
        BinaryPrimitives.WriteUInt16BigEndian(Take(2), (ushort)value);
        return this;
    }

    public ByteBuilder U24(int value) => U8(value >> 16).U16(value);

    public ByteBuilder U32(uint value)
    {
        BinaryPrimitives.WriteUInt32BigEndian(Take(4), value);
        return this;
    }

    public ByteBuilder U64(ulong value)
    {
        BinaryPrimitives.WriteUInt64BigEndian(Take(8), value);
        return this;
    }

    public ByteBuilder Bytes(ReadOnlySpan<byte> value)
    {
        value.CopyTo(Take(value.Length));
        return this;
    }

    public ByteBuilder Mac(MacAddress value)
    {
        value.CopyTo(Take(MacAddress.Size));
        return this;
    }

    public ByteBuilder Ip(Ipv4Address value)
    {
        value.CopyTo(Take(Ipv4Address.Size));
        return this;
    }

    public ByteBuilder Ip(Ipv6Address value)
    {
        value.CopyTo(Take(Ipv6Address.Size));
        return this;
    }

    public ByteBuilder Zeros(int count)
    {
        Take(count).Clear();
        return this;
    }

    /// <summary>Zeros up to a multiple, counted from a position.</summary>
    public ByteBuilder Align(int multiple, int from = 0) => Zeros((multiple - ((Count - from) % multiple)) % multiple);

    /// <summary>Text in a field of fixed size, zeros behind it.</summary>
    public ByteBuilder Fixed(string text, int size)
    {
        var bytes = System.Text.Encoding.Latin1.GetBytes(text);
        return bytes.Length <= size
            ? Bytes(bytes).Zeros(size - bytes.Length)
            : throw new ArgumentException($"'{text}' does not fit a field of {size} bytes.", nameof(text));
    }

    public void PatchU8(int at, int value) => _bytes[at] = (byte)value;

    public void PatchU16(int at, int value) => BinaryPrimitives.WriteUInt16BigEndian(_bytes.AsSpan(at), (ushort)value);

    public ReadOnlySpan<byte> Written => _bytes.AsSpan(0, Count);

    public byte[] ToArray() => Written.ToArray();

    private Span<byte> Take(int count)
    {
        if (Count + count > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, Count + count));
        }

        Count += count;
        return _bytes.AsSpan(Count - count, count);
    }
}
