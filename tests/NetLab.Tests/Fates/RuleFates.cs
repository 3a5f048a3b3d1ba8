using NetLab;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Fates;

/// <summary>The rule that dropped a frame is known: by the kernel's tracepoints and the traces of the rules, and by the latter alone.</summary>
[Trait("Category", "Fate")]
public abstract class RuleFates(RuleBed bed)
{
    public static TheoryData<string> Names => [.. RuleCases.All.Keys];

    private protected async Task QuotesAsync(string name, bool traced)
    {
        RuleCase rule = RuleCases.All[name];
        Node node = bed.Node(rule.Node);
        await LoadAsync(node, rule.Rules.Split('\n'));
        try
        {
            Fate fate = await rule.SendAsync(bed);

            string[] devices = rule.Device.Split('|');
            string device = traced ? devices[0] : devices[^1];
            Reason reason = fate.EndsBy(rule.Cause, device.Length > 0 ? $"{rule.Node}/{device}" : rule.Node, rule.Words.Split('|'));
            Assert.Contains(rule.Fix, reason.Remedy, StringComparison.Ordinal);
            Assert.Contains(reason.Evidence, e => e.StartsWith("nft: trace id ", StringComparison.Ordinal) && e.EndsWith(" verdict drop.", StringComparison.Ordinal));
            Assert.Equal(traced, reason.Evidence.Any(e => e.StartsWith("kernel: NETFILTER_DROP", StringComparison.Ordinal)));
            Assert.Equal(traced && reason.Sentence.Contains("ICMP error", StringComparison.Ordinal), reason.Evidence.Any(e => e.Contains("an ICMP error of type 3", StringComparison.Ordinal)));
            Assert.DoesNotContain(NftTrace.ArmingTable, (await node.ExecAsync("nft", ["list", "ruleset"])).Output, StringComparison.Ordinal);
        }
        finally
        {
            await node.LoadRulesetAsync("flush ruleset");
            bed.Compute.WriteSysctl("net.bridge.bridge-nf-call-iptables", "0");
        }
    }

    private static async Task LoadAsync(Node node, string[] lines)
    {
        if (lines[0].StartsWith("sysctl ", StringComparison.Ordinal))
        {
            node.WriteSysctl(lines[0]["sysctl ".Length..], "1");
            lines = lines[1..];
        }

        if (lines[0].StartsWith("table ", StringComparison.Ordinal))
        {
            await node.LoadRulesetAsync(string.Join('\n', lines) + "\n");
            return;
        }

        foreach (string[] words in lines.Select(l => l.Split(' ')))
        {
            (await node.ExecAsync(words[0], words[1..])).EnsureSuccess();
        }
    }
}

public sealed class TracedRuleFates(TracedRuleBed bed) : RuleFates(bed), IClassFixture<TracedRuleBed>
{
    [LabTheory(Feature.BpfTracing, Feature.NftTrace)]
    [MemberData(nameof(Names))]
    public Task The_rule_that_dropped_it_is_quoted(string name) => QuotesAsync(name, traced: true);
}

public sealed class UntracedRuleFates(UntracedRuleBed bed) : RuleFates(bed), IClassFixture<UntracedRuleBed>
{
    [LabTheory(Feature.NftTrace)]
    [MemberData(nameof(Names))]
    public Task The_rule_that_dropped_it_is_quoted(string name) => QuotesAsync(name, traced: false);
}
