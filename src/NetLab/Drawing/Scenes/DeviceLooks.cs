using NetLab.Linux.Netlink;

namespace NetLab.Drawing;

/// <summary>How each kind of device is drawn: its shape, and the words on it.</summary>
internal static class DeviceLooks
{
    public static ShapeKind ShapeOf(Device device) => device switch
    {
        OvsBridge => ShapeKind.OvsBridge,
        Switch => ShapeKind.Bridge,
        TapDevice { Vm: null } => ShapeKind.OpenTap,
        { Tunnel: not null } => ShapeKind.Tunnel,
        _ => ShapeKind.Interface,
    };

    public static string CaptionOf(Device device) => device switch
    {
        OvsBridge { Options: var o } => Join("Open vSwitch", (o.FailMode == "secure", "secure"), (o.StpEnable == true, "STP")),
        Bridge { Options: var o } bridge => Join("bridge", (o.VlanFiltering == true, "VLAN filtering"), (o.StpState == true, "STP"),
            (o.AgeingTime is not null, $"ageing {o.AgeingTime?.TotalSeconds:0.##} s"), (bridge.CallIptables, "iptables")),
        TapDevice => "tap, no owner",
        OvsInternalPort => "internal port",
        _ => device.Kind,
    };

    /// <summary>What tells one device of a kind from another, as <c>ip -d link</c> says it.</summary>
    public static IEnumerable<string> WordsOf(Device device) => device is not KernelDevice { Spec: var spec } ? [] : spec switch
    {
        VlanSpec vlan => [$"id {vlan.Id}"],
        VxlanSpec vxlan => Words(("id", vxlan.Id), ("remote", vxlan.Remote)),
        GeneveSpec geneve => Words(("id", geneve.Id), ("remote", geneve.Remote)),
        VrfSpec vrf => [$"table {vrf.Table}"],
        _ => [],
    };

    private static string Join(string first, params (bool Holds, string Word)[] words) =>
        string.Join(", ", words.Where(w => w.Holds).Select(w => w.Word).Prepend(first));

    private static IEnumerable<string> Words(params (string Word, object? Value)[] words) =>
        words.Where(w => w.Value is not null).Select(w => $"{w.Word} {w.Value}");
}
