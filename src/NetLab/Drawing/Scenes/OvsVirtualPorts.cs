namespace NetLab.Drawing;

/// <summary>Ports of Open vSwitch bridges that have no device: pairs of patch ports are cables, tunnels are ends with a remote address.</summary>
internal sealed class OvsVirtualPorts(Lab lab, Scene scene)
{
    private const int MostTrunks = 4;

    public void Add(Node node, Dictionary<Switch, Shape> bars)
    {
        List<OvsPort> ports = [.. node.OvsBridges.SelectMany(b => b.VirtualPorts)];
        var joined = new HashSet<OvsPort>();
        foreach (var port in ports.Where(p => !joined.Contains(p)))
        {
            var socket = bars[port.Bridge].AddPort(port.Name, VlanOf(port));
            var isPatch = port.Options.InterfaceType == "patch";
            if (isPatch && ports.Find(p => p != port && p.Name == port.Options.InterfaceOptions.GetValueOrDefault("peer")) is { } peer && joined.Add(peer))
            {
                scene.Connect(CableKind.Patch, socket, bars[peer.Bridge].AddPort(peer.Name, VlanOf(peer)));
                continue;
            }

            var caption = isPatch ? "patch port, no peer" : port.Options.InterfaceType ?? "";
            var end = bars[port.Bridge].Node.Add(ShapeKind.Tunnel, TitleOf(port), caption, LinesOf(port));
            scene.Connect(CableKind.Docked, socket, end.AddPort());
        }
    }

    public static VlanLabel? VlanOf(OvsPort port)
    {
        var trunks = port.Trunks ?? [];
        var trunk = string.Join(",", trunks.Take(MostTrunks)) + (trunks.Count > MostTrunks ? ",…" : "");
        return (port.Tag, trunks.Count) switch
        {
            (VlanLabel.Dead, _) => new VlanLabel($"VLAN {VlanLabel.Dead} (dead)", VlanLabel.Dead),
            ({ } tag, 0) => new VlanLabel($"VLAN {tag}", tag),
            ({ } tag, _) => new VlanLabel($"VLAN {tag} + {trunk}", tag),
            (null, 0) => null,
            (null, _) => new VlanLabel($"trunk {trunk}", null),
        };
    }

    // Neutron names tunnel ports after the remote address; the end of one is that address, and whose it is.
    private string TitleOf(OvsPort port)
    {
        if (port.Options.InterfaceOptions.GetValueOrDefault("remote_ip") is not { } remote)
        {
            return port.Options.InterfaceOptions.GetValueOrDefault("peer") ?? "nowhere";
        }

        var owner = lab.Nodes.FirstOrDefault(n => n.Devices.Any(d => d.Addresses.Any(a => a.Address.ToString() == remote)));
        return owner is null ? remote : $"{remote} ({owner.Name})";
    }

    private static string[] LinesOf(OvsPort port) =>
        [.. port.Options.InterfaceOptions.Where(o => o.Key is "key" or "local_ip" or "dst_port").OrderBy(o => o.Key, StringComparer.Ordinal)
            .Select(o => $"{o.Key} {o.Value}")];
}
