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

    /// <summary>Reads <c>address/prefix</c>; a bare address counts as a host address (/32 or /128).</summary>
    /// <exception cref="FormatException">The text is no address, or its prefix is out of range; the message says which.</exception>
    public static InterfaceAddress Parse(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        int slash = text.IndexOf('/', StringComparison.Ordinal);
        string address = slash < 0 ? text : text[..slash];
        // IPAddress.Parse takes "10.1" for 10.0.0.1; nobody means that here.
        bool shortForm = !address.Contains(':', StringComparison.Ordinal) && address.Count(c => c == '.') != 3;
        if (shortForm || !IPAddress.TryParse(address, out IPAddress? parsed))
        {
            throw new FormatException($"'{text}' is no address; write it as 10.0.0.1/24 or fd00::1/64.");
        }

        int widest = parsed.AddressFamily == AddressFamily.InterNetworkV6 ? 128 : 32;
        if (slash < 0)
        {
            return new InterfaceAddress(parsed, widest);
        }

        if (!int.TryParse(text.AsSpan(slash + 1), out int prefix) || prefix < 0 || prefix > widest)
        {
            throw new FormatException($"'{text}' has no valid prefix length; after the slash comes a number from 0 to {widest}.");
        }

        return new InterfaceAddress(parsed, prefix);
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
        for (int bit = 0; bit < PrefixLength; bit += 8)
        {
            int keep = Math.Min(8, PrefixLength - bit);
            int mask = 0xff << (8 - keep) & 0xff;
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
            byte[] bytes = Address.GetAddressBytes();
            for (int bit = 0; bit < bytes.Length * 8; bit++)
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
