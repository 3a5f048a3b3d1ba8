using NetLab.Packets;

namespace NetLab;

/// <summary>By what a lab sees frames: the kernel's tracepoints (<see cref="KernelWatch"/>), or a packet socket in every node (<see cref="FrameWatch"/>).</summary>
internal interface IFrameWatch : IDisposable
{
    /// <summary>What it is and, if it is not the best there is, why: for every report.</summary>
    string Level { get; }

    /// <summary>How many times a frame was seen at a device so far; grows in <see cref="Drain"/> alone.</summary>
    long Count { get; }

    void AddNodes(IEnumerable<Node> nodes);

    /// <summary>Takes what the kernel has kept since the last time.</summary>
    void Drain();

    /// <summary>From now on what is seen is kept, until the observation is disposed.</summary>
    IObservation Observe();

    /// <summary>A frame that goes round, among the last that were seen; null where there is none. Needs an observation to be under way.</summary>
    /// <param name="closed">Ports that were closed already: what still comes to them goes no further.</param>
    FrameLoop? FindLoop(IReadOnlyCollection<Device> closed);

    /// <summary>What was seen until now is not looked at for a loop any more; what nobody has read yet may be thrown away.</summary>
    void ForgetLast();

    /// <summary>The devices that saw most of the last frames, for the text of a storm.</summary>
    string Busiest();
}

/// <summary>A stretch of time in which a frame is followed.</summary>
internal interface IObservation : IDisposable
{
    /// <summary>What became of the frame since, as far as it was seen.</summary>
    Observed Take(SentFrame sent);
}

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
}

/// <summary>What was seen of a frame.</summary>
/// <param name="Copies">Its copies, each with its way; why one ended is not known yet.</param>
/// <param name="Lost">How many records had no room.</param>
internal sealed record Observed(IReadOnlyList<FrameCopy> Copies, long Lost);
