using NetLab.Linux.Netlink;

namespace NetLab.Drawing;

/// <summary>Reads a lab's description into a <see cref="Scene"/>: which shapes there are, what is written on them, which cables join them.</summary>
internal sealed class SceneBuilder
{
    private readonly Lab _lab;
    private readonly Scene _scene = new();
    private readonly Dictionary<Node, SceneNode> _nodes = [];
    private readonly Dictionary<Switch, Shape> _bars = [];
    private readonly Dictionary<Device, Port> _ports = [];
    private readonly Dictionary<Device, Shape> _shapes = [];
    private readonly Dictionary<Node, int> _commonMtu = [];

    private SceneBuilder(Lab lab) => _lab = lab;

    public static Scene Build(Lab lab, DrawingOptions options)
    {
        ArgumentNullException.ThrowIfNull(lab);
        var builder = new SceneBuilder(lab);
        foreach (var node in lab.Nodes)
        {
            builder.AddNode(node);
        }

        foreach (var node in lab.Nodes)
        {
            builder.AddShapes(node);
        }

        builder.ConnectLinks();
        new SceneMarks(builder._scene, builder._nodes).Mark(options);
        return builder._scene;
    }

    private void AddNode(Node node)
    {
        var scene = new SceneNode(node.Name);
        _nodes.Add(node, scene);
        _scene.Nodes.Add(scene);

        // One MTU for all is said once.
        List<int> mtus = [.. node.Devices.Select(d => d.Mtu).OfType<int>()];
        if (mtus.Count > 2 && mtus.Distinct().Count() == 1)
        {
            _commonMtu.Add(node, mtus[0]);
            scene.Notes.Add($"mtu {mtus[0]}");
        }

        if (node.Forwarding)
        {
            scene.Notes.Add("forwards between its devices");
        }

        scene.Notes.AddRange(node.Routes.Select(r => $"route {r}"));
        if (node.Rulesets.Count > 0)
        {
            scene.Notes.Add("filtered by nftables");
        }

        if (node.AllRulesets.Any(r => r.Tool != RulesetTool.Nft))
        {
            scene.Notes.Add("filtered by iptables");
        }
    }

    private void AddShapes(Node node)
    {
        var scene = _nodes[node];
        foreach (var vm in node.Vms)
        {
            var ofVlans = vm.VlanAddresses.SelectMany(vlan => vlan.Value.Select(a => $"VLAN {vlan.Key} {a}"));
            var machine = scene.Add(ShapeKind.Machine, vm.Name, "", [vm.Mac.ToString(), .. vm.Addresses.Select(a => a.ToString()), .. ofVlans]);
            var eth0 = machine.AddPort("eth0");
            _scene.Connect(CableKind.Tap, eth0, PortOf(scene, vm.Tap, "tap"));
        }

        foreach (var bridge in node.Switches)
        {
            var bar = BarOf(scene, bridge);
            foreach (var device in bridge.Ports)
            {
                AddBridgePort(scene, bar, device);
            }
        }

        foreach (var device in node.Devices.Where(d => d is { Switch: null, HasPorts: false, OtherEnd: null, Guest: null }))
        {
            ShapeOf(scene, device);
        }

        foreach (var device in node.Devices)
        {
            if (device.Lower is { } lower)
            {
                _scene.Connect(CableKind.Stacked, ShapeOf(scene, device).AddPort(), PlaceOn(scene, lower).AddPort());
            }
        }

        new OvsVirtualPorts(_lab, _scene).Add(node, _bars);
    }

    private void AddBridgePort(SceneNode scene, Shape bar, Device device)
    {
        switch (device)
        {
            case { OtherEnd: not null } or { Guest: not null }:
                PortOf(scene, device, "");
                break;
            case Switch inner:
                _scene.Connect(CableKind.Docked, bar.AddPort(), BarOf(scene, inner).AddPort());
                break;
            default:
                var port = bar.AddPort(null, VlanOf(device));
                _scene.Connect(CableKind.Docked, port, ShapeOf(scene, device).AddPort());
                break;
        }
    }

    private void ConnectLinks()
    {
        foreach (var link in _lab.Links)
        {
            Port a = PortOf(_nodes[link.A.Node], link.A, ""), b = PortOf(_nodes[link.B.Node], link.B, "");
            _scene.Connect(CableKind.Veth, a, b);
        }
    }

    private Shape BarOf(SceneNode scene, Switch bridge)
    {
        if (!_bars.TryGetValue(bridge, out var bar))
        {
            bar = scene.Add(DeviceLooks.ShapeOf(bridge), bridge.Name, DeviceLooks.CaptionOf(bridge), LinesOf(bridge));
            _bars.Add(bridge, bar);
        }

        return bar;
    }

    // The socket of a device: on its bridge, or on a box of its own.
    private Port PortOf(SceneNode scene, Device device, string caption)
    {
        if (!_ports.TryGetValue(device, out var port))
        {
            port = device.Switch is { } bridge
                ? BarOf(scene, bridge).AddPort(device.Name, VlanOf(device), NoteOf(device))
                : ShapeOf(scene, device, caption).AddPort();
            _ports.Add(device, port);
        }

        return port;
    }

    private Shape ShapeOf(SceneNode scene, Device device, string? caption = null)
    {
        if (!_shapes.TryGetValue(device, out var shape))
        {
            shape = scene.Add(DeviceLooks.ShapeOf(device), device.Name, caption ?? DeviceLooks.CaptionOf(device), LinesOf(device));
            _shapes.Add(device, shape);
        }

        return shape;
    }

    // What a stacked device stands on: a box, the bridge itself, or the bridge that its parent is a port of.
    private Shape PlaceOn(SceneNode scene, Device parent) => parent switch
    {
        Switch bridge => BarOf(scene, bridge),
        { OtherEnd: not null } or { Guest: not null } => PortOf(scene, parent, "").Shape,
        _ => ShapeOf(scene, parent),
    };

    private string[] LinesOf(Device device)
    {
        var lines = device.Addresses.Select(a => a.ToString());
        if (device.HasChosenMac)
        {
            lines = lines.Prepend(device.Mac.ToString());
        }

        return [.. lines, .. DeviceLooks.WordsOf(device), .. NoteOf(device) is { } note ? [note] : Array.Empty<string>()];
    }

    private string? NoteOf(Device device)
    {
        var notes = new List<string>();
        if (!device.Up)
        {
            notes.Add("down");
        }

        if (device.Mtu is { } mtu && !_commonMtu.ContainsKey(device.Node))
        {
            notes.Add($"mtu {mtu}");
        }

        if (device.BridgePort is { } port)
        {
            notes.AddRange(Flags(port));
        }

        return notes.Count == 0 ? null : string.Join(", ", notes);
    }

    // Port flags that keep frames away from where they would go otherwise.
    private static IEnumerable<string> Flags(BridgePortOptions port)
    {
        (bool Set, string Word)[] flags =
        [
            (port.Isolated == true, "isolated"),
            (port.Locked == true, "locked"),
            (port.Hairpin == true, "hairpin"),
            (port.Flood == false, "flood off"),
            (port.BroadcastFlood == false, "broadcast flood off"),
            (port.MulticastFlood == false, "multicast flood off"),
            (port.Learning == false, "learning off"),
        ];
        return flags.Where(f => f.Set).Select(f => f.Word);
    }

    private static VlanLabel? VlanOf(Device device) => device.OvsPort is { } port ? OvsVirtualPorts.VlanOf(port) : null;
}
