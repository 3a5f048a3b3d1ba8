namespace NetLab.Scenarios;

/// <summary><c>nft: |</c>: an nftables ruleset, in the words of nft(8).</summary>
internal sealed class NftPart : Part
{
    public static readonly PartKind Kind = PartKind.Single("nft", "An nftables ruleset, in the words of nft(8).", Scalars.Text, text => new NftPart { Ruleset = text.Value });

    private string Ruleset { get; init; } = "";

    public override void Configure(Node node) => node.AddRuleset(Ruleset);
}
