using System.Net;
using NetLab.Linux;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;

namespace NetLab;

/// <summary>Open vSwitch in the nodes that have a bridge of it.</summary>
public sealed partial class Lab
{
    private async Task ApplyOvsAsync(Dictionary<Node, List<Device>> newDevices, CancellationToken ct)
    {
        // Each node's Open vSwitch takes its time to start; they take it together.
        await Task.WhenAll(_nodes.Select(node => ApplyOvsAsync(node, newDevices[node], ct))).ConfigureAwait(false);
        foreach (var port in newDevices.Values.SelectMany(devices => devices).Where(d => d.IsMadeByOvs && !IsMadeInItsNode(d)))
        {
            MoveFromOvs(port);
        }

        if (_nodes.Exists(n => n.Live.Ovs is not null))
        {
            CompleteChecksums(newDevices);
        }
    }

    private async Task ApplyOvsAsync(Node node, List<Device> newDevices, CancellationToken ct)
    {
        var bridges = node.OvsBridges.ToList();
        var isAlike = node.OvsOptions == node.Live.OvsOptions;
        if (isAlike && bridges.TrueForAll(b => !b.HasChanges))
        {
            return;
        }

        var isNew = node.Live.Ovs is null;
        var inKernel = bridges.Exists(b => b.Options.IsInKernel);
        if (inKernel)
        {
            Capabilities.Require(Feature.OvsKernelDatapath);
        }

        node.Live.Ovs ??= await OvsInstance.StartAsync(Processes, node.Userland, node.Name, ct, inKernel, Options.Patience).ConfigureAwait(false);
        if (inKernel && !node.Live.Ovs.HasKernelDatapath)
        {
            throw new OvsException(
                $"set up a bridge of the kernel's datapath in node {node.Name}",
                "its Open vSwitch was started for bridges of user space alone; have one of its first bridges be of DatapathType \"system\"");
        }

        var change = OvsBridge.ChangesOf(bridges);
        if (isNew || !isAlike)
        {
            change.SetInstance(node.OvsOptions ?? new OvsOptions());
        }

        await node.Live.Ovs.ApplyAsync(change, ct).ConfigureAwait(false);
        node.Live.OvsOptions = node.OvsOptions;
        foreach (var bridge in bridges)
        {
            await bridge.MarkAppliedAsync(node.Live.Ovs, ct).ConfigureAwait(false);
        }

        foreach (var device in newDevices.Where(d => d.IsMadeByOvs && IsMadeInItsNode(d)))
        {
            node.Live.Register(device, IndexOf(device, node));
        }
    }

    private static bool IsMadeInItsNode(Device device) => device.Switch is null || ReferenceEquals(device.Switch.Node, device.Node);

    // An internal port is made in its bridge's node, whatever node it is to stand in.
    private static void MoveFromOvs(Device port)
    {
        var maker = port.Switch!.Node;
        var index = port.Node.Live.FreeIndex();
        var batch = new NetlinkBatch();
        batch.ChangeLink(IndexOf(port, maker), new LinkChange { Namespace = port.Node.Live.Namespace, NewIndex = index },
            $"moving {port.Name} of {port.Switch} to {port.Node.Name}");
        maker.Live.Route.Execute(batch);
        port.Node.Live.Register(port, index);
    }

    private static int IndexOf(Device device, Node maker) => maker.Live.Route.FindLink(device.Name)?.Index
        ?? throw new InvalidOperationException(
            $"Open vSwitch of node {maker.Name} said that {device.Name} is there, and the kernel has no such device.");

    // Open vSwitch in user space takes frames as the kernel hands them over, also with checksums that a device was to complete
    // later; TCP across it would fail while ping works.
    private static void CompleteChecksums(Dictionary<Node, List<Device>> newDevices)
    {
        foreach (var end in newDevices.Values.SelectMany(d => d).Where(d => d.OtherEnd is not null))
        {
            Ethtool.SetChecksumOffload(end.Node.Live.Namespace, end.Name, false);
        }
    }

    // Open vSwitch in user space asks by itself for the other end of a tunnel, and drops the packet that made it ask.
    private async Task TellTunnelEndsAsync(CancellationToken ct)
    {
        foreach (var bridge in _nodes.SelectMany(node => node.OvsBridges).Where(bridge => !bridge.Options.IsInKernel))
        {
            foreach (var port in bridge.VirtualPorts)
            {
                if (IPAddress.TryParse(port.Options.InterfaceOptions.GetValueOrDefault("remote_ip"), out var remote)
                    && bridge.Node.OvsBridges.FirstOrDefault(own => own.Addresses.Any(a => a.Contains(remote))) is { } way
                    && _nodes.SelectMany(node => node.Devices).Where(d => d.Addresses.Any(a => a.Address.Equals(remote))).Take(2).ToList() is [var end])
                {
                    await bridge.Node.Live.Ovs!.ControlAsync("tnl/neigh/set", [way.Name, remote.ToString(), end.Mac.ToString()], ct).ConfigureAwait(false);
                }
            }
        }
    }
}
