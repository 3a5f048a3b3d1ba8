using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary><c>bridges: { br0: { ports: [p1, p2] } }</c>: a Linux bridge.</summary>
internal sealed class BridgePart : Part
{
    // BR_GROUPFWD_RESTRICTED, net/bridge/br_private.h.
    private const int RefusedGroups = 0x7;

    private static readonly ScalarShape<int> AnyMask = Scalars.Number("a mask", 0, 65535, "8", null);

    private static readonly ScalarShape<int> GroupMask = AnyMask.But(mask => (mask & RefusedGroups) == 0 ? null
        : new Problem($"{mask} has bits that Linux refuses: frames to 01:80:c2:00:00:00, :01 and :02 (STP, pause, LACP) are never forwarded",
            $"bits 3 and up; without the others it is {mask & ~RefusedGroups}"));

    public static readonly PartKind Kind = PartKind.Named("bridges", "Linux bridges.", Scalars.DeviceName,
        new ObjectShape<BridgePart>("bridge", "a Linux bridge")
        .With("ports", "The devices of this node that are its ports.", new ListShape<BridgePortEntry>("port", BridgePortEntry.Shape, single: true),
            (bridge, value) => bridge.Ports = value.Value)
        .With("stp_state", "Whether the bridge speaks the spanning tree protocol.", Scalars.Switch, (bridge, value) =>
            bridge.Change(o => o with { StpState = value.Value }))
        .With("forward_delay", "How long a port listens and learns before it forwards; 0 with STP off: no delay.",
            Scalars.Duration, (bridge, value) => bridge.Change(o => o with { ForwardDelay = value.Value }))
        .With("ageing_time", "How long a learned address is kept; 0: nothing is learned, every frame is flooded.",
            Scalars.Duration, (bridge, value) => bridge.Change(o => o with { AgeingTime = value.Value }))
        .With("hello_time", "The pause between BPDUs.", Scalars.Duration, (bridge, value) => bridge.Change(o => o with { HelloTime = value.Value }))
        .With("max_age", "How long a BPDU is believed.", Scalars.Duration, (bridge, value) => bridge.Change(o => o with { MaxAge = value.Value }))
        .With("mcast_snooping", "Send multicast only where somebody asked for it.", Scalars.Switch, (bridge, value) =>
            bridge.Change(o => o with { MulticastSnooping = value.Value }))
        .With("vlan_filtering", "Whether the bridge looks at VLAN tags.", Scalars.Switch, (bridge, value) =>
            bridge.Change(o => o with { VlanFiltering = value.Value }))
        .With("priority", "The bridge priority for STP.", Scalars.Number("a priority", 0, 65535, "32768", null), (bridge, value) =>
            bridge.Change(o => o with { Priority = (ushort)value.Value }))
        .With("group_fwd_mask", "Which of the link-local groups 01:80:c2:00:00:0X are forwarded, as a bit mask.",
            GroupMask, (bridge, value) => bridge.Change(o => o with { GroupForwardMask = (ushort)value.Value }))
        .With("nf_call_iptables", "Whether iptables and nft's ip tables see what the bridges of this node forward.",
            Scalars.Switch, (bridge, value) => bridge.CallIptables = value.Value)
        .WithDeviceSettings(bridge => bridge.Device), "bridge");

    private Func<BridgeOptions, BridgeOptions> _options = options => options;

    public IReadOnlyList<Located<BridgePortEntry>> Ports { get; set; } = [];

    private bool? CallIptables { get; set; }

    private DeviceSettings Device { get; } = new();

    public override IEnumerable<(string Device, DeviceSettings Settings)> Settings => [(Name.Value, Device)];

    public override void TellNames(NodeInventory node) => node.Add(Name, DeviceOrigin.Bridge);

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        foreach (var (port, _) in Ports)
        {
            wiring.Enslave(node, port.Name, Name.Value);
        }
    }

    public override void Add(Node node, NodeEntry entry)
    {
        var bridge = node.AddBridge(Name.Value);
        bridge.Options = _options(bridge.Options);
        bridge.CallIptables = CallIptables ?? bridge.CallIptables;
        Device.ApplyTo(bridge);
    }

    public override void Configure(Node node)
    {
        var bridge = (Bridge)node.Device(Name.Value);
        foreach (var (port, _) in Ports)
        {
            var device = node.Device(port.Name.Value);
            Wiring.Attach(bridge, device);
            device.BridgePort = port.Flags.IsEmpty ? null : port.Flags.ToOptions();
        }
    }

    private void Change(Func<BridgeOptions, BridgeOptions> change)
    {
        var before = _options;
        _options = options => change(before(options));
    }
}

/// <summary>A port of a Linux bridge, with its flags or without.</summary>
internal sealed class BridgePortEntry : Entry
{
    public static readonly ObjectShape<BridgePortEntry> Shape = new ObjectShape<BridgePortEntry>("bridge-port", "a bridge port")
        .With("name", "The device.", Scalars.DeviceName, (port, value) => port.Name = value, required: true)
        .WithBridgePortFlags(port => port.Flags)
        .OrShort("p1", "^[^\\s/:]{1,15}$", (scalar, what, binding) =>
            Scalars.DeviceName.TryBind(scalar, what, binding, out _) ? new BridgePortEntry { Name = new Located<string>(scalar.Text, scalar.At) } : null);

    public Located<string> Name { get; set; }

    public BridgePortFlags Flags { get; } = new();
}
