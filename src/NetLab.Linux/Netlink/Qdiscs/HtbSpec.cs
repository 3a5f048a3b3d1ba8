namespace NetLab.Linux.Netlink;

/// <summary>Hierarchical token buckets (tc-htb(8); CONFIG_NET_SCH_HTB): the root, below which <see cref="HtbClassSpec"/> hang.</summary>
/// <param name="Index">Index of the device.</param>
public sealed record HtbSpec(int Index) : QdiscSpec(Index)
{
    // include/uapi/linux/pkt_sched.h:   struct tc_htb_glob { __u32 version, rate2quantum, defcls, debug, direct_pkts; };
    private const ushort TCA_HTB_INIT = 2, TCA_HTB_DIRECT_QLEN = 5;
    private const uint ProtocolVersion = 3;

    /// <inheritdoc/>
    public override string Kind => "htb";

    /// <summary>Minor number of the class that takes what no filter classifies; 0 sends it unshaped.</summary>
    public uint DefaultClass { get; init; }

    /// <summary>A class's quantum is its rate in bytes a second over this.</summary>
    public uint RateToQuantum { get; init; } = 10;

    /// <summary>Most packets that may wait unshaped.</summary>
    public uint? DirectQueueLength { get; init; }

    internal override void WriteOptions(MessageWriter writer)
    {
        var global = writer.Attribute(TCA_HTB_INIT, 20);
        MessageWriter.Write(global, ProtocolVersion);
        MessageWriter.Write(global[4..], RateToQuantum);
        MessageWriter.Write(global[8..], DefaultClass);
        writer.U32(TCA_HTB_DIRECT_QLEN, DirectQueueLength);
    }

    internal static HtbSpec Read(int index, Attributes data)
    {
        var global = data.Find(TCA_HTB_INIT);
        var direct = data.Find(TCA_HTB_DIRECT_QLEN);
        return new HtbSpec(index)
        {
            RateToQuantum = global.Read<uint>(4),
            DefaultClass = global.Read<uint>(8),
            DirectQueueLength = direct.Data.Length < 4 ? null : direct.U32,
        };
    }
}

/// <summary>A class of <see cref="HtbSpec"/>: a share of the rate.</summary>
/// <param name="Index">Index of the device.</param>
/// <param name="ClassId">Its number: the root's major, a minor of its own.</param>
/// <param name="Rate">The rate it is guaranteed, in bits a second.</param>
public sealed record HtbClassSpec(int Index, TcHandle ClassId, ulong Rate) : QdiscSpec(Index)
{
    // include/uapi/linux/pkt_sched.h:
    //   struct tc_htb_opt { struct tc_ratespec rate, ceil; __u32 buffer, cbuffer, quantum, level, prio; };   // buffers in ticks of 64 ns
    private const ushort TCA_HTB_PARMS = 1, TCA_HTB_RATE64 = 6, TCA_HTB_CEIL64 = 7;
    private const uint DefaultMtu = 1600;

    private readonly TcHandle? _parent;

    /// <inheritdoc/>
    public override string Kind => "htb";

    /// <summary>The class above; the root when left out.</summary>
    public override TcHandle Parent
    {
        get => _parent ?? new TcHandle(ClassId.Major, 0);
        init => _parent = value;
    }

    /// <summary>The rate it may reach when others leave some, in bits a second; its own when null.</summary>
    public ulong? Ceiling { get; init; }

    /// <summary>Burst at its rate, in bytes; the smallest that works when null.</summary>
    public uint? Burst { get; init; }

    /// <summary>Burst at its ceiling, in bytes; the smallest that works when null.</summary>
    public uint? CeilingBurst { get; init; }

    /// <summary>Bytes it may send in its turn; worked out of the rate when null.</summary>
    public uint? Quantum { get; init; }

    /// <summary>The lower, the sooner it gets what others leave.</summary>
    public uint Priority { get; init; }

    internal override void WriteOptions(MessageWriter writer)
    {
        var ceiling = Ceiling ?? Rate;
        writer.U64(TCA_HTB_RATE64, QdiscMessages.Rate64(Rate));
        writer.U64(TCA_HTB_CEIL64, QdiscMessages.Rate64(ceiling));
        var parameters = writer.Attribute(TCA_HTB_PARMS, 44);
        QdiscMessages.WriteRate(parameters, Rate);
        QdiscMessages.WriteRate(parameters[12..], ceiling);
        MessageWriter.Write(parameters[24..], QdiscMessages.Ticks(Burst ?? DefaultBurst(Rate), Rate));
        MessageWriter.Write(parameters[28..], QdiscMessages.Ticks(CeilingBurst ?? DefaultBurst(ceiling), ceiling));
        MessageWriter.Write(parameters[32..], Quantum ?? 0);
        MessageWriter.Write(parameters[40..], Priority);
    }

    // As tc(8): what passes between two ticks of a nanosecond clock, and one packet.
    private static double DefaultBurst(ulong bits) => (bits / 8 / 1_000_000_000) + DefaultMtu;

    internal static bool IsClass(Attributes data) => data.Find(TCA_HTB_PARMS).Data.Length > 0;

    internal static HtbClassSpec Read(int index, TcHandle classId, TcHandle parent, Attributes data)
    {
        var parameters = data.Find(TCA_HTB_PARMS);
        var rate64 = data.Find(TCA_HTB_RATE64);
        var ceiling64 = data.Find(TCA_HTB_CEIL64);
        var rate = (rate64.Data.Length >= 8 ? rate64.U64 : parameters.Read<uint>(8)) * 8;
        var ceiling = (ceiling64.Data.Length >= 8 ? ceiling64.U64 : parameters.Read<uint>(20)) * 8;
        return new HtbClassSpec(index, classId, rate)
        {
            Parent = parent,
            Ceiling = ceiling,
            Burst = QdiscMessages.Bytes(parameters.Read<uint>(24), rate),
            CeilingBurst = QdiscMessages.Bytes(parameters.Read<uint>(28), ceiling),
            Quantum = parameters.Read<uint>(32),
            Priority = parameters.Read<uint>(40),
        };
    }
}
