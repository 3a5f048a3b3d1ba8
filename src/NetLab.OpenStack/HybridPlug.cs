using NetLab.Linux.Netlink;

namespace NetLab.OpenStack;

/// <summary>
/// The hybrid plug: a VM's tap on a Linux bridge of its own, joined to the integration bridge by a veth pair, so that
/// iptables can filter between them (os-vif: vif_plug_ovs/ovs.py, _plug_bridge, and linux_net.py).
/// </summary>
public static class HybridPlug
{
    /// <summary>Adds a VM the way Nova and Neutron wire it with <c>firewall_driver = iptables_hybrid</c>.</summary>
    /// <param name="compute">The compute node.</param>
    /// <param name="integrationBridge">Its <c>br-int</c>.</param>
    /// <param name="port">The Neutron port's UUID; the device names derive from it.</param>
    /// <param name="vlan">
    /// The VLAN that the agent gave the network on this host, 1 to 4094. Of a port that is not bound yet 4095, the dead VLAN (os-vif's isolate_vif), or
    /// null: no tag. <see cref="PortBinding.BindAsync"/> is the agent's part then.
    /// </param>
    /// <param name="vm">The VM's name.</param>
    /// <param name="configure">The guest's MAC, addresses and gateway.</param>
    /// <param name="mtu">The network's MTU in bytes.</param>
    /// <param name="portSecurity">Whether br-int compares the addresses in what the VM sends with those of its port.</param>
    /// <param name="fixedIp">The port's fixed IP, where the guest has to ask for it by DHCP; null: the guest's addresses are the port's.</param>
    /// <returns>The VM; its devices are in the node under the names of <see cref="PortNames"/>.</returns>
    public static FakeVm AddHybridPlug(
        this Node compute, OvsBridge integrationBridge, string port, int? vlan, string vm, Action<FakeVmBuilder>? configure = null, int mtu = 1500,
        bool portSecurity = true, string? fixedIp = null)
    {
        ArgumentNullException.ThrowIfNull(compute);
        ArgumentNullException.ThrowIfNull(integrationBridge);
        var names = new PortNames(port);

        // A MAC is never aged out here but never learnt either: with two ports the bridge is a cable (os-vif 4d108c1c).
        var qbr = compute.AddBridge(names.Qbr, new BridgeOptions
        {
            AgeingTime = TimeSpan.Zero,
            ForwardDelay = TimeSpan.Zero,
            StpState = false,
            MulticastSnooping = false,
        });
        compute.Sysctl($"net/ipv6/conf/{names.Qbr}/disable_ipv6", "1");
        compute.Sysctl($"net/ipv4/conf/{names.Qbr}/arp_ignore", "1");
        compute.Sysctl($"net/ipv4/conf/{names.Qbr}/arp_announce", "2");

        var pair = compute.Lab.AddLink(
            qbr.End(names.Qvb).Mtu(mtu).Promiscuous(),
            integrationBridge.End(names.Qvo).Mtu(mtu).Promiscuous());
        var guest = compute.AddVm(vm, qbr, builder =>
        {
            builder.Tap(names.Tap).Mtu(mtu).Mac(NeutronPort.MacOf(port).ToString());
            configure?.Invoke(builder);
        });

        NeutronPort.Plug(integrationBridge, integrationBridge.Port(pair.B), port, vlan, guest, portSecurity, fixedIp);
        return guest;
    }
}
