namespace NetLab;

/// <summary>
/// An Open vSwitch bridge. The node gets an ovsdb-server and an ovs-vswitchd of its own; frames are switched in user space
/// (<c>datapath_type=netdev</c>) where the kernel has no Open vSwitch datapath.
/// </summary>
public sealed partial class OvsBridge : Switch
{
    private readonly Dictionary<Device, OvsPort> _ports = [];
    private readonly List<OvsPort> _virtualPorts = [];
    private readonly List<string> _flows = [];
    private OvsBridgeOptions _options = new();

    internal OvsBridge(Node node, string name)
        : base(node, name)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "openvswitch";

    internal override bool IsInUserSpace => true;

    internal override bool IsMadeByOvs => true;

    // Patch ports may join any bridges of a node.
    internal override bool PassesTo(Switch other) => other.IsMadeByOvs && ReferenceEquals(other.Node, Node);

    internal override IEnumerable<Switch> Patched =>
        from port in _virtualPorts
        where port.PatchPeer is not null
        from other in Node.OvsBridges
        where other.VirtualPorts.Any(p => p.Name == port.PatchPeer)
        select other;

    internal override IReadOnlyList<Switch> Between(Switch left, bool tunnelled)
    {
        var found = new List<IReadOnlyList<Switch>>();
        Follow(this, [this], tunnelled ? 1 : 0);
        return found is [var only] ? only : [];

        // Whether it goes over one tunnel or none is known: of the ways, those that do.
        void Follow(Switch at, IReadOnlyList<Switch> way, int tunnels)
        {
            if (ReferenceEquals(at, left))
            {
                found.AddRange(tunnels == 0 ? [[.. way.Skip(1).SkipLast(1)]] : Array.Empty<IReadOnlyList<Switch>>());
                return;
            }

            foreach (var next in at.Patched.Distinct().Except(way))
            {
                Follow(next, [.. way, next], tunnels);
            }

            foreach (var next in tunnels > 0 ? ((OvsBridge)at).Tunnelled.Distinct().Except(way) : [])
            {
                Follow(next, [.. way, next], tunnels - 1);
            }
        }
    }

    // In user space a tunnel of one bridge goes out of the bridge that has its local address.
    private IEnumerable<OvsBridge> Tunnelled => Node.OvsBridges.Where(other => HasTunnelOver(other) || other.HasTunnelOver(this));

    private bool HasTunnelOver(OvsBridge underlay) => _virtualPorts.Any(port => port.Options.InterfaceOptions.GetValueOrDefault("local_ip") is { } local
        && underlay.Addresses.Any(own => own.Address.ToString() == local));

    internal override OvsPort? FindRow(Device port) => _ports.GetValueOrDefault(port);

    // One for each VLAN; the bridge's own device is in all of them.
    internal override object DomainOf(Device device, int vlan) => (this, FindRow(device)?.Tag ?? vlan);

    /// <summary>
    /// Columns of the Bridge table (ovs-vswitchd.conf.db(5)). What is set while the lab runs is done by the next <see cref="Lab.ApplyAsync"/>.
    /// </summary>
    /// <exception cref="InvalidOperationException">The bridge runs, and shall have another datapath_type.</exception>
    public OvsBridgeOptions Options
    {
        get => _options;
        set
        {
            ArgumentNullException.ThrowIfNull(value);
            _options = IsApplied && value.Datapath != _options.Datapath
                ? throw new InvalidOperationException($"{this} runs with datapath_type {_options.Datapath}, and cannot change to {value.Datapath}: "
                    + "Open vSwitch would make the bridge and its device anew; remove it, and add another")
                : value;
        }
    }

    /// <summary>Ports without a device of their own: patch and tunnel ports.</summary>
    public IReadOnlyList<OvsPort> VirtualPorts => _virtualPorts;

    /// <summary>Flows that are added when the lab is applied, in the words of ovs-ofctl(8).</summary>
    public IReadOnlyList<string> Flows => _flows;

    /// <summary>The Port row of an attached device: its tag, trunks and the like.</summary>
    /// <exception cref="TopologyException">The device is not a port of this bridge.</exception>
    public OvsPort Port(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        return _ports.TryGetValue(device, out var port)
            ? port
            : throw new TopologyException($"{device} is not a port of {this}; its ports are: {string.Join(", ", Ports.Select(p => p.Name))}");
    }

    /// <summary>Adds a port of type internal: a device in the node whose frames this bridge switches.</summary>
    public OvsInternalPort AddInternalPort(string name, int? tag = null)
    {
        var device = Node.Add(new OvsInternalPort(Node, name));
        Attach(device);
        Port(device).Tag = tag;
        return device;
    }

    /// <summary>
    /// Adds a port of type internal whose device stands in another node: it is moved into that namespace, as Neutron's agents do for routers and DHCP.
    /// Open vSwitch stays where the bridge is.
    /// </summary>
    /// <param name="name">The device's name, which is the port's too.</param>
    /// <param name="node">The node that gets the device.</param>
    /// <param name="tag">The VLAN of an access port.</param>
    /// <exception cref="TopologyException">The node is another lab's or somebody else's, or this bridge's node has a device of that name.</exception>
    public OvsInternalPort AddInternalPort(string name, Node node, int? tag = null)
    {
        ArgumentNullException.ThrowIfNull(node);
        if (!ReferenceEquals(node.Lab, Node.Lab) || node.IsGiven)
        {
            throw new TopologyException($"internal port {name} of {this} cannot stand in {node.Name}: that is no node of the lab's own");
        }

        if (Node.FindDevice(name) is not null)
        {
            throw new TopologyException($"{this} makes its internal port {name} in node {Node.Name}, which has a device of that name");
        }

        var device = node.Add(new OvsInternalPort(node, name));
        Attach(device);
        Port(device).Tag = tag;
        return device;
    }

    /// <summary>Joins this bridge to another one of the same node by a pair of patch ports.</summary>
    /// <param name="other">The other bridge.</param>
    /// <param name="name">This bridge's port, such as <c>patch-tun</c>.</param>
    /// <param name="peer">The other bridge's port, such as <c>patch-int</c>.</param>
    public (OvsPort Port, OvsPort Peer) AddPatch(OvsBridge other, string name, string peer)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (!ReferenceEquals(other.Node, Node))
        {
            throw new TopologyException($"patch port {name}: {this} and {other} are in different nodes; join them by a link");
        }

        return (AddVirtual(name, "patch", new() { ["peer"] = peer }), other.AddVirtual(peer, "patch", new() { ["peer"] = name }));
    }

    /// <summary>Adds a tunnel port: <c>vxlan</c>, <c>gre</c> or <c>geneve</c>, with its options (<c>remote_ip</c>, <c>key</c>…).</summary>
    public OvsPort AddTunnel(string name, string type, IReadOnlyDictionary<string, string> options) =>
        AddVirtual(name, type, new(options));

    /// <summary>Adds a flow, in the words of ovs-ofctl(8): <c>priority=10,in_port=tap0,actions=drop</c>.</summary>
    public void AddFlow(string flow) => _flows.Add(Describe(flow));

    private OvsPort AddVirtual(string name, string type, Dictionary<string, string> options)
    {
        // Open vSwitch knows a port by its name, whatever bridge it is on.
        if (Node.OvsBridges.FirstOrDefault(b => b._virtualPorts.Any(p => p.Name == name)) is { } other)
        {
            throw new TopologyException($"{other} has a port '{name}' already, and names of ports are unique in node {Node}");
        }

        if (Node.FindDevice(name) is not null)
        {
            throw new TopologyException($"node {Node} has a device '{name}' already; a port of {this} needs another name");
        }

        var port = new OvsPort(this, name, null) { Options = new OvsPortOptions { InterfaceType = type, InterfaceOptions = options } };
        _virtualPorts.Add(port);
        return port;
    }

    private protected override void OnDetached(Device device) => _ports.Remove(device);

    private protected override void OnAttached(Device device)
    {
        var port = new OvsPort(this, device.Name, device);
        if (device.IsMadeByOvs)
        {
            port.Options = new OvsPortOptions { InterfaceType = "internal" };
        }

        _ports.Add(device, port);
    }
}
