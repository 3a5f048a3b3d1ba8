using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>What filters of tc drop at a device: which of them it was, as far as what they do tells (tc-actions(8)).</summary>
internal static class TcDrops
{
    // Of these kinds the actions are read; what others do with a frame is not known.
    private static readonly HashSet<string> Read = ["u32", "flower", "matchall"];

    /// <summary>The reason.</summary>
    public static Reason At(DropPlace place, bool ingress)
    {
        var (node, device, where) = (place.Node, place.Device, ingress ? "ingress" : "egress");
        var cause = ingress ? Causes.TcIngress : Causes.TcEgress;
        var sentence = $"A tc filter at the {where} of {place.Where} dropped it";
        List<FilterInfo> may = node.Live.Route.FindLink(device) is not { } link ? []
            : [.. node.Live.Route.GetFilters(link.Index, ingress ? TcHandle.ClsactIngress : TcHandle.ClsactEgress)
                .Where(f => f.Handle != 0 && MayDrop(node, f))];
        Evidence[] evidence = [.. may.Select(f => Evidence.Qdisc($"tc filter: {Words(f)}, action {string.Join(" ", f.Actions.Select(a => a.Kind))}."))];
        return may is not [var one]
            ? place.Why(cause, $"{sentence}{(may.Count == 0 ? "" : $": one of {string.Join(", ", may.Select(Words))}")}.",
                $"tc filter show dev {device} {where}", evidence)
            : place.Why(cause,
                $"{sentence}: {Words(one)}{(DownTarget(node, one) is { } down ? $", which sends frames to {down}, and {down} is down" : "")}.",
                $"tc filter del dev {device} {where} pref {one.Priority}{(one.Chain == 0 ? "" : $" chain {one.Chain}")}, in node {node.Name}", evidence);
    }

    /// <summary>Whether a filter may have made another frame of what came in by a device, before a bridge or a protocol saw it.</summary>
    public static bool MayChange(Node node, Device ingress) => ingress.IsApplied && node.Live.Route.GetFilters(ingress.Index, TcHandle.ClsactIngress)
        .Any(f => f.Handle != 0 && (!Read.Contains(f.Kind) || f.Actions.Any(a => a.Kind is not ("gact" or "mirred" or "police"))));

    private static bool MayDrop(Node node, FilterInfo filter) => !Read.Contains(filter.Kind) || DownTarget(node, filter) is not null
        || filter.Actions.Any(a => a.Drops || a.Kind is "police" or "bpf");

    private static string? DownTarget(Node node, FilterInfo filter) => filter.Actions.Where(a => a.Target is > 0)
        .Select(a => node.Live.Route.FindLink(a.Target!.Value)).FirstOrDefault(l => l is { IsUp: false })?.Name;

    private static string Words(FilterInfo filter) => $"{filter.Kind}, pref {filter.Priority}{(filter.Chain == 0 ? "" : $", chain {filter.Chain}")}";
}
