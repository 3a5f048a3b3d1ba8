using System.Globalization;
using NetLab.Linux.Processes;

namespace NetLab.Linux.Netfilter;

/// <summary>A rule as its author knows it.</summary>
/// <param name="Family">The table's family.</param>
/// <param name="Table">The table.</param>
/// <param name="Chain">The chain.</param>
/// <param name="Handle">The rule's handle; 0 for the policy of a chain.</param>
/// <param name="Number">Which rule of the chain it is, from 1; 0 for the policy.</param>
/// <param name="Text">The rule in nft's words, as <c>nft list ruleset</c> prints it; of a policy <c>policy drop</c>.</param>
/// <param name="Comment">The rule's comment, or null.</param>
/// <param name="Iptables">The same in the words of iptables, ip6tables, ebtables or arptables when the rule was made by those (<c>iptables -A FORWARD … -j DROP</c>); otherwise null.</param>
public sealed record NftRule(NftFamily Family, string Table, string Chain, ulong Handle, int Number, string Text, string? Comment, string? Iptables)
{
    /// <summary>In a line: <c>rule 2 of chain "f" in table "bridge guard": iifname "v1" drop comment "vm2-isolated"</c>.</summary>
    public override string ToString() =>
        $"{(Number == 0 ? "the policy" : string.Create(CultureInfo.InvariantCulture, $"rule {Number}"))} of chain \"{Chain}\" in table \"{Family.Word()} {Table}\": {Iptables ?? Text}";
}

/// <summary>Looks up the text of rules by running <c>nft -a list chain</c> (some 12 ms) in a namespace, and the iptables that made the rule.</summary>
public static class NftRules
{
    /// <summary>The rule, or the policy, that a step of a trace names.</summary>
    /// <returns>Null when the chain or the rule is not there (any more).</returns>
    /// <exception cref="LinuxException">There is no nft.</exception>
    public static Task<NftRule?> FindAsync(ProcessGroup programs, NetworkNamespace ns, NftTraceEvent step)
    {
        ArgumentNullException.ThrowIfNull(step);
        return FindAsync(programs, ns, step.Family, step.Table, step.Chain, step.Step is NftTraceStep.Policy ? 0 : step.RuleHandle);
    }

    /// <summary>The rule with a handle.</summary>
    /// <param name="programs">Runs nft.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="family">The table's family.</param>
    /// <param name="table">The table.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="handle">The rule's handle; 0 for the chain's policy.</param>
    /// <returns>Null when the chain or the rule is not there.</returns>
    /// <exception cref="LinuxException">There is no nft.</exception>
    public static async Task<NftRule?> FindAsync(ProcessGroup programs, NetworkNamespace ns, NftFamily family, string table, string chain, ulong handle)
    {
        ArgumentNullException.ThrowIfNull(programs);
        var listing = await programs.RunAsync(new ProcessStart("nft", "-a", "list", "chain", family.Word(), table, chain) { Namespace = ns }).ConfigureAwait(false);
        if (listing.ExitCode != 0)
        {
            return null;
        }

        var (policy, rules) = ParseChain(listing.Output);
        var number = handle == 0 ? 0 : rules.FindIndex(r => r.Handle == handle) + 1;
        var text = number > 0 ? rules[number - 1].Text : handle == 0 && policy is not null ? $"policy {policy}" : null;
        return text is null
            ? null
            : new NftRule(family, table, chain, handle, number, text, CommentOf(text), await IptablesWords.FindAsync(programs, ns, family, table, chain, number, rules.Count).ConfigureAwait(false));
    }

    /// <summary>Gives nft a ruleset to execute in the namespace.</summary>
    internal static async Task RunAsync(ProcessGroup programs, NetworkNamespace ns, string ruleset)
    {
        var result = await programs.RunAsync(new ProcessStart("nft", "-f", "-") { Namespace = ns }, ruleset).ConfigureAwait(false);
        result.EnsureSuccess();
    }

    /// <summary>Policy and rules in a listing of one chain; the policy is null for a chain that is no base chain.</summary>
    internal static (string? Policy, List<(ulong Handle, string Text)> Rules) ParseChain(string listing)
    {
        const string mark = " # handle ";
        string? policy = null;
        var rules = new List<(ulong, string)>();
        var inside = false;
        var pending = "";
        foreach (var line in listing.Split('\n').Select(l => l.Trim()))
        {
            if (!inside)
            {
                inside = line.StartsWith("chain ", StringComparison.Ordinal);
                continue;
            }

            // "type filter hook forward priority filter; policy drop;" and other properties of the chain end in a semicolon, rules do not.
            if (pending.Length == 0 && line.EndsWith(';'))
            {
                policy = line.Split(';', StringSplitOptions.TrimEntries).FirstOrDefault(p => p.StartsWith("policy ", StringComparison.Ordinal))?["policy ".Length..] ?? policy;
                continue;
            }

            // A rule goes on until its handle; one with a long set may take several lines.
            var at = line.LastIndexOf(mark, StringComparison.Ordinal);
            if (at >= 0 && ulong.TryParse(line.AsSpan(at + mark.Length), CultureInfo.InvariantCulture, out var handle))
            {
                rules.Add((handle, Join(pending, line[..at])));
                pending = "";
            }
            else if (pending.Length == 0 && line.StartsWith("comment \"", StringComparison.Ordinal))
            {
                continue; // the chain's own
            }
            else
            {
                pending = Join(pending, line);
            }
        }

        return (policy, rules);

        static string Join(string start, string end) => start.Length == 0 ? end : $"{start} {end}";
    }

    private static string? CommentOf(string rule)
    {
        const string mark = " comment \"";
        var at = rule.LastIndexOf(mark, StringComparison.Ordinal);
        return at >= 0 && rule.EndsWith('"') ? rule[(at + mark.Length)..^1] : null;
    }
}
