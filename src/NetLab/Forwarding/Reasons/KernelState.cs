using NetLab.Linux;
using NetLab.Packets;

namespace NetLab;

/// <summary>What the kernel says of a device, where it may differ from what the lab described: programs and drivers choose too.</summary>
internal static class KernelState
{
    /// <summary>A device in the name of a sysctl with dots between its parts, where a dot of the device's own name is a slash.</summary>
    public static string InSysctl(string device) => device.Replace('.', '/');

    /// <summary>The device's MAC address, as the kernel has it; the described one where it cannot be asked any more.</summary>
    public static MacAddress MacOf(Device device)
    {
        try
        {
            return device.IsApplied && device.Node.Live.Route.FindLink(device.Index)?.Mac is { } mac ? MacAddress.From(mac) : device.Mac;
        }
        catch (Exception e) when (e is LinuxException or ObjectDisposedException)
        {
            return device.Mac; // the lab, or the device, is gone
        }
    }

    /// <summary>The switch that a device is a port of; of the kernel's bridges that which has it now: somebody may have put it into another.</summary>
    public static Switch? SwitchOf(Device device)
    {
        try
        {
            return device.Plugged is { } other ? other : device is { IsApplied: true, IsMadeByOvs: false } && device.Switch is null or { InKernel: not null }
                ? KernelPorts.BridgeOf(device.Node, device.Index) : device.Switch;
        }
        catch (Exception e) when (e is LinuxException or ObjectDisposedException)
        {
            return device.Switch; // the lab, or the device, is gone
        }
    }

    /// <summary>
    /// The addresses of a device, or of the guest behind it: as the kernel has them, also those that somebody typed; the described ones where it cannot be
    /// asked any more.
    /// </summary>
    public static IReadOnlyList<InterfaceAddress> AddressesOf(Device device)
    {
        if (device.Guest is { } guest)
        {
            return [.. guest.AllAddresses];
        }

        try
        {
            return device.IsApplied ? [.. device.Node.Live.Route.GetAddresses(device.Index).Select(a => new InterfaceAddress(a.Address, a.PrefixLength))]
                : device.Addresses;
        }
        catch (Exception e) when (e is LinuxException or ObjectDisposedException)
        {
            return device.Addresses; // the lab, or the device, is gone
        }
    }
}
