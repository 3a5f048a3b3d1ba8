namespace NetLab;

// What the node's Open vSwitch says.
internal sealed partial class StateReader
{
    public async Task<NodeState> AddOvsAsync(NodeState state, CancellationToken ct)
    {
        if (node.Live.Ovs is not { } ovs)
        {
            return state;
        }

        try
        {
            var bridges = await ovs.DumpBridgesAsync(ct).ConfigureAwait(false);
            var ports = await ovs.DumpPortsAsync(ct).ConfigureAwait(false);
            var flows = new List<OvsFlowEntry>();
            var macs = new List<OvsFdbEntry>();
            foreach (var bridge in bridges)
            {
                flows.AddRange((await ovs.DumpFlowsAsync(bridge.Name, ct).ConfigureAwait(false)).Select(f => new OvsFlowEntry(bridge.Name, f)));
                macs.AddRange((await ovs.DumpMacsAsync(bridge.Name, ct).ConfigureAwait(false)).Select(m => new OvsFdbEntry(bridge.Name, m)));
            }

            return state with
            {
                OvsBridges = [.. bridges.Select(b => new OvsBridgeEntry(b))],
                OvsPorts = [.. ports.Select(p => new OvsPortEntry(p))],
                OvsFlows = [.. flows.OrderBy(f => f.Bridge, StringComparer.Ordinal).ThenBy(f => f.Info.Table).ThenByDescending(f => f.Info.Priority)
                    .ThenBy(f => f.Key, StringComparer.Ordinal)],
                OvsFdb = [.. macs.OrderBy(m => m.Bridge, StringComparer.Ordinal).ThenBy(m => m.Key, StringComparer.Ordinal)],
            };
        }
        catch (OvsException e)
        {
            Refuse("Open vSwitch", e.Message);
            return state with { NotRead = [.. _unread] };
        }
    }
}
