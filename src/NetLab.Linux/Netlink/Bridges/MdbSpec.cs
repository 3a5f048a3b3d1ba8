using System.Net;
using System.Net.NetworkInformation;

namespace NetLab.Linux.Netlink;

/// <summary>
/// An entry of a bridge's multicast database (<c>bridge mdb</c>, bridge(8)): the port gets the group's frames. Either an IP group or a MAC group.
/// </summary>
/// <param name="BridgeIndex">Index of the bridge.</param>
/// <param name="PortIndex">Index of the port; that of the bridge for the host itself.</param>
public record MdbSpec(int BridgeIndex, int PortIndex) : IDescribed
{
    /// <summary>The IP group.</summary>
    public IPAddress? Group { get; init; }

    /// <summary>The MAC group (layer 2).</summary>
    public PhysicalAddress? MacGroup { get; init; }

    /// <summary>Only frames from this source (IGMPv3, MLDv2).</summary>
    public IPAddress? Source { get; init; }

    /// <summary>VLAN; 0 for none.</summary>
    public ushort Vlan { get; init; }

    /// <summary>Stays until it is deleted; false ages out like a learned one.</summary>
    public bool Permanent { get; init; } = true;

    string IDescribed.Describe() => $"multicast group {Text}";

    private protected string Text =>
        $"{Group?.ToString() ?? MacGroup?.Colons()}{(Source is { } s ? $" src {s}" : "")}{(Vlan == 0 ? "" : $" vid {Vlan}")} on port {PortIndex}";
}

/// <summary>An entry of a bridge's multicast database as the kernel describes it; can be handed back to the batch.</summary>
public sealed record MdbInfo(int BridgeIndex, int PortIndex) : MdbSpec(BridgeIndex, PortIndex)
{
    /// <summary>Put there by the kernel's querier logic for IGMPv3 or MLDv2 (MDB_FLAGS_STAR_EXCL), blocked (MDB_FLAGS_BLOCKED) and so on.</summary>
    public byte Flags { get; init; }

    /// <summary>Time until it goes away; null for permanent ones.</summary>
    public TimeSpan? Timer { get; init; }

    /// <summary>One line, as <c>bridge mdb</c> would print it.</summary>
    public override string ToString() => $"{Text} {(Permanent ? "permanent" : "temp")}";
}
