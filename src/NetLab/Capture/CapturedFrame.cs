using NetLab.Packets;

namespace NetLab;

/// <summary>A frame as it passed a device.</summary>
/// <param name="Node">In which node.</param>
/// <param name="DeviceName">At which device.</param>
/// <param name="Direction">Which way, seen from the kernel that holds the device.</param>
/// <param name="TimestampNanoseconds">When the kernel saw it, nanoseconds since 1970.</param>
/// <param name="Frame">The frame, with its VLAN tags.</param>
public sealed record CapturedFrame(Node Node, string DeviceName, HopDirection Direction, long TimestampNanoseconds, Frame Frame)
{
    /// <summary>The device, where it is one of the lab's.</summary>
    public Device? Device => Node.FindDevice(DeviceName);

    /// <summary>A line: when, where, which way, and the frame.</summary>
    public override string ToString() =>
        $"{DateTime.UnixEpoch.AddTicks(TimestampNanoseconds / 100):HH:mm:ss.ffffff} {Node.Name}/{DeviceName} " +
            $"{(Direction == HopDirection.In ? "in " : "out")} {Frame}";
}

/// <summary>How many frames a capture took from a node.</summary>
/// <param name="Node">The node.</param>
/// <param name="Captured">Frames that were captured.</param>
/// <param name="Lost">Frames that passed and are lost, because they came faster than they were taken from the kernel.
/// At which of the node's devices they passed is not known.</param>
public sealed record CaptureCount(Node Node, long Captured, long Lost);
