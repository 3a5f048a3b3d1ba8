using System.Net;
using System.Net.NetworkInformation;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>An entry of a node's ARP or ND table, or an address that the node answers for in another's place: <c>ip neighbour</c>.</summary>
/// <param name="Device">The device.</param>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record NeighbourEntry(string Device, NeighbourInfo Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "neighbour";

    /// <inheritdoc/>
    public override string Key => $"{Address} dev {Device}";

    /// <summary>The IP address.</summary>
    public IPAddress Address => Info.Address;

    /// <summary>Its MAC address; null while nobody has answered, and for an address that is answered for.</summary>
    public PhysicalAddress? Mac => Info.Mac;

    /// <summary>Its state as it is now.</summary>
    public NeighbourState State => Info.State;

    /// <summary>
    /// The state without what time does to it: <c>permanent</c>, <c>noarp</c>, <c>proxy</c>, <c>resolved</c> (reachable, stale, delay,
    /// probe) or <c>unresolved</c> (incomplete, failed).
    /// </summary>
    public string Standing =>
        Info.Proxy ? "proxy"
        : State.HasFlag(NeighbourState.Permanent) ? "permanent"
        : State.HasFlag(NeighbourState.NoArp) ? "noarp"
        : (State & (NeighbourState.Reachable | NeighbourState.Stale | NeighbourState.Delay | NeighbourState.Probe)) != 0 ? "resolved"
        : "unresolved";

    /// <summary>Not what the kernel works out for groups and for lo as it sends.</summary>
    public override bool IsShown => Standing is not "noarp" || Info.Protocol is > 0 || !(IsGroup || Device == "lo");

    private bool IsGroup => Address.IsIPv6Multicast || (Address.GetAddressBytes() is [>= 224 and < 240, _, _, _]) || Address.Equals(IPAddress.Broadcast);

    private protected override void Describe(FieldList fields)
    {
        fields.Add("lladdr", Info.Proxy ? null : Mac);
        fields.Bare("standing", Standing);
        fields.Flag("router", Info.Router);
        fields.Flag("extern_learn", Info.ExtLearned);
        fields.Flag("managed", Info.Managed);
        fields.Volatile("state", State);
    }
}

/// <summary>An entry of a forwarding database: of a Linux bridge, or of a device such as a VXLAN: <c>bridge fdb</c>.</summary>
/// <param name="Device">The device: the port where the address is.</param>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record FdbEntry(string Device, FdbInfo Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "fdb";

    /// <inheritdoc/>
    public override string Key => string.Concat(
        StateField.TextOf(Mac),
        Info.MasterIndex is null ? $" dev {Device}" : "",
        Master is null ? "" : $" master {Master}",
        Info.Vlan is { } vlan ? $" vlan {vlan}" : "",
        Info.Remote is { } remote ? $" dst {remote}" : "",
        Info.SourceVni is { } vni ? $" src_vni {vni}" : "");

    /// <summary>The MAC address; all zero is VXLAN's default entry.</summary>
    public PhysicalAddress Mac => Info.Mac;

    /// <summary>The bridge whose entry it is; null for a device's own.</summary>
    public string? Master { get; init; }

    /// <summary>VXLAN: the device that it is sent by.</summary>
    public string? Via { get; init; }

    /// <summary>A port's own address, which the bridge enters by itself.</summary>
    public bool IsOwn { get; init; }

    /// <summary>Not a port's own address, and not the groups that a device listens to.</summary>
    public override bool IsShown => !IsOwn && !(Info.MasterIndex is null && (Mac.GetAddressBytes()[0] & 1) != 0);

    private protected override void Describe(FieldList fields)
    {
        if (Info.MasterIndex is not null)
        {
            fields.Add("dev", Device);
        }

        // A learned entry that is in use is "reachable", one that is about to age out "stale".
        fields.Bare("kind", Info.Kind is FdbKind.Dynamic ? "dynamic" : Info.Kind is FdbKind.Local ? "permanent" : "static");
        fields.Add("port", Info.Port);
        fields.Add("vni", Info.Vni);
        fields.Add("via", Via);
        fields.Add("nhid", Info.NexthopId);
        fields.Flag("sticky", Info.Sticky);
        fields.Flag("extern_learn", Info.ExtLearned);
        fields.Volatile("used", Info.Used);
        fields.Volatile("updated", Info.Updated);
    }
}

/// <summary>A group in a bridge's multicast database: <c>bridge mdb</c>.</summary>
/// <param name="Bridge">The bridge.</param>
/// <param name="Port">The port that gets the group's frames; the bridge itself for the node.</param>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record MdbEntry(string Bridge, string Port, MdbInfo Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "mdb";

    /// <inheritdoc/>
    public override string Key => string.Concat(
        $"{Bridge} port {Port} grp {(object?)Info.Group ?? StateField.TextOf(Info.MacGroup)}",
        Info.Source is { } source ? $" src {source}" : "",
        Info.Vlan == 0 ? "" : $" vid {Info.Vlan}");

    private protected override void Describe(FieldList fields)
    {
        fields.Bare("kind", Info.Permanent ? "permanent" : "temp");
        fields.Volatile("timer", Info.Timer);
        fields.Volatile("flags", Info.Flags);
    }
}

/// <summary>A VLAN of a bridge port, or of the bridge itself: <c>bridge vlan</c>.</summary>
/// <param name="Device">The port, or the bridge.</param>
/// <param name="Info">All that the kernel says of it.</param>
public sealed record BridgeVlanEntry(string Device, BridgeVlanInfo Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "vlan";

    /// <inheritdoc/>
    public override string Key => $"{Info.Id} dev {Device}";

    /// <summary>The VLAN.</summary>
    public int Id => Info.Id;

    private protected override void Describe(FieldList fields)
    {
        fields.Flag("pvid", Info.Pvid);
        fields.Flag("untagged", Info.Untagged);
        fields.Add("tunnel", Info.TunnelId);
    }
}
