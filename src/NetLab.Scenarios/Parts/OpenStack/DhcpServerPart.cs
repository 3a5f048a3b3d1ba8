using System.Net;
using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>dhcp-server: { host: network1, port: {…}, gateway: 10.0.0.1 }</c>: the node is the namespace of a DHCP server of Neutron's.</summary>
internal sealed class DhcpServerPart : Part
{
    public static readonly PartKind Kind = PartKind.Single("dhcp-server",
        "A DHCP server as Neutron's DHCP agent makes it: dnsmasq with the agent's arguments and files, at a port of another node's integration bridge. "
        + "It knows the ports of its network, on all nodes.",
        new ObjectShape<DhcpServerPart>("dhcp-server", "a DHCP server of Neutron's")
        .With("host", "The node where the DHCP agent runs, with its integration bridge.", Scalars.Name, (server, value) => server.Host = value, required: true)
        .With("at", "Its port: tap….", AgentPortEntry.Shape, (server, value) => server.Port = value.Value, required: true)
        .With("gateway", "The subnet's gateway; absent: none.", Scalars.Address, (server, value) => server.Gateway = value.Value)
        .With("dns", "The subnet's name servers; absent: the server itself.", new ListShape<IPAddress>("name server", Scalars.Address, single: true),
            (server, value) => server.Dns = [.. value.Value.Select(one => one.Value)]), value => value.Value);

    private Located<string> Host { get; set; }

    private AgentPortEntry Port { get; set; } = new();

    private IPAddress? Gateway { get; set; }

    private IReadOnlyList<IPAddress> Dns { get; set; } = [];

    private string? Bridge { get; set; }

    private DhcpServer? Server { get; set; }

    public override IEnumerable<(string Device, DeviceSettings Settings)> Settings => Port.Settings(names => names.Tap);

    public override void TellNames(NodeInventory node) => Port.TellName(node, names => names.Tap);

    public override void Connect(Wiring wiring, NodeInventory node) => Bridge = AgentPortEntry.BridgeOf(wiring, Host)?.Value;

    public override void Plug(Node node, NodeEntry entry) => Server = DhcpServer.Add(node, (OvsBridge)node.Lab.FindNode(Host.Value)!.Device(Bridge!),
        new DhcpServerOptions { Port = Port.ToPort(), Gateway = Gateway, DnsServers = Dns });

    public override Task StartAsync(CancellationToken ct) => Server!.StartAsync(ct);
}
