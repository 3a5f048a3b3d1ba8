namespace NetLab.Linux.Netlink;

/// <summary>On which layer an ipvlan shares its lower device (<c>enum ipvlan_mode</c>).</summary>
public enum IpvlanMode : ushort
{
    /// <summary>Layer 2: ARP and multicast reach it.</summary>
    L2,
    /// <summary>Layer 3: the host's namespace routes for it; no ARP, no multicast.</summary>
    L3,
    /// <summary>Layer 3, with the host's netfilter and connection tracking.</summary>
    L3S,
}

/// <summary>Flags of an ipvlan (<c>IPVLAN_F_*</c>).</summary>
[Flags]
public enum IpvlanFlags : ushort
{
    /// <summary>Those on one device reach each other.</summary>
    Bridge = 0,
    /// <summary>They do not.</summary>
    Private = 1,
    /// <summary>By way of the switch outside.</summary>
    Vepa = 2,
}

/// <summary>What ipvlan and ipvtap share: a device with the MAC address of the one below and IP addresses of its own.</summary>
/// <param name="Name">Its name.</param>
/// <param name="LinkIndex">Index of the device below.</param>
public abstract record IpvlanLinkSpec(string Name, int LinkIndex) : LinkSpec(Name)
{
    private const ushort IFLA_IPVLAN_MODE = 1, IFLA_IPVLAN_FLAGS = 2;

    /// <summary>The layer; L3 unless said otherwise.</summary>
    public IpvlanMode Mode { get; init; } = IpvlanMode.L3;

    /// <summary>Flags.</summary>
    public IpvlanFlags Flags { get; init; }

    internal override int? Lower => LinkIndex;

    internal override void WriteData(MessageWriter writer)
    {
        writer.U16(IFLA_IPVLAN_MODE, (ushort)Mode);
        writer.U16(IFLA_IPVLAN_FLAGS, (ushort)Flags);
    }

    internal static LinkSpec Read(bool tap, string name, int lower, Attributes data)
    {
        var mode = (IpvlanMode)data.Find(IFLA_IPVLAN_MODE).U16;
        var flags = (IpvlanFlags)data.Find(IFLA_IPVLAN_FLAGS).U16;
        return tap ? new IpvtapSpec(name, lower) { Mode = mode, Flags = flags } : new IpvlanSpec(name, lower) { Mode = mode, Flags = flags };
    }
}

/// <summary>A device with the MAC address of the one below and IP addresses of its own (CONFIG_IPVLAN).</summary>
/// <param name="Name">Its name.</param>
/// <param name="LinkIndex">Index of the device below.</param>
public sealed record IpvlanSpec(string Name, int LinkIndex) : IpvlanLinkSpec(Name, LinkIndex)
{
    /// <inheritdoc/>
    public override string Kind => "ipvlan";
}

/// <summary>An ipvlan whose frames are read and written by a program, through <c>/dev/tapINDEX</c> (CONFIG_IPVTAP).</summary>
/// <param name="Name">Its name.</param>
/// <param name="LinkIndex">Index of the device below.</param>
public sealed record IpvtapSpec(string Name, int LinkIndex) : IpvlanLinkSpec(Name, LinkIndex)
{
    /// <inheritdoc/>
    public override string Kind => "ipvtap";
}
