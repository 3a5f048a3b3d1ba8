namespace NetLab;

/// <summary>Writing frames to the tap.</summary>
public sealed partial class FakeVm
{
    /// <summary>Writes a frame to the tap and looks no further: for traffic whose fate nobody asks for.</summary>
    /// <exception cref="Linux.LinuxException">The kernel refused it: EIO where the tap is down, EINVAL for less than an Ethernet header.</exception>
    public void Inject(ReadOnlySpan<byte> frame)
    {
        Node.Lab.RequireApplied();
        Tap.LiveTap.Write(frame);
    }
}
