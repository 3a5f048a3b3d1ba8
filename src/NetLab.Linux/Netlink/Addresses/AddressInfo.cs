using System.Net;
using System.Net.Sockets;

namespace NetLab.Linux.Netlink;

/// <summary>An address of a device, as the kernel describes it (RTM_NEWADDR).</summary>
public sealed record AddressInfo
{
    /// <summary>Index of the device.</summary>
    public int Index { get; init; }

    /// <summary>The address itself.</summary>
    public IPAddress Address { get; init; } = IPAddress.None;

    /// <summary>Bits of its network.</summary>
    public int PrefixLength { get; init; }

    /// <summary>InterNetwork or InterNetworkV6.</summary>
    public AddressFamily Family => Address.AddressFamily;

    /// <summary>The other end of a point-to-point link, when it is another.</summary>
    public IPAddress? Peer { get; init; }

    /// <summary>The broadcast address.</summary>
    public IPAddress? Broadcast { get; init; }

    /// <summary>The label (IPv4).</summary>
    public string? Label { get; init; }

    /// <summary>How far it reaches.</summary>
    public Scope Scope { get; init; }

    /// <summary>Flags.</summary>
    public AddressFlags Flags { get; init; }

    /// <summary>Metric of the route to its network, 0 for the default.</summary>
    public uint Metric { get; init; }

    /// <summary>Time until it is removed; null for ever.</summary>
    public TimeSpan? ValidLifetime { get; init; }

    /// <summary>Time until it is no longer preferred; null for ever.</summary>
    public TimeSpan? PreferredLifetime { get; init; }

    /// <summary>Who put it there: 0 unknown, 1 kernel (lo), 2 kernel (router advertisement), 3 kernel (link-local), others as set.</summary>
    public byte Protocol { get; init; }

    /// <summary>Duplicate address detection is still going on.</summary>
    public bool IsTentative => Flags.HasFlag(AddressFlags.Tentative);

    /// <summary><c>10.0.0.1/24</c>.</summary>
    public override string ToString() => $"{Address}/{PrefixLength} on {Index}{(Flags is AddressFlags.None or AddressFlags.Permanent ? "" : $" ({Flags})")}";
}
