using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>Nodes whose namespaces were given: a container that is started again has another one.</summary>
public sealed partial class Lab
{
    internal async Task<bool> ReattachAsync(Node node, CancellationToken ct)
    {
        RequireApplied();
        var old = node.Live;
        var fresh = await GivenNamespace.OpenAsync(node, node.Find!, ct).ConfigureAwait(false);
        if (fresh.Namespace.Inode == old.Namespace.Inode)
        {
            fresh.Dispose();
            return false;
        }

        List<Device> devices = [.. node.Devices.Where(d => d.IsApplied)];
        try
        {
            if (devices.Find(d => d.OtherEnd is null || d.Switch is not null) is { } other)
            {
                throw new TopologyException(
                    $"{other} cannot follow {node.Name} into its new namespace: only ends of links that are no ports can; build the lab anew");
            }

            fresh.Given!.Require(devices);
            using var quiet = fresh.Given.QuietBirths(devices);
            Move(old, fresh, devices);
        }
        catch
        {
            fresh.Dispose();
            throw;
        }

        node.Attach(fresh);
        Settle(node, fresh, devices);
        foreach (var ruleset in node.AllRulesets)
        {
            await node.LoadAsync(ruleset.Tool, ruleset.Text, ct).ConfigureAwait(false);
        }

        Live.Renew(node);
        old.Dispose();
        await LinkWatch.RunAfterChangeAsync(node, ct).ConfigureAwait(false);
        await SettleAsync(ct).ConfigureAwait(false);
        return true;
    }

    // The old namespace is there as long as its descriptor, and with it the devices: they move, and stay what they are to the other ends.
    private static void Move(LiveNode old, LiveNode fresh, List<Device> devices)
    {
        foreach (var device in devices)
        {
            var index = fresh.FreeIndex();
            var batch = new NetlinkBatch();
            batch.ChangeLink(device.LiveIndex, new LinkChange { Namespace = fresh.Namespace, NewIndex = index },
                $"moving {device} into the new namespace of {device.Node.Name}");
            old.Route.Execute(batch);
            old.Forget(device);
            fresh.Register(device, index);
        }
    }

    // On their way the devices were switched off and lost their addresses; the routes and neighbours by them are gone.
    private static void Settle(Node node, LiveNode fresh, List<Device> devices)
    {
        fresh.WriteSysctls(node);
        foreach (var route in node.Routes)
        {
            route.IsApplied = false;
        }

        foreach (var neighbour in node.Neighbours)
        {
            neighbour.IsApplied = false;
        }

        var batch = new NetlinkBatch();
        foreach (var device in devices)
        {
            batch.ChangeLink(device.LiveIndex, new LinkChange { Up = device.Up }, $"setting {device} up");
        }

        Planner.Addresses(batch, fresh, devices);
        Execute(node, batch);
    }
}
