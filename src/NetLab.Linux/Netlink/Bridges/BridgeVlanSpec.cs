namespace NetLab.Linux.Netlink;

/// <summary>A VLAN, or a range of them, on a bridge port or on the bridge itself (<c>bridge vlan</c>, bridge(8); CONFIG_BRIDGE_VLAN_FILTERING).</summary>
/// <param name="Index">Index of the port, or of the bridge.</param>
/// <param name="Id">The VLAN, 1 to 4094; the first of the range.</param>
public record BridgeVlanSpec(int Index, ushort Id) : IDescribed
{
    /// <summary>The last of the range; null for one VLAN.</summary>
    public ushort? EndId { get; init; }

    /// <summary>Untagged frames that come in belong to it.</summary>
    public bool Pvid { get; init; }

    /// <summary>Its frames leave without a tag.</summary>
    public bool Untagged { get; init; }

    /// <summary>The device is the bridge itself (<c>self</c>).</summary>
    public bool Self { get; init; }

    /// <summary>The tunnel it is mapped to (a VXLAN's VNI); with a range, that of the first, counting up.</summary>
    public uint? TunnelId { get; init; }

    string IDescribed.Describe() => $"vlan {Text}";

    private protected string Text =>
        $"{Id}{(EndId is { } e ? $"-{e}" : "")}{(Pvid ? " pvid" : "")}{(Untagged ? " untagged" : "")}{(TunnelId is { } t ? $" tunnel {t}" : "")}";
}

/// <summary>A VLAN of a bridge port as the kernel describes it: one record for each, never a range.</summary>
public sealed record BridgeVlanInfo(int Index, ushort Id) : BridgeVlanSpec(Index, Id)
{
    /// <summary>Index of the bridge.</summary>
    public int? MasterIndex { get; init; }

    /// <summary>One line, as <c>bridge vlan</c> would print it.</summary>
    public override string ToString() => $"{Index}: {Text}";
}

/// <summary>The spanning tree state of VLANs at a port of a bridge.</summary>
/// <param name="Index">Index of the port, or of the bridge.</param>
/// <param name="First">The first VLAN.</param>
/// <param name="Last">The last VLAN.</param>
/// <param name="State">The state.</param>
internal readonly record struct BridgeVlanState(int Index, ushort First, ushort Last, BridgePortState State);

/// <summary>Settings of a VLAN on a port (<c>bridge vlan set</c>).</summary>
public sealed record BridgeVlanOptions : IDescribed
{
    /// <summary>STP state of this VLAN.</summary>
    public BridgePortState? State { get; init; }

    /// <summary>Is there a multicast router: 0 no, 1 found by queries, 2 always.</summary>
    public byte? MulticastRouter { get; init; }

    string IDescribed.Describe() => Words.Settings(this);
}

/// <summary>Settings of a VLAN on the whole bridge (<c>bridge vlan global set</c>).</summary>
public sealed record BridgeVlanGlobalOptions : IDescribed
{
    /// <summary>IGMP and MLD snooping in this VLAN.</summary>
    public bool? MulticastSnooping { get; init; }

    /// <summary>The bridge sends queries in this VLAN.</summary>
    public bool? MulticastQuerier { get; init; }

    /// <summary>2 or 3.</summary>
    public byte? MulticastIgmpVersion { get; init; }

    /// <summary>1 or 2.</summary>
    public byte? MulticastMldVersion { get; init; }

    /// <summary>Queries sent after a leave.</summary>
    public uint? MulticastLastMemberCount { get; init; }

    /// <summary>Queries sent at start-up.</summary>
    public uint? MulticastStartupQueryCount { get; init; }

    /// <summary>Time between the queries after a leave.</summary>
    public TimeSpan? MulticastLastMemberInterval { get; init; }

    /// <summary>Time after which a group without reports is dropped.</summary>
    public TimeSpan? MulticastMembershipInterval { get; init; }

    /// <summary>Time without queries of another after which the bridge becomes querier.</summary>
    public TimeSpan? MulticastQuerierInterval { get; init; }

    /// <summary>Time between two queries.</summary>
    public TimeSpan? MulticastQueryInterval { get; init; }

    /// <summary>Longest time a host may take to answer.</summary>
    public TimeSpan? MulticastQueryResponseInterval { get; init; }

    /// <summary>Time between the queries at start-up.</summary>
    public TimeSpan? MulticastStartupQueryInterval { get; init; }

    /// <summary>The spanning tree instance of this VLAN (MST).</summary>
    public ushort? SpanningTree { get; init; }

    string IDescribed.Describe() => Words.Settings(this);
}
