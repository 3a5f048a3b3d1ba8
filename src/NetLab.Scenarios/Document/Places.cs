using System.Buffers.Binary;
using System.Diagnostics.CodeAnalysis;
using System.Net;
using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>"node:device".</summary>
internal readonly record struct DevicePlace(string Node, string Device)
{
    public override string ToString() => $"{Node}:{Device}";
}

/// <summary>A VM or a node by its name, or a device of a node.</summary>
internal readonly record struct Place(string Name, string? Device)
{
    public override string ToString() => Device is null ? Name : $"{Name}:{Device}";
}

/// <summary>Whom a frame or a ping is for: a VM or node by name, or an address.</summary>
internal sealed record Target(string? Name, IPAddress? Address, MacAddress? Mac)
{
    public override string ToString() => Name ?? Address?.ToString() ?? Mac?.ToString() ?? "";
}

/// <summary>What a scenario asks of addresses beyond what <see cref="InterfaceAddress"/> knows.</summary>
internal static class AddressWords
{
    /// <summary>
    /// Dotted quads with four parts and IPv6 only: not the short and octal forms that <see cref="IPAddress.TryParse(string, out IPAddress)"/> takes as
    /// well ("10.1", "010.0.0.1").
    /// </summary>
    public static bool TryParseIp(string text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address) && InterfaceAddress.ProblemOfHost(text) is null;

    /// <summary>Whether the host part is all zeroes.</summary>
    public static bool IsNetworkItself(this InterfaceAddress address) => address.Address.Equals(address.Network.BaseAddress);

    /// <summary>Whether the host part of an IPv4 address is all ones.</summary>
    public static bool IsBroadcast(this InterfaceAddress address)
    {
        var number = BinaryPrimitives.ReadUInt32BigEndian(address.Address.GetAddressBytes());
        var hostBits = 32 - address.PrefixLength;
        return hostBits > 0 && (number & (uint)((1UL << hostBits) - 1)) == (uint)((1UL << hostBits) - 1);
    }

    /// <summary>The first address of the network that a host may have.</summary>
    public static IPAddress FirstHost(this InterfaceAddress address)
    {
        var bytes = address.Network.BaseAddress.GetAddressBytes();
        bytes[^1] |= 1;
        return new IPAddress(bytes);
    }
}
