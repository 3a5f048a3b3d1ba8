namespace NetLab.Linux.Netlink;

/// <summary>A device for IPsec: what is routed to it is encrypted by the policies with its number (CONFIG_XFRM_INTERFACE).</summary>
/// <param name="Name">Its name.</param>
public sealed record XfrmSpec(string Name) : LinkSpec(Name)
{
    private const ushort IFLA_XFRM_LINK = 1, IFLA_XFRM_IF_ID = 2, IFLA_XFRM_COLLECT_METADATA = 3;

    /// <inheritdoc/>
    public override string Kind => "xfrm";

    /// <summary>The number that its policies and states carry.</summary>
    public uint? InterfaceId { get; init; }

    /// <summary>Index of the device it sends by.</summary>
    public int? DeviceIndex { get; init; }

    /// <summary>The number comes with each packet (Linux 6.1).</summary>
    [SinceLinux("6.1")]
    public bool? External { get; init; }

    internal override void WriteData(MessageWriter writer)
    {
        writer.U32(IFLA_XFRM_IF_ID, InterfaceId);
        writer.S32(IFLA_XFRM_LINK, DeviceIndex);
        writer.Flag(IFLA_XFRM_COLLECT_METADATA, External);
    }

    internal static XfrmSpec Read(string name, Attributes data)
    {
        var link = data.Find(IFLA_XFRM_LINK).S32;
        var external = false;
        foreach (var a in data)
        {
            external |= a.Type == IFLA_XFRM_COLLECT_METADATA;
        }

        return new XfrmSpec(name) { InterfaceId = data.Find(IFLA_XFRM_IF_ID).U32, DeviceIndex = link == 0 ? null : link, External = external ? true : null };
    }
}
