using System.Net;
using System.Net.Sockets;

namespace NetLab;

/// <summary>An address with its prefix length, as <c>ip address add</c> takes it: <c>10.0.0.1/24</c>.</summary>
/// <param name="Address">The host's own address.</param>
/// <param name="PrefixLength">Bits of the network part: 0 to 32 for IPv4, 0 to 128 for IPv6.</param>
public readonly record struct InterfaceAddress(IPAddress Address, int PrefixLength)
{
    /// <summary>Whether this is an IPv6 address.</summary>
    public bool IsIPv6 => Address.AddressFamily == AddressFamily.InterNetworkV6;

    /// <summary>Reads <c>address/prefix</c>.</summary>
    /// <exception cref="FormatException">The text is no address, or has no prefix or one out of range; the message says which.</exception>
    public static InterfaceAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        var slash = text.IndexOf('/', StringComparison.Ordinal);
        var parsed = ParseHost(slash < 0 ? text : text[..slash]);
        var widest = parsed.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        if (slash < 0)
        {
            throw new FormatException(
                $"'{text}' has no prefix length; write {text}/{(widest == 32 ? 24 : 64)} for a host in a network, or {text}/{widest} for an address alone.");
        }

        if (!int.TryParse(text.AsSpan(slash + 1), out var prefix) || prefix < 0 || prefix > widest)
        {
            throw new FormatException($"'{text}' has no valid prefix length; after the slash comes a number from 0 to {widest}.");
        }

        return new InterfaceAddress(parsed, prefix);
    }

    /// <summary>Reads an address without a prefix.</summary>
    /// <exception cref="FormatException">The text is none; the message says why.</exception>
    internal static IPAddress ParseHost(string text) => ProblemOfHost(text) is { } problem ? throw new FormatException($"{problem}.") : IPAddress.Parse(text);

    /// <summary>What is wrong with the text of an address, or null.</summary>
    internal static string? ProblemOfHost(string text)
    {
        // IPAddress.Parse takes "10.1" for 10.0.0.1 and "010.0.0.1" for 8.0.0.1; nobody means that here.
        var parts = text.Split('.');
        var isV6 = text.Contains(':', StringComparison.Ordinal);
        if (!isV6 && parts.Length == 4 && Array.Find(parts, p => p.Length > 1 && p[0] == '0' && p.All(char.IsAsciiDigit)) is { } octal)
        {
            var decimals = string.Join('.', parts.Select(p => p.TrimStart('0') is { Length: > 0 } digits ? digits : "0"));
            return $"'{text}' has a number with a leading zero, {octal}, which some programs read as octal; write {decimals}";
        }

        var isV4 = parts.Length == 4 && parts.All(p => p.Length is > 0 and < 4 && p.All(char.IsAsciiDigit));
        return (isV6 ? text.AsSpan().IndexOfAny('%', '[') < 0 : isV4) && IPAddress.TryParse(text, out _)
            ? null : $"'{text}' is no address; write it as 10.0.0.1 or fd00::1";
    }

    /// <summary>Whether <paramref name="other"/> lies in this address's network.</summary>
    public bool Contains(IPAddress other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (other.AddressFamily != Address.AddressFamily)
        {
            return false;
        }

        byte[] mine = Address.GetAddressBytes(), theirs = other.GetAddressBytes();
        for (var bit = 0; bit < PrefixLength; bit += 8)
        {
            var keep = Math.Min(8, PrefixLength - bit);
            var mask = 0xff << (8 - keep) & 0xff;
            if (((mine[bit / 8] ^ theirs[bit / 8]) & mask) != 0)
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>The network that the address lies in: its bits behind the prefix are zero.</summary>
    public IPNetwork Network
    {
        get
        {
            var bytes = Address.GetAddressBytes();
            for (var bit = 0; bit < bytes.Length * 8; bit++)
            {
                if (bit >= PrefixLength)
                {
                    bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
                }
            }

            return new IPNetwork(new IPAddress(bytes), PrefixLength);
        }
    }

    /// <summary><c>address/prefix</c>.</summary>
    public override string ToString() => $"{Address}/{PrefixLength}";
}
