namespace NetLab.Linux.Netlink;

/// <summary>Fair queueing with controlled delay (RFC 8290, tc-fq_codel(8); CONFIG_NET_SCH_FQ_CODEL). Times in whole microseconds.</summary>
/// <param name="Index">Index of the device.</param>
public sealed record FqCodelSpec(int Index) : QdiscSpec(Index)
{
    private const ushort TCA_FQ_CODEL_TARGET = 1, TCA_FQ_CODEL_LIMIT = 2, TCA_FQ_CODEL_INTERVAL = 3, TCA_FQ_CODEL_ECN = 4, TCA_FQ_CODEL_FLOWS = 5,
        TCA_FQ_CODEL_QUANTUM = 6, TCA_FQ_CODEL_CE_THRESHOLD = 7, TCA_FQ_CODEL_DROP_BATCH_SIZE = 8, TCA_FQ_CODEL_MEMORY_LIMIT = 9;

    /// <inheritdoc/>
    public override string Kind => "fq_codel";

    /// <summary>Most packets that may wait.</summary>
    public uint? Limit { get; init; }

    /// <summary>Number of queues.</summary>
    public uint? Flows { get; init; }

    /// <summary>Most bytes that may wait.</summary>
    public uint? MemoryLimit { get; init; }

    /// <summary>The delay to keep below.</summary>
    public TimeSpan? Target { get; init; }

    /// <summary>Time over which it is measured.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>Bytes a queue may send in its turn.</summary>
    public uint? Quantum { get; init; }

    /// <summary>Marks instead of dropping.</summary>
    public bool? Ecn { get; init; }

    /// <summary>The delay from which on packets are marked.</summary>
    public TimeSpan? CeThreshold { get; init; }

    /// <summary>Most packets dropped at once when full.</summary>
    public uint? DropBatch { get; init; }

    internal override void WriteOptions(MessageWriter writer)
    {
        writer.U32(TCA_FQ_CODEL_LIMIT, Limit);
        writer.U32(TCA_FQ_CODEL_FLOWS, Flows);
        writer.U32(TCA_FQ_CODEL_QUANTUM, Quantum);
        writer.U32(TCA_FQ_CODEL_INTERVAL, Microseconds(Interval));
        writer.U32(TCA_FQ_CODEL_TARGET, Microseconds(Target));
        writer.U32(TCA_FQ_CODEL_ECN, Ecn is { } ecn ? (ecn ? 1u : 0u) : null);
        writer.U32(TCA_FQ_CODEL_CE_THRESHOLD, Microseconds(CeThreshold));
        writer.U32(TCA_FQ_CODEL_MEMORY_LIMIT, MemoryLimit);
        writer.U32(TCA_FQ_CODEL_DROP_BATCH_SIZE, DropBatch);
    }

    private static uint? Microseconds(TimeSpan? time) => time is { } t ? (uint)t.TotalMicroseconds : null;

    internal static FqCodelSpec Read(int index, Attributes data)
    {
        var spec = new FqCodelSpec(index);
        foreach (var a in data)
        {
            spec = a.Type switch
            {
                TCA_FQ_CODEL_LIMIT => spec with { Limit = a.U32 },
                TCA_FQ_CODEL_FLOWS => spec with { Flows = a.U32 },
                TCA_FQ_CODEL_QUANTUM => spec with { Quantum = a.U32 },
                TCA_FQ_CODEL_INTERVAL => spec with { Interval = TimeSpan.FromMicroseconds(a.U32) },
                TCA_FQ_CODEL_TARGET => spec with { Target = TimeSpan.FromMicroseconds(a.U32) },
                TCA_FQ_CODEL_ECN => spec with { Ecn = a.U32 != 0 },
                TCA_FQ_CODEL_CE_THRESHOLD => spec with { CeThreshold = TimeSpan.FromMicroseconds(a.U32) },
                TCA_FQ_CODEL_MEMORY_LIMIT => spec with { MemoryLimit = a.U32 },
                TCA_FQ_CODEL_DROP_BATCH_SIZE => spec with { DropBatch = a.U32 },
                _ => spec,
            };
        }

        return spec;
    }
}
