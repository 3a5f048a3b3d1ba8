using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Anything that <c>ip link</c> shows in a node. Before it is applied its properties may be set; afterwards they are
/// changed by the <c>Set…Async</c> methods, which the kernel answers.
/// </summary>
public abstract partial class Device
{
    private MacAddress? _mac;
    private int? _mtu;
    private BridgePortOptions? _bridgePort;
    private bool _up = true;
    private bool _promiscuous;
    private readonly List<InterfaceAddress> _addresses = [];

    internal Device(Node node, string name)
    {
        Node = node;
        Name = name;
        DefaultMac = Names.MacFor($"{node.Name}/{name}");
    }

    /// <summary>The node whose namespace holds the device.</summary>
    public Node Node { get; private set; }

    /// <summary>The device's name, unique in its node, at most 15 bytes.</summary>
    public string Name { get; private set; }

    /// <summary>The word that <c>ip -d link</c> uses for this kind: <c>veth</c>, <c>bridge</c>, <c>tun</c>…</summary>
    public abstract string Kind { get; }

    /// <summary>
    /// The device's MAC address; it derives from the node's and the device's names unless it is set, and is the kernel's once it runs where the kernel or
    /// Open vSwitch chooses it: of Open vSwitch's bridges and internal ports, and of kinds that have no class of their own.
    /// </summary>
    public MacAddress Mac
    {
        get => _mac ?? RealMac ?? DefaultMac;
        set => _mac = Describe(value);
    }

    /// <summary>The largest payload in bytes (<c>ip link set … mtu</c>); null leaves the kernel's default.</summary>
    public int? Mtu
    {
        get => _mtu;
        set => _mtu = Describe(value);
    }

    /// <summary>Whether the device is to be administratively up; true unless it is set.</summary>
    public bool Up
    {
        get => _up;
        set => _up = Describe(value);
    }

    /// <summary>Whether the device takes frames for other MAC addresses too (<c>ip link set … promisc on</c>).</summary>
    public bool Promiscuous
    {
        get => _promiscuous;
        set => _promiscuous = Describe(value);
    }

    /// <summary>Whether its addresses may be another device's as well, on purpose: what a network does then is what the lab is for.</summary>
    public bool AllowDuplicates { get; set; }

    /// <summary>Flags of this device as a port of a Linux bridge (<c>bridge link set</c>); null leaves the kernel's defaults.</summary>
    public BridgePortOptions? BridgePort
    {
        get => _bridgePort;
        set => _bridgePort = Describe(value);
    }

    /// <summary>The bridge that this device is a port of, if any.</summary>
    public Switch? Switch { get; internal set; }

    /// <summary>The bond or the routing domain that this device is a member of, if any.</summary>
    public KernelDevice? Upper { get; internal set; }

    /// <summary>Addresses of the device, in the order they were added.</summary>
    public IReadOnlyList<InterfaceAddress> Addresses => _addresses;

    /// <summary>Whether the device exists in the kernel.</summary>
    public bool IsApplied => LiveIndex != 0;

    /// <summary>Its index in the kernel; 0 before it is applied.</summary>
    internal int LiveIndex { get; set; }

    /// <summary>The device at the other end of the cable, where what goes out here comes in; null where no cable leads away.</summary>
    internal virtual Device? OtherEnd => null;

    /// <summary>The guest that reads what goes out of the device; null where there is none.</summary>
    internal virtual FakeVm? Guest => null;

    /// <summary>Whether a program, and no other device, is behind it: what comes in here was made in user space.</summary>
    internal virtual bool LeadsToUserSpace => false;

    /// <summary>Whether what is behind it is none of the lab's.</summary>
    internal virtual bool LeadsOutOfLab => false;

    /// <summary>
    /// Whether the node's own stack is behind it, and no wire: what the stack sends out of a bridge's own device or an internal port goes into the
    /// switch, and what it receives there has come out of the switch.
    /// </summary>
    internal virtual bool LeadsToStack => false;

    /// <summary>Whether it is a bridge's own device, and the node has no address there: what comes in is a copy that nobody wants.</summary>
    internal virtual bool IsBareSwitch => false;

    /// <summary>Whether it forwards frames between ports of its own.</summary>
    internal virtual bool HasPorts => false;

    /// <summary>Whether Open vSwitch makes it, and knows it by its name.</summary>
    internal virtual bool IsMadeByOvs => false;

    /// <summary>The device that it stands upon (<c>ip link add link LOWER</c>); null where it stands by itself.</summary>
    internal virtual Device? Lower => null;

    /// <summary>The device whose frames are shared out between it and others by address; null where it has frames of its own.</summary>
    internal virtual Device? SharesFramesOf => Upper is { JoinsSegments: true } ? Upper : null;

    /// <summary>What it is as a tunnel; null where it is none.</summary>
    internal virtual Tunnel? Tunnel => null;

    /// <summary>The kernel's bridge that it is a port of; null where it is none, or Open vSwitch's.</summary>
    internal Bridge? Master => Switch?.InKernel;

    /// <summary>Its row of Open vSwitch's Port table; null where it is no port of it.</summary>
    internal OvsPort? OvsPort => Switch?.FindRow(this);

    /// <summary>
    /// The bridge of Open vSwitch that a program of the node made it a port of (<c>ovs-vsctl add-port</c>) while the lab describes it as none of Open
    /// vSwitch's; null where none did.
    /// </summary>
    internal OvsBridge? Plugged { get; set; }

    /// <summary>The switch that its frames pass: a bridge's own, or else the one that it is a port of.</summary>
    internal virtual Switch? Passes => Plugged ?? Switch;

    internal MacAddress DefaultMac { get; init; }

    /// <summary>The MAC address that others chose for it while it runs; null where it has the lab's.</summary>
    internal virtual MacAddress? RealMac => null;

    internal bool HasChosenMac => _mac is not null;

    /// <summary>The MAC address that the lab gives it; null where the kernel, or Open vSwitch, is left to choose.</summary>
    internal virtual MacAddress? GivenMac => _mac;

    /// <summary>Gives the device an address, such as <c>10.0.0.1/24</c>.</summary>
    /// <exception cref="FormatException">The text is no address with a prefix.</exception>
    /// <returns>The device, so that calls can be chained.</returns>
    public Device AddAddress(string address)
    {
        _addresses.Add(Describe(InterfaceAddress.Parse(address)));
        return this;
    }

    /// <summary><c>node/device</c>.</summary>
    public override string ToString() => $"{Node.Name}/{Name}";

    private protected T Describe<T>(T value) =>
        IsApplied
            ? throw new InvalidOperationException($"{this} is already applied; change it with the Set…Async methods.")
            : value;
}
