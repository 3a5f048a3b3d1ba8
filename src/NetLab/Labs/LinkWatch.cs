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
        Ethtool.RunLinkWatch(node.Live.Namespace, devices.OrderBy(d => d.HasPorts).Select(d => d.Name)); // the carrier of a bridge is its ports'
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

    /// <summary>Does the worker's job for all these devices: ports before their masters, whose carrier is theirs.</summary>
    public static void Run(NetworkNamespace ns, IReadOnlyCollection<LinkInfo> links)
    {
        var masters = links.Select(l => l.MasterIndex).ToHashSet();
        Ethtool.RunLinkWatch(ns, links.OrderBy(l => masters.Contains(l.Index)).ThenBy(l => l.MasterIndex is null or 0).Select(l => l.Name));
    }

    /// <summary>Returns when what was switched on or plugged in at a node, by whomever, is usable: there, and at the other ends of its links.</summary>
    public static async Task RunAfterChangeAsync(Node node, CancellationToken ct)
    {
        try
        {
            var links = node.Live.Route.GetLinks();
            Run(node.Live.Namespace, links);
            List<Device> there = [.. node.Devices.Where(d => d.IsApplied && links.Any(l => l.Index == d.LiveIndex && l.Name == d.Name))];
            await RunAsync(node, there, ct).ConfigureAwait(false);
            foreach (var peer in there.Select(d => d.OtherEnd).OfType<Device>().Where(d => d.IsApplied))
            {
                await RunAsync(peer.Node, peer.Master is { IsApplied: true } master ? [peer, master] : [peer], ct).ConfigureAwait(false);
            }
        }
        catch (LinuxException e) when (e.Errno is Errno.ENODEV)
        {
            // Something is taken away at the same time: there is nothing to wait for.
        }
    }

    private static bool IsUnderWay(Device device) => IsUnderWay(device.ReadLink());

    // The carrier is there, and the operational state still that of before.
    private static bool IsUnderWay(LinkInfo link) => link is { IsUp: true, HasCarrier: true, OperState: OperState.Down or OperState.LowerLayerDown };
}
