namespace NetLab;

/// <summary>
/// Frames of a lab that are asked about at the same time leave together and are waited for together; who comes later goes with the next.
/// A barrier for each alone would never end, for each would wait for the frames of those who came after it.
/// </summary>
/// <remarks>No two frames that could be taken for one another are in the same company, so that equal frames are told apart.</remarks>
internal sealed class Convoy(Lab lab) : ILivePart
{
    private const int MostFrames = 256;
    private const int MostCopies = 20_000; // what is seen of them must have room where it is kept

    private readonly Lock _gate = new();
    private readonly LinkedList<Member> _waiting = [];
    private bool _isUnderWay;

    /// <summary>Sends a frame and completes when nothing of it, nor of those that left with it, is under way any more.</summary>
    /// <param name="sent">The frame.</param>
    /// <param name="send">Sends it. What it throws is the caller's.</param>
    /// <param name="ct">Gives up: what has not left yet never does.</param>
    /// <param name="isAnswered">Whether nobody needs to know any more what became of it.</param>
    /// <returns>What was seen; null where all that left together are answered.</returns>
    public static async Task<Company?> SendAsync(SentFrame sent, Action send, CancellationToken ct, Func<bool>? isAnswered = null)
    {
        var convoy = sent.Start.Lab.Live.Part(lab => new Convoy(lab));
        var member = new Member(sent, send, isAnswered, ct);
        bool isFirst;
        lock (convoy._gate)
        {
            convoy._waiting.AddLast(member);
            isFirst = !convoy._isUnderWay;
            convoy._isUnderWay = true;
        }

        if (isFirst)
        {
            _ = convoy.RunAsync();
        }

        return await member.Done.Task.WaitAsync(ct).ConfigureAwait(false);
    }

    private async Task RunAsync()
    {
        while (Next() is { Count: > 0 } members)
        {
            try
            {
                var company = await TravelAsync(members).ConfigureAwait(false);
                members.ForEach(m => m.Done.TrySetResult(company));
            }
#pragma warning disable CA1031 // Whatever it is, those who wait are told.
            catch (Exception e)
#pragma warning restore CA1031
            {
                members.ForEach(m => m.Done.TrySetException(e));
            }
        }
    }

    private List<Member> Next()
    {
        lock (_gate)
        {
            var next = new List<Member>();
            var keys = new HashSet<(int Frame, object? Sender)>();
            int copies = 0, devices = lab.Nodes.Sum(n => n.Devices.Count);
            var toldApartBySender = _waiting.Count > 1 && lab.Live.Witness is KernelWatch;
            for (LinkedListNode<Member>? node = _waiting.First, after; node is not null && next.Count < MostFrames && copies < MostCopies; node = after)
            {
                after = node.Next;
                var member = node.Value;
                if (member.Cancellation.IsCancellationRequested)
                {
                    _waiting.Remove(node);
                }
                else if ((next.Count == 0 || member.IsForAll == next[0].IsForAll)
                    && keys.Add((member.Sent.Identity.Key, toldApartBySender ? member.Sent.From : null)))
                {
                    _waiting.Remove(node);
                    next.Add(member);
                    copies += member.IsForAll ? devices : 1;
                }
            }

            _isUnderWay = next.Count > 0;
            return next;
        }
    }

    private async Task<Company?> TravelAsync(List<Member> members)
    {
        using var observation = lab.Watch().Observe();
        using var rules = lab.Live.Part(own => new RuleWatch(own)).Record();
        foreach (var member in members)
        {
            try
            {
                member.Send();
            }
#pragma warning disable CA1031 // It is told to the one who sends; the others go on.
            catch (Exception e)
#pragma warning restore CA1031
            {
                member.Done.TrySetException(e);
            }
        }

        var storms = await Barrier.SettleAsync(lab, CancellationToken.None, () => Look(observation, members).Extent(members.Select(m => m.Sent)))
            .ConfigureAwait(false);
        return storms.Count == 0 && members.TrueForAll(m => m.IsAnswered?.Invoke() == true) ? null
            : Look(observation, members) with { Storms = storms, Rules = rules.Take() };
    }

    private static Company Look(IObservation observation, List<Member> members)
    {
        var first = observation.Take(members[0].Sent);
        if (first is SeenByKernel kernel)
        {
            return new Company(null, new SeenFrames(members[0].Sent.Start.Lab, kernel));
        }

        var seen = new Dictionary<SentFrame, Seen>(ReferenceEqualityComparer.Instance) { [members[0].Sent] = first };
        foreach (var member in members.Skip(1))
        {
            seen.Add(member.Sent, observation.Take(member.Sent));
        }

        return new Company(seen, null);
    }

    private sealed record Member(SentFrame Sent, Action Send, Func<bool>? IsAnswered, CancellationToken Cancellation)
    {
        // Questions to all are not mixed with others: what is seen of their many copies is only looked at where one got no answer.
        public bool IsForAll { get; } = Sent.Frame.Destination.IsMulticast;

        public TaskCompletionSource<Company?> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}

/// <summary>What was seen of frames that left together.</summary>
/// <param name="BySockets">Of each frame what packet sockets saw; null where the kernel's tracepoints told.</param>
/// <param name="ByKernel">What those told of all; null where they did not.</param>
internal sealed record Company(IReadOnlyDictionary<SentFrame, Seen>? BySockets, SeenFrames? ByKernel)
{
    /// <summary>Storms that were stopped meanwhile.</summary>
    public IReadOnlyList<Storm> Storms { get; init; } = [];

    /// <summary>What rules did meanwhile.</summary>
    public RuleAccount? Rules { get; init; }

    /// <summary>How many records had no room.</summary>
    public long LostOf(SentFrame sent) => ByKernel?.Lost ?? BySockets![sent].Lost;

    /// <summary>The copies of a frame, each with its way; why one ended is not known yet.</summary>
    public IReadOnlyList<FrameCopy> CopiesOf(SentFrame sent) =>
        ByKernel is null ? FollowedFrame.CopiesOf(sent, BySockets![sent]) : TraceFateBuilder.Build(sent, ByKernel);

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
