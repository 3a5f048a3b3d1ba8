using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// ARP and RARP for IPv4 over Ethernet (RFC 826, RFC 903):
//
//    0       2       4    5    6           8
//    | htype | ptype | 6  | 4  | operation | sender MAC (6) | sender IP (4) | target MAC (6) | target IP (4) |

/// <summary>What an ARP or RARP packet does.</summary>
public enum ArpOperation : ushort
{
    /// <summary>Who has the target's IP address?</summary>
    Request = 1,

    /// <summary>The sender has it.</summary>
    Reply = 2,

    /// <summary>Which IP address has the target's MAC address (RARP)?</summary>
    ReverseRequest = 3,

    /// <summary>The target's IP address is this (RARP).</summary>
    ReverseReply = 4,
}

/// <summary>Reads an ARP or RARP packet where it lies.</summary>
public readonly ref struct ArpReader
{
    private readonly ReadOnlySpan<byte> _bytes;

    private ArpReader(ReadOnlySpan<byte> bytes) => _bytes = bytes;

    /// <summary>Looks at the payload of a frame of EtherType 0x0806 or 0x8035.</summary>
    /// <param name="bytes">The payload; padding is ignored.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <returns>False when it is cut, or not about IPv4 over Ethernet.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ArpReader reader) => TryParse(bytes, out reader, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out ArpReader)"/>
    /// <param name="bytes">The payload; padding is ignored.</param>
    /// <param name="reader">The view when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ArpReader reader, out Defect defect)
    {
        reader = default;
        defect = default;
        if (bytes.Length < 8)
        {
            defect = Defect.Truncated("ARP header");
        }
        else if (ReadUInt64BigEndian(bytes) >> 16 != 0x0001_0800_0604)
        {
            defect = Defect.Malformed("ARP that is not about IPv4 over Ethernet");
        }
        else if (bytes.Length < ArpPacket.Size)
        {
            defect = Defect.Truncated("ARP addresses");
        }
        else
        {
            reader = new ArpReader(bytes);
            return true;
        }

        return false;
    }

    /// <summary>Request, reply, or their reverse.</summary>
    public ArpOperation Operation => (ArpOperation)ReadUInt16BigEndian(_bytes[6..]);

    /// <summary>The sender's MAC address.</summary>
    public MacAddress SenderMac => MacAddress.Read(_bytes[8..]);

    /// <summary>The sender's IP address; 0.0.0.0 in a probe (RFC 5227).</summary>
    public Ipv4Address SenderIp => Ipv4Address.Read(_bytes[14..]);

    /// <summary>The target's MAC address; zero in a request.</summary>
    public MacAddress TargetMac => MacAddress.Read(_bytes[18..]);

    /// <summary>The target's IP address.</summary>
    public Ipv4Address TargetIp => Ipv4Address.Read(_bytes[24..]);
}

/// <summary>An ARP or RARP packet for IPv4 over Ethernet.</summary>
/// <param name="Operation">Request, reply, or their reverse.</param>
/// <param name="SenderMac">The sender's MAC address.</param>
/// <param name="SenderIp">The sender's IP address; 0.0.0.0 in a probe (RFC 5227).</param>
/// <param name="TargetMac">The target's MAC address; zero in a request.</param>
/// <param name="TargetIp">The target's IP address.</param>
public readonly record struct ArpPacket(ArpOperation Operation, MacAddress SenderMac, Ipv4Address SenderIp, MacAddress TargetMac, Ipv4Address TargetIp)
{
    /// <summary>Bytes of a packet: 28.</summary>
    public const int Size = 28;

    /// <summary>A node announces its own address to all (RFC 5227: sender and target address are the same).</summary>
    public bool IsGratuitous => SenderIp == TargetIp && Operation is (ArpOperation.Request or ArpOperation.Reply);

    /// <summary>Reads the payload of a frame of EtherType 0x0806 or 0x8035.</summary>
    /// <param name="bytes">The payload; padding is ignored.</param>
    /// <param name="packet">The packet when this returns true.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out ArpPacket packet)
    {
        if (ArpReader.TryParse(bytes, out var r))
        {
            packet = new ArpPacket(r.Operation, r.SenderMac, r.SenderIp, r.TargetMac, r.TargetIp);
            return true;
        }

        packet = default;
        return false;
    }

    /// <summary>Writes the packet.</summary>
    /// <param name="destination">At least 28 bytes.</param>
    /// <returns>Bytes written: 28.</returns>
    public int Write(Span<byte> destination)
    {
        TargetIp.CopyTo(destination[24..]);
        WriteUInt64BigEndian(destination, 0x0001_0800_0604_0000UL | (ushort)Operation);
        SenderMac.CopyTo(destination[8..]);
        SenderIp.CopyTo(destination[14..]);
        TargetMac.CopyTo(destination[18..]);
        return Size;
    }

    /// <summary>"who-has 10.0.0.2 tell 10.0.0.1", "10.0.0.2 is-at fa:16:3e:00:00:02".</summary>
    public override string ToString() => Operation switch
    {
        ArpOperation.Request => $"who-has {TargetIp} tell {SenderIp}",
        ArpOperation.Reply => $"{SenderIp} is-at {SenderMac}",
        ArpOperation.ReverseRequest => $"who-is {TargetMac} tell {SenderMac}",
        ArpOperation.ReverseReply => $"{TargetMac} is-at {TargetIp}",
        _ => $"operation {(ushort)Operation} {SenderIp} > {TargetIp}",
    };

    internal static void Describe(Dissection d, int at, int end, ushort etherType)
    {
        var name = EtherTypes.NameOf(etherType);
        if (!ArpReader.TryParse(d.Bytes[at..end], out var r, out var defect))
        {
            d.Broken(name, at, end, defect);
            return;
        }

        var packet = new ArpPacket(r.Operation, r.SenderMac, r.SenderIp, r.TargetMac, r.TargetIp);
        var layer = d.Layer(name, at, Size, packet.ToString());
        layer.Add("Operation", 6, 2, (ushort)r.Operation, Enum.IsDefined(r.Operation) ? r.Operation.ToString() : null);
        layer.Add("Sender MAC", 8, 6, r.SenderMac);
        layer.Add("Sender IP", 14, 4, r.SenderIp);
        layer.Add("Target MAC", 18, 6, r.TargetMac);
        layer.Add("Target IP", 24, 4, r.TargetIp);
        d.Data(at + Size, end, "Padding");
    }
}
