using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// LLDP (IEEE 802.1AB), EtherType 0x88cc, to 01:80:c2:00:00:0e: TLVs with 7 bits of type and 9 of length; the first three
// are chassis id, port id and time to live, the last is the end (0).
//
//    | type (7) | length (9) | value |      organisation (127): | OUI (3) | subtype | value |

/// <summary>Types of LLDP TLVs.</summary>
public enum LldpType : byte
{
    /// <summary>End of the list.</summary>
    End = 0,

    /// <summary>Chassis id: subtype and id.</summary>
    ChassisId = 1,

    /// <summary>Port id: subtype and id.</summary>
    PortId = 2,

    /// <summary>Time to live in seconds.</summary>
    TimeToLive = 3,

    /// <summary>Port description.</summary>
    PortDescription = 4,

    /// <summary>System name.</summary>
    SystemName = 5,

    /// <summary>System description.</summary>
    SystemDescription = 6,

    /// <summary>Capabilities: those there are, those in use.</summary>
    Capabilities = 7,

    /// <summary>Management address.</summary>
    ManagementAddress = 8,

    /// <summary>Defined by an organisation.</summary>
    Organization = 127,
}

/// <summary>One TLV.</summary>
/// <param name="Type">What it is.</param>
/// <param name="Value">What it says.</param>
public readonly record struct LldpTlv(LldpType Type, ReadOnlyMemory<byte> Value)
{
    /// <summary>The value as text.</summary>
    public string Text => Encoding.UTF8.GetString(Value.Span);

    /// <summary>The value of a chassis or port id behind its subtype, readable: a MAC address, an IP address, or text.</summary>
    public string Id
    {
        get
        {
            var v = Value.Span;
            if (v.Length < 2)
            {
                return "";
            }

            var isMac = Type == LldpType.ChassisId ? v[0] == 4 : v[0] == 3;
            var isAddress = Type == LldpType.ChassisId ? v[0] == 5 : v[0] == 4;
            return (isMac, isAddress, v.Length) switch
            {
                (true, _, 7) => MacAddress.Read(v[1..]).ToString(),
                (_, true, 6) when v[1] == 1 => Ipv4Address.Read(v[2..]).ToString(),
                (_, true, 18) when v[1] == 2 => Ipv6Address.Read(v[2..]).ToString(),
                (true, _, _) or (_, true, _) => Convert.ToHexStringLower(v[1..]),
                _ => Encoding.UTF8.GetString(v[1..]),
            };
        }
    }
}

/// <summary>An LLDP packet.</summary>
public sealed record LldpPacket
{
    /// <summary>01:80:c2:00:00:0e, which no bridge forwards.</summary>
    public static MacAddress Group => MacAddress.FromUInt64(0x0180_C200_000E);

    /// <summary>TLVs without the end.</summary>
    public IReadOnlyList<LldpTlv> Tlvs { get; init; } = [];

    /// <summary>Who sends, readable.</summary>
    public string? ChassisId => Find(LldpType.ChassisId)?.Id;

    /// <summary>From which port, readable.</summary>
    public string? PortId => Find(LldpType.PortId)?.Id;

    /// <summary>Seconds for which it counts.</summary>
    public ushort? TimeToLive => Find(LldpType.TimeToLive) is { Value.Length: >= 2 } tlv ? ReadUInt16BigEndian(tlv.Value.Span) : null;

    /// <summary>The sender's name.</summary>
    public string? SystemName => Find(LldpType.SystemName)?.Text;

    /// <summary>The port's description.</summary>
    public string? PortDescription => Find(LldpType.PortDescription)?.Text;

    /// <summary>A packet as Linux daemons send it.</summary>
    /// <param name="chassis">MAC address of the sender.</param>
    /// <param name="port">Name of the port.</param>
    /// <param name="timeToLive">Seconds for which it counts.</param>
    /// <param name="systemName">Name of the sender.</param>
    public static LldpPacket Of(MacAddress chassis, string port, ushort timeToLive = 120, string? systemName = null)
    {
        var tlvs = new List<LldpTlv>
        {
            new(LldpType.ChassisId, (byte[])[4, .. chassis.ToArray()]),
            new(LldpType.PortId, (byte[])[5, .. Encoding.UTF8.GetBytes(port)]),
            new(LldpType.TimeToLive, (byte[])[(byte)(timeToLive >> 8), (byte)timeToLive]),
        };
        if (systemName is not null)
        {
            tlvs.Add(new LldpTlv(LldpType.SystemName, Encoding.UTF8.GetBytes(systemName)));
        }

        return new LldpPacket { Tlvs = tlvs };
    }

    /// <summary>Reads the payload of a frame of EtherType 0x88cc; values share the memory.</summary>
    /// <param name="bytes">The payload; padding is ignored.</param>
    /// <param name="packet">The packet when this returns true.</param>
    /// <returns>False when a TLV is cut.</returns>
    public static bool TryParse(ReadOnlyMemory<byte> bytes, out LldpPacket? packet) => TryParse(bytes, out packet, out _, out _);

    internal static bool TryParse(ReadOnlyMemory<byte> bytes, out LldpPacket? packet, out int length, out Defect defect)
    {
        packet = null;
        defect = default;
        var tlvs = new List<LldpTlv>();
        length = 0;
        while (length < bytes.Length)
        {
            if (bytes.Length - length < 2)
            {
                defect = Defect.Truncated("LLDP TLV");
                return false;
            }

            var head = ReadUInt16BigEndian(bytes.Span[length..]);
            var (type, size) = ((LldpType)(head >> 9), head & 0x1FF);
            if (bytes.Length - length - 2 < size)
            {
                defect = Defect.Truncated("LLDP TLV");
                return false;
            }

            var value = bytes.Slice(length + 2, size);
            length += 2 + size;
            if (type == LldpType.End)
            {
                break;
            }

            tlvs.Add(new LldpTlv(type, value));
        }

        if (tlvs.Count < 3)
        {
            defect = Defect.Truncated("LLDP: chassis id, port id and time to live");
            return false;
        }

        packet = new LldpPacket { Tlvs = tlvs };
        return true;
    }

    /// <summary>The TLVs and the end.</summary>
    /// <exception cref="ArgumentException">A value of more than 511 bytes.</exception>
    public byte[] ToArray()
    {
        var b = new ByteBuilder();
        foreach (var tlv in Tlvs)
        {
            if (tlv.Value.Length > 511)
            {
                throw new ArgumentException($"An LLDP TLV holds 511 bytes, not {tlv.Value.Length}.");
            }

            b.U16(((int)tlv.Type << 9) | tlv.Value.Length).Bytes(tlv.Value.Span);
        }

        return b.U16(0).ToArray();
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!TryParse(d.Memory[at..end], out var packet, out var length, out var defect))
        {
            d.Broken("LLDP", at, end, defect);
            return;
        }

        var layer = d.Layer("LLDP", at, length,
            $"chassis {packet!.ChassisId} port {packet.PortId} ttl {packet.TimeToLive}{(packet.SystemName is { } n ? $" name {n}" : "")}");
        var offset = 0;
        foreach (var tlv in packet.Tlvs)
        {
            var size = 2 + tlv.Value.Length;
            switch (tlv.Type)
            {
                case LldpType.ChassisId or LldpType.PortId when tlv.Value.Length >= 2:
                    layer.Add(tlv.Type == LldpType.ChassisId ? "Chassis id" : "Port id", offset, size, tlv.Id).Child("Subtype", 2, 1, tlv.Value.Span[0]);
                    break;
                case LldpType.TimeToLive when tlv.Value.Length >= 2:
                    layer.Add("Time to live", offset, size, ReadUInt16BigEndian(tlv.Value.Span));
                    break;
                case LldpType.PortDescription or LldpType.SystemName or LldpType.SystemDescription:
                    layer.Add(tlv.Type switch { LldpType.PortDescription => "Port description", LldpType.SystemName => "System name",
                        _ => "System description" }, offset, size, tlv.Text);
                    break;
                case LldpType.Capabilities when tlv.Value.Length == 4:
                    layer.Hex("Capabilities", offset + 2, 2, ReadUInt16BigEndian(tlv.Value.Span));
                    layer.Hex("Enabled capabilities", offset + 4, 2, ReadUInt16BigEndian(tlv.Value.Span[2..]));
                    break;
                default:
                    layer.Add(Enum.IsDefined(tlv.Type) ? tlv.Type.ToString() : $"TLV {(byte)tlv.Type}", offset, size, Convert.ToHexStringLower(tlv.Value.Span));
                    break;
            }

            offset += size;
        }

        d.Data(at + length, end, "Padding");
    }

    private LldpTlv? Find(LldpType type)
    {
        foreach (var tlv in Tlvs)
        {
            if (tlv.Type == type)
            {
                return tlv;
            }
        }

        return null;
    }
}
