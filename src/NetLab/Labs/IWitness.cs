namespace NetLab;

/// <summary>Who sees the frames of a lab, as far as the <see cref="Barrier"/> asks: whether something moves, and what goes round for ever.</summary>
internal interface IWitness : ILivePart
{
    /// <summary>How many times a frame was seen at a device so far; grows in <see cref="Drain"/> alone.</summary>
    long Count { get; }

    /// <summary>Takes what the kernel has kept since the last time.</summary>
    void Drain();

    /// <summary>From now on what moves is kept, until this is disposed: without that no loop is found.</summary>
    IDisposable Keep();

    /// <summary>Closes a port on the loop that a frame goes round in; null where none goes round.</summary>
    /// <param name="before">Storms whose port was closed already: what still comes to it goes no further.</param>
    Storm? StopLoop(IReadOnlyCollection<Storm> before);

    /// <summary>What was seen until now is not looked at for a loop any more; what nobody has read yet may be thrown away.</summary>
    void ForgetLast();

    /// <summary>The devices that saw most of the last frames, for the text of a storm.</summary>
    string Busiest();
}
