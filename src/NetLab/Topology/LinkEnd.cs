using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Where one end of a link is to go: a node, or a bridge of a node, with the end's name and settings. Nodes and
/// bridges convert to it, so <c>lab.AddLink(host, bridge)</c> is enough where the names do not matter.
/// </summary>
public sealed class LinkEnd
{
    private readonly List<string> _addresses = [];

    internal LinkEnd(Node node, Switch? on, string? name)
    {
        Node = node;
        Switch = on;
        Name = name;
    }

    internal Node Node { get; }

    internal Switch? Switch { get; }

    internal string? Name { get; }

    private MacAddress? ChosenMac { get; set; }

    private int? ChosenMtu { get; set; }

    private bool IsPromiscuous { get; set; }

    private int? VlanTag { get; set; }

    /// <summary>An end in the node, named as the kernel would: the first free <c>eth0</c>, <c>eth1</c>…</summary>
    public static implicit operator LinkEnd(Node node) => FromNode(node);

    /// <summary>An end that is a port of the bridge, named after the other end's node.</summary>
    public static implicit operator LinkEnd(Switch bridge) => FromSwitch(bridge);

    /// <inheritdoc cref="op_Implicit(Node)"/>
    public static LinkEnd FromNode(Node node) => new(node ?? throw new ArgumentNullException(nameof(node)), null, null);

    /// <inheritdoc cref="op_Implicit(Switch)"/>
    public static LinkEnd FromSwitch(Switch bridge) => new((bridge ?? throw new ArgumentNullException(nameof(bridge))).Node, bridge, null);

    /// <summary>Gives the end an address, such as <c>10.0.0.1/24</c>.</summary>
    public LinkEnd Address(string address)
    {
        _ = InterfaceAddress.Parse(address);
        _addresses.Add(address);
        return this;
    }

    /// <summary>Gives the end a MAC address.</summary>
    public LinkEnd Mac(string mac)
    {
        ChosenMac = MacAddress.Parse(mac);
        return this;
    }

    /// <summary>Gives the end an MTU in bytes.</summary>
    public LinkEnd Mtu(int bytes)
    {
        ChosenMtu = bytes;
        return this;
    }

    /// <summary>Lets the end take frames for every MAC address.</summary>
    public LinkEnd Promiscuous()
    {
        IsPromiscuous = true;
        return this;
    }

    /// <summary>Makes the end an access port of this VLAN; the bridge must be an Open vSwitch bridge.</summary>
    public LinkEnd Vlan(int tag)
    {
        VlanTag = tag;
        return this;
    }

    /// <param name="other">The other end, whose node names a bridge's port.</param>
    /// <param name="reserved">A name that the other end is about to take in the same node.</param>
    internal string DeviceName(LinkEnd other, string? reserved)
    {
        if (Name is not null)
        {
            return Name;
        }

        if (Switch is null)
        {
            for (var n = 0; ; n++)
            {
                if (Node.FindDevice($"eth{n}") is null && reserved != $"eth{n}")
                {
                    return $"eth{n}";
                }
            }
        }

        var wanted = ReferenceEquals(other.Node, Node) && other.Switch is not null ? other.Switch.Name : other.Node.Name;
        return Names.Free(wanted, name => name == reserved || Node.FindDevice(name) is not null);
    }

    internal void Configure(VethEnd end)
    {
        _addresses.ForEach(address => end.AddAddress(address));
        end.Mtu = ChosenMtu;
        end.Promiscuous = IsPromiscuous;
        if (ChosenMac is { } mac)
        {
            end.Mac = mac;
        }

        Switch?.Attach(end);
        if (VlanTag is { } tag)
        {
            (end.OvsPort ?? throw new TopologyException(
                $"{end}: a VLAN tag needs an Open vSwitch bridge; on a Linux bridge set BridgePort and VLAN filtering")).Tag = tag;
        }
    }
}
