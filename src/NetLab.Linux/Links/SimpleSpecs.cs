namespace NetLab.Linux.Netlink;

/// <summary>A device that drops what is sent to it: a place for addresses (CONFIG_DUMMY).</summary>
/// <param name="Name">Its name.</param>
public sealed record DummySpec(string Name) : LinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => "dummy";
}

/// <summary>A device whose queueing discipline shapes what is redirected to it, such as another's incoming frames (CONFIG_IFB).</summary>
/// <param name="Name">Its name.</param>
public sealed record IfbSpec(string Name) : LinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => "ifb";
}

/// <summary>A routing domain: its members' packets are routed by a table of its own (VRF, CONFIG_NET_VRF).</summary>
/// <param name="Name">Its name.</param>
/// <param name="Table">The routing table.</param>
public sealed record VrfSpec(string Name, uint Table) : LinkSpec(Name)
{
    private const ushort IFLA_VRF_TABLE = 1;

    /// <inheritdoc/>
    public override string Kind => "vrf";

    internal override void WriteData(MessageWriter writer) => writer.U32(IFLA_VRF_TABLE, Table);

    internal static VrfSpec Read(string name, Attributes data) => new(name, data.Find(IFLA_VRF_TABLE).U32);
}

/// <summary>A WireGuard tunnel (CONFIG_WIREGUARD). Keys and peers are set by <see cref="WireguardSocket"/>.</summary>
/// <param name="Name">Its name.</param>
public sealed record WireguardSpec(string Name) : LinkSpec(Name)
{
    /// <inheritdoc/>
    public override string Kind => "wireguard";
}

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
