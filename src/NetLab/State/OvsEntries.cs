using System.Globalization;

namespace NetLab;

/// <summary>A bridge of the node's Open vSwitch: <c>ovs-vsctl list bridge</c>.</summary>
/// <param name="Info">Its row of the database.</param>
public sealed record OvsBridgeEntry(OvsBridgeState Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "ovs bridge";

    /// <inheritdoc/>
    public override string Key => Info.Name;

    private protected override void Describe(FieldList fields)
    {
        fields.Add("fail_mode", Info.FailMode);
        fields.Add("datapath_type", Info.DatapathType, "netdev");
        fields.Add("protocols", Info.Protocols, "none");
        fields.Flag("stp", Info.StpEnable);
        fields.Flag("rstp", Info.RstpEnable);
        fields.Flag("mcast_snooping", Info.MulticastSnooping);
        fields.Add("controllers", Info.Controllers, 0);
        fields.Add("other_config", Info.OtherConfig, "none");
        fields.Add("external_ids", Info.ExternalIds, "none");
    }
}

/// <summary>A port of an Open vSwitch bridge: <c>ovs-vsctl list port</c>.</summary>
/// <param name="Info">Its rows of the database.</param>
public sealed record OvsPortEntry(OvsPortState Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "ovs port";

    /// <inheritdoc/>
    public override string Key => $"{Info.Name} bridge {Info.Bridge}";

    private protected override void Describe(FieldList fields)
    {
        fields.Add("type", Info.Type.Length == 0 ? null : Info.Type);
        fields.Add("tag", Info.Tag);
        fields.Add("trunks", Info.Trunks, "none");
        fields.Add("vlan_mode", Info.VlanMode);
        fields.Add("options", Info.Options, "none");
        fields.Add("external_ids", Info.ExternalIds, "none");
        fields.Add("error", Info.Error);
        fields.Volatile("ofport", Info.Ofport);
        fields.Volatile("link_up", Info.LinkUp);
    }
}

/// <summary>A flow of an Open vSwitch bridge: <c>ovs-ofctl dump-flows</c>.</summary>
/// <param name="Bridge">The bridge.</param>
/// <param name="Info">The flow, with its counts.</param>
public sealed record OvsFlowEntry(string Bridge, OvsFlow Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "ovs flow";

    /// <inheritdoc/>
    public override string Key =>
        string.Create(CultureInfo.InvariantCulture, $"{Bridge} table={Info.Table},priority={Info.Priority}{(Info.Match.Length > 0 ? $",{Info.Match}" : "")}");

    private protected override void Describe(FieldList fields)
    {
        fields.Add("actions", Info.Actions);
        fields.Add("cookie", $"0x{Info.Cookie:x}", "0x0");
        fields.Bare("other", Info.Other, "");
        fields.Volatile("n_packets", Info.Packets);
        fields.Volatile("n_bytes", Info.Bytes);
    }
}

/// <summary>An address that an Open vSwitch bridge has learned: <c>ovs-appctl fdb/show</c>.</summary>
/// <param name="Bridge">The bridge.</param>
/// <param name="Info">The entry, with its age.</param>
public sealed record OvsFdbEntry(string Bridge, OvsMacEntry Info) : StateEntry
{
    /// <inheritdoc/>
    public override string Section => "ovs fdb";

    /// <inheritdoc/>
    public override string Key => $"{Info.Mac} bridge {Bridge} vlan {Info.Vlan}";

    private protected override void Describe(FieldList fields)
    {
        fields.Add("port", Info.Port);
        fields.Flag("static", Info.Age is null);
        fields.Volatile("age", Info.Age);
    }
}
