using System.Text.RegularExpressions;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>The rule that dropped a frame is known: by the kernel's tracepoints and the traces of the rules, and by the latter alone.</summary>
[Trait("Category", "Fate")]
public abstract class RuleFates(RuleBed bed)
{
    public static TheoryData<string> Names => [.. RuleCases.All.Where(c => !IsLegacy(c.Value)).Select(c => c.Key)];

    public static TheoryData<string> LegacyNames => [.. RuleCases.All.Where(c => IsLegacy(c.Value)).Select(c => c.Key)];

    private protected async Task QuotesAsync(string name, bool traced)
    {
        var rule = RuleCases.All[name];
        var node = bed.Node(rule.Node);
        await LoadAsync(node, rule.Rules.Split('\n'));
        try
        {
            var fate = await rule.SendAsync(bed);

            var devices = rule.Device.Split('|');
            var device = traced ? devices[0] : devices[^1];
            var reason = fate.EndsBy(rule.Cause, device.Length > 0 ? $"{rule.Node}/{device}" : rule.Node, rule.Words.Split('|'));
            Assert.Contains(rule.Fix, reason.Remedy, StringComparison.Ordinal);
            var isQueue = reason.Sentence.Contains("NFQUEUE", StringComparison.Ordinal);
            var shown = reason.Sentence.Contains("-legacy", StringComparison.Ordinal)
                ? @"^ip6?tables: counter of (rule \d|the policy) of chain \S+( in table \w+)? went from 0 to 1\.$"
                : $"^nft: trace id .* verdict {(isQueue ? "queue 7" : "drop")}\\.$";
            Assert.Contains(reason.Evidence, e => Regex.IsMatch(e.ToString(), shown));
            var dropped = isQueue ? "^kernel: NOT_SPECIFIED in nf_queue"
                : "^kernel: (NETFILTER_DROP|NOT_SPECIFIED in br_handle_frame <)"; // the latter before Linux 6.4
            Assert.Equal(traced, reason.Evidence.Any(e => Regex.IsMatch(e.ToString(), dropped)));
            Assert.Equal(traced && reason.Sentence.Contains("ICMP error", StringComparison.Ordinal),
                reason.Evidence.Any(e => e.Text.Contains("an ICMP error of type 3", StringComparison.Ordinal)));
            Assert.DoesNotContain(NftTrace.ArmingTable, (await node.ExecAsync("nft", ["list", "ruleset"])).Output, StringComparison.Ordinal);
        }
        finally
        {
            await node.LoadRulesetAsync("flush ruleset");
            await FlushLegacyAsync(node, rule.Rules);
            bed.Compute.WriteSysctl("net.bridge.bridge-nf-call-iptables", "0");
        }
    }

    private static bool IsLegacy(RuleCase rule) => rule.Rules.Contains("tables-legacy ", StringComparison.Ordinal);

    private static async Task LoadAsync(Node node, string[] lines)
    {
        if (lines[0].StartsWith("sysctl ", StringComparison.Ordinal))
        {
            node.WriteSysctl(lines[0]["sysctl ".Length..], "1");
            lines = lines[1..];
        }

        string[] commands = [.. lines.Where(l => Regex.IsMatch(l, "^(ip6?|eb)tables-"))];
        if (commands.Length < lines.Length)
        {
            await node.LoadRulesetAsync(string.Join('\n', lines.Where(l => !commands.Contains(l))) + "\n");
        }

        foreach (var words in commands.Select(l => l.Split(' ')))
        {
            (await node.ExecAsync(words[0], words[1..])).EnsureSuccess();
        }
    }

    private static async Task FlushLegacyAsync(Node node, string rules)
    {
        foreach (var program in (string[])["iptables-legacy", "ip6tables-legacy"])
        {
            if (!rules.Contains(program, StringComparison.Ordinal))
            {
                continue;
            }

            foreach (var command in (string[])["-F", "-X", "-t raw -F", "-t mangle -F", "-P FORWARD ACCEPT"])
            {
                (await node.ExecAsync(program, ["-w", .. command.Split(' ')])).EnsureSuccess();
            }
        }
    }
}

public sealed class TracedRuleFates(TracedRuleBed bed) : RuleFates(bed), IClassFixture<TracedRuleBed>
{
    [LabTheory(Feature.BpfTracing, Feature.NftTrace)]
    [MemberData(nameof(Names))]
    public Task The_rule_that_dropped_it_is_quoted(string name) => QuotesAsync(name, traced: true);

    [LabTheory(Feature.BpfTracing, Feature.IptablesLegacy)]
    [MemberData(nameof(LegacyNames))]
    public Task The_rule_of_iptables_legacy_that_dropped_it_is_quoted(string name) => QuotesAsync(name, traced: true);
}

public sealed class UntracedRuleFates(UntracedRuleBed bed) : RuleFates(bed), IClassFixture<UntracedRuleBed>
{
    [LabTheory(Feature.NftTrace)]
    [MemberData(nameof(Names))]
    public Task The_rule_that_dropped_it_is_quoted(string name) => QuotesAsync(name, traced: false);

    [LabTheory(Feature.IptablesLegacy)]
    [MemberData(nameof(LegacyNames))]
    public Task The_rule_of_iptables_legacy_that_dropped_it_is_quoted(string name) => QuotesAsync(name, traced: false);
}
