using static NetLab.Linux.Bpf.BpfRegister;
using static NetLab.Linux.Bpf.BpfSize;

namespace NetLab.Linux.Bpf;

// Programs for what is recorded all the time (TracerOptions.DropsAndQuestions): a frame of payload costs a look at its headers, and no record.
internal sealed partial class TracePrograms
{
    // On the stack: the headers that are looked at.
    private const int HeaderSlot = -72, NetworkHeader = 20, TransportHeader = 16, TransportSlot = HeaderSlot + NetworkHeader;
    private const int ProtocolIcmp = 1, ProtocolTcp = 6, ProtocolUdp = 17, ProtocolIcmpv6 = 58;
    private const int FlagsSynOrRst = 0x06, TcpEstablished = 1;

    // As they are loaded, from network order: EtherTypes, port 53, the fragment offset of an IPv4 header.
    private const int EtherArp = 0x0608, EtherIpv4 = 0x0008, EtherIpv6 = 0xDD86, PortDns = 0x3500, FragmentOffset = 0xFF1F;

    // netif_receive_skb(skb): what begins at its data is the network header.
    private void ReceiveQuestion(TracepointLayout point, bool rememberCurrent)
    {
        var (miss, exit) = (_code.NewLabel(), _code.NewLabel());
        _code.Mov(R6, R1);
        _code.Load(U64, R7, R6, point.Offset("skb"));
        _code.Store(U32, FP, FlagsSlot, 0);
        if (rememberCurrent)
        {
            _code.Load(U64, R8, R7, layout.SkbDevice);
            NamespaceOfDevice(R1, R8);
            _code.Store(U32, FP, NamespaceKey, R1);
            LeaveUnlessTraced(miss);
            RememberCurrent(exit, traced: true);
        }

        LeaveIfPayload(exit);
        _code.Load(U64, R8, R7, layout.SkbData);
        LeaveUnlessQuestion(exit);
        _code.Load(U64, R8, R7, layout.SkbDevice);
        NamespaceOfDevice(R1, R8);
        _code.Store(U32, FP, NamespaceKey, R1);
        LeaveUnlessTraced(exit);
        Reserve(TraceEventKind.NetifReceiveSkb, exit);
        Device();
        Packet(input: true);
        Submit(exit);
        if (rememberCurrent)
        {
            _code.Mark(miss);
            RememberCurrent(exit, traced: false);
            Return(exit);
        }
    }

    // net_dev_queue(skb), of what was made here: what came in by a device has asked elsewhere.
    private void SendQuestion(TracepointLayout point)
    {
        var exit = _code.NewLabel();
        _code.Mov(R6, R1);
        _code.Load(U64, R7, R6, point.Offset("skb"));
        _code.Store(U32, FP, FlagsSlot, 0);
        _code.Load(U32, R1, R7, layout.SkbIngressInterface);
        _code.JumpIfNotEqual(R1, 0, exit);
        LeaveIfPayload(exit);
        _code.Load(U16, R1, R7, layout.SkbNetworkHeader);
        _code.Load(U64, R8, R7, layout.SkbHead);
        _code.Add(R8, R1);
        LeaveUnlessQuestion(exit);
        LoadDevice(point);
        NamespaceOfDevice(R1, R8);
        _code.Store(U32, FP, NamespaceKey, R1);
        LeaveUnlessTraced(exit);
        Reserve(TraceEventKind.NetDevQueue, exit);
        Device();
        Packet(input: false);
        Submit(exit);
    }

    // If a connection that is open sends bytes: neither a SYN nor a RST has any then. The socket is known until the first router lets go of it.
    // The state comes first: a request for a connection has no protocol. The protocol is asked too: a connected UDP socket is established as well.
    private void LeaveIfPayload(BpfLabel exit)
    {
        var look = _code.NewLabel();
        _code.Load(U32, R1, R7, layout.SkbPagedLength);
        _code.JumpIfEqual(R1, 0, look);
        _code.Load(U64, R1, R7, layout.SkbSocket);
        _code.JumpIfEqual(R1, 0, look);
        _code.Load(U8, R2, R1, layout.SocketState);
        _code.JumpIfNotEqual(R2, TcpEstablished, look);
        _code.Load(U16, R2, R1, layout.SocketProtocol);
        _code.JumpIfEqual(R2, ProtocolTcp, exit);
        _code.Mark(look);
    }

    // Unless the packet at R8 asks or answers: ARP, ICMP and ICMPv6, TCP with SYN or RST, UDP of port 53. Loses R8.
    private void LeaveUnlessQuestion(BpfLabel exit)
    {
        var (ipv4, ipv6, usual, transport) = (_code.NewLabel(), _code.NewLabel(), _code.NewLabel(), _code.NewLabel());
        var (tcp, take) = (_code.NewLabel(), _code.NewLabel());
        _code.Load(U16, R1, R7, layout.SkbProtocol);
        _code.JumpIfEqual(R1, EtherIpv4, ipv4);
        _code.JumpIfEqual(R1, EtherIpv6, ipv6);
        _code.JumpIfEqual(R1, EtherArp, take);
        _code.Jump(exit);

        // One look is enough for nearly all: an IPv4 header without options, and what is behind it.
        _code.Mark(ipv4);
        ReadHeader(HeaderSlot, NetworkHeader + TransportHeader);
        _code.Load(U8, R2, FP, HeaderSlot);
        _code.JumpIfEqual(R2, 0x45, usual);
        _code.And(R2, 15);
        _code.Add(R2, R2);
        _code.Add(R2, R2);
        _code.Add(R8, R2);
        ReadHeader(TransportSlot, TransportHeader);
        _code.Mark(usual);
        _code.Load(U16, R1, FP, HeaderSlot + 6);
        _code.And(R1, FragmentOffset);
        _code.JumpIfNotEqual(R1, 0, exit);
        _code.Load(U8, R1, FP, HeaderSlot + 9);
        _code.JumpIfNotEqual(R1, ProtocolIcmp, transport);
        _code.Jump(take);

        _code.Mark(ipv6);
        ReadHeader(HeaderSlot, 8);
        _code.Add(R8, 40);
        ReadHeader(TransportSlot, TransportHeader);
        _code.Load(U8, R1, FP, HeaderSlot + 6);
        _code.JumpIfEqual(R1, ProtocolIcmpv6, take);

        _code.Mark(transport);
        _code.JumpIfEqual(R1, ProtocolTcp, tcp);
        _code.JumpIfNotEqual(R1, ProtocolUdp, exit);
        _code.Load(U16, R1, FP, TransportSlot);
        _code.JumpIfEqual(R1, PortDns, take);
        _code.Load(U16, R1, FP, TransportSlot + 2);
        _code.JumpIfEqual(R1, PortDns, take);
        _code.Jump(exit);

        _code.Mark(tcp);
        _code.Load(U8, R1, FP, TransportSlot + 13);
        _code.And(R1, FlagsSynOrRst);
        _code.JumpIfEqual(R1, 0, exit);
        _code.Mark(take);
    }

    private void ReadHeader(int to, int length)
    {
        Address(R1, to);
        _code.Mov(R2, length);
        _code.Mov(R3, R8);
        _code.Call(BpfHelper.ProbeReadKernel);
    }
}
