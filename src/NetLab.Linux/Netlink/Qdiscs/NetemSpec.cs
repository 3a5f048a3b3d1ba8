namespace NetLab.Linux.Netlink;

/// <summary>The Gilbert-Elliott model of loss: a good and a bad state, each with its own loss. All are probabilities of 0 to 1.</summary>
/// <param name="GoodToBad">Of going from good to bad (p).</param>
/// <param name="BadToGood">Of going from bad to good (r).</param>
/// <param name="BadLoss">Of loss in the bad state (1-h).</param>
/// <param name="GoodLoss">Of loss in the good state (1-k).</param>
public sealed record GilbertElliottLoss(double GoodToBad, double BadToGood, double BadLoss = 1, double GoodLoss = 0);

/// <summary>The 4-state Markov model of loss (tc-netem(8)). All are probabilities of 0 to 1.</summary>
/// <param name="P13">From good to losing in a burst.</param>
/// <param name="P31">Back.</param>
/// <param name="P32">From losing in a burst to receiving within it.</param>
/// <param name="P23">Back.</param>
/// <param name="P14">Of an isolated loss.</param>
public sealed record MarkovLoss(double P13, double P31 = 1, double P32 = 0, double P23 = 1, double P14 = 0);

/// <summary>Sending in slots.</summary>
/// <param name="MinimumDelay">Shortest time between slots.</param>
/// <param name="MaximumDelay">Longest time between slots.</param>
/// <param name="MaximumPackets">Most packets in a slot, 0 for no limit.</param>
/// <param name="MaximumBytes">Most bytes in a slot, 0 for no limit.</param>
public sealed record NetemSlot(TimeSpan MinimumDelay, TimeSpan MaximumDelay, int MaximumPackets = 0, int MaximumBytes = 0);

/// <summary>
/// Delay, loss, duplication, corruption, reordering and rate of a link (tc-netem(8); CONFIG_NET_SCH_NETEM). Probabilities and correlations are 0 to 1. With
/// <see cref="Seed"/> the kernel's choices can be repeated.
/// </summary>
/// <param name="Index">Index of the device.</param>
public sealed partial record NetemSpec(int Index) : QdiscSpec(Index)
{
    /// <inheritdoc/>
    public override string Kind => "netem";

    /// <summary>Most packets that may wait.</summary>
    public uint Limit { get; init; } = 1000;

    /// <summary>Delay of each packet; to the nanosecond.</summary>
    public TimeSpan Delay { get; init; }

    /// <summary>How far the delay varies to both sides; to the nanosecond.</summary>
    public TimeSpan Jitter { get; init; }

    /// <summary>How much a delay resembles the one before.</summary>
    public double DelayCorrelation { get; init; }

    /// <summary>The table that delays are drawn by (<c>/usr/lib/tc/*.dist</c>); evenly when null.</summary>
    public IReadOnlyList<short>? DelayDistribution { get; init; }

    /// <summary>Probability of loss.</summary>
    public double Loss { get; init; }

    /// <summary>How much a loss resembles the one before.</summary>
    public double LossCorrelation { get; init; }

    /// <summary>Loss in bursts, instead of <see cref="Loss"/>.</summary>
    public GilbertElliottLoss? GilbertElliott { get; init; }

    /// <summary>Loss in bursts, instead of <see cref="Loss"/>.</summary>
    public MarkovLoss? Markov { get; init; }

    /// <summary>Marks instead of dropping, where the packet allows it.</summary>
    public bool Ecn { get; init; }

    /// <summary>Probability that a packet is sent twice.</summary>
    public double Duplicate { get; init; }

    /// <summary>How much a duplication resembles the one before.</summary>
    public double DuplicateCorrelation { get; init; }

    /// <summary>Probability that one bit of a packet is changed.</summary>
    public double Corrupt { get; init; }

    /// <summary>How much a corruption resembles the one before.</summary>
    public double CorruptCorrelation { get; init; }

    /// <summary>Probability that a packet is sent at once, and so overtakes those delayed.</summary>
    public double Reorder { get; init; }

    /// <summary>How much a reordering resembles the one before.</summary>
    public double ReorderCorrelation { get; init; }

    /// <summary>Reorders each N-th packet only; 1 when <see cref="Reorder"/> is set and this is 0.</summary>
    public uint Gap { get; init; }

    /// <summary>Rate in bits a second, 0 for none.</summary>
    public ulong Rate { get; init; }

    /// <summary>Bytes added to each packet when its time is worked out; may be negative.</summary>
    public int PacketOverhead { get; init; }

    /// <summary>Size of a cell, in bytes, for link layers that have them.</summary>
    public uint CellSize { get; init; }

    /// <summary>Bytes added to each cell.</summary>
    public int CellOverhead { get; init; }

    /// <summary>Sends in slots.</summary>
    public NetemSlot? Slot { get; init; }

    /// <summary>Seed of its random numbers (TCA_NETEM_PRNG_SEED, Linux 6.6); drawn by the kernel when null.</summary>
    [SinceLinux("6.6")]
    public ulong? Seed { get; init; }
}
