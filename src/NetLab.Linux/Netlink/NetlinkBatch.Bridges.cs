namespace NetLab.Linux.Netlink;

/// <summary>
/// Requests about what bridges know: multicast groups and VLANs. (Ports are in <c>NetlinkBatch.Links.cs</c>, forwarding databases in
/// <c>NetlinkBatch.Addresses.cs</c>.)
/// </summary>
public sealed partial class NetlinkBatch
{
    /// <summary>Adds an entry to a bridge's multicast database. The bridge must be up and snooping.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentException">It has no group, or two.</exception>
    public void AddMdb(MdbSpec entry, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Write(entry, MdbMessages.Add, doing, "adding", entry);
    }

    /// <summary>Deletes an entry of a bridge's multicast database.</summary>
    /// <param name="entry">The entry.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentException">It has no group, or two.</exception>
    public void DeleteMdb(MdbSpec entry, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(entry);
        Write(entry, MdbMessages.Delete, doing, "deleting", entry);
    }

    /// <summary>Adds a VLAN, or a range of them, to a bridge port or to the bridge itself.</summary>
    /// <param name="vlan">The VLAN.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentOutOfRangeException">A VLAN is not 1 to 4094.</exception>
    public void AddVlan(BridgeVlanSpec vlan, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(vlan);
        Write(vlan, BridgeVlanMessages.Add, doing, "adding", vlan, vlan.Index);
    }

    /// <summary>Takes a VLAN, or a range of them, from a bridge port or from the bridge itself.</summary>
    /// <param name="vlan">The VLAN.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentOutOfRangeException">A VLAN is not 1 to 4094.</exception>
    public void DeleteVlan(BridgeVlanSpec vlan, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(vlan);
        Write(vlan, BridgeVlanMessages.Delete, doing, "deleting", vlan, vlan.Index);
    }

    /// <summary>Sets options of a VLAN, or of a range of them, on a port.</summary>
    /// <param name="index">Index of the port.</param>
    /// <param name="id">The VLAN; the first of the range.</param>
    /// <param name="options">The options.</param>
    /// <param name="endId">The last of the range; null for one VLAN.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentOutOfRangeException">A VLAN is not 1 to 4094.</exception>
    public void SetVlanOptions(int index, ushort id, BridgeVlanOptions options, ushort? endId = null, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Write((index, id, endId, options), static (writer, a) => BridgeVlanMessages.SetOptions(writer, a.index, a.id, a.endId, a.options), doing,
            $"setting vlan {id}:", options, index);
    }

    /// <summary>Sets options of a VLAN, or of a range of them, on a whole bridge.</summary>
    /// <param name="bridge">Index of the bridge.</param>
    /// <param name="id">The VLAN; the first of the range.</param>
    /// <param name="options">The options.</param>
    /// <param name="endId">The last of the range; null for one VLAN.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentOutOfRangeException">A VLAN is not 1 to 4094.</exception>
    public void SetVlanGlobalOptions(int bridge, ushort id, BridgeVlanGlobalOptions options, ushort? endId = null, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Write((bridge, id, endId, options), static (writer, a) => BridgeVlanMessages.SetGlobalOptions(writer, a.bridge, a.id, a.endId, a.options),
            doing, $"setting vlan {id}:", options, bridge);
    }
}
