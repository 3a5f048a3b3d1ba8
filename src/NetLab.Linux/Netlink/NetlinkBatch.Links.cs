namespace NetLab.Linux.Netlink;

/// <summary>Requests about devices.</summary>
public sealed partial class NetlinkBatch
{
    /// <summary>Makes a device; see the records derived from <see cref="LinkSpec"/>.</summary>
    /// <param name="link">The device.</param>
    /// <param name="doing">What this is, for the message of an exception; <c>adding veth eth0 (peer h1)</c> when null.</param>
    /// <exception cref="ArgumentException">A name has more than 15 bytes or a character that the kernel refuses, or a value is out of its range.</exception>
    public void AddLink(LinkSpec link, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(link);
        if ((link.AltNames.Count > 0 || link.Alias is not null) && link.Namespace is not null)
        {
            throw new ArgumentException(
                $"{link.Name} is born in another namespace, where this batch cannot reach it: set its alias and add its further names by a " +
                    $"batch of that namespace.", nameof(link));
        }

        Write(link, LinkMessages.Add, doing, "adding", link);
        if (link.Alias is not null)
        {
            Write(link, LinkMessages.SetAlias, doing, "setting the alias of", link);
        }

        if (link.AltNames.Count > 0)
        {
            Write(link, static (writer, link) => LinkMessages.AltNames(writer, true, link.Index ?? 0, link.Name, link.AltNames), doing,
                "adding further names to", link);
        }
    }

    /// <summary>Changes a device.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="change">What to change.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    /// <exception cref="ArgumentException">The new name has more than 15 bytes or a character that the kernel refuses.</exception>
    public void ChangeLink(int index, LinkChange change, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(change);
        if (change.AltNames.Count > 0)
        {
            AddAltNames(index, change.AltNames, doing);
            if (change == new LinkChange { AltNames = change.AltNames })
            {
                return;
            }
        }

        Write((index, change), static (writer, a) => LinkMessages.Change(writer, a.index, a.change), doing, "setting", change, index);
    }

    /// <summary>Deletes a device, and a veth's other end with it.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteLink(int index, string? doing = null) => Write(index, LinkMessages.Delete, doing, "deleting interface", index);

    /// <summary>Deletes all devices of a group (IFLA_GROUP) at once; far cheaper than one by one.</summary>
    /// <param name="group">The group; 0 is that of all devices that were given none, and is refused by the kernel.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteLinkGroup(uint group, string? doing = null) => Write(group, LinkMessages.DeleteGroup, doing, "deleting the interfaces of group", group);

    /// <summary>Adds further names to a device (IFLA_ALT_IFNAME, up to 127 bytes each).</summary>
    /// <param name="index">Its index.</param>
    /// <param name="altNames">The names.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void AddAltNames(int index, IReadOnlyList<string> altNames, string? doing = null) =>
        Write((index, altNames), static (writer, a) => LinkMessages.AltNames(writer, true, a.index, null, a.altNames), doing,
            "adding further names", null, index);

    /// <summary>Takes further names from a device.</summary>
    /// <param name="index">Its index.</param>
    /// <param name="altNames">The names.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void DeleteAltNames(int index, IReadOnlyList<string> altNames, string? doing = null) =>
        Write((index, altNames), static (writer, a) => LinkMessages.AltNames(writer, false, a.index, null, a.altNames), doing,
            "removing further names", null, index);

    /// <summary>Sets flags of a bridge port.</summary>
    /// <param name="index">Index of the device that is the port.</param>
    /// <param name="options">The flags; those that are null stay as they are.</param>
    /// <param name="doing">What this is, for the message of an exception.</param>
    public void SetBridgePort(int index, BridgePortOptions options, string? doing = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        Write((index, options), static (writer, a) => LinkMessages.SetBridgePort(writer, a.index, a.options), doing, "setting", options, index);
    }
}
