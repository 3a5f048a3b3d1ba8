namespace NetLab;

/// <summary>
/// The way over bridges and links that a frame was expected to take to a VM, and why the first bridge on it that did not send the frame on
/// did not. That is no drop: where a bridge skips one port of many, the wanted copy never comes to be.
/// </summary>
internal static class WantedWay
{
    /// <summary>
    /// The copy that ended on the way, or the one that never came to be;
    /// null where the way is not over switches alone, or nothing is known to speak against it.
    /// </summary>
    public static FrameCopy? Find(Fate fate, FakeVm receiver) => Find(fate, [receiver.Tap]);

    /// <inheritdoc cref="Find(Fate, FakeVm)"/>
    public static FrameCopy? Find(Fate fate, IReadOnlyCollection<Device> receiver)
    {
        // What a node's stack sends goes into a switch at the other end of its cable.
        var start = fate.Sender?.Tap ?? fate.Copies.SelectMany(c => c.Hops).FirstOrDefault()?.LabDevice?.OtherEnd;
        if (start is not { Switch: not null } || fate.Refusal is not null)
        {
            return null;
        }

        foreach (var at in receiver.Select(to => Ways.OverSwitches(start, to)).FirstOrDefault(way => way.Count > 0) ?? [])
        {
            if (fate.Copies.FirstOrDefault(c => c.Hops.Any(h => h.Direction == HopDirection.In && ReferenceEquals(h.LabDevice, at.Ingress))) is not { } came)
            {
                return null;
            }

            if (fate.Copies.FirstOrDefault(c => c.Reason is { } r && ReferenceEquals(r.Node, at.Switch.Node)
                && (r.Device == at.Ingress.Name || r.Device == at.Egress.Name)) is { } ended)
            {
                return ended;
            }

            if (!fate.Copies.Any(c => c.Hops.Any(h => h.Direction == HopDirection.Out && ReferenceEquals(h.LabDevice, at.Egress))))
            {
                return at.Switch.WhyNotBy(at.Egress, at.Ingress, fate.Frame) is { } reason
                    ? UpTo(came, at.Ingress, reason) : null;
            }
        }

        return null;
    }

    private static FrameCopy UpTo(FrameCopy copy, Device ingress, Reason reason)
    {
        var wanted = new FrameCopy(
            [.. copy.Hops.TakeWhile(h => !ReferenceEquals(h.LabDevice, ingress)), copy.Hops.First(h => ReferenceEquals(h.LabDevice, ingress))],
                CopyEnd.NotForwarded, null, null);
        wanted.EndBecauseOf(CopyEnd.NotForwarded, reason);
        return wanted;
    }
}
