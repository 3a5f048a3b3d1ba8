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
