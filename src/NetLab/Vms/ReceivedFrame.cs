using NetLab.Packets;

namespace NetLab;

/// <summary>A frame that a fake VM read from its tap.</summary>
/// <param name="Frame">The frame.</param>
/// <param name="At">When it was read, by <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>.</param>
/// <param name="ByHabit">Whether the guest's own habits took it: address resolution, or a ping that it answered.</param>
public sealed record ReceivedFrame(Frame Frame, long At, bool ByHabit)
{
    internal bool IsTaken { get; set; }

    /// <summary>The frame in a line.</summary>
    public override string ToString() => Frame.ToString();
}
