using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>What a node's stack remembers of its neighbours.</summary>
public sealed partial class Node
{
    /// <summary>
    /// Forgets what earlier frames left and what was changed by hand since would not show against: whom the node asked for in vain (ARP, neighbour discovery),
    /// since the kernel asks again a second later only; and the decisions that Open vSwitch has cached. Not to be done while somebody is asking.
    /// </summary>
    internal async Task ForgetEarlierFramesAsync(CancellationToken ct)
    {
        if (Live.Ovs is { } ovs)
        {
            await ovs.ForgetCachedFlowsAsync(ct).ConfigureAwait(false);
        }

        foreach (var entry in Live.Route.GetNeighbours().Where(entry => entry.State is NeighbourState.Incomplete or NeighbourState.Failed))
        {
            var batch = new NetlinkBatch();
            batch.DeleteNeighbour(entry);
            try
            {
                Live.Route.Execute(batch);
            }
            catch (LinuxException gone) when (gone.Errno is Errno.ENOENT)
            {
                // The kernel forgot it by itself just now.
            }
        }
    }
}
