using static NetLab.Linux.Bpf.BpfRegister;
using static NetLab.Linux.Bpf.BpfSize;
using Record = NetLab.Linux.Bpf.TraceRecordLayout;

namespace NetLab.Linux.Bpf;

// The blocks that the programs are put together from, in the order in which a program runs them.
internal sealed partial class TracePrograms
{
    private bool _exitMarked;

    private void LoadDevice(TracepointLayout point)
    {
        if (point.Has("dev"))
        {
            _code.Load(U64, R8, R6, point.Offset("dev"));
        }
        else
        {
            _code.Load(U64, R8, R7, layout.SkbDevice);
        }
    }

    // into = device->nd_net.net->ns.inum
    private void NamespaceOfDevice(BpfRegister into, BpfRegister device)
    {
        _code.Load(U64, into, device, layout.DeviceNet);
        _code.Load(U32, into, into, layout.NetInode);
    }

    // if (R1 && R1->__sk_common.skc_family is of the network && (R1 = R1->__sk_common.skc_net.net->ns.inum)) goto found
    private void NamespaceOfSocket(BpfLabel found, bool packetToo = true)
    {
        var (none, network) = (_code.NewLabel(), _code.NewLabel());
        _code.JumpIfEqual(R1, 0, none);
        _code.Load(U16, R2, R1, layout.SocketFamily);
        _code.JumpIfEqual(R2, FamilyInet, network);
        if (packetToo)
        {
            _code.JumpIfEqual(R2, FamilyPacket, network);
        }

        _code.JumpIfNotEqual(R2, FamilyInet6, none);
        _code.Mark(network);
        _code.Load(U64, R1, R1, layout.SocketNet);
        _code.Load(U32, R1, R1, layout.NetInode);
        _code.JumpIfNotEqual(R1, 0, found);
        _code.Mark(none);
    }

    private void LeaveUnlessTraced(BpfLabel otherwise)
    {
        _code.LoadMap(R1, maps.Namespaces);
        Address(R2, NamespaceKey);
        _code.Call(BpfHelper.MapLookupElem);
        _code.JumpIfEqual(R0, 0, otherwise);
    }

    // R9 = a record with time, thread, CPU, namespace, kind and flags; when the ring is full that is counted, in all and for the namespace.
    private void Reserve(TraceEventKind kind, BpfLabel exit, bool withStack = false)
    {
        var have = _code.NewLabel();
        _code.LoadMap(R1, maps.Ring);
        _code.Mov(R2, RecordLength(kind, captureLength, withStack));
        _code.Mov(R3, 0);
        _code.Call(BpfHelper.RingbufReserve);
        _code.JumpIfNotEqual(R0, 0, have);
        _code.LoadMapValue(R1, maps.Lost);
        _code.Mov(R2, 1);
        _code.AtomicAdd(R1, 0, R2);
        _code.LoadMap(R1, maps.Namespaces);
        Address(R2, NamespaceKey);
        _code.Call(BpfHelper.MapLookupElem);
        _code.JumpIfEqual(R0, 0, exit);
        _code.Mov(R2, 1);
        _code.AtomicAdd(R0, 0, R2);
        _code.Jump(exit);

        _code.Mark(have);
        _code.Mov(R9, R0);
        _code.Call(BpfHelper.KtimeGetNs);
        _code.Store(U64, R9, Record.Time, R0);
        _code.Call(BpfHelper.GetCurrentPidTgid);
        _code.Store(U32, R9, Record.ThreadId, R0);
        _code.Call(BpfHelper.GetSmpProcessorId);
        _code.Store(U16, R9, Record.Cpu, R0);
        _code.Load(U32, R1, FP, NamespaceKey);
        _code.Store(U32, R9, Record.Namespace, R1);
        _code.Load(U32, R1, FP, FlagsSlot);
        _code.Store(U8, R9, Record.Flags, R1);
        _code.Store(U8, R9, Record.Kind, (int)kind);
        _code.Store(U64, R9, Record.Skb, R7);
    }

    private void Device()
    {
        Copy(U32, R8, layout.DeviceIndex, Record.InterfaceIndex);
        Copy(U64, R8, layout.DeviceName, Record.DeviceName);
        Copy(U64, R8, layout.DeviceName + 8, Record.DeviceName + 8);
        Copy(U16, R8, layout.DeviceType, Record.DeviceType);
    }

    // R0 = this CPU's struct current
    private void LookupCurrent(BpfLabel exit)
    {
        _code.Store(U32, FP, ZeroKey, 0);
        _code.LoadMap(R1, maps.Current);
        Address(R2, ZeroKey);
        _code.Call(BpfHelper.MapLookupElem);
        _code.JumpIfEqual(R0, 0, exit);
    }

    private void RememberCurrent(BpfLabel exit, bool traced)
    {
        LookupCurrent(exit);
        if (!traced)
        {
            _code.Store(U32, R0, TraceMaps.CurrentNamespace, 0);
            return;
        }

        _code.Store(U64, R0, TraceMaps.CurrentSkb, R7);
        _code.Load(U32, R1, FP, NamespaceKey);
        _code.Store(U32, R0, TraceMaps.CurrentNamespace, R1);
        _code.Load(U32, R1, R8, layout.DeviceIndex);
        _code.Store(U32, R0, TraceMaps.CurrentIndex, R1);
        _code.Load(U64, R1, R8, layout.DeviceName);
        _code.Store(U64, R0, TraceMaps.CurrentName, R1);
        _code.Load(U64, R1, R8, layout.DeviceName + 8);
        _code.Store(U64, R0, TraceMaps.CurrentName + 8, R1);
    }

    // What the skb says of itself, and its first bytes. Loses R8.
    private void Packet(bool input)
    {
        Copy(U64, R7, layout.SkbHead, Record.Head);
        _code.Load(U64, R1, R7, layout.SkbHead);
        _code.Load(U64, R2, R7, layout.SkbData);
        _code.Sub(R2, R1); // headroom: offset of the data
        if (input)
        {
            // From the MAC header, unless there is none yet (0xFFFF) or it is an old one in front of which new headers were put.
            var (useData, have) = (_code.NewLabel(), _code.NewLabel());
            _code.Load(U16, R8, R7, layout.SkbMacHeader);
            _code.JumpIfAbove(R8, R2, useData);
            _code.Load(U32, R3, FP, FlagsSlot);
            _code.Add(R3, Record.FromMacHeader);
            _code.Store(U8, R9, Record.Flags, R3);
            _code.Jump(have);
            _code.Mark(useData);
            _code.Mov(R8, R2);
            _code.Mark(have);
        }
        else
        {
            _code.Mov(R8, R2); // a device is given a frame from its link-layer header on
            _code.Store(U8, R9, Record.Flags, Record.FromMacHeader);
        }

        _code.Load(U32, R3, R7, layout.SkbLength);
        _code.Add(R3, R2);
        _code.Sub(R3, R8);
        _code.Store(U32, R9, Record.Length, R3);
        _code.Load(U16, R3, R7, layout.SkbNetworkHeader);
        _code.Sub(R3, R8);
        _code.Store(U16, R9, Record.NetworkOffset, R3);
        Vlan();
        Copy(U16, R7, layout.SkbProtocol, Record.Protocol);
        Copy(U32, R7, layout.SkbMark, Record.Mark);
        Copy(U32, R7, layout.SkbIngressInterface, Record.Ingress);

        // captured = clamp(tail - start, 0, captureLength)
        var (notNegative, notTooLong) = (_code.NewLabel(), _code.NewLabel());
        _code.Load(U32, R2, R7, layout.SkbTail);
        _code.Sub(R2, R8);
        _code.JumpIfNotLess(R2, 0, notNegative);
        _code.Mov(R2, 0);
        _code.Mark(notNegative);
        _code.JumpIfNotAbove(R2, captureLength, notTooLong);
        _code.Mov(R2, captureLength);
        _code.Mark(notTooLong);
        _code.Store(U16, R9, Record.Captured, R2);
        _code.Mov(R1, R9);
        _code.Add(R1, Record.Bytes);
        _code.Load(U64, R3, R7, layout.SkbHead);
        _code.Add(R3, R8);
        _code.Call(BpfHelper.ProbeReadKernel);
    }

    private void Vlan()
    {
        _code.Load(U16, R3, R7, layout.SkbVlanProtocol);
        _code.Load(U16, R4, R7, layout.SkbVlanTci);
        if (layout.SkbVlanPresent is { } present)
        {
            var tagged = _code.NewLabel();
            _code.Load(U8, R5, R7, present.Offset);
            _code.And(R5, 1 << present.Bit);
            _code.JumpIfNotEqual(R5, 0, tagged);
            _code.Mov(R3, 0);
            _code.Mov(R4, 0);
            _code.Mark(tagged);
        }

        _code.Store(U16, R9, Record.VlanProtocol, R3);
        _code.Store(U16, R9, Record.VlanTci, R4);
    }

    private void ClearPacket()
    {
        _code.Mov(R1, 0);
        _code.Store(U64, R9, Record.Head, R1);
        _code.Store(U16, R9, Record.Captured, 0);
        _code.Store(U64, R9, Record.VlanTci, R1); // and the three fields behind it
        _code.Store(U64, R9, Record.Mark, R1); // and Ingress
    }

    private void Location(TracepointLayout point)
    {
        if (point.Has("location"))
        {
            _code.Load(U64, R1, R6, point.Offset("location"));
        }
        else
        {
            _code.Mov(R1, 0);
        }

        _code.Store(U64, R9, Record.Location, R1);
    }

    private void Reason(TracepointLayout point)
    {
        if (point.Has("reason"))
        {
            _code.Load(U64, R1, R6, point.Offset("reason"));
        }
        else
        {
            _code.Mov(R1, -1);
        }

        _code.Store(U32, R9, Record.ArgumentA, R1);
    }

    private void Stack()
    {
        _code.Mov(R1, R6);
        _code.Mov(R2, R9);
        _code.Add(R2, Record.Bytes + captureLength);
        _code.Mov(R3, 8 * Record.StackDepth);
        _code.Mov(R4, 0);
        _code.Call(BpfHelper.GetStack);
        _code.Store(U32, R9, Record.ArgumentB, R0);
    }

    // Gives the record to the reader, and ends the program.
    private void Submit(BpfLabel exit)
    {
        var (wake, submit) = (_code.NewLabel(), _code.NewLabel());
        _code.LoadMap(R1, maps.Ring);
        _code.Mov(R2, 0); // BPF_RB_AVAIL_DATA
        _code.Call(BpfHelper.RingbufQuery);
        _code.Add(R0, -wakeAt);
        _code.JumpIfNotAbove(R0, WakeWindow, wake);
        _code.Mov(R2, SkipWakeup);
        _code.Jump(submit);
        _code.Mark(wake);
        _code.Mov(R2, ForceWakeup);
        _code.Mark(submit);
        _code.Mov(R1, R9);
        _code.Call(BpfHelper.RingbufSubmit);
        Return(exit);
    }

    private void Return(BpfLabel exit)
    {
        if (!_exitMarked)
        {
            _exitMarked = true;
            _code.Mark(exit);
        }

        _code.Mov(R0, 0);
        _code.Exit();
    }

    private void Address(BpfRegister into, int stackOffset)
    {
        _code.Mov(into, FP);
        _code.Add(into, stackOffset);
    }

    // *(size *)(record + to) = *(size *)(source + from), by way of R1
    private void Copy(BpfSize size, BpfRegister source, int from, int to, BpfSize? storeSize = null)
    {
        _code.Load(size, R1, source, from);
        _code.Store(storeSize ?? size, R9, to, R1);
    }
}
