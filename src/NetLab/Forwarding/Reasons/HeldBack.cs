using NetLab.Linux;

namespace NetLab;

/// <summary>Copies that packet sockets do not see: what the queue of a bridge's port holds back while other ports send theirs.</summary>
internal static class HeldBack
{
    /// <summary>The copies that wait, besides those that were seen.</summary>
    public static IEnumerable<FrameCopy> Of(IReadOnlyList<FrameCopy> copies)
    {
        var nodes = new Dictionary<Node, HashSet<int>>();
        foreach (var hop in copies.Where(c => c.Skb is null).SelectMany(c => c.Hops).Distinct())
        {
            if (hop is not { Frame: { } frame, LabDevice: { } ingress, Enters.InKernel: { } into })
            {
                continue;
            }

            if (!nodes.TryGetValue(hop.Node, out var waiting))
            {
                nodes[hop.Node] = waiting = QueuesOf(hop.Node);
            }

            if (waiting.Count == 0)
            {
                continue;
            }

            List<FrameCopy> came = [.. copies.Where(c => c.Hops.Contains(hop))];
            HashSet<string> told = [.. came.SelectMany(c => c.Hops.SkipWhile(h => h != hop).Skip(1).Take(1)).Select(h => h.Device),
                .. came.Select(c => c.Reason?.Device).OfType<string>()];
            foreach (var port in KernelPorts.Of(into).Where(p => !told.Contains(p.Name) && waiting.Contains(p.LiveIndex)))
            {
                if (into.WhyNotBy(port, ingress, frame, null) is { } why && why.Cause == Causes.Queued)
                {
                    var held = new FrameCopy([.. came[0].Hops.TakeWhile(h => h != hop), hop], CopyEnd.Lost, null, null);
                    held.EndBecauseOf(CopyEnd.Pending, why);
                    yield return held;
                }
            }
        }
    }

    /// <summary>The devices of a node whose queues are not empty, by their numbers.</summary>
    public static HashSet<int> QueuesOf(Node node)
    {
        try
        {
            return [.. node.Live.Route.GetQdiscs().Where(q => q.Statistics.QueueLength > 0).Select(q => q.Index)];
        }
        catch (LinuxException)
        {
            return []; // the lab is gone
        }
    }
}
