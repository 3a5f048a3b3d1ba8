namespace NetLab;

/// <summary>
/// Frames that have come to rest and are not told yet, while the next company may leave: of one whose equal has left since, what is seen now may be its
/// equal's.
/// </summary>
internal sealed class UntoldFrames : ILivePart
{
    private readonly Lock _gate = new();
    private readonly Dictionary<int, HashSet<FollowedFrame>> _byKey = [];

    public void Add(FollowedFrame frame)
    {
        lock (_gate)
        {
            if (!_byKey.TryGetValue(frame.Sent.Identity.Key, out var equals))
            {
                _byKey.Add(frame.Sent.Identity.Key, equals = []);
            }

            equals.Add(frame);
        }
    }

    public void Remove(FollowedFrame frame)
    {
        lock (_gate)
        {
            if (_byKey.TryGetValue(frame.Sent.Identity.Key, out var equals) && equals.Remove(frame) && equals.Count == 0)
            {
                _byKey.Remove(frame.Sent.Identity.Key);
            }
        }
    }

    /// <summary>These leave now.</summary>
    public void Leave(IEnumerable<FollowedFrame> frames)
    {
        lock (_gate)
        {
            foreach (var equal in frames.SelectMany(frame => _byKey.GetValueOrDefault(frame.Sent.Identity.Key, [])))
            {
                equal.HasEqual = true;
            }
        }
    }
}
