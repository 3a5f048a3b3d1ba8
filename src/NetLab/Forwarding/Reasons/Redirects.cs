using System.Text.RegularExpressions;
using NetLab.Linux;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Netlink;
using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>
/// Frames that a filter of tc (mirred), or a rule of nftables at a device (fwd, dup), sent out of another device than the bridge or the routes
/// would have: where nobody takes such a frame, it is the filter that tells why it came there.
/// </summary>
internal static partial class Redirects
{
    // What a frame ends by that came where it is not for anybody.
    private static readonly HashSet<Cause> Ends = [Causes.OtherHost, Causes.NotAPort, Causes.NoHandler, Causes.VlanUnknown];

    /// <summary>The filter or rule that sent the copy the way it went; null where none of those that are there now did.</summary>
    public static async Task<Reason?> FindAsync(FrameCopy copy, Reason end, RuleAccount rules, CancellationToken ct)
    {
        if (!Ends.Contains(end.Cause))
        {
            return null;
        }

        try
        {
            for (var i = copy.Hops.Count - 1; i > 0; i--)
            {
                if (ReferenceEquals(copy.Hops[i].Node, copy.Hops[i - 1].Node)
                    && await BetweenAsync(copy.Hops[i - 1], copy.Hops[i], rules, ct).ConfigureAwait(false) is { } found)
                {
                    return found with { Evidence = [.. found.Evidence, .. end.Evidence] };
                }
            }
        }
        catch (Exception e) when (e is LinuxException or ProcessFailedException)
        {
            return null; // what would show it cannot be read any more
        }

        return null;
    }

    /// <summary>
    /// What took a frame away between two hops of a node, and gave it to a device where somebody took it: the bridge between them had another port for it. Null
    /// where nothing there does.
    /// </summary>
    /// <param name="from">The hop into the bridge.</param>
    /// <param name="to">The hop that came after it.</param>
    /// <param name="wanted">The port to which the bridge would have sent it.</param>
    /// <param name="rules">What the rules did meanwhile.</param>
    public static Reason? FindAside(Hop from, Hop to, Device wanted, RuleAccount rules)
    {
        try
        {
            return Task.Run(() => BetweenAsync(from, to, rules, CancellationToken.None)).GetAwaiter().GetResult() is { } found
                && found.Cause == Causes.Redirected && (found.Device == from.Device || found.Device == wanted.Name) ? found : null;
        }
        catch (Exception gone) when (gone is LinuxException or ProcessFailedException or ObjectDisposedException or InvalidOperationException)
        {
            return null; // the lab is, or there is no nft
        }
    }

    private static async Task<Reason?> BetweenAsync(Hop from, Hop to, RuleAccount rules, CancellationToken ct) =>
        ByFilter(from, to) ?? await ByRuleAsync(from, to, rules, ct).ConfigureAwait(false);

    // tc at the device where it came in, or at any by which it was to go out.
    private static Reason? ByFilter(Hop from, Hop to)
    {
        var route = from.Node.Live.Route;
        if (route.FindLink(to.Device) is not { } target)
        {
            return null;
        }

        foreach (var qdisc in route.GetQdiscs().Where(q => q.Kind is "clsact" or "ingress" && q.Index != target.Index))
        {
            foreach (var (parent, where) in ((TcHandle, string)[])[(TcHandle.ClsactIngress, "ingress"), (TcHandle.ClsactEgress, "egress")])
            {
                if (qdisc.Kind is "ingress" && where is "egress")
                {
                    continue;
                }

                foreach (var filter in route.GetFilters(qdisc.Index, parent))
                {
                    if (filter.Actions.FirstOrDefault(a => a.Kind == "mirred" && a.Target == target.Index) is { } action
                        && route.GetLinks().FirstOrDefault(l => l.Index == qdisc.Index) is { } device
                        && (where is "egress" || device.Name == from.Device))
                    {
                        var words = $"mirred {(action.IntoIngress ? "ingress" : "egress")} {(action.Redirects ? "redirect" : "mirror")} dev {to.Device}";
                        return Told(action.Redirects, from.Node, device.Name, to.Device,
                            $"a filter of tc at the {where} of {from.Node.Name}/{device.Name}",
                            $"tc filter del dev {device.Name} {where} pref {filter.Priority}",
                            Evidence.Qdisc($"tc filter: {filter.Kind} pref {filter.Priority}, {words}."));
                    }
                }
            }
        }

        return null;
    }

    private static async Task<Reason?> ByRuleAsync(Hop from, Hop to, RuleAccount rules, CancellationToken ct)
    {
        if (rules.Of(from.Node) is not { } account)
        {
            return null;
        }

        foreach (var chain in (await account.Rules.ChainsAsync(ct).ConfigureAwait(false)).Where(c => c.Family is NftFamily.Netdev or NftFamily.Inet))
        {
            foreach (var (handle, text) in chain.Rules)
            {
                if (Sends().Match(text) is { Success: true } match && match.Groups[2].Value == to.Device)
                {
                    return Told(match.Groups[1].Value == "fwd", from.Node, from.Device, to.Device,
                        $"rule {chain.NumberOf(handle)} of chain \"{chain.Name}\" in table \"{chain.Family.Word()} {chain.Table}\": {text}",
                        $"nft delete rule {chain.Family.Word()} {chain.Table} {chain.Name} handle {handle}",
                        Evidence.Nft($"{chain.Table}/{chain.Name} handle {handle}: {text}."));
                }
            }
        }

        return null;
    }

    private static Reason Told(bool redirects, Node node, string device, string target, string who, string remedy, Evidence evidence) => redirects
        ? new Reason(Causes.Redirected, node, device, $"{char.ToUpperInvariant(who[0])}{who[1..]} took the frame away and sent it to {target}.",
            [evidence], remedy)
        : new Reason(Causes.Mirrored, node, device,
            $"{char.ToUpperInvariant(who[0])}{who[1..]} sent a copy to {target}, where nobody is meant by it; the frame itself went on.", [evidence], remedy);

    [GeneratedRegex(@"\b(fwd|dup) to ""?([^""\s]+)")]
    private static partial Regex Sends();
}
