using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// Ethernet II (IEEE 802.3 clause 3) with any number of VLAN tags:
//
//    0                   6                   12      14
//    | destination (6)   | source (6)        | type  | payload …
//    | destination (6)   | source (6)        | TPID  | TCI | type | payload …

/// <summary>Reads an Ethernet frame and its VLAN tags where they lie.</summary>
public readonly ref struct EthernetReader
{
    private readonly ReadOnlySpan<byte> _bytes;
    private readonly int _payloadOffset;

    private EthernetReader(ReadOnlySpan<byte> bytes, int payloadOffset)
    {
        _bytes = bytes;
        _payloadOffset = payloadOffset;
    }

    /// <summary>Looks at the start of a frame.</summary>
    /// <param name="bytes">The frame, without its check sequence.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <returns>False when addresses, tags or type are cut.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out EthernetReader reader) => TryParse(bytes, out reader, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out EthernetReader)"/>
    /// <param name="bytes">The frame, without its check sequence.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out EthernetReader reader, out Defect defect)
    {
        reader = default;
        defect = default;
        if (bytes.Length < EthernetHeader.Size)
        {
            defect = Defect.Truncated("Ethernet header");
            return false;
        }

        var offset = EthernetHeader.Size;
        while (EtherTypes.IsVlan(ReadUInt16BigEndian(bytes[(offset - 2)..])))
        {
            offset += VlanTag.Size;
            if (bytes.Length < offset)
            {
                defect = Defect.Truncated("VLAN tag");
                return false;
            }
        }

        reader = new EthernetReader(bytes, offset);
        return true;
    }

    /// <summary>Destination address.</summary>
    public MacAddress Destination => MacAddress.Read(_bytes);

    /// <summary>Source address.</summary>
    public MacAddress Source => MacAddress.Read(_bytes[6..]);

    /// <summary>The type after all tags; below 0x0600 it is the length of an 802.3 frame.</summary>
    public ushort EtherType => ReadUInt16BigEndian(_bytes[(_payloadOffset - 2)..]);

    /// <summary>Number of VLAN tags.</summary>
    public int VlanCount => (_payloadOffset - EthernetHeader.Size) / VlanTag.Size;

    /// <summary>Where the payload starts.</summary>
    public int PayloadOffset => _payloadOffset;

    /// <summary>What follows addresses, tags and type; may end with padding.</summary>
    public ReadOnlySpan<byte> Payload => _bytes[_payloadOffset..];

    /// <summary>One VLAN tag.</summary>
    /// <param name="index">0 for the outermost.</param>
    /// <exception cref="ArgumentOutOfRangeException">There are not that many.</exception>
    public VlanTag Vlan(int index)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(index);
        ArgumentOutOfRangeException.ThrowIfGreaterThanOrEqual(index, VlanCount);
        var at = 12 + (index * VlanTag.Size);
        return new VlanTag(ReadUInt16BigEndian(_bytes[at..]), ReadUInt16BigEndian(_bytes[(at + 2)..]));
    }
}

/// <summary>The first fourteen bytes of a frame, to be written.</summary>
/// <param name="Destination">Destination address.</param>
/// <param name="Source">Source address.</param>
/// <param name="EtherType">What follows.</param>
public readonly record struct EthernetHeader(MacAddress Destination, MacAddress Source, ushort EtherType)
{
    /// <summary>Bytes of the header without tags: 14.</summary>
    public const int Size = 14;

    /// <summary>Writes the header without tags.</summary>
    /// <param name="destination">At least 14 bytes.</param>
    /// <returns>Bytes written: 14.</returns>
    public int Write(Span<byte> destination)
    {
        WriteUInt16BigEndian(destination[12..], EtherType);
        Source.CopyTo(destination[6..]);
        Destination.CopyTo(destination);
        return Size;
    }

    /// <summary>Writes the header with VLAN tags.</summary>
    /// <param name="destination">At least 14 bytes, and 4 for each tag.</param>
    /// <param name="tags">The tags, outermost first.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, ReadOnlySpan<VlanTag> tags)
    {
        var length = Size + (tags.Length * VlanTag.Size);
        WriteUInt16BigEndian(destination[(length - 2)..], EtherType);
        Source.CopyTo(destination[6..]);
        Destination.CopyTo(destination);
        for (var i = 0; i < tags.Length; i++)
        {
            tags[i].Write(destination[(12 + (i * VlanTag.Size))..]);
        }

        return length;
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!EthernetReader.TryParse(d.Bytes[at..end], out var r, out var defect))
        {
            d.Broken("Ethernet", at, end, defect);
            return;
        }

        var layer = d.Layer("Ethernet", at, Size, $"{r.Source} > {r.Destination}");
        layer.Line = at == 0 ? layer.Summary : $"[{layer.Summary}]";
        layer.Add("Destination", 0, 6, r.Destination);
        layer.Add("Source", 6, 6, r.Source);
        for (var i = 0; i < r.VlanCount; i++)
        {
            VlanTag.Describe(d, at + 12 + (i * VlanTag.Size), r.Vlan(i));
        }

        var payload = at + r.PayloadOffset;
        if (r.EtherType >= EtherTypes.FirstType)
        {
            layer.Hex("Type", r.PayloadOffset - 2, 2, r.EtherType, EtherTypes.NameOf(r.EtherType));
            d.EtherType(r.EtherType, payload, end);
        }
        else
        {
            layer.Add("Length", r.PayloadOffset - 2, 2, r.EtherType);
            LlcHeader.Describe(d, payload, Math.Min(end, payload + r.EtherType));
            d.Data(Math.Min(end, payload + r.EtherType), end, "Padding");
        }
    }
}
