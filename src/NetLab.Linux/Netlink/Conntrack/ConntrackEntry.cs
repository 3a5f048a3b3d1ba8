using System.Net;

namespace NetLab.Linux.Netlink;

/// <summary>State of a tracked connection (<c>enum ip_conntrack_status</c>, <c>include/uapi/linux/netfilter/nf_conntrack_common.h</c>).</summary>
[Flags]
public enum ConntrackStatus : uint
{
    /// <summary>No flag.</summary>
    None = 0,
    /// <summary>IPS_EXPECTED: another connection announced it.</summary>
    Expected = 1,
    /// <summary>IPS_SEEN_REPLY: packets went both ways.</summary>
    SeenReply = 2,
    /// <summary>IPS_ASSURED: not dropped early when the table is full.</summary>
    Assured = 4,
    /// <summary>IPS_CONFIRMED: in the table.</summary>
    Confirmed = 8,
    /// <summary>IPS_SRC_NAT: its source is translated.</summary>
    SourceNat = 0x10,
    /// <summary>IPS_DST_NAT: its destination is translated.</summary>
    DestinationNat = 0x20,
    /// <summary>IPS_SEQ_ADJUST: its TCP sequence numbers are shifted.</summary>
    SequenceAdjust = 0x40,
    /// <summary>IPS_SRC_NAT_DONE.</summary>
    SourceNatDone = 0x80,
    /// <summary>IPS_DST_NAT_DONE.</summary>
    DestinationNatDone = 0x100,
    /// <summary>IPS_DYING: being removed.</summary>
    Dying = 0x200,
    /// <summary>IPS_FIXED_TIMEOUT: its time-out is not renewed.</summary>
    FixedTimeout = 0x400,
    /// <summary>IPS_TEMPLATE.</summary>
    Template = 0x800,
    /// <summary>IPS_HELPER: a helper was set by rule.</summary>
    Helper = 0x2000,
    /// <summary>IPS_OFFLOAD: in a flow table.</summary>
    Offload = 0x4000,
    /// <summary>IPS_HW_OFFLOAD: in hardware.</summary>
    HardwareOffload = 0x8000,
}

/// <summary>State of a tracked TCP connection (<c>enum tcp_conntrack</c>).</summary>
public enum ConntrackTcpState : byte
{
    /// <summary>TCP_CONNTRACK_NONE.</summary>
    None,
    /// <summary>A SYN was seen.</summary>
    SynSent,
    /// <summary>A SYN-ACK was seen.</summary>
    SynReceived,
    /// <summary>Established.</summary>
    Established,
    /// <summary>A FIN was seen.</summary>
    FinWait,
    /// <summary>That FIN was acknowledged.</summary>
    CloseWait,
    /// <summary>The second FIN was seen.</summary>
    LastAck,
    /// <summary>The second FIN was acknowledged.</summary>
    TimeWait,
    /// <summary>Closed.</summary>
    Close,
    /// <summary>Both sides sent a SYN.</summary>
    SynSent2,
}

/// <summary>One direction of a tracked connection.</summary>
/// <param name="Source">Source address.</param>
/// <param name="Destination">Destination address.</param>
/// <param name="Protocol">IP protocol: 1 ICMP, 6 TCP, 17 UDP, 58 ICMPv6.</param>
/// <param name="SourcePort">Source port; the identifier for ICMP.</param>
/// <param name="DestinationPort">Destination port; type and code for ICMP (type times 256 plus code).</param>
public sealed record ConntrackTuple(IPAddress Source, IPAddress Destination, byte Protocol, ushort SourcePort, ushort DestinationPort)
{
    /// <summary><c>10.0.0.1:40000 > 10.0.0.2:80</c>.</summary>
    public override string ToString() => Protocol is 1 or 58
        ? $"{Source} > {Destination} id {SourcePort} type {DestinationPort >> 8}"
        : $"{new IPEndPoint(Source, SourcePort)} > {new IPEndPoint(Destination, DestinationPort)}";
}

/// <summary>A tracked connection as the kernel describes it (ctnetlink; <c>conntrack -L</c>).</summary>
/// <param name="Original">As its first packet was.</param>
/// <param name="Reply">As answers are; where it is not the mirror image of <paramref name="Original"/> there is translation.</param>
public sealed record ConntrackEntry(ConntrackTuple Original, ConntrackTuple Reply)
{
    /// <summary>Its state.</summary>
    public ConntrackStatus Status { get; init; }

    /// <summary>State of TCP; null for others.</summary>
    public ConntrackTcpState? TcpState { get; init; }

    /// <summary>Time until it is forgotten.</summary>
    public TimeSpan Timeout { get; init; }

    /// <summary>Connection mark.</summary>
    public uint Mark { get; init; }

    /// <summary>Zone, 0 for the usual one.</summary>
    public ushort Zone { get; init; }

    /// <summary>Identifier.</summary>
    public uint Id { get; init; }

    /// <summary>Name of its helper (<c>ftp</c>), or null.</summary>
    public string? Helper { get; init; }

    /// <summary>Packets and bytes there; 0 unless sysctl net.netfilter.nf_conntrack_acct is on.</summary>
    public (ulong Packets, ulong Bytes) OriginalCounters { get; init; }

    /// <summary>Packets and bytes back; 0 unless sysctl net.netfilter.nf_conntrack_acct is on.</summary>
    public (ulong Packets, ulong Bytes) ReplyCounters { get; init; }

    /// <summary>One line.</summary>
    public override string ToString() =>
        $"{Original}, reply {Reply}{(TcpState is { } t ? $" {t}" : "")}{(Status.HasFlag(ConntrackStatus.SeenReply) ? "" : " unreplied")}" +
            $"{(Status.HasFlag(ConntrackStatus.Assured) ? " assured" : "")}{(Mark == 0 ? "" : $" mark 0x{Mark:x}")}{(Zone == 0 ? "" : $" zone {Zone}")}";
}
