using System.Text.Json.Nodes;

namespace NetLab.Scenarios;

/// <summary>A port of an Open vSwitch bridge, as its Port and Interface tables have it.</summary>
internal sealed class OvsPortEntry : Entry
{
    private const string Internal = "internal";

    // Ports without a device of their own.
    private static readonly string[] Virtual = ["patch", "vxlan", "geneve", "gre"];

    private static readonly ScalarShape<string> Key = new("a key", "iface-id", scalar => (scalar.Text, null), () => new JsonObject { ["type"] = "string" });

    public static readonly MapShape<string> Column = new(Key, Scalars.Text, "key");

    public static readonly ObjectShape<OvsPortEntry> Shape = new ObjectShape<OvsPortEntry>("ovs-port", "a port of an OVS bridge")
        .With("name", "The device.", Scalars.DeviceName, (port, value) => port.Name = value, required: true)
        .With("type", "'internal': OVS makes the device itself; it can be set under 'devices'. 'patch' and tunnels are no devices. "
            + "Absent: a device that a link, a VM or 'devices' makes.",
            Scalars.OneOf("a type", [Internal, .. Virtual]), (port, value) => port.Type = value)
        .With("options", "Options of the interface: peer of a patch port, remote_ip, local_ip, key of a tunnel.", Column, (port, value) =>
            port.Options = value.Value)
        .With("ofport_request", "The OpenFlow port number to have.", OvsPortKeys.Ofport, (port, value) => port.Ofport = value.Value)
        .With("other_config", "The port's other_config, key by key.", Column, (port, value) => port.OtherConfig = value.Value)
        .WithOvsVlan(port => port.Vlan)
        .With("external_ids", "Marks for whoever reads the database, like Neutron's iface-id.", Column, (port, value) => port.ExternalIds = value.Value)
        .OrShort("p1", "^[^\\s/:]{1,15}$", (scalar, what, binding) =>
            Scalars.DeviceName.TryBind(scalar, what, binding, out _) ? new OvsPortEntry { Name = new Located<string>(scalar.Text, scalar.At) } : null);

    public Located<string> Name { get; set; }

    public Located<string>? Type { get; set; }

    public bool IsInternal => Type is { Value: Internal };

    public bool IsVirtual => Type is { Value: not Internal };

    public OvsVlanEntry Vlan { get; } = new();

    private IReadOnlyList<Named<string>> ExternalIds { get; set; } = [];

    private IReadOnlyList<Named<string>> OtherConfig { get; set; } = [];

    public IReadOnlyList<Named<string>> Options { get; set; } = [];

    private int? Ofport { get; set; }

    /// <summary>The port's row with what is given here.</summary>
    public OvsPortOptions ApplyTo(OvsPortOptions row) => Vlan.ApplyTo(row) with
    {
        ExternalIds = ToMap(ExternalIds),
        OtherConfig = ToMap(OtherConfig),
        OfportRequest = Ofport,
    };

    public static Dictionary<string, string> ToMap(IReadOnlyList<Named<string>> column) => column.ToDictionary(each => each.Name.Value, each => each.Value);
}

/// <summary>The VLAN columns of a row of OVS's Port table.</summary>
internal sealed class OvsVlanEntry
{
    public static readonly string[] Keys = ["tag", "trunks", "vlan_mode"];

    public Located<int>? Tag { get; set; }

    public IReadOnlyList<Located<int>>? Trunks { get; set; }

    public Located<string>? Mode { get; set; }

    /// <summary>The port's options with what is given here.</summary>
    public OvsPortOptions ApplyTo(OvsPortOptions options) => options with
    {
        Tag = Tag is { } tag ? tag.Value : options.Tag,
        Trunks = Trunks is { } trunks ? [.. trunks.Select(trunk => trunk.Value)] : options.Trunks,
        VlanMode = Mode is { } mode ? mode.Value : options.VlanMode,
    };
}

/// <summary>Keys of a port of an OVS bridge, for the parts and steps that have them.</summary>
internal static class OvsPortKeys
{
    public static readonly ScalarShape<int> Ofport = Scalars.Number("an OpenFlow port number", 1, 65279, "1", null);

    public static ObjectShape<T> WithOvsVlan<T>(this ObjectShape<T> shape, Func<T, OvsVlanEntry> vlan)
        where T : Entry, new() => shape
        .With("tag", "The access VLAN.", Scalars.Number("a tag", 0, 4095, "7", null), (port, value) => vlan(port).Tag = value)
        .With("trunks", "The VLANs that the port carries tagged; an empty list: all.",
            new ListShape<int>("trunk VLAN", Scalars.Number("a trunk VLAN", 0, 4095, "7", null), single: true), (port, value) =>
                vlan(port).Trunks = value.Value)
        .With("vlan_mode", "How tags are treated, see ovs-vswitchd.conf.db(5).",
            Scalars.OneOf("a vlan_mode", "access", "trunk", "native-tagged", "native-untagged", "dot1q-tunnel"), (port, value) => vlan(port).Mode = value);
}
