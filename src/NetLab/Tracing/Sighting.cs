using NetLab.Packets;

namespace NetLab;

/// <summary>Which way a frame crossed a device, seen from the kernel that holds the device.</summary>
public enum HopDirection
{
    /// <summary>It came in from the device.</summary>
    In,

    /// <summary>It went out of the device.</summary>
    Out,
}

/// <summary>A frame seen at a device.</summary>
/// <param name="Sequence">Position in the lab's log of sightings.</param>
/// <param name="Time">When, in nanoseconds of the kernel's clock.</param>
/// <param name="Node">In which node.</param>
/// <param name="DeviceName">At which device.</param>
/// <param name="Device">The lab's device, where it is one of the lab's.</param>
/// <param name="Direction">Which way.</param>
/// <param name="Tag">The VLAN tag that the kernel keeps beside the bytes, if any.</param>
/// <param name="Frame">The frame as it was there.</param>
internal sealed record Sighting(long Sequence, long Time, Node Node, string DeviceName, Device? Device, HopDirection Direction, VlanTag? Tag, Frame Frame)
{
    private FrameIdentity? _identity;

    /// <summary>What the frame is, computed when first asked for.</summary>
    public FrameIdentity Identity => _identity ??= FrameIdentity.Of(Frame);
}
