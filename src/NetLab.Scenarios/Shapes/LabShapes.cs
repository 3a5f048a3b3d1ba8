using System.Text.Json.Nodes;

namespace NetLab.Scenarios;

/// <summary>How everything under `lab:` is written. The words of NetLab have dashes; options of iproute2 and columns of OVS are spelled as there.</summary>
internal static class LabShapes
{
    private static readonly ScalarShape<string> SysctlName = new("sysctl", "net.ipv4.ip_forward",
        scalar => scalar.Text.StartsWith("net.", StringComparison.Ordinal) || scalar.Text.StartsWith("net/", StringComparison.Ordinal)
            ? (scalar.Text, null)
            : (scalar.Text, new Problem($"'{scalar.Text}' belongs to the whole machine, not to a node", "a node has those below 'net', like net.ipv4.ip_forward")),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^net[./]" });

    public static readonly MapShape<string> Sysctls = new(SysctlName, Scalars.Text, "sysctl");

    private static readonly ScalarShape<string> Key = new("a key", "iface-id", scalar => (scalar.Text, null), () => new JsonObject { ["type"] = "string" });

    private static readonly MapShape<string> Column = new(Key, Scalars.Text, "key");

    public static readonly ListShape<string> Answers = new("answer", Scalars.OneOf("what a VM answers", "arp", "ping"), single: true);

    public static readonly ListShape<InterfaceAddress> Addresses = new("address", Scalars.HostAddress, single: true);

    private static readonly ObjectShape<DeviceEntry> Device = new ObjectShape<DeviceEntry>("device", "a device")
        .With("type", "What makes the device: 'tap', which nobody holds open. Absent when a link, a port or a VM makes it.",
            Scalars.OneOf("a type", "tap"), (device, value) => device.Type = value)
        .WithDeviceSettings();

    private static readonly ObjectShape<LinkEndEntry> LinkEnd = new ObjectShape<LinkEndEntry>("link-end", "an end of a link")
        .With("device", "The node and the name of the device that this end is, node:device.", Scalars.Device, (end, value) => end.Device = value, required: true)
        .With("master", "The bridge of that node that takes this end as a port.", Scalars.DeviceName, (end, value) => end.Master = value)
        .WithDeviceSettings()
        .OrShort("h1:eth0", $"^{Texts.DevicePattern}$", (scalar, what, binding) =>
        {
            var (place, problem) = Scalars.ParseDevice(scalar.Text);
            if (problem is null)
            {
                return new LinkEndEntry { Device = new Located<DevicePlace>(place, scalar.At) };
            }
            binding.Report(scalar.Inside(problem.Offset), $"{what} {problem.Wrong}", problem.Right);
            return null;
        });

    private static readonly ObjectShape<LinkEntry> Link = new ObjectShape<LinkEntry>("link", "a link")
        .With("a", "One end of the veth pair.", LinkEnd, (link, value) => link.A = value.Value, required: true)
        .With("b", "The other end.", LinkEnd, (link, value) => link.B = value.Value, required: true)
        .With("mtu", "The MTU of both ends, in bytes.", Scalars.Mtu, (link, value) => link.Mtu = value)
        .OrShort("h1:eth0 -- sw:p1", $"^{Texts.DevicePattern}\\s+--\\s+{Texts.DevicePattern}$", (scalar, what, binding) =>
            Texts.Pair(scalar, what, "h1:eth0 -- sw:p1", binding) is { } ends
                ? new LinkEntry { A = new LinkEndEntry { At = ends.A.At, Device = ends.A }, B = new LinkEndEntry { At = ends.B.At, Device = ends.B } }
                : null);

    private static readonly ObjectShape<BridgePortEntry> BridgePort = new ObjectShape<BridgePortEntry>("bridge-port", "a bridge port")
        .With("name", "The device.", Scalars.DeviceName, (port, value) => port.Name = value, required: true)
        .WithBridgePortFlags(port => port.Flags)
        .OrShort("p1", "^[^\\s/:]{1,15}$", (scalar, what, binding) =>
            OneName(scalar, what, binding) ? new BridgePortEntry { Name = new Located<string>(scalar.Text, scalar.At) } : null);

    private static readonly ObjectShape<BridgeEntry> Bridge = new ObjectShape<BridgeEntry>("bridge", "a Linux bridge")
        .With("ports", "The devices of this node that are its ports.", new ListShape<BridgePortEntry>("port", BridgePort, single: true), (bridge, value) => bridge.Ports = value.Value)
        .WithBridgeOptions(bridge => bridge.Options)
        .WithDeviceSettings();

    private static readonly ObjectShape<OvsPortEntry> OvsPort = new ObjectShape<OvsPortEntry>("ovs-port", "a port of an OVS bridge")
        .With("name", "The device.", Scalars.DeviceName, (port, value) => port.Name = value, required: true)
        .With("type", "'internal': OVS makes the device itself; it can be set under 'devices'. Absent: a device that a link, a VM or 'devices' makes.",
            Scalars.OneOf("a type", "internal"), (port, value) => port.Type = value)
        .WithOvsVlan(port => port.Vlan)
        .With("external_ids", "Marks for whoever reads the database, like Neutron's iface-id.", Column, (port, value) => port.ExternalIds = value.Value)
        .OrShort("p1", "^[^\\s/:]{1,15}$", (scalar, what, binding) =>
            OneName(scalar, what, binding) ? new OvsPortEntry { Name = new Located<string>(scalar.Text, scalar.At) } : null);

    private static readonly ObjectShape<OvsBridgeEntry> OvsBridge = new ObjectShape<OvsBridgeEntry>("ovs-bridge", "an Open vSwitch bridge")
        .With("ports", "Its ports, with their tags.", new ListShape<OvsPortEntry>("port", OvsPort, single: true), (bridge, value) => bridge.Ports = value.Value)
        .With("fail_mode", "Without a controller: 'standalone' forwards as a learning switch, 'secure' only by flows.",
            Scalars.OneOf("a fail_mode", "standalone", "secure"), (bridge, value) => bridge.FailMode = value.Value)
        .With("mcast_snooping_enable", "Send multicast only where somebody asked for it.", Scalars.Switch, (bridge, value) => bridge.McastSnooping = value.Value)
        .With("other_config", "The bridge's other_config, key by key.", Column, (bridge, value) => bridge.OtherConfig = value.Value)
        .With("flows", "OpenFlow flows as `ovs-ofctl add-flow` takes them, one an item.", new ListShape<string>("flow", Scalars.Text, single: true), (bridge, value) => bridge.Flows = value.Value)
        .WithDeviceSettings();

    private static readonly ObjectShape<PatchEntry> Patch = new ObjectShape<PatchEntry>("patch", "a pair of patch ports")
        .With("a", "One patch port, bridge:port.", Scalars.Device, (patch, value) => patch.A = value, required: true)
        .With("b", "Its peer.", Scalars.Device, (patch, value) => patch.B = value, required: true)
        .OrShort("br-int:patch-tun -- br-tun:patch-int", $"^{Texts.DevicePattern}\\s+--\\s+{Texts.DevicePattern}$", (scalar, what, binding) =>
            Texts.Pair(scalar, what, "br-int:patch-tun -- br-tun:patch-int", binding) is { } ends ? new PatchEntry { A = ends.A, B = ends.B } : null);

    private static readonly ObjectShape<VmEntry> Vm = new ObjectShape<VmEntry>("vm", "a fake VM")
        .With("bridge", "The bridge of this node, Linux or OVS, that takes the VM's tap as a port. Absent: the tap is a device of the node alone.",
            Scalars.DeviceName, (vm, value) => vm.Bridge = value)
        .With("tag", "The access VLAN of the port, on an OVS bridge.", Scalars.VlanId, (vm, value) => vm.Tag = value)
        .With("tap", "The tap's name; 'tap-' and the VM's name when absent.", Scalars.DeviceName, (vm, value) => vm.Tap = value)
        .WithGuest();

    private static readonly ScalarShape<string> PortId = new("a Neutron port id", "0c1383d0-c894-4b5e-8f11-7a2e40c1d6b3",
        scalar => scalar.Text.Length >= 11 && scalar.Text.All(character => char.IsAsciiHexDigit(character) || character == '-')
            ? (scalar.Text, null)
            : (scalar.Text, new Problem($"{scalar.Noun} is not a port id", "a UUID, or at least its first 11 characters, like 0c1383d0-c8")),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f-]{11,}$" });

    private static readonly ObjectShape<HybridPlugEntry> HybridPlug = new ObjectShape<HybridPlugEntry>("hybrid-plug", "a VM in OpenStack's hybrid wiring")
        .With("vm", "The VM's name.", Scalars.Name, (plug, value) => plug.Vm = value, required: true)
        .With("port", "The Neutron port's id; its first 11 characters name the devices tap…, qbr…, qvb… and qvo….", PortId, (plug, value) => plug.Port = value, required: true)
        .With("bridge", "The OVS bridge it ends in; the node's integration-bridge when absent.", Scalars.DeviceName, (plug, value) => plug.Bridge = value)
        .With("vlan", "The local VLAN that the Neutron agent gave the tenant network on this node: the tag of the qvo port.",
            Scalars.VlanId, (plug, value) => plug.Vlan = value, required: true)
        .WithGuest();

    private static readonly ObjectShape<NodeEntry> Node = new ObjectShape<NodeEntry>("node", "a node")
        .With("sysctls", "Settings of the node's network namespace, by their names.", Sysctls, (node, value) => node.Sysctls = value.Value)
        .With("devices", "Devices that are made here, and settings of those that links and ports make.",
            new MapShape<DeviceEntry>(Scalars.DeviceName, Device, "device"), (node, value) => node.Devices = value.Value)
        .With("bridges", "Linux bridges.", new MapShape<BridgeEntry>(Scalars.DeviceName, Bridge, "bridge"), (node, value) => node.Bridges = value.Value)
        .With("ovs", "Open vSwitch bridges; the node then runs an Open vSwitch of its own.",
            new MapShape<OvsBridgeEntry>(Scalars.DeviceName, OvsBridge, "OVS bridge"), (node, value) => node.OvsBridges = value.Value)
        .With("patches", "Patch ports that join two OVS bridges of this node.", new ListShape<PatchEntry>("patch", Patch), (node, value) => node.Patches = value.Value)
        .With("vms", "Fake VMs, each on a tap.", new MapShape<VmEntry>(Scalars.Name, Vm, "VM"), (node, value) => node.Vms = value.Value)
        .With("hybrid-plug", "VMs wired as Nova and Neutron do it with iptables_hybrid: tap, qbr, qvb/qvo, tagged port of br-int.",
            new ListShape<HybridPlugEntry>("the plug", HybridPlug), (node, value) => node.HybridPlugs = value.Value)
        .With("integration-bridge", "An OVS bridge as Neutron's agent sets up br-int, by its name: fail_mode secure, its OpenFlow versions and default flows.",
            Scalars.DeviceName, (node, value) => node.IntegrationBridge = value)
        .With("forwarding", "Whether the node routes between its devices (net.ipv4.ip_forward and its IPv6 twin); off when absent.",
            Scalars.Switch, (node, value) => node.Forwarding = value.Value)
        .With("nft", "An nftables ruleset, in the words of nft(8).", Scalars.Text, (node, value) => node.Nft = value.Value)
        .With("routes", "Routes in the words of `ip route`.", new ListShape<RouteText>("route", Texts.Route, single: true), (node, value) => node.Routes = value.Value);

    public static readonly ObjectShape<LabEntry> Lab = new ObjectShape<LabEntry>("lab", "a lab")
        .With("nodes", "Network namespaces: hosts, compute nodes, routers, switch boxes.", new MapShape<NodeEntry>(Scalars.Name, Node, "node"),
            (lab, value) => lab.Nodes = value.Value, required: true)
        .With("links", "Cables between nodes: veth pairs, 'h1:eth0 -- sw:p1'.", new ListShape<LinkEntry>("link", Link), (lab, value) => lab.Links = value.Value);

    public static ObjectShape<T> WithDeviceSettings<T>(this ObjectShape<T> shape)
        where T : DeviceSettings, new() => shape
        .With("mtu", "The MTU, in bytes.", Scalars.Mtu, (device, value) => device.Mtu = value)
        .With("mac", "The MAC address; derived from the names when absent.", Scalars.Mac, (device, value) => device.Mac = value)
        .With("addresses", "IP addresses with their prefix lengths.", Addresses, (device, value) => device.Addresses = value.Value)
        .With("up", "Whether it is administratively up.", Scalars.Switch, (device, value) => device.Up = value)
        .With("promisc", "Whether it takes frames for others as well.", Scalars.Switch, (device, value) => device.Promisc = value);

    public static ObjectShape<T> WithBridgePortFlags<T>(this ObjectShape<T> shape, Func<T, BridgePortFlags> flags)
        where T : Entry, new() => shape
        .With("learning", "Learn where addresses are from frames that come in here.", Scalars.Switch, (port, value) => flags(port).Learning = value.Value)
        .With("flood", "Send frames for unknown unicast addresses out here.", Scalars.Switch, (port, value) => flags(port).Flood = value.Value)
        .With("mcast_flood", "Send multicast that nobody asked for out here.", Scalars.Switch, (port, value) => flags(port).McastFlood = value.Value)
        .With("bcast_flood", "Send broadcast out here.", Scalars.Switch, (port, value) => flags(port).BcastFlood = value.Value)
        .With("isolated", "Exchange no frames with other isolated ports.", Scalars.Switch, (port, value) => flags(port).Isolated = value.Value)
        .With("hairpin", "Allow a frame to leave by the port it came in by.", Scalars.Switch, (port, value) => flags(port).Hairpin = value.Value)
        .With("guard", "Drop BPDUs that come in here, and block the port.", Scalars.Switch, (port, value) => flags(port).Guard = value.Value)
        .With("cost", "The path cost for STP.", Scalars.Number("a cost", 1, 65535, "100", null), (port, value) => flags(port).Cost = value.Value)
        .With("priority", "The port priority for STP.", Scalars.Number("a priority", 0, 63, "32", null), (port, value) => flags(port).Priority = value.Value);

    public static ObjectShape<T> WithBridgeOptions<T>(this ObjectShape<T> shape, Func<T, BridgeOptionsEntry> options)
        where T : Entry, new() => shape
        .With("stp_state", "Whether the bridge speaks the spanning tree protocol.", Scalars.Switch, (bridge, value) => options(bridge).StpState = value.Value)
        .With("forward_delay", "How long a port listens and learns before it forwards; 0 with STP off: no delay.",
            Scalars.Duration, (bridge, value) => options(bridge).ForwardDelay = value.Value)
        .With("ageing_time", "How long a learned address is kept; 0: nothing is learned, every frame is flooded.",
            Scalars.Duration, (bridge, value) => options(bridge).AgeingTime = value.Value)
        .With("hello_time", "The pause between BPDUs.", Scalars.Duration, (bridge, value) => options(bridge).HelloTime = value.Value)
        .With("max_age", "How long a BPDU is believed.", Scalars.Duration, (bridge, value) => options(bridge).MaxAge = value.Value)
        .With("mcast_snooping", "Send multicast only where somebody asked for it.", Scalars.Switch, (bridge, value) => options(bridge).McastSnooping = value.Value)
        .With("vlan_filtering", "Whether the bridge looks at VLAN tags.", Scalars.Switch, (bridge, value) => options(bridge).VlanFiltering = value.Value)
        .With("priority", "The bridge priority for STP.", Scalars.Number("a priority", 0, 65535, "32768", null), (bridge, value) => options(bridge).Priority = value.Value)
        .With("group_fwd_mask", "Which of the link-local groups 01:80:c2:00:00:0X are forwarded, as a bit mask.",
            Scalars.Number("a mask", 0, 65535, "8", null), (bridge, value) => options(bridge).GroupFwdMask = value.Value)
        .With("nf_call_iptables", "Whether iptables and nft's ip tables see what the bridges of this node forward.", Scalars.Switch, (bridge, value) => options(bridge).NfCallIptables = value.Value);

    public static ObjectShape<T> WithOvsVlan<T>(this ObjectShape<T> shape, Func<T, OvsVlanEntry> vlan)
        where T : Entry, new() => shape
        .With("tag", "The access VLAN.", Scalars.Number("a tag", 0, 4095, "7", null), (port, value) => vlan(port).Tag = value)
        .With("trunks", "The VLANs that the port carries tagged; an empty list: all.",
            new ListShape<int>("trunk VLAN", Scalars.Number("a trunk VLAN", 0, 4095, "7", null), single: true), (port, value) => vlan(port).Trunks = value.Value)
        .With("vlan_mode", "How tags are treated, see ovs-vswitchd.conf.db(5).",
            Scalars.OneOf("a vlan_mode", "access", "trunk", "native-tagged", "native-untagged", "dot1q-tunnel"), (port, value) => vlan(port).Mode = value);

    private static ObjectShape<T> WithGuest<T>(this ObjectShape<T> shape)
        where T : GuestEntry, new() => shape
        .With("mac", "The VM's MAC address; derived from its name when absent.", Scalars.Mac, (vm, value) => vm.Mac = value)
        .With("addresses", "The VM's IP addresses with their prefix lengths.", Addresses, (vm, value) => vm.Addresses = value.Value)
        .With("gateway", "Where the VM sends what is not in its own networks.", Scalars.Address, (vm, value) => vm.Gateway = value)
        .With("mtu", "The MTU of the VM and its tap (and of the whole plug), in bytes.", Scalars.Mtu, (vm, value) => vm.Mtu = value)
        .With("answers", "What the VM answers by itself; arp (and ND) and ping when absent, nothing with [].", Answers, (vm, value) => vm.Answers = value.Value);

    private static bool OneName(Yaml.YamlScalar scalar, string what, Binding binding) => Scalars.DeviceName.TryBind(scalar, what, binding, out _);
}
