using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab.Scenarios;

/// <summary>What a step saw.</summary>
internal sealed class StepFindings
{
    public List<string> Seen { get; } = [];

    public Fate? Fate { get; set; }
}

/// <summary>A step did not come out as the scenario says.</summary>
internal sealed class StepFailure(string wrong, string? right = null) : Exception(right is null ? wrong : $"{wrong}; {right}");

/// <summary>What each kind of step does in a running lab.</summary>
internal sealed class StepActions(Lab lab)
{
    private const int LinesOfOutput = 12;

    private readonly FrameComposer _composer = new(lab);
    private Fate? _last;

    public async Task ActAsync(StepEntry step, StepFindings findings, CancellationToken ct)
    {
        if (step.Ping is { } ping)
        {
            await PingAsync(ping, findings, ct).ConfigureAwait(false);
        }
        if (step.Send is { } send)
        {
            await SendAsync(send, findings, ct).ConfigureAwait(false);
        }
        if (step.Expect.Count > 0 || step.ExpectNone.Count > 0)
        {
            Expect(step, findings);
        }
        if (step.Set is { } set)
        {
            await SetAsync(set, findings, ct).ConfigureAwait(false);
        }
        if (step.Exec is { } exec)
        {
            await ExecAsync(exec, findings, ct).ConfigureAwait(false);
        }
        if (step.State is { } state)
        {
            Look(state, findings);
        }
    }

    private async Task PingAsync(PingEntry ping, StepFindings findings, CancellationToken ct)
    {
        var vm = lab.FindVm(ping.From.Value.Name);
        var node = lab.FindNode(ping.From.Value.Name);
        var result = (ping.To.Value, vm) switch
        {
            ({ Address: { } address }, { } from) => await from.PingAsync(address, ct).ConfigureAwait(false),
            ({ Address: { } address }, null) => await node!.PingAsync(address, ct).ConfigureAwait(false),
            ({ Name: { } name }, { } from) when lab.FindVm(name) is { } to => await from.PingAsync(to, ct).ConfigureAwait(false),
            ({ Name: { } name }, null) when lab.FindVm(name) is { } to => await node!.PingAsync(to, ct).ConfigureAwait(false),
            ({ Name: { } name }, { } from) => await from.PingAsync(lab.FindNode(name)!, ct).ConfigureAwait(false),
            ({ Name: { } name }, null) => await node!.PingAsync(lab.FindNode(name)!, ct).ConfigureAwait(false),
            _ => throw new StepFailure("a ping goes to an IP address, and this is a MAC address", "name the VM"),
        };
        findings.Fate = result.Fate;
        findings.Seen.Add(result.ToString());
        if (result.Succeeded)
        {
            findings.Seen.AddRange(result.Fate.Copies.Where(copy => copy.End is CopyEnd.Delivered).Take(1).Select(copy => $"by {WayOf(copy, result.From)}"));
        }
        _ = ping.Reply ? result.ShouldSucceed() : result.ShouldFail();
    }

    private async Task SendAsync(SendEntry send, StepFindings findings, CancellationToken ct)
    {
        var sender = lab.FindVm(send.From.Value)!;
        var frame = await _composer.ComposeAsync(send, sender, ct).ConfigureAwait(false);
        findings.Fate = _last = await sender.SendAsync(frame, ct).ConfigureAwait(false);
        findings.Seen.Add($"{sender.Name} sent {frame}");
    }

    private void Expect(StepEntry step, StepFindings findings)
    {
        var fate = _last ?? throw new StepFailure("nothing was sent before this");
        findings.Fate = fate;
        var problems = new List<string>();
        foreach (var (expect, _) in step.Expect)
        {
            Judge(() =>
            {
                var arrival = expect.Where.Value.Device is { } device
                    ? fate.ShouldReach(lab.FindNode(expect.Where.Value.Name)!.Device(device))
                    : fate.ShouldReach(lab.FindVm(expect.Where.Value.Name)!);
                int? wanted = expect.Copies ?? (expect.Where.Value.Device is null ? 1 : null);
                if (wanted is { } copies)
                {
                    arrival.Times(copies);
                }
                if (expect.Via.Count > 0)
                {
                    arrival.Via([.. expect.Via.Select(hop => hop.Value.Replace(':', '/'))]);
                }
                findings.Seen.Add($"{expect.Where.Value} received it: {WayOf(arrival.Copies[0], fate.From)} ({HopsOf(arrival)})");
            });
        }
        foreach (var (place, _) in step.ExpectNone)
        {
            Judge(() =>
            {
                if (place.Device is { } device)
                {
                    fate.ShouldNotReach(lab.FindNode(place.Name)!.Device(device));
                    findings.Seen.Add($"{place} did not see it");
                }
                else if (place.Name == fate.From)
                {
                    fate.ShouldNotComeBack();
                    findings.Seen.Add($"it did not come back to {place}");
                }
                else
                {
                    fate.ShouldNotReach(lab.FindVm(place.Name)!);
                    findings.Seen.Add($"{place} received nothing");
                }
            });
        }
        if (problems.Count > 0)
        {
            throw new ForwardingException(string.Join(Environment.NewLine, [.. problems, fate.Describe()]));
        }

        // The ways of the frame are the same below every complaint: they are told once, after all of them.
        void Judge(Action expectation)
        {
            try
            {
                expectation();
            }
            catch (ForwardingException otherwise)
            {
                problems.Add(otherwise.Message.Split(Environment.NewLine)[0]);
            }
        }
    }

    private async Task SetAsync(SetEntry set, StepFindings findings, CancellationToken ct)
    {
        if (set.Device is { } place)
        {
            var device = DeviceAt(place.Value);
            if (set.Mtu is { } mtu)
            {
                await device.SetMtuAsync(mtu, ct).ConfigureAwait(false);
            }
            if (set.Mac is { } mac)
            {
                await device.SetMacAsync(mac, ct).ConfigureAwait(false);
            }
            if (set.Up is { } up)
            {
                await device.SetUpAsync(up, ct).ConfigureAwait(false);
            }
            if (set.Held is { } held)
            {
                await HoldAsync(device, held.Value, ct).ConfigureAwait(false);
            }
            findings.Seen.Add($"{place.Value}: {string.Join(", ", Changes(set))}");
        }
        if (set.Port is { } port)
        {
            var device = DeviceAt(port.Value);
            if (!set.Flags.IsEmpty)
            {
                await device.SetBridgePortAsync(LabBuilder.PortOptions(set.Flags), ct).ConfigureAwait(false);
                findings.Seen.Add($"port {device.Name} of {device.Switch?.Name}: {string.Join(", ", Changes(set.Flags))}");
            }
            if (!StepShapes.OvsPortKeys.Any(set.Given.ContainsKey))
            {
                return;
            }
            var bridge = device.Switch as OvsBridge ?? throw new StepFailure($"{port.Value} is no port of an OVS bridge");
            await bridge.SetPortAsync(device, options => LabBuilder.WithVlan(options, set.Vlan), ct).ConfigureAwait(false);
            var now = bridge.Port(device).Options;
            findings.Seen.Add($"port {device.Name} of {bridge.Name}: {(now.Tag is { } tag ? $"tag {tag}" : "no tag")}"
                + (now.Trunks is { Count: > 0 } trunks ? $", trunks {string.Join(", ", trunks)}" : "") + (now.VlanMode is { } mode ? $", vlan_mode {mode}" : ""));
        }
        if (set.Node is { } name)
        {
            var node = lab.FindNode(name.Value)!;
            foreach (var (sysctl, value) in set.Sysctls)
            {
                node.WriteSysctl(sysctl.Value, value);
                findings.Seen.Add($"{node.Name}: {sysctl.Value} = {node.ReadSysctl(sysctl.Value).Trim()}");
            }
        }
        if (set.Vm is { } vmName)
        {
            var vm = lab.FindVm(vmName.Value)!;
            LabBuilder.SetAnswers(vm, set.Answers ?? []);
            findings.Seen.Add($"{vm.Name} answers {(set.Answers is { Count: > 0 } answers ? string.Join(" and ", answers.Select(answer => answer.Value)) : "nothing")}");
        }
    }

    private static IEnumerable<string> Changes(SetEntry set)
    {
        if (set.Up is { } up)
        {
            yield return up ? "up" : "down";
        }
        if (set.Mtu is { } mtu)
        {
            yield return $"mtu {mtu}";
        }
        if (set.Mac is { } mac)
        {
            yield return $"mac {mac}";
        }
        if (set.Held is { } held)
        {
            yield return held.Value ? "held by its owner" : "held by nobody";
        }
    }

    private static IEnumerable<string> Changes(BridgePortFlags port)
    {
        (string Name, bool? Is)[] switches =
            [("learning", port.Learning), ("flood", port.Flood), ("mcast_flood", port.McastFlood), ("bcast_flood", port.BcastFlood), ("isolated", port.Isolated), ("hairpin", port.Hairpin), ("guard", port.Guard)];
        (string Name, int? Is)[] numbers = [("cost", port.Cost), ("priority", port.Priority)];
        return switches.Where(each => each.Is is not null).Select(each => $"{each.Name} {(each.Is is true ? "on" : "off")}")
            .Concat(numbers.Where(each => each.Is is not null).Select(each => $"{each.Name} {each.Is}"));
    }

    private async Task HoldAsync(Device device, bool held, CancellationToken ct)
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
        await lab.SettleAsync(ct).ConfigureAwait(false);
    }

    private async Task ExecAsync(ExecEntry exec, StepFindings findings, CancellationToken ct)
    {
        var result = await lab.FindNode(exec.Node.Value)!.ExecAsync(exec.Run[0], [.. exec.Run.Skip(1)], ct).ConfigureAwait(false);
        findings.Seen.Add($"{exec.Node.Value}$ {string.Join(' ', exec.Run)}");
        var output = result.Output + result.Error;
        var lines = output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        findings.Seen.AddRange(lines.Take(LinesOfOutput).Select(line => "  " + line.TrimEnd()));
        if (lines.Length > LinesOfOutput)
        {
            findings.Seen.Add($"  … and {lines.Length - LinesOfOutput} more lines");
        }
        if (exec.Exit is { } wanted ? result.ExitCode != wanted : result.ExitCode == 0)
        {
            throw new StepFailure($"it ended with exit code {result.ExitCode}; expected {(exec.Exit is { } code ? code : "any but 0")}");
        }
        foreach (var text in exec.Contains.Where(text => !output.Contains(text.Value, StringComparison.Ordinal)))
        {
            throw new StepFailure($"its output does not contain '{text.Value}'");
        }
        foreach (var text in exec.Lacks.Where(text => output.Contains(text.Value, StringComparison.Ordinal)))
        {
            throw new StepFailure($"its output contains '{text.Value}'");
        }
    }

    private void Look(StateEntry state, StepFindings findings)
    {
        var device = DeviceAt(state.Device.Value);
        LinkInfo? link;
        try
        {
            link = device.ReadLink();
        }
        catch (InvalidOperationException)
        {
            link = null;
        }
        findings.Seen.Add(link is null ? $"{state.Device.Value} does not exist" : Describe(device, link));
        if (state.Exists is { } exists && exists != (link is not null))
        {
            throw new StepFailure($"{state.Device.Value} {(link is null ? "does not exist" : "exists")}; expected {(exists ? "it to exist" : "no such device")}");
        }
        if (link is null)
        {
            return;
        }

        var wrong = new List<string>();
        Compare("up", state.Up, link.IsUp);
        Compare("carrier", state.Carrier, link.HasCarrier);
        Compare("operstate", state.OperState, link.OperState.ToString().ToLowerInvariant());
        Compare("mtu", state.Mtu, link.Mtu);
        Compare("mac", state.Mac?.ToString(), link.Mac is { } mac ? Packets.MacAddress.From(mac).ToString() : "none");
        Compare("master", state.Master?.Value, MasterOf(device, link) ?? "none");
        Compare("kind", state.Kind, link.Kind ?? "none");
        if (wrong.Count > 0)
        {
            throw new StepFailure($"{state.Device.Value}: {string.Join(", ", wrong)}");
        }

        void Compare(string what, object? wanted, object seen)
        {
            if (wanted is not null && !wanted.Equals(seen))
            {
                wrong.Add($"{what} is {Word(seen)}, expected {Word(wanted)}");
            }
        }

        static object Word(object value) => value is bool on ? on ? "on" : "off" : value;
    }

    /// <summary>The way of a copy; where it leads through several nodes, each is named once as the frame comes into it.</summary>
    private static string WayOf(FrameCopy copy, string from)
    {
        var way = copy.Way;
        if (way.Select(place => place.Node).Distinct().Count() < 2)
        {
            return string.Join(" > ", copy.Path(from));
        }
        var names = way.Select((place, i) => i == 0 || way[i - 1].Node != place.Node ? $"{place.Node.Name}: {place.Name}" : place.Name).Prepend(from);
        return string.Join(" > ", (copy.Vm?.Name ?? copy.Node?.Name) is { } receiver ? names.Append(receiver) : names);
    }

    private static string HopsOf(Arrival arrival) => arrival.Copies[0].Hops.Count is 1
        ? "1 hop"
        : $"{arrival.Copies[0].Hops.Count} hops, {arrival.Latency.TotalMicroseconds:0} µs";

    private static string Describe(Device device, LinkInfo link) =>
        $"{device.Node.Name}:{device.Name}: {link.Kind ?? device.Kind}, {(link.IsUp ? "up" : "down")}, {(link.HasCarrier ? "carrier" : "no carrier")}, "
        + $"operstate {link.OperState.ToString().ToLowerInvariant()}, mtu {link.Mtu}"
        + (MasterOf(device, link) is { } master ? $", port of {master}" : "")
        + (device is TapDevice tap ? tap.IsOpen ? ", held open" : ", held by nobody" : "");

    private static string? MasterOf(Device device, LinkInfo link) => link.MasterIndex is > 0 and { } index
        ? device.Node.Devices.FirstOrDefault(each => each.IsApplied && each.Index == index)?.Name ?? $"device {index}"
        : device.Switch is OvsBridge bridge ? bridge.Name : null;

    private Device DeviceAt(DevicePlace place) => lab.FindNode(place.Node)!.Device(place.Device);
}
