using System.Buffers.Binary;
using System.Net;
using System.Runtime.InteropServices;
using Layout = NetLab.Linux.Bpf.TraceRecordLayout;

namespace NetLab.Linux.Bpf;

/// <summary>
/// One record, read where it lies in the ring: nothing is copied or allocated until a name, an address or <see cref="ToEvent"/> is asked
/// for. Good only until the
/// <see cref="TraceSink"/> that it was given to returns.
/// </summary>
internal readonly ref struct TraceRecord
{
    private readonly ReadOnlySpan<byte> _data;
    private readonly TraceNames _names;

    internal TraceRecord(ReadOnlySpan<byte> data, TraceNames names)
    {
        _data = data;
        _names = names;
    }

    internal ReadOnlySpan<byte> Data => _data;

    internal TraceNames Names => _names;

    /// <summary>What happened.</summary>
    public TraceEventKind Kind => (TraceEventKind)_data[Layout.Kind];

    /// <summary>
    /// When: nanoseconds of CLOCK_MONOTONIC, the clock of <see cref="System.Diagnostics.Stopwatch.GetTimestamp"/>, which counts nanoseconds too on Linux.
    /// </summary>
    public long Timestamp => BinaryPrimitives.ReadInt64LittleEndian(_data[Layout.Time..]);

    /// <summary>Inode number of the network namespace (<see cref="NetworkNamespace.Inode"/>).</summary>
    public ulong Namespace => UInt32(Layout.Namespace);

    /// <summary>Whether the namespace is only likely: that of the task at work, for the lookup of a route that was not found.</summary>
    public bool IsNamespaceInferred => (_data[Layout.Flags] & Layout.NamespaceOfTask) != 0;

    /// <summary>The device's number in its namespace; 0 when the frame is not on a device.</summary>
    public int InterfaceIndex => Int32(Layout.InterfaceIndex);

    /// <summary>The device's name; empty when the frame is not on a device.</summary>
    public string DeviceName => _names.Device(DeviceNameBytes);

    /// <summary>The sixteen bytes of the device's name, padded with zeros.</summary>
    public ReadOnlySpan<byte> DeviceNameBytes => _data.Slice(Layout.DeviceName, 16);

    /// <summary>The device's hardware type, ARPHRD_… of include/uapi/linux/if_arp.h: 1 Ethernet, 772 loopback.</summary>
    public int DeviceType => UInt16(Layout.DeviceType);

    /// <summary>Address of the struct sk_buff: the same as long as the kernel handles the same copy; soon used again after its end.</summary>
    public ulong SkbAddress => UInt64(Layout.Skb);

    /// <summary>Address of the buffer with the bytes (skb->head): shared by clones.</summary>
    public ulong HeadAddress => UInt64(Layout.Head);

    /// <summary>Length of the frame in bytes, counted from where <see cref="Bytes"/> starts.</summary>
    public int Length => Int32(Layout.Length);

    /// <summary>The first bytes of the frame, as many as were asked for and lie in one piece.</summary>
    public ReadOnlySpan<byte> Bytes => _data.Slice(Layout.Bytes, UInt16(Layout.Captured));

    /// <summary>
    /// Whether <see cref="Bytes"/> start with an Ethernet header; otherwise with what is behind it (an IP header): it is not made yet, or the device has none.
    /// </summary>
    public bool StartsWithEthernet => (_data[Layout.Flags] & Layout.FromMacHeader) != 0 && (DeviceType is 1 or 772 || (DeviceType == 0 && NetworkOffset >= 14));

    /// <summary>Where in <see cref="Bytes"/> the header of the network layer begins; not meaningful when negative or behind their end.</summary>
    public int NetworkOffset => BinaryPrimitives.ReadInt16LittleEndian(_data[Layout.NetworkOffset..]);

    /// <summary>The VLAN tag that the kernel keeps beside the bytes (TCI: priority, DEI, id), or null. A tag that is still in the bytes is not here.</summary>
    public ushort? VlanTci => VlanProtocol == 0 ? null : (ushort)UInt16(Layout.VlanTci);

    /// <summary>EtherType of that tag, 0x8100 or 0x88A8; 0 without one.</summary>
    public ushort VlanProtocol => BinaryPrimitives.ReadUInt16BigEndian(_data[Layout.VlanProtocol..]);

    /// <summary>EtherType of the frame as the kernel has it (skb->protocol).</summary>
    public ushort Protocol => BinaryPrimitives.ReadUInt16BigEndian(_data[Layout.Protocol..]);

    /// <summary>The mark (skb->mark); for a route lookup the flow's.</summary>
    public uint Mark => UInt32(Layout.Mark);

    /// <summary>Number of the device that the frame came in by first (skb->skb_iif), 0 when it was made here.</summary>
    public int IngressInterfaceIndex => Int32(Layout.Ingress);

    /// <summary>The thread that was running. Not always one that has to do with the frame: much happens in interrupts.</summary>
    public int ThreadId => Int32(Layout.ThreadId);

    /// <summary>The CPU.</summary>
    public int Cpu => UInt16(Layout.Cpu);

    /// <summary>Of a drop: the reason's number in this kernel's enum skb_drop_reason; -1 in kernels before 5.17, which give none.</summary>
    public int Reason => Kind is TraceEventKind.KfreeSkb ? Int32(Layout.ArgumentA) : -1;

    /// <summary>Of a drop: the reason's name without its prefix: <c>NETFILTER_DROP</c>; otherwise empty.</summary>
    public string ReasonName => _names.Reason(Reason);

    /// <summary>Of a drop or use: address of the code that freed the frame; 0 of a use before Linux 6.3, which tells none.</summary>
    public ulong Location => Kind is TraceEventKind.KfreeSkb or TraceEventKind.ConsumeSkb ? UInt64(Layout.Location) : 0;

    /// <summary>Of a drop or use: the function that freed the frame: <c>nft_do_chain</c>; otherwise empty.</summary>
    public string LocationName => IsUseWithStack ? _names.Caller(Stack, "consume_skb") : _names.Function(Location);

    /// <summary>
    /// Of a drop, or of a use of which the kernel tells no <see cref="Location"/>: return addresses on the kernel's stack, innermost first.
    /// </summary>
    public ReadOnlySpan<ulong> Stack => Kind is not TraceEventKind.KfreeSkb && !IsUseWithStack
        ? default
        : MemoryMarshal.Cast<byte, ulong>(_data[^(8 * Layout.StackDepth)..])[..Math.Clamp(Int32(Layout.ArgumentB) / 8, 0, Layout.StackDepth)];

    /// <summary>Of a drop: functions on the stack, innermost first, from <see cref="LocationName"/> on.</summary>
    public IReadOnlyList<string> StackNames => Kind is TraceEventKind.KfreeSkb ? _names.Stack(Stack, Location) : [];

    /// <summary>Of <see cref="TraceEventKind.NetDevXmit"/>: what the driver returned: NET_XMIT_DROP (1), NETDEV_TX_BUSY (16)…; otherwise 0.</summary>
    public int TransmitResult => Kind is TraceEventKind.NetDevXmit ? Int32(Layout.ArgumentA) : 0;

    /// <summary>Of <see cref="TraceEventKind.IcmpSend"/>: the type of the ICMP error; otherwise -1.</summary>
    public int IcmpType => Kind is TraceEventKind.IcmpSend ? Int32(Layout.ArgumentA) : -1;

    /// <summary>Of <see cref="TraceEventKind.IcmpSend"/>: the code of the ICMP error; otherwise -1.</summary>
    public int IcmpCode => Kind is TraceEventKind.IcmpSend ? Int32(Layout.ArgumentB) : -1;

    /// <summary>Of <see cref="TraceEventKind.SkDataReady"/>: the socket's protocol, 17 UDP, 6 TCP (IPPROTO_…); otherwise -1.</summary>
    public int SocketProtocol => Kind is TraceEventKind.SkDataReady ? Int32(Layout.ArgumentA) : -1;

    /// <summary>Of <see cref="TraceEventKind.SkDataReady"/>: the socket's own port; otherwise -1.</summary>
    public int SocketPort => Kind is TraceEventKind.SkDataReady ? Int32(Layout.ArgumentB) : -1;

    /// <summary>Of <see cref="TraceEventKind.FibTableLookup"/>: what was asked and found; otherwise null.</summary>
    public RouteLookup? RouteLookup => Kind is not TraceEventKind.FibTableLookup ? null : new RouteLookup
    {
        Table = Int32(Layout.ArgumentA),
        Error = Protocol is 0x86DD ? ErrorOfRouteType(Int32(Layout.ArgumentB)) : Int32(Layout.ArgumentB),
        Source = new IPAddress(_data.Slice(Layout.FibSource, Protocol is 0x86DD ? 16 : 4)),
        Destination = new IPAddress(_data.Slice(Layout.FibDestination, Protocol is 0x86DD ? 16 : 4)),
        InputInterfaceIndex = Int32(Layout.FibInput),
        OutputInterfaceIndex = Int32(Layout.FibOutput),
        Mark = Mark,
        NextHopInterfaceIndex = Int32(Layout.FibHopIndex),
        NextHopDevice = _names.Device(_data.Slice(Layout.FibHopName, 16)),
        Gateway = Int32(Layout.FibHopFamily) switch
        {
            2 => new IPAddress(_data.Slice(Layout.FibGateway, 4)), // AF_INET
            10 => new IPAddress(_data.Slice(Layout.FibGateway, 16)), // AF_INET6, also of an IPv4 route (RFC 5549)
            _ => null,
        },
    };

    /// <summary>A copy to keep, with all names in it.</summary>
    public TraceEvent ToEvent() => new()
    {
        Kind = Kind,
        Timestamp = Timestamp,
        Namespace = Namespace,
        IsNamespaceInferred = IsNamespaceInferred,
        InterfaceIndex = InterfaceIndex,
        DeviceName = DeviceName,
        SkbAddress = SkbAddress,
        HeadAddress = HeadAddress,
        Length = Length,
        Bytes = Bytes.ToArray(),
        StartsWithEthernet = StartsWithEthernet,
        NetworkOffset = NetworkOffset,
        VlanTci = VlanTci,
        VlanProtocol = VlanProtocol,
        Protocol = Protocol,
        Mark = Mark,
        IngressInterfaceIndex = IngressInterfaceIndex,
        ThreadId = ThreadId,
        Cpu = Cpu,
        Reason = Reason,
        ReasonName = ReasonName,
        Location = LocationName,
        Stack = StackNames,
        TransmitResult = TransmitResult,
        IcmpType = IcmpType,
        IcmpCode = IcmpCode,
        SocketProtocol = SocketProtocol,
        SocketPort = SocketPort,
        RouteLookup = RouteLookup,
    };

    // RTN_… of include/uapi/linux/rtnetlink.h, to errors as ip6_rt_type_to_error() of net/ipv6/route.c does it.
    private static int ErrorOfRouteType(int type) => type switch
    {
        6 => -Errno.EINVAL, // blackhole
        7 => -Errno.ENETUNREACH, // unreachable
        8 => -Errno.EACCES, // prohibit
        9 => -Errno.EAGAIN, // throw
        _ => 0,
    };

    private bool IsUseWithStack => Kind is TraceEventKind.ConsumeSkb && Location == 0;

    private int Int32(int offset) => BinaryPrimitives.ReadInt32LittleEndian(_data[offset..]);

    private uint UInt32(int offset) => BinaryPrimitives.ReadUInt32LittleEndian(_data[offset..]);

    private ulong UInt64(int offset) => BinaryPrimitives.ReadUInt64LittleEndian(_data[offset..]);

    private int UInt16(int offset) => BinaryPrimitives.ReadUInt16LittleEndian(_data[offset..]);
}

/// <summary>Takes one record while the ring is drained.</summary>
/// <param name="record">The record; not to be used after the return.</param>
internal delegate void TraceSink(in TraceRecord record);
