using System.Text;
using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

// Spanning tree (802.1D-2004 9.3, 802.1Q-2018 14), behind LLC 42 42 03. Times are in 1/256 s:
//
//    | protocol 0 (2) | version | type | flags | root (8) | root path cost (4) | bridge (8) | port (2) |
//    | message age (2) | maximum age (2) | hello (2) | forward delay (2) | version 1 length = 0 (RSTP) |
//    MSTP: | version 3 length (2) | format | name (32) | revision (2) | digest (16) | internal cost (4) | bridge (8) | hops |
//          and 16 bytes an instance: | flags | regional root (8) | internal cost (4) | bridge prio | port prio | hops |

/// <summary>What a BPDU is.</summary>
public enum BpduType : byte
{
    /// <summary>Configuration (STP).</summary>
    Configuration = 0x00,

    /// <summary>Rapid or multiple spanning tree.</summary>
    Rapid = 0x02,

    /// <summary>The topology has changed (STP): no more fields.</summary>
    TopologyChange = 0x80,
}

/// <summary>Role of the port that sends a rapid BPDU.</summary>
public enum BpduPortRole : byte
{
    /// <summary>Unknown.</summary>
    Unknown = 0,

    /// <summary>Alternate or backup.</summary>
    AlternateOrBackup = 1,

    /// <summary>Root.</summary>
    Root = 2,

    /// <summary>Designated.</summary>
    Designated = 3,
}

/// <summary>A bridge in spanning tree: priority, of which the low 12 bits may be a VLAN or instance, and MAC address.</summary>
/// <param name="Priority">All 16 bits.</param>
/// <param name="Mac">MAC address.</param>
public readonly record struct BridgeId(ushort Priority, MacAddress Mac)
{
    internal static BridgeId Read(ReadOnlySpan<byte> bytes) => new(ReadUInt16BigEndian(bytes), MacAddress.Read(bytes[2..]));

    /// <summary>"8000.fa163e000001", as the kernel shows it.</summary>
    public override string ToString() => $"{Priority:x4}.{Mac.ToUInt64():x12}";
}

/// <summary>An instance of multiple spanning tree.</summary>
/// <param name="Flags">As in <see cref="Bpdu.Flags"/>; bit 7 is "master".</param>
/// <param name="RegionalRoot">The region's root; the low 12 bits of its priority are the instance.</param>
/// <param name="InternalPathCost">Cost to it within the region.</param>
/// <param name="BridgePriority">The sender's priority, in steps of 16.</param>
/// <param name="PortPriority">The port's priority, in steps of 16.</param>
/// <param name="RemainingHops">Hops left.</param>
public readonly record struct MstInstance(byte Flags, BridgeId RegionalRoot, uint InternalPathCost, byte BridgePriority, byte PortPriority, byte RemainingHops);

/// <summary>What a multiple spanning tree BPDU has beyond a rapid one.</summary>
/// <param name="RegionName">Name of the region's configuration, at most 32 characters.</param>
/// <param name="Revision">Revision of it.</param>
/// <param name="Digest">Digest of its table of VLANs, 16 bytes, as hexadecimal text.</param>
/// <param name="InternalPathCost">Cost to the regional root of the common tree.</param>
/// <param name="Bridge">The sending bridge; <see cref="Bpdu.Bridge"/> is the regional root.</param>
/// <param name="RemainingHops">Hops left.</param>
/// <param name="Instances">Instances.</param>
public sealed record MstExtension(string RegionName, ushort Revision, string Digest, uint InternalPathCost, BridgeId Bridge, byte RemainingHops,
    params IReadOnlyList<MstInstance> Instances);

/// <summary>A spanning tree BPDU.</summary>
public sealed record Bpdu
{
    /// <summary>01:80:c2:00:00:00, where BPDUs go and which bridges do not forward.</summary>
    public static MacAddress Group => MacAddress.FromUInt64(0x0180_C200_0000);

    /// <summary>0 STP, 2 RSTP, 3 MSTP.</summary>
    public byte Version { get; init; }

    /// <summary>Configuration, rapid, or topology change.</summary>
    public BpduType Type { get; init; }

    /// <summary>Bit 0 topology change, 1 proposal, 2 and 3 port role, 4 learning, 5 forwarding, 6 agreement, 7 acknowledgment.</summary>
    public byte Flags { get; init; }

    /// <summary>The bridge taken as the root.</summary>
    public BridgeId Root { get; init; }

    /// <summary>Cost to the root.</summary>
    public uint RootPathCost { get; init; }

    /// <summary>The sending bridge.</summary>
    public BridgeId Bridge { get; init; }

    /// <summary>The sending port: priority and number.</summary>
    public ushort Port { get; init; }

    /// <summary>Time since the root sent this, in 1/256 s.</summary>
    public ushort MessageAge { get; init; }

    /// <summary>Time after which this is forgotten, in 1/256 s.</summary>
    public ushort MaximumAge { get; init; }

    /// <summary>Time between BPDUs, in 1/256 s.</summary>
    public ushort HelloTime { get; init; }

    /// <summary>Time of listening and of learning, in 1/256 s.</summary>
    public ushort ForwardDelay { get; init; }

    /// <summary>What only multiple spanning tree has.</summary>
    public MstExtension? Mst { get; init; }

    /// <summary>Role of the sending port in a rapid BPDU.</summary>
    public BpduPortRole PortRole => (BpduPortRole)((Flags >> 2) & 3);

    /// <summary>Reads what is behind the LLC header.</summary>
    /// <param name="bytes">The BPDU.</param>
    /// <param name="bpdu">The BPDU when this returns true.</param>
    /// <returns>False when it is cut or not of protocol 0.</returns>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Bpdu? bpdu) => TryParse(bytes, out bpdu, out _);

    /// <inheritdoc cref="TryParse(ReadOnlySpan{byte}, out Bpdu?)"/>
    /// <param name="bytes">The BPDU.</param>
    /// <param name="bpdu">The BPDU when this returns true.</param>
    /// <param name="defect">Why this returns false.</param>
    public static bool TryParse(ReadOnlySpan<byte> bytes, out Bpdu? bpdu, out Defect defect)
    {
        bpdu = null;
        defect = default;
        if (bytes.Length >= 2 && ReadUInt16BigEndian(bytes) != 0)
        {
            defect = Defect.Malformed("BPDU of an unknown protocol");
            return false;
        }

        if (bytes.Length < 4 || (bytes[3] != (byte)BpduType.TopologyChange && bytes.Length < 35))
        {
            defect = Defect.Truncated("BPDU");
            return false;
        }

        if (bytes[3] == (byte)BpduType.TopologyChange)
        {
            bpdu = new Bpdu { Version = bytes[2], Type = BpduType.TopologyChange };
            return true;
        }

        var mst = default(MstExtension);
        if (bytes[2] >= 3 && bytes[3] == (byte)BpduType.Rapid && !TryReadMst(bytes, out mst, out defect))
        {
            return false;
        }

        bpdu = new Bpdu
        {
            Version = bytes[2],
            Type = (BpduType)bytes[3],
            Flags = bytes[4],
            Root = BridgeId.Read(bytes[5..]),
            RootPathCost = ReadUInt32BigEndian(bytes[13..]),
            Bridge = BridgeId.Read(bytes[17..]),
            Port = ReadUInt16BigEndian(bytes[25..]),
            MessageAge = ReadUInt16BigEndian(bytes[27..]),
            MaximumAge = ReadUInt16BigEndian(bytes[29..]),
            HelloTime = ReadUInt16BigEndian(bytes[31..]),
            ForwardDelay = ReadUInt16BigEndian(bytes[33..]),
            Mst = mst,
        };
        return true;
    }

    /// <summary>The BPDU without an LLC header.</summary>
    /// <exception cref="ArgumentException">A region name of more than 32 characters, or a digest that has not 16 bytes.</exception>
    public byte[] ToArray()
    {
        var b = new ByteBuilder().U16(0).U8(Version).U8((int)Type);
        if (Type == BpduType.TopologyChange)
        {
            return b.ToArray();
        }

        b.U8(Flags).U16(Root.Priority).Mac(Root.Mac).U32(RootPathCost).U16(Bridge.Priority).Mac(Bridge.Mac).U16(Port);
        b.U16(MessageAge).U16(MaximumAge).U16(HelloTime).U16(ForwardDelay);
        if (Type == BpduType.Rapid)
        {
            b.U8(0);
        }

        if (Mst is { } m)
        {
            var digest = Convert.FromHexString(m.Digest);
            b.U16(64 + (16 * m.Instances.Count)).U8(0).Fixed(m.RegionName, 32).U16(m.Revision);
            b.Bytes(digest.Length == 16 ? digest : throw new ArgumentException($"The digest of a region has 16 bytes, not {digest.Length}."));
            b.U32(m.InternalPathCost).U16(m.Bridge.Priority).Mac(m.Bridge.Mac).U8(m.RemainingHops);
            foreach (var i in m.Instances)
            {
                b.U8(i.Flags).U16(i.RegionalRoot.Priority).Mac(i.RegionalRoot.Mac).U32(i.InternalPathCost).U8(i.BridgePriority).U8(i.PortPriority)
                    .U8(i.RemainingHops);
            }
        }

        return b.ToArray();
    }

    internal static void Describe(Dissection d, int at, int end)
    {
        if (!TryParse(d.Bytes[at..end], out var bpdu, out var defect))
        {
            d.Broken("STP", at, end, defect);
            return;
        }

        var b = bpdu!;
        var name = b.Version switch { 0 => "STP", 2 => "RSTP", 3 => "MSTP", _ => $"STP version {b.Version}" };
        var isChange = b.Type == BpduType.TopologyChange;
        var layer = d.Layer(name, at, end - at, isChange ? "topology change" : $"root {b.Root} cost {b.RootPathCost} bridge {b.Bridge} port {b.Port:x4}");
        layer.Add("Version", 2, 1, b.Version);
        layer.Hex("Type", 3, 1, (uint)b.Type, b.Type.ToString());
        if (isChange)
        {
            return;
        }

        layer.Hex("Flags", 4, 1, b.Flags, b.Type == BpduType.Rapid ? b.PortRole.ToString() : null);
        layer.Add("Root priority", 5, 2, b.Root.Priority);
        layer.Add("Root MAC", 7, 6, b.Root.Mac);
        layer.Add("Root path cost", 13, 4, b.RootPathCost);
        layer.Add("Bridge priority", 17, 2, b.Bridge.Priority);
        layer.Add("Bridge MAC", 19, 6, b.Bridge.Mac);
        layer.Hex("Port", 25, 2, b.Port);
        layer.Add("Message age", 27, 2, b.MessageAge, Seconds(b.MessageAge));
        layer.Add("Maximum age", 29, 2, b.MaximumAge, Seconds(b.MaximumAge));
        layer.Add("Hello time", 31, 2, b.HelloTime, Seconds(b.HelloTime));
        layer.Add("Forward delay", 33, 2, b.ForwardDelay, Seconds(b.ForwardDelay));
        if (b.Mst is { } m)
        {
            layer.Add("Region", 39, 32, m.RegionName);
            layer.Add("Revision", 71, 2, m.Revision);
            layer.Add("Digest", 73, 16, m.Digest);
            layer.Add("Internal path cost", 89, 4, m.InternalPathCost);
            layer.Add("CIST bridge", 93, 8, m.Bridge.ToString());
            layer.Add("Remaining hops", 101, 1, m.RemainingHops);
            for (var i = 0; i < m.Instances.Count; i++)
            {
                var instance = m.Instances[i];
                var field = layer.Add("Instance", 102 + (16 * i), 16, instance.RegionalRoot.Priority & 0xFFF);
                field.Child("Regional root", 1, 8, instance.RegionalRoot.ToString());
                field.Child("Internal path cost", 9, 4, instance.InternalPathCost);
                field.Child("Bridge priority", 13, 1, instance.BridgePriority);
                field.Child("Port priority", 14, 1, instance.PortPriority);
                field.Child("Remaining hops", 15, 1, instance.RemainingHops);
            }
        }
    }

    private static string Seconds(ushort time) => $"{time / 256.0:0.##} s";

    private static bool TryReadMst(ReadOnlySpan<byte> bytes, out MstExtension? mst, out Defect defect)
    {
        mst = null;
        defect = default;
        var end = bytes.Length < 38 ? 102 : 38 + ReadUInt16BigEndian(bytes[36..]);
        if (end < 102)
        {
            defect = Defect.Malformed("MSTP BPDU whose version 3 length is below 64");
            return false;
        }

        if (bytes.Length < end)
        {
            defect = Defect.Truncated("MSTP BPDU");
            return false;
        }

        var instances = new List<MstInstance>();

        for (var at = 102; at + 16 <= end; at += 16)
        {
            var i = bytes[at..];
            instances.Add(new MstInstance(i[0], BridgeId.Read(i[1..]), ReadUInt32BigEndian(i[9..]), i[13], i[14], i[15]));
        }

        var name = Encoding.Latin1.GetString(bytes.Slice(39, 32).TrimEnd((byte)0));
        mst = new MstExtension(name, ReadUInt16BigEndian(bytes[71..]), Convert.ToHexStringLower(bytes.Slice(73, 16)),
            ReadUInt32BigEndian(bytes[89..]), BridgeId.Read(bytes[93..]), bytes[101], instances);
        return true;
    }
}
