namespace NetLab;

/// <summary>A bridge, as it is in the database of Open vSwitch (ovs-vswitchd.conf.db(5)).</summary>
public sealed record OvsBridgeState
{
    /// <summary>The bridge's name.</summary>
    public required string Name { get; init; }

    /// <summary><c>netdev</c> or <c>system</c>.</summary>
    public required string DatapathType { get; init; }

    /// <summary><c>secure</c> or <c>standalone</c> as it is set; null if it is not, which is standalone.</summary>
    public required string? FailMode { get; init; }

    /// <summary>The OpenFlow versions it speaks; empty for Open vSwitch's own choice.</summary>
    public required IReadOnlyList<string> Protocols { get; init; }

    /// <summary>The spanning tree protocol is on.</summary>
    public required bool StpEnable { get; init; }

    /// <summary>The rapid spanning tree protocol is on.</summary>
    public required bool RstpEnable { get; init; }

    /// <summary>IGMP and MLD snooping is on.</summary>
    public required bool MulticastSnooping { get; init; }

    /// <summary>Number of controllers.</summary>
    public required int Controllers { get; init; }

    /// <summary>other_config.</summary>
    public required IReadOnlyDictionary<string, string> OtherConfig { get; init; }

    /// <summary>external_ids.</summary>
    public required IReadOnlyDictionary<string, string> ExternalIds { get; init; }
}
