using System.Text.RegularExpressions;
using NetLab.Linux;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Processes;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// The rule that gave a packet another destination, by the kernel's traces. Only the first packet of a connection meets it, and what is traced is the rules of
/// nftables and those that iptables-nft made: where it is not among them, it is not known.
/// </summary>
internal static partial class TranslatingRule
{
    /// <summary>The rule; null where it is not known.</summary>
    /// <param name="node">The node that translated.</param>
    /// <param name="came">The frame as it came into the node.</param>
    /// <param name="rules">What the rules did meanwhile.</param>
    public static NftRule? Find(Node node, Frame came, RuleAccount rules)
    {
        try
        {
            return rules.Of(node) is { } account ? Task.Run(() => FindAsync(account, came)).GetAwaiter().GetResult() : null;
        }
        catch (Exception gone) when (gone is LinuxException or ProcessFailedException or ObjectDisposedException or InvalidOperationException)
        {
            return null; // the lab is, or there is no nft
        }
    }

    /// <summary>
    /// Whether a rule of the node may have given the frame another destination: one of nftables by its traces; iptables-legacy, which tells of none, where
    /// it has a table that translates.
    /// </summary>
    /// <inheritdoc cref="Find"/>
    public static bool MayHave(Node node, Frame came, RuleAccount rules) =>
        rules.Of(node) is { } account && (Find(node, came, rules) is not null || account.Rules.ReadLegacy().Any(t => t.Name == "nat"));

    private static async Task<NftRule?> FindAsync(NodeAccount account, Frame came)
    {
        var chains = await account.Rules.ChainsAsync(CancellationToken.None).ConfigureAwait(false);
        var found = new HashSet<NftRule>();
        foreach (var step in account.Ways.Where(w => IsOf(w, came)).Select(w => w.Last).Where(s => s.Step is NftTraceStep.Rule))
        {
            if (chains.FirstOrDefault(c => (c.Family, c.Table, c.Name) == (step.Family, step.Table, step.Chain)) is { } chain
                && await account.Rules.RuleAsync(chain, step.RuleHandle, CancellationToken.None).ConfigureAwait(false) is { } rule
                && Translates().IsMatch(rule.Iptables ?? rule.Text))
            {
                found.Add(rule);
            }
        }

        return found.Count == 1 ? found.Single() : null;
    }

    // The traces of a way are of the packet as it was before the rule that ended it.
    private static bool IsOf(NftTraversal way, Frame came) => way.Last.IsOf(came.Bytes.Span[Math.Min(14 + (4 * came.VlanTags.Count), came.Length)..]);

    [GeneratedRegex(@"\b(?:dnat|redirect|DNAT|REDIRECT|NETMAP)\b")]
    private static partial Regex Translates();
}
