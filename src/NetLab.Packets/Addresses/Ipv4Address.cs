using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace NetLab.Packets;

/// <summary>An IPv4 address as a value: four bytes, without allocation. Converts to <see cref="IPAddress"/> by itself.</summary>
public readonly struct Ipv4Address : IEquatable<Ipv4Address>, IEquatable<IPAddress>, IComparable<Ipv4Address>, ISpanParsable<Ipv4Address>, ISpanFormattable
{
    /// <summary>Bytes in an address: 4.</summary>
    public const int Size = 4;

    private readonly uint _value;

    private Ipv4Address(uint value) => _value = value;

    /// <summary>0.0.0.0.</summary>
    public static Ipv4Address Any => default;

    /// <summary>255.255.255.255.</summary>
    public static Ipv4Address Broadcast => new(0xFFFF_FFFF);

    /// <summary>224.0.0.0/4.</summary>
    public bool IsMulticast => _value >> 28 == 0xE;

    /// <summary>Reads the first four bytes.</summary>
    /// <param name="bytes">At least four bytes.</param>
    /// <exception cref="ArgumentException">There are fewer than four bytes.</exception>
    public static Ipv4Address FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length < Size
        ? throw new ArgumentException($"An IPv4 address has 4 bytes, not {bytes.Length}.", nameof(bytes))
        : Read(bytes);

    /// <summary>The address with this number, 10.0.0.1 being 0x0A000001.</summary>
    /// <param name="value">The number.</param>
    public static Ipv4Address FromUInt32(uint value) => new(value);

    /// <summary>Takes the framework's own type.</summary>
    /// <param name="address">An IPv4 address, or an IPv6 address that maps one.</param>
    /// <exception cref="ArgumentException">It is an IPv6 address.</exception>
    public static Ipv4Address From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily != AddressFamily.InterNetwork)
        {
            address = address.IsIPv4MappedToIPv6
                ? address.MapToIPv4()
                : throw new ArgumentException($"{address} is not an IPv4 address.", nameof(address));
        }

        Span<byte> bytes = stackalloc byte[Size];
        address.TryWriteBytes(bytes, out _);
        return Read(bytes);
    }

    /// <summary>Parses four decimal numbers with dots.</summary>
    /// <param name="s">The text.</param>
    /// <exception cref="FormatException">It is not an IPv4 address.</exception>
    public static Ipv4Address Parse(ReadOnlySpan<char> s) => TryParse(s, out var result)
        ? result
        : throw new FormatException($"'{s}' is not an IPv4 address; one looks like 10.0.0.1.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static Ipv4Address Parse(string s) => Parse(s.AsSpan());

    /// <summary>Parses four decimal numbers with dots; no short, octal or hexadecimal forms.</summary>
    /// <param name="s">The text.</param>
    /// <param name="result">The address when this returns true.</param>
    public static bool TryParse(ReadOnlySpan<char> s, out Ipv4Address result)
    {
        result = default;
        uint value = 0;
        int parts = 0, digits = 0, number = 0;
        foreach (var c in s)
        {
            if (c == '.')
            {
                if (digits == 0 || ++parts == 4)
                {
                    return false;
                }

                value = (value << 8) | (uint)number;
                digits = number = 0;
            }
            else
            {
                number = (number * 10) + (c - '0');
                if (!char.IsAsciiDigit(c) || number > 255 || ++digits > 3 || (digits == 2 && number < 10))
                {
                    return false;
                }
            }
        }

        result = new Ipv4Address((value << 8) | (uint)number);
        return parts == 3 && digits > 0;
    }

    static Ipv4Address IParsable<Ipv4Address>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static Ipv4Address ISpanParsable<Ipv4Address>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<Ipv4Address>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Ipv4Address result) => TryParse(s, out result);

    static bool ISpanParsable<Ipv4Address>.TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Ipv4Address result) => TryParse(s, out result);

    /// <summary>Writes the four bytes.</summary>
    /// <param name="destination">At least four bytes.</param>
    public void CopyTo(Span<byte> destination) => BinaryPrimitives.WriteUInt32BigEndian(destination, _value);

    /// <summary>The address as a number, 10.0.0.1 being 0x0A000001.</summary>
    public uint ToUInt32() => _value;

    /// <summary>The address in the framework's own type.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return new IPAddress(bytes);
    }

    /// <inheritdoc/>
    public bool Equals(Ipv4Address other) => _value == other._value;

    /// <summary>The same address in the framework's own type.</summary>
    /// <param name="other">The other address.</param>
    public bool Equals(IPAddress? other)
    {
        Span<byte> bytes = stackalloc byte[Size];
        return other?.AddressFamily == AddressFamily.InterNetwork && other.TryWriteBytes(bytes, out _) && Read(bytes) == this;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => (obj is Ipv4Address other && Equals(other)) || (obj is IPAddress ip && Equals(ip));

    /// <inheritdoc/>
    public override int GetHashCode() => _value.GetHashCode();

    /// <inheritdoc/>
    public int CompareTo(Ipv4Address other) => _value.CompareTo(other._value);

    /// <summary>"10.0.0.1".</summary>
    public override string ToString() => $"{_value >> 24}.{(byte)(_value >> 16)}.{(byte)(_value >> 8)}.{(byte)_value}";

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        destination.TryWrite($"{_value >> 24}.{(byte)(_value >> 16)}.{(byte)(_value >> 8)}.{(byte)_value}", out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>The same address in the framework's own type.</summary>
    public static implicit operator IPAddress(Ipv4Address address) => address.ToIPAddress();

    /// <summary>The same address.</summary>
    public static bool operator ==(Ipv4Address left, Ipv4Address right) => left._value == right._value;

    /// <summary>Not the same address.</summary>
    public static bool operator !=(Ipv4Address left, Ipv4Address right) => left._value != right._value;

    /// <summary>The same address.</summary>
    public static bool operator ==(Ipv4Address left, IPAddress? right) => left.Equals(right);

    /// <summary>Not the same address.</summary>
    public static bool operator !=(Ipv4Address left, IPAddress? right) => !left.Equals(right);

    /// <summary>Order of the numbers.</summary>
    public static bool operator <(Ipv4Address left, Ipv4Address right) => left._value < right._value;

    /// <summary>Order of the numbers.</summary>
    public static bool operator >(Ipv4Address left, Ipv4Address right) => left._value > right._value;

    /// <summary>Order of the numbers.</summary>
    public static bool operator <=(Ipv4Address left, Ipv4Address right) => left._value <= right._value;

    /// <summary>Order of the numbers.</summary>
    public static bool operator >=(Ipv4Address left, Ipv4Address right) => left._value >= right._value;

    internal static Ipv4Address Read(ReadOnlySpan<byte> bytes) => new(BinaryPrimitives.ReadUInt32BigEndian(bytes));
}
