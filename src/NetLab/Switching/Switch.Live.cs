using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>Plugging ports in and out of a running bridge.</summary>
public abstract partial class Switch
{
    /// <summary>Makes a device that exists a port of this bridge: <c>ip link set … master</c>, <c>ovs-vsctl add-port</c>.</summary>
    /// <exception cref="TopologyException">The device is in another node, or is a port of another bridge: it is never stolen.</exception>
    public Task AttachAsync(Device device, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        return AttachAsync(device, () => { }, ct);
    }

    private protected async Task AttachAsync(Device device, Action describe, CancellationToken ct)
    {
        _ = device.Index;
        Plug(device);
        try
        {
            describe();
            await PlugAsync(device, ct).ConfigureAwait(false);
        }
        catch
        {
            Detach(device);
            throw;
        }

        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Frees a port: <c>ip link set … nomaster</c>, <c>ovs-vsctl del-port</c>.</summary>
    /// <exception cref="TopologyException">The device is not a port of this bridge.</exception>
    public async Task DetachAsync(Device device, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        if (!ReferenceEquals(device.Switch, this))
        {
            throw new TopologyException($"{device} is not a port of {this}");
        }

        await UnplugAsync(device, ct).ConfigureAwait(false);
        Detach(device);
        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Whether the kernel's forwarding database of the bridge has an address now; null where Open vSwitch, and its flows, decide.</summary>
    internal virtual bool? HasInFdb(MacAddress mac) => null;

    private protected abstract Task PlugAsync(Device device, CancellationToken ct);

    private protected abstract Task UnplugAsync(Device device, CancellationToken ct);

    private protected void SetMaster(Device device, int master, string doing)
    {
        var batch = new NetlinkBatch();
        batch.ChangeLink(device.Index, new LinkChange { MasterIndex = master }, doing);
        Node.Live.Route.Execute(batch);
    }
}
