namespace NetLab.Linux.Netlink;

/// <summary>
/// What a route says about the path (RTA_METRICS, <c>RTAX_*</c> of <c>include/uapi/linux/rtnetlink.h</c>, ip-route(8)). A property that is null
/// is left to the kernel.
/// </summary>
public sealed record RouteMetrics
{
    private const ushort RTAX_LOCK = 1, RTAX_MTU = 2, RTAX_WINDOW = 3, RTAX_RTT = 4, RTAX_RTTVAR = 5, RTAX_SSTHRESH = 6, RTAX_CWND = 7,
        RTAX_ADVMSS = 8, RTAX_REORDERING = 9, RTAX_HOPLIMIT = 10, RTAX_INITCWND = 11, RTAX_FEATURES = 12, RTAX_RTO_MIN = 13,
        RTAX_INITRWND = 14, RTAX_QUICKACK = 15, RTAX_CC_ALGO = 16, RTAX_FASTOPEN_NO_COOKIE = 17;

    private const uint RTAX_FEATURE_ECN = 1;

    /// <summary>MTU of the path, in bytes.</summary>
    public uint? Mtu { get; init; }

    /// <summary>The MTU is not lowered by path MTU discovery, and packets are sent without the don't-fragment bit (<c>mtu lock</c>).</summary>
    public bool MtuLock { get; init; }

    /// <summary>Largest MSS to tell TCP peers.</summary>
    public uint? AdvertisedMss { get; init; }

    /// <summary>First estimate of the round trip; the kernel keeps 1/8 ms.</summary>
    public TimeSpan? Rtt { get; init; }

    /// <summary>First estimate of its variance; the kernel keeps 1/4 ms.</summary>
    public TimeSpan? RttVariance { get; init; }

    /// <summary>Largest TCP window to advertise.</summary>
    public uint? Window { get; init; }

    /// <summary>First slow-start threshold.</summary>
    public uint? SlowStartThreshold { get; init; }

    /// <summary>Clamp of the congestion window; works with a lock only.</summary>
    public uint? CongestionWindow { get; init; }

    /// <summary>Congestion window at the start, in segments.</summary>
    public uint? InitialCongestionWindow { get; init; }

    /// <summary>Receive window at the start, in segments.</summary>
    public uint? InitialReceiveWindow { get; init; }

    /// <summary>TTL or hop limit of what is sent.</summary>
    public uint? HopLimit { get; init; }

    /// <summary>Reordering that TCP expects.</summary>
    public uint? Reordering { get; init; }

    /// <summary>Asks for ECN.</summary>
    public bool? Ecn { get; init; }

    /// <summary>Acknowledges at once.</summary>
    public bool? QuickAck { get; init; }

    /// <summary>Shortest retransmission time-out, in milliseconds' resolution.</summary>
    public TimeSpan? RtoMin { get; init; }

    /// <summary>TCP congestion control: <c>reno</c>, <c>cubic</c>.</summary>
    public string? CongestionControl { get; init; }

    /// <summary>TCP fast open without a cookie.</summary>
    public bool? FastOpenNoCookie { get; init; }

    internal void Write(MessageWriter writer)
    {
        writer.U32(RTAX_MTU, Mtu);
        writer.U32(RTAX_ADVMSS, AdvertisedMss);
        writer.U32(RTAX_RTT, Scaled(Rtt, 8));
        writer.U32(RTAX_RTTVAR, Scaled(RttVariance, 4));
        writer.U32(RTAX_WINDOW, Window);
        writer.U32(RTAX_SSTHRESH, SlowStartThreshold);
        writer.U32(RTAX_CWND, CongestionWindow);
        writer.U32(RTAX_INITCWND, InitialCongestionWindow);
        writer.U32(RTAX_INITRWND, InitialReceiveWindow);
        writer.U32(RTAX_HOPLIMIT, HopLimit);
        writer.U32(RTAX_REORDERING, Reordering);
        writer.U32(RTAX_FEATURES, Ecn is { } ecn ? (ecn ? RTAX_FEATURE_ECN : 0) : null);
        writer.U32(RTAX_QUICKACK, QuickAck is { } quick ? (quick ? 1u : 0u) : null);
        writer.U32(RTAX_RTO_MIN, Scaled(RtoMin, 1));
        if (CongestionControl is { } algorithm)
        {
            writer.TextUnterminated(RTAX_CC_ALGO, algorithm);
        }

        writer.U32(RTAX_FASTOPEN_NO_COOKIE, FastOpenNoCookie is { } open ? (open ? 1u : 0u) : null);

        // A bit mask of the metrics that are locked. iproute2 locks rto_min whenever it is given.
        var locked = (MtuLock ? 1u << RTAX_MTU : 0) | (RtoMin is null ? 0 : 1u << RTAX_RTO_MIN);
        writer.U32(RTAX_LOCK, locked == 0 ? null : locked);
    }

    internal static RouteMetrics? Read(Attributes metrics)
    {
        RouteMetrics? m = null;
        foreach (var a in metrics)
        {
            m ??= new RouteMetrics();
            m = a.Type switch
            {
                RTAX_LOCK => m with { MtuLock = (a.U32 >> RTAX_MTU & 1) != 0 },
                RTAX_MTU => m with { Mtu = a.U32 },
                RTAX_ADVMSS => m with { AdvertisedMss = a.U32 },
                RTAX_RTT => m with { Rtt = TimeSpan.FromMilliseconds(a.U32 / 8.0) },
                RTAX_RTTVAR => m with { RttVariance = TimeSpan.FromMilliseconds(a.U32 / 4.0) },
                RTAX_WINDOW => m with { Window = a.U32 },
                RTAX_SSTHRESH => m with { SlowStartThreshold = a.U32 },
                RTAX_CWND => m with { CongestionWindow = a.U32 },
                RTAX_INITCWND => m with { InitialCongestionWindow = a.U32 },
                RTAX_INITRWND => m with { InitialReceiveWindow = a.U32 },
                RTAX_HOPLIMIT => m with { HopLimit = a.U32 },
                RTAX_REORDERING => m with { Reordering = a.U32 },
                RTAX_FEATURES => m with { Ecn = (a.U32 & RTAX_FEATURE_ECN) != 0 },
                RTAX_QUICKACK => m with { QuickAck = a.U32 != 0 },
                RTAX_RTO_MIN => m with { RtoMin = TimeSpan.FromMilliseconds(a.U32) },
                RTAX_CC_ALGO => m with { CongestionControl = a.Text },
                RTAX_FASTOPEN_NO_COOKIE => m with { FastOpenNoCookie = a.U32 != 0 },
                _ => m,
            };
        }

        return m;
    }

    private static uint? Scaled(TimeSpan? time, int factor) => time is { } t ? (uint)Math.Clamp(t.TotalMilliseconds * factor, 0, uint.MaxValue) : null;
}
