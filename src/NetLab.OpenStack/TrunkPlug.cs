namespace NetLab.OpenStack;

/// <summary>A subport of a trunk.</summary>
/// <param name="Port">The Neutron port's UUID; the patch ports' names derive from it.</param>
/// <param name="Vlan">The VLAN that the agent gave the subport's network on this host, 1 to 4094.</param>
/// <param name="SegmentationId">The VLAN by which the guest tags what is the subport's, 1 to 4094.</param>
public sealed record Subport(string Port, int Vlan, int SegmentationId);

/// <summary>
/// A VM at a trunk: its tap is a port of a bridge of its own, <c>tbr-…</c>, which patch ports join to the integration bridge, a pair for the parent port
/// and one for each subport (neutron/services/trunk/drivers/openvswitch/agent/trunk_manager.py, ovsdb_handler.py).
/// </summary>
public static class TrunkPlug
{
    private const int LongestPort = 15;

    /// <summary>Adds a VM at a trunk. Its own addresses are the parent port's, those of its VLAN subinterfaces the subports'.</summary>
    /// <param name="compute">The compute node.</param>
    /// <param name="integrationBridge">Its <c>br-int</c>.</param>
    /// <param name="trunk">The trunk's UUID; the bridge's name derives from it.</param>
    /// <param name="port">The parent port's UUID; the names of the tap and of its patch ports derive from it.</param>
    /// <param name="vlan">The VLAN that the agent gave the parent port's network on this host, 1 to 4094.</param>
    /// <param name="subports">The subports.</param>
    /// <param name="vm">The VM's name.</param>
    /// <param name="configure">The guest's MAC, addresses and gateway.</param>
    /// <param name="mtu">The network's MTU in bytes.</param>
    public static FakeVm AddTrunkPlug(
        this Node compute, OvsBridge integrationBridge, string trunk, string port, int vlan, IReadOnlyList<Subport> subports, string vm,
        Action<FakeVmBuilder>? configure = null, int mtu = 1500)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentNullException.ThrowIfNull(integrationBridge);
        ArgumentNullException.ThrowIfNull(subports);
        var bridge = compute.AddOvsBridge(BridgeName(trunk));
        var guest = compute.AddVm(vm, bridge, builder =>
        {
            builder.Tap(new PortNames(port).Tap).Mtu(mtu).Mac(NeutronPort.MacOf(port).ToString());
            configure?.Invoke(builder);
        });
        bridge.Port(guest.Tap).Options = new OvsPortOptions
        {
            ExternalIds = new Dictionary<string, string>(NeutronPort.Ids(port, guest.Mac, guest))
            {
                ["bridge_name"] = bridge.Name,
                ["trunk_id"] = trunk,
                ["subport_ids"] = $"[{string.Join(", ", subports.Select(one => $"\"{one.Port}\""))}]",
            },
        };

        // Without a tag for the parent port: VLAN 0 is what has none.
        Join("tpt-", "tpi-", port, 0, vlan, guest.Addresses);
        foreach (var subport in subports)
        {
            Join("spt-", "spi-", subport.Port, subport.SegmentationId, subport.Vlan, guest.VlanAddresses.GetValueOrDefault(subport.SegmentationId, []));
        }

        return guest;

        void Join(string outer, string inner, string id, int tag, int own, IReadOnlyList<InterfaceAddress> addresses)
        {
            var (trunkSide, integrationSide) = bridge.AddPatch(integrationBridge, PatchName(outer, id), PatchName(inner, id));
            trunkSide.Options = trunkSide.Options with { Tag = tag, VlanMode = "access" };
            integrationSide.Options = integrationSide.Options with { Tag = own, ExternalIds = NeutronPort.Ids(id, guest.Mac) };
            var plugged = new PluggedPort(integrationBridge, integrationSide, id, PortSecurity: true, [.. addresses.Select(one => one.Address)]);
            integrationBridge.AddFlows(NeutronPort.Bind(plugged, guest, own));
        }
    }

    /// <summary>The trunk's bridge: <c>tbr-</c> and the beginning of its id.</summary>
    /// <param name="trunk">The trunk's UUID.</param>
    public static string BridgeName(string trunk)
    {
        ArgumentNullException.ThrowIfNull(trunk);
        return Cut("tbr-" + trunk, LongestPort - 1);
    }

    /// <summary>A patch port: <c>tpt-</c>, <c>tpi-</c>, <c>spt-</c> or <c>spi-</c> and the beginning of the port's id.</summary>
    /// <param name="prefix">Which side, and whether it is the parent port's (<c>t</c>) or a subport's (<c>s</c>).</param>
    /// <param name="port">The port's UUID.</param>
    public static string PatchName(string prefix, string port) => Cut(prefix + port, LongestPort);

    private static string Cut(string name, int length) => name[..Math.Min(length, name.Length)];
}
