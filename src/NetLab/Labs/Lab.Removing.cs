using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>Taking devices out of a running lab.</summary>
public sealed partial class Lab
{
    /// <summary>Removes a device from the kernel and from the description, with what cannot be without it.</summary>
    internal async Task RemoveAsync(Device device, CancellationToken ct)
    {
        RequireApplied();
        _ = device.Index;

        // A veth pair exists with both its ends or not at all.
        Device[] gone = device.OtherEnd is { } other ? [device, other] : [device];
        foreach (var above in gone.SelectMany(d => d.Node.Devices).OfType<KernelDevice>().Where(d => gone.Contains(d.Parent)).ToList())
        {
            await RemoveAsync(above, ct).ConfigureAwait(false);
        }

        foreach (var one in gone)
        {
            (one as TapDevice)?.Close();
            await UnplugAsync(one, ct).ConfigureAwait(false);
        }

        if (device is OvsBridge bridge)
        {
            await bridge.DeleteAsync(ct).ConfigureAwait(false);
        }
        else if (!device.IsMadeByOvs)
        {
            var batch = new NetlinkBatch();
            batch.DeleteLink(device.LiveIndex, $"removing {device}");
            device.Node.Live.Route.Execute(batch);
        }

        _links.RemoveAll(l => gone.Contains(l.A));
        foreach (var one in gone)
        {
            one.Node.ForgetWhatNeeds(one);
            one.Node.Live.Forget(one);
            one.Node.Remove(one);
            one.IsRemoved = true;
        }

        await SettleAsync(ct).ConfigureAwait(false);
    }

    // A bridge lets go of its ports; an internal port is a device of its Open vSwitch bridge, and ceases with the port.
    private async Task UnplugAsync(Device device, CancellationToken ct)
    {
        if (device is Switch bridge)
        {
            foreach (var port in bridge.Ports.ToList())
            {
                await (port.IsMadeByOvs ? RemoveAsync(port, ct) : bridge.DetachAsync(port, ct)).ConfigureAwait(false);
            }
        }

        if (device.Switch is { } on)
        {
            await on.DetachAsync(device, ct).ConfigureAwait(false);
        }
    }
}
