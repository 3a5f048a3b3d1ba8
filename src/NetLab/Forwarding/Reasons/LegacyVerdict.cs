using NetLab.Linux.Netfilter;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// Which rule of iptables-legacy dropped a frame: the one whose counter has moved while the frame was under way.
/// Other frames move counters too; of several, those remain
/// that are at the frame's hook, and whose addresses, protocol and devices are the frame's.
/// </summary>
internal static class LegacyVerdict
{
    /// <summary>The rules that may have dropped a frame where the kernel told that netfilter did it: most often one, or none.</summary>
    public static IReadOnlyList<LegacyDrop> DropsAt(DropPlace place, NodeAccount account)
    {
        if (account.Legacy.Count == 0
            || place.Has("nft_do_chain", "nft_do_chain_bridge", "nft_do_chain_ipv4", "nft_do_chain_ipv6", "nft_do_chain_inet",
                "nft_do_chain_netdev", "ebt_do_table"))
        {
            return [];
        }

        (var families, var hook) = NftGuess.HookOf(place);
        var isQueue = place.In("nf_queue");
        var packet = place.Packet.ToArray();
        var isPort = place.LabDevice is { } device && KernelState.SwitchOf(device) is not null; // of a bridge, which is then the device that the rules know
        var input = !isPort && place.Device.Length > 0 && hook is "prerouting" or "input" or "forward" ? place.Device : null;
        var output = !isPort && hook is "postrouting" && place.Device.Length > 0 ? place.Device : null;
        return Narrow(
            account.Legacy.Where(d => families.Contains(d.Table.Family) && (hook.Length == 0 || d.Hook == hook) && d.Rule.IsQueue == isQueue),
            d => d.Rule.Fits(packet, input, output));
    }

    /// <summary>Where a frame that came into a node was dropped there, or was not allowed out, by the counters alone: one reason, or none.</summary>
    /// <param name="account">What the rules of the node did meanwhile.</param>
    /// <param name="device">The device that the frame was on, or empty.</param>
    /// <param name="frame">The frame.</param>
    /// <param name="hooks">The hooks that it can have come to.</param>
    /// <param name="isCertain">Whether rules dropped it; otherwise a rule must be for frames like it.</param>
    public static async Task<Reason?> DropInAsync(NodeAccount account, string device, Frame frame, string[] hooks, bool isCertain)
    {
        NftFamily? family = frame.Ipv4 is not null ? NftFamily.Ip : frame.Ipv6 is not null ? NftFamily.Ip6 : null;
        var packet = frame.Bytes[Math.Min(14 + (4 * frame.VlanTags.Count), frame.Bytes.Length)..].ToArray();
        var drops = Narrow(account.Legacy.Where(d => d.Table.Family == family && hooks.Contains(d.Hook)
            && (!d.Rule.IsQueue || account.IsUnheard(d.Rule.Queues.First))), d => d.Rule.Fits(packet), isCertain);
        return drops.Count switch
        {
            0 => null,
            1 => await BecauseAsync(account.Rules.Node, device, drops[0], []).ConfigureAwait(false),
            _ => new Reason(Causes.Netfilter, account.Rules.Node, device,
                $"One of {drops.Count} rules of node {account.Rules.Node.Name} dropped it: the counter of each has moved.",
                [.. drops.Select(EvidenceOf)], $"look at the rules: {Listing(drops[0])}"),
        };
    }

    /// <summary>The reason that is a rule.</summary>
    public static async Task<Reason> BecauseAsync(Node node, string device, LegacyDrop drop, IReadOnlyList<Evidence> evidence)
    {
        var table = drop.Table;
        evidence = [.. evidence, EvidenceOf(drop)];
        var at = $"netfilter, {table.Family.Word()} family, hook {drop.Hook}";
        var jumps = drop.Jumps.Count == 0 ? "" : $", by {string.Join(" > ", drop.Jumps.Select(j => $"{j.Chain} rule {j.Number}"))} > {drop.Rule.Chain}";
        var text = await table.FindTextAsync(node.Lab.Processes, node.Live.Namespace, drop.Rule).ConfigureAwait(false);
        return text is not null
            ? NftVerdict.Because(node, device, new NftRule(table.Family, table.Name, drop.Rule.Chain, 0, drop.Rule.Number, text, null, text), at,
                jumps, evidence, isQueue: drop.Rule.IsQueue)
            : new Reason(drop.Rule.Number == 0 ? Causes.IptablesPolicy : Causes.IptablesRule, node, device,
                $"{drop.Rule} in table \"{table.Family.Word()} {table.Name}\" of iptables-legacy dropped it; its text cannot be read any " +
                    $"more, in node {node.Name} ({at}{jumps}).", evidence);
    }

    public static Evidence EvidenceOf(LegacyDrop drop) => new(Program(drop), $"{drop}.");

    public static string Listing(LegacyDrop drop) => $"{Program(drop)}-legacy -t {drop.Table.Name} -S";

    private static string Program(LegacyDrop drop) => drop.Table.Family is NftFamily.Ip6 ? "ip6tables" : "iptables";

    // One for each rule; those that fit, where any does or must.
    private static List<LegacyDrop> Narrow(IEnumerable<LegacyDrop> drops, Func<LegacyDrop, bool> fits, bool orAll = true)
    {
        List<LegacyDrop> all = [.. drops.DistinctBy(d => (d.Table, d.Rule.Chain, d.Rule.Number))];
        return all.FindAll(d => fits(d)) is { Count: > 0 } fitting ? fitting : orAll ? all : [];
    }
}
