namespace NetLab;

public sealed partial class Node
{
    /// <summary>
    /// When it returns, what a program of the node has changed in Open vSwitch holds for the very next frame, and devices that it made ports know it.
    /// </summary>
    /// <exception cref="OvsException">ovs-vswitchd runs, and does not answer.</exception>
    internal async Task TakeOverAsync(CancellationToken ct)
    {
        if (Live.Ovs is not { } ovs || await ovs.TakeOverAsync(ct).ConfigureAwait(false) is not { } names)
        {
            return;
        }

        foreach (var device in Devices.Where(d => !d.IsMadeByOvs && d.Switch is null or { InKernel: not null }))
        {
            device.Plugged = names.BridgeOf(device.Name) is { } bridge ? OvsBridgeNamed(bridge) : null;
        }
    }
}
