using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary>
/// Every kind of device. A new one is a file in this folder and a line here; bridges and veth pairs have keys of their own, <c>bridges</c> and
/// <c>links</c>.
/// </summary>
internal static class DeviceKinds
{
    public static readonly IReadOnlyList<DeviceKind> All =
    [
        new TapKind(),
        new LinkKind<DummySpec>("dummy", "a device that swallows what it is to send", name => new DummySpec(name)),
        new LinkKind<IfbSpec>("ifb", "an intermediate functional block", name => new IfbSpec(name)),
        WireguardKind.Kind,
        VlanKind.Kind,
        MacvlanKind.Macvlan,
        MacvlanKind.Macvtap,
        IpvlanKind.Ipvlan,
        IpvlanKind.Ipvtap,
        VxlanKind.Kind,
        GeneveKind.Kind,
        .. GreKind.All,
        .. IpipKind.All,
        BondKind.Kind,
        VrfKind.Kind,
        XfrmKind.Kind,
    ];

    /// <summary>The word that says the kind.</summary>
    public static readonly ScalarShape<string> Types = Scalars.OneOf("a type", [.. All.Select(kind => kind.Name)]);

    /// <summary>How a device of a kind is written; null: one that something else makes.</summary>
    public static ObjectShape<DevicePart> ShapeOf(DeviceKind? kind)
    {
        var shape = new ObjectShape<DevicePart>(kind is null ? "device-settings" : $"device-{kind.Name}", kind is null ? "a device" : kind.Noun);
        if (kind is null)
        {
            const string Document = "What makes the device, as `ip link add … type` names it; 'tap' is one that nobody holds open. "
                + "Absent when a link, a port or a VM makes it.";
            shape.With("type", Document,
                Types, (part, value) => part.Type = All.FirstOrDefault(each => each.Name == value.Value));
        }
        else
        {
            shape.With("type", $"Makes {kind.Noun}.", Scalars.OneOf("a type", kind.Name), (part, _) => part.Type = kind, required: true);
            kind.AddTo(shape);
        }
        return shape
            .With("master", "The bond or routing domain (VRF) of the node that it is a member of.", Scalars.DeviceName, (part, value) => part.Master = value)
            .WithDeviceSettings(part => part.Device);
    }
}
