namespace NetLab.Torture;

/// <summary>One kind of torture: a turn does something at random, and throws where what must hold did not.</summary>
internal interface ITorment
{
    /// <summary>Its name, in a word or two.</summary>
    string Name { get; }

    /// <summary>What is counted.</summary>
    string Unit { get; }

    /// <summary>What else its turns showed, in a line; empty where that is nothing.</summary>
    string Note => "";

    /// <summary>Whether it takes part only where it is asked for by its name: it looks for what is not mended yet, and finds some.</summary>
    bool IsSearch => false;

    /// <summary>What did not hold of all its turns together; null where all held.</summary>
    string? Fault => null;

    /// <summary>Does one turn.</summary>
    /// <param name="random">Where all that is random comes from.</param>
    /// <param name="ct">The time is over.</param>
    /// <returns>How many of <see cref="Unit"/> the turn made.</returns>
    Task<long> TurnAsync(Random random, CancellationToken ct);
}

/// <summary>The list of all.</summary>
internal static class Torments
{
    public static IReadOnlyList<ITorment> All { get; } =
    [
        new FrameTorment(),
        new CaptureFileTorment(),
        new DocumentTorment(),
        new NetlinkTorment(),
        new OvsdbTorment(),
        new ConcurrencyTorment(),
        new FateTorment(),
        new KillTorment(),
        new LimitTorment(),
        new LocaleTorment(),
    ];
}

/// <summary>What must hold did not.</summary>
internal sealed class TortureException(string message) : Exception(message);
