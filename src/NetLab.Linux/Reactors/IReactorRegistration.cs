namespace NetLab.Linux;

/// <summary>A descriptor that <see cref="Reactor.OnReadable"/> watches; disposing ends that.</summary>
internal interface IReactorRegistration : IDisposable
{
    /// <summary>
    /// Watches no longer, until <see cref="Resume"/>: for as long as somebody reads the descriptor himself, and would only be slowed down by a thread that
    /// wakes for the same data. A callback that is under way may still come.
    /// May be called from anywhere, allocates nothing, and does nothing when paused or disposed.
    /// </summary>
    void Pause();

    /// <summary>Watches again; what became readable meanwhile is told at once.</summary>
    void Resume();
}
