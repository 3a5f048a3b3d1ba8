using NetLab.Packets;

namespace NetLab;

/// <summary>Plugging ports in and out of a running Linux bridge.</summary>
public sealed partial class Bridge
{
    internal override bool? HasInFdb(MacAddress mac) => Node.Live.Route.GetFdb(Index).Any(entry => entry.Mac.Equals(mac.ToPhysicalAddress()));

    private protected override Task PlugAsync(Device device, CancellationToken ct)
    {
        SetMaster(device, Index, $"making {device} a port of {this}");
        return Task.CompletedTask;
    }

    private protected override Task UnplugAsync(Device device, CancellationToken ct)
    {
        SetMaster(device, 0, $"freeing {device} from {this}");
        return Task.CompletedTask;
    }
}
