namespace NetLab.Linux.Netlink;

/// <summary>
/// Counters of a device since it was made (IFLA_STATS64, <c>struct rtnl_link_stats64</c> of <c>include/uapi/linux/if_link.h</c>).
/// </summary>
/// <remarks>
/// <code>
/// struct rtnl_link_stats64 {
///     __u64 rx_packets, tx_packets, rx_bytes, tx_bytes, rx_errors, tx_errors, rx_dropped, tx_dropped, multicast, collisions;
///     __u64 rx_length_errors, rx_over_errors, rx_crc_errors, rx_frame_errors, rx_fifo_errors, rx_missed_errors;
///     __u64 tx_aborted_errors, tx_carrier_errors, tx_fifo_errors, tx_heartbeat_errors, tx_window_errors;
///     __u64 rx_compressed, tx_compressed, rx_nohandler, rx_otherhost_dropped;
/// };
/// </code>
/// </remarks>
public readonly record struct LinkStatistics
{
    /// <summary>Frames received.</summary>
    public ulong RxPackets { get; init; }
    /// <summary>Frames sent.</summary>
    public ulong TxPackets { get; init; }
    /// <summary>Bytes received.</summary>
    public ulong RxBytes { get; init; }
    /// <summary>Bytes sent.</summary>
    public ulong TxBytes { get; init; }
    /// <summary>Bad frames received.</summary>
    public ulong RxErrors { get; init; }
    /// <summary>Frames that could not be sent because of an error.</summary>
    public ulong TxErrors { get; init; }
    /// <summary>Good frames that were not taken.</summary>
    public ulong RxDropped { get; init; }
    /// <summary>Frames dropped on their way out.</summary>
    public ulong TxDropped { get; init; }
    /// <summary>Multicast frames received.</summary>
    public ulong Multicast { get; init; }
    /// <summary>Collisions.</summary>
    public ulong Collisions { get; init; }
    /// <summary>Received frames of a wrong length.</summary>
    public ulong RxLengthErrors { get; init; }
    /// <summary>Received frames that found the ring full.</summary>
    public ulong RxOverErrors { get; init; }
    /// <summary>Received frames with a wrong checksum.</summary>
    public ulong RxCrcErrors { get; init; }
    /// <summary>Received frames that were misaligned.</summary>
    public ulong RxFrameErrors { get; init; }
    /// <summary>Receive queue overruns.</summary>
    public ulong RxFifoErrors { get; init; }
    /// <summary>Frames missed for want of buffers.</summary>
    public ulong RxMissedErrors { get; init; }
    /// <summary>Sends given up.</summary>
    public ulong TxAbortedErrors { get; init; }
    /// <summary>Sends without a carrier.</summary>
    public ulong TxCarrierErrors { get; init; }
    /// <summary>Frames that a device without a handler above got (an inactive bond member).</summary>
    public ulong RxNoHandler { get; init; }
    /// <summary>Frames dropped because they were for another host (Linux 5.19).</summary>
    public ulong RxOtherHostDropped { get; init; }

    internal static LinkStatistics Read(Attribute a) => new()
    {
        RxPackets = a.Read<ulong>(0),
        TxPackets = a.Read<ulong>(8),
        RxBytes = a.Read<ulong>(16),
        TxBytes = a.Read<ulong>(24),
        RxErrors = a.Read<ulong>(32),
        TxErrors = a.Read<ulong>(40),
        RxDropped = a.Read<ulong>(48),
        TxDropped = a.Read<ulong>(56),
        Multicast = a.Read<ulong>(64),
        Collisions = a.Read<ulong>(72),
        RxLengthErrors = a.Read<ulong>(80),
        RxOverErrors = a.Read<ulong>(88),
        RxCrcErrors = a.Read<ulong>(96),
        RxFrameErrors = a.Read<ulong>(104),
        RxFifoErrors = a.Read<ulong>(112),
        RxMissedErrors = a.Read<ulong>(120),
        TxAbortedErrors = a.Read<ulong>(128),
        TxCarrierErrors = a.Read<ulong>(136),
        RxNoHandler = a.Read<ulong>(184),
        RxOtherHostDropped = a.Read<ulong>(192),
    };
}
