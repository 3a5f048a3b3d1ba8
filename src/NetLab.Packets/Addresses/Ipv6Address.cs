using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

namespace NetLab.Packets;

/// <summary>An IPv6 address as a value: sixteen bytes, no scope, without allocation. Converts to <see cref="IPAddress"/> by itself.</summary>
public readonly struct Ipv6Address : IEquatable<Ipv6Address>, IEquatable<IPAddress>, IComparable<Ipv6Address>, ISpanParsable<Ipv6Address>, ISpanFormattable
{
    /// <summary>Bytes in an address: 16.</summary>
    public const int Size = 16;

    private readonly ulong _high;
    private readonly ulong _low;

    private Ipv6Address(ulong high, ulong low) => (_high, _low) = (high, low);

    /// <summary>"::".</summary>
    public static Ipv6Address Any => default;

    /// <summary>"ff02::1", all nodes of the link.</summary>
    public static Ipv6Address AllNodes => new(0xFF02_0000_0000_0000, 1);

    /// <summary>"ff02::2", all routers of the link.</summary>
    public static Ipv6Address AllRouters => new(0xFF02_0000_0000_0000, 2);

    /// <summary>ff00::/8.</summary>
    public bool IsMulticast => _high >> 56 == 0xFF;

    /// <summary>fe80::/10.</summary>
    public bool IsLinkLocal => _high >> 54 == 0x3FA;

    /// <summary>The unspecified address "::".</summary>
    public bool IsAny => (_high | _low) == 0;

    /// <summary>The group in which a node listens for solicitations of this address (RFC 4291 2.7.1): ff02::1:ff and the low 24 bits.</summary>
    public Ipv6Address SolicitedNodeGroup => new(0xFF02_0000_0000_0000, 0x1_FF00_0000 | (_low & 0xFF_FFFF));

    /// <summary>Reads the first sixteen bytes.</summary>
    /// <param name="bytes">At least sixteen bytes.</param>
    /// <exception cref="ArgumentException">There are fewer than sixteen bytes.</exception>
    public static Ipv6Address FromBytes(ReadOnlySpan<byte> bytes) => bytes.Length < Size
        ? throw new ArgumentException($"An IPv6 address has 16 bytes, not {bytes.Length}.", nameof(bytes))
        : Read(bytes);

    /// <summary>The address with this number.</summary>
    /// <param name="value">The number, most significant byte first on the wire.</param>
    public static Ipv6Address FromUInt128(UInt128 value) => new((ulong)(value >> 64), (ulong)value);

    /// <summary>Takes the framework's own type; a scope is dropped.</summary>
    /// <param name="address">An IPv6 address.</param>
    /// <exception cref="ArgumentException">It is an IPv4 address.</exception>
    public static Ipv6Address From(IPAddress address)
    {
        ArgumentNullException.ThrowIfNull(address);
        if (address.AddressFamily != AddressFamily.InterNetworkV6)
        {
            throw new ArgumentException($"{address} is not an IPv6 address.", nameof(address));
        }

        Span<byte> bytes = stackalloc byte[Size];
        address.TryWriteBytes(bytes, out _);
        return Read(bytes);
    }

    /// <summary>The link-local address that a MAC address gives (RFC 4291, modified EUI-64).</summary>
    /// <param name="mac">The MAC address.</param>
    public static Ipv6Address LinkLocal(MacAddress mac)
    {
        var m = mac.ToUInt64() ^ 0x0200_0000_0000;
        return new Ipv6Address(0xFE80_0000_0000_0000, ((m >> 24) << 40) | 0xFF_FE00_0000 | (m & 0xFF_FFFF));
    }

    /// <summary>Parses the usual notation (RFC 4291 2.2).</summary>
    /// <param name="s">The text.</param>
    /// <exception cref="FormatException">It is not an IPv6 address.</exception>
    public static Ipv6Address Parse(ReadOnlySpan<char> s) => TryParse(s, out var result)
        ? result
        : throw new FormatException($"'{s}' is not an IPv6 address; one looks like 2001:db8::1.");

    /// <inheritdoc cref="Parse(ReadOnlySpan{char})"/>
    public static Ipv6Address Parse(string s) => Parse(s.AsSpan());

    /// <summary>Parses the usual notation (RFC 4291 2.2).</summary>
    /// <param name="s">The text.</param>
    /// <param name="result">The address when this returns true.</param>
    public static bool TryParse(ReadOnlySpan<char> s, out Ipv6Address result)
    {
        if (IPAddress.TryParse(s, out var address) && address.AddressFamily == AddressFamily.InterNetworkV6)
        {
            result = From(address);
            return true;
        }

        result = default;
        return false;
    }

    static Ipv6Address IParsable<Ipv6Address>.Parse(string s, IFormatProvider? provider) => Parse(s);

    static Ipv6Address ISpanParsable<Ipv6Address>.Parse(ReadOnlySpan<char> s, IFormatProvider? provider) => Parse(s);

    static bool IParsable<Ipv6Address>.TryParse([NotNullWhen(true)] string? s, IFormatProvider? provider, out Ipv6Address result) => TryParse(s, out result);

    static bool ISpanParsable<Ipv6Address>.TryParse(ReadOnlySpan<char> s, IFormatProvider? provider, out Ipv6Address result) => TryParse(s, out result);

    /// <summary>Writes the sixteen bytes.</summary>
    /// <param name="destination">At least sixteen bytes.</param>
    public void CopyTo(Span<byte> destination)
    {
        BinaryPrimitives.WriteUInt64BigEndian(destination[8..], _low);
        BinaryPrimitives.WriteUInt64BigEndian(destination, _high);
    }

    /// <summary>The address as a number.</summary>
    public UInt128 ToUInt128() => new(_high, _low);

    /// <summary>The address in the framework's own type, without a scope.</summary>
    public IPAddress ToIPAddress()
    {
        Span<byte> bytes = stackalloc byte[Size];
        CopyTo(bytes);
        return new IPAddress(bytes);
    }

    /// <inheritdoc/>
    public bool Equals(Ipv6Address other) => _high == other._high && _low == other._low;

    /// <summary>The same address in the framework's own type, whatever its scope.</summary>
    /// <param name="other">The other address.</param>
    public bool Equals(IPAddress? other)
    {
        Span<byte> bytes = stackalloc byte[Size];
        return other?.AddressFamily == AddressFamily.InterNetworkV6 && other.TryWriteBytes(bytes, out _) && Read(bytes) == this;
    }

    /// <inheritdoc/>
    public override bool Equals(object? obj) => (obj is Ipv6Address other && Equals(other)) || (obj is IPAddress ip && Equals(ip));

    /// <inheritdoc/>
    public override int GetHashCode() => HashCode.Combine(_high, _low);

    /// <inheritdoc/>
    public int CompareTo(Ipv6Address other) => _high != other._high ? _high.CompareTo(other._high) : _low.CompareTo(other._low);

    /// <summary>"2001:db8::1" (RFC 5952).</summary>
    public override string ToString() => ToIPAddress().ToString();

    /// <inheritdoc/>
    public bool TryFormat(Span<char> destination, out int charsWritten, ReadOnlySpan<char> format, IFormatProvider? provider) =>
        ToIPAddress().TryFormat(destination, out charsWritten);

    string IFormattable.ToString(string? format, IFormatProvider? formatProvider) => ToString();

    /// <summary>The same address in the framework's own type.</summary>
    public static implicit operator IPAddress(Ipv6Address address) => address.ToIPAddress();

    /// <summary>The same address.</summary>
    public static bool operator ==(Ipv6Address left, Ipv6Address right) => left.Equals(right);

    /// <summary>Not the same address.</summary>
    public static bool operator !=(Ipv6Address left, Ipv6Address right) => !left.Equals(right);

    /// <summary>The same address.</summary>
    public static bool operator ==(Ipv6Address left, IPAddress? right) => left.Equals(right);

    /// <summary>Not the same address.</summary>
    public static bool operator !=(Ipv6Address left, IPAddress? right) => !left.Equals(right);

    /// <summary>Order of the numbers.</summary>
    public static bool operator <(Ipv6Address left, Ipv6Address right) => left.CompareTo(right) < 0;

    /// <summary>Order of the numbers.</summary>
    public static bool operator >(Ipv6Address left, Ipv6Address right) => left.CompareTo(right) > 0;

    /// <summary>Order of the numbers.</summary>
    public static bool operator <=(Ipv6Address left, Ipv6Address right) => left.CompareTo(right) <= 0;

    /// <summary>Order of the numbers.</summary>
    public static bool operator >=(Ipv6Address left, Ipv6Address right) => left.CompareTo(right) >= 0;

    internal static Ipv6Address Read(ReadOnlySpan<byte> bytes) =>
        new(BinaryPrimitives.ReadUInt64BigEndian(bytes), BinaryPrimitives.ReadUInt64BigEndian(bytes[8..]));
}
