using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;

namespace NetLab;

/// <summary>Making the kernel match what is described.</summary>
public sealed partial class Lab
{
    /// <summary>
    /// Makes the kernel match the description, and returns when every link is ready: the first frame is not lost. What exists
    /// already stays as it is. Where anything fails, all of the lab is removed again and the exception says what was being done.
    /// </summary>
    /// <exception cref="TopologyException">The description cannot be built; nothing was touched.</exception>
    /// <exception cref="MissingFeatureException">The machine lacks what the lab needs (<see cref="LabFeatures.Of"/>).</exception>
    /// <exception cref="LinuxException">The kernel refused something.</exception>
    public async Task ApplyAsync(CancellationToken ct = default)
    {
        ObjectDisposedException.ThrowIf(Live.IsDisposed, this);
        RequireOwn();
        Validate();
        Live.Prepare();
        try
        {
            await RealizeAsync(ct).ConfigureAwait(false);
            Live.IsApplied = true;
        }
        catch (Exception e)
        {
            await DisposeAsync().ConfigureAwait(false);
            if (e is LinuxException or OvsException && LabFeatures.Of(this).Select(Capabilities.Of).Where(f => !f.Available).ToList() is { Count: > 0 } missing)
            {
                throw new MissingFeatureException(missing);
            }

            throw;
        }
    }

    private async Task RealizeAsync(CancellationToken ct)
    {
        var newDevices = _nodes.ToDictionary(n => n, n => n.Devices.Where(d => !d.IsApplied).ToList());
        var newLinks = _links.FindAll(l => !l.A.IsApplied);

        foreach (var node in _nodes.Where(n => n.IsApplied && !n.IsGiven))
        {
            QuietNetwork.Apply(node, node.Live);
            node.Live.WriteSysctls(node);
        }

        var newNodes = await CreateNodesAsync(ct).ConfigureAwait(false);
        var births = new List<IDisposable>();
        try
        {
            foreach (var node in _nodes.Where(n => n.IsGiven))
            {
                node.Live.Given!.Require(newDevices[node]);
                if (!node.HostDefaults)
                {
                    births.Add(node.Live.Given.QuietBirths(newDevices[node]));
                }
            }

            await Task.Run(() => CreateDevices(newNodes, newDevices, newLinks), ct).ConfigureAwait(false);
        }
        finally
        {
            births.ForEach(b => b.Dispose());
        }

        await ApplyOvsAsync(newDevices, ct).ConfigureAwait(false);
        foreach (var node in _nodes)
        {
            await FinishAsync(node, newDevices[node], ct).ConfigureAwait(false);
        }

        await TellTunnelEndsAsync(ct).ConfigureAwait(false);
        foreach (var vm in newDevices.Values.SelectMany(d => d).Select(d => d.Guest).OfType<FakeVm>())
        {
            vm.StartReading();
        }

        Live.AddNewNodes();
        await WaitUntilReadyAsync(newDevices, ct).ConfigureAwait(false);
    }

    private async Task<List<Node>> CreateNodesAsync(CancellationToken ct)
    {
        var newNodes = _nodes.FindAll(n => !n.IsApplied);
        if (newNodes.Count > 0)
        {
            // A node is held by its namespace and a netlink socket, and has another socket once its rules are followed.
            // The runtime has raised the soft limit to the hard one at its start.
            NetworkNamespace.ReserveFileDescriptors((3 * newNodes.Count) + newNodes.Sum(n => n.Devices.Count(d => d.LeadsToUserSpace)));
        }

        foreach (var node in newNodes)
        {
            var state = node.Find is { } find ? await GivenNamespace.OpenAsync(node, find, ct).ConfigureAwait(false) : new LiveNode(node);
            node.Attach(state);
            if (!node.IsGiven)
            {
                QuietNetwork.Apply(node, state);
            }

            state.WriteSysctls(node);
        }

        return newNodes;
    }

    private void CreateDevices(List<Node> newNodes, Dictionary<Node, List<Device>> newDevices, List<Link> newLinks)
    {
        var batch = new NetlinkBatch();
        var linksOf = newLinks.ToLookup(l => l.First.Node);
        foreach (var node in _nodes)
        {
            Planner.BridgesAndLinks(batch, node.Live, linksOf[node]);
            Execute(node, batch);
        }

        // Everything else of a node goes in one system call, unless Open vSwitch has to make devices of it first.
        var isNew = newNodes.ToHashSet();
        foreach (var node in _nodes)
        {
            var devices = newDevices[node];
            foreach (var device in devices)
            {
                device.Make(node.Live);
            }

            if (isNew.Contains(node) && !node.IsGiven)
            {
                batch.ChangeLink(1, new LinkChange { Up = true }, $"setting {node.Name}/lo up");
            }

            var ready = devices.FindAll(d => !IsOfOvs(d));
            Planner.KernelDevices(batch, node.Live, ready);
            Planner.Ports(batch, ready);
            if (!devices.Exists(IsOfOvs))
            {
                Configure(node, batch, devices);
            }

            Execute(node, batch);
        }
    }

    // What needs every device of the node.
    private static void Configure(Node node, NetlinkBatch batch, List<Device> newDevices)
    {
        foreach ((var name, var value) in node.Sysctls.Where(s => QuietNetwork.NeedsDevice(node, s.Key)))
        {
            Execute(node, batch);
            node.Live.WriteSysctl(name, value);
        }

        Planner.Addresses(batch, node.Live, newDevices);
    }

    private static async Task FinishAsync(Node node, List<Device> newDevices, CancellationToken ct)
    {
        if (newDevices.Exists(IsOfOvs))
        {
            var batch = new NetlinkBatch();
            var later = newDevices.FindAll(IsOfOvs);
            Planner.KernelDevices(batch, node.Live, later);
            Planner.Ports(batch, later);
            Configure(node, batch, newDevices);
            Execute(node, batch);
        }

        newDevices.ForEach(d => d.Finish());
        foreach (var ruleset in node.NewRulesets)
        {
            await node.LoadAsync(ruleset.Tool, ruleset.Text, ct).ConfigureAwait(false);
            ruleset.IsApplied = true;
        }
    }

    // Made by Open vSwitch, or upon a device that it makes.
    private static bool IsOfOvs(Device device) => device.IsMadeByOvs || (device.Lower is { } lower && IsOfOvs(lower));

    private static void Execute(Node node, NetlinkBatch batch)
    {
        if (batch.Count > 0)
        {
            node.Live.Route.Execute(batch);
            batch.Clear();
        }
    }

    // The kernel joins the group by which an IPv6 address is asked for in a worker of its own, also without duplicate address detection. An address that
    // this found to be another's stays tentative.
    private static async Task WaitForIPv6Async(Node node, List<Device> newDevices, CancellationToken ct)
    {
        if (!newDevices.Exists(d => d.Addresses.Any(a => a.IsIPv6)))
        {
            return;
        }

        // Without a carrier the kernel waits as well, and that is no fault of the lab.
        using var events = RouteEvents.Open(node.Live.Namespace, RouteGroups.Addresses);
        foreach (var device in newDevices.Where(d => d.Up && d.ReadLink().HasCarrier))
        {
            foreach (var address in device.Addresses.Where(a => a.IsIPv6))
            {
                await events.WaitForAddressAsync(
                    a => a.Index == device.LiveIndex && a.Address.Equals(address.Address) && (!a.IsTentative || a.Flags.HasFlag(AddressFlags.DadFailed)),
                    ct).ConfigureAwait(false);
            }
        }
    }

    private async Task WaitUntilReadyAsync(Dictionary<Node, List<Device>> newDevices, CancellationToken ct)
    {
        // Carrier, operational state and queueing discipline follow the last acknowledgement at some later time, unless they are asked for.
        foreach ((var node, var devices) in newDevices)
        {
            await LinkWatch.RunAsync(node, [.. devices, .. devices.Select(d => d.Master).OfType<Device>().Except(devices)], ct).ConfigureAwait(false);
            await WaitForIPv6Async(node, devices, ct).ConfigureAwait(false);
        }

        await SettleAsync(ct).ConfigureAwait(false);
    }
}
