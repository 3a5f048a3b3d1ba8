using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: vrf, table: 10</c>: a routing domain.</summary>
internal static class VrfKind
{
    public static readonly DeviceKind Kind = new LinkKind<VrfSpec>("vrf", "a routing domain (VRF)", name => new VrfSpec(name, 0))
        .Number("table", "The routing table of its members.", 1, uint.MaxValue, (vrf, table) => vrf with { Table = (uint)table }, required: true);
}
