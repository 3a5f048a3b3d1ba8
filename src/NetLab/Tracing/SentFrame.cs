using NetLab.Packets;

namespace NetLab;

/// <summary>A frame that is followed.</summary>
/// <param name="From">The name of who sends it.</param>
/// <param name="Sender">The VM that sends it; null where a node's own stack does.</param>
/// <param name="Start">The node where it begins.</param>
/// <param name="Frame">The frame as it is sent; from a node's stack, as far as it is known before.</param>
/// <param name="Identity">By what it is known again.</param>
internal sealed record SentFrame(string From, FakeVm? Sender, Node Start, Frame Frame, FrameIdentity Identity)
{
    /// <summary>How many bytes of <see cref="Frame"/> are known, where those after them were not seen and are zero; null where all are.</summary>
    public int? Known { get; init; }

    /// <summary>Tells the frame where a node's stack makes all of it; null where its bytes above IP tell.</summary>
    public Func<Frame, bool>? IsIt { get; init; }
}
