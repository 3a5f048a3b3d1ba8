namespace NetLab;

/// <summary>
/// The way over bridges and links that a frame was expected to take to a VM, and why the first bridge on it that did not send the frame on
/// did not. That is no drop: where a bridge skips one port of many, the wanted copy never comes to be.
/// </summary>
internal static class WantedWay
{
    private sealed record Crossing(Switch Switch, Device Ingress, Device Egress);

    /// <summary>The reason, or null where the way is not over bridges alone, the frame took all of it, or nothing speaks against it.</summary>
    public static Reason? WhyNot(Fate fate, FakeVm receiver)
    {
        if (fate.Sender is null || fate.Refusal is not null)
        {
            return null;
        }

        List<Hop> hops = [.. fate.Copies.SelectMany(c => c.Hops)];
        foreach (Crossing at in Find(fate.Sender.Tap, receiver.Tap))
        {
            bool came = hops.Any(h => h.Direction == HopDirection.In && ReferenceEquals(h.LabDevice, at.Ingress));
            bool went = hops.Any(h => h.Direction == HopDirection.Out && ReferenceEquals(h.LabDevice, at.Egress));
            // A copy that the kernel dropped there has its reason already.
            if (!came || fate.Copies.Any(c => c.Reason is { } r && ReferenceEquals(r.Node, at.Switch.Node) && (r.Device == at.Ingress.Name || r.Device == at.Egress.Name)))
            {
                return null;
            }

            if (!went)
            {
                return at.Switch is Bridge bridge ? BridgeDecision.WhyNot(bridge, at.Ingress, at.Egress, fate.Frame) : null;
            }
        }

        return null;
    }

    // The shortest way, breadth first; each step is one switch, entered by a device and left by another.
    private static List<Crossing> Find(Device from, Device to)
    {
        var cameBy = new Dictionary<Device, (Device Ingress, Device Egress)>();
        var queue = new Queue<Device>([from]);
        var seen = new HashSet<Device> { from };
        while (queue.TryDequeue(out Device? ingress))
        {
            foreach (Device egress in ingress.Switch?.Ports ?? [])
            {
                Device next = egress is VethEnd end ? end.Peer : egress;
                if (!ReferenceEquals(egress, ingress) && seen.Add(next))
                {
                    cameBy[next] = (ingress, egress);
                    queue.Enqueue(next);
                }
            }
        }

        var way = new List<Crossing>();
        for (Device at = to; cameBy.TryGetValue(at, out var step); at = step.Ingress)
        {
            way.Insert(0, new Crossing(step.Ingress.Switch!, step.Ingress, step.Egress));
        }

        return way;
    }
}
