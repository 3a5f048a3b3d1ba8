using System.Collections.Concurrent;
using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// One network namespace with a name: a host, a compute node, a router, a switch box. This file describes it; what can be
/// done in a running one is in the files beside it.
/// </summary>
public sealed partial class Node
{
    private readonly List<Device> _devices = [];
    private readonly ConcurrentDictionary<string, OvsBridge> _ovsBridgesOfPrograms = [];
    private readonly List<NodeRoute> _routes = [];
    private readonly List<NodeNeighbour> _neighbours = [];
    private readonly Dictionary<string, string> _sysctls = [];
    private readonly List<NodeRuleset> _rulesets = [];
    private OvsOptions? _ovsOptions;
    private bool _forwarding, _hostDefaults, _isMade;

    internal Node(Lab lab, string name)
    {
        Lab = lab;
        Name = name;
    }

    /// <summary>The lab that the node is part of.</summary>
    public Lab Lab { get; }

    /// <summary>The node's name, unique in its lab.</summary>
    public string Name { get; }

    /// <summary>Whether the node's network namespace is somebody else's, which outlives the lab: a container's.</summary>
    public bool IsGiven => Find is not null;

    internal Func<CancellationToken, ValueTask<NetworkNamespace>>? Find { get; init; }

    /// <summary>The node's devices, in the order they were added; the loopback device is not among them.</summary>
    public IReadOnlyList<Device> Devices => _devices;

    /// <summary>The fake VMs whose taps are in this node.</summary>
    public IEnumerable<FakeVm> Vms => _devices.Select(d => d.Guest).OfType<FakeVm>();

    internal IEnumerable<Switch> Switches => _devices.OfType<Switch>();

    internal IEnumerable<OvsBridge> OvsBridges => _devices.OfType<OvsBridge>();

    /// <summary>Its bridge of Open vSwitch of that name, which a program may have made.</summary>
    internal OvsBridge OvsBridgeNamed(string name) => OvsBridges.FirstOrDefault(b => b.Name == name) ?? _ovsBridgesOfPrograms.GetOrAdd(name, n => new(this, n));

    /// <summary>Routes that are added once the addresses are there.</summary>
    public IReadOnlyList<NodeRoute> Routes => _routes;

    /// <summary>Neighbour entries that are added for good (<c>ip neighbour add … nud permanent</c>).</summary>
    public IReadOnlyList<NodeNeighbour> Neighbours => _neighbours;

    /// <summary>Kernel settings of this node's namespace, by their sysctl(8) names.</summary>
    public IReadOnlyDictionary<string, string> Sysctls => _sysctls;

    /// <summary>nftables rulesets that are loaded when the lab is applied, in the words of nft(8).</summary>
    public IReadOnlyList<string> Rulesets => _rulesets.FindAll(r => r.Tool == RulesetTool.Nft).ConvertAll(r => r.Text);

    internal IReadOnlyList<NodeRuleset> AllRulesets => _rulesets;

    internal IEnumerable<NodeRuleset> NewRulesets => _rulesets.FindAll(r => !r.IsApplied);

    /// <summary>Whether the node routes between its devices (<c>net.ipv4.ip_forward</c> and its IPv6 twin); off unless it is set.</summary>
    /// <exception cref="InvalidOperationException">The node runs; a kernel setting is changed there by <see cref="WriteSysctl"/>.</exception>
    public bool Forwarding
    {
        get => _forwarding;
        set => _forwarding = Describe(value, _forwarding, "net.ipv4.ip_forward and net.ipv6.conf.all.forwarding");
    }

    /// <summary>
    /// Whether IPv6 is as on a host that nobody configured, in place of a quiet lab's: every device has it, with a link-local address, duplicate
    /// address detection and router advertisements that are believed (the kernel's defaults; Documentation/networking/ip-sysctl.rst).
    /// </summary>
    /// <exception cref="InvalidOperationException">The node runs; a kernel setting is changed there by <see cref="WriteSysctl"/>.</exception>
    public bool HostDefaults
    {
        get => _hostDefaults;
        set => _hostDefaults = Describe(value, _hostDefaults, "net.ipv6.conf.all.disable_ipv6 and the like");
    }

    /// <summary>
    /// The Open_vSwitch row of the node's own Open vSwitch, which runs where there is one; null: it runs where the node has a bridge of it, and has the
    /// defaults. What is set while the lab runs is done by the next <see cref="Lab.ApplyAsync"/>.
    /// </summary>
    /// <exception cref="TopologyException">The node stands for a namespace that is somebody else's.</exception>
    public OvsOptions? OvsOptions
    {
        get => _ovsOptions;
        set
        {
            if (value is not null)
            {
                RequireOwnForOvs();
            }

            _ovsOptions = value;
        }
    }

    /// <summary>The device with this name, or null.</summary>
    public Device? FindDevice(string name) => _devices.Find(d => d.Name == name);

    /// <summary>The device with this name.</summary>
    /// <exception cref="TopologyException">There is none; the message names those there are.</exception>
    public Device Device(string name) => FindDevice(name)
        ?? throw new TopologyException(
            $"node {Name} has no device '{name}'; it has: {(_devices.Count == 0 ? "none" : string.Join(", ", _devices.Select(d => d.Name)))}");

    /// <summary>Adds a Linux bridge.</summary>
    /// <param name="name">The bridge's device name.</param>
    /// <param name="options">Options as <c>ip link add … type bridge</c> takes them; by default STP and snooping are off.</param>
    public Bridge AddBridge(string name, BridgeOptions? options = null)
    {
        var bridge = Add(new Bridge(this, name));
        if (options is not null)
        {
            bridge.Options = options;
        }

        return bridge;
    }

    /// <summary>Adds an Open vSwitch bridge; the node's first one starts an ovsdb-server and an ovs-vswitchd of its own.</summary>
    public OvsBridge AddOvsBridge(string name, OvsBridgeOptions? options = null)
    {
        RequireOwnForOvs();
        var bridge = Add(new OvsBridge(this, name));
        if (options is not null)
        {
            bridge.Options = options;
        }

        return bridge;
    }

    /// <summary>Adds a tap that nobody has opened: it exists, and has no carrier.</summary>
    public TapDevice AddTap(string name, Switch? on = null) => Attached(Add(new TapDevice(this, name, null)), on);

    /// <summary>Adds a fake VM: a tap and its owner, a guest without a guest OS that answers ARP, ND and ping.</summary>
    /// <param name="name">The VM's name, unique in the lab.</param>
    /// <param name="on">The bridge that the VM's tap is plugged into; null leaves the tap alone in the node.</param>
    /// <param name="configure">The VM's MAC, addresses, gateway and habits.</param>
    public FakeVm AddVm(string name, Switch? on = null, Action<FakeVmBuilder>? configure = null)
    {
        if (Names.ProblemOfNode(name, "VM") is { } problem)
        {
            throw new TopologyException(problem);
        }

        if (Lab.FindVm(name) is { } twin)
        {
            throw new TopologyException($"the lab has a VM '{name}' already, in node {twin.Node.Name}");
        }

        var builder = new FakeVmBuilder(name);
        configure?.Invoke(builder);
        var vm = new FakeVm(this, name, builder);
        Add(vm.Tap);
        Attached(vm.Tap, on);
        if (builder.VlanTag is { } tag)
        {
            (vm.Tap.OvsPort ?? throw new TopologyException($"VM {name}: a VLAN tag needs an Open vSwitch bridge to plug into")).Tag = tag;
        }

        return vm;
    }

    /// <summary>Adds a device of any other kind: vxlan, vlan, macvlan, dummy, ifb…</summary>
    /// <param name="spec">What the kernel is asked for; index and master are filled in.</param>
    public KernelDevice AddDevice(LinkSpec spec) => Add(new KernelDevice(this, null, _ => spec));

    /// <summary>Adds a device on top of another one: <c>node.AddDevice(eth0, link => new VlanSpec("eth0.7", link, 7))</c>.</summary>
    /// <param name="parent">The device below it.</param>
    /// <param name="spec">What the kernel is asked for, given the index of the device below.</param>
    public KernelDevice AddDevice(Device parent, Func<int, LinkSpec> spec)
    {
        ArgumentNullException.ThrowIfNull(parent);
        ArgumentNullException.ThrowIfNull(spec);
        return ReferenceEquals(parent.Node, this)
            ? Add(new KernelDevice(this, parent, spec))
            : throw new TopologyException($"node {Name}: a device on top of {parent} must be in that device's node");
    }

    /// <summary>An end of a link that lives in this node.</summary>
    /// <param name="name">The device's name; by default the first free of <c>eth0</c>, <c>eth1</c>…</param>
    /// <param name="address">An address such as <c>10.0.0.1/24</c>.</param>
    public LinkEnd End(string? name = null, string? address = null)
    {
        var end = new LinkEnd(this, null, name);
        return address is null ? end : end.Address(address);
    }

    /// <summary>Adds a route: <c>ip route add DESTINATION via GATEWAY dev DEVICE</c>.</summary>
    /// <param name="destination">A network such as <c>10.0.2.0/24</c>, or <c>default</c>.</param>
    /// <param name="via">The gateway's address.</param>
    /// <param name="device">The device; needed where there is no gateway.</param>
    public void AddRoute(string destination, string? via = null, Device? device = null) =>
        _routes.Add(NodeRoute.Parse(this, destination, via, device));

    /// <summary>Adds a neighbour entry that never expires.</summary>
    public void AddNeighbour(string address, string mac, Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        _neighbours.Add(new NodeNeighbour(InterfaceAddress.ParseHost(address), MacAddress.Parse(mac), device));
    }

    /// <summary>
    /// Sets a kernel setting of this namespace, such as <c>net.ipv4.conf.all.rp_filter</c>. What is set while the lab runs is done by the next
    /// <see cref="Lab.ApplyAsync"/>; <see cref="WriteSysctl"/> does it at once.
    /// </summary>
    public void Sysctl(string name, string value) => _sysctls[name] = value;

    /// <summary>Loads an nftables ruleset, in the words of nft(8), when the lab is applied.</summary>
    public void AddRuleset(string ruleset) => _rulesets.Add(new NodeRuleset(ruleset, RulesetTool.Nft));

    /// <summary>Loads iptables rules when the lab is applied, beside those that are there, in the words of iptables-restore(8).</summary>
    /// <param name="rules">Tables with their chains and rules: <c>*filter</c>, <c>:FORWARD ACCEPT</c>, <c>-A FORWARD …</c>, <c>COMMIT</c>.</param>
    public void AddIptables(string rules) => _rulesets.Add(new NodeRuleset(rules, RulesetTool.Iptables));

    /// <summary>The same for IPv6, in the words of ip6tables-restore(8).</summary>
    /// <inheritdoc cref="AddIptables"/>
    public void AddIp6tables(string rules) => _rulesets.Add(new NodeRuleset(rules, RulesetTool.Ip6tables));

    /// <summary>Makes sets of addresses for iptables when the lab is applied, in the words of ipset(8): <c>create NIPv4web hash:net</c>.</summary>
    /// <param name="sets">A command a line.</param>
    public void AddIpsets(string sets) => _rulesets.Add(new NodeRuleset(sets, RulesetTool.Ipset));

    /// <summary>The node's name.</summary>
    public override string ToString() => Name;

    internal T Add<T>(T device)
        where T : Device
    {
        if (Names.ProblemOfDevice(device.Name) is { } problem)
        {
            throw new TopologyException($"node {Name}: {problem}");
        }

        if (device.Name == "lo" || FindDevice(device.Name) is not null)
        {
            throw new TopologyException($"node {Name} has a device '{device.Name}' already; names are unique in a node");
        }

        _devices.Add(device);
        return device;
    }

    internal void Remove(Device device)
    {
        device.Switch?.Detach(device);
        _devices.Remove(device);
    }

    /// <summary>Drops what was said by way of a device that goes: the kernel drops it with the device.</summary>
    internal void ForgetWhatNeeds(Device device)
    {
        _routes.RemoveAll(route => ReferenceEquals(route.Device, device)
            || (route is { Device: null, Gateway: { } gateway } && device.Addresses.Any(a => a.Contains(gateway))
                && !_devices.Any(d => !ReferenceEquals(d, device) && d.Addresses.Any(a => a.Contains(gateway)))));
        _neighbours.RemoveAll(n => ReferenceEquals(n.Device, device));
        foreach (var sysctl in _sysctls.Keys.Where(s => s.Contains($".{device.Name}.", StringComparison.Ordinal)
            || s.Contains($"/{device.Name}/", StringComparison.Ordinal)).ToList())
        {
            _sysctls.Remove(sysctl);
        }
    }

    private T Describe<T>(T value, T described, string settings) => !_isMade || Equals(value, described) ? value
        : throw new InvalidOperationException($"Node {Name} is already applied; change {settings} with WriteSysctl.");

    private void RequireOwnForOvs()
    {
        if (IsGiven)
        {
            throw new TopologyException(
                $"node {Name} stands for a namespace that is somebody else's, and Open vSwitch would leave its devices there; give it " +
                    $"to a node of the lab's own");
        }
    }

    private static TapDevice Attached(TapDevice tap, Switch? on)
    {
        on?.Attach(tap);
        return tap;
    }
}
