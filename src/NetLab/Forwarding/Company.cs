using System.Diagnostics;
using NetLab.Packets;

namespace NetLab;

/// <summary>What was seen of frames that left together.</summary>
/// <param name="BySockets">Of each frame what packet sockets saw; null where the kernel's tracepoints told.</param>
/// <param name="ByKernel">What those told of all; null where they did not.</param>
internal sealed record Company(IReadOnlyDictionary<SentFrame, Seen>? BySockets, SeenFrames? ByKernel)
{
    /// <summary>Storms that were stopped meanwhile.</summary>
    public IReadOnlyList<Storm> Storms { get; init; } = [];

    /// <summary>All frames that packet sockets saw meanwhile, and since; none where the kernel's tracepoints told.</summary>
    public Func<IReadOnlyList<Sighting>> Around { get; init; } = () => [];

    /// <summary>What rules did meanwhile.</summary>
    public RuleAccount Rules { get; init; } = RuleAccount.None;

    /// <summary>How many records had no room.</summary>
    public long LostOf(SentFrame sent) => ByKernel?.Lost ?? BySockets![sent].Lost;

    /// <summary>The copies of a frame, each with its way; why one ended is not known yet.</summary>
    public IReadOnlyList<FrameCopy> CopiesOf(SentFrame sent) =>
        ByKernel is null ? CopiesOf(sent, BySockets![sent]) : TraceFateBuilder.Build(sent, ByKernel);

    /// <summary>The copies of a frame of which alone something was seen.</summary>
    public static IReadOnlyList<FrameCopy> CopiesOf(SentFrame sent, Seen seen) => seen switch
    {
        SeenByKernel { Events: var events } => TraceFateBuilder.Build(sent, events),
        SeenBySockets { Sightings: var sightings } => FateBuilder.Build(sent, [.. sightings.Where(s => !IsEcho(s.Frame, sent.Frame))]),
        _ => throw new UnreachableException(),
    };

    // A program may send back what it was sent: that is no copy of it.
    private static bool IsEcho(Frame seen, Frame sent) => seen.Udp is { } back && sent.Udp is { } asked && asked.SourcePort != asked.DestinationPort
        && back.SourcePort == asked.DestinationPort && back.DestinationPort != asked.DestinationPort;

    /// <summary>A number that changes when anything more is seen of these frames.</summary>
    public long Extent(IEnumerable<SentFrame> frames)
    {
        var extent = default(HashCode);
        foreach (var copy in frames.SelectMany(CopiesOf))
        {
            extent.Add((copy.End, copy.Hops.Count));
        }

        return extent.ToHashCode();
    }
}
