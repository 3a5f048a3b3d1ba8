using System.Text.RegularExpressions;
using NetLab.Linux;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Processes;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Which rule dropped a frame: known by the kernel's trace of the rules of nftables, and by the counters of those of iptables-legacy
/// (<see cref="LegacyVerdict"/>);
/// where that is missing, looked for by <see cref="NftGuess"/>.
/// </summary>
internal static partial class NftVerdict
{
    // From here on the kernel chooses ports for programs that ask for none (ip_local_port_range): of an answer, the port that was asked tells.
    private const int FirstChosen = 32_768;

    /// <summary>The rule behind a drop of which the kernel told that netfilter did it.</summary>
    public static async Task<Reason> ExplainAsync(DropPlace place, RuleAccount rules, CancellationToken ct)
    {
        List<Evidence> evidence = [place.Told];
        if (rules.Of(place.Node) is { } account)
        {
            var drops = Distinct(account.DropsOf(place.Packet.Span), place.InterfaceIndex);
            var legacy = LegacyVerdict.DropsAt(place, account);
            if (legacy.Count > 0 && drops.Count > 0)
            {
                drops = AtHook(drops, await account.Rules.ChainsAsync(ct).ConfigureAwait(false), NftGuess.HookOf(place));
            }

            if (drops.Count + legacy.Count == 1)
            {
                var reason = drops.Count == 1
                    ? await OfAsync(account, drops[0], place.Device, evidence, place.Seen, ct).ConfigureAwait(false)
                    : await LegacyVerdict.BecauseAsync(place.Node, place.Device, legacy[0], evidence).ConfigureAwait(false);
                return reason with { Evidence = [.. reason.Evidence, .. place.Answer] };
            }

            evidence.AddRange(drops.Select(d => Evidence.Nft($"may be {d}.")));
            evidence.AddRange(legacy.Select(LegacyVerdict.EvidenceOf));
            if (drops.Count + legacy.Count > 1)
            {
                return new Reason(Causes.Netfilter, place.Node, place.Device,
                    $"One of {drops.Count + legacy.Count} rules of node {place.Node.Name} dropped it: each dropped a copy of the frame there.", evidence,
                    $"look at the rules: {(legacy.Count > 0 ? LegacyVerdict.Listing(legacy[0]) : "nft -a list ruleset")}");
            }

            if (account.Doubt.Length > 0)
            {
                evidence.Add(Evidence.Nft($"the traces may be incomplete: {account.Doubt}."));
            }
        }

        return NatReasons.Find(place) is { } nat ? nat with { Evidence = [.. evidence, .. nat.Evidence, .. place.Answer] }
            : await NftGuess.ExplainAsync(place, evidence).ConfigureAwait(false);
    }

    /// <summary>Where a frame that came into a node was dropped there by rules: one reason for each rule that did so, by the traces alone.</summary>
    /// <param name="node">The node.</param>
    /// <param name="frame">The frame as it came into the node, or as the node was to send it.</param>
    /// <param name="isOwn">Whether the node was to send it.</param>
    /// <param name="rules">What the rules did meanwhile.</param>
    /// <param name="ct">Ends the reading of the rules' texts.</param>
    public static async Task<IReadOnlyList<Reason>> DropsInAsync(Node node, Frame frame, bool isOwn, RuleAccount rules, CancellationToken ct)
    {
        var reasons = new List<Reason>();
        if (rules.Of(node) is { } account)
        {
            var network = 14 + (4 * frame.VlanTags.Count);
            foreach (var drop in Distinct(account.DropsOf(frame.Bytes.Span[Math.Min(network, frame.Bytes.Length)..], isOwn), 0))
            {
                reasons.Add(await OfAsync(account, drop, null, [], frame, ct).ConfigureAwait(false));
            }
        }

        return reasons;
    }

    /// <summary>The reason that is a rule.</summary>
    /// <param name="node">The node.</param>
    /// <param name="device">The device that the frame was on.</param>
    /// <param name="rule">The rule.</param>
    /// <param name="at">The hook, in words.</param>
    /// <param name="way">The jumps that led there, in words, or empty.</param>
    /// <param name="evidence">What shows it.</param>
    /// <param name="frame">The frame as it was there; null where that is not known.</param>
    /// <param name="isQueue">It gave the frame to a queue, to which nobody listens.</param>
    public static Reason Because(Node node, string device, NftRule rule, string at, string way, IReadOnlyList<Evidence> evidence, Frame? frame = null,
        bool isQueue = false)
    {
        (var ofRule, var ofPolicy) = CausesOf(rule);
        var told = isQueue ? " It gives frames to a program by a queue, and none listens to that: the kernel dropped it."
            : Rejects().Match(rule.Iptables ?? rule.Text) is not { Success: true } reject ? ""
            : reject.Value.Contains("tcp", StringComparison.Ordinal) ? " It rejects: a TCP RST was sent back." : " It rejects: an ICMP error was sent back.";
        var neutron = frame is null ? null : NeutronChains.Of(rule, way, frame);
        return new Reason(rule.Number == 0 ? ofPolicy : ofRule, node, device, $"{rule}, in node {node.Name} ({at}{way}).{told}{neutron?.Meaning}", evidence,
            neutron?.Remedy ?? $"{(isQueue ? "start the program that listens to the queue, or let the rule bypass it; otherwise " : "")}{Remedy(rule, frame)}");
    }

    private static async Task<Reason> OfAsync(NodeAccount account, NftTraversal way, string? device, List<Evidence> evidence, Frame? frame,
        CancellationToken ct)
    {
        var last = way.Last;
        var node = account.Rules.Node;
        evidence = [.. evidence, Evidence.Nft($"{way}.")];
        IReadOnlyList<NftChain> chains = [];
        NftRule? rule = null;
        try
        {
            chains = await account.Rules.ChainsAsync(ct).ConfigureAwait(false);
            rule = Find(chains, last) is { } chain
                ? await account.Rules.RuleAsync(chain, last.Step is NftTraceStep.Policy ? 0 : last.RuleHandle, ct).ConfigureAwait(false) : null;
        }
        catch (Exception e) when (e is LinuxException or ProcessFailedException)
        {
            evidence.Add(Evidence.Nft($"{e.Message}"));
        }

        var hook = HookOf(chains, way);
        device ??= DeviceOf(node, last, hook);
        var at = $"netfilter, {last.Family.Word()} family{(hook.Length > 0 ? $", hook {hook}" : "")}";
        var jumps = way.Jumps.Count == 0 ? ""
            : $", by {string.Join(" > ", way.Jumps.Select(j => $"{j.Chain} rule {Find(chains, j)?.NumberOf(j.RuleHandle)}"))} > {last.Chain}";
        return rule is not null
            ? Because(node, device, rule, at, jumps, evidence, frame, last.Queue is not null)
            : new Reason(last.Step is NftTraceStep.Policy ? Causes.NftPolicy : Causes.NftRule, node, device,
                $"A rule that is not there any more dropped it: " +
                    $"{(last.Step is NftTraceStep.Policy ? "the policy" : $"the one with handle {last.RuleHandle}")} of chain \"{last.Chain}" +
                        $"\" in table \"{last.Family.Word()} {last.Table}\", in node {node.Name} ({at}{jumps}).",
                evidence);
    }

    private static NftChain? Find(IReadOnlyList<NftChain> chains, NftTraceEvent step) =>
        chains.FirstOrDefault(c => c.Family == step.Family && c.Table == step.Table && c.Name == step.Chain);

    // A trace goes on through all hooks: it is the chain that led to the decision that tells.
    private static string HookOf(IReadOnlyList<NftChain> chains, NftTraversal way) =>
        Find(chains, way.Jumps is [var first, ..] ? first : way.Last)?.Hook ?? "";

    // Those of the hook where the kernel dropped it.
    private static List<NftTraversal> AtHook(List<NftTraversal> drops, IReadOnlyList<NftChain> chains, (NftFamily[] Families, string Hook) at) =>
        drops.FindAll(d => at.Families.Contains(d.Last.Family) && HookOf(chains, d) == at.Hook);

    // One way for each rule; those that concern the device, where any does.
    private static List<NftTraversal> Distinct(IReadOnlyList<NftTraversal> drops, int device)
    {
        List<NftTraversal> there = [.. drops.Where(d => device == 0 || d.Last.InputInterfaceIndex == device || d.Last.OutputInterfaceIndex == device)];
        return [.. (there.Count > 0 ? there : drops).DistinctBy(d =>
            (d.Last.Family, d.Last.Table, d.Last.Chain, d.Last.Step, d.Last.RuleHandle, device == 0 ? d.Last.OutputInterfaceIndex : 0))];
    }

    // Where the kernel has the frame at that hook: skb->dev.
    private static string DeviceOf(Node node, NftTraceEvent step, string hook)
    {
        var index = hook is "postrouting" or "egress" or "output" || (hook is "forward" && step.Family is NftFamily.Bridge)
            ? step.OutputInterfaceIndex : step.InputInterfaceIndex;
        return !node.Live.DevicesByIndex.TryGetValue(index, out var device) ? ""
            : hook is "input" && step.Family is NftFamily.Bridge && KernelState.SwitchOf(device) is { } bridge ? bridge.Name // where it goes up
            : device.Name;
    }

    // The program whose words the rule has, ip6tables being iptables too.
    private static (Cause Rule, Cause Policy) CausesOf(NftRule rule) => rule.Iptables switch
    {
        null => (Causes.NftRule, Causes.NftPolicy),
        var line when line.StartsWith("ebtables", StringComparison.Ordinal) => (Causes.EbtablesRule, Causes.EbtablesPolicy),
        var line when line.StartsWith("arptables", StringComparison.Ordinal) => (Causes.ArptablesRule, Causes.ArptablesPolicy),
        _ => (Causes.IptablesRule, Causes.IptablesPolicy),
    };

    private static string Remedy(NftRule rule, Frame? frame)
    {
        var chain = $"{rule.Family.Word()} {rule.Table} {rule.Chain}";
        if (rule.Iptables is { } line)
        {
            return rule.Number == 0
                ? $"{line[..line.LastIndexOf(' ')]} ACCEPT, or a rule that accepts the frame"
                : $"{AppendPattern().Replace(line, " -D ", 1)}, or a rule before it that accepts the frame";
        }

        if (rule.Number == 0)
        {
            return $"add a rule that accepts it: nft add rule {chain} {MatchOf(rule.Family, frame)}accept";
        }

        var delete = $"nft delete rule {chain} handle {rule.Handle}, or a rule before it that accepts the frame";
        return SetPattern().Match(rule.Text) is { Success: true } set
            ? $"{delete}, or take what matches the frame out of set {set.Groups[1].Value} of table {rule.Family.Word()} {rule.Table}" : delete;
    }

    // The frame in nft's words, as far as a rule that lets it through should tell it from others; empty for all.
    private static string MatchOf(NftFamily family, Frame? frame)
    {
        if (frame is null || family is NftFamily.Arp)
        {
            return "";
        }

        var port = HopChanges.PortsOf(frame) is not var (source, destination) ? ""
            : $"{(frame.Udp is null ? "tcp" : "udp")} {(destination >= FirstChosen && source < FirstChosen ? $"sport {source}" : $"dport {destination}")} ";
        return frame.Ipv4 is { } ip4 ? $"ip saddr {ip4.Source} ip daddr {ip4.Destination} {port}"
            : frame.Ipv6 is { } ip6 ? $"ip6 saddr {ip6.Source} ip6 daddr {ip6.Destination} {port}"
            : family is NftFamily.Bridge or NftFamily.Netdev && frame.EtherType >= 0x600 ? $"ether type 0x{frame.EtherType:x4} " : "";
    }

    [GeneratedRegex(@"\breject\b(?: with tcp reset)?|-j REJECT\b(?:.*--reject-with tcp-reset)?")]
    private static partial Regex Rejects();

    [GeneratedRegex(" -A ")]
    private static partial Regex AppendPattern();

    [GeneratedRegex(@"\s@(\S+)")]
    private static partial Regex SetPattern();
}
