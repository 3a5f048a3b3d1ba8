using System.Globalization;
using System.Text.RegularExpressions;
using NetLab.Linux;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>Which rule may have dropped a frame, where no trace tells: the hook by the kernel's stack, the rule by the ruleset as it is now.</summary>
internal static partial class NftGuess
{
    public static async Task<Reason> ExplainAsync(DropPlace place, IReadOnlyList<Evidence> known)
    {
        (var families, var hook) = HookOf(place);
        var at = $"netfilter, {(families.Length > 0 ? families[0].Word() : "?")} family, hook {(hook.Length > 0 ? hook : "unknown")}";
        var evidence = new List<Evidence>(known);
        List<Candidate> candidates = [];
        try
        {
            candidates = Find(await NftRules.ListAsync(place.Node.Lab.Processes, place.Node.Live.Namespace, withCounters: true)
                .ConfigureAwait(false), families, hook);
        }
        catch (Exception e) when (e is LinuxException or ProcessFailedException)
        {
            evidence.Add(Evidence.Nft($"{e.Message}"));
        }

        // A rule that has counted is more likely than one that has not; a rule without a counter may be either.
        var likely = candidates.FindAll(c => c.Packets != 0 && !NftContradiction.IsFor(c.Text, place));
        var others = likely.Count;
        if (likely.Count > 1 && likely.Any(c => c.Packets > 0))
        {
            likely = likely.FindAll(c => c.Packets > 0);
        }

        if (likely.Count == 1)
        {
            var one = likely[0];
            var rule = await NftRules.FindAsync(place.Node.Lab.Processes, place.Node.Live.Namespace, one.Chain, one.Handle).ConfigureAwait(false);
            evidence.Add(candidates.Count == 1
                ? Evidence.Nft($"it is the only rule of the hook {hook} that drops, in the ruleset as it is now.")
                : Evidence.Nft($"of {candidates.Count} rules of the hook {hook} that drop, it is the one " +
                    $"{(others > 1 ? "whose counter has moved" : "that this packet can match, and whose counter, where it has one, has moved")}."));
            return NftVerdict.Because(place.Node, place.Device, rule! with { Text = CounterPattern().Replace(rule.Text, "counter") }, at, "", evidence,
                place.Seen);
        }

        if (likely.Count == 0 && hook == "output" && RouterDrops.RoutedAnew(place) is { } anew)
        {
            return anew with { Evidence = [.. evidence, .. anew.Evidence] };
        }

        evidence.AddRange(likely.Select(c => Evidence.Nft($"may be chain \"{c.Chain.Name}\" in table \"{c.Chain.Family.Word()} {c.Chain.Table}\": {c.Text}")));
        return new Reason(Causes.Netfilter, place.Node, place.Device,
            likely.Count > 1 ? $"One of {likely.Count} rules of node {place.Node.Name} dropped it ({at})."
                : $"A rule of node {place.Node.Name} dropped it ({at})" +
                    $"{(place.In("nf_hook_slow") ? "; nft lists none that does, and no counter of iptables-legacy has moved" : "")}.",
            evidence, likely.Count > 1 ? "give the rules counters, and see which one moves" : "look at the rules: nft -a list ruleset, or iptables-legacy -S");
    }

    internal sealed record Candidate(NftChain Chain, ulong Handle, string Text, long Packets);

    /// <summary>The rules that drop in chains of a hook, and in chains that those jump to. Packets is -1 for a rule without a counter.</summary>
    internal static List<Candidate> Find(IReadOnlyList<NftChain> chains, NftFamily[] families, string hook)
    {
        var found = new List<Candidate>();
        var seen = new HashSet<NftChain>(ReferenceEqualityComparer.Instance);
        var queue = new Queue<NftChain>(chains.Where(c => c.Hook == hook && families.Contains(c.Family)));
        while (queue.TryDequeue(out var chain))
        {
            if (!seen.Add(chain))
            {
                continue;
            }

            if (chain.Policy == "drop")
            {
                found.Add(new Candidate(chain, 0, "policy drop", -1));
            }

            foreach ((var handle, var text) in chain.Rules)
            {
                if (DropPattern().IsMatch(text))
                {
                    found.Add(new Candidate(chain, handle, text, CounterPattern()
                        .Match(text) is { Success: true } counter ? long.Parse(counter.Groups[1].Value, CultureInfo.InvariantCulture) : -1));
                }

                foreach (var jump in JumpPattern().Matches(text).Select(j => j.Groups[1].Value))
                {
                    foreach (var target in chains.Where(c => c.Family == chain.Family && c.Table == chain.Table && c.Name == jump))
                    {
                        queue.Enqueue(target);
                    }
                }
            }
        }

        return found;
    }

    // Which hook it was, by the functions that call it (net/bridge, net/ipv4, net/ipv6, net/core).
    internal static (NftFamily[] Families, string Hook) HookOf(DropPlace place)
    {
        // Before Linux 6.4 the function that dropped is not the table's own, but the one that calls the tables of a hook.
        var asked = place is { Function: "nf_hook_slow", Stack: [_, var caller, ..] } ? caller : "";
        if (place.Has("nft_do_chain_netdev", "nf_ingress", "nf_hook_ingress") || asked is "__netif_receive_skb_core" or "__dev_queue_xmit")
        {
            // The stack may lead from one device to the next: its innermost end tells.
            var isEgress = place.Stack.FirstOrDefault(f => f is "__netif_receive_skb_core" or "__dev_queue_xmit") == "__dev_queue_xmit";
            return ([NftFamily.Netdev, NftFamily.Inet], isEgress ? "egress" : "ingress");
        }

        if (place.Has("nft_do_chain_bridge", "ebt_do_table") || place.In("br_handle_frame")
            || asked is "br_handle_frame" or "__br_forward" or "br_forward_finish" or "br_pass_frame_up" or "br_dev_xmit")
        {
            return ([NftFamily.Bridge],
                place.Has("br_forward_finish") ? "postrouting"
                : place.Has("__br_forward") ? "forward"
                : place.Has("br_pass_frame_up") ? "input"
                : place.Has("__br_forward", "br_dev_xmit") ? "output"
                : "prerouting");
        }

        if (place.Has("nft_do_chain_arp", "arpt_do_table") || place.EtherType == Packets.EtherTypes.Arp)
        {
            // A stack that answers has taken the question: its innermost end tells.
            return ([NftFamily.Arp], place.Stack.FirstOrDefault(f => f is "arp_rcv" or "arp_xmit") == "arp_rcv" ? "input" : "output");
        }

        var v6 = place.Has("nft_do_chain_ipv6", "ip6_forward", "ip6_input", "ipv6_rcv", "ip6_output", "ip6_finish_output") || place.IsIpv6;
        NftFamily[] families = [v6 ? NftFamily.Ip6 : NftFamily.Ip, NftFamily.Inet];

        // What a node answers, or says of what it forwards, it sends while it has that in hand: the innermost end tells.
        var sends = place.Stack.FirstOrDefault(f => f is "__ip_local_out" or "__ip6_local_out" or "ip6_xmit" or "ip_forward" or "ip6_forward"
            or "ip_local_deliver" or "ip6_input");
        var hook = sends is "__ip_local_out" or "__ip6_local_out" or "ip6_xmit" ? "output" :
            place.Has("br_nf_forward_ip", "br_nf_forward", "ip_forward", "ip6_forward") ? "forward"
            : place.Has("ip_local_deliver", "ip6_input") ? "input"
            : place.Has("__ip_local_out", "__ip6_local_out", "ip6_xmit") ? "output"
            : place.Has("br_nf_pre_routing", "ip_rcv", "ipv6_rcv", "ip_sabotage_in") ? "prerouting"
            : place.Has("ip_output", "ip_mc_output", "ip6_output", "br_nf_post_routing") ? "postrouting"
            : "";
        return (families, hook);
    }

    [GeneratedRegex(@"(?:^|\s)(?:drop|reject)\b|[:,{]\s*drop\b")]
    private static partial Regex DropPattern();

    [GeneratedRegex(@"(?:jump|goto) ([^\s,}]+)")]
    private static partial Regex JumpPattern();

    [GeneratedRegex(@"counter packets (\d+)(?: bytes \d+)?")]
    private static partial Regex CounterPattern();
}
