namespace NetLab.Linux.Netlink;

/// <summary>Flags of a VLAN device (<c>enum vlan_flags</c>, <c>include/uapi/linux/if_vlan.h</c>).</summary>
[Flags]
public enum VlanFlags : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary>VLAN_FLAG_REORDER_HDR: the tag is taken off before programs see the frame; on unless said otherwise.</summary>
    ReorderHeader = 1,
    /// <summary>VLAN_FLAG_GVRP: registers the VLAN by GVRP.</summary>
    Gvrp = 2,
    /// <summary>VLAN_FLAG_LOOSE_BINDING: its state does not follow the lower device's.</summary>
    LooseBinding = 4,
    /// <summary>VLAN_FLAG_MVRP: registers the VLAN by MVRP.</summary>
    Mvrp = 8,
    /// <summary>VLAN_FLAG_BRIDGE_BINDING: has a carrier while a port of the bridge below is in the VLAN and up.</summary>
    BridgeBinding = 16,
}

/// <summary>One line of a priority map of a VLAN device.</summary>
/// <param name="From">Frame priority (ingress) or packet priority (egress).</param>
/// <param name="To">Packet priority (ingress) or frame priority (egress).</param>
public readonly record struct VlanQosMapping(uint From, uint To);

/// <summary>A device that sends and receives the frames of one VLAN of another (<c>type vlan</c>, CONFIG_VLAN_8021Q).</summary>
/// <param name="Name">Its name.</param>
/// <param name="LinkIndex">Index of the device below.</param>
/// <param name="Id">The VLAN, 0 to 4094.</param>
public sealed record VlanSpec(string Name, int LinkIndex, ushort Id) : LinkSpec(Name)
{
    // include/uapi/linux/if_link.h:
    //   struct ifla_vlan_flags { __u32 flags; __u32 mask; };
    //   struct ifla_vlan_qos_mapping { __u32 from; __u32 to; };
    private const ushort IFLA_VLAN_ID = 1, IFLA_VLAN_FLAGS = 2, IFLA_VLAN_EGRESS_QOS = 3, IFLA_VLAN_INGRESS_QOS = 4, IFLA_VLAN_PROTOCOL = 5,
        IFLA_VLAN_QOS_MAPPING = 1;

    /// <summary>802.1Q, the EtherType of a customer's tag.</summary>
    public const ushort Dot1Q = 0x8100;

    /// <summary>802.1ad, the EtherType of a service tag.</summary>
    public const ushort Dot1Ad = 0x88a8;

    /// <inheritdoc/>
    public override string Kind => "vlan";

    /// <summary>The tag's EtherType: <see cref="Dot1Q"/> unless set to <see cref="Dot1Ad"/>.</summary>
    public ushort? Protocol { get; init; }

    /// <summary>Flags to have; <see cref="FlagsMask"/> says which of them are meant.</summary>
    public VlanFlags Flags { get; init; }

    /// <summary>Which flags to set or clear; none when left empty.</summary>
    public VlanFlags FlagsMask { get; init; }

    /// <summary>Frame priority to packet priority.</summary>
    public IReadOnlyList<VlanQosMapping> IngressQos { get; init; } = [];

    /// <summary>Packet priority to frame priority.</summary>
    public IReadOnlyList<VlanQosMapping> EgressQos { get; init; } = [];

    internal override int? Lower => LinkIndex;

    internal override void WriteData(MessageWriter writer)
    {
        writer.Be16(IFLA_VLAN_PROTOCOL, Protocol);
        writer.U16(IFLA_VLAN_ID, Id);
        if (FlagsMask != 0)
        {
            var flags = writer.Attribute(IFLA_VLAN_FLAGS, 8);
            MessageWriter.Write(flags, (uint)Flags);
            MessageWriter.Write(flags[4..], (uint)FlagsMask);
        }

        WriteMap(writer, IFLA_VLAN_INGRESS_QOS, IngressQos);
        WriteMap(writer, IFLA_VLAN_EGRESS_QOS, EgressQos);
    }

    private static void WriteMap(MessageWriter writer, ushort type, IReadOnlyList<VlanQosMapping> map)
    {
        using (writer.Nest(type, dropWhenEmpty: true))
        {
            foreach (var (from, to) in map)
            {
                var mapping = writer.Attribute(IFLA_VLAN_QOS_MAPPING, 8);
                MessageWriter.Write(mapping, from);
                MessageWriter.Write(mapping[4..], to);
            }
        }
    }

    internal static VlanSpec Read(string name, int lower, Attributes data)
    {
        var flags = data.Find(IFLA_VLAN_FLAGS);
        return new VlanSpec(name, lower, data.Find(IFLA_VLAN_ID).U16)
        {
            Protocol = data.Find(IFLA_VLAN_PROTOCOL).Be16,
            Flags = (VlanFlags)flags.Read<uint>(0),
            FlagsMask = (VlanFlags)flags.Read<uint>(4),
            IngressQos = ReadMap(data.Find(IFLA_VLAN_INGRESS_QOS).Nested),
            EgressQos = ReadMap(data.Find(IFLA_VLAN_EGRESS_QOS).Nested),
        };
    }

    private static ValueList<VlanQosMapping> ReadMap(Attributes map)
    {
        var list = new ValueList<VlanQosMapping>();
        foreach (var mapping in map)
        {
            list.Add(new VlanQosMapping(mapping.Read<uint>(0), mapping.Read<uint>(4)));
        }

        return list;
    }
}
