using NetLab.Linux;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary><c>set: { device: 'h1:eth0', up: off }</c>: a change in the running lab.</summary>
internal sealed class SetStep : Step
{
    private static readonly Dictionary<string, string[]> Settable = new()
    {
        ["device"] = ["up", "mtu", "mac", "held"],
        ["port"] = [.. OvsVlanEntry.Keys, .. BridgePortFlags.Keys],
        ["node"] = ["sysctls"],
        ["vm"] = ["answers"],
    };

    public static readonly StepKind Kind = new StepKind<SetStep>("set") { Beside = ["refused"] }.Of("Change something in the running lab.",
        new ObjectShape<SetStep>("set", "a live change")
        .With("device", "Change a device, node:device: up, mtu, mac, held.", Scalars.Device, (set, value) => set.Device = value)
        .With("port", "Change a port of a bridge, node:port: tag, trunks and vlan_mode of Open vSwitch's, flood, isolated and so on of a Linux bridge's.",
            Scalars.Device, (set, value) => set.Port = value)
        .With("node", "Change a node: sysctls.", Scalars.Name, (set, value) => set.Node = value)
        .With("vm", "Change a VM: answers.", Scalars.Name, (set, value) => set.Vm = value)
        .With("up", "Whether it is administratively up.", Scalars.Switch, (set, value) => set.Up = value.Value)
        .With("mtu", "The MTU, in bytes.", Scalars.Mtu, (set, value) => set.Mtu = value.Value)
        .With("mac", "The MAC address.", Scalars.Mac, (set, value) => set.Mac = value.Value)
        .With("held", "Whether somebody holds the device's file descriptor, as a hypervisor holds a tap's: its VM, or the lab where it has none.",
            Scalars.Switch, (set, value) => set.Held = value.Value)
        .WithOvsVlan(set => set.Vlan)
        .WithBridgePortFlags(set => set.Flags)
        .With("sysctls", "Settings of the node's network namespace.", SysctlsPart.Shape, (set, value) => set.Sysctls = value.Value)
        .With("answers", "What the VM answers by itself: arp (and ND), ping; nothing with [].", GuestKeys.Answers, (set, value) => set.Answers = value.Value)
        .Checked(CheckSubject));

    public Located<DevicePlace>? Device { get; set; }

    public bool? Up { get; set; }

    public int? Mtu { get; set; }

    public MacAddress? Mac { get; set; }

    public bool? Held { get; set; }

    public Located<DevicePlace>? Port { get; set; }

    public OvsVlanEntry Vlan { get; } = new();

    public BridgePortFlags Flags { get; } = new();

    public Located<string>? Node { get; set; }

    public IReadOnlyList<Named<string>> Sysctls { get; set; } = [];

    public Located<string>? Vm { get; set; }

    public IReadOnlyList<Located<string>> Answers { get; set; } = [];

    public override string Title =>
        $"set {Device?.ToString() ?? Port?.ToString() ?? Node?.ToString() ?? Vm?.ToString()} "
        + string.Join(", ", Given.Keys.Where(key => !Settable.ContainsKey(key)));

    public override bool IsChange => true;

    public override void Check(StepCheck check)
    {
        var inventory = check.Inventory;
        if (Device is { } device)
        {
            check.Device(device);
        }
        if (Port is { } port && inventory.Node(port.Value.Node, port.At) is { } owner && inventory.HasDevice(owner, port.Value.Device, port.At))
        {
            CheckPort(check, port, owner, check.Masters.TryGetValue(port.Value, out var master) ? master.Bridge : "");
        }
        if (Node is { } name)
        {
            inventory.Node(name.Value, name.At);
        }
        if (Vm is { } vm)
        {
            check.Vm(vm);
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        if (Device is { } place)
        {
            await SetDeviceAsync(stage.Device(place.Value), ct).ConfigureAwait(false);
            findings.Seen.Add($"{place.Value}: {string.Join(", ", DeviceChanges())}");
        }
        if (Port is { } port)
        {
            await SetPortAsync(stage.Device(port.Value), port.Value, findings, ct).ConfigureAwait(false);
        }
        if (Node is { } name)
        {
            var node = stage.Lab.FindNode(name.Value)!;
            foreach (var (sysctl, value) in Sysctls)
            {
                node.WriteSysctl(sysctl.Value, value);
                findings.Seen.Add($"{node.Name}: {sysctl.Value} = {node.ReadSysctl(sysctl.Value).Trim()}");
            }
        }
        if (Vm is { } vmName)
        {
            var vm = stage.Lab.FindVm(vmName.Value)!;
            GuestPart.SetAnswers(vm, Answers);
            findings.Seen.Add($"{vm.Name} answers {(Answers.Count > 0 ? string.Join(" and ", Answers.Select(answer => answer.Value)) : "nothing")}");
        }
    }

    private void CheckPort(StepCheck check, Located<DevicePlace> port, NodeInventory owner, string bridge)
    {
        check.ArePortsChanged = true;
        if (OvsVlanEntry.Keys.Any(Given.ContainsKey) && !owner.IsOvsBridge(bridge))
        {
            check.Report(port.At, $"'{port.Value}' is no port of an OVS bridge, and only those have tags", "name a port that stands under 'ovs'");
        }
        else if (BridgePortFlags.Keys.FirstOrDefault(Given.ContainsKey) is { } flag && !owner.IsLinuxBridge(bridge))
        {
            check.Report(Of(flag), $"'{port.Value}' is no port of a Linux bridge, and only those have '{flag}'",
                "name a port of a bridge that stands under 'bridges'");
        }
    }

    private async Task SetDeviceAsync(Device device, CancellationToken ct)
    {
        if (Mtu is { } mtu)
        {
            await device.SetMtuAsync(mtu, ct).ConfigureAwait(false);
        }
        if (Mac is { } mac)
        {
            await device.SetMacAsync(mac, ct).ConfigureAwait(false);
        }
        if (Up is { } up)
        {
            await device.SetUpAsync(up, ct).ConfigureAwait(false);
        }
        if (Held is { } held)
        {
            await HoldAsync(device, held, ct).ConfigureAwait(false);
        }
    }

    private IEnumerable<string> DeviceChanges()
    {
        if (Up is { } up)
        {
            yield return up ? "up" : "down";
        }
        if (Mtu is { } mtu)
        {
            yield return $"mtu {mtu}";
        }
        if (Mac is { } mac)
        {
            yield return $"mac {mac}";
        }
        if (Held is { } held)
        {
            yield return held ? "held by its owner" : "held by nobody";
        }
    }

    private static async Task HoldAsync(Device device, bool held, CancellationToken ct)
    {
        if (device is not TapDevice tap)
        {
            // What a hypervisor would do with any name it is given; the kernel says which devices have a descriptor to hold.
            await device.Node.RunAsync(() =>
            {
                using var here = NetworkNamespace.OpenPath("/proc/thread-self/ns/net");
                Tap.Attach(here, device.Name).Dispose();
            }).ConfigureAwait(false);
            return;
        }
        if (held)
        {
            tap.Open();
        }
        else
        {
            tap.Close();
        }
        await device.Node.Lab.SettleAsync(ct).ConfigureAwait(false);
    }

    private async Task SetPortAsync(Device device, DevicePlace place, StepFindings findings, CancellationToken ct)
    {
        if (!Flags.IsEmpty)
        {
            await device.SetBridgePortAsync(Flags.ToOptions(), ct).ConfigureAwait(false);
            findings.Seen.Add($"port {device.Name} of {device.Switch?.Name}: {string.Join(", ", Flags.Changes())}");
        }
        if (!OvsVlanEntry.Keys.Any(Given.ContainsKey))
        {
            return;
        }
        var bridge = device.Switch as OvsBridge ?? throw new StepFailure($"{place} is no port of an OVS bridge");
        await bridge.SetPortAsync(device, Vlan.ApplyTo, ct).ConfigureAwait(false);
        var now = bridge.Port(device).Options;
        findings.Seen.Add($"port {device.Name} of {bridge.Name}: {(now.Tag is { } tag ? $"tag {tag}" : "no tag")}"
            + (now.Trunks is { Count: > 0 } trunks ? $", trunks {string.Join(", ", trunks)}" : "") + (now.VlanMode is { } mode ? $", vlan_mode {mode}" : ""));
    }

    private static void CheckSubject(SetStep set, string what, Binding binding)
    {
        var subjects = Settable.Keys.Where(set.Given.ContainsKey).ToArray();
        if (subjects.Length != 1)
        {
            binding.Report(subjects.Length == 0 ? set.At : set.Of(subjects[1]),
                subjects.Length == 0 ? $"{what} does not say what to change" : $"{what} changes both a {subjects[0]} and a {subjects[1]}",
                $"one of {string.Join(", ", Settable.Keys)}");
            return;
        }
        var allowed = Settable[subjects[0]];
        var changes = set.Given.Keys.Where(key => key != subjects[0]).ToArray();
        foreach (var foreign in changes.Except(allowed))
        {
            binding.Report(set.Of(foreign), $"a {subjects[0]} has no '{foreign}' to change",
                Settable.FirstOrDefault(other => other.Value.Contains(foreign)) is { Key: { } owner }
                    ? $"'{foreign}' is of a {owner}" : $"it has {string.Join(", ", allowed)}");
        }
        if (changes.Length == 0)
        {
            binding.Report(set.At, $"{what} names a {subjects[0]} but no change", $"one or more of {string.Join(", ", allowed)}");
        }
    }
}
