using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// Neighbor solicitation and advertisement (RFC 4861 4.3, 4.4), in ICMPv6:
//
//    |  135 or 136   |       0       |           Checksum            |
//    |R|S|O|                     reserved                            |
//    |                      Target Address (16)                      |
//    |  options; see NdpOption                                       |

/// <summary>Who has this address?</summary>
/// <param name="Target">The address asked for.</param>
/// <param name="SourceMac">The asker's MAC address; null in duplicate address detection.</param>
public readonly record struct NeighborSolicitation(Ipv6Address Target, MacAddress? SourceMac)
{
    /// <summary>Reads an ICMPv6 message.</summary>
    /// <param name="message">The message from its type on.</param>
    /// <param name="solicitation">What it says when this returns true.</param>
    /// <returns>False when it is something else, cut or malformed.</returns>
    public static bool TryParse(ReadOnlySpan<byte> message, out NeighborSolicitation solicitation) => TryParse(message, out solicitation, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out NeighborSolicitation)"/>
    /// <param name="message">The message from its type on.</param>
    /// <param name="solicitation">What it says when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> message, out NeighborSolicitation solicitation, out Defect defect)
    {
        solicitation = default;
        if (!NeighborMessage.TryParse(message, Icmpv6Type.NeighborSolicitation, NdpOptionType.SourceLinkLayerAddress, out var target, out var mac, out defect))
        {
            return false;
        }

        solicitation = new NeighborSolicitation(target, mac);
        return true;
    }

    /// <summary>Writes the whole ICMPv6 message.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    /// <param name="pseudoHeader">The partial checksum of the pseudo header, for <see cref="Length"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, ulong pseudoHeader) =>
        NeighborMessage.Write(destination, Icmpv6Type.NeighborSolicitation, 0, Target, NdpOptionType.SourceLinkLayerAddress, SourceMac, pseudoHeader);

    /// <summary>Bytes of the message: 24, or 32 with a MAC address.</summary>
    public int Length => SourceMac is null ? 24 : 32;
}

/// <summary>I have this address.</summary>
/// <param name="Target">The address.</param>
/// <param name="TargetMac">Its MAC address.</param>
/// <param name="Router">The sender is a router.</param>
/// <param name="Solicited">The answer to a solicitation.</param>
/// <param name="Override">Replaces what neighbours have cached.</param>
public readonly record struct NeighborAdvertisement(Ipv6Address Target, MacAddress? TargetMac, bool Router = false, bool Solicited = false,
    bool Override = false)
{
    /// <summary>Reads an ICMPv6 message.</summary>
    /// <param name="message">The message from its type on.</param>
    /// <param name="advertisement">What it says when this returns true.</param>
    /// <returns>False when it is something else, cut or malformed.</returns>
    public static bool TryParse(ReadOnlySpan<byte> message, out NeighborAdvertisement advertisement) => TryParse(message, out advertisement, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out NeighborAdvertisement)"/>
    /// <param name="message">The message from its type on.</param>
    /// <param name="advertisement">What it says when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> message, out NeighborAdvertisement advertisement, out Defect defect)
    {
        advertisement = default;
        if (!NeighborMessage.TryParse(message, Icmpv6Type.NeighborAdvertisement, NdpOptionType.TargetLinkLayerAddress, out var target, out var mac, out defect))
        {
            return false;
        }

        var flags = message[4];
        advertisement = new NeighborAdvertisement(target, mac, (flags & 0x80) != 0, (flags & 0x40) != 0, (flags & 0x20) != 0);
        return true;
    }

    /// <summary>Writes the whole ICMPv6 message.</summary>
    /// <param name="destination">At least 32 bytes.</param>
    /// <param name="pseudoHeader">The partial checksum of the pseudo header, for <see cref="Length"/> bytes.</param>
    /// <returns>Bytes written.</returns>
    public int Write(Span<byte> destination, ulong pseudoHeader)
    {
        var flags = (byte)((Router ? 0x80 : 0) | (Solicited ? 0x40 : 0) | (Override ? 0x20 : 0));
        return NeighborMessage.Write(destination, Icmpv6Type.NeighborAdvertisement, flags, Target, NdpOptionType.TargetLinkLayerAddress, TargetMac,
            pseudoHeader);
    }

    /// <summary>Bytes of the message: 24, or 32 with a MAC address.</summary>
    public int Length => TargetMac is null ? 24 : 32;
}

/// <summary>What both messages share.</summary>
internal static class NeighborMessage
{
    public static bool TryParse(ReadOnlySpan<byte> message, Icmpv6Type type, NdpOptionType linkLayerOption, out Ipv6Address target,
        out MacAddress? mac, out Defect defect)
    {
        target = default;
        mac = null;
        defect = default;
        if (message.Length < 24)
        {
            defect = Defect.Truncated("neighbor discovery message");
            return false;
        }

        if (message[0] != (byte)type)
        {
            defect = Defect.Malformed("not the expected ICMPv6 type");
            return false;
        }

        target = Ipv6Address.Read(message[8..]);
        return TryFindMac(message[24..], linkLayerOption, out mac, out defect);
    }

    /// <summary>Walks all options; one that is malformed makes the message malformed (RFC 4861 4.6).</summary>
    public static bool TryFindMac(ReadOnlySpan<byte> options, NdpOptionType linkLayerOption, out MacAddress? mac, out Defect defect)
    {
        mac = null;
        var walk = new NdpOptionEnumerator(options);
        while (walk.MoveNext())
        {
            if (mac is null && walk.Current.Type == linkLayerOption)
            {
                mac = MacAddress.Read(walk.Current.Bytes[2..]);
            }
        }

        defect = walk.Defect;
        return defect.IsNone;
    }

    public static int Write(Span<byte> destination, Icmpv6Type type, byte flags, Ipv6Address target, NdpOptionType option, MacAddress? mac, ulong pseudoHeader)
    {
        var message = destination[..(mac is null ? 24 : 32)];
        message[..8].Clear();
        message[0] = (byte)type;
        message[4] = flags;
        target.CopyTo(message[8..]);
        if (mac is { } address)
        {
            message[24] = (byte)option;
            message[25] = 1;
            address.CopyTo(message[26..]);
        }

        WriteUInt16BigEndian(message[2..], InternetChecksum.Of(message, pseudoHeader));
        return message.Length;
    }
}
