using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>A device of any other kind, described by its link specification: vxlan, vlan, macvlan, dummy, ifb…</summary>
public sealed partial class KernelDevice : Device
{
    private readonly Func<int, LinkSpec> _spec;
    private readonly List<Device> _members = [];
    private WireguardDevice? _wireguard;

    internal KernelDevice(Node node, Device? parent, Func<int, LinkSpec> spec)
        : base(node, spec(0).Name)
    {
        _spec = spec;
        Parent = parent;
    }

    /// <inheritdoc/>
    public override string Kind => Spec.Kind;

    /// <summary>What the kernel is asked for.</summary>
    public LinkSpec Spec => _spec(Parent?.LiveIndex ?? 0);

    /// <summary>The device below this one, for kinds that have one (<c>ip link add link PARENT …</c>).</summary>
    public Device? Parent { get; }

    /// <summary>The members of a bond, or of a routing domain (VRF), in the order in which they were added.</summary>
    public IReadOnlyList<Device> Members => _members;

    /// <summary>Keys, port and peers of a WireGuard device; null leaves it without any.</summary>
    public WireguardDevice? Wireguard
    {
        get => _wireguard;
        set => _wireguard = Describe(value);
    }

    internal override Device? Lower => Parent;

    // What a bond receives, its members have received; a routing domain leaves every member its own network.
    internal bool JoinsSegments => Spec is BondSpec;

    internal override Tunnel? Tunnel => Tunnel.Of(Spec);

    internal override Device? SharesFramesOf => Spec is MacvlanLinkSpec or IpvlanLinkSpec ? Parent : base.SharesFramesOf;

    /// <summary>Makes a device of the same node a member of this bond or routing domain: <c>ip link set dev DEVICE master BOND</c>.</summary>
    /// <exception cref="TopologyException">The device is in another node, or has another master already.</exception>
    /// <exception cref="InvalidOperationException">The device is applied already.</exception>
    public void AddMember(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.IsApplied)
        {
            throw new InvalidOperationException($"{device} is already applied; add members before, or run `ip link set dev {device.Name} master {Name}`.");
        }

        var problem = Spec is not (BondSpec or VrfSpec) ? $"{this} is no bond and no VRF, and has no members"
            : !ReferenceEquals(device.Node, Node) ? "it is in another node"
            : ReferenceEquals(device, this) ? "it is that device itself"
            : device.Upper is { } upper ? $"it is a member of {upper}; a device has one master"
            : device.Switch is { } bridge ? $"it is a port of {bridge}; a device has one master"
            : null;
        if (problem is not null)
        {
            throw new TopologyException($"{device} cannot be a member of {this}: {problem}");
        }

        device.Upper = this;
        _members.Add(device);
    }

    internal void Forget(Device member)
    {
        _members.Remove(member);
        member.Upper = null;
    }
}
