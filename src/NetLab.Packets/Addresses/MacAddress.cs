using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Net.NetworkInformation;

namespace NetLab.Packets;

/// <summary>An Ethernet address of 48 bits (IEEE 802): six bytes as a value, without allocation.</summary>
public readonly struct MacAddress : IEquatable<MacAddress>, IComparable<MacAddress>, ISpanParsable<MacAddress>, ISpanFormattable
{
    /// <summary>Bytes in an address: 6.</summary>
    public const int Size = 6;

    private readonly ulong _value;

    private MacAddress(ulong value) => _value = value;

    /// <summary>ff:ff:ff:ff:ff:ff.</summary>
    public static MacAddress Broadcast => new(0xFFFF_FFFF_FFFF);

    /// <summary>00:00:00:00:00:00.</summary>
    public static MacAddress Zero => default;

    /// <summary>The group bit is set (broadcast included).</summary>
    public bool IsMulticast => (_value & 0x0100_0000_0000) != 0;

    /// <summary>All bits are set.</summary>
    public bool IsBroadcast => _value == 0xFFFF_FFFF_FFFF;

    /// <summary>The address was given by software, not by a manufacturer (the U/L bit).</summary>
    public bool IsLocallyAdministered => (_value & 0x0200_0000_0000) != 0;

    /// <summary>All bits are clear.</summary>
    public bool IsZero => _value == 0;

    /// <summary>Reads the first six bytes.</summary>
    /// <param name="bytes">At least six bytes.</param>
    /// <exception cref="ArgumentException">There are fewer than six bytes.</exception>
    public static MacAddress FromBytes(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length < Size)
        {
            throw new ArgumentException($"A MAC address has 6 bytes, not {bytes.Length}.", nameof(bytes));
        }

        return Read(bytes);
    }

    /// <summary>The low 48 bits of a number, most significant byte first on the wire.</summary>
    /// <param name="value">A number below 2^48; higher bits are ignored.</param>
    public static MacAddress FromUInt64(ulong value) => new(value & 0xFFFF_FFFF_FFFF);

    /// <summary>Takes the six bytes of the framework's own type.</summary>
    /// <param name="address">An address of six bytes.</param>
    /// <exception cref="ArgumentException">It does not have six bytes.</exception>
    public static MacAddress From(PhysicalAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        var bytes = address.GetAddressBytes();
        return bytes.Length == Size
            ? Read(bytes)
            : throw new ArgumentException($"A MAC address has 6 bytes, not {bytes.Length}.", nameof(address));
    }

    /// <summary>The MAC address of a multicast group of IPv4 (RFC 1112: 01:00:5e and the low 23 bits).</summary>
    /// <param name="group">The group.</param>
    public static MacAddress ForMulticast(Ipv4Address group) => new(0x0100_5E00_0000UL | (group.ToUInt32() & 0x7F_FFFF));

    /// <summary>The MAC address of a multicast group of IPv6 (RFC 2464: 33:33 and the low 32 bits).</summary>
    /// <param name="group">The group.</param>
    public static MacAddress ForMulticast(Ipv6Address group) => new(0x3333_0000_0000UL | (uint)group.ToUInt128());

    /// <summary>Parses "fa:16:3e:00:00:01", also with '-' between the bytes, upper or lower case.</summary>
    /// <param name="s">The text.</param>
    /// <exception cref="FormatException">It is not a MAC address.</exception>
    public static MacAddress Parse(ReadOnlySpan<char> s) => TryParse(s, out var result)
        ? result
        : throw new FormatException($"'{s}' is not a MAC address; one looks like fa:16:3e:00:00:01.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static MacAddress Parse(string s) => Parse(s.AsSpan());

    /// <summary>Parses "fa:16:3e:00:00:01".</summary>
    /// <param name="s">The text.</param>
    /// <param name="result">The address when this returns true.</param>
    public static bool TryParse(ReadOnlySpan<char> s, out MacAddress result)
    {
        result = default;
        if (s.Length != 17)
        {
            return false;
        }

        ulong value = 0;
        for (var i = 0; i < Size; i++)
        {
            var at = i * 3;
            if (i > 0 && (s[at - 1] != s[2] || s[2] is not (':' or '-')))
            {
                return false;
            }

            if (!byte.TryParse(s.Slice(at, 2), NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out var b))
            {
                return false;
            }

            value = (value << 8) | b;
        }

        result = new MacAddress(value);
        return true;
    }

    static MacAddress IParsable<MacAddress>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static MacAddress ISpanParsable<MacAddress>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<MacAddress>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out MacAddress result) => TryParse(s, out result);

    static bool ISpanParsable<MacAddress>.TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out MacAddress result) => TryParse(s, out result);

    /// <summary>Writes the six bytes.</summary>
    /// <param name="destination">At least six bytes.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt16BigEndian(destination[4..], (ushort)_value);
        BinaryPrimitives.WriteUInt32BigEndian(destination, (uint)(_value >> 16));
    }

    /// <summary>The six bytes in a new array.</summary>
    public byte[] ToArray()
    {
        var bytes = new byte[Size];
        CopyTo(bytes);
        return bytes;
    }

    /// <summary>The address as a number below 2^48.</summary>
    public ulong ToUInt64() => _value;

    /// <summary>The address in the framework's own type.</summary>
    public PhysicalAddress ToPhysicalAddress() => new(ToArray());

    /// <inheritdoc/>
    public bool Equals(MacAddress other) => _value == other._value;

    /// <inheritdoc/>
    public override bool Equals(object? obj) => obj is MacAddress other && Equals(other);

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(MacAddress other) => _value.CompareTo(other._value);

    /// <summary>"fa:16:3e:00:00:01".</summary>
    public override string ToString() => string.Create(17, _value, static (text, value) => Format(text, value));

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider)
    {
        charsWritten = 0;
        if (destination.Length < 17)
        {
            return false;
        }

        Format(destination, _value);
        charsWritten = 17;
        return true;
    }

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>The same six bytes.</summary>
    public static bool operator ==(MacAddress left, MacAddress right) => left._value == right._value;

    /// <summary>Not the same six bytes.</summary>
    public static bool operator !=(MacAddress left, MacAddress right) => left._value != right._value;

    /// <summary>Order by the first byte that differs.</summary>
    public static bool operator <(MacAddress left, MacAddress right) => left._value < right._value;

    /// <summary>Order by the first byte that differs.</summary>
    public static bool operator >(MacAddress left, MacAddress right) => left._value > right._value;

    /// <summary>Order by the first byte that differs.</summary>
    public static bool operator <=(MacAddress left, MacAddress right) => left._value <= right._value;

    /// <summary>Order by the first byte that differs.</summary>
    public static bool operator >=(MacAddress left, MacAddress right) => left._value >= right._value;

    internal static MacAddress Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt16BigEndian(bytes[4..]) | ((ulong)BinaryPrimitives.ReadUInt32BigEndian(bytes) << 16));

    private static void Format(Span<char> text, ulong value)
    {
        const string digits = "0123456789abcdef";
        for (var i = 0; i < Size; i++)
        {
            var b = (int)(value >> (40 - (8 * i))) & 0xFF;
            text[i * 3] = digits[b >> 4];
            text[(i * 3) + 1] = digits[b & 15];
            if (i < 5)
            {
                text[(i * 3) + 2] = ':';
            }
        }
    }
}
