using static NetLab.Linux.Netlink.Rtnetlink;

namespace NetLab.Linux.Netlink;

/// <summary>
/// Encodes and reads RTM_NEWQDISC, RTM_DELQDISC, RTM_NEWTCLASS and RTM_DELTCLASS (<c>include/uapi/linux/rtnetlink.h</c>, <c>pkt_sched.h</c>).
/// </summary>
/// <remarks>
/// <code>
/// struct tcmsg {
///     unsigned char tcm_family, tcm__pad1; unsigned short tcm__pad2;
///     int   tcm_ifindex;
///     __u32 tcm_handle, tcm_parent, tcm_info;
/// };
/// struct tc_ratespec {
///     unsigned char cell_log; __u8 linklayer; unsigned short overhead;
///     short cell_align; unsigned short mpu; __u32 rate;      // bytes a second, capped
/// };
/// </code>
/// tc(8) also sends tables of transmission times (TCA_*_RTAB); no kernel since 3.9 reads them when the link layer is given.
/// </remarks>
internal static class QdiscMessages
{
    public const int HeaderSize = 20;
    public const ushort TCA_KIND = 1, TCA_OPTIONS = 2;
    private const ushort TCA_STATS2 = 7, TCA_STATS_BASIC = 1, TCA_STATS_QUEUE = 3;

    // The kernel counts time in ticks of 64 ns (PSCHED_SHIFT 6, include/net/pkt_sched.h).
    public const int NanosecondsPerTick = 64;

    public static void Add(MessageWriter writer, QdiscSpec spec, QdiscMode mode)
    {
        var flags = mode switch
        {
            QdiscMode.Add => NLM_F_CREATE | NLM_F_EXCL,
            QdiscMode.Replace => NLM_F_CREATE | NLM_F_REPLACE,
            _ => 0,
        };
        writer.Begin(spec is HtbClassSpec ? RTM_NEWTCLASS : RTM_NEWQDISC, (ushort)(NLM_F_REQUEST | flags));
        var handle = spec switch
        {
            ClsactSpec or IngressSpec => new TcHandle(0xffff, 0),
            HtbClassSpec c => c.ClassId,
            _ => spec.Handle,
        };
        WriteHeader(writer, spec.Index, handle, spec.Parent);
        writer.Text(TCA_KIND, spec.Kind);
        using (writer.Nest(TCA_OPTIONS, dropWhenEmpty: true))
        {
            spec.WriteOptions(writer);
        }

        writer.End();
    }

    public static void Delete(MessageWriter writer, ushort type, int index, TcHandle handle, TcHandle parent)
    {
        writer.Begin(type, NLM_F_REQUEST);
        WriteHeader(writer, index, handle, parent);
        writer.End();
    }

    public static void WriteHeader(MessageWriter writer, int index, TcHandle handle, TcHandle parent, uint info = 0)
    {
        var header = writer.Append(HeaderSize);
        MessageWriter.Write(header[4..], index);
        MessageWriter.Write(header[8..], handle.Value);
        MessageWriter.Write(header[12..], parent.Value);
        MessageWriter.Write(header[16..], info);
    }

    /// <summary>A <c>struct tc_ratespec</c> of 12 bytes for a rate in bits a second.</summary>
    public static void WriteRate(Span<byte> destination, ulong bits, ushort overhead = 0)
    {
        const byte TC_LINKLAYER_ETHERNET = 1;
        destination[0] = 3;
        destination[1] = TC_LINKLAYER_ETHERNET;
        MessageWriter.Write(destination[2..], overhead);
        MessageWriter.Write(destination[4..], (short)-1);
        MessageWriter.Write(destination[8..], (uint)Math.Min(bits / 8, uint.MaxValue));
    }

    /// <summary>The full rate in bytes a second, where it does not fit 32 bits.</summary>
    public static ulong? Rate64(ulong bits) => bits / 8 > uint.MaxValue ? bits / 8 : null;

    /// <summary>The time in ticks that so many bytes take at a rate.</summary>
    public static uint Ticks(double bytes, double bits) =>
        bits == 0 ? 0 : (uint)Math.Min(Math.Truncate(bytes * 8 * 1_000_000 / bits) * 1000 / NanosecondsPerTick, uint.MaxValue);

    /// <summary>The bytes that pass in so many ticks at a rate.</summary>
    public static uint Bytes(uint ticks, ulong bits) => (uint)Math.Round((double)ticks * NanosecondsPerTick * bits / 8 / 1e9);

    /// <summary>A probability of 0 to 1 as the kernel has it: 0 to 2^32-1.</summary>
    public static uint Probability(double value) => value is >= 0 and <= 1
        ? (uint)Math.Round(value * uint.MaxValue, MidpointRounding.ToEven)
        : throw new ArgumentOutOfRangeException(nameof(value), value, "A probability is 0 to 1.");

    /// <summary>The way back, with the nine digits that 32 bits are good for.</summary>
    public static double Fraction(uint value) => Math.Round(value / (double)uint.MaxValue, 9);

    public static QdiscInfo Read(ReadOnlySpan<byte> payload)
    {
        var index = Attribute.ReadAt<int>(payload, 4);
        var handle = new TcHandle(Attribute.ReadAt<uint>(payload, 8));
        var parent = new TcHandle(Attribute.ReadAt<uint>(payload, 12));
        var attributes = Attributes.After(payload, HeaderSize);
        var kind = attributes.Find(TCA_KIND).Text;
        var statistics = attributes.Find(TCA_STATS2).Nested;

        // struct gnet_stats_basic { __u64 bytes; __u32 packets; };   struct gnet_stats_queue { __u32 qlen, backlog, drops, requeues, overlimits; };
        var basic = statistics.Find(TCA_STATS_BASIC);
        var queue = statistics.Find(TCA_STATS_QUEUE);
        var spec = ReadSpec(kind, index, handle, parent, attributes.Find(TCA_OPTIONS));
        return new QdiscInfo(index, kind, handle, parent, spec is null ? null : spec with { Handle = handle, Parent = parent })
        {
            Statistics = new QdiscStatistics(
                basic.Read<ulong>(0), basic.Read<uint>(8), queue.Read<uint>(8), queue.Read<uint>(16), queue.Read<uint>(12), queue.Read<uint>(4),
                    queue.Read<uint>(0)),
        };
    }

    private static QdiscSpec? ReadSpec(string kind, int index, TcHandle handle, TcHandle parent, Attribute options) => kind switch
    {
        "pfifo" or "bfifo" or "pfifo_head_drop" => new FifoSpec(index) { Bytes = kind is "bfifo", HeadDrop = kind is "pfifo_head_drop", Limit = options.U32 },
        "ingress" => new IngressSpec(index),
        "clsact" => new ClsactSpec(index),
        "noqueue" => new PlainQdiscSpec(index, kind),
        "tbf" => TbfSpec.Read(index, options.Nested),
        "fq_codel" => FqCodelSpec.Read(index, options.Nested),
        "htb" => HtbClassSpec.IsClass(options.Nested) ? HtbClassSpec.Read(index, handle, parent, options.Nested) : HtbSpec.Read(index, options.Nested),
        "netem" => NetemSpec.Read(index, options.Data),
        _ => null,
    };
}
