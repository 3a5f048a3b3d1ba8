namespace NetLab;

/// <summary>What a lab remembers of its last frames for whoever asks after a failure.</summary>
internal sealed class RecentFates : ILivePart
{
    private const int Most = 64;

    private readonly Queue<Fate> _fates = [];

    public IReadOnlyList<Fate> All
    {
        get
        {
            lock (_fates)
            {
                return [.. _fates];
            }
        }
    }

    public Fate Add(Fate fate)
    {
        lock (_fates)
        {
            _fates.Enqueue(fate);
            if (_fates.Count > Most)
            {
                _fates.Dequeue();
            }
        }

        return fate;
    }
}

/// <summary>The fates of a lab's frames.</summary>
public static class LabFates
{
    extension(Lab lab)
    {
        /// <summary>The fates of the last 64 frames that were followed, oldest first.</summary>
        public IReadOnlyList<Fate> RecentFates => lab.Live.Part(_ => new RecentFates()).All;
    }
}
