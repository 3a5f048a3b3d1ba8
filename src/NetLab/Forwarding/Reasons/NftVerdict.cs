using System.Globalization;
using System.Text.RegularExpressions;
using NetLab.Linux;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>Which rule dropped a frame: the hook from the kernel's stack, the rule from the node's ruleset.</summary>
internal static partial class NftVerdict
{
    public static async Task<Reason> ExplainAsync(DropPlace place, CancellationToken ct)
    {
        (NftFamily[] families, string hook) = HookOf(place);
        string at = $"netfilter, {(families.Length > 0 ? families[0].Word() : "?")} family, hook {(hook.Length > 0 ? hook : "unknown")}";
        var evidence = new List<string> { place.Kernel };
        List<Candidate> candidates = [];
        string listing = "";
        try
        {
            ProcessResult result = await place.Node.Lab.Processes.RunAsync(new ProcessStart("nft", ["-a", "list", "ruleset"]) { Namespace = place.Node.State.Namespace }, null, ct).ConfigureAwait(false);
            listing = result.Output;
            candidates = Parse(listing, families, hook);
        }
        catch (LinuxException e)
        {
            evidence.Add($"nft: {e.Message}");
        }

        // A rule that has counted is more likely than one that has not; a rule without a counter may be either.
        List<Candidate> likely = candidates.FindAll(c => c.Packets != 0);
        if (likely.Count > 1 && likely.Any(c => c.Packets > 0))
        {
            likely = likely.FindAll(c => c.Packets > 0);
        }

        if (likely.Count == 1)
        {
            Candidate one = likely[0];
            NftRule? rule = await NftRules.FindAsync(place.Node.Lab.Processes, place.Node.State.Namespace, one.Family, one.Table, one.Chain, one.Handle).ConfigureAwait(false);
            evidence.Add(candidates.Count == 1
                ? $"nft: it is the only rule of the hook {hook} that drops, in the ruleset as it is now."
                : $"nft: of {candidates.Count} rules of the hook {hook} that drop, it is the one whose counter has moved.");
            string words = rule?.ToString() ?? $"chain \"{one.Chain}\" in table \"{one.Family.Word()} {one.Table}\": {one.Text}";
            return new Reason(one.Handle == 0 ? "nft-policy" : "nft-rule", place.Node, place.Device, $"{words}, in node {place.Node.Name} ({at}).", evidence,
                one.Handle == 0 ? $"add a rule that accepts it: nft add rule {one.Family.Word()} {one.Table} {one.Chain} … accept"
                    : $"nft delete rule {one.Family.Word()} {one.Table} {one.Chain} handle {one.Handle}, or a rule before it that accepts the frame");
        }

        evidence.AddRange(likely.Select(c => $"nft: may be chain \"{c.Chain}\" in table \"{c.Family.Word()} {c.Table}\": {c.Text}"));
        return new Reason("netfilter", place.Node, place.Device,
            likely.Count > 1 ? $"One of {likely.Count} rules of node {place.Node.Name} dropped it ({at})."
                : $"A rule of node {place.Node.Name} dropped it ({at}){(place.In("nf_hook_slow") ? "; nft does not list it, it may be one of iptables-legacy" : "")}.",
            evidence, likely.Count > 1 ? "give the rules counters, and see which one moves" : $"look at the rules: nft -a list ruleset, iptables-legacy -S");
    }

    internal sealed record Candidate(NftFamily Family, string Table, string Chain, ulong Handle, string Text, long Packets);

    /// <summary>The rules that drop in chains of a hook, and in chains that those jump to. Packets is -1 for a rule without a counter.</summary>
    internal static List<Candidate> Parse(string listing, NftFamily[] families, string hook)
    {
        var chains = new List<(NftFamily Family, string Table, string Name, string? Hook, List<Candidate> Drops, List<string> Jumps)>();
        NftFamily family = default;
        string table = "";
        foreach (string line in listing.Split('\n').Select(l => l.Trim()))
        {
            if (TablePattern().Match(line) is { Success: true } t)
            {
                family = Enum.TryParse(t.Groups[1].Value, ignoreCase: true, out NftFamily f) ? f : default;
                table = t.Groups[2].Value;
            }
            else if (ChainPattern().Match(line) is { Success: true } c)
            {
                chains.Add((family, table, c.Groups[1].Value, null, [], []));
            }
            else if (chains.Count > 0)
            {
                var chain = chains[^1];
                if (HookPattern().Match(line) is { Success: true } h)
                {
                    chains[^1] = chain with { Hook = h.Groups[1].Value };
                    if (line.Contains("policy drop;", StringComparison.Ordinal))
                    {
                        chain.Drops.Add(new Candidate(chain.Family, chain.Table, chain.Name, 0, "policy drop", -1));
                    }
                }
                else if (RulePattern().Match(line) is { Success: true } rule)
                {
                    string text = rule.Groups[1].Value;
                    chain.Jumps.AddRange(JumpPattern().Matches(text).Select(j => j.Groups[1].Value));
                    if (DropPattern().IsMatch(text))
                    {
                        long packets = CounterPattern().Match(text) is { Success: true } counter ? long.Parse(counter.Groups[1].Value, CultureInfo.InvariantCulture) : -1;
                        chain.Drops.Add(new Candidate(chain.Family, chain.Table, chain.Name, ulong.Parse(rule.Groups[2].Value, CultureInfo.InvariantCulture), text, packets));
                    }
                }
            }
        }

        var found = new List<Candidate>();
        foreach (var start in chains.Where(c => c.Hook == hook && families.Contains(c.Family)))
        {
            var seen = new HashSet<string> { start.Name };
            var queue = new Queue<string>(seen);
            while (queue.TryDequeue(out string? name))
            {
                foreach (var chain in chains.Where(c => c.Family == start.Family && c.Table == start.Table && c.Name == name))
                {
                    found.AddRange(chain.Drops);
                    foreach (string jump in chain.Jumps.Where(seen.Add))
                    {
                        queue.Enqueue(jump);
                    }
                }
            }
        }

        return [.. found.Distinct()];
    }

    // Which hook it was, by the functions that call it (net/bridge, net/ipv4, net/ipv6, net/core).
    private static (NftFamily[] Families, string Hook) HookOf(DropPlace place)
    {
        if (place.Has("nft_do_chain_netdev", "nf_ingress", "nf_hook_ingress"))
        {
            return ([NftFamily.Netdev, NftFamily.Inet], place.Has("__dev_queue_xmit", "nf_hook_egress") ? "egress" : "ingress");
        }

        if (place.Has("nft_do_chain_bridge", "ebt_do_table"))
        {
            return ([NftFamily.Bridge],
                place.Has("br_forward_finish") ? "postrouting"
                : place.Has("__br_forward") ? "forward"
                : place.Has("br_pass_frame_up") ? "input"
                : place.Has("__br_forward", "br_dev_xmit") ? "output"
                : "prerouting");
        }

        bool v6 = place.Has("nft_do_chain_ipv6", "ip6_forward", "ip6_input", "ipv6_rcv", "ip6_output", "ip6_finish_output") || place.Event.Protocol == 0x86dd;
        NftFamily[] families = [v6 ? NftFamily.Ip6 : NftFamily.Ip, NftFamily.Inet];
        string hook =
            place.Has("br_nf_forward_ip", "br_nf_forward", "ip_forward", "ip6_forward") ? "forward"
            : place.Has("ip_local_deliver", "ip6_input") ? "input"
            : place.Has("__ip_local_out", "__ip6_local_out", "ip6_xmit") ? "output"
            : place.Has("br_nf_pre_routing", "ip_rcv", "ipv6_rcv", "ip_sabotage_in") ? "prerouting"
            : place.Has("ip_output", "ip_mc_output", "ip6_output", "br_nf_post_routing") ? "postrouting"
            : "";
        return (families, hook);
    }

    [GeneratedRegex(@"^table (\S+) (\S+) \{")]
    private static partial Regex TablePattern();

    [GeneratedRegex(@"^chain (\S+) \{")]
    private static partial Regex ChainPattern();

    [GeneratedRegex(@"^type \S+ hook (\S+)")]
    private static partial Regex HookPattern();

    [GeneratedRegex(@"^(.*) # handle (\d+)$")]
    private static partial Regex RulePattern();

    [GeneratedRegex(@"(?:^|\s)(?:drop|reject)\b|[:,{]\s*drop\b")]
    private static partial Regex DropPattern();

    [GeneratedRegex(@"(?:jump|goto) (\S+)")]
    private static partial Regex JumpPattern();

    [GeneratedRegex(@"counter packets (\d+)")]
    private static partial Regex CounterPattern();
}
