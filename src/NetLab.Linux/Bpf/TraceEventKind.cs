namespace NetLab.Linux.Bpf;

/// <summary>What the kernel did with a frame, each named after its tracepoint.</summary>
internal enum TraceEventKind
{
    /// <summary><c>netif_receive_skb</c>: a device hands a frame to the network stack, or to the bridge that the device is a port of.</summary>
    NetifReceiveSkb = 1,

    /// <summary>
    /// <c>netif_rx</c>: a frame is put into the backlog of a CPU; the receiving end of a veth does that, <see cref="NetifReceiveSkb"/> follows.
    /// </summary>
    NetifRx = 2,

    /// <summary><c>net_dev_queue</c>: a frame is given to a device to send, before its queueing discipline, tc and nft egress.</summary>
    NetDevQueue = 3,

    /// <summary><c>net_dev_start_xmit</c>: a frame is given to the device's driver.</summary>
    NetDevStartXmit = 4,

    /// <summary><c>net_dev_xmit</c>: the driver refused a frame (see <see cref="TraceRecord.TransmitResult"/>); success is not recorded.</summary>
    NetDevXmit = 5,

    /// <summary><c>kfree_skb</c>: a frame is dropped.</summary>
    KfreeSkb = 6,

    /// <summary><c>consume_skb</c>: a frame is freed after use: read from a tap or a socket, answered, taken apart.</summary>
    ConsumeSkb = 7,

    /// <summary><c>icmp_send</c>: an ICMP error is sent because of the frame.</summary>
    IcmpSend = 8,

    /// <summary><c>fib_table_lookup</c>, <c>fib6_table_lookup</c>: a route was looked for in one table.</summary>
    FibTableLookup = 9,

    /// <summary><c>sk_data_ready</c>: a socket was given something to read, most likely the frame that was received last on that CPU.</summary>
    SkDataReady = 10,
}
