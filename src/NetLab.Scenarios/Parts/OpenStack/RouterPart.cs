using System.Net;
using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary><c>router: { host: network1, interfaces: […], gateway: {…} }</c>: the node is the namespace of a router of Neutron's.</summary>
internal sealed class RouterPart : Part
{
    public static readonly PartKind Kind = PartKind.Single("router",
        "A router as Neutron's L3 agent makes it: qr- and qg- are internal ports of another node's integration bridge that stand in this one.",
        new ObjectShape<RouterPart>("router", "a router of Neutron's")
        .With("host", "The node where the L3 agent runs, with its integration bridge.", Scalars.Name, (router, value) => router.Host = value, required: true)
        .With("interfaces", "Its ports in the networks of projects: qr-….", new ListShape<AgentPortEntry>("interface", AgentPortEntry.Shape, single: true),
            (router, value) => router.Interfaces = [.. value.Value.Select(port => port.Value)], required: true)
        .With("gateway", "Its port in the external network: qg-….", AgentPortEntry.Shape, (router, value) => router.Gateway = value.Value)
        .With("next_hop", "Where its default route leads, in the external network.", Scalars.Address, (router, value) => router.NextHop = value)
        .With("enable_snat", "Whether what goes out gets the address of the gateway port; on when absent.", Scalars.Switch, (router, value) =>
            router.EnableSnat = value.Value)
        .With("floating_ips", "Its floating IPs.", new ListShape<FloatingIpEntry>("floating IP", FloatingIpEntry.Shape, single: true),
            (router, value) => router.FloatingIps = value), value => value.Value);

    private Located<string> Host { get; set; }

    private IReadOnlyList<AgentPortEntry> Interfaces { get; set; } = [];

    private AgentPortEntry? Gateway { get; set; }

    private Located<IPAddress>? NextHop { get; set; }

    private bool EnableSnat { get; set; } = true;

    private Located<IReadOnlyList<Located<FloatingIpEntry>>> FloatingIps { get; set; } = new([], default);

    private string? Bridge { get; set; }

    private Node? Namespace { get; set; }

    public override IEnumerable<(string Device, DeviceSettings Settings)> Settings =>
        [.. Interfaces.SelectMany(port => port.Settings(names => names.Qr)), .. Gateway?.Settings(names => names.Qg) ?? []];

    public override void TellNames(NodeInventory node)
    {
        foreach (var port in Interfaces)
        {
            port.TellName(node, names => names.Qr);
        }
        Gateway?.TellName(node, names => names.Qg);
    }

    public override void Connect(Wiring wiring, NodeInventory node)
    {
        Bridge = AgentPortEntry.BridgeOf(wiring, Host)?.Value;
        if (Gateway is null && (NextHop?.At ?? (FloatingIps.Value.Count > 0 ? FloatingIps.At : null)) is { } at)
        {
            wiring.Report(at, "the router has no gateway, and reaches no external network", "add 'gateway', its port there");
        }
    }

    public override void Plug(Node node, NodeEntry entry)
    {
        Namespace = node;
        node.AddRouter((OvsBridge)node.Lab.FindNode(Host.Value)!.Device(Bridge!), new RouterOptions
        {
            Interfaces = [.. Interfaces.Select(port => port.ToPort())],
            Gateway = Gateway?.ToPort(),
            NextHop = NextHop?.Value,
            EnableSnat = EnableSnat,
            FloatingIps = [.. FloatingIps.Value.Select(ip => new FloatingIp(ip.Value.Floating, ip.Value.Fixed))],
        });
    }

    public override Task StartAsync(CancellationToken ct) => Namespace!.AnnounceAddressesAsync(ct);

    /// <summary>A floating IP.</summary>
    private sealed class FloatingIpEntry : Entry
    {
        public static readonly ObjectShape<FloatingIpEntry> Shape = new ObjectShape<FloatingIpEntry>("floating-ip", "a floating IP")
            .With("floating", "The address outside.", Scalars.Address, (ip, value) => ip.Floating = value.Value, required: true)
            .With("fixed", "The address of the VM that has it.", Scalars.Address, (ip, value) => ip.Fixed = value.Value, required: true);

        public IPAddress Floating { get; private set; } = IPAddress.None;

        public IPAddress Fixed { get; private set; } = IPAddress.None;
    }
}
