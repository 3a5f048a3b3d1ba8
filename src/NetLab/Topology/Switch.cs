namespace NetLab;

/// <summary>A device that forwards frames between its ports: a Linux bridge or an Open vSwitch bridge.</summary>
public abstract partial class Switch : Device
{
    private readonly List<Device> _ports = [];

    internal Switch(Node node, string name)
        : base(node, name)
    {
    }

    /// <summary>The ports, in the order they were attached.</summary>
    public IReadOnlyList<Device> Ports => _ports;

    /// <summary>Whether frames cross it in a program, where the kernel does not see which copy became of which.</summary>
    internal virtual bool IsInUserSpace => false;

    /// <summary>The bridge as the kernel's, whose ports have a state there and addresses an FDB; null for one of Open vSwitch.</summary>
    internal virtual Bridge? InKernel => null;

    internal override bool HasPorts => true;

    internal override bool LeadsToStack => true;

    internal override bool IsBareSwitch => Addresses.Count == 0;

    internal override Switch Passes => this;

    /// <summary>Whether what enters this switch may leave by a port of the other.</summary>
    internal virtual bool PassesTo(Switch other) => ReferenceEquals(this, other);

    /// <summary>Switches of the node that patch ports join it to.</summary>
    internal virtual IEnumerable<Switch> Patched => [];

    /// <summary>
    /// The switches of the node that a frame crosses between this one, which it entered, and the other, which it left, both aside; empty where the
    /// description leaves more than one way, or none.
    /// </summary>
    /// <param name="left">The other.</param>
    /// <param name="tunnelled">Whether it went into a tunnel in between, or came out of one.</param>
    internal virtual IReadOnlyList<Switch> Between(Switch left, bool tunnelled) => [];

    /// <summary>What Open vSwitch has in its Port table for one of the ports; null where it has no such table, or the device is no port.</summary>
    internal virtual OvsPort? FindRow(Device port) => null;

    /// <summary>The broadcast domain of the switch that frames are in which carry this VLAN at one of its ports, or at its own device.</summary>
    internal virtual object DomainOf(Device device, int vlan) => this;

    /// <summary>Whether it is described that frames of this switch may leave by a port of the other: it is this one, or patch ports lead there.</summary>
    internal bool IsJoinedTo(Switch other)
    {
        List<Switch> joined = [this];
        for (var i = 0; i < joined.Count; i++)
        {
            joined.AddRange(joined[i].Patched.Except(joined));
        }

        return joined.Contains(other);
    }

    /// <summary>Makes a device of the same node a port of this bridge.</summary>
    /// <exception cref="TopologyException">The device is in another node, or is a port of another bridge already.</exception>
    public void Attach(Device device)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (device.IsApplied)
        {
            throw new InvalidOperationException($"{device} is already applied; plug it in with AttachAsync.");
        }

        Plug(device);
    }

    private void Plug(Device device)
    {
        if (!ReferenceEquals(device.Node, Node) && !device.IsMadeByOvs)
        {
            throw new TopologyException($"{device} cannot be a port of {this}: it is in another node; join them by a link");
        }

        if (device.Switch is { } other)
        {
            throw new TopologyException(ReferenceEquals(other, this)
                ? $"{device} is a port of {this} already"
                : $"{device} cannot be a port of {this}: it is a port of {other}; a device has one master");
        }

        if (device.Upper is { } upper)
        {
            throw new TopologyException($"{device} cannot be a port of {this}: it is a member of {upper}; a device has one master");
        }

        if (ReferenceEquals(device, this))
        {
            throw new TopologyException($"{this} cannot be a port of itself");
        }

        (device.Switch, device.Plugged) = (this, null);
        _ports.Add(device);
        OnAttached(device);
    }

    /// <summary>An end of a link that becomes a port of this bridge.</summary>
    /// <param name="name">The port's device name; by default it is named after the other end's node.</param>
    public LinkEnd End(string? name = null) => new(Node, this, name);

    private protected abstract void OnAttached(Device device);

    private protected abstract void OnDetached(Device device);

    internal void Detach(Device device)
    {
        _ports.Remove(device);
        device.Switch = null;
        OnDetached(device);
    }
}
