namespace NetLab.Linux.Netlink;

/// <summary>A token bucket: holds a rate, lets bursts through (tc-tbf(8); CONFIG_NET_SCH_TBF).</summary>
/// <param name="Index">Index of the device.</param>
/// <param name="Rate">Bits a second.</param>
/// <param name="Burst">Size of the bucket, in bytes.</param>
public sealed record TbfSpec(int Index, ulong Rate, uint Burst) : QdiscSpec(Index)
{
    // include/uapi/linux/pkt_sched.h:
    //   struct tc_tbf_qopt { struct tc_ratespec rate, peakrate; __u32 limit, buffer, mtu; };    // buffer and mtu in ticks of 64 ns
    private const ushort TCA_TBF_PARMS = 1, TCA_TBF_RATE64 = 4, TCA_TBF_PRATE64 = 5, TCA_TBF_BURST = 6, TCA_TBF_PBURST = 7;

    /// <inheritdoc/>
    public override string Kind => "tbf";

    /// <summary>Bytes that may wait; worked out of <see cref="Latency"/> when null.</summary>
    public uint? Limit { get; init; }

    /// <summary>Longest time a packet may wait; 50 ms when <see cref="Limit"/> is null too.</summary>
    public TimeSpan? Latency { get; init; }

    /// <summary>Highest rate within a burst, in bits a second.</summary>
    public ulong? PeakRate { get; init; }

    /// <summary>Size of the peak rate's bucket, in bytes: the MTU at least.</summary>
    public uint PeakMtu { get; init; } = 2000;

    internal override void WriteOptions(MessageWriter writer)
    {
        var parameters = writer.Attribute(TCA_TBF_PARMS, 36);
        QdiscMessages.WriteRate(parameters, Rate);
        if (PeakRate is { } peak)
        {
            QdiscMessages.WriteRate(parameters[12..], peak);
            MessageWriter.Write(parameters[32..], QdiscMessages.Ticks(PeakMtu, peak));
        }

        MessageWriter.Write(parameters[24..], WireLimit());

        // From the capped rate, as tc(8) does; kernels since 3.14 read TCA_TBF_BURST instead.
        MessageWriter.Write(parameters[28..], QdiscMessages.Ticks(Burst, Math.Min(Rate, uint.MaxValue * 8.0)));
        writer.U32(TCA_TBF_BURST, Burst);
        writer.U64(TCA_TBF_RATE64, QdiscMessages.Rate64(Rate));
        if (PeakRate is { } peakRate)
        {
            writer.U64(TCA_TBF_PRATE64, QdiscMessages.Rate64(peakRate));
            writer.U32(TCA_TBF_PBURST, PeakMtu);
        }
    }

    private uint WireLimit()
    {
        var latency = (Latency ?? TimeSpan.FromMilliseconds(50)).TotalSeconds;
        var wait = (Rate / 8.0 * latency) + Burst;
        if (PeakRate is { } peak)
        {
            wait = Math.Min(wait, (peak / 8.0 * latency) + PeakMtu);
        }

        return Limit ?? (uint)Math.Min(wait, uint.MaxValue);
    }

    internal static TbfSpec Read(int index, Attributes data)
    {
        var parameters = data.Find(TCA_TBF_PARMS);
        var rate64 = data.Find(TCA_TBF_RATE64);
        var peak64 = data.Find(TCA_TBF_PRATE64);
        var rate = (rate64.Data.Length >= 8 ? rate64.U64 : parameters.Read<uint>(8)) * 8;
        var peak = (peak64.Data.Length >= 8 ? peak64.U64 : parameters.Read<uint>(20)) * 8;
        var burst = data.Find(TCA_TBF_BURST);
        return new TbfSpec(index, rate, burst.Data.Length >= 4 ? burst.U32 : QdiscMessages.Bytes(parameters.Read<uint>(28), rate))
        {
            Limit = parameters.Read<uint>(24),
            PeakRate = peak == 0 ? null : peak,
            PeakMtu = peak == 0 ? 2000 : QdiscMessages.Bytes(parameters.Read<uint>(32), peak),
        };
    }
}
