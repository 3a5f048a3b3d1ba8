using System.Net;

namespace NetLab;

/// <summary>A row of Open vSwitch's Port table and its one Interface (ovs-vswitchd.conf.db(5)).</summary>
public sealed class OvsPort
{
    internal OvsPort(OvsBridge bridge, string name, Device? device)
    {
        Bridge = bridge;
        Name = name;
        Device = device;
    }

    /// <summary>The bridge.</summary>
    public OvsBridge Bridge { get; }

    /// <summary>The port's name; it is the device's name where there is one.</summary>
    public string Name { get; }

    /// <summary>The device behind the port; null for patch and tunnel ports.</summary>
    public Device? Device { get; }

    /// <summary>
    /// Everything that can be set on the port. What is set while the lab runs is done by the next <see cref="Lab.ApplyAsync"/>;
    /// <see cref="OvsBridge.SetPortAsync(Device, Func{OvsPortOptions, OvsPortOptions}, CancellationToken)"/> does it at once.
    /// </summary>
    public OvsPortOptions Options { get; set; } = new();

    /// <summary>The VLAN of an access port, 1 to 4095 (4095 is Neutron's dead VLAN); null for a trunk of every VLAN.</summary>
    public int? Tag
    {
        get => Options.Tag;
        set => Options = Options with { Tag = value };
    }

    /// <summary>The VLANs that a trunk port carries; null for all.</summary>
    public IReadOnlyList<int>? Trunks
    {
        get => Options.Trunks;
        set => Options = Options with { Trunks = value };
    }

    private OvsPortOptions? _applied;

    /// <summary>Whether Open vSwitch has the row as it is described now.</summary>
    internal bool IsApplied => _applied is not null && _applied == Options;

    internal void MarkApplied() => _applied = Options;

    /// <summary>The name of the port at the other end of a patch; null where this is no patch port.</summary>
    internal string? PatchPeer => Options is { InterfaceType: "patch", InterfaceOptions: { } options } ? options.GetValueOrDefault("peer") : null;

    /// <summary>The address from which a tunnel port sends; null where this is none, or it says none.</summary>
    internal IPAddress? TunnelFrom => Options is { InterfaceType: not (null or "patch"), InterfaceOptions: { } options }
        && IPAddress.TryParse(options.GetValueOrDefault("local_ip"), out var own) ? own : null;

    /// <summary>Whether it carries every VLAN.</summary>
    internal bool IsTrunk => Tag is null;
}

/// <summary>A device that Open vSwitch makes: a port of type internal.</summary>
public sealed partial class OvsInternalPort : Device
{
    internal OvsInternalPort(Node node, string name)
        : base(node, name)
    {
    }

    /// <inheritdoc/>
    public override string Kind => "openvswitch-internal";

    internal override bool IsMadeByOvs => true;

    internal override bool LeadsToStack => true;
}
