using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using NetLab.Scenarios.Yaml;

namespace NetLab.Scenarios;

/// <summary><c>nft: |</c>: an nftables ruleset, in the words of nft(8).</summary>
internal sealed partial class NftPart : Part
{
    private static readonly ScalarShape<YamlScalar> Text = new("a ruleset", "'table inet filter { … }'", scalar => (scalar, null), () =>
        new JsonObject { ["type"] = "string" });

    public static readonly PartKind Kind = PartKind.Single("nft", "An nftables ruleset, in the words of nft(8).", Text, text =>
        new NftPart { Ruleset = text.Value });

    private YamlScalar Ruleset { get; init; } = null!;

    public override void Configure(Node node) => node.AddRuleset(Ruleset.Text);

    public override (Position At, string Wrong)? Explain(Exception refusal, string node)
    {
        if (refusal is not RulesetException nft || nft.Node.Name != node || nft.Ruleset != Ruleset.Text)
        {
            return null;
        }
        var complaint = Complaint().Match(nft.Answer);
        return complaint.Success
            ? (Ruleset.Line(Number(complaint.Groups["line"]), Number(complaint.Groups["column"])),
                $"nft refuses the ruleset of {node}: {complaint.Groups["says"].Value.Trim()}")
            : (Ruleset.At, $"nft refuses the ruleset of {node}: {nft.Answer}");
    }

    private static int Number(Group digits) => int.Parse(digits.ValueSpan, CultureInfo.InvariantCulture);

    // "/dev/stdin:2:57-60: Error: syntax error, unexpected string"
    [GeneratedRegex(@":(?<line>\d+):(?<column>\d+)(-\d+)?: Error: (?<says>.*)")]
    private static partial Regex Complaint();
}
