namespace NetLab.OpenStack;

/// <summary>What becomes of a port between its plug and its agent.</summary>
public static class PortBinding
{
    /// <summary>
    /// Does for a VM that was plugged into the dead VLAN, or without a tag, what Neutron's agent does when it is told of the port: the flows of port
    /// security, then the tag, in place of vlan_mode and trunks (ovs_neutron_agent.py, port_bound and _bind_devices).
    /// </summary>
    /// <param name="vm">The VM, plugged by <see cref="HybridPlug"/> or <see cref="NativePlug"/>, in a lab that runs.</param>
    /// <param name="vlan">The VLAN that the agent gives the network on this host, 1 to 4094.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="TopologyException">The VM is at no port of Neutron's, or the port is bound already.</exception>
    public static Task BindAsync(this FakeVm vm, int vlan, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(vm);
        var plugged = NeutronPort.Find(vm)
            ?? throw new TopologyException($"{vm.Name} is at no port of Neutron's; plug it by AddHybridPlug or AddNativePlug");
        return plugged.Row.Tag is { } bound and not IntegrationBridge.DeadVlan
            ? throw new TopologyException($"the port of {vm.Name} is bound already, in VLAN {bound}")
            : NeutronPort.BindAsync(vm, plugged, vlan, ct);
    }
}
