using System.Diagnostics;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab;

/// <summary>Frames by the kernel's tracepoints. Keeps the records of those that are under way, and forgets all others.</summary>
internal sealed class KernelFrames : IWatchSource, IDisposable
{
    private const long Quiet = 200_000_000; // ns without a record after which a frame has come to rest
    private const long LongestWait = 3_500_000_000; // ns that the kernel asks for a neighbour before it gives up, and some more
    private const long Longest = 10_000_000_000; // ns after which a frame that does not rest goes round in circles

    // Drops of what was delivered long before, and of what never was a frame.
    private static readonly HashSet<string> NoFrames = ["QUEUE_PURGE", "SOCKET_CLOSE", "SOCKET_RCVBUFF", "NOT_SPECIFIED"];

    private readonly Lab _lab;
    private readonly KernelWatch _watch;
    private readonly Func<Frame, bool> _isWanted;
    private readonly IObservation _recording;
    private readonly long _lostBefore;
    private List<TraceEvent> _pending = [];

    public KernelFrames(Lab lab, KernelWatch watch, Func<Frame, bool> isWanted)
    {
        (_lab, _watch, _isWanted) = (lab, watch, isWanted);
        _recording = watch.Observe();
        watch.TakeAway(out _lostBefore);
    }

    public long Lost { get; private set; }

    public IReadOnlyList<WatchedFrame> Collect(bool all)
    {
        var fresh = _watch.TakeAway(out var lost);
        Lost = lost - _lostBefore;
        if (fresh.Count == 0 && _pending.Count == 0)
        {
            return [];
        }

        var now = Stopwatch.GetTimestamp();
        var nodes = _lab.Nodes.ToDictionary(n => n.NamespaceInode);
        var frames = new List<WatchedFrame>();
        var unfinished = new List<TraceEvent>();
        foreach (var root in SkbTree.Build(_pending.Concat(fresh)).Roots)
        {
            var family = SkbTree.Family(root);
            if (!all && !IsAtRest(family, now))
            {
                unfinished.AddRange(family.SelectMany(c => c.Events));
            }
            else if (FrameOf(root, nodes, _isWanted) is { } frame)
            {
                frames.Add(frame with { Copies = TraceFateBuilder.Build(frame.Sent, root) });
            }
        }

        _pending = unfinished;
        return frames;
    }

    public void Dispose() => _recording.Dispose();

    private static bool IsAtRest(IReadOnlyList<SkbCopy> family, long now)
    {
        var last = family.Max(c => c.Events[^1].Timestamp);
        return now - last > (family.Any(MayWait) ? LongestWait : Quiet) || now - family[0].Events[0].Timestamp > Longest;
    }

    // What a node is to pass on by a route, and has not yet: it asks for the neighbour's address.
    private static bool MayWait(SkbCopy copy) =>
        copy is { End: SkbEnd.Open, Hops: [.., { Direction: SkbDirection.In }] }
            && copy.RouteLookups.LastOrDefault() is { Error: 0, NextHopInterfaceIndex: not 0, Table: not 255 };

    /// <summary>A frame where it was seen first; null where it is not wanted, or is none that went by a device of these nodes.</summary>
    public static WatchedFrame? FrameOf(SkbCopy root, Dictionary<ulong, Node> nodes, Func<Frame, bool> isWanted)
    {
        var first = root.Events[0];
        if (first.DeviceName == "lo" || first.Bytes.Length == 0 || !nodes.TryGetValue(first.Namespace, out var node)
            || (root.Hops.Count == 0 && !IsKeptBack(first)))
        {
            return null;
        }

        var (_, _, frame, known) = SeenPacket.Of(node, first);
        if (!isWanted(frame))
        {
            return null;
        }

        var isOwn = root.Hops is not [{ Direction: SkbDirection.In }, ..];
        var sent = new SentFrame(WatchedFrame.SenderOf(frame, node, isOwn), null, node, frame, FrameIdentity.Of(frame))
            { Known = known < frame.Length ? known : null };
        return new WatchedFrame(sent, MonotonicTime.ToDateTime(first.Timestamp), []);
    }

    // A node's own packet that was dropped before any device saw it.
    private static bool IsKeptBack(TraceEvent first) =>
        first is { Kind: TraceEventKind.KfreeSkb, IngressInterfaceIndex: 0, Protocol: 0x0800 or 0x86dd or 0x0806 } && !NoFrames.Contains(first.ReasonName);
}
