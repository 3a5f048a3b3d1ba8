using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;

namespace NetLab.OpenStack;

/// <summary>
/// The tunnel bridge of a compute or network node, <c>br-tun</c>, as Neutron's Open vSwitch agent sets it up: patch ports to the integration bridge,
/// tables 0 to 22, and a tunnel to each other node (neutron/plugins/ml2/drivers/openvswitch/agent/openflow/native/br_tun.py).
/// </summary>
public sealed class TunnelBridge
{
    /// <summary>The patch port of the integration bridge.</summary>
    public const string PatchTun = "patch-tun";

    /// <summary>The patch port of the tunnel bridge.</summary>
    public const string PatchInt = "patch-int";

    // Which table takes the frames of a tunnel: TUN_TABLE of neutron_lib.
    private static readonly Dictionary<string, int> TunnelTables = new() { ["gre"] = 3, ["vxlan"] = 4, ["geneve"] = 6 };

    private static readonly ConditionalWeakTable<OvsBridge, TunnelBridge> Known = [];

    internal TunnelBridge(OvsBridge integrationBridge, OvsBridge bridge, TunnelBridgeOptions options)
    {
        (IntegrationBridge, Bridge, Options) = (integrationBridge, bridge, options);
        Known.Add(bridge, this);
        integrationBridge.PatchTo(bridge, PatchTun, PatchInt);
        bridge.AddFlows([.. DefaultTables(options.ArpResponder && options.L2Population), .. options.Networks.Select(network =>
            $"table={Table},priority=1,tun_id={network.SegmentationId},actions=push_vlan:0x8100,{AgentBridge.SetVlan(network.Vlan)},resubmit(,10)")]);
    }

    /// <summary>The bridge: its ports and flows.</summary>
    public OvsBridge Bridge { get; }

    /// <summary>The integration bridge of the node.</summary>
    public OvsBridge IntegrationBridge { get; }

    /// <summary>What the agent was configured with.</summary>
    public TunnelBridgeOptions Options { get; }

    private int Table => TunnelTables[Options.Type];

    /// <summary>The types of tunnel that there are: <c>gre</c>, <c>vxlan</c>, <c>geneve</c>.</summary>
    public static IReadOnlyCollection<string> Types => TunnelTables.Keys;

    /// <summary>The name of the tunnel to another node: <c>vxlan-c0a80102</c> for 192.168.1.2 (ovs_neutron_agent.py, get_tunnel_name).</summary>
    /// <param name="remote">The other node's address, IPv4.</param>
    public string PortTo(IPAddress remote)
    {
        ArgumentNullException.ThrowIfNull(remote);
        return $"{Options.Type}-{Convert.ToHexStringLower(remote.GetAddressBytes())}";
    }

    internal static IEnumerable<TunnelBridge> Of(Lab lab) => lab.Nodes.SelectMany(node => node.Devices).OfType<OvsBridge>()
        .Select(bridge => Known.TryGetValue(bridge, out var own) ? own : null).OfType<TunnelBridge>();

    /// <summary>
    /// Tells the agent of the others: what tunnel_sync and, with l2population, fdb_add do. With l2population a node is known where it has a port of
    /// the network, and the MAC and IP addresses of its ports are; without it each node is known in each network, and table 10 learns.
    /// </summary>
    internal void ConnectTo(IReadOnlyList<TunnelBridge> others)
    {
        foreach (var network in Options.Networks)
        {
            var peers = others.Select(other => (other.Options.LocalIp, Ports: other.PortsOf(network)))
                .Where(peer => !Options.L2Population || peer.Ports.Count > 0).ToList();
            foreach (var (remote, ports) in peers)
            {
                AddTunnel(remote);
                if (Options.L2Population)
                {
                    Bridge.AddFlows(ports.SelectMany(port => Entry(network, remote, port)));
                }
            }

            if (peers.Count > 0)
            {
                Bridge.AddFlow($"table=22,priority=1,dl_vlan={network.Vlan},actions=strip_vlan,{SetTunnel(network)},"
                    + string.Join(',', peers.Select(peer => $"output:{PortTo(peer.LocalIp)}")));
            }
        }
    }

    /// <summary>The ports of a network that a node has in a VLAN: its own, and those that other nodes have behind tunnels.</summary>
    internal static IEnumerable<BoundPort> PortsOf(OvsBridge integrationBridge, int vlan)
    {
        var all = Of(integrationBridge.Node.Lab).ToList();
        var own = all.Find(bridge => ReferenceEquals(bridge.IntegrationBridge, integrationBridge));
        return NeutronPort.BoundTo(integrationBridge).Where(port => port.Vlan == vlan).Concat(
            from network in own?.Options.Networks ?? []
            where network.Vlan == vlan
            from other in all
            where other != own && other.Options.Type == own!.Options.Type
            from port in other.PortsOf(network)
            select port);
    }

    private static string SetTunnel(TunnelledNetwork network) => $"set_field:0x{network.SegmentationId:x}->tun_id";

    private List<BoundPort> PortsOf(TunnelledNetwork network) =>
        [.. from own in Options.Networks
            where own.SegmentationId == network.SegmentationId
            from port in NeutronPort.BoundTo(IntegrationBridge)
            where port.Vlan == own.Vlan
            select port];

    // ovs_lib.py, add_tunnel_port; br_tun.py, setup_tunnel_port.
    private void AddTunnel(IPAddress remote)
    {
        var name = PortTo(remote);
        if (Bridge.VirtualPorts.Any(port => port.Name == name))
        {
            return;
        }

        Bridge.AddTunnel(name, Options.Type, new Dictionary<string, string>
        {
            ["df_default"] = "true",
            ["remote_ip"] = remote.ToString(),
            ["local_ip"] = Options.LocalIp.ToString(),
            ["in_key"] = "flow",
            ["out_key"] = "flow",
            ["egress_pkt_mark"] = "0",
        });
        Bridge.AddFlow($"table=0,priority=1,in_port={name},actions=resubmit(,{Table})");
    }

    // br_tun.py, install_unicast_to_tun and install_arp_responder; the responder leaves IPv6 out (ovs_neutron_agent.py, setup_entry_for_arp_reply).
    private IEnumerable<string> Entry(TunnelledNetwork network, IPAddress remote, BoundPort port)
    {
        yield return $"table=20,priority=2,dl_vlan={network.Vlan},dl_dst={port.Mac},actions=strip_vlan,{SetTunnel(network)},output:{PortTo(remote)}";
        if (!Options.ArpResponder)
        {
            yield break;
        }

        foreach (var address in port.Addresses.Where(one => one.AddressFamily == AddressFamily.InterNetwork))
        {
            yield return $"table=21,priority=1,arp,dl_vlan={network.Vlan},arp_tpa={address},actions=set_field:2->arp_op,"
                + "move:NXM_NX_ARP_SHA[]->NXM_NX_ARP_THA[],move:NXM_OF_ARP_SPA[]->NXM_OF_ARP_TPA[],"
                + $"set_field:{port.Mac}->arp_sha,set_field:{address}->arp_spa,move:NXM_OF_ETH_SRC[]->NXM_OF_ETH_DST[],"
                + $"set_field:{port.Mac}->eth_src,IN_PORT";
        }
    }

    // br_tun.py, setup_default_table and _setup_learn_flows.
    private static IEnumerable<string> DefaultTables(bool arpResponder)
    {
        const string learn = "actions=learn(table=20,priority=1,hard_timeout=300,NXM_OF_VLAN_TCI[0..11],NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],"
            + $"load:0->NXM_OF_VLAN_TCI[],load:NXM_NX_TUN_ID[]->NXM_NX_TUN_ID[],output:OXM_OF_IN_PORT[]),output:{PatchInt}";
        return
        [
            $"table=0,priority=1,in_port={PatchInt},actions=resubmit(,2)",
            "table=0,priority=0,actions=drop",
            .. arpResponder ? ["table=2,priority=1,arp,dl_dst=ff:ff:ff:ff:ff:ff,actions=resubmit(,21)"] : Array.Empty<string>(),
            "table=2,priority=0,dl_dst=00:00:00:00:00:00/01:00:00:00:00:00,actions=resubmit(,20)",
            "table=2,priority=0,dl_dst=01:00:00:00:00:00/01:00:00:00:00:00,actions=resubmit(,22)",
            .. TunnelTables.Values.Select(table => $"table={table},priority=0,actions=drop"),
            $"table=10,priority=2,arp,arp_tha=ff:ff:ff:ff:ff:ff,{learn}",
            $"table=10,priority=2,icmp6,icmp_type=134,{learn}",
            $"table=10,priority=2,icmp6,icmp_type=136,{learn}",
            $"table=10,priority=1,{learn}",
            "table=20,priority=0,actions=resubmit(,22)",
            .. arpResponder ? ["table=21,priority=0,actions=resubmit(,22)"] : Array.Empty<string>(),
            "table=22,priority=0,actions=drop",
        ];
    }
}

/// <summary>What a node's agent is configured with for tunnels (section [agent] and local_ip of openvswitch_agent.ini).</summary>
public sealed record TunnelBridgeOptions
{
    /// <summary>The node's address in the underlay, IPv4: where its tunnels begin. A bridge of Open vSwitch that leads there has it, such as br-phy.</summary>
    public required IPAddress LocalIp { get; init; }

    /// <summary>The type of the tunnels: <c>vxlan</c>, <c>geneve</c> or <c>gre</c>.</summary>
    public string Type { get; init; } = "vxlan";

    /// <summary>Whether the node is told of the others' ports (<c>l2_population</c>), and has tunnels only to nodes that have a port of its networks.</summary>
    public bool L2Population { get; init; }

    /// <summary>Whether the bridge answers ARP for the ports that it was told of (<c>arp_responder</c>); only with <see cref="L2Population"/>.</summary>
    public bool ArpResponder { get; init; }

    /// <summary>The networks that have ports on the node.</summary>
    public IReadOnlyList<TunnelledNetwork> Networks { get; init; } = [];
}

/// <summary>A network of a project on a node.</summary>
/// <param name="Vlan">The VLAN that the agent gave it on this node, 1 to 4094.</param>
/// <param name="SegmentationId">What tells it from others in the tunnels: the VNI.</param>
public readonly record struct TunnelledNetwork(int Vlan, int SegmentationId);

/// <summary>Adding tunnel bridges to nodes.</summary>
public static class TunnelBridges
{
    /// <summary>Adds the tunnel bridge of a node. Its tunnels follow with <see cref="ConnectTunnels"/>.</summary>
    /// <param name="node">The compute or network node.</param>
    /// <param name="integrationBridge">Its integration bridge.</param>
    /// <param name="options">What its agent is configured with, and the networks that it has.</param>
    /// <param name="name">The bridge's name.</param>
    /// <exception cref="ArgumentException">The address is none of IPv4, or there is no such type of tunnel.</exception>
    public static TunnelBridge AddTunnelBridge(this Node node, OvsBridge integrationBridge, TunnelBridgeOptions options, string name = "br-tun")
    {
        ArgumentNullException.ThrowIfNull(node);
        ArgumentNullException.ThrowIfNull(integrationBridge);
        ArgumentNullException.ThrowIfNull(options);
        if (options.LocalIp.AddressFamily != AddressFamily.InterNetwork)
        {
            throw new ArgumentException($"local_ip of {node.Name} is {options.LocalIp}, and tunnels here go over IPv4", nameof(options));
        }

        return TunnelBridge.Types.Contains(options.Type)
            ? new TunnelBridge(integrationBridge, node.AddOvsBridge(name, AgentBridge.Options()), options)
            : throw new ArgumentException($"there is no tunnel of type '{options.Type}'; there are {string.Join(", ", TunnelBridge.Types)}", nameof(options));
    }

    /// <summary>
    /// Tells every node's agent of the others, as neutron-server does: tunnels, and with l2population the others' ports. To be called when all ports of
    /// the lab are described.
    /// </summary>
    /// <exception cref="TopologyException">Two nodes have the same local_ip.</exception>
    public static void ConnectTunnels(this Lab lab)
    {
        ArgumentNullException.ThrowIfNull(lab);
        List<TunnelBridge> all = [.. TunnelBridge.Of(lab)];
        if (all.GroupBy(bridge => bridge.Options.LocalIp).FirstOrDefault(same => same.Count() > 1) is { } twice)
        {
            throw new TopologyException($"{string.Join(" and ", twice.Select(bridge => bridge.Bridge))} have the same local_ip {twice.Key}");
        }

        foreach (var bridge in all)
        {
            bridge.ConnectTo(all.FindAll(other => other != bridge && other.Options.Type == bridge.Options.Type));
        }
    }
}
