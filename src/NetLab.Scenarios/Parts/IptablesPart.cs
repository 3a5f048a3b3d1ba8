using System.Text.Json.Nodes;

namespace NetLab.Scenarios;

/// <summary><c>iptables: |</c>: rules in the words of iptables-restore(8), or the sets of addresses that they name, in those of ipset(8).</summary>
internal sealed class IptablesPart : Part
{
    private static readonly ScalarShape<string> Text = new("rules", "'*filter … COMMIT'", scalar => (scalar.Text, null), () =>
        new JsonObject { ["type"] = "string" });

    public static readonly PartKind Sets = PartKind.Single("ipsets", "Sets of addresses for iptables, in the words of ipset(8): a command a line.",
        Text, text => new IptablesPart { Rules = text.Value, AddTo = node => node.AddIpsets });

    public static readonly PartKind Kind = PartKind.Single("iptables", "Rules in the words of iptables-restore(8), beside those that are there.",
        Text, text => new IptablesPart { Rules = text.Value, AddTo = node => node.AddIptables });

    public static readonly PartKind Kind6 = PartKind.Single("ip6tables", "The same for IPv6, in the words of ip6tables-restore(8).",
        Text, text => new IptablesPart { Rules = text.Value, AddTo = node => node.AddIp6tables });

    private string Rules { get; init; } = "";

    private Func<Node, Action<string>> AddTo { get; init; } = null!;

    public override void Configure(Node node) => AddTo(node)(Rules);

    public override (Position At, string Wrong)? Explain(Exception refusal, string node) =>
        refusal is RulesetException rules && rules.Node.Name == node && rules.Ruleset == Rules ? (At, rules.Message) : null;
}
