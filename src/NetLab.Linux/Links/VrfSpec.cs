namespace NetLab.Linux.Netlink;

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
