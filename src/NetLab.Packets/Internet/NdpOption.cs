using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// An option of neighbor discovery (RFC 4861 4.6):
//
//    |     Type      | length in 8 B |  …                            |

/// <summary>Options of neighbor discovery (IANA "IPv6 Neighbor Discovery Option Formats").</summary>
public enum NdpOptionType : byte
{
    /// <summary>The sender's MAC address.</summary>
    SourceLinkLayerAddress = 1,

    /// <summary>The target's MAC address.</summary>
    TargetLinkLayerAddress = 2,

    /// <summary>A prefix, on the link or for addresses.</summary>
    PrefixInformation = 3,

    /// <summary>The start of the packet that was redirected.</summary>
    RedirectedHeader = 4,

    /// <summary>The link's MTU.</summary>
    Mtu = 5,

    /// <summary>Nonce (RFC 3971).</summary>
    Nonce = 14,

    /// <summary>A route (RFC 4191).</summary>
    RouteInformation = 24,

    /// <summary>DNS servers (RFC 8106).</summary>
    RecursiveDnsServer = 25,

    /// <summary>DNS search domains (RFC 8106).</summary>
    DnsSearchList = 31,

    /// <summary>Captive portal (RFC 8910).</summary>
    CaptivePortal = 37,

    /// <summary>NAT64 prefix (RFC 8781).</summary>
    Pref64 = 38,
}

/// <summary>An option of neighbor discovery where it lies.</summary>
public readonly ref struct NdpOption
{
    internal NdpOption(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The option with type and length; a multiple of 8 bytes, never none.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>What it is.</summary>
    public NdpOptionType Type => (NdpOptionType)Bytes[0];

    /// <summary>The MAC address of a link-layer address option.</summary>
    /// <param name="mac">The address when this returns true.</param>
    public bool TryGetMac(out MacAddress mac)
    {
        var found = Type is NdpOptionType.SourceLinkLayerAddress or NdpOptionType.TargetLinkLayerAddress;
        mac = found ? MacAddress.Read(Bytes[2..]) : default;
        return found;
    }

    /// <summary>The prefix of a prefix information option (RFC 4861 4.6.2).</summary>
    /// <param name="prefix">The prefix when this returns true.</param>
    public bool TryGetPrefix(out NdpPrefix prefix)
    {
        var found = Type == NdpOptionType.PrefixInformation && Bytes.Length == 32;
        prefix = found
            ? new NdpPrefix(Ipv6Address.Read(Bytes[16..]), Bytes[2], (Bytes[3] & 0x80) != 0, (Bytes[3] & 0x40) != 0,
                ReadUInt32BigEndian(Bytes[4..]), ReadUInt32BigEndian(Bytes[8..]))
            : default;
        return found;
    }

    /// <summary>The MTU of an MTU option (RFC 4861 4.6.4).</summary>
    /// <param name="mtu">Bytes, when this returns true.</param>
    public bool TryGetMtu(out uint mtu)
    {
        var found = Type == NdpOptionType.Mtu;
        mtu = found ? ReadUInt32BigEndian(Bytes[4..]) : 0;
        return found;
    }

    /// <summary>The route of a route information option (RFC 4191 2.3).</summary>
    /// <param name="route">The route when this returns true.</param>
    public bool TryGetRoute(out NdpRoute route)
    {
        route = default;
        if (Type != NdpOptionType.RouteInformation || Bytes.Length > 24)
        {
            return false;
        }

        Span<byte> prefix = stackalloc byte[Ipv6Address.Size];
        prefix.Clear();
        Bytes[8..].CopyTo(prefix);
        route = new NdpRoute(Ipv6Address.Read(prefix), Bytes[2], (RouterPreference)((Bytes[3] >> 3) & 3), ReadUInt32BigEndian(Bytes[4..]));
        return true;
    }

    /// <summary>The NAT64 prefix of a PREF64 option (RFC 8781).</summary>
    /// <param name="prefix">The prefix when this returns true.</param>
    public bool TryGetPref64(out NdpPref64 prefix)
    {
        prefix = default;
        if (Type != NdpOptionType.Pref64 || Bytes.Length != 16)
        {
            return false;
        }

        Span<byte> address = stackalloc byte[Ipv6Address.Size];
        address.Clear();
        Bytes[4..].CopyTo(address);
        var scaled = ReadUInt16BigEndian(Bytes[2..]);
        byte length = (scaled & 7) switch { 0 => 96, 1 => 64, 2 => 56, 3 => 48, 4 => 40, 5 => 32, _ => 0 };
        prefix = new NdpPref64(Ipv6Address.Read(address), length, (ushort)(scaled & 0xFFF8));
        return length > 0;
    }
}

/// <summary>Walks options of neighbor discovery. An option of length 0 is a defect and the end, as RFC 4861 4.6 demands.</summary>
public ref struct NdpOptionEnumerator
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts before the first option.</summary>
    /// <param name="options">What follows the fixed part of the message.</param>
    public NdpOptionEnumerator(ReadOnlySpan<byte> options) => _rest = options;

    /// <summary>The option at which the walk is.</summary>
    public NdpOption Current { get; private set; }

    /// <summary>Why the walk ended early, if it did.</summary>
    public Defect Defect { get; private set; }

    /// <summary>Goes to the next option.</summary>
    /// <returns>False at the end, or where an option has length 0 or is cut.</returns>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var length = _rest.Length < 2 ? 8 : _rest[1] * 8;
        if (length == 0)
        {
            Defect = Defect.Malformed("NDP option of length 0");
        }
        else if (_rest.Length < length)
        {
            Defect = Defect.Truncated("NDP option");
        }
        else
        {
            Current = new NdpOption(_rest[..length]);
            _rest = _rest[length..];
            return true;
        }

        _rest = default;
        return false;
    }

    /// <summary>This, so that foreach works.</summary>
    public readonly NdpOptionEnumerator GetEnumerator() => this;
}
