using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// LACP (IEEE 802.1AX 6.4.2), EtherType 0x8809, to 01:80:c2:00:00:02, 110 bytes:
//
//    | subtype 1 | version 1 | 1 | 20 | actor (18) | 2 | 20 | partner (18) | 3 | 16 | maximum delay (2) | 0 (12) | 0 | 0 | 0 (50) |
//    actor, partner: | system priority (2) | system (6) | key (2) | port priority (2) | port (2) | state | 0 (3) |

/// <summary>State of a port in LACP.</summary>
[Flags]
public enum LacpState : byte
{
    /// <summary>No bit.</summary>
    None = 0,

    /// <summary>Sends on its own account.</summary>
    Active = 0x01,

    /// <summary>Wants a packet every second, not every 30.</summary>
    ShortTimeout = 0x02,

    /// <summary>May join an aggregate.</summary>
    Aggregatable = 0x04,

    /// <summary>Is in the right aggregate.</summary>
    Synchronized = 0x08,

    /// <summary>Takes frames.</summary>
    Collecting = 0x10,

    /// <summary>Sends frames.</summary>
    Distributing = 0x20,

    /// <summary>Has heard of no partner.</summary>
    Defaulted = 0x40,

    /// <summary>The partner's information is too old.</summary>
    Expired = 0x80,
}

/// <summary>One side of a link in LACP.</summary>
/// <param name="SystemPriority">Priority of the system.</param>
/// <param name="System">MAC address of the system.</param>
/// <param name="Key">Ports with one key may be joined.</param>
/// <param name="PortPriority">Priority of the port.</param>
/// <param name="Port">Number of the port.</param>
/// <param name="State">State of the port.</param>
public readonly record struct LacpParty(ushort SystemPriority, MacAddress System, ushort Key, ushort PortPriority, ushort Port, LacpState State)
{
    internal static LacpParty Read(ReadOnlySpan<byte> b) => new(
        ReadUInt16BigEndian(b), MacAddress.Read(b[2..]), ReadUInt16BigEndian(b[8..]), ReadUInt16BigEndian(b[10..]), ReadUInt16BigEndian(b[12..]),
            (LacpState)b[14]);

    internal void Write(Span<byte> b)
    {
        WriteUInt16BigEndian(b, SystemPriority);
        System.CopyTo(b[2..]);
        WriteUInt16BigEndian(b[8..], Key);
        WriteUInt16BigEndian(b[10..], PortPriority);
        WriteUInt16BigEndian(b[12..], Port);
        b[14] = (byte)State;
    }
}

/// <summary>A LACP packet.</summary>
/// <param name="Actor">The sender.</param>
/// <param name="Partner">What the sender knows of the receiver.</param>
/// <param name="CollectorMaximumDelay">Tens of microseconds for which a collector may hold frames.</param>
public readonly record struct LacpPacket(LacpParty Actor, LacpParty Partner, ushort CollectorMaximumDelay = 0)
{
    /// <summary>Bytes of a packet: 110.</summary>
    public const int Size = 110;

    /// <summary>01:80:c2:00:00:02, which no bridge forwards.</summary>
    public static MacAddress Group => MacAddress.FromUInt64(0x0180_C200_0002);

    /// <summary>Reads the payload of a frame of EtherType 0x8809.</summary>
    /// <param name="bytes">The payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <returns>False when it is cut, or another slow protocol.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out LacpPacket packet) => TryParse(bytes, out packet, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out LacpPacket)"/>
    /// <param name="bytes">The payload.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out LacpPacket packet, out Defect defect)
    {
        packet = default;
        defect = default;
        if (bytes.Length > 0 && bytes[0] != 1)
        {
            defect = Defect.Malformed("slow protocol that is not LACP");
        }
        else if (bytes.Length < Size)
        {
            defect = Defect.Truncated("LACP packet");
        }
        else if (bytes[2] != 1 || bytes[3] != 20 || bytes[22] != 2 || bytes[23] != 20)
        {
            defect = Defect.Malformed("LACP packet without actor and partner");
        }
        else
        {
            packet = new LacpPacket(LacpParty.Read(bytes[4..]), LacpParty.Read(bytes[24..]), bytes[42] == 3 ? ReadUInt16BigEndian(bytes[44..]) : (ushort)0);
            return true;
        }

        return false;
    }

    /// <summary>Writes the packet.</summary>
    /// <param name="destination">At least 110 bytes.</param>
    /// <returns>Bytes written: 110.</returns>
    public int Write(Span<byte> destination)
    {
        var b = destination[..Size];
        b.Clear();
        (b[0], b[1], b[2], b[3], b[22], b[23], b[42], b[43]) = (1, 1, 1, 20, 2, 20, 3, 16);
        Actor.Write(b[4..]);
        Partner.Write(b[24..]);
        WriteUInt16BigEndian(b[44..], CollectorMaximumDelay);
        return Size;
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (at < end && d.Bytes[at] != 1)
        {
            d.Layer("Slow protocol", at, 0, $"subtype {d.Bytes[at]}");
            d.Data(at, end);
            return;
        }

        if (!TryParse(d.Bytes[at..end], out var packet, out var defect))
        {
            d.Broken("LACP", at, end, defect);
            return;
        }

        var layer = d.Layer("LACP", at, Size,
            $"actor {packet.Actor.System} port {packet.Actor.Port} key {packet.Actor.Key} [{packet.Actor.State}] partner {packet.Partner.System}" +
                $" port {packet.Partner.Port}");
        layer.Add("Version", 1, 1, d.Bytes[at + 1]);
        Party(layer, "Actor", 4, packet.Actor);
        Party(layer, "Partner", 24, packet.Partner);
        layer.Add("Collector maximum delay", 44, 2, packet.CollectorMaximumDelay);
        d.Data(at + Size, end, "Padding");
    }

    private static void Party(Layer layer, string name, int at, LacpParty party)
    {
        var field = layer.Add(name, at, 15, party.System.ToString());
        field.Child("System priority", 0, 2, party.SystemPriority);
        field.Child("Key", 8, 2, party.Key);
        field.Child("Port priority", 10, 2, party.PortPriority);
        field.Child("Port", 12, 2, party.Port);
        field.Child("State", 14, 1, $"0x{(byte)party.State:x2}", party.State.ToString());
    }
}
