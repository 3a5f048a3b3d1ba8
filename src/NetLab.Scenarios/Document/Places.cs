using System.Diagnostics.CodeAnalysis;
using System.Net;
using System.Net.Sockets;

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

/// <summary>A host's address and the length of its network's prefix: "10.0.0.11/24".</summary>
internal readonly record struct InterfaceAddress(IPAddress Address, int PrefixLength)
{
    public bool IsNetworkItself => Address.Equals(Network.BaseAddress);

    public bool IsBroadcast
    {
        get
        {
            var bytes = Address.GetAddressBytes();
            var host = 32 - PrefixLength;
            var number = ((uint)bytes[0] << 24) | ((uint)bytes[1] << 16) | ((uint)bytes[2] << 8) | bytes[3];
            return host > 0 && number << PrefixLength == uint.MaxValue << PrefixLength;
        }
    }

    public IPNetwork Network
    {
        get
        {
            var bytes = Address.GetAddressBytes();
            for (var bit = PrefixLength; bit < bytes.Length * 8; bit++)
            {
                bytes[bit / 8] &= (byte)~(0x80 >> (bit % 8));
            }
            return new IPNetwork(new IPAddress(bytes), PrefixLength);
        }
    }

    public IPAddress FirstHost
    {
        get
        {
            var bytes = Network.BaseAddress.GetAddressBytes();
            bytes[^1] |= 1;
            return new IPAddress(bytes);
        }
    }

    /// <summary>Dotted quads with four parts and IPv6 only: not the short forms that <see cref="IPAddress.TryParse(string, out IPAddress)"/> takes as well ("10.1", "7").</summary>
    public static bool TryParseIp(string text, [NotNullWhen(true)] out IPAddress? address) =>
        IPAddress.TryParse(text, out address)
        && (address.AddressFamily is AddressFamily.InterNetworkV6 ? !text.Contains('%', StringComparison.Ordinal) && !text.Contains('[', StringComparison.Ordinal) : text.Split('.').Length == 4);

    public override string ToString() => $"{Address}/{PrefixLength}";
}
