using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary><c>state: { device: 'h1:eth0', carrier: on }</c>: a look at a device, as the kernel has it.</summary>
internal sealed class StateStep : Step
{
    public static readonly StepKind Kind = new StepKind<StateStep>("state")
        .Of("Look at a device.", new ObjectShape<StateStep>("state", "what a device must look like")
        .With("device", "The device, node:device.", Scalars.Device, (state, value) => state.Device = value, required: true)
        .With("exists", "Whether there is such a device.", Scalars.Switch, (state, value) => state.Exists = value.Value)
        .With("up", "Whether it is administratively up (IFF_UP).", Scalars.Switch, (state, value) => state.Up = value.Value)
        .With("carrier", "Whether somebody is at its other side (IFF_LOWER_UP).", Scalars.Switch, (state, value) => state.Carrier = value.Value)
        .With("operstate", "Its operational state as `ip link` names it.",
            Scalars.OneOf("an operstate", "up", "down", "unknown", "lowerlayerdown", "dormant", "notpresent"), (state, value) => state.OperState = value.Value)
        .With("mtu", "Its MTU, in bytes.", Scalars.Mtu, (state, value) => state.Mtu = value.Value)
        .With("mac", "Its MAC address.", Scalars.Mac, (state, value) => state.Mac = value.Value)
        .With("master", "The bridge it is a port of; 'none': of no bridge.", Scalars.DeviceName, (state, value) => state.Master = value)
        .With("kind", "Its kind as `ip -d link` names it: veth, tun, bridge…", Scalars.Text, (state, value) => state.DeviceKind = value.Value)
        .Checked((state, what, binding) =>
        {
            if (state.Given.Count < 2)
            {
                binding.Report(state.At, $"{what} names a device but nothing about it",
                    "at least one of exists, up, carrier, operstate, mtu, mac, master, kind");
            }
        }));

    public Located<DevicePlace> Device { get; set; }

    public bool? Exists { get; set; }

    public bool? Up { get; set; }

    public bool? Carrier { get; set; }

    public string? OperState { get; set; }

    public int? Mtu { get; set; }

    public MacAddress? Mac { get; set; }

    public Located<string>? Master { get; set; }

    public string? DeviceKind { get; set; }

    public override string Title => $"look at {Device.Value}";

    public override void Check(StepCheck check)
    {
        check.Device(Device);
        if (Master is { Value: not "none" } master)
        {
            check.Device(new Located<DevicePlace>(new DevicePlace(Device.Value.Node, master.Value), master.At));
        }
    }

    public override Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var device = stage.Device(Device.Value);
        var link = Read(device);
        findings.Seen.Add(link is null ? $"{Device.Value} does not exist" : Describe(device, link));
        if (Exists is { } exists && exists != (link is not null))
        {
            throw new StepFailure($"{Device.Value} {(link is null ? "does not exist" : "exists")}; expected {(exists ? "it to exist" : "no such device")}");
        }
        var wrong = link is null ? [] : Differences(device, link).ToList();
        return wrong.Count == 0 ? Task.CompletedTask : throw new StepFailure($"{Device.Value}: {string.Join(", ", wrong)}");
    }

    private static LinkInfo? Read(Device device)
    {
        try
        {
            return device.ReadLink();
        }
        catch (InvalidOperationException)
        {
            return null;
        }
    }

    private IEnumerable<string> Differences(Device device, LinkInfo link)
    {
        (string What, object? Wanted, object Seen)[] facts =
        [
            ("up", Up, link.IsUp),
            ("carrier", Carrier, link.HasCarrier),
            ("operstate", OperState, link.OperState.ToString().ToLowerInvariant()),
            ("mtu", Mtu, link.Mtu),
            ("mac", Mac?.ToString(), link.Mac is { } mac ? MacAddress.From(mac).ToString() : "none"),
            ("master", Master?.Value, MasterOf(device, link) ?? "none"),
            ("kind", DeviceKind, link.Kind ?? "none"),
        ];
        return facts.Where(fact => fact.Wanted is { } wanted && !wanted.Equals(fact.Seen))
            .Select(fact => $"{fact.What} is {Word(fact.Seen)}, expected {Word(fact.Wanted!)}");

        static object Word(object value) => value is bool on ? on ? "on" : "off" : value;
    }

    private static string Describe(Device device, LinkInfo link) =>
        $"{device.Node.Name}:{device.Name}: {link.Kind ?? device.Kind}, {(link.IsUp ? "up" : "down")}, {(link.HasCarrier ? "carrier" : "no carrier")}, "
        + $"operstate {link.OperState.ToString().ToLowerInvariant()}, mtu {link.Mtu}"
        + (MasterOf(device, link) is { } master ? $", port of {master}" : "")
        + (device is TapDevice tap ? tap.IsOpen ? ", held open" : ", held by nobody" : "");

    // To the kernel's datapath of Open vSwitch all of its ports have one master, ovs-system, whatever their bridge.
    private static string? MasterOf(Device device, LinkInfo link) =>
        device.Node.Devices.FirstOrDefault(each => each.IsApplied && each.Index == link.MasterIndex)?.Name
        ?? (device.Switch as OvsBridge)?.Name
        ?? (link.MasterIndex is > 0 and { } index ? $"device {index}" : null);
}
