using System.Text.Json.Nodes;
using NetLab.OpenStack;

namespace NetLab.Scenarios;

/// <summary>A VM at a port of Neutron's: what every way to plug it into an integration bridge has in common.</summary>
internal abstract class NeutronPortPart : GuestPart
{
    public Located<string> Port { get; set; }

    /// <summary>Null: the node's integration bridge.</summary>
    public Located<string>? Bridge { get; set; }

    /// <summary>Null: the port has no tag.</summary>
    public int? Vlan { get; set; }

    public Located<string> Guest { get; set; }

    public bool PortSecurity { get; set; } = true;

    public System.Net.IPAddress? FixedIp { get; set; }

    public override bool MayHaveAddress => FixedIp is not null || base.MayHaveAddress;

    public override Located<string> Vm => Guest;

    public override Located<string> TapName => Device(Names.Tap);

    protected PortNames Names => new(Port.Value);

    /// <summary>A name that derives from the port's id: the file says so there.</summary>
    protected Located<string> Device(string name) => new(name, Port.At);

    public override void TellNames(NodeInventory node)
    {
        if (Guest.Value is not null && Port.Value is not null)
        {
            node.AddVm(this);
        }
    }

    /// <summary>The OVS bridge that it ends in, or null after reporting why there is none.</summary>
    protected string? CheckBridge(Wiring wiring, NodeInventory node, string what)
    {
        if ((Bridge ?? IntegrationBridgePart.Of(node.Entry)) is not { } bridge)
        {
            wiring.Report(At, "the plug ends nowhere: it names no bridge and the node has no integration-bridge",
                "add 'integration-bridge: br-int' to the node");
            return null;
        }
        if (!wiring.IsBridge(node, bridge))
        {
            return null;
        }
        if (!node.IsOvsBridge(bridge.Value))
        {
            wiring.Report(bridge.At, $"'{bridge.Value}' is a Linux bridge", $"{what} ends in an OVS bridge: name one that stands under 'ovs'");
            return null;
        }
        return bridge.Value;
    }

    protected OvsBridge BridgeOf(Node node, NodeEntry entry) => (OvsBridge)node.Device((Bridge ?? IntegrationBridgePart.Of(entry))!.Value.Value);
}

/// <summary>Keys of a port of Neutron's, for the parts that plug one.</summary>
internal static class NeutronPortKeys
{
    // With Neutron's dead VLAN, that of a port which is not bound.
    private static readonly ScalarShape<int> Vlans = Scalars.Number("a VLAN", 1, IntegrationBridge.DeadVlan, "7", null);

    public static readonly ScalarShape<string> PortId = new("a Neutron port id", "0c1383d0-c894-4b5e-8f11-7a2e40c1d6b3",
        scalar => scalar.Text.Length >= 11 && scalar.Text.All(character => char.IsAsciiHexDigit(character) || character == '-')
            ? (scalar.Text, null)
            : (scalar.Text, new Problem($"{scalar.Noun} is not a port id", "a UUID, or at least its first 11 characters, like 0c1383d0-c8")),
        () => new JsonObject { ["type"] = "string", ["pattern"] = "^[0-9A-Fa-f-]{11,}$" });

    /// <param name="shape">The part.</param>
    /// <param name="names">What the port's id names.</param>
    /// <param name="tagged">Which port of the bridge has the tag.</param>
    public static ObjectShape<T> WithNeutronPort<T>(this ObjectShape<T> shape, string names, string tagged)
        where T : NeutronPortPart, new() => shape
        .With("vm", "The VM's name.", Scalars.Name, (plug, value) => plug.Guest = value, required: true)
        .With("port", $"The Neutron port's id; {names}.", PortId, (plug, value) => plug.Port = value, required: true)
        .With("bridge", "The OVS bridge it ends in; the node's integration-bridge when absent.", Scalars.DeviceName, (plug, value) => plug.Bridge = value)
        .With("vlan", $"The local VLAN that the Neutron agent gave the tenant network on this node: the tag of {tagged}. Of a port that is not bound yet: "
            + "4095, the dead VLAN, or absent: no tag. The step 'bind' is the agent's part then.", Vlans, (plug, value) => plug.Vlan = value.Value)
        .With("port-security", "Whether br-int compares the addresses in what the VM sends with those of its port; on when absent.", Scalars.Switch,
            (plug, value) => plug.PortSecurity = value.Value)
        .With("fixed-ip", "The port's fixed IP, where the VM has no 'addresses' and asks for it by DHCP.", Scalars.Address,
            (plug, value) => plug.FixedIp = value.Value);
}
