namespace NetLab;

/// <summary>Reading what a node has, or all nodes of a lab.</summary>
public static class StateReading
{
    extension(Node node)
    {
        /// <summary>
        /// Reads everything that bears upon forwarding: links, addresses, routes, rules, neighbours, forwarding databases, VLANs, qdiscs, sysctls, nftables and
        /// iptables, tracked connections, Open vSwitch. Reading changes nothing; what cannot be read is named in <see cref="NodeState.NotRead"/>.
        /// A node with neither rules of nft nor Open vSwitch is read by netlink alone, in a few milliseconds.
        /// </summary>
        /// <example>
        /// <code>
        /// var before = await router.ReadStateAsync();
        /// await router.Device("eth0").SetMtuAsync(1400);
        /// var after = await router.ReadStateAsync();
        /// Console.WriteLine(before.DiffTo(after));      // ~ link eth0: mtu 1500 → 1400
        /// </code>
        /// </example>
        /// <exception cref="InvalidOperationException">The node is not applied yet.</exception>
        public async Task<NodeState> ReadStateAsync(CancellationToken ct = default)
        {
            node.Lab.RequireApplied();
            var reader = new StateReader(node);
            var state = await Task.Run(reader.ReadKernel, ct).ConfigureAwait(false);
            state = await reader.AddFirewallAsync(state, ct).ConfigureAwait(false);
            return await reader.AddOvsAsync(state, ct).ConfigureAwait(false);
        }
    }

    extension(Lab lab)
    {
        /// <summary>Reads the state of every node.</summary>
        /// <exception cref="InvalidOperationException">The lab is not applied yet.</exception>
        public async Task<LabState> ReadStateAsync(CancellationToken ct = default)
        {
            lab.RequireApplied();
            return new LabState(await Task.WhenAll(lab.Nodes.Where(n => n.IsApplied).Select(n => n.ReadStateAsync(ct))).ConfigureAwait(false));
        }
    }
}
