namespace NetLab;

/// <summary>What a lab remembers for whoever asks after a failure.</summary>
public sealed partial class Lab
{
    private const int FatesKept = 64;

    private readonly Queue<Fate> _recentFates = [];

    /// <summary>The fates of the last 64 frames that were followed, oldest first.</summary>
    public IReadOnlyList<Fate> RecentFates
    {
        get
        {
            lock (_recentFates)
            {
                return [.. _recentFates];
            }
        }
    }

    /// <summary>Who is told of every lab of this process; null where nobody asked.</summary>
    internal static ILabObserver? Observer { get; set; }

    private Fate Remember(Fate fate)
    {
        lock (_recentFates)
        {
            _recentFates.Enqueue(fate);
            if (_recentFates.Count > FatesKept)
            {
                _recentFates.Dequeue();
            }
        }

        return fate;
    }
}
