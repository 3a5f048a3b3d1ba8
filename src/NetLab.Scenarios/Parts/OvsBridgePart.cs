namespace NetLab.Scenarios;

/// <summary><c>ovs: { br0: { ports: [{ name: p1, tag: 7 }] } }</c>: an Open vSwitch bridge. Columns are spelled as in ovs-vswitchd.conf.db(5).</summary>
internal sealed class OvsBridgePart : Part
{
    public static readonly PartKind Kind = PartKind.Named("ovs", "Open vSwitch bridges; the node then runs an Open vSwitch of its own.", Scalars.DeviceName,
        new ObjectShape<OvsBridgePart>("ovs-bridge", "an Open vSwitch bridge")
        .With("ports", "Its ports, with their tags.", new ListShape<OvsPortEntry>("port", OvsPortEntry.Shape, single: true), (bridge, value) =>
            bridge.Ports = value.Value)
        .With("fail_mode", "Without a controller: 'standalone' forwards as a learning switch, 'secure' only by flows.",
            Scalars.OneOf("a fail_mode", "standalone", "secure"), (bridge, value) => bridge.FailMode = value.Value)
        .With("datapath", "Where it forwards: 'netdev' in the process of ovs-vswitchd, 'system' in the kernel, by its module openvswitch.",
            Scalars.OneOf("a datapath", "netdev", "system"), (bridge, value) => bridge.Datapath = value.Value)
        .With("mcast_snooping_enable", "Send multicast only where somebody asked for it.", Scalars.Switch, (bridge, value) =>
            bridge.McastSnooping = value.Value)
        .With("other_config", "The bridge's other_config, key by key.", OvsPortEntry.Column, (bridge, value) => bridge.OtherConfig = value.Value)
        .With("flows", "OpenFlow flows as `ovs-ofctl add-flow` takes them, one an item.", new ListShape<string>("flow", Scalars.Text, single: true),
            (bridge, value) => bridge.Flows = value.Value)
        .WithDeviceSettings(bridge => bridge.Device), "OVS bridge");

    public IReadOnlyList<Located<OvsPortEntry>> Ports { get; set; } = [];

    private string? FailMode { get; set; }

    private string? Datapath { get; set; }

    private bool? McastSnooping { get; set; }

    private IReadOnlyList<Named<string>> OtherConfig { get; set; } = [];

    private IReadOnlyList<Located<string>> Flows { get; set; } = [];

    private DeviceSettings Device { get; } = new();

    public override IEnumerable<(string Device, DeviceSettings Settings)> Settings => [(Name.Value, Device)];

    public override void TellNames(NodeInventory node)
    {
        node.Add(Name, DeviceOrigin.OvsBridge);
        foreach (var (port, _) in Ports)
        {
            if (port.IsInternal)
            {
                node.Add(port.Name, DeviceOrigin.Internal);
            }
            else if (port.IsVirtual)
            {
                node.AddPatchPort(new Located<DevicePlace>(new DevicePlace(Name.Value, port.Name.Value), port.Name.At));
            }
        }
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        foreach (var (port, _) in Ports)
        {
            if (!port.IsVirtual)
            {
                wiring.Enslave(node, port.Name, Name.Value);
            }
            if (port.Options.Count > 0 && !port.IsVirtual)
            {
                wiring.Report(port.Of("options"), $"'{port.Name}' is a device, which has no options", "they belong to patch ports and tunnels: say its 'type'");
            }
            wiring.CheckVlan(port.Vlan);
        }
    }

    public override (Position At, string Wrong)? Explain(Exception refusal, string node)
    {
        if (refusal is not OvsException ovs || !ovs.Doing.Contains($"bridge {Name}", StringComparison.Ordinal)
            || !ovs.Doing.Contains(node, StringComparison.Ordinal))
        {
            return base.Explain(refusal, node);
        }
        var flow = Flows.FirstOrDefault(flow => ovs.Answer.Contains(flow.Value, StringComparison.Ordinal),
            new Located<string>("", Flows.Count == 1 ? Flows[0].At : Name.At));
        return (flow.At, ovs.Message);
    }

    public override void Add(Node node, NodeEntry entry)
    {
        var bridge = node.AddOvsBridge(Name.Value, new OvsBridgeOptions
        {
            FailMode = FailMode,
            DatapathType = Datapath,
            MulticastSnooping = McastSnooping,
            OtherConfig = OtherConfig.ToDictionary(each => each.Name.Value, each => each.Value),
        });
        foreach (var (flow, _) in Flows)
        {
            bridge.AddFlow(flow);
        }
        foreach (var (port, _) in Ports)
        {
            if (port.IsInternal)
            {
                bridge.AddInternalPort(port.Name.Value);
            }
            else if (port.IsVirtual)
            {
                var row = bridge.AddTunnel(port.Name.Value, port.Type!.Value.Value, OvsPortEntry.ToMap(port.Options));
                row.Options = port.ApplyTo(row.Options);
            }
        }
        Device.ApplyTo(bridge);
    }

    public override void Configure(Node node)
    {
        var bridge = (OvsBridge)node.Device(Name.Value);
        foreach (var (port, _) in Ports.Where(port => !port.Value.IsVirtual))
        {
            var device = node.Device(port.Name.Value);
            Wiring.Attach(bridge, device);
            var row = bridge.Port(device);
            row.Options = port.ApplyTo(row.Options);
        }
    }
}
