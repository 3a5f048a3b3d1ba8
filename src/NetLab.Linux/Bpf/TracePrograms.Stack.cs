using static NetLab.Linux.Bpf.BpfRegister;
using static NetLab.Linux.Bpf.BpfSize;
using Record = NetLab.Linux.Bpf.TraceRecordLayout;

namespace NetLab.Linux.Bpf;

// Programs for what the protocols do with a frame: route lookups and sockets. Their tracepoints do not say which frame it is for;
// what was received last on the same CPU,
// in the same namespace, is it, because the kernel takes a received frame all the way up before it turns to another.
internal sealed partial class TracePrograms
{
    private const int Loopback = 1; // LOOPBACK_IFINDEX, include/net/flow.h

    // fib_table_lookup(tb_id, flp, nhc, err): IPv4. The namespace is known from the next hop, if one was found.
    private void LookUpRoute(TracepointLayout point)
    {
        var (exit, filter, other, noHop) = (_code.NewLabel(), _code.NewLabel(), _code.NewLabel(), _code.NewLabel());
        _code.Mov(R6, R1);
        _code.Load(U64, R7, R6, point.Offset("flp"));
        _code.Store(U32, FP, FlagsSlot, 0);

        // For the frame being received on this CPU? Then the flow comes in by its device. (What is sent from here comes in by lo.)
        LookupCurrent(exit);
        _code.Mov(R8, R0);
        _code.Load(U32, R1, R8, TraceMaps.CurrentNamespace);
        _code.Load(U32, R2, R8, TraceMaps.CurrentIndex);
        _code.Load(U32, R3, R7, layout.FlowInput);
        _code.JumpIfEqual(R1, 0, other);
        _code.JumpIfNotEqual(R2, R3, other);
        _code.JumpIfNotEqual(R3, Loopback, filter);

        _code.Mark(other);
        _code.Mov(R8, 0);
        _code.Load(U64, R1, R6, point.Offset("nhc"));
        _code.JumpIfEqual(R1, 0, noHop);
        _code.Load(U64, R1, R1, layout.HopDevice);
        NamespaceOfDevice(R1, R1);
        _code.JumpIfNotEqual(R1, 0, filter);

        // Nothing was found, for something that is sent from here: most likely by the task at work.
        _code.Mark(noHop);
        _code.Store(U32, FP, FlagsSlot, Record.NamespaceOfTask);
        _code.Call(BpfHelper.GetCurrentTaskBtf);
        _code.Load(U64, R1, R0, layout.TaskNamespaces);
        _code.Load(U64, R1, R1, layout.NamespacesNet);
        _code.Load(U32, R1, R1, layout.NetInode);

        _code.Mark(filter);
        _code.Store(U32, FP, NamespaceKey, R1);
        LeaveUnlessTraced(exit);
        Reserve(TraceEventKind.FibTableLookup, exit);
        Current();
        _code.Store(U16, R9, Record.Protocol, 0x0008); // 0x0800, in network order
        Copy(U32, R7, layout.FlowMark, Record.Mark);
        Argument(point, "tb_id", Record.ArgumentA);
        Argument(point, "err", Record.ArgumentB);
        Copy(U32, R7, layout.FlowSource, Record.FibSource);
        Copy(U32, R7, layout.FlowDestination, Record.FibDestination);
        Copy(U32, R7, layout.FlowInput, Record.FibInput);
        Copy(U32, R7, layout.FlowOutput, Record.FibOutput);
        _code.Load(U64, R8, R6, point.Offset("nhc"));
        NextHop();
        Submit(exit);
    }

    // fib6_table_lookup(net, res, table, flp): IPv6. res is never empty: without a route it holds the namespace's null entry, of type unreachable.
    private void LookUpRoute6(TracepointLayout point)
    {
        var (exit, other, have) = (_code.NewLabel(), _code.NewLabel(), _code.NewLabel());
        _code.Mov(R6, R1);
        _code.Load(U64, R7, R6, point.Offset("flp"));
        _code.Store(U32, FP, FlagsSlot, 0);
        _code.Load(U64, R1, R6, point.Offset("net"));
        _code.Load(U32, R1, R1, layout.NetInode);
        _code.Store(U32, FP, NamespaceKey, R1);
        LeaveUnlessTraced(exit);
        LookupCurrent(exit);
        _code.Mov(R8, R0);
        _code.Load(U32, R1, FP, NamespaceKey);
        _code.Load(U32, R2, R8, TraceMaps.CurrentNamespace);
        _code.JumpIfNotEqual(R1, R2, other);
        _code.Load(U32, R2, R8, TraceMaps.CurrentIndex);
        _code.Load(U32, R3, R7, layout.FlowInput);
        _code.JumpIfNotEqual(R2, R3, other);
        _code.JumpIfNotEqual(R3, Loopback, have);
        _code.Mark(other);
        _code.Mov(R8, 0);
        _code.Mark(have);
        Reserve(TraceEventKind.FibTableLookup, exit);
        Current();
        _code.Store(U16, R9, Record.Protocol, 0xDD86); // 0x86DD, in network order
        Copy(U32, R7, layout.FlowMark, Record.Mark);
        _code.Load(U64, R1, R6, point.Offset("table"));
        _code.Load(U32, R1, R1, layout.Table6Id);
        _code.Store(U32, R9, Record.ArgumentA, R1);
        _code.Load(U64, R2, R6, point.Offset("res"));
        _code.Load(U8, R1, R2, layout.Result6Type);
        _code.Store(U32, R9, Record.ArgumentB, R1);
        Copy(U64, R7, layout.Flow6Source, Record.FibSource);
        Copy(U64, R7, layout.Flow6Source + 8, Record.FibSource + 8);
        Copy(U64, R7, layout.Flow6Destination, Record.FibDestination);
        Copy(U64, R7, layout.Flow6Destination + 8, Record.FibDestination + 8);
        Copy(U32, R7, layout.FlowInput, Record.FibInput);
        Copy(U32, R7, layout.FlowOutput, Record.FibOutput);
        _code.Load(U64, R8, R6, point.Offset("res"));
        _code.Load(U64, R8, R8, layout.Result6Hop); // its first member is the struct fib_nh_common
        NextHop();
        Submit(exit);
    }

    // sk_data_ready(sk): a socket was given something to read.
    private void WakeSocket(TracepointLayout point)
    {
        var (exit, found) = (_code.NewLabel(), _code.NewLabel());
        _code.Mov(R6, R1);
        _code.Load(U64, R7, R6, point.Offset("sk"));
        _code.Mov(R1, R7);
        _code.Store(U32, FP, FlagsSlot, 0);
        NamespaceOfSocket(found, packetToo: false);
        _code.Jump(exit);
        _code.Mark(found);
        _code.Store(U32, FP, NamespaceKey, R1);
        LeaveUnlessTraced(exit);
        LookupCurrent(exit);
        _code.Mov(R8, R0);
        _code.Load(U32, R1, FP, NamespaceKey);
        _code.Load(U32, R2, R8, TraceMaps.CurrentNamespace);
        _code.JumpIfNotEqual(R1, R2, exit);
        Reserve(TraceEventKind.SkDataReady, exit);
        Current();
        Copy(U16, R7, layout.SocketProtocol, Record.ArgumentA, U32);
        Copy(U16, R7, layout.SocketPort, Record.ArgumentB, U32);
        Submit(exit);
    }

    // The frame from struct current at R8, or none when that is null.
    private void Current()
    {
        var (none, end) = (_code.NewLabel(), _code.NewLabel());
        _code.Store(U32, R9, Record.Length, 0);
        _code.Store(U16, R9, Record.DeviceType, 0);
        ClearPacket();
        _code.JumpIfEqual(R8, 0, none);
        Copy(U64, R8, TraceMaps.CurrentSkb, Record.Skb);
        Copy(U32, R8, TraceMaps.CurrentIndex, Record.InterfaceIndex);
        Copy(U64, R8, TraceMaps.CurrentName, Record.DeviceName);
        Copy(U64, R8, TraceMaps.CurrentName + 8, Record.DeviceName + 8);
        _code.Jump(end);
        _code.Mark(none);
        _code.Mov(R1, 0);
        _code.Store(U64, R9, Record.Skb, R1);
        _code.Store(U32, R9, Record.InterfaceIndex, R1);
        _code.Store(U64, R9, Record.DeviceName, R1);
        _code.Store(U64, R9, Record.DeviceName + 8, R1);
        _code.Mark(end);
    }

    // The next hop from the struct fib_nh_common at R8, or none when that is null.
    private void NextHop()
    {
        var (none, end) = (_code.NewLabel(), _code.NewLabel());
        _code.JumpIfEqual(R8, 0, none);
        Copy(U8, R8, layout.HopFamily, Record.FibHopFamily, U32);
        _code.Mov(R1, R9);
        _code.Add(R1, Record.FibGateway);
        _code.Mov(R2, 16);
        _code.Mov(R3, R8);
        _code.Add(R3, layout.HopGateway);
        _code.Call(BpfHelper.ProbeReadKernel);
        _code.Load(U64, R8, R8, layout.HopDevice);
        Copy(U32, R8, layout.DeviceIndex, Record.FibHopIndex);
        Copy(U64, R8, layout.DeviceName, Record.FibHopName);
        Copy(U64, R8, layout.DeviceName + 8, Record.FibHopName + 8);
        _code.Jump(end);
        _code.Mark(none);
        _code.Mov(R1, 0);
        for (var at = Record.FibHopIndex; at < Record.FibEnd; at += 8)
        {
            _code.Store(U64, R9, at, R1);
        }

        _code.Mark(end);
    }

    private void Argument(TracepointLayout point, string name, int to)
    {
        _code.Load(U64, R1, R6, point.Offset(name));
        _code.Store(U32, R9, to, R1);
    }
}
