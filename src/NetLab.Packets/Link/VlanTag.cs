using static System.Buffers.Binary.BinaryPrimitives;

namespace NetLab.Packets;

/// <summary>A VLAN tag: 802.1Q (0x8100) or 802.1ad (0x88a8), four bytes between the addresses and the type.</summary>
/// <param name="Protocol">The tag's own EtherType (TPID).</param>
/// <param name="Control">Priority (3 bits), drop eligible (1), VLAN id (12).</param>
public readonly record struct VlanTag(ushort Protocol, ushort Control)
{
    /// <summary>Bytes of a tag: 4.</summary>
    public const int Size = 4;

    /// <summary>A tag of 802.1Q.</summary>
    /// <param name="id">VLAN id, 0 to 4095; 0 means "priority only".</param>
    /// <param name="priority">Priority, 0 to 7.</param>
    /// <param name="dropEligible">Drop eligible indicator.</param>
    /// <param name="protocol">The tag's EtherType.</param>
    /// <exception cref="ArgumentOutOfRangeException">The id or the priority does not fit.</exception>
    public static VlanTag Of(int id, int priority = 0, bool dropEligible = false, ushort protocol = EtherTypes.Vlan)
    {
        ArgumentOutOfRangeException.ThrowIfNegative(id);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(id, 4095);
        ArgumentOutOfRangeException.ThrowIfNegative(priority);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(priority, 7);
        return new VlanTag(protocol, (ushort)((priority << 13) | (dropEligible ? 0x1000 : 0) | id));
    }

    /// <summary>VLAN id, 0 to 4095.</summary>
    public ushort Id => (ushort)(Control & 0xFFF);

    /// <summary>Priority code point, 0 to 7.</summary>
    public byte Priority => (byte)(Control >> 13);

    /// <summary>Drop eligible indicator.</summary>
    public bool DropEligible => (Control & 0x1000) != 0;

    /// <summary>Writes the tag, its own EtherType first.</summary>
    /// <param name="destination">At least four bytes.</param>
    /// <returns>Bytes written: 4.</returns>
    public int Write(Span<byte> destination)
    {
        WriteUInt16BigEndian(destination[2..], Control);
        WriteUInt16BigEndian(destination, Protocol);
        return Size;
    }

    /// <summary>"vlan 7", "vlan 7 prio 3", "802.1ad vlan 100".</summary>
    public override string ToString() =>
        (Protocol == EtherTypes.Vlan ? "" : EtherTypes.NameOf(Protocol) + " ") + $"vlan {Id}" + (Priority > 0 ? $" prio {Priority}" : "") +
            (DropEligible ? " dei" : "");

    internal static void Describe(Dissection d, int at, VlanTag tag)
    {
        var layer = d.Layer("VLAN", at, Size, tag.ToString());
        layer.Line = layer.Summary;
        layer.Hex("Protocol", 0, 2, tag.Protocol, EtherTypes.NameOf(tag.Protocol));
        layer.Add("Priority", 2, 1, tag.Priority);
        layer.Add("Drop eligible", 2, 1, tag.DropEligible);
        layer.Add("Id", 2, 2, tag.Id);
    }
}
