namespace NetLab.Cli.Live;

/// <summary>Shows what a watch tells.</summary>
internal interface ILiveView
{
    /// <summary>The watching has begun.</summary>
    void Begin(Lab lab, NamespaceWatch watch, bool traceRules);

    /// <summary>What became of a frame.</summary>
    /// <param name="fate">The fate.</param>
    /// <param name="fresh">Causes that stopped it and were not seen before.</param>
    /// <param name="isStopped">Whether it was stopped at all.</param>
    void Show(Fate fate, IReadOnlyList<(FrameCopy Copy, Reason Reason)> fresh, bool isStopped);

    /// <summary>The watching has ended.</summary>
    void End(LiveTally tally, NamespaceWatch watch, TimeSpan took);
}
