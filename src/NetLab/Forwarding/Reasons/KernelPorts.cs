using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>The ports of bridges, as the kernel has them: programs and people make some, and take others away.</summary>
internal static class KernelPorts
{
    /// <summary>The devices whose master is the bridge, and those that the lab described as its ports.</summary>
    public static IReadOnlyList<Device> Of(Bridge bridge) =>
        [.. bridge.Ports.Where(p => p.IsApplied)
            .Concat(bridge.Node.Live.Route.GetLinks().Where(l => l.MasterIndex == bridge.Index).Select(l => DeviceOf(bridge.Node, l)))
            .DistinctBy(p => p.LiveIndex)];

    /// <summary>The bridge whose port a device is now; null where it is none's.</summary>
    public static Bridge? BridgeOf(Node node, int index) =>
        node.Live.Route.FindLink(index)?.MasterIndex is { } master ? BridgeAt(node, master) : null;

    /// <summary>The bridge that a device is; null where it is none.</summary>
    public static Bridge? BridgeAt(Node node, int index) =>
        node.Live.Route.FindLink(index) is not { Kind: "bridge" } link ? null
            : node.Live.DevicesByIndex.GetValueOrDefault(index)?.Passes?.InKernel ?? new Bridge(node, link.Name) { LiveIndex = index };

    /// <summary>The bridge and the port where something was dropped; null where that is no port of a bridge.</summary>
    public static (Bridge Bridge, Device Port)? At(DropPlace place)
    {
        var index = place.LabDevice is { IsApplied: true } known ? known.Index : place.InterfaceIndex;
        return index != 0 && place.Node.Live.Route.FindLink(index) is { MasterIndex: not null } link && BridgeOf(place.Node, index) is { } bridge
            ? (bridge, DeviceOf(place.Node, link)) : null;
    }

    /// <summary>A port of a bridge that somebody else made, by its name; null where there is none, or it is the lab's.</summary>
    public static Device? PortNamed(Node node, string name)
    {
        try
        {
            return node.Live.Route.FindLink(name) is { MasterIndex: not null } link ? DeviceOf(node, link) : null;
        }
        catch (Exception e) when (e is LinuxException or ObjectDisposedException)
        {
            return null; // the lab, or the device, is gone
        }
    }

    private static Device DeviceOf(Node node, LinkInfo link) =>
        node.Live.DevicesByIndex.TryGetValue(link.Index, out var known) ? known
            : new AdoptedDevice(node, link.Name, link.Kind ?? "device") { LiveIndex = link.Index };
}
