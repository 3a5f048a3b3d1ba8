namespace NetLab.Linux.Bpf;

/// <summary>
/// The bytes of one record in the ring: what the programs write (<see cref="TracePrograms"/>) and <see cref="TraceRecord"/> reads. In C:
/// <code>
/// struct record {
///     u64 time;              //  0  bpf_ktime_get_ns: CLOCK_MONOTONIC
///     u64 skb, head;         //  8
///     u32 ns;                // 24  inode of the network namespace
///     u32 ifindex;           // 28
///     char name[16];         // 32  of the device
///     u32 length;            // 48  of the frame, from the first captured byte
///     u16 captured;          // 52
///     u8 kind;               // 54  TraceEventKind
///     u8 flags;              // 55
///     u16 vlan_tci;          // 56
///     be16 vlan_proto;       // 58  0: no tag beside the data
///     be16 protocol;         // 60
///     s16 network_offset;    // 62  of the network header, from the first captured byte
///     s32 a, b;              // 64  drop: reason, bytes of stack; consume: b as of a drop; xmit: rc; icmp: type, code; fib: table, error;
///                            //     fib6: table, RTN_…; sk: protocol, port
///     u32 tid;               // 72
///     u16 cpu;               // 76
///     u16 device_type;       // 78  ARPHRD_…
///     u32 mark;              // 80
///     u32 ingress;           // 84  ifindex that the skb came in by
///     u64 location;          // 88  drop, consume: address of the code; 0 of a consume before Linux 6.3
///     u8 bytes[capture];     // 96
///     u64 stack[16];         //     drop, and consume where location is 0
/// };
/// struct fib {               // 96  fib_table_lookup, fib6_table_lookup
///     u8 source[16], destination[16];
///     u32 iif, oif;
///     u32 hop_ifindex, hop_family;
///     u8 gateway[16]; char hop_name[16];
/// };
/// </code>
/// </summary>
internal static class TraceRecordLayout
{
    public const int Time = 0, Skb = 8, Head = 16, Namespace = 24, InterfaceIndex = 28, DeviceName = 32, Length = 48, Captured = 52, Kind = 54, Flags = 55,
        VlanTci = 56, VlanProtocol = 58, Protocol = 60, NetworkOffset = 62, ArgumentA = 64, ArgumentB = 68, ThreadId = 72, Cpu = 76, DeviceType = 78,
        Mark = 80, Ingress = 84, Location = 88, Bytes = 96;

    public const int FibSource = Bytes, FibDestination = Bytes + 16, FibInput = Bytes + 32, FibOutput = Bytes + 36, FibHopIndex = Bytes + 40,
        FibHopFamily = Bytes + 44, FibGateway = Bytes + 48,
        FibHopName = Bytes + 64, FibEnd = Bytes + 80;

    /// <summary>Most return addresses kept of a stack.</summary>
    public const int StackDepth = 16;

    /// <summary>
    /// Flags: the bytes start at skb->mac_header (else at skb->data); the namespace is that of a socket, of the task at work (else of a device or a route).
    /// </summary>
    public const int FromMacHeader = 1, NamespaceOfSocket = 2, NamespaceOfTask = 4;
}
