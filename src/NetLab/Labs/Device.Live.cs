using NetLab.Linux.Netlink;
using NetLab.Packets;

namespace NetLab;

/// <summary>A device in a running lab: its index, and changes that take effect at once.</summary>
public abstract partial class Device
{
    /// <summary>The interface index in the device's node.</summary>
    /// <exception cref="InvalidOperationException">The device is not applied yet.</exception>
    public int Index => IsApplied ? LiveIndex : throw new InvalidOperationException(
        IsRemoved ? $"{this} was removed from the lab; add another device." : $"{this} is not applied yet; call lab.ApplyAsync() first.");

    /// <summary>Whether the device was taken out of the running lab, by <see cref="RemoveAsync"/>.</summary>
    public bool IsRemoved { get; internal set; }

    // As the kernel has it; null before the device is there, and after.
    private protected MacAddress? KernelMac
    {
        get
        {
            try
            {
                return IsApplied && Node.Live.Route.FindLink(LiveIndex)?.Mac is { } mac ? MacAddress.From(mac) : null;
            }
            catch (Exception e) when (e is Linux.LinuxException or ObjectDisposedException)
            {
                return null; // the lab, or the device, is gone
            }
        }
    }

    /// <summary>
    /// Sets the device up or down: <c>ip link set … up</c>. Returns when that holds for the very next frame, at the other end of its link too.
    /// </summary>
    public async Task SetUpAsync(bool up, CancellationToken ct = default)
    {
        Change(new LinkChange { Up = up }, up ? "setting {0} up" : "setting {0} down");
        _up = up;
        await LinkWatch.RunAfterChangeAsync(Node, ct).ConfigureAwait(false);
        foreach (var node in new[] { Node, OtherEnd is { IsApplied: true } peer ? peer.Node : Node }.Distinct())
        {
            await node.TakeOverAsync(ct).ConfigureAwait(false);
        }

        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Sets the MTU in bytes: <c>ip link set … mtu</c>.</summary>
    /// <exception cref="NetlinkException">The kernel refused it; the message holds the range it takes.</exception>
    public async Task SetMtuAsync(int bytes, CancellationToken ct = default)
    {
        Change(new LinkChange { Mtu = bytes }, "setting the MTU of {0} to " + bytes);
        _mtu = bytes;
        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
    }

    /// <summary>Sets the MAC address: <c>ip link set … address</c>.</summary>
    public async Task SetMacAsync(MacAddress mac, CancellationToken ct = default)
    {
        await GiveMacAsync(mac, ct).ConfigureAwait(false);
        _mac = mac;
        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
    }

    private protected virtual Task GiveMacAsync(MacAddress mac, CancellationToken ct)
    {
        Change(new LinkChange { Mac = mac.ToPhysicalAddress() }, "setting the MAC address of {0} to " + mac);
        return Task.CompletedTask;
    }

    /// <summary>Sets flags of this device as a port of a Linux bridge: <c>bridge link set</c>.</summary>
    public async Task SetBridgePortAsync(BridgePortOptions options, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        var batch = new NetlinkBatch();
        batch.SetBridgePort(Index, options, $"setting bridge port options of {this}");
        Node.Live.Route.Execute(batch);
        _bridgePort = options;
        await Node.Lab.SettleAsync(ct).ConfigureAwait(false);
    }

    /// <summary>What the kernel says of the device now.</summary>
    public LinkInfo ReadLink() => Node.Live.Route.FindLink(Name)
        ?? throw new InvalidOperationException($"{this} is no longer in the kernel: something in the node removed or renamed it.");

    private void Change(LinkChange change, string doing)
    {
        var batch = new NetlinkBatch();
        batch.ChangeLink(Index, change, string.Format(doing, this));
        Node.Live.Route.Execute(batch);
    }
}
