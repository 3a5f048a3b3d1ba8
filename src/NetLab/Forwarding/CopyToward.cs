namespace NetLab;

/// <summary>Which copy of a frame tells what became of it for one receiver.</summary>
internal static class CopyToward
{
    /// <summary>
    /// The copy that arrived; else the one that ended on the way over switches, or never came to be; else the one that went furthest on the way.
    /// </summary>
    public static FrameCopy? Find(Fate fate, Func<FrameCopy, bool> isArrival, IReadOnlyList<Device> way, FrameCopy? wanted) =>
        wanted ?? fate.Copies
            .OrderByDescending(isArrival)
            .ThenBy(c => c.IsForAnother)
            .ThenByDescending(c => Score(c, way))
            .ThenByDescending(c => c.End is not (CopyEnd.Delivered or CopyEnd.Lost))
            .ThenByDescending(c => c.Hops.Count)
            .FirstOrDefault();

    /// <summary>The shortest way through the lab from where a frame began to some devices.</summary>
    public static IReadOnlyList<Device> WayTo(Fate fate, IReadOnlyCollection<Device> to) =>
        Ways.Find(fate.Sender is { } vm ? [vm.Tap] : [.. fate.Start.Devices.Where(d => d.Switch is null)], to);

    // How many steps of the way a copy went; where it was dropped is a step too.
    private static int Score(FrameCopy copy, IReadOnlyList<Device> way) =>
        copy.Hops.Count(h => h.LabDevice is { } device && way.Contains(device))
        + (copy.Reason is { Device.Length: > 0 } reason && reason.Node.FindDevice(reason.Device) is { } end && way.Contains(end) ? 1 : 0);
}
