using NetLab.OpenStack;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>A port of an agent's, a router's or a DHCP server's: an internal port of an integration bridge that stands in the agent's namespace.</summary>
internal sealed class AgentPortEntry : Entry
{
    public static readonly ObjectShape<AgentPortEntry> Shape = new ObjectShape<AgentPortEntry>("agent-port", "a port of an agent")
        .With("port", "The Neutron port's id; its first 11 characters name the device.", NeutronPortKeys.PortId,
            (port, value) => port.Port = value, required: true)
        .With("vlan", "The VLAN that the agent gave the network on that node.", Scalars.VlanId, (port, value) => port.Vlan = value.Value, required: true)
        .With("address", "Its address with the prefix length.", Scalars.HostAddress, (port, value) => port.Address = value, required: true)
        .With("mac", "Its MAC address; fa:16:3e and three bytes that derive from the port's id when absent.",
            Scalars.Mac, (port, value) => port.Mac = value.Value)
        .With("mtu", "The network's MTU, in bytes; 1500 when absent.", Scalars.Mtu, (port, value) => port.Mtu = value.Value);

    private Located<string> Port { get; set; }

    private int Vlan { get; set; }

    private Located<InterfaceAddress> Address { get; set; }

    private MacAddress? Mac { get; set; }

    private int Mtu { get; set; } = 1500;

    /// <summary>Whether it has an id; without one, which is reported, it has no names.</summary>
    public bool IsNamed => Port.Value is not null;

    public PortNames Names => new(Port.Value);

    public RouterPort ToPort() => new(Port.Value, Vlan, Address.Value.ToString(), Mac?.ToString(), Mtu);

    /// <summary>What it sets on the device.</summary>
    public IEnumerable<(string Device, DeviceSettings Settings)> Settings(Func<PortNames, string> device) =>
        IsNamed ? [(device(Names), new DeviceSettings { Addresses = [Address] })] : [];

    /// <summary>Takes the name of its device.</summary>
    public void TellName(NodeInventory node, Func<PortNames, string> device)
    {
        if (IsNamed)
        {
            node.Add(new Located<string>(device(Names), Port.At), DeviceOrigin.Internal);
        }
    }

    /// <summary>The integration bridge of the node where an agent runs, or null after reporting why there is none.</summary>
    public static Located<string>? BridgeOf(Wiring wiring, Located<string> host)
    {
        if (wiring.Node(host) is not { } node)
        {
            return null;
        }
        if (IntegrationBridgePart.Of(node.Entry) is { } bridge)
        {
            return bridge;
        }
        wiring.Report(host.At, $"'{host.Value}' has no integration-bridge, which the ports are of", $"add 'integration-bridge: br-int' to {host.Value}");
        return null;
    }
}
