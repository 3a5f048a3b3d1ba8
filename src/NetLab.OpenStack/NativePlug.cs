namespace NetLab.OpenStack;

/// <summary>
/// The native plug: a VM's tap is a port of the integration bridge itself, as with <c>firewall_driver = openvswitch</c>, with none, and with OVN
/// (os-vif: vif_plug_ovs/ovs.py, _plug_vif_generic).
/// </summary>
public static class NativePlug
{
    /// <summary>Adds a VM the way Nova and Neutron wire it where nothing stands between the VM and the integration bridge.</summary>
    /// <param name="compute">The compute node.</param>
    /// <param name="integrationBridge">Its <c>br-int</c>.</param>
    /// <param name="port">The Neutron port's UUID; the tap's name derives from it.</param>
    /// <param name="vlan">
    /// The VLAN that the agent gave the network on this host, 1 to 4094. Of a port that is not bound yet 4095, the dead VLAN (os-vif's isolate_vif), or
    /// null: no tag. <see cref="PortBinding.BindAsync"/> is the agent's part then.
    /// </param>
    /// <param name="vm">The VM's name.</param>
    /// <param name="configure">The guest's MAC, addresses and gateway.</param>
    /// <param name="mtu">The network's MTU in bytes.</param>
    /// <param name="portSecurity">Whether br-int compares the addresses in what the VM sends with those of its port.</param>
    /// <param name="fixedIp">The port's fixed IP, where the guest has to ask for it by DHCP; null: the guest's addresses are the port's.</param>
    /// <returns>The VM; its tap is in the node under the name of <see cref="PortNames.Tap"/>.</returns>
    public static FakeVm AddNativePlug(
        this Node compute, OvsBridge integrationBridge, string port, int? vlan, string vm, Action<FakeVmBuilder>? configure = null, int mtu = 1500,
        bool portSecurity = true, string? fixedIp = null)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentNullException.ThrowIfNull(integrationBridge);
        var guest = compute.AddVm(vm, integrationBridge, builder =>
        {
            builder.Tap(new PortNames(port).Tap).Mtu(mtu).Mac(NeutronPort.MacOf(port).ToString());
            configure?.Invoke(builder);
        });
        NeutronPort.Plug(integrationBridge, integrationBridge.Port(guest.Tap), port, vlan, guest, portSecurity, fixedIp);
        return guest;
    }
}
