using System.Net;
using NetLab.Linux.Bpf;
using NetLab.Packets;

namespace NetLab.Tests.Forwarding.Happenings;

/// <summary>Which questions got no answer, of records made by hand: needs no kernel.</summary>
public sealed class AskedQuestionTests
{
    private static readonly MacAddress A = MacAddress.Parse("02:00:00:00:00:01"), B = MacAddress.Parse("02:00:00:00:00:02");
    private static readonly Ipv4Address From = Ipv4Address.Parse("10.0.0.1"), To = Ipv4Address.Parse("10.0.0.2"), Natted = Ipv4Address.Parse("192.0.2.1");

    private readonly Node _a, _b;
    private readonly List<SeenPacket> _packets = [], _drops = [];
    private long _now = 1_000_000_000;

    public AskedQuestionTests()
    {
        var lab = new Lab();
        (_a, _b) = (lab.AddNode("a"), lab.AddNode("b"));
    }

    [Fact]
    public void A_SYN_without_an_answer_is_one_question_however_often_it_is_sent()
    {
        Sent(_a, Syn(7));
        Sent(_a, Syn(7));
        Came(_b, Syn(7));
        Assert.Equal("10.0.0.2 for a connection to TCP port 80, 2 times", Assert.Single(Unanswered()));
    }

    [Theory]
    [InlineData(TcpFlags.Syn | TcpFlags.Ack)]
    [InlineData(TcpFlags.Rst | TcpFlags.Ack)]
    public void An_acceptance_and_a_refusal_are_answers(TcpFlags flags)
    {
        Sent(_a, Syn(7));
        Came(_a, Tcp(To, From, 80, 40000, flags, 99, 8));
        Assert.Empty(Unanswered());
    }

    [Fact]
    public void A_ping_is_the_same_where_its_destination_was_translated()
    {
        Assert.True(Ping(From, Natted, 7).IsSameAs(Ping(From, To, 7)));
        Assert.False(Ping(From, Natted, 7).IsSameAs(Ping(From, Natted, 8)));

        static Question Ping(Ipv4Address from, Ipv4Address to, ushort number) => Question.Of(Frame.IcmpEcho(A, B, from, to, IcmpType.EchoRequest, 5, number))!;
    }

    [Fact]
    public void An_answer_that_came_to_another_node_alone_is_none()
    {
        Sent(_a, Syn(7));
        Came(_b, Tcp(To, From, 80, 40000, TcpFlags.Syn | TcpFlags.Ack, 99, 8));
        Assert.Single(Unanswered());
    }

    [Fact]
    public void An_answer_to_another_connection_is_none()
    {
        Sent(_a, Syn(7));
        Came(_a, Tcp(To, From, 80, 40000, TcpFlags.Syn | TcpFlags.Ack, 99, 9));
        Assert.Single(Unanswered());
    }

    [Fact]
    public void An_answer_that_its_own_node_dropped_is_none()
    {
        Sent(_a, Syn(7));
        var answer = Tcp(To, From, 80, 40000, TcpFlags.Syn | TcpFlags.Ack, 99, 8);
        Came(_a, answer, skb: 5);
        Dropped(_a, answer, skb: 5);
        Assert.Single(Unanswered());
    }

    [Fact]
    public void An_answer_whose_place_in_memory_was_used_again_for_what_was_dropped_is_one()
    {
        Sent(_a, Syn(7));
        Came(_a, Tcp(To, From, 80, 40000, TcpFlags.Syn | TcpFlags.Ack, 99, 8), skb: 5);
        Dropped(_a, Tcp(To, From, 80, 40001, TcpFlags.Ack, 1, 1), skb: 5);
        Assert.Empty(Unanswered());
    }

    [Fact]
    public void What_the_router_has_translated_is_still_the_question()
    {
        Sent(_a, Syn(7));
        Assert.True(Assert.Single(AskedQuestion.Unanswered(_packets, _drops)).IsOf(Tcp(To, Natted, 80, 1024, TcpFlags.Syn | TcpFlags.Ack, 99, 8)));
    }

    [Fact]
    public void An_ARP_question_is_answered_by_who_has_the_address()
    {
        Sent(_a, Frame.ArpRequest(A, From, To));
        Sent(_a, Frame.ArpRequest(A, From, Natted));
        Came(_a, Frame.ArpReply(B, To, A, From));
        Assert.Equal("who has 192.0.2.1 (ARP), 1 times", Assert.Single(Unanswered()));
    }

    [Fact]
    public void A_gratuitous_ARP_wants_no_answer()
    {
        Sent(_a, Frame.ArpRequest(A, From, From));
        Assert.Empty(Unanswered());
    }

    [Fact]
    public void A_name_is_answered_by_its_number_and_asked_again_with_another()
    {
        Sent(_a, Dns(1, "web.lab"));
        Sent(_a, Dns(2, "web.lab"));
        Sent(_a, Dns(3, "db.lab"));
        Came(_a, Frame.Ethernet(A, B, EtherTypes.Ipv4, Udp(To, From, 53, 40000, DnsMessage.Query(3, "db.lab").Answer([]).ToArray())));
        Assert.Equal("10.0.0.2 for the name web.lab (A), 2 times", Assert.Single(Unanswered()));
    }

    [Fact]
    public void An_ICMP_error_about_the_question_is_an_answer()
    {
        Sent(_a, Syn(7));
        var error = new IcmpMessage { Type = IcmpType.DestinationUnreachable, Code = 3, Payload = Syn(7).Payload };
        var bytes = new byte[8 + error.Payload.Length];
        error.Write(bytes);
        Came(_a, Frame.Ethernet(A, B, EtherTypes.Ipv4, Ip(To, From, IpProtocol.Icmp, bytes)));
        Assert.Empty(Unanswered());
    }

    [Fact]
    public void What_a_bridge_and_its_port_both_send_is_asked_once()
    {
        Sent(_a, Frame.ArpRequest(A, From, To), "br0", skb: 9);
        Sent(_a, Frame.ArpRequest(A, From, To), "v0", skb: 9);
        Assert.Equal("who has 10.0.0.2 (ARP), 1 times", Assert.Single(Unanswered()));
    }

    [Fact]
    public void A_macvlan_and_the_device_below_it_ask_once_however_long_the_packet_takes()
    {
        Sent(_a, Frame.ArpRequest(A, From, To), "mv0", skb: 9);
        _now += 3_000_000_000;
        Sent(_b, Frame.ArpRequest(A, From, To), skb: 9);
        Assert.Equal("who has 10.0.0.2 (ARP), 1 times", Assert.Single(Unanswered()));
    }

    [Fact]
    public void Two_nodes_that_ask_the_same_ask_each_for_itself_where_the_packets_have_the_same_place_in_memory()
    {
        var target = IPAddress.Parse("fd00::9");
        Sent(_a, Frame.NeighborSolicitation(A, IPAddress.Parse("fd00::1"), target), skb: 9);
        Sent(_b, Frame.NeighborSolicitation(B, IPAddress.Parse("fd00::2"), target), skb: 9);
        Assert.Equal(2, Unanswered().Length);
    }

    private string[] Unanswered() => [.. AskedQuestion.Unanswered(_packets, _drops).Select(q => $"{q.Question.Words}, {q.Times} times")];

    private void Sent(Node node, Frame frame, string device = "eth0", ulong skb = 0) =>
        _packets.Add(Seen(TraceEventKind.NetDevQueue, node, frame, device, skb));

    private void Came(Node node, Frame frame, ulong skb = 0) => _packets.Add(Seen(TraceEventKind.NetifReceiveSkb, node, frame, "eth0", skb));

    private void Dropped(Node node, Frame frame, ulong skb) => _drops.Add(Seen(TraceEventKind.KfreeSkb, node, frame, "eth0", skb));

    private SeenPacket Seen(TraceEventKind kind, Node node, Frame frame, string device, ulong skb) => SeenPacket.Of(node, new TraceEvent
    {
        Kind = kind,
        Timestamp = _now += 1000,
        Namespace = ReferenceEquals(node, _a) ? 1u : 2u,
        SkbAddress = skb == 0 ? (ulong)_now : skb,
        DeviceName = device,
        Bytes = frame.Bytes,
        Length = frame.Length,
        StartsWithEthernet = true,
    });

    private static Frame Syn(uint sequence) => Tcp(From, To, 40000, 80, TcpFlags.Syn, sequence, 0);

    private static Frame Dns(ushort id, string name) => Frame.Ethernet(B, A, EtherTypes.Ipv4, Udp(From, To, 40000, 53, DnsMessage.Query(id, name).ToArray()));

    private static Frame Tcp(Ipv4Address from, Ipv4Address to, ushort port, ushort at, TcpFlags flags, uint sequence, uint acknowledgment)
    {
        var bytes = new byte[20];
        new TcpSegment { SourcePort = port, DestinationPort = at, Flags = flags, SequenceNumber = sequence, AcknowledgmentNumber = acknowledgment }
            .Write(bytes, 0);
        return Frame.Ethernet(B, A, EtherTypes.Ipv4, Ip(from, to, IpProtocol.Tcp, bytes));
    }

    private static byte[] Udp(Ipv4Address from, Ipv4Address to, ushort port, ushort at, byte[] payload) =>
        Ip(from, to, IpProtocol.Udp,
            [(byte)(port >> 8), (byte)port, (byte)(at >> 8), (byte)at, (byte)((payload.Length + 8) >> 8), (byte)(payload.Length + 8), 0, 0, .. payload]);

    private static byte[] Ip(Ipv4Address from, Ipv4Address to, IpProtocol protocol, byte[] payload)
    {
        var length = 20 + payload.Length;
        return
        [
            0x45, 0, (byte)(length >> 8), (byte)length, 0, 0, 0, 0, 64, (byte)protocol, 0, 0,
            .. ((IPAddress)from).GetAddressBytes(), .. ((IPAddress)to).GetAddressBytes(), .. payload,
        ];
    }
}
