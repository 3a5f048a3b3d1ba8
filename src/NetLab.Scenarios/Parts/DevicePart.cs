using System.Text.Json.Nodes;
using NetLab.Linux.Netlink;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary>
/// <c>devices: { vx0: { type: vxlan, id: 42, remote: 10.0.0.2 } }</c>: a device of any kind that <c>ip link add</c> makes, with its options by iproute2's
/// names; without a
/// type it only sets what a link, a port or a VM makes. The kinds are in <see cref="DeviceKinds"/>.
/// </summary>
internal sealed class DevicePart : Part
{
    public static readonly PartKind Kind =
        PartKind.Named("devices", "Devices that are made here, and settings of those that links and ports make.", Scalars.DeviceName, new DeviceShape(),
            "device");

    public DeviceKind? Type { get; set; }

    /// <summary>The device below, where the kind has one.</summary>
    public Located<string>? Lower { get; set; }

    /// <summary>The bond or routing domain that it is a member of.</summary>
    public Located<string>? Master { get; set; }

    /// <summary>Keys and peers, of a WireGuard device.</summary>
    public WireguardEntry? Wireguard { get; set; }

    /// <summary>The options as given, to be put into the kind's spec.</summary>
    public List<Func<LinkSpec, LinkSpec>> Options { get; } = [];

    /// <summary>Puts the number of the device below into the spec.</summary>
    public Func<LinkSpec, int, LinkSpec> SetLower { get; set; } = (spec, _) => spec;

    public DeviceSettings Device { get; } = new();

    public override IEnumerable<(string Device, DeviceSettings Settings)> Settings => [(Name.Value, Device)];

    public override void TellNames(NodeInventory node)
    {
        if (Type is not null)
        {
            node.Add(Name, DeviceOrigin.Made);
        }
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        if (Type is null && !node.Devices.ContainsKey(Name.Value))
        {
            wiring.Report(Name.At, $"nothing makes the device '{Name.Value}' of {node.Name}",
                Spelling.Nearest(Name.Value, node.Devices.Keys) is { } near ? $"did you mean '{near}'?" : "cable it under 'links', or give it a 'type'");
        }
        if (Master is { } master && wiring.HasDevice(node, master) && TypeOf(node.Entry, master.Value) is not ("bond" or "vrf"))
        {
            wiring.Report(master.At, $"'{master.Value}' of {node.Name} is no bond and no VRF, and has no members",
                "a device of the node with `type: bond` or `type: vrf`; a bridge lists its ports");
        }
        if (Lower is { } lower && wiring.HasDevice(node, lower) && IsOver(Name.Value, node.Entry))
        {
            wiring.Report(lower.At, $"'{Name.Value}' would be on top of itself", "a device is on top of one that is there before it");
        }
    }

    public override void Add(Node node, NodeEntry entry)
    {
        if (Type is not null && Lower is null)
        {
            Type.Add(this, node, null);
        }
    }

    public override void Plug(Node node, NodeEntry entry)
    {
        if (Type is null || node.FindDevice(Name.Value) is not null)
        {
            return;
        }
        if (node.FindDevice(Lower!.Value.Value) is null)
        {
            Below(entry)?.Plug(node, entry);
        }
        Type.Add(this, node, node.Device(Lower.Value.Value));
    }

    public override void Configure(Node node)
    {
        var device = node.Device(Name.Value);
        Device.ApplyTo(device);
        if (Master is { } master)
        {
            ((KernelDevice)node.Device(master.Value)).AddMember(device);
        }
        if (Wireguard is { } wireguard)
        {
            ((KernelDevice)device).Wireguard = wireguard.ToDevice();
        }
    }

    private static string? TypeOf(NodeEntry entry, string device) =>
        entry.Parts.OfType<DevicePart>().FirstOrDefault(part => part.Name.Value == device)?.Type?.Name;

    private DevicePart? Below(NodeEntry entry) =>
        Lower is { } lower ? entry.Parts.OfType<DevicePart>().FirstOrDefault(other => other.Type is not null && other.Name.Value == lower.Value) : null;

    private bool IsOver(string name, NodeEntry entry)
    {
        var seen = new HashSet<string>();
        for (var below = this; below is not null && seen.Add(below.Name.Value); below = below.Below(entry))
        {
            if (below.Lower is { } lower && lower.Value == name)
            {
                return true;
            }
        }
        return false;
    }

    /// <summary>Which keys a device has depends on its type.</summary>
    private sealed class DeviceShape : Shape<DevicePart>
    {
        private readonly ObjectShape<DevicePart> _plain = DeviceKinds.ShapeOf(null);
        private readonly Dictionary<string, ObjectShape<DevicePart>> _typed = DeviceKinds.All.ToDictionary(kind => kind.Name, DeviceKinds.ShapeOf);

        public override bool TryBind(YamlValue value, string what, Binding binding, out DevicePart result)
        {
            var type = value is YamlMapping mapping ? mapping.Entries.FirstOrDefault(entry => entry.Key.Text == "type").Value as YamlScalar : null;
            if (type is null || _typed.ContainsKey(type.Text))
            {
                return (type is null ? _plain : _typed[type.Text]).TryBind(value, what, binding, out result);
            }
            // Which keys it may have is not known either: one complaint.
            result = new DevicePart { At = value.At };
            return DeviceKinds.Types.TryBind(type, "type", binding, out _);
        }

        public override JsonObject Schema(SchemaDefinitions definitions) => definitions.Refer("device", () =>
            new JsonObject { ["anyOf"] = new JsonArray([_plain.Schema(definitions), .. _typed.Values.Select(shape => shape.Schema(definitions))]) });
    }
}
