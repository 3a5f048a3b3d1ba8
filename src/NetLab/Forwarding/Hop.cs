using NetLab.Packets;

namespace NetLab;

/// <summary>A frame crossing a device.</summary>
/// <param name="Node">The node.</param>
/// <param name="Device">The device's name.</param>
/// <param name="Direction">In from the device, or out of it.</param>
/// <param name="Vlan">The VLAN that the frame was tagged with there, or null.</param>
/// <param name="At">Time since the frame was first seen.</param>
public sealed record Hop(Node Node, string Device, HopDirection Direction, ushort? Vlan, TimeSpan At)
{
    /// <summary>
    /// The frame as it was there, tag included; null where its bytes were not seen.
    /// Of a frame longer than 128 bytes that the kernel's tracepoints saw, the rest is that of the frame that was sent.
    /// </summary>
    public Frame? Frame { get; init; }

    /// <summary>The frame's length there in bytes, Ethernet header and tag included; 0 where its bytes were not seen.</summary>
    public int Length { get; init; }

    /// <summary>How many bytes of <see cref="Frame"/> are known, where those after them were not seen and are zero; null where all are.</summary>
    internal int? Known { get; init; }

    internal Device? LabDevice { get; init; }

    internal bool InTunnel { get; init; }

    /// <summary>
    /// Whether the frame went from a switch to the device here, and not from the device into the switch:
    /// the kernel's side of an internal port is the other way round.
    /// </summary>
    internal bool LeavesSwitch => Direction == (LabDevice is { IsMadeByOvs: true } ? HopDirection.In : HopDirection.Out);

    /// <summary>The switch that the frame goes into by this device; null where it goes into none.</summary>
    internal Switch? Enters => LeavesSwitch ? null : LabDevice is { IsMadeByOvs: true } ? LabDevice.Passes : SwitchNow;

    /// <summary>That which it was to go into, as the lab is described: of a switch in user space it is the same, and the kernel need not be asked.</summary>
    internal Switch? EntersAsDescribed => LeavesSwitch ? null : LabDevice is { IsMadeByOvs: true } ? LabDevice.Passes : LabDevice?.Plugged ?? LabDevice?.Switch;

    /// <summary>The switch that the device is a port of now.</summary>
    internal Switch? SwitchNow => LabDevice is { } device ? KernelState.SwitchOf(device) : null;

    /// <summary>The switches between the one that the frame went into by the hop before this one and the one that it left by this one, both aside.</summary>
    internal IReadOnlyList<Switch> Between(Hop before) => LeavesSwitch && before.Enters is { } entered && SwitchNow is { } left
        ? entered.Between(left, before.InTunnel != InTunnel) : [];

    /// <summary>The hop in a few words: <c>compute1/qvo1 in, VLAN 7</c>.</summary>
    public override string ToString() =>
        $"{Node.Name}/{Device} {(Direction == HopDirection.In ? "in" : "out")}{(Vlan is { } v ? $", VLAN {v}" : "")}{(InTunnel ? ", in a tunnel" : "")}";
}
