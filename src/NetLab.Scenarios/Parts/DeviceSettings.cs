using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>What any device of a node can be given.</summary>
internal sealed class DeviceSettings
{
    public Located<int>? Mtu { get; set; }

    public Located<MacAddress>? Mac { get; set; }

    public IReadOnlyList<Located<InterfaceAddress>> Addresses { get; set; } = [];

    public Located<bool>? Up { get; set; }

    public Located<bool>? Promisc { get; set; }

    /// <summary>Its addresses and its MAC may be another's as well, on purpose.</summary>
    public bool Duplicate { get; set; }

    /// <summary>Sets what is given on the device.</summary>
    public void ApplyTo(Device device)
    {
        device.Mtu = Mtu?.Value ?? device.Mtu;
        device.Up = Up?.Value ?? device.Up;
        device.Promiscuous = Promisc?.Value ?? device.Promiscuous;
        device.AllowDuplicates |= Duplicate;
        if (Mac is { } mac)
        {
            device.Mac = mac.Value;
        }
        foreach (var address in Addresses)
        {
            device.AddAddress(address.Value.ToString());
        }
    }
}

/// <summary>Keys of a device, for everything that is one.</summary>
internal static class DeviceKeys
{
    public static readonly ListShape<InterfaceAddress> Addresses = new("address", Scalars.HostAddress, single: true);

    public static ObjectShape<T> WithDeviceSettings<T>(this ObjectShape<T> shape, Func<T, DeviceSettings> settings)
        where T : Entry, new() => shape
        .With("mtu", "The MTU, in bytes.", Scalars.Mtu, (device, value) => settings(device).Mtu = value)
        .With("mac", "The MAC address; derived from the names when absent.", Scalars.Mac, (device, value) => settings(device).Mac = value)
        .With("addresses", "IP addresses with their prefix lengths.", Addresses, (device, value) => settings(device).Addresses = value.Value)
        .With("up", "Whether it is administratively up.", Scalars.Switch, (device, value) => settings(device).Up = value)
        .With("promisc", "Whether it takes frames for others as well.", Scalars.Switch, (device, value) => settings(device).Promisc = value)
        .With("duplicate", "Whether its addresses and its MAC address may be another's as well, on purpose.", Scalars.Switch, (device, value) =>
            settings(device).Duplicate = value.Value);
}
