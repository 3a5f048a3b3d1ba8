using System.Globalization;
using System.Text.RegularExpressions;
using NetLab.Linux.Netfilter;

namespace NetLab;

/// <summary>
/// Takes the output of <c>nft -a list ruleset</c> apart: tables, chains, rules, and blocks of any other kind (sets, maps, counters…) as they are.
/// </summary>
internal static partial class NftListing
{
    /// <param name="listing">What nft printed.</param>
    /// <param name="warnings">What it complained of: <c># Warning: table ip filter is managed by iptables-nft, do not touch!</c></param>
    public static List<NftEntry> Parse(string listing, string warnings = "")
    {
        var entries = new List<NftEntry>();
        NftEntry? table = null, block = null;
        var depth = 0;
        var pending = "";
        foreach (var line in listing.Split('\n').Select(l => l.Trim()).Where(l => l.Length > 0 && !l.StartsWith("# Warning", StringComparison.Ordinal)))
        {
            if (table is null)
            {
                if (TablePattern().Match(line) is { Success: true } head && Enum.TryParse(head.Groups[1].Value, ignoreCase: true, out NftFamily family))
                {
                    table = new NftEntry(family, head.Groups[2].Value, "table", head.Groups[2].Value, "") { Handle = Number(head.Groups[3].Value) };
                    entries.Add(table);
                }
            }
            else if (block is null)
            {
                if (line == "}")
                {
                    table = null;
                }
                else if (BlockPattern().Match(line) is { Success: true } head)
                {
                    block = new NftEntry(table.Family, table.Table, head.Groups[1].Value, head.Groups[2].Value, "") { Handle = Number(head.Groups[3].Value) };
                    entries.Add(block);
                    depth = 1;
                }
                else
                {
                    // "flags dormant", "comment …": the table's own.
                    Say(entries, table.What, table, line);
                }
            }
            else if (block.What is "chain" && line != "}" && (pending.Length > 0 || !IsOfChain(line)))
            {
                // A rule goes on until its handle.
                pending = pending.Length == 0 ? line : $"{pending} {line}";
                if (RulePattern().Match(pending) is { Success: true } rule)
                {
                    entries.Add(new NftEntry(table.Family, table.Table, "rule", block.Name, rule.Groups[1].Value) { Handle = Number(rule.Groups[2].Value) });
                    pending = "";
                }
            }
            else
            {
                depth += line.Count(c => c == '{') - line.Count(c => c == '}');
                if (depth == 0)
                {
                    block = null;
                }
                else
                {
                    Say(entries, block.What, block, line);
                }
            }
        }

        return MarkIptables(entries, warnings);
    }

    // The text grows line by line; the table's and the chain's entry stand before those of their rules.
    private static void Say(List<NftEntry> entries, string what, NftEntry of, string line)
    {
        var at = entries.FindLastIndex(e => e.What == what && e.Name == of.Name && e.Family == of.Family && e.Table == of.Table);
        entries[at] = entries[at] with { Text = $"{entries[at].Text} {line}".Trim() };
    }

    // Expressions of xtables are printed by nft without their arguments.
    private static List<NftEntry> MarkIptables(List<NftEntry> entries, string warnings)
    {
        var kept = entries.Where(e => e.What is "rule" && XtablesPattern().IsMatch(e.Text)).Select(e => (e.Family, e.Table)).ToHashSet();
        foreach (Match warning in ManagedPattern().Matches(warnings))
        {
            if (Enum.TryParse(warning.Groups[1].Value, ignoreCase: true, out NftFamily family))
            {
                kept.Add((family, warning.Groups[2].Value));
            }
        }

        return kept.Count == 0 ? entries : entries.ConvertAll(e => kept.Contains((e.Family, e.Table)) ? e with { IsIptables = true } : e);
    }

    // "type filter hook forward priority filter; policy accept;" and the chain's comment.
    private static bool IsOfChain(string line) => line.EndsWith(';') || line.StartsWith("comment \"", StringComparison.Ordinal);

    private static ulong Number(string text) => ulong.TryParse(text, CultureInfo.InvariantCulture, out var number) ? number : 0;

    [GeneratedRegex(@"^table (\S+) (\S+) \{(?: # handle (\d+))?$")]
    private static partial Regex TablePattern();

    [GeneratedRegex(@"^(\S+(?: helper| timeout| expectation)?) (\S+) \{(?: # handle (\d+))?$")]
    private static partial Regex BlockPattern();

    [GeneratedRegex(@"^(.*) # handle (\d+)$")]
    private static partial Regex RulePattern();

    [GeneratedRegex(@"\bxt (?:match|target) ")]
    private static partial Regex XtablesPattern();

    [GeneratedRegex(@"table (\S+) (\S+) is managed by iptables-nft")]
    private static partial Regex ManagedPattern();
}

/// <summary>Takes the output of iptables-save, ip6tables-save, ebtables-save or arptables-save apart.</summary>
internal static class IptablesSaved
{
    public static IEnumerable<IptablesEntry> Parse(string program, string output)
    {
        var table = "";
        foreach (var line in output.Split('\n').Select(l => l.Trim()))
        {
            if (line.StartsWith('*'))
            {
                table = line[1..];
            }
            else if (line.StartsWith(':'))
            {
                // ":INPUT ACCEPT [12:3456]": with counts.
                yield return new IptablesEntry(program, table, string.Join(' ', line.Split(' ').Take(2)));
            }
            else if (line.StartsWith('-'))
            {
                yield return new IptablesEntry(program, table, line);
            }
        }
    }
}
