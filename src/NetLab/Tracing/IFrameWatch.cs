namespace NetLab;

/// <summary>
/// By what a lab sees frames: the kernel's tracepoints (<see cref="KernelWatch"/>), or a packet socket in every node (<see cref="FrameWatch"/>).
/// </summary>
internal interface IFrameWatch : IWitness, IDisposable
{
    /// <summary>What it is and, if it is not the best there is, why: for every report.</summary>
    string Level { get; }

    void AddNodes(IEnumerable<Node> nodes);

    /// <summary>From now on what is seen is kept, until the observation is disposed.</summary>
    IObservation Observe();

    /// <summary>A frame that goes round, among the last that were seen; null where there is none. Needs an observation to be under way.</summary>
    /// <param name="closed">Ports that were closed already: what still comes to them goes no further.</param>
    FrameLoop? FindLoop(IReadOnlyCollection<Device> closed);

    IDisposable IWitness.Keep() => Observe();

    Storm? IWitness.StopLoop(IReadOnlyCollection<Storm> before) => FindLoop([.. before.Select(s => s.Port)])?.Stop();

    void ILivePart.AddNewNodes(Lab lab) => AddNodes(lab.Nodes);

    ValueTask ILivePart.EndAsync()
    {
        Dispose();
        return ValueTask.CompletedTask;
    }
}

/// <summary>A stretch of time in which a frame is followed.</summary>
internal interface IObservation : IDisposable
{
    /// <summary>What was seen since, as far as it may be of the frame.</summary>
    Seen Take(SentFrame sent);

    /// <summary>All frames that packet sockets saw since, in the order of their times; none where the kernel's tracepoints tell.</summary>
    IReadOnlyList<Sighting> All() => [];
}
