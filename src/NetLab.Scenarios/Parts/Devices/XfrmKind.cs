using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>type: xfrm, if_id: 42</c>: a device for IPsec.</summary>
internal static class XfrmKind
{
    public static readonly DeviceKind Kind = new LinkKind<XfrmSpec>("xfrm", "a device for IPsec", name => new XfrmSpec(name))
        .Over("dev", "The device it sends by.", (xfrm, index) => xfrm with { DeviceIndex = index })
        .Number("if_id", "The number that its policies and states carry.", 1, uint.MaxValue, (xfrm, id) => xfrm with { InterfaceId = (uint)id })
        .Flag("external", "The number comes with each packet.", (xfrm, on) => xfrm with { External = on });
}
