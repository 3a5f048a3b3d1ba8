using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Probe;
using NetLab.Packets;

namespace NetLab;

/// <summary>A route of a node: <c>ip route add DESTINATION [via GATEWAY] [dev DEVICE]</c>.</summary>
/// <param name="Destination">The network; prefix length 0 is the default route.</param>
/// <param name="Gateway">The next hop, or null for a network that is on the device itself.</param>
/// <param name="Device">The device, or null where the gateway decides it.</param>
public sealed record NodeRoute(InterfaceAddress Destination, IPAddress? Gateway, Device? Device)
{
    /// <summary>Whether the kernel has it.</summary>
    internal bool IsApplied { get; set; }

    internal static NodeRoute Parse(Node node, string destination, string? via, Device? device)
    {
        var gateway = via is null ? null : InterfaceAddress.ParseHost(via);
        if (gateway is null && device is null)
        {
            throw new TopologyException($"node {node.Name}: the route to {destination} needs a gateway or a device");
        }

        if (device is not null && !ReferenceEquals(device.Node, node))
        {
            throw new TopologyException($"node {node.Name}: the route to {destination} names {device}, a device of another node");
        }

        var v6 = gateway?.AddressFamily == AddressFamily.InterNetworkV6;
        var network = destination == "default"
            ? new InterfaceAddress(v6 ? IPAddress.IPv6Any : IPAddress.Any, 0)
            : destination.Contains('/', StringComparison.Ordinal) ? InterfaceAddress.Parse(destination)
            : InterfaceAddress.ParseHost(destination) is var host ? new InterfaceAddress(host, host.GetAddressBytes().Length * 8) : default;
        return new NodeRoute(network, gateway, device);
    }

    /// <summary>The route in the words of ip-route(8).</summary>
    public override string ToString() =>
        (Destination.PrefixLength == 0 ? "default" : Destination.ToString())
        + (Gateway is null ? "" : $" via {Gateway}")
        + (Device is null ? "" : $" dev {Device.Name}");
}

/// <summary>A permanent neighbour entry: <c>ip neighbour add ADDRESS lladdr MAC dev DEVICE nud permanent</c>.</summary>
/// <param name="Address">The neighbour's IP address.</param>
/// <param name="Mac">Its MAC address.</param>
/// <param name="Device">The device it is reached by.</param>
public sealed record NodeNeighbour(IPAddress Address, MacAddress Mac, Device Device)
{
    /// <summary>Whether the kernel has it.</summary>
    internal bool IsApplied { get; set; }
}

/// <summary>Rules of a node's firewall, in the words of one of its programs.</summary>
internal sealed class NodeRuleset(string text, RulesetTool tool)
{
    /// <summary>The rules.</summary>
    public string Text => text;

    /// <summary>The program that reads them.</summary>
    public RulesetTool Tool => tool;

    /// <summary>Whether they were loaded.</summary>
    public bool IsApplied { get; set; }
}

/// <summary>A program that reads firewall rules from its standard input.</summary>
internal sealed record RulesetTool(string Program, params IReadOnlyList<string> Arguments)
{
    public static readonly RulesetTool Nft = new("nft", "-f", "-");

    // What is there stays: chains of several owners live beside one another.
    public static readonly RulesetTool Iptables = new("iptables-restore", "--noflush");
    public static readonly RulesetTool Ip6tables = new("ip6tables-restore", "--noflush");
    public static readonly RulesetTool Ipset = new("ipset", "-exist", "restore");

    /// <summary>What the machine needs for it.</summary>
    public Feature Needs => Program == "nft" ? Feature.NftProgram : Feature.IptablesProgram;
}
