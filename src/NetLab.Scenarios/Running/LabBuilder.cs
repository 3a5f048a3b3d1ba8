using NetLab.Linux.Netlink;
using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary>A scenario's lab, described to the library: one call for each thing that the file names, in an order in which everything is there before it is used.</summary>
internal static class LabBuilder
{
    public static Lab Describe(LabEntry entry, LabOptions? options)
    {
        var lab = new Lab(options);
        foreach (var (name, node) in entry.Nodes)
        {
            var added = lab.AddNode(name.Value);
            Bridges(added, node);
            Devices(added, node);
        }
        foreach (var link in entry.Links)
        {
            Link(lab, link.Value);
        }
        foreach (var (name, node) in entry.Nodes)
        {
            var added = lab.FindNode(name.Value)!;
            Vms(added, node);
            HybridPlugs(added, node);
            Ports(added, node);
            Settings(added, node);
        }
        return lab;
    }

    private static void Bridges(Node node, NodeEntry entry)
    {
        if (entry.IntegrationBridge is { } integration)
        {
            node.AddIntegrationBridge(integration.Value);
        }
        foreach (var (name, bridge) in entry.Bridges)
        {
            var added = node.AddBridge(name.Value);
            added.Options = Options(added.Options, bridge.Options);
            added.CallIptables = bridge.Options.NfCallIptables ?? added.CallIptables;
            Apply(added, bridge);
        }
        foreach (var (name, bridge) in entry.OvsBridges)
        {
            var added = node.AddOvsBridge(name.Value, new OvsBridgeOptions
            {
                FailMode = bridge.FailMode,
                MulticastSnooping = bridge.McastSnooping,
                OtherConfig = bridge.OtherConfig.ToDictionary(each => each.Name.Value, each => each.Value),
            });
            foreach (var flow in bridge.Flows)
            {
                added.AddFlow(flow.Value);
            }
            foreach (var port in bridge.Ports.Where(port => port.Value.Type is not null))
            {
                added.AddInternalPort(port.Value.Name.Value);
            }
            Apply(added, bridge);
        }
        foreach (var patch in entry.Patches)
        {
            var a = (OvsBridge)node.Device(patch.Value.A.Value.Node);
            var b = (OvsBridge)node.Device(patch.Value.B.Value.Node);
            a.AddPatch(b, patch.Value.A.Value.Device, patch.Value.B.Value.Device);
        }
    }

    private static BridgeOptions Options(BridgeOptions defaults, BridgeOptionsEntry written) => defaults with
    {
        StpState = written.StpState ?? defaults.StpState,
        ForwardDelay = written.ForwardDelay ?? defaults.ForwardDelay,
        AgeingTime = written.AgeingTime ?? defaults.AgeingTime,
        HelloTime = written.HelloTime ?? defaults.HelloTime,
        MaxAge = written.MaxAge ?? defaults.MaxAge,
        MulticastSnooping = written.McastSnooping ?? defaults.MulticastSnooping,
        VlanFiltering = written.VlanFiltering ?? defaults.VlanFiltering,
        Priority = (ushort?)written.Priority ?? defaults.Priority,
        GroupForwardMask = (ushort?)written.GroupFwdMask ?? defaults.GroupForwardMask,
    };

    private static void Devices(Node node, NodeEntry entry)
    {
        foreach (var (name, device) in entry.Devices)
        {
            if (device.Type is { Value: "tap" })
            {
                node.AddTap(name.Value);
            }
        }
    }

    private static void Link(Lab lab, LinkEntry entry)
    {
        var link = lab.AddLink(End(lab, entry.A), End(lab, entry.B));
        foreach (var (device, end) in new[] { (link.A, entry.A), (link.B, entry.B) })
        {
            device.Mtu = entry.Mtu?.Value ?? device.Mtu;
            Apply(device, end);
            if (end.Master is { } master)
            {
                ((Switch)device.Node.Device(master.Value)).Attach(device);
            }
        }
    }

    private static LinkEnd End(Lab lab, LinkEndEntry end) => lab.FindNode(end.Device.Value.Node)!.End(end.Device.Value.Device);

    private static void Vms(Node node, NodeEntry entry)
    {
        foreach (var (name, vm) in entry.Vms)
        {
            var bridge = vm.Bridge is { } written ? (Switch)node.Device(written.Value) : null;
            Habits(node.AddVm(name.Value, bridge, builder =>
            {
                builder.Tap(Inventory.TapOf(name.Value, vm));
                Guest(builder, vm);
                if (vm.Mtu is { } mtu)
                {
                    builder.Mtu(mtu.Value);
                }
                if (vm.Tag is { } tag)
                {
                    builder.Vlan(tag.Value);
                }
            }), vm);
        }
    }

    private static void HybridPlugs(Node node, NodeEntry entry)
    {
        foreach (var (plug, _) in entry.HybridPlugs)
        {
            var bridge = (OvsBridge)node.Device((plug.Bridge ?? entry.IntegrationBridge)!.Value.Value);
            Habits(node.AddHybridPlug(bridge, plug.Port.Value, plug.Vlan.Value, plug.Vm.Value, builder => Guest(builder, plug), plug.Mtu?.Value ?? 1500), plug);
        }
    }

    private static void Guest(FakeVmBuilder builder, GuestEntry guest)
    {
        if (guest.Mac is { } mac)
        {
            builder.Mac(mac.Value.ToString());
        }
        foreach (var address in guest.Addresses)
        {
            builder.Address(address.Value.ToString());
        }
        if (guest.Gateway is { } gateway)
        {
            builder.Gateway(gateway.Value.ToString());
        }
    }

    private static void Habits(FakeVm vm, GuestEntry guest)
    {
        if (guest.Answers is { } answers)
        {
            GuestEntry.SetAnswers(vm, answers);
        }
    }

    private static void Ports(Node node, NodeEntry entry)
    {
        foreach (var (name, bridge) in entry.Bridges)
        {
            var owner = (Bridge)node.Device(name.Value);
            foreach (var (port, _) in bridge.Ports)
            {
                var device = node.Device(port.Name.Value);
                AttachTo(owner, device);
                device.BridgePort = port.Flags.IsEmpty ? null : port.Flags.ToOptions();
            }
        }
        foreach (var (name, bridge) in entry.OvsBridges)
        {
            var owner = (OvsBridge)node.Device(name.Value);
            foreach (var (port, _) in bridge.Ports)
            {
                var device = node.Device(port.Name.Value);
                if (port.Type is null)
                {
                    AttachTo(owner, device);
                }
                var row = owner.Port(device);
                row.Options = port.Vlan.ApplyTo(row.Options) with
                {
                    ExternalIds = port.ExternalIds.ToDictionary(each => each.Name.Value, each => each.Value),
                };
            }
        }
    }

    // A VM has plugged its tap in already.
    private static void AttachTo(Switch bridge, Device device)
    {
        if (!ReferenceEquals(device.Switch, bridge))
        {
            bridge.Attach(device);
        }
    }

    private static void Settings(Node node, NodeEntry entry)
    {
        node.Forwarding = entry.Forwarding;
        foreach (var (name, value) in entry.Sysctls)
        {
            node.Sysctl(name.Value, value);
        }
        foreach (var (name, device) in entry.Devices)
        {
            Apply(node.Device(name.Value), device);
        }
        foreach (var (route, _) in entry.Routes)
        {
            node.AddRoute(route.To?.ToString() ?? "default", route.Via?.ToString(), route.Dev is { } device ? node.Device(device) : null);
        }
        if (entry.Nft is { } ruleset)
        {
            node.AddRuleset(ruleset);
        }
    }

    private static void Apply(Device device, DeviceSettings settings)
    {
        device.Mtu = settings.Mtu?.Value ?? device.Mtu;
        device.Up = settings.Up?.Value ?? device.Up;
        device.Promiscuous = settings.Promisc?.Value ?? device.Promiscuous;
        if (settings.Mac is { } mac)
        {
            device.Mac = mac.Value;
        }
        foreach (var address in settings.Addresses)
        {
            device.AddAddress(address.Value.ToString());
        }
    }
}
