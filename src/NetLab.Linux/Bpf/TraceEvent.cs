using System.Globalization;
using System.Net;

namespace NetLab.Linux.Bpf;

/// <summary>A record of the tracer, copied to be kept: plain data. Members mean what those of <see cref="TraceRecord"/> mean.</summary>
internal sealed record TraceEvent
{
    /// <summary>What happened.</summary>
    public required TraceEventKind Kind { get; init; }

    /// <summary>When, in nanoseconds of CLOCK_MONOTONIC.</summary>
    public long Timestamp { get; init; }

    /// <summary>Inode number of the network namespace.</summary>
    public ulong Namespace { get; init; }

    /// <summary>Whether the namespace is only likely: that of the task at work.</summary>
    public bool IsNamespaceInferred { get; init; }

    /// <summary>The device's number in its namespace; 0 when the frame is not on a device.</summary>
    public int InterfaceIndex { get; init; }

    /// <summary>The device's name; empty when the frame is not on a device.</summary>
    public string DeviceName { get; init; } = "";

    /// <summary>Address of the struct sk_buff.</summary>
    public ulong SkbAddress { get; init; }

    /// <summary>Address of the buffer with the bytes, shared by clones.</summary>
    public ulong HeadAddress { get; init; }

    /// <summary>Length of the frame, counted from where <see cref="Bytes"/> starts.</summary>
    public int Length { get; init; }

    /// <summary>The first bytes of the frame.</summary>
    public ReadOnlyMemory<byte> Bytes { get; init; }

    /// <summary>Whether <see cref="Bytes"/> start with an Ethernet header.</summary>
    public bool StartsWithEthernet { get; init; }

    /// <summary>Where in <see cref="Bytes"/> the header of the network layer begins.</summary>
    public int NetworkOffset { get; init; }

    /// <summary>The VLAN tag beside the bytes, or null.</summary>
    public ushort? VlanTci { get; init; }

    /// <summary>EtherType of that tag; 0 without one.</summary>
    public ushort VlanProtocol { get; init; }

    /// <summary>EtherType of the frame as the kernel has it.</summary>
    public ushort Protocol { get; init; }

    /// <summary>The mark.</summary>
    public uint Mark { get; init; }

    /// <summary>Number of the device that the frame came in by first, 0 when it was made here.</summary>
    public int IngressInterfaceIndex { get; init; }

    /// <summary>The thread that was running.</summary>
    public int ThreadId { get; init; }

    /// <summary>The CPU.</summary>
    public int Cpu { get; init; }

    /// <summary>Of a drop: the number of its reason, or -1.</summary>
    public int Reason { get; init; } = -1;

    /// <summary>Of a drop: the name of its reason: <c>NETFILTER_DROP</c>.</summary>
    public string ReasonName { get; init; } = "";

    /// <summary>Of a drop or use: the function that freed the frame.</summary>
    public string Location { get; init; } = "";

    /// <summary>Of a drop: functions on the kernel's stack, innermost first, from <see cref="Location"/> on.</summary>
    public IReadOnlyList<string> Stack { get; init; } = [];

    /// <summary>What the driver returned, when it refused the frame.</summary>
    public int TransmitResult { get; init; }

    /// <summary>Type of the ICMP error, or -1.</summary>
    public int IcmpType { get; init; } = -1;

    /// <summary>Code of the ICMP error, or -1.</summary>
    public int IcmpCode { get; init; } = -1;

    /// <summary>The protocol of the socket that was given something to read (17 UDP, 6 TCP), or -1.</summary>
    public int SocketProtocol { get; init; } = -1;

    /// <summary>That socket's own port, or -1.</summary>
    public int SocketPort { get; init; } = -1;

    /// <summary>The route lookup, or null.</summary>
    public RouteLookup? RouteLookup { get; init; }

    /// <summary>One line: <c>KfreeSkb net:[4026532501] tap0 64 bytes skb ffff…: NETFILTER_DROP in nft_do_chain &lt; …</c></summary>
    public override string ToString()
    {
        var line = string.Create(CultureInfo.InvariantCulture,
            $"{Kind} net:[{Namespace}] {(DeviceName.Length == 0 ? "-" : DeviceName)} {Length} bytes skb {SkbAddress:x}");
        return Kind switch
        {
            TraceEventKind.KfreeSkb => $"{line}: {ReasonName} in {string.Join(" < ", Stack.Count > 0 ? Stack : [Location])}",
            TraceEventKind.ConsumeSkb => $"{line}: in {Location}",
            TraceEventKind.NetDevXmit => $"{line}: the driver returned {TransmitResult}",
            TraceEventKind.IcmpSend => $"{line}: type {IcmpType} code {IcmpCode}",
            TraceEventKind.SkDataReady => string.Create(CultureInfo.InvariantCulture, $"{line}: protocol {SocketProtocol} port {SocketPort}"),
            TraceEventKind.FibTableLookup => $"{line}: {RouteLookup}",
            _ => line,
        };
    }
}

/// <summary>
/// What was asked of one routing table, and what it answered. The kernel asks several in a row: the local table (255), then main (254), or what rules say.
/// </summary>
internal sealed record RouteLookup
{
    /// <summary>The table: 255 local, 254 main.</summary>
    public int Table { get; init; }

    /// <summary>
    /// 0 when a route was found; otherwise an error number, negative: -11 (EAGAIN) no route in this table (of IPv6:
    /// -101, ENETUNREACH), -113 (EHOSTUNREACH), -13 (EACCES, prohibit), -22 (EINVAL, blackhole).
    /// </summary>
    public int Error { get; init; }

    /// <summary>Source address of the flow.</summary>
    public IPAddress Source { get; init; } = IPAddress.Any;

    /// <summary>Destination address of the flow. When it is the frame's source the lookup is the reverse path check.</summary>
    public IPAddress Destination { get; init; } = IPAddress.Any;

    /// <summary>Number of the device that the frame came in by; 1 (lo) for what is sent from here.</summary>
    public int InputInterfaceIndex { get; init; }

    /// <summary>Number of the device that is asked for, or 0.</summary>
    public int OutputInterfaceIndex { get; init; }

    /// <summary>The mark that rules may look at.</summary>
    public uint Mark { get; init; }

    /// <summary>Number of the device of the next hop that was found, or 0.</summary>
    public int NextHopInterfaceIndex { get; init; }

    /// <summary>Name of the device of the next hop that was found, or empty.</summary>
    public string NextHopDevice { get; init; } = "";

    /// <summary>The gateway, or null: the destination is on the link, or nothing was found.</summary>
    public IPAddress? Gateway { get; init; }

    /// <summary>One line: <c>table 254: 10.0.0.1 -> 10.0.2.9 dev tb via 10.0.1.2</c>.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture, $"table {Table}: {Source} -> {Destination} ")
        + (Error != 0 ? Errno.Name(-Error) : $"dev {NextHopDevice}{(Gateway is null ? "" : $" via {Gateway}")}");
}
