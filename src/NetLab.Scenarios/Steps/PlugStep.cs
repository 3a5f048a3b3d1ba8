namespace NetLab.Scenarios;

/// <summary><c>plug: { device: 'compute1:tap0', bridge: br-int, tag: 7 }</c>: a device becomes a port of a bridge.</summary>
internal sealed class PlugStep : Step
{
    public static readonly StepKind Kind = new StepKind<PlugStep>("plug") { Beside = ["refused"] }.Of("Make a device a port of a bridge.",
        new ObjectShape<PlugStep>("plug", "a port to plug in")
        .With("device", "The device, node:device; a port of another bridge is unplugged there first, by a step of its own.", Scalars.Device,
            (plug, value) => plug.Device = value, required: true)
        .With("bridge", "The bridge of that node, Linux or OVS.", Scalars.DeviceName, (plug, value) => plug.Bridge = value, required: true)
        .WithOvsVlan(plug => plug.Vlan)
        .With("ofport_request", "The OpenFlow port number to have, on an OVS bridge.", OvsPortKeys.Ofport, (plug, value) => plug.Ofport = value.Value));

    private Located<DevicePlace> Device { get; set; }

    private Located<string> Bridge { get; set; }

    private OvsVlanEntry Vlan { get; } = new();

    private int? Ofport { get; set; }

    public override string Title => $"plug {Device.Value} into {Bridge.Value}";

    public override bool IsChange => true;

    public override void Check(StepCheck check)
    {
        check.ArePortsChanged = true;
        check.Device(Device);
        if (check.Inventory.Node(Device.Value.Node, Device.At) is not { } node)
        {
            return;
        }
        if (!node.IsLinuxBridge(Bridge.Value) && !node.IsOvsBridge(Bridge.Value))
        {
            check.Report(Bridge.At, $"{node.Name} has no bridge '{Bridge.Value}'", Spelling.Suggest(Bridge.Value, [.. node.BridgeNames], "bridge"));
        }
        else if (node.IsLinuxBridge(Bridge.Value) && (Given.Keys.FirstOrDefault(key => OvsVlanEntry.Keys.Contains(key) || key == "ofport_request")) is { } key)
        {
            check.Report(Of(key), $"'{Bridge.Value}' is a Linux bridge, whose ports have no '{key}'", "leave it out");
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var device = stage.Device(Device.Value);
        var bridge = (Switch)device.Node.Device(Bridge.Value);
        await (bridge is OvsBridge ovs
            ? ovs.AttachAsync(device, options => Vlan.ApplyTo(options) with { OfportRequest = Ofport ?? options.OfportRequest }, ct)
            : bridge.AttachAsync(device, ct)).ConfigureAwait(false);
        findings.Seen.Add($"{Device.Value} is a port of {bridge.Name}");
    }
}

/// <summary><c>unplug: compute1:tap0</c>: a port of a bridge is one no more.</summary>
internal sealed class UnplugStep : Step
{
    public static readonly StepKind Kind = new StepKind<UnplugStep>("unplug") { Beside = ["refused"] }
        .With("unplug", "Take a device, node:device, out of its bridge.", Scalars.Device, (unplug, value) => unplug.Device = value);

    private Located<DevicePlace> Device { get; set; }

    public override string Title => $"unplug {Device.Value}";

    public override bool IsChange => true;

    public override void Check(StepCheck check)
    {
        check.ArePortsChanged = true;
        check.Device(Device);
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var device = stage.Device(Device.Value);
        var bridge = device.Switch ?? throw new StepFailure($"{Device.Value} is a port of no bridge");
        await bridge.DetachAsync(device, ct).ConfigureAwait(false);
        findings.Seen.Add($"{Device.Value} is a port of {bridge.Name} no more");
    }
}
