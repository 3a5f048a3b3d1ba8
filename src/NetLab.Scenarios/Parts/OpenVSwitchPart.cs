namespace NetLab.Scenarios;

/// <summary><c>open_vswitch: { external_ids: { system-id: chassis1 } }</c>: the one row of the Open_vSwitch table. Columns are spelled as there.</summary>
internal sealed class OpenVSwitchPart : Part
{
    public static readonly PartKind Kind = PartKind.Single("open_vswitch",
        "The Open_vSwitch row of the node's own Open vSwitch, which runs then, with or without a bridge.",
        new ObjectShape<OpenVSwitchPart>("open-vswitch", "the Open_vSwitch row")
        .With("other_config", "Its other_config, key by key.", OvsPortEntry.Column, (row, value) => row.OtherConfig = value.Value)
        .With("external_ids", "Marks for whoever reads the database: system-id, ovn-bridge-mappings.", OvsPortEntry.Column, (row, value) =>
            row.ExternalIds = value.Value),
        value => value.Value);

    private IReadOnlyList<Named<string>> OtherConfig { get; set; } = [];

    private IReadOnlyList<Named<string>> ExternalIds { get; set; } = [];

    public override (Position At, string Wrong)? Explain(Exception refusal, string node) =>
        refusal is OvsException ovs && ovs.Doing.Contains("set up Open vSwitch", StringComparison.Ordinal)
            && ovs.Doing.EndsWith($"in node {node}", StringComparison.Ordinal) ? (At, ovs.Message) : null;

    public override void Add(Node node, NodeEntry entry) => node.OvsOptions = new OvsOptions
    {
        OtherConfig = OtherConfig.ToDictionary(each => each.Name.Value, each => each.Value),
        ExternalIds = ExternalIds.ToDictionary(each => each.Name.Value, each => each.Value),
    };
}
