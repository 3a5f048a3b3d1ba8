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
    private readonly LinkedList<FollowedFrame> _waiting = [];
    private bool _isUnderWay;

    /// <summary>Lets a frame leave with the next company.</summary>
    public void Add(FollowedFrame frame)
    {
        bool isFirst;
        lock (_gate)
        {
            _waiting.AddLast(frame);
            isFirst = !_isUnderWay;
            _isUnderWay = true;
        }

        if (isFirst)
        {
            _ = RunAsync();
        }
    }

    private async Task RunAsync()
    {
        while (Next() is { Count: > 0 } frames)
        {
            await FollowedFrame.ConductAsync(frames).ConfigureAwait(false);
        }
    }

    private List<FollowedFrame> Next()
    {
        lock (_gate)
        {
            var next = new List<FollowedFrame>();
            var keys = new HashSet<(int Frame, object? Sender)>();
            int copies = 0, devices = lab.Nodes.Sum(n => n.Devices.Count);
            var toldApartBySender = _waiting.Count > 1 && lab.Live.Witness is KernelWatch;
            for (LinkedListNode<FollowedFrame>? node = _waiting.First, after; node is not null && next.Count < MostFrames && copies < MostCopies; node = after)
            {
                after = node.Next;
                var frame = node.Value;
                if (frame.Cancellation.IsCancellationRequested)
                {
                    _waiting.Remove(node);
                }
                else if ((next.Count == 0 || frame.IsForAll == next[0].IsForAll)
                    && keys.Add((frame.Sent.Identity.Key, toldApartBySender ? frame.Sent.From : null)))
                {
                    _waiting.Remove(node);
                    next.Add(frame);
                    copies += frame.IsForAll ? devices : 1;
                }
            }

            _isUnderWay = next.Count > 0;
            return next;
        }
    }
}
