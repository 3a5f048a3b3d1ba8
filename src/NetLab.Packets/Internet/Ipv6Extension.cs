using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// Extension headers of IPv6 (RFC 8200 4). All but two are
//
//    | next header | length in 8 bytes, without the first 8 | … |
//
// the fragment header has 8 bytes and no length, AH (RFC 4302) counts 4-byte units without the first two,
// and behind ESP (RFC 4303) nothing can be read: it is a protocol, not an extension, here.

/// <summary>What the fragment header says (RFC 8200 4.5).</summary>
/// <param name="Present">There is a fragment header.</param>
/// <param name="Offset">Where this fragment belongs, in bytes; a multiple of 8.</param>
/// <param name="MoreFragments">More fragments follow.</param>
/// <param name="Identification">The number that the fragments of one packet share.</param>
public readonly record struct Ipv6FragmentInfo(bool Present, int Offset, bool MoreFragments, uint Identification)
{
    /// <summary>The packet is a part of a larger one; false also for an "atomic fragment" (RFC 6946).</summary>
    public bool IsFragment => Offset > 0 || MoreFragments;
}

/// <summary>One extension header where it lies.</summary>
public readonly ref struct Ipv6Extension
{
    internal Ipv6Extension(IpProtocol kind, ReadOnlySpan<byte> bytes)
    {
        Kind = kind;
        Bytes = bytes;
    }

    /// <summary>What it is: hop-by-hop options, routing, fragment, …</summary>
    public IpProtocol Kind { get; }

    /// <summary>The whole header.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>What follows it.</summary>
    public IpProtocol Next => (IpProtocol)Bytes[0];

    /// <summary>Whether a number is one of an extension header that names what follows it.</summary>
    /// <param name="protocol">The number.</param>
    public static bool IsExtension(IpProtocol protocol) => protocol is IpProtocol.HopByHop or IpProtocol.Routing or IpProtocol.Fragment
        or IpProtocol.AuthenticationHeader or IpProtocol.DestinationOptions or IpProtocol.Mobility or IpProtocol.Hip or IpProtocol.Shim6;

    /// <summary>What a fragment header says.</summary>
    /// <param name="fragment">Its fields when this returns true.</param>
    /// <returns>False when this is not a fragment header.</returns>
    public bool TryGetFragment(out Ipv6FragmentInfo fragment)
    {
        if (Kind != IpProtocol.Fragment)
        {
            fragment = default;
            return false;
        }

        var bits = ReadUInt16BigEndian(Bytes[2..]);
        fragment = new Ipv6FragmentInfo(true, bits & 0xFFF8, (bits & 1) != 0, ReadUInt32BigEndian(Bytes[4..]));
        return true;
    }

    /// <summary>The last stop of a routing header whose segments are not used up (types 0, 2 and 4; RFC 8200 4.4, RFC 8754).</summary>
    /// <param name="destination">The address when this returns true.</param>
    public bool TryGetFinalDestination(out Ipv6Address destination)
    {
        destination = default;
        if (Kind != IpProtocol.Routing || Bytes[3] == 0 || Bytes.Length < 24)
        {
            return false;
        }

        switch (Bytes[2])
        {
            case 0:
                destination = Ipv6Address.Read(Bytes[(8 + (((Bytes.Length - 8) / 16 * 16) - 16))..]);
                return true;
            case 2:
            case 4: // the segment list of SRv6 is in reverse: its first entry is the last stop
                destination = Ipv6Address.Read(Bytes[8..]);
                return true;
            default:
                return false;
        }
    }

    /// <summary>Writes a fragment header.</summary>
    /// <param name="destination">At least eight bytes.</param>
    /// <param name="next">What follows it.</param>
    /// <param name="fragment">Its fields.</param>
    /// <returns>Bytes written: 8.</returns>
    public static int WriteFragment(Span<byte> destination, IpProtocol next, Ipv6FragmentInfo fragment)
    {
        WriteUInt32BigEndian(destination[4..], fragment.Identification);
        destination[0] = (byte)next;
        destination[1] = 0;
        WriteUInt16BigEndian(destination[2..], (ushort)((fragment.Offset & 0xFFF8) | (fragment.MoreFragments ? 1 : 0)));
        return 8;
    }

    /// <summary>Writes hop-by-hop or destination options, padded with PadN to a multiple of 8 bytes.</summary>
    /// <param name="destination">Room for two bytes, the options and the padding.</param>
    /// <param name="next">What follows it.</param>
    /// <param name="options">Options as type, length, data; may be empty.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">More than 2046 bytes of options, or too little room.</exception>
    public static int WriteOptions(Span<byte> destination, IpProtocol next, ReadOnlySpan<byte> options)
    {
        var length = (2 + options.Length + 7) & ~7;
        if (length > 2048)
        {
            throw new ArgumentException($"An options header holds 2046 bytes, not {options.Length}.", nameof(options));
        }

        var header = destination[..length];
        header[0] = (byte)next;
        header[1] = (byte)((length / 8) - 1);
        options.CopyTo(header[2..]);
        var padding = header[(2 + options.Length)..];
        padding.Clear();
        if (padding.Length > 1)
        {
            padding[0] = 1;
            padding[1] = (byte)(padding.Length - 2);
        }

        return length;
    }

    internal static void Describe(Dissection d, int at, Ipv6Extension extension)
    {
        var bytes = extension.Bytes;
        var layer = d.Layer(NameOf(extension.Kind), at, bytes.Length);
        layer.InLine = false;
        layer.Add("Next header", 0, 1, (byte)extension.Next, Enum.IsDefined(extension.Next) ? extension.Next.ToString() : null);
        switch (extension.Kind)
        {
            case IpProtocol.Fragment:
                extension.TryGetFragment(out var fragment);
                layer.Add("Offset", 2, 2, fragment.Offset);
                layer.Add("More fragments", 3, 1, fragment.MoreFragments);
                layer.Hex("Identification", 4, 4, fragment.Identification);
                break;
            case IpProtocol.HopByHop or IpProtocol.DestinationOptions:
                layer.Add("Length", 1, 1, bytes[1]);
                layer.Defect = Ipv6Option.Describe(layer, bytes[2..]);
                break;
            case IpProtocol.Routing:
                layer.Add("Length", 1, 1, bytes[1]);
                layer.Add("Routing type", 2, 1, bytes[2]);
                layer.Add("Segments left", 3, 1, bytes[3]);
                if (bytes[2] is 0 or 2 or 4)
                {
                    for (var i = 8; i + 16 <= bytes.Length && (bytes[2] != 4 || (i - 8) / 16 <= bytes[4]); i += 16)
                    {
                        layer.Add("Address", i, 16, Ipv6Address.Read(bytes[i..]));
                    }
                }
                else
                {
                    layer.Bytes("Data", 4, bytes[4..]);
                }

                break;
            case IpProtocol.AuthenticationHeader:
                layer.Add("Length", 1, 1, bytes[1]);
                layer.Hex("SPI", 4, 4, ReadUInt32BigEndian(bytes[4..]));
                if (bytes.Length >= 12)
                {
                    layer.Add("Sequence number", 8, 4, ReadUInt32BigEndian(bytes[8..]));
                    layer.Bytes("ICV", 12, bytes[12..]);
                }

                break;
            default:
                layer.Add("Length", 1, 1, bytes[1]);
                layer.Bytes("Data", 2, bytes[2..]);
                break;
        }
    }

    private static string NameOf(IpProtocol kind) => kind switch
    {
        IpProtocol.HopByHop => "Hop-by-hop options",
        IpProtocol.DestinationOptions => "Destination options",
        IpProtocol.Routing => "Routing header",
        IpProtocol.Fragment => "Fragment header",
        IpProtocol.AuthenticationHeader => "Authentication header",
        _ => kind + " header",
    };

    /// <summary>The 32-bit length in a jumbogram's hop-by-hop options (RFC 2675), or 0.</summary>
    internal static uint JumboLength(ReadOnlySpan<byte> hopByHop)
    {
        if (hopByHop.Length < 8)
        {
            return 0;
        }

        var options = new Ipv6OptionEnumerator(hopByHop[2..Math.Min(hopByHop.Length, (hopByHop[1] + 1) * 8)]);
        while (options.MoveNext())
        {
            if (options.Current is { Type: Ipv6Option.Jumbo, Data.Length: 4 } jumbo)
            {
                return ReadUInt32BigEndian(jumbo.Data);
            }
        }

        return 0;
    }
}

/// <summary>Walks the extension headers of a packet. Ends at the protocol above, or at a header that is cut.</summary>
public ref struct Ipv6ExtensionEnumerator
{
    private readonly ReadOnlySpan<byte> _bytes;
    private int _length;

    /// <summary>Starts before the first header.</summary>
    /// <param name="bytes">What follows the fixed header.</param>
    /// <param name="first">The fixed header's next header.</param>
    public Ipv6ExtensionEnumerator(ReadOnlySpan<byte> bytes, IpProtocol first)
    {
        _bytes = bytes;
        Next = first;
    }

    /// <summary>The header at which the walk is.</summary>
    public Ipv6Extension Current { get; private set; }

    /// <summary>What follows the headers walked so far.</summary>
    public IpProtocol Next { get; private set; }

    /// <summary>Bytes of the headers walked so far.</summary>
    public readonly int Consumed => _length;

    /// <summary>Why the walk ended before the protocol above, if it did.</summary>
    public Defect Defect { get; private set; }

    private bool _lastFragment;

    /// <summary>Goes to the next header.</summary>
    /// <returns>False at the protocol above, behind the header of a fragment that is not the first, or at a cut header.</returns>
    public bool MoveNext()
    {
        if (!Ipv6Extension.IsExtension(Next) || _lastFragment)
        {
            return false;
        }

        var rest = _bytes[_length..];
        if (rest.Length < 8)
        {
            Defect = Defect.Truncated("IPv6 extension header");
            return false;
        }

        var length = Next switch
        {
            IpProtocol.Fragment => 8,
            IpProtocol.AuthenticationHeader => (rest[1] + 2) * 4,
            _ => (rest[1] + 1) * 8,
        };
        if (rest.Length < length)
        {
            Defect = Defect.Truncated("IPv6 extension header");
            return false;
        }

        Current = new Ipv6Extension(Next, rest[..length]);
        _lastFragment = Current.TryGetFragment(out var fragment) && fragment.Offset > 0;
        Next = Current.Next;
        _length += length;
        return true;
    }

    /// <summary>This, so that foreach works.</summary>
    public readonly Ipv6ExtensionEnumerator GetEnumerator() => this;
}
