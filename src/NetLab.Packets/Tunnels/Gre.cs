using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// GRE (RFC 2784, key and sequence number RFC 2890):
//
//    |C| |K|S| Reserved0       | Ver |         Protocol Type         |
//    |      Checksum (if C)          |       Reserved1 (if C)        |
//    |                         Key (if K)                            |
//    |                 Sequence Number (if S)                        |

/// <summary>A GRE header and what is behind it.</summary>
public readonly record struct GrePacket
{
    /// <summary>EtherType of the payload; Ethernet is <see cref="EtherTypes.TransparentEthernetBridging"/>.</summary>
    public ushort ProtocolType { get; init; }

    /// <summary>There is a checksum over header and payload; computed when written.</summary>
    public bool HasChecksum { get; init; }

    /// <summary>The checksum as it was read.</summary>
    public ushort Checksum { get; init; }

    /// <summary>Key; null without one.</summary>
    public uint? Key { get; init; }

    /// <summary>Sequence number; null without one.</summary>
    public uint? SequenceNumber { get; init; }

    /// <summary>What the tunnel carries.</summary>
    public ReadOnlyMemory<byte> Payload { get; init; }

    /// <summary>Bytes of the header: 4 to 16.</summary>
    public int HeaderLength => 4 + (HasChecksum ? 4 : 0) + (Key is null ? 0 : 4) + (SequenceNumber is null ? 0 : 4);

    /// <summary>What is inside as a frame, copied (see <see cref="Frame.Inner"/>); null when the tunnel carries neither Ethernet nor IP.</summary>
    public Frame? Inner => Frame.Carried(ProtocolType, Payload.Span);

    /// <summary>Reads what an IP packet carries; <see cref="Payload"/> shares the memory.</summary>
    /// <param name="bytes">The IP packet's payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <returns>False when the header is cut, of version 1 (PPTP), or has the routing of RFC 1701.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out GrePacket packet) => TryParse(bytes, out packet, out _);

    /// <inheritdoc cref="TryParse(ReadOnlyMemory{byte}, out GrePacket)"/>
    /// <param name="bytes">The IP packet's payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out GrePacket packet, out Defect defect)
    {
        packet = default;
        defect = default;
        var span = bytes.Span;
        if (span.Length < 4)
        {
            defect = Defect.Truncated("GRE header");
            return false;
        }

        var flags = ReadUInt16BigEndian(span);
        if ((flags & 0x4007) != 0)
        {
            defect = Defect.Malformed((flags & 7) != 0 ? "GRE version is not 0" : "GRE with routing");
            return false;
        }

        var (hasChecksum, hasKey, hasSequence) = ((flags & 0x8000) != 0, (flags & 0x2000) != 0, (flags & 0x1000) != 0);
        var keyAt = hasChecksum ? 8 : 4;
        var sequenceAt = keyAt + (hasKey ? 4 : 0);
        var length = sequenceAt + (hasSequence ? 4 : 0);
        if (span.Length < length)
        {
            defect = Defect.Truncated("GRE header");
            return false;
        }

        packet = new GrePacket
        {
            ProtocolType = ReadUInt16BigEndian(span[2..]),
            HasChecksum = hasChecksum,
            Checksum = hasChecksum ? ReadUInt16BigEndian(span[4..]) : (ushort)0,
            Key = hasKey ? ReadUInt32BigEndian(span[keyAt..]) : null,
            SequenceNumber = hasSequence ? ReadUInt32BigEndian(span[sequenceAt..]) : null,
            Payload = bytes[length..],
        };
        return true;
    }

    /// <summary>Writes header and payload; a checksum is computed.</summary>
    /// <param name="destination">Room for all of it.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination)
    {
        var packet = destination[..(HeaderLength + Payload.Length)];
        Payload.Span.CopyTo(packet[HeaderLength..]);
        WriteUInt16BigEndian(packet, (ushort)((HasChecksum ? 0x8000 : 0) | (Key is null ? 0 : 0x2000) | (SequenceNumber is null ? 0 : 0x1000)));
        WriteUInt16BigEndian(packet[2..], ProtocolType);
        var at = 4;
        if (HasChecksum)
        {
            WriteUInt32BigEndian(packet[at..], 0);
            at += 4;
        }

        if (Key is { } key)
        {
            WriteUInt32BigEndian(packet[at..], key);
            at += 4;
        }

        if (SequenceNumber is { } sequence)
        {
            WriteUInt32BigEndian(packet[at..], sequence);
        }

        if (HasChecksum)
        {
            WriteUInt16BigEndian(packet[4..], InternetChecksum.Of(packet));
        }

        return packet.Length;
    }

    internal static void Describe(Dissection d, int at, int end, in IpContext ip)
    {
        if (!TryParse(d.Memory[at..end], out var packet, out var defect))
        {
            d.Broken("GRE", at, end, defect);
            return;
        }

        var text = packet.Key is { } k ? $"key {k}" : "";
        var layer = d.Layer("GRE", at, packet.HeaderLength, packet.SequenceNumber is { } s ? $"{text} seq {s}".TrimStart() : text);
        layer.Hex("Flags", 0, 2, ReadUInt16BigEndian(d.Bytes[at..]));
        layer.Hex("Protocol type", 2, 2, packet.ProtocolType, EtherTypes.NameOf(packet.ProtocolType));
        var field = 4;
        if (packet.HasChecksum)
        {
            layer.Checksum(field, packet.Checksum, ip.RightChecksum(d.Bytes[at..end], 4, withPseudoHeader: false));
            field += 4;
        }

        if (packet.Key is { } key)
        {
            layer.Hex("Key", field, 4, key);
            field += 4;
        }

        if (packet.SequenceNumber is { } sequence)
        {
            layer.Add("Sequence number", field, 4, sequence);
        }

        d.EtherType(packet.ProtocolType, at + packet.HeaderLength, end);
    }
}
