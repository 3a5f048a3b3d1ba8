namespace NetLab;

/// <summary>
/// The shortest way through the lab's description from a frame's sender to its receiver: over bridges, links, and nodes that may route. It
/// decides nothing; it only tells which of a frame's copies was on the way there.
/// </summary>
internal static class LikelyWay
{
    public static IReadOnlyList<Device> None { get; } = [];

    /// <summary>The devices on the way, in order, ends included; none where there is no way.</summary>
    public static IReadOnlyList<Device> Find(Fate fate, IReadOnlyList<Device> to)
    {
        var cameFrom = new Dictionary<Device, Device?>();
        var queue = new Queue<Device>();
        foreach (Device start in fate.Sender is { } vm ? [vm.Tap] : fate.Start.Devices.Where(d => d.Switch is null))
        {
            cameFrom[start] = null;
            queue.Enqueue(start);
        }

        while (queue.TryDequeue(out Device? at))
        {
            if (to.Contains(at))
            {
                var way = new List<Device>();
                for (Device? step = at; step is not null; step = cameFrom[step])
                {
                    way.Insert(0, step);
                }

                return way;
            }

            foreach (Device next in Neighbours(at))
            {
                if (cameFrom.TryAdd(next, at))
                {
                    queue.Enqueue(next);
                }
            }
        }

        return None;
    }

    /// <summary>How many steps of the way a copy went; where it was dropped is a step too.</summary>
    public static int Score(FrameCopy copy, IReadOnlyList<Device> way) =>
        copy.Hops.Count(h => h.LabDevice is { } device && way.Contains(device))
        + (copy.Reason is { Device.Length: > 0 } reason && reason.Node.FindDevice(reason.Device) is { } end && way.Contains(end) ? 1 : 0);

    private static IEnumerable<Device> Neighbours(Device device)
    {
        if (device is VethEnd end)
        {
            yield return end.Peer;
        }

        // Patch ports may join the Open vSwitch bridges of a node; the other devices without a bridge are what its stack routes between.
        IEnumerable<Device> beside = (device as Switch ?? device.Switch) switch
        {
            OvsBridge => device.Node.Devices.Where(d => d is OvsBridge || d.Switch is OvsBridge),
            { } bridge => bridge.Ports.Append(bridge),
            null => [],
        };
        if (device.Switch is null && device is not TapDevice { Vm: not null })
        {
            beside = beside.Concat(device.Node.Devices.Where(d => d.Switch is null && d is not TapDevice));
        }

        foreach (Device next in beside)
        {
            yield return next;
        }
    }
}
