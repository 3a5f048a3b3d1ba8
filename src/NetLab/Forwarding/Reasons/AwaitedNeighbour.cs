using System.Net;

namespace NetLab;

/// <summary>A neighbour that a node has asked for by ARP or neighbour discovery, and that has not answered.</summary>
/// <param name="Node">The node that asks.</param>
/// <param name="Device">The device by which it asks.</param>
/// <param name="Address">The address that it asks for.</param>
internal sealed record AwaitedNeighbour(Node Node, string Device, IPAddress Address)
{
    /// <summary>Whether the kernel has given up asking: what waited was dropped with that, and is not there any more.</summary>
    public bool IsGivenUp { get; init; }

    /// <summary>Where the packet goes that waits; null where that is not known.</summary>
    public IPAddress? To { get; init; }

    /// <summary>What takes away that which leads to this neighbour, where it should lead to another; null where nothing is known of that.</summary>
    public string? Undo { get; init; }
}
