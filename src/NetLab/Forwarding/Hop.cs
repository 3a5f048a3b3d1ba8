namespace NetLab;

/// <summary>A frame crossing a device.</summary>
/// <param name="Node">The node.</param>
/// <param name="Device">The device's name.</param>
/// <param name="Direction">In from the device, or out of it.</param>
/// <param name="Vlan">The VLAN that the frame was tagged with there, or null.</param>
/// <param name="At">Time since the frame was first seen.</param>
public sealed record Hop(Node Node, string Device, HopDirection Direction, ushort? Vlan, TimeSpan At)
{
    internal Device? LabDevice { get; init; }

    internal bool InTunnel { get; init; }

    /// <summary>The frame as it was there, where a packet socket saw it.</summary>
    internal Packets.Frame? Seen { get; init; }

    /// <summary>The hop in a few words: <c>compute1/qvo1 in, VLAN 7</c>.</summary>
    public override string ToString() =>
        $"{Node.Name}/{Device} {(Direction == HopDirection.In ? "in" : "out")}{(Vlan is { } v ? $", VLAN {v}" : "")}{(InTunnel ? ", in a tunnel" : "")}";
}
