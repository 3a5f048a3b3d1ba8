using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// GENEVE (RFC 8926), in UDP to port 6081:
//
//    |Ver|  Opt Len  |O|C|    Rsvd.  |          Protocol Type        |
//    |        Virtual Network Identifier (VNI)       |    Reserved   |
//    |  options: class (2) | C, type | R R R, length in 4 B | data   |

/// <summary>A GENEVE header and what is behind it.</summary>
public readonly record struct GenevePacket
{
    /// <summary>Bytes of the header without options: 8.</summary>
    public const int MinimumHeaderLength = 8;

    /// <summary>The UDP port.</summary>
    public const ushort Port = 6081;

    /// <summary>Virtual network identifier, 24 bits.</summary>
    public int Vni { get; init; }

    /// <summary>EtherType of the payload; Ethernet is <see cref="EtherTypes.TransparentEthernetBridging"/>.</summary>
    public ushort ProtocolType { get; init; }

    /// <summary>O: a control packet.</summary>
    public bool IsControl { get; init; }

    /// <summary>C: there are options that must be understood.</summary>
    public bool HasCriticalOptions { get; init; }

    /// <summary>Options as bytes, a multiple of 4; see <see cref="GeneveOptionEnumerator"/>.</summary>
    public ReadOnlyMemory<byte> Options { get; init; }

    /// <summary>What the tunnel carries.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>What is inside as a frame, copied (see <see cref="Frame.Inner"/>); null when the tunnel carries neither Ethernet nor IP.</summary>
    public Frame? Inner => Frame.Carried(ProtocolType, Payload.Span);

    /// <summary>Reads what a UDP datagram carries; options and payload share the memory.</summary>
    /// <param name="bytes">The datagram's payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <returns>False when header or options are cut, or the version is not 0.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out GenevePacket packet) => TryParse(bytes, out packet, out _);

    /// <inheritdoc cref="TryParse(ReadOnlyMemory{byte}, out GenevePacket)"/>
    /// <param name="bytes">The datagram's payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out GenevePacket packet, out Defect defect)
    {
        packet = default;
        defect = default;
        var span = bytes.Span;
        if (span.Length < MinimumHeaderLength)
        {
            defect = Defect.Truncated("GENEVE header");
            return false;
        }

        if (span[0] >> 6 != 0)
        {
            defect = Defect.Malformed("GENEVE version is not 0");
            return false;
        }

        var length = MinimumHeaderLength + ((span[0] & 0x3F) * 4);
        if (span.Length < length)
        {
            defect = Defect.Truncated("GENEVE options");
            return false;
        }

        packet = new GenevePacket
        {
            Vni = (int)(ReadUInt32BigEndian(span[4..]) >> 8),
            ProtocolType = ReadUInt16BigEndian(span[2..]),
            IsControl = (span[1] & 0x80) != 0,
            HasCriticalOptions = (span[1] & 0x40) != 0,
            Options = bytes[MinimumHeaderLength..length],
            Payload = bytes[length..],
        };
        return true;
    }

    /// <summary>Reads what only its port says to be a packet: it must carry something that has an EtherType.</summary>
    internal static bool TryRecognise(ReadOnlyMemory<byte> bytes, out GenevePacket packet, out Defect defect)
    {
        if (TryParse(bytes, out packet, out defect) && packet.ProtocolType >= EtherTypes.FirstType)
        {
            return true;
        }

        defect = defect.IsNone ? Defect.Malformed("GENEVE packet that carries nothing") : defect;
        packet = default;
        return false;
    }

    /// <summary>Writes header, options and payload.</summary>
    /// <param name="destination">Room for 8 bytes, options and payload.</param>
    /// <returns>Bytes written.</returns>
    /// <exception cref="ArgumentException">Options of more than 252 bytes, or not a multiple of 4; or too little room.</exception>
    public int Write(Span<byte> destination)
    {
        if (Options.Length > 252 || Options.Length % 4 != 0)
        {
            throw new ArgumentException($"GENEVE options have at most 252 bytes, a multiple of 4, not {Options.Length}.", nameof(destination));
        }

        Payload.Span.CopyTo(destination[(MinimumHeaderLength + Options.Length)..]);
        Options.Span.CopyTo(destination[MinimumHeaderLength..]);
        destination[0] = (byte)(Options.Length / 4);
        destination[1] = (byte)((IsControl ? 0x80 : 0) | (HasCriticalOptions ? 0x40 : 0));
        WriteUInt16BigEndian(destination[2..], ProtocolType);
        WriteUInt32BigEndian(destination[4..], (uint)Vni << 8);
        return MinimumHeaderLength + Options.Length + Payload.Length;
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!TryRecognise(d.Memory[at..end], out var packet, out var defect))
        {
            d.Suspected("GENEVE", at, end, defect);
            return;
        }

        var header = MinimumHeaderLength + packet.Options.Length;
        var layer = d.Layer("GENEVE", at, header, $"vni {packet.Vni}");
        layer.Add("Options length", 0, 1, packet.Options.Length);
        layer.Add("Control", 1, 1, packet.IsControl);
        layer.Add("Critical options", 1, 1, packet.HasCriticalOptions);
        layer.Hex("Protocol type", 2, 2, packet.ProtocolType, EtherTypes.NameOf(packet.ProtocolType));
        layer.Add("VNI", 4, 3, packet.Vni);
        var walk = new GeneveOptionEnumerator(packet.Options.Span);
        var optionAt = MinimumHeaderLength;
        while (walk.MoveNext())
        {
            var option = walk.Current;
            var field = layer.Add("Option", optionAt, 4 + option.Data.Length, Convert.ToHexStringLower(option.Data));
            field.Child("Class", 0, 2, $"0x{option.Class:x4}");
            field.Child("Type", 2, 1, $"0x{option.Type:x2}", option.IsCritical ? "critical" : null);
            optionAt += 4 + option.Data.Length;
        }

        layer.Defect = walk.Defect;
        d.EtherType(packet.ProtocolType, at + header, end);
    }
}

/// <summary>A GENEVE option where it lies.</summary>
public readonly ref struct GeneveOption
{
    internal GeneveOption(ReadOnlySpan<byte> bytes) => Bytes = bytes;

    /// <summary>The option with its four bytes of header.</summary>
    public ReadOnlySpan<byte> Bytes { get; }

    /// <summary>Who defined the option; 0x0102 is OVN's.</summary>
    public ushort Class => ReadUInt16BigEndian(Bytes);

    /// <summary>What it is, the critical bit included.</summary>
    public byte Type => Bytes[2];

    /// <summary>Whoever does not know the option must drop the packet.</summary>
    public bool IsCritical => (Type & 0x80) != 0;

    /// <summary>What it says.</summary>
    public ReadOnlySpan<byte> Data => Bytes[4..];
}

/// <summary>Walks GENEVE options.</summary>
public ref struct GeneveOptionEnumerator
{
    private ReadOnlySpan<byte> _rest;

    /// <summary>Starts before the first option.</summary>
    /// <param name="options">See <see cref="GenevePacket.Options"/>.</param>
    public GeneveOptionEnumerator(ReadOnlySpan<byte> options) => _rest = options;

    /// <summary>The option at which the walk is.</summary>
    public GeneveOption Current { get; private set; }

    /// <summary>Why the walk ended early, if it did.</summary>
    public Defect Defect { get; private set; }

    /// <summary>Goes to the next option.</summary>
    /// <returns>False at the end, or where an option is longer than the header.</returns>
    public bool MoveNext()
    {
        if (_rest.IsEmpty)
        {
            return false;
        }

        var length = _rest.Length < 4 ? 4 : 4 + ((_rest[3] & 0x1F) * 4);
        if (_rest.Length < length)
        {
            Defect = Defect.Malformed("GENEVE option longer than its header");
            _rest = default;
            return false;
        }

        Current = new GeneveOption(_rest[..length]);
        _rest = _rest[length..];
        return true;
    }

    /// <summary>This, so that foreach works.</summary>
    public readonly GeneveOptionEnumerator GetEnumerator() => this;
}
