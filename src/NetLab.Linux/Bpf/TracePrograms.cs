using static NetLab.Linux.Bpf.BpfRegister;
using static NetLab.Linux.Bpf.BpfSize;
using Record = NetLab.Linux.Bpf.TraceRecordLayout;

namespace NetLab.Linux.Bpf;

/// <summary>Descriptors of the maps that the programs use.</summary>
/// <param name="Namespaces">hash: inode of a traced namespace -> u64: records of it for which the ring had no room.</param>
/// <param name="Ring">The ring that records go to.</param>
/// <param name="Lost">array of one u64: the sum of those.</param>
/// <param name="Current">per-CPU array of one struct current { u64 skb; u32 ns; u32 ifindex; char name[16]; }:
/// the frame that was received last on this CPU; route lookups and sockets do not say whose they are.</param>
internal readonly record struct TraceMaps(int Namespaces, int Ring, int Lost, int Current)
{
    public const int CurrentSize = 32, CurrentSkb = 0, CurrentNamespace = 8, CurrentIndex = 12, CurrentName = 16;
}

/// <summary>
/// Assembles the programs that are attached to tracepoints, for the kernel that the layout describes.
/// Each finds the namespace of the frame, leaves when it is not one
/// of those traced, reserves a record in the ring, fills it from struct sk_buff and submits it. See <see cref="TraceRecordLayout"/> for the record.
/// <para>
/// Members of kernel structures are read by plain loads, which the verifier allows on a pointer whose type it knows from BTF;
/// a load through a bad pointer reads 0. R6 is the
/// context, R7 the skb, R8 the device (later: where the frame's bytes start), R9 the record.
/// </para>
/// </summary>
internal sealed partial class TracePrograms(KernelLayout layout, TraceMaps maps, int captureLength, int wakeAt)
{
    /// <summary>The tracepoints that are enough for drops and questions.</summary>
    public static IReadOnlyList<string> OfDropsAndQuestions { get; } = ["kfree_skb", "netif_receive_skb", "net_dev_queue"];

    private const int FamilyInet = 2, FamilyInet6 = 10, FamilyPacket = 17;
    private const int SkipWakeup = 1, ForceWakeup = 2; // BPF_RB_NO_WAKEUP, BPF_RB_FORCE_WAKEUP

    // When the ring has filled up to a mark the reader is woken, once or a few times: by records that are submitted within this many bytes behind the mark.
    private const int WakeWindow = 4096;

    // On the stack.
    private const int NamespaceKey = -8, FlagsSlot = -4, ZeroKey = -16;

    private readonly BpfAssembler _code = new();

    /// <summary>The tracepoints that there are programs for; the first six must be there, the kernel may lack the others.</summary>
    public static IReadOnlyList<string> Tracepoints { get; } =
        ["kfree_skb", "consume_skb", "netif_receive_skb", "netif_rx", "net_dev_queue", "net_dev_start_xmit", "net_dev_xmit", "icmp_send",
            "sk_data_ready", "fib_table_lookup", "fib6_table_lookup"];

    /// <summary>How many of <see cref="Tracepoints"/> a kernel must have.</summary>
    public const int Indispensable = 6;

    /// <summary>How long the records of a kind are.</summary>
    /// <param name="kind">What happened.</param>
    /// <param name="captureLength">How many bytes of the frame are kept.</param>
    /// <param name="withStack">Whether the stack is kept of a use too.</param>
    public static int RecordLength(TraceEventKind kind, int captureLength, bool withStack = false) => kind switch
    {
        TraceEventKind.KfreeSkb => Record.Bytes + captureLength + (8 * Record.StackDepth),
        TraceEventKind.ConsumeSkb when withStack => Record.Bytes + captureLength + (8 * Record.StackDepth),
        TraceEventKind.NetDevXmit or TraceEventKind.SkDataReady => Record.Bytes,
        TraceEventKind.FibTableLookup => Record.FibEnd,
        _ => Record.Bytes + captureLength,
    };

    /// <summary>The program for one tracepoint.</summary>
    public static ulong[] Build(KernelLayout layout, TraceMaps maps, TracerOptions options, int wakeAt, string tracepoint)
    {
        var program = new TracePrograms(layout, maps, options.CaptureLength, wakeAt);
        var point = layout.Tracepoint(tracepoint) ?? throw new PlatformNotSupportedException($"This kernel has no tracepoint {tracepoint}.");
        switch (tracepoint)
        {
            case "kfree_skb":
                program.Free(point, TraceEventKind.KfreeSkb);
                break;
            case "consume_skb":
                program.Free(point, TraceEventKind.ConsumeSkb);
                break;
            case "icmp_send":
                program.Free(point, TraceEventKind.IcmpSend);
                break;
            case "netif_receive_skb" when options.DropsAndQuestions:
                program.ReceiveQuestion(point, rememberCurrent: layout.Tracepoint("kfree_skb")?.Has("rx_sk") is false);
                break;
            case "net_dev_queue" when options.DropsAndQuestions:
                program.SendQuestion(point);
                break;
            case "netif_receive_skb":
                program.Receive(point, TraceEventKind.NetifReceiveSkb, first: true);
                break;
            case "netif_rx":
                program.Receive(point, TraceEventKind.NetifRx, first: false);
                break;
            case "net_dev_queue":
                program.Send(point, TraceEventKind.NetDevQueue);
                break;
            case "net_dev_start_xmit":
                program.Send(point, TraceEventKind.NetDevStartXmit);
                break;
            case "net_dev_xmit":
                program.Refuse(point);
                break;
            case "fib_table_lookup":
                program.LookUpRoute(point);
                break;
            case "fib6_table_lookup":
                program.LookUpRoute6(point);
                break;
            case "sk_data_ready":
                program.WakeSocket(point);
                break;
            default:
                throw new ArgumentException($"There is no program for the tracepoint {tracepoint}.", nameof(tracepoint));
        }

        return program._code.Assemble();
    }

    // netif_receive_skb(skb), netif_rx(skb)
    private void Receive(TracepointLayout point, TraceEventKind kind, bool first)
    {
        var (miss, exit) = (_code.NewLabel(), _code.NewLabel());
        _code.Mov(R6, R1);
        _code.Load(U64, R7, R6, point.Offset("skb"));
        _code.Load(U64, R8, R7, layout.SkbDevice);
        _code.Store(U32, FP, FlagsSlot, 0);
        NamespaceOfDevice(R1, R8);
        _code.Store(U32, FP, NamespaceKey, R1);
        LeaveUnlessTraced(first ? miss : exit);
        if (first)
        {
            RememberCurrent(exit, traced: true);
        }

        Reserve(kind, exit);
        Device();
        Packet(input: true);
        Submit(exit);
        if (first)
        {
            _code.Mark(miss);
            RememberCurrent(exit, traced: false);
            Return(exit);
        }
    }

    // net_dev_queue(skb), net_dev_start_xmit(skb, dev)
    private void Send(TracepointLayout point, TraceEventKind kind)
    {
        var exit = _code.NewLabel();
        _code.Mov(R6, R1);
        _code.Load(U64, R7, R6, point.Offset("skb"));
        LoadDevice(point);
        _code.Store(U32, FP, FlagsSlot, 0);
        NamespaceOfDevice(R1, R8);
        _code.Store(U32, FP, NamespaceKey, R1);
        LeaveUnlessTraced(exit);
        Reserve(kind, exit);
        Device();
        Packet(input: false);
        Submit(exit);
    }

    // net_dev_xmit(skb, rc, dev, skb_len): the skb may be gone, only its address is of use.
    private void Refuse(TracepointLayout point)
    {
        var exit = _code.NewLabel();
        _code.Mov(R6, R1);
        _code.Load(U64, R1, R6, point.Offset("rc"));
        _code.And(R1, 0x7FFFFFFF);
        _code.JumpIfEqual(R1, 0, exit);
        _code.Load(U64, R7, R6, point.Offset("skb"));
        LoadDevice(point);
        NamespaceOfDevice(R1, R8);
        _code.Store(U32, FP, NamespaceKey, R1);
        _code.Store(U32, FP, FlagsSlot, 0);
        LeaveUnlessTraced(exit);
        Reserve(TraceEventKind.NetDevXmit, exit);
        Device();
        Argument(point, "rc", Record.ArgumentA);
        Argument(point, "skb_len", Record.Length);
        ClearPacket();
        Submit(exit);
    }

    // kfree_skb(skb, location, reason, rx_sk), consume_skb(skb, location), icmp_send(skb, type, code):
    // skb->dev may be null, or overwritten by a socket that holds the skb.
    private void Free(TracepointLayout point, TraceEventKind kind)
    {
        var (exit, filter, haveSocket) = (_code.NewLabel(), _code.NewLabel(), _code.NewLabel());
        _code.Mov(R6, R1);
        _code.Load(U64, R7, R6, point.Offset("skb"));
        _code.Load(U64, R8, R7, layout.SkbDevice);
        _code.Store(U32, FP, FlagsSlot, 0);
        NamespaceOfDevice(R1, R8);

        // A use that nothing but a socket tells of is one of netlink's, and there are many: sockets are only asked for drops and errors.
        if (kind is not TraceEventKind.ConsumeSkb)
        {
            _code.JumpIfNotEqual(R1, 0, filter);
            _code.Load(U64, R1, R7, layout.SkbSocket);
            NamespaceOfSocket(haveSocket);
            if (point.Has("rx_sk"))
            {
                _code.Load(U64, R1, R6, point.Offset("rx_sk"));
                NamespaceOfSocket(haveSocket);
                _code.Jump(exit);
            }
            else
            {
                // Before Linux 6.11 nothing tells of the socket that refused what it does not own: it was the last that this processor received.
                LookupCurrent(exit);
                _code.Load(U64, R1, R0, TraceMaps.CurrentSkb);
                _code.JumpIfNotEqual(R1, R7, exit);
                _code.Load(U32, R1, R0, TraceMaps.CurrentNamespace);
                _code.JumpIfEqual(R1, 0, exit);
            }

            _code.Mark(haveSocket);
            _code.Store(U32, FP, FlagsSlot, Record.NamespaceOfSocket);
        }

        _code.Mark(filter);
        _code.Store(U32, FP, NamespaceKey, R1);
        LeaveUnlessTraced(exit);
        Reserve(kind, exit, withStack: !point.Has("location"));
        Device();
        Packet(input: true);
        switch (kind)
        {
            case TraceEventKind.IcmpSend:
                Argument(point, "type", Record.ArgumentA);
                Argument(point, "code", Record.ArgumentB);
                break;
            case TraceEventKind.KfreeSkb:
                Location(point);
                Reason(point);
                Stack();
                break;
            default:
                Location(point);
                if (!point.Has("location"))
                {
                    Stack(); // before Linux 6.3 nothing else tells who used it
                }

                break;
        }

        Submit(exit);
    }
}
