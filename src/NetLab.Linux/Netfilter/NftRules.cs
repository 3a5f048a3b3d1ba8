using System.Globalization;
using System.Text.RegularExpressions;
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
/// <param name="Iptables">The same in the words of iptables, ip6tables, ebtables or arptables when the rule was made by those (<c>iptables
/// -A FORWARD … -j DROP</c>); otherwise null.</param>
internal sealed record NftRule(NftFamily Family, string Table, string Chain, ulong Handle, int Number, string Text, string? Comment, string? Iptables)
{
    /// <summary>In a line: <c>rule 2 of chain "f" in table "bridge guard": iifname "v1" drop comment "vm2-isolated"</c>.</summary>
    public override string ToString() =>
        $"{(Number == 0 ? "the policy" : string.Create(CultureInfo.InvariantCulture, $"rule {Number}"))} of chain " +
            $"\"{Chain}\" in table \"{Family.Word()} {Table}\": {Iptables ?? Text}";
}

/// <summary>A chain of a ruleset.</summary>
/// <param name="Family">The table's family.</param>
/// <param name="Table">The table.</param>
/// <param name="Name">The chain.</param>
/// <param name="Hook">Where it hangs: <c>forward</c>; null for a chain that others jump to.</param>
/// <param name="Policy">Its policy: <c>accept</c>, <c>drop</c>; null where it has none.</param>
/// <param name="Rules">The rules, in order: handle and text.</param>
internal sealed record NftChain(NftFamily Family, string Table, string Name, string? Hook, string? Policy, IReadOnlyList<(ulong Handle, string Text)> Rules)
{
    /// <summary>Which rule of the chain has a handle, from 1; 0 when none has.</summary>
    public int NumberOf(ulong handle)
    {
        for (var i = 0; i < Rules.Count; i++)
        {
            if (Rules[i].Handle == handle)
            {
                return i + 1;
            }
        }

        return 0;
    }
}

/// <summary>Reads the text of rules by running <c>nft -a list</c> (some 12 ms) in a namespace, and the iptables that made the rule.</summary>
internal static partial class NftRules
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
        var listing = await programs.RunAsync(new ProcessStart("nft", "-a", "list", "chain", family.Word(), table, chain) { Namespace = ns })
            .ConfigureAwait(false);
        return listing.ExitCode == 0 && Parse(listing.Output) is [var found, ..] ? await FindAsync(programs, ns, found, handle).ConfigureAwait(false) : null;
    }

    /// <summary>The rule of a chain that was read before, with the words of the iptables that made it, which are read now.</summary>
    /// <param name="programs">Runs iptables.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="chain">The chain.</param>
    /// <param name="handle">The rule's handle; 0 for the chain's policy.</param>
    /// <returns>Null when the rule is not there.</returns>
    public static async Task<NftRule?> FindAsync(ProcessGroup programs, NetworkNamespace ns, NftChain chain, ulong handle)
    {
        ArgumentNullException.ThrowIfNull(programs);
        ArgumentNullException.ThrowIfNull(chain);
        var number = chain.NumberOf(handle);
        var text = number > 0 ? chain.Rules[number - 1].Text : handle == 0 && chain.Policy is not null ? $"policy {chain.Policy}" : null;
        return text is null
            ? null
            : new NftRule(chain.Family, chain.Table, chain.Name, handle, number, text, CommentOf(text),
                await IptablesWords.FindAsync(programs, ns, chain.Family, chain.Table, chain.Name, number, chain.Rules.Count).ConfigureAwait(false));
    }

    /// <summary>All chains of the namespace but those of <see cref="NftTrace.ArmingTable"/>.</summary>
    /// <param name="programs">Runs nft.</param>
    /// <param name="ns">The namespace.</param>
    /// <param name="withCounters">Whether the texts have the figures of counters, quotas and the like;
    /// without them they stay the same while frames pass.</param>
    /// <exception cref="LinuxException">There is no nft.</exception>
    /// <exception cref="ProcessFailedException">nft refused.</exception>
    public static async Task<IReadOnlyList<NftChain>> ListAsync(ProcessGroup programs, NetworkNamespace ns, bool withCounters = false)
    {
        ArgumentNullException.ThrowIfNull(programs);
        var listing = await programs.RunAsync(new ProcessStart("nft", [.. withCounters ? (string[])[] : ["-s"], "-a", "list", "ruleset"])
            { Namespace = ns }).ConfigureAwait(false);
        listing.EnsureSuccess();
        return Parse(listing.Output).FindAll(c => c.Table != NftTrace.ArmingTable);
    }

    /// <summary>The chains in a listing with handles.</summary>
    internal static List<NftChain> Parse(string listing)
    {
        const string mark = " # handle ";
        var chains = new List<NftChain>();
        var (family, table) = (default(NftFamily), "");
        List<(ulong, string)>? rules = null; // of the chain that the walk is in
        var pending = "";
        foreach (var line in listing.Split('\n').Select(l => l.Trim()))
        {
            if (rules is null)
            {
                if (TableLine().Match(line) is { Success: true } t)
                {
                    family = Enum.TryParse<NftFamily>(t.Groups[1].Value, ignoreCase: true, out var known) ? known : default;
                    table = t.Groups[2].Value;
                }
                else if (ChainLine().Match(line) is { Success: true } c)
                {
                    chains.Add(new NftChain(family, table, c.Groups[1].Value, null, null, rules = []));
                }

                continue;
            }

            if (pending.Length == 0 && line == "}")
            {
                rules = null;
                continue;
            }

            // "type filter hook forward priority filter; policy drop;" and other properties of the chain end in a semicolon, rules do not.
            if (pending.Length == 0 && line.EndsWith(';'))
            {
                chains[^1] = chains[^1] with
                {
                    Hook = HookLine().Match(line) is { Success: true } h ? h.Groups[1].Value : chains[^1].Hook,
                    Policy = line.Split(';', StringSplitOptions.TrimEntries)
                        .FirstOrDefault(p => p.StartsWith("policy ", StringComparison.Ordinal))?["policy ".Length..] ?? chains[^1].Policy,
                };
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

        return chains;

        static string Join(string start, string end) => start.Length == 0 ? end : $"{start} {end}";
    }

    private static string? CommentOf(string rule)
    {
        const string mark = " comment \"";
        var at = rule.LastIndexOf(mark, StringComparison.Ordinal);
        return at >= 0 && rule.EndsWith('"') ? rule[(at + mark.Length)..^1] : null;
    }

    [GeneratedRegex(@"^table (\S+) (\S+) \{")]
    private static partial Regex TableLine();

    [GeneratedRegex(@"^chain (\S+) \{")]
    private static partial Regex ChainLine();

    [GeneratedRegex(@"^type \S+ hook (\S+)")]
    private static partial Regex HookLine();
}
