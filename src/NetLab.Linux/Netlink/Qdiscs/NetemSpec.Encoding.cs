using System.Runtime.InteropServices;

namespace NetLab.Linux.Netlink;

/// <summary>How netem's settings are written and read (<c>include/uapi/linux/pkt_sched.h</c>).</summary>
/// <remarks>
/// TCA_OPTIONS begins with a struct, and attributes follow:
/// <code>
/// struct tc_netem_qopt { __u32 latency, limit, loss, gap, duplicate, jitter; };   // latency and jitter in ticks of 64 ns
/// struct tc_netem_corr { __u32 delay_corr, loss_corr, dup_corr; };
/// struct tc_netem_reorder { __u32 probability, correlation; };
/// struct tc_netem_corrupt { __u32 probability, correlation; };
/// struct tc_netem_rate { __u32 rate; __s32 packet_overhead; __u32 cell_size; __s32 cell_overhead; };
/// struct tc_netem_slot { __s64 min_delay, max_delay; __s32 max_packets, max_bytes; __s64 dist_delay, dist_jitter; };   // nanoseconds
/// struct tc_netem_gimodel { __u32 p13, p31, p32, p14, p23; };
/// struct tc_netem_gemodel { __u32 p, r, h, k1; };
/// </code>
/// TCA_NETEM_LATENCY64 and TCA_NETEM_JITTER64 (nanoseconds, s64) are written when the ticks cannot hold the time exactly.
/// </remarks>
public sealed partial record NetemSpec
{
    private const ushort TCA_NETEM_CORR = 1, TCA_NETEM_DELAY_DIST = 2, TCA_NETEM_REORDER = 3, TCA_NETEM_CORRUPT = 4, TCA_NETEM_LOSS = 5,
        TCA_NETEM_RATE = 6, TCA_NETEM_ECN = 7, TCA_NETEM_RATE64 = 8, TCA_NETEM_LATENCY64 = 10, TCA_NETEM_JITTER64 = 11, TCA_NETEM_SLOT = 12,
        TCA_NETEM_PRNG_SEED = 14;
    private const ushort NETEM_LOSS_GI = 1, NETEM_LOSS_GE = 2;
    private const int OptionsSize = 24;

    internal override void WriteOptions(MessageWriter writer)
    {
        var options = writer.Append(OptionsSize);
        MessageWriter.Write(options, Ticks(Delay));
        MessageWriter.Write(options[4..], Limit);
        MessageWriter.Write(options[8..], QdiscMessages.Probability(Loss));
        MessageWriter.Write(options[12..], Reorder > 0 && Gap == 0 ? 1 : Gap);
        MessageWriter.Write(options[16..], QdiscMessages.Probability(Duplicate));
        MessageWriter.Write(options[20..], Ticks(Jitter));
        if (DelayCorrelation != 0 || LossCorrelation != 0 || DuplicateCorrelation != 0)
        {
            WriteProbabilities(writer.Attribute(TCA_NETEM_CORR, 12), DelayCorrelation, LossCorrelation, DuplicateCorrelation);
        }

        writer.U64(TCA_NETEM_LATENCY64, IsExact(Delay) ? null : (ulong)Nanoseconds(Delay));
        writer.U64(TCA_NETEM_JITTER64, IsExact(Jitter) ? null : (ulong)Nanoseconds(Jitter));
        if (Reorder != 0)
        {
            WriteProbabilities(writer.Attribute(TCA_NETEM_REORDER, 8), Reorder, ReorderCorrelation);
        }

        writer.U32(TCA_NETEM_ECN, Ecn ? 1u : null);
        if (Corrupt != 0)
        {
            WriteProbabilities(writer.Attribute(TCA_NETEM_CORRUPT, 8), Corrupt, CorruptCorrelation);
        }

        WriteLossModel(writer);
        WriteRate(writer);
        if (DelayDistribution is { } table)
        {
            var numbers = writer.Attribute(TCA_NETEM_DELAY_DIST, table.Count * 2);
            for (var i = 0; i < table.Count; i++)
            {
                MessageWriter.Write(numbers[(2 * i)..], table[i]);
            }
        }

        if (Slot is { } slot)
        {
            var data = writer.Attribute(TCA_NETEM_SLOT, 40);
            MessageWriter.Write(data, Nanoseconds(slot.MinimumDelay));
            MessageWriter.Write(data[8..], Nanoseconds(slot.MaximumDelay));
            MessageWriter.Write(data[16..], slot.MaximumPackets);
            MessageWriter.Write(data[20..], slot.MaximumBytes);
        }

        writer.U64(TCA_NETEM_PRNG_SEED, Seed);
    }

    private void WriteLossModel(MessageWriter writer)
    {
        if (Markov is null && GilbertElliott is null)
        {
            return;
        }

        using (writer.Nest(TCA_NETEM_LOSS | MessageWriter.NLA_F_NESTED))
        {
            if (Markov is { } m)
            {
                WriteProbabilities(writer.Attribute(NETEM_LOSS_GI, 20), m.P13, m.P31, m.P32, m.P14, m.P23);
            }
            else if (GilbertElliott is { } g)
            {
                var model = writer.Attribute(NETEM_LOSS_GE, 16);
                WriteProbabilities(model, g.GoodToBad, g.BadToGood);
                MessageWriter.Write(model[8..], uint.MaxValue - QdiscMessages.Probability(g.BadLoss));
                MessageWriter.Write(model[12..], QdiscMessages.Probability(g.GoodLoss));
            }
        }
    }

    private void WriteRate(MessageWriter writer)
    {
        if (Rate == 0)
        {
            return;
        }

        writer.U64(TCA_NETEM_RATE64, QdiscMessages.Rate64(Rate));
        var data = writer.Attribute(TCA_NETEM_RATE, 16);
        MessageWriter.Write(data, (uint)Math.Min(Rate / 8, uint.MaxValue));
        MessageWriter.Write(data[4..], PacketOverhead);
        MessageWriter.Write(data[8..], CellSize);
        MessageWriter.Write(data[12..], CellOverhead);
    }

    private static void WriteProbabilities(Span<byte> destination, params ReadOnlySpan<double> values)
    {
        for (var i = 0; i < values.Length; i++)
        {
            MessageWriter.Write(destination[(4 * i)..], QdiscMessages.Probability(values[i]));
        }
    }

    private static long Nanoseconds(TimeSpan time) => time.Ticks * 100;

    private static uint Ticks(TimeSpan time) => (uint)Math.Clamp(Nanoseconds(time) / QdiscMessages.NanosecondsPerTick, 0, uint.MaxValue);

    private static bool IsExact(TimeSpan time) => Ticks(time) * (long)QdiscMessages.NanosecondsPerTick == Nanoseconds(time);

    internal static NetemSpec Read(int index, ReadOnlySpan<byte> options)
    {
        var attributes = Attributes.After(options, OptionsSize);
        var correlations = attributes.Find(TCA_NETEM_CORR);
        var latency = attributes.Find(TCA_NETEM_LATENCY64);
        var jitter = attributes.Find(TCA_NETEM_JITTER64);
        var reorder = attributes.Find(TCA_NETEM_REORDER);
        var corrupt = attributes.Find(TCA_NETEM_CORRUPT);
        var rate = attributes.Find(TCA_NETEM_RATE);
        var rate64 = attributes.Find(TCA_NETEM_RATE64);
        var model = attributes.Find(TCA_NETEM_LOSS).Nested;
        var slot = attributes.Find(TCA_NETEM_SLOT);
        var seed = attributes.Find(TCA_NETEM_PRNG_SEED);
        return new NetemSpec(index)
        {
            Delay = Time(latency, Attribute.ReadAt<uint>(options, 0)),
            Jitter = Time(jitter, Attribute.ReadAt<uint>(options, 20)),
            Limit = Attribute.ReadAt<uint>(options, 4),
            Loss = QdiscMessages.Fraction(Attribute.ReadAt<uint>(options, 8)),
            Gap = Attribute.ReadAt<uint>(options, 12),
            Duplicate = QdiscMessages.Fraction(Attribute.ReadAt<uint>(options, 16)),
            DelayCorrelation = QdiscMessages.Fraction(correlations.Read<uint>(0)),
            LossCorrelation = QdiscMessages.Fraction(correlations.Read<uint>(4)),
            DuplicateCorrelation = QdiscMessages.Fraction(correlations.Read<uint>(8)),
            Reorder = QdiscMessages.Fraction(reorder.Read<uint>(0)),
            ReorderCorrelation = QdiscMessages.Fraction(reorder.Read<uint>(4)),
            Corrupt = QdiscMessages.Fraction(corrupt.Read<uint>(0)),
            CorruptCorrelation = QdiscMessages.Fraction(corrupt.Read<uint>(4)),
            Ecn = attributes.Find(TCA_NETEM_ECN).U32 != 0,
            GilbertElliott = ReadGilbertElliott(model.Find(NETEM_LOSS_GE)),
            Markov = ReadMarkov(model.Find(NETEM_LOSS_GI)),
            Rate = (rate64.Data.Length >= 8 ? rate64.U64 : rate.Read<uint>(0)) * 8,
            PacketOverhead = rate.Read<int>(4),
            CellSize = rate.Read<uint>(8),
            CellOverhead = rate.Read<int>(12),
            Slot = ReadSlot(slot),
            Seed = seed.Data.Length < 8 ? null : seed.U64,
        };
    }

    private static TimeSpan Time(Attribute nanoseconds, uint ticks) =>
        new((nanoseconds.Data.Length >= 8 ? MemoryMarshal.Read<long>(nanoseconds.Data) : (long)ticks * QdiscMessages.NanosecondsPerTick) / 100);

    private static GilbertElliottLoss? ReadGilbertElliott(Attribute a) => a.Data.Length < 16 ? null : new(
        QdiscMessages.Fraction(a.Read<uint>(0)),
        QdiscMessages.Fraction(a.Read<uint>(4)),
        QdiscMessages.Fraction(uint.MaxValue - a.Read<uint>(8)),
        QdiscMessages.Fraction(a.Read<uint>(12)));

    private static MarkovLoss? ReadMarkov(Attribute a) => a.Data.Length < 20 ? null : new(
        QdiscMessages.Fraction(a.Read<uint>(0)),
        QdiscMessages.Fraction(a.Read<uint>(4)),
        QdiscMessages.Fraction(a.Read<uint>(8)),
        QdiscMessages.Fraction(a.Read<uint>(16)),
        QdiscMessages.Fraction(a.Read<uint>(12)));

    private static NetemSlot? ReadSlot(Attribute a) => a.Data.Length < 24 || (a.Read<long>(0) == 0 && a.Read<long>(8) == 0)
        ? null
        : new(new TimeSpan(a.Read<long>(0) / 100), new TimeSpan(a.Read<long>(8) / 100), a.Read<int>(16), a.Read<int>(20));
}
