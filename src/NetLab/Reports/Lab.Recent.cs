namespace NetLab;

/// <summary>What a lab remembers for whoever asks after a failure.</summary>
public sealed partial class Lab
{
    private const int FatesKept = 64;

    private static readonly AsyncLocal<Func<Lab, ValueTask>?> BeforeDisposalOf = new();

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

    /// <summary>Called for every lab that is disposed in the current flow of execution, while all of it is still there. It must not throw.</summary>
    internal static Func<Lab, ValueTask>? BeforeDisposal
    {
        get => BeforeDisposalOf.Value;
        set => BeforeDisposalOf.Value = value;
    }

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
