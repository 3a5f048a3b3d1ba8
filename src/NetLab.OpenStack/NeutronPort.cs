using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography;
using System.Text;
using NetLab.Packets;

namespace NetLab.OpenStack;

/// <summary>A port of Neutron's as a row of the integration bridge.</summary>
internal static class NeutronPort
{
    private static readonly ConditionalWeakTable<OvsBridge, List<BoundPort>> PortsOf = [];

    private static readonly ConditionalWeakTable<FakeVm, PluggedPort> PortOf = [];

    /// <summary>The fixed IPs of a VM's port; of one that is plugged otherwise, its addresses.</summary>
    public static IReadOnlyList<IPAddress> FixedIps(FakeVm guest) =>
        PortOf.TryGetValue(guest, out var known) ? known.FixedIps : [.. guest.Addresses.Select(own => own.Address)];

    /// <summary>Where and how a VM is plugged; null where it is plugged otherwise.</summary>
    public static PluggedPort? Find(FakeVm guest) => PortOf.TryGetValue(guest, out var known) ? known : null;

    /// <summary>The ports that are bound on a node.</summary>
    /// <param name="integrationBridge">Its integration bridge.</param>
    public static IReadOnlyList<BoundPort> BoundTo(OvsBridge integrationBridge) => PortsOf.TryGetValue(integrationBridge, out var ports) ? ports : [];

    /// <summary>
    /// The Port and its Interface, as os-vif and the agent leave them (vif_plug_ovs/ovsdb/ovsdb_lib.py, create_ovs_vif_port; ovs_neutron_agent.py,
    /// port_bound).
    /// </summary>
    /// <param name="port">The port's UUID.</param>
    /// <param name="vlan">
    /// The VLAN that the agent gave the network on this host; of a port that is not bound yet <see cref="IntegrationBridge.DeadVlan"/>, or none.
    /// </param>
    /// <param name="guest">The VM.</param>
    private static OvsPortOptions Row(string port, int? vlan, FakeVm guest) => new()
    {
        Tag = vlan,
        VlanMode = vlan == IntegrationBridge.DeadVlan ? "trunk" : null,
        Trunks = vlan == IntegrationBridge.DeadVlan ? [IntegrationBridge.DeadVlan] : null,
        ExternalIds = Ids(port, guest.Mac, guest),
    };

    /// <summary>The MAC address of a port that is given none: Neutron's base_mac, and three bytes that derive from the port's id.</summary>
    public static MacAddress MacOf(string port) => MacAddress.FromBytes([0xfa, 0x16, 0x3e, .. SHA256.HashData(Encoding.UTF8.GetBytes(port)).AsSpan(0, 3)]);

    /// <summary>The external ids of a port's interface; <c>vm-uuid</c> where it is the tap of a VM.</summary>
    public static Dictionary<string, string> Ids(string port, MacAddress mac, FakeVm? guest = null)
    {
        var ids = new Dictionary<string, string> { ["iface-id"] = port, ["iface-status"] = "active", ["attached-mac"] = mac.ToString() };
        if (guest is not null)
        {
            ids["vm-uuid"] = InstanceId(guest.Name);
        }

        return ids;
    }

    /// <summary>
    /// Plugs the port of a VM, whose row is in the bridge: bound where it has a VLAN of a network, so that other nodes are told of it, and with the flows
    /// of port security where that is on.
    /// </summary>
    public static void Plug(OvsBridge bridge, OvsPort row, string port, int? vlan, FakeVm guest, bool portSecurity, string? fixedIp)
    {
        row.Options = Row(port, vlan, guest);
        IReadOnlyList<IPAddress> fixedIps = fixedIp is null ? [.. guest.Addresses.Select(own => own.Address)] : [IPAddress.Parse(fixedIp)];
        var plugged = new PluggedPort(bridge, row, port, portSecurity, fixedIps);
        PortOf.Add(guest, plugged);
        if (vlan is { } bound and not IntegrationBridge.DeadVlan)
        {
            bridge.AddFlows(Bind(plugged, guest, bound));
        }
    }

    /// <summary>The agent's part: the port is in the VLAN of its network, and br-int checks what it sends.</summary>
    public static async Task BindAsync(FakeVm guest, PluggedPort plugged, int vlan, CancellationToken ct)
    {
        await plugged.Bridge.AddFlowsAsync([.. Bind(plugged, guest, vlan)], ct).ConfigureAwait(false);
        await plugged.Bridge.SetPortAsync(plugged.Row, _ => Row(plugged.Port, vlan, guest), ct).ConfigureAwait(false);
    }

    /// <summary>Binds a port: other nodes are told of it. The flows of its port security are still to be added.</summary>
    public static IEnumerable<string> Bind(PluggedPort plugged, FakeVm guest, int vlan)
    {
        PortsOf.GetOrCreateValue(plugged.Bridge).Add(new BoundPort(vlan, guest.Mac, plugged.FixedIps));
        return plugged.PortSecurity ? Checks(plugged.Row.Name, guest.Mac, plugged.FixedIps) : [];
    }

    // The flows by which br-int compares ARP, neighbour advertisements and source MAC addresses with those of the port (br_int.py,
    // install_arp_spoofing_protection, install_icmpv6_na_spoofing_protection, set_allowed_macs_for_port).
    private static IEnumerable<string> Checks(string ofport, MacAddress mac, IReadOnlyList<IPAddress> addresses)
    {
        var ip6 = addresses.Where(own => own.AddressFamily is AddressFamily.InterNetworkV6).Select(own => own.ToString()).ToList();
        return
        [
            $"table=0,priority=10,arp,in_port={ofport},actions=resubmit(,24)",
            $"table=0,priority=10,icmp6,icmp_type=136,in_port={ofport},actions=resubmit(,24)",
            $"table=0,priority=9,in_port={ofport},actions=resubmit(,25)",
            $"table=25,priority=2,in_port={ofport},dl_src={mac},actions=resubmit(,30)",
            .. addresses.Where(own => own.AddressFamily is AddressFamily.InterNetwork)
                .Select(own => $"table=24,priority=2,arp,in_port={ofport},arp_spa={own},actions=resubmit(,25)"),
            .. (ip6.Count > 0 ? ip6.Append(Ipv6Address.LinkLocal(mac).ToString()).Distinct() : [])
                .Select(target => $"table=24,priority=2,icmp6,icmp_type=136,in_port={ofport},nd_target={target},actions=resubmit(,58)"),
        ];
    }

    /// <summary>
    /// Plugs a port of an agent's: an internal port of br-int that stands in the agent's namespace, without port security
    /// (neutron/agent/linux/interface.py, OVSInterfaceDriver.plug_new).
    /// </summary>
    public static OvsInternalPort PlugInternal(Node node, OvsBridge bridge, RouterPort port, string name)
    {
        var device = bridge.AddInternalPort(name, node, port.Vlan);
        device.Mtu = port.Mtu;
        device.Mac = port.Mac is { } mac ? MacAddress.Parse(mac) : MacOf(port.Port);
        device.AddAddress(port.Address);
        var row = bridge.Port(device);
        row.Options = row.Options with { ExternalIds = Ids(port.Port, device.Mac) };
        PortsOf.GetOrCreateValue(bridge).Add(new BoundPort(port.Vlan, device.Mac, [.. device.Addresses.Select(own => own.Address)]));
        return device;
    }

    // A VM of the lab has no instance in Nova; the id that derives from its name stays the same from run to run.
    private static string InstanceId(string vm) => new Guid(SHA256.HashData(Encoding.UTF8.GetBytes(vm)).AsSpan(0, 16)).ToString();
}

/// <summary>A port of a network, on the node where it is bound.</summary>
/// <param name="Vlan">The VLAN that the agent gave its network on this node.</param>
/// <param name="Mac">The port's MAC address.</param>
/// <param name="Addresses">Its fixed IPs.</param>
internal sealed record BoundPort(int Vlan, MacAddress Mac, IReadOnlyList<IPAddress> Addresses);

/// <summary>A VM's port as it was plugged.</summary>
/// <param name="Bridge">The integration bridge.</param>
/// <param name="Row">Its port there.</param>
/// <param name="Port">The Neutron port's UUID.</param>
/// <param name="PortSecurity">Whether br-int checks what it sends, once it is bound.</param>
/// <param name="FixedIps">Its fixed IPs.</param>
internal sealed record PluggedPort(OvsBridge Bridge, OvsPort Row, string Port, bool PortSecurity, IReadOnlyList<IPAddress> FixedIps);
