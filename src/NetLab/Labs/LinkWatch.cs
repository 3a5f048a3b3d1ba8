using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>
/// Makes devices usable now that were just switched on or plugged in: what a change of carrier brings with it (operational state, queueing
/// discipline, state of the bridge port) the kernel does later, in a worker.
/// </summary>
internal static class LinkWatch
{
    // Since Linux 6.8 the worker's job is done for a device whose link state is asked for (net/core/link_watch.c, linkwatch_sync_dev).
    private static readonly bool IsDoneWhenAsked = Environment.OSVersion.Version >= new Version(6, 8);

    /// <summary>Returns when that is done for these devices. What has no carrier, or is down, is not waited for.</summary>
    public static async Task RunAsync(Node node, IReadOnlyList<Device> devices, CancellationToken ct)
    {
        Ethtool.RunLinkWatch(node.Live.Namespace, devices.Select(d => d.Name));
        if (IsDoneWhenAsked || !devices.Any(IsUnderWay))
        {
            return;
        }

        using var events = RouteEvents.Open(node.Live.Namespace, RouteGroups.Links);
        foreach (var device in devices)
        {
            await events.WaitForLinkAsync(l => l.Index == device.LiveIndex && !IsUnderWay(l), ct).ConfigureAwait(false);
        }
    }

    private static bool IsUnderWay(Device device) => IsUnderWay(device.ReadLink());

    // The carrier is there, and the operational state still that of before.
    private static bool IsUnderWay(LinkInfo link) => link is { IsUp: true, HasCarrier: true, OperState: OperState.Down or OperState.LowerLayerDown };
}
