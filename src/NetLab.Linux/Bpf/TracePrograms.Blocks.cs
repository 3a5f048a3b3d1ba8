using static NetLab.Linux.Bpf.BpfRegister;
using static NetLab.Linux.Bpf.BpfSize;
using Record = NetLab.Linux.Bpf.TraceRecordLayout;

namespace NetLab.Linux.Bpf;

// The blocks that the programs are put together from, in the order in which a program runs them.
internal sealed partial class TracePrograms
{
    private bool exitMarked;

    private void LoadDevice(TracepointLayout point)
    {
        if (point.Has("dev"))
        {
            code.Load(U64, R8, R6, point.Offset("dev"));
        }
        else
        {
            code.Load(U64, R8, R7, layout.SkbDevice);
        }
    }

    // into = device->nd_net.net->ns.inum
    private void NamespaceOfDevice(BpfRegister into, BpfRegister device)
    {
        code.Load(U64, into, device, layout.DeviceNet);
        code.Load(U32, into, into, layout.NetInode);
    }

    // if (R1 && R1->__sk_common.skc_family is of the network && (R1 = R1->__sk_common.skc_net.net->ns.inum)) goto found
    private void NamespaceOfSocket(BpfLabel found, bool packetToo = true)
    {
        var (none, network) = (code.NewLabel(), code.NewLabel());
        code.JumpIfEqual(R1, 0, none);
        code.Load(U16, R2, R1, layout.SocketFamily);
        code.JumpIfEqual(R2, FamilyInet, network);
        if (packetToo)
        {
            code.JumpIfEqual(R2, FamilyPacket, network);
        }

        code.JumpIfNotEqual(R2, FamilyInet6, none);
        code.Mark(network);
        code.Load(U64, R1, R1, layout.SocketNet);
        code.Load(U32, R1, R1, layout.NetInode);
        code.JumpIfNotEqual(R1, 0, found);
        code.Mark(none);
    }

    private void LeaveUnlessTraced(BpfLabel otherwise)
    {
        code.LoadMap(R1, maps.Namespaces);
        Address(R2, NamespaceKey);
        code.Call(BpfHelper.MapLookupElem);
        code.JumpIfEqual(R0, 0, otherwise);
    }

    // R9 = a record with time, thread, CPU, namespace, kind and flags; when the ring is full that is counted, in all and for the namespace.
    private void Reserve(TraceEventKind kind, BpfLabel exit)
    {
        var have = code.NewLabel();
        code.LoadMap(R1, maps.Ring);
        code.Mov(R2, RecordLength(kind, captureLength));
        code.Mov(R3, 0);
        code.Call(BpfHelper.RingbufReserve);
        code.JumpIfNotEqual(R0, 0, have);
        code.LoadMapValue(R1, maps.Lost);
        code.Mov(R2, 1);
        code.AtomicAdd(R1, 0, R2);
        code.LoadMap(R1, maps.Namespaces);
        Address(R2, NamespaceKey);
        code.Call(BpfHelper.MapLookupElem);
        code.JumpIfEqual(R0, 0, exit);
        code.Mov(R2, 1);
        code.AtomicAdd(R0, 0, R2);
        code.Jump(exit);

        code.Mark(have);
        code.Mov(R9, R0);
        code.Call(BpfHelper.KtimeGetNs);
        code.Store(U64, R9, Record.Time, R0);
        code.Call(BpfHelper.GetCurrentPidTgid);
        code.Store(U32, R9, Record.ThreadId, R0);
        code.Call(BpfHelper.GetSmpProcessorId);
        code.Store(U16, R9, Record.Cpu, R0);
        code.Load(U32, R1, FP, NamespaceKey);
        code.Store(U32, R9, Record.Namespace, R1);
        code.Load(U32, R1, FP, FlagsSlot);
        code.Store(U8, R9, Record.Flags, R1);
        code.Store(U8, R9, Record.Kind, (int)kind);
        code.Store(U64, R9, Record.Skb, R7);
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
        code.Store(U32, FP, ZeroKey, 0);
        code.LoadMap(R1, maps.Current);
        Address(R2, ZeroKey);
        code.Call(BpfHelper.MapLookupElem);
        code.JumpIfEqual(R0, 0, exit);
    }

    private void RememberCurrent(BpfLabel exit, bool traced)
    {
        LookupCurrent(exit);
        if (!traced)
        {
            code.Store(U32, R0, TraceMaps.CurrentNamespace, 0);
            return;
        }

        code.Store(U64, R0, TraceMaps.CurrentSkb, R7);
        code.Load(U32, R1, FP, NamespaceKey);
        code.Store(U32, R0, TraceMaps.CurrentNamespace, R1);
        code.Load(U32, R1, R8, layout.DeviceIndex);
        code.Store(U32, R0, TraceMaps.CurrentIndex, R1);
        code.Load(U64, R1, R8, layout.DeviceName);
        code.Store(U64, R0, TraceMaps.CurrentName, R1);
        code.Load(U64, R1, R8, layout.DeviceName + 8);
        code.Store(U64, R0, TraceMaps.CurrentName + 8, R1);
    }

    // What the skb says of itself, and its first bytes. Loses R8.
    private void Packet(bool input)
    {
        Copy(U64, R7, layout.SkbHead, Record.Head);
        code.Load(U64, R1, R7, layout.SkbHead);
        code.Load(U64, R2, R7, layout.SkbData);
        code.Sub(R2, R1); // headroom: offset of the data
        if (input)
        {
            // From the MAC header, unless there is none yet (0xFFFF) or it is an old one in front of which new headers were put.
            var (useData, have) = (code.NewLabel(), code.NewLabel());
            code.Load(U16, R8, R7, layout.SkbMacHeader);
            code.JumpIfAbove(R8, R2, useData);
            code.Load(U32, R3, FP, FlagsSlot);
            code.Add(R3, Record.FromMacHeader);
            code.Store(U8, R9, Record.Flags, R3);
            code.Jump(have);
            code.Mark(useData);
            code.Mov(R8, R2);
            code.Mark(have);
        }
        else
        {
            code.Mov(R8, R2); // a device is given a frame from its link-layer header on
            code.Store(U8, R9, Record.Flags, Record.FromMacHeader);
        }

        code.Load(U32, R3, R7, layout.SkbLength);
        code.Add(R3, R2);
        code.Sub(R3, R8);
        code.Store(U32, R9, Record.Length, R3);
        code.Load(U16, R3, R7, layout.SkbNetworkHeader);
        code.Sub(R3, R8);
        code.Store(U16, R9, Record.NetworkOffset, R3);
        Vlan();
        Copy(U16, R7, layout.SkbProtocol, Record.Protocol);
        Copy(U32, R7, layout.SkbMark, Record.Mark);
        Copy(U32, R7, layout.SkbIngressInterface, Record.Ingress);

        // captured = clamp(tail - start, 0, captureLength)
        var (notNegative, notTooLong) = (code.NewLabel(), code.NewLabel());
        code.Load(U32, R2, R7, layout.SkbTail);
        code.Sub(R2, R8);
        code.JumpIfNotLess(R2, 0, notNegative);
        code.Mov(R2, 0);
        code.Mark(notNegative);
        code.JumpIfNotAbove(R2, captureLength, notTooLong);
        code.Mov(R2, captureLength);
        code.Mark(notTooLong);
        code.Store(U16, R9, Record.Captured, R2);
        code.Mov(R1, R9);
        code.Add(R1, Record.Bytes);
        code.Load(U64, R3, R7, layout.SkbHead);
        code.Add(R3, R8);
        code.Call(BpfHelper.ProbeReadKernel);
    }

    private void Vlan()
    {
        code.Load(U16, R3, R7, layout.SkbVlanProtocol);
        code.Load(U16, R4, R7, layout.SkbVlanTci);
        if (layout.SkbVlanPresent is { } present)
        {
            var tagged = code.NewLabel();
            code.Load(U8, R5, R7, present.Offset);
            code.And(R5, 1 << present.Bit);
            code.JumpIfNotEqual(R5, 0, tagged);
            code.Mov(R3, 0);
            code.Mov(R4, 0);
            code.Mark(tagged);
        }

        code.Store(U16, R9, Record.VlanProtocol, R3);
        code.Store(U16, R9, Record.VlanTci, R4);
    }

    private void ClearPacket()
    {
        code.Mov(R1, 0);
        code.Store(U64, R9, Record.Head, R1);
        code.Store(U16, R9, Record.Captured, 0);
        code.Store(U64, R9, Record.VlanTci, R1); // and the three fields behind it
        code.Store(U64, R9, Record.Mark, R1); // and Ingress
    }

    private void Location(TracepointLayout point)
    {
        if (point.Has("location"))
        {
            code.Load(U64, R1, R6, point.Offset("location"));
        }
        else
        {
            code.Mov(R1, 0);
        }

        code.Store(U64, R9, Record.Location, R1);
    }

    private void Reason(TracepointLayout point)
    {
        if (point.Has("reason"))
        {
            code.Load(U64, R1, R6, point.Offset("reason"));
        }
        else
        {
            code.Mov(R1, -1);
        }

        code.Store(U32, R9, Record.ArgumentA, R1);
    }

    private void Stack()
    {
        code.Mov(R1, R6);
        code.Mov(R2, R9);
        code.Add(R2, Record.Bytes + captureLength);
        code.Mov(R3, 8 * Record.StackDepth);
        code.Mov(R4, 0);
        code.Call(BpfHelper.GetStack);
        code.Store(U32, R9, Record.ArgumentB, R0);
    }

    // Gives the record to the reader, and ends the program.
    private void Submit(BpfLabel exit)
    {
        var (wake, submit) = (code.NewLabel(), code.NewLabel());
        code.LoadMap(R1, maps.Ring);
        code.Mov(R2, 0); // BPF_RB_AVAIL_DATA
        code.Call(BpfHelper.RingbufQuery);
        code.Add(R0, -wakeAt);
        code.JumpIfNotAbove(R0, WakeWindow, wake);
        code.Mov(R2, SkipWakeup);
        code.Jump(submit);
        code.Mark(wake);
        code.Mov(R2, ForceWakeup);
        code.Mark(submit);
        code.Mov(R1, R9);
        code.Call(BpfHelper.RingbufSubmit);
        Return(exit);
    }

    private void Return(BpfLabel exit)
    {
        if (!exitMarked)
        {
            exitMarked = true;
            code.Mark(exit);
        }

        code.Mov(R0, 0);
        code.Exit();
    }

    private void Address(BpfRegister into, int stackOffset)
    {
        code.Mov(into, FP);
        code.Add(into, stackOffset);
    }

    // *(size *)(record + to) = *(size *)(source + from), by way of R1
    private void Copy(BpfSize size, BpfRegister source, int from, int to, BpfSize? storeSize = null)
    {
        code.Load(size, R1, source, from);
        code.Store(storeSize ?? size, R9, to, R1);
    }
}
