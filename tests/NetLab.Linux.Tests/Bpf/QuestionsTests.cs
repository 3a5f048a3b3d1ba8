using NetLab.Linux.Bpf;

namespace NetLab.Linux.Tests.Bpf;

/// <summary>A tracer of drops and questions alone: which frames it records, and which pass unseen.</summary>
public sealed class QuestionsTests
{
    private const byte Syn = 0x02, Rst = 0x04, SynAck = 0x12, Ack = 0x10, Tcp = 6, Udp = 17;

    [Theory]
    [InlineData("ARP", true)]
    [InlineData("SYN", true)]
    [InlineData("SYN, ACK", true)]
    [InlineData("RST", true)]
    [InlineData("ACK", false)]
    [InlineData("SYN behind options", true)]
    [InlineData("ACK behind options", false)]
    [InlineData("a later fragment", false)]
    [InlineData("DNS question", true)]
    [InlineData("DNS answer", true)]
    [InlineData("UDP", false)]
    [InlineData("ICMP", true)]
    [InlineData("SYN over IPv6", true)]
    [InlineData("ACK over IPv6", false)]
    [InlineData("ICMPv6", true)]
    [InlineData("DNS over IPv6", true)]
    [InlineData("LLDP", false)]
    public void Only_who_asks_or_answers_is_recorded(string what, bool isRecorded)
    {
        using var net = new TestNetwork(new TracerOptions { DropsAndQuestions = true });
        var ns = net.Namespace("a");
        var tap = net.Tap(ns, "t0");
        tap.Write(Frame(what));

        var received = 0;
        net.Tracer.Drain((in TraceRecord r) => received += r.Kind is TraceEventKind.NetifReceiveSkb && r.DeviceName == "t0" ? 1 : 0);
        Assert.Equal(isRecorded ? 1 : 0, received);
        Assert.StartsWith("BPF on 3 tracepoints", net.Tracer.Describe());
    }

    [Fact]
    public void Another_namespace_is_not_recorded()
    {
        using var net = new TestNetwork(new TracerOptions { DropsAndQuestions = true });
        var tap = net.Tap(net.Namespace("a", traced: false), "t0");
        tap.Write(Frame("ARP"));
        Assert.Equal(0, net.Tracer.Drain((in TraceRecord _) => { }));
    }

    private static byte[] Frame(string what) => what switch
    {
        "ARP" => [.. Ethernet(0x0806), 0, 1, 8, 0, 6, 4, 0, 1, .. new byte[20]],
        "LLDP" => [.. Ethernet(0x88cc), .. new byte[46]],
        "SYN" => Ipv4(Tcp, Segment(Syn)),
        "SYN, ACK" => Ipv4(Tcp, Segment(SynAck)),
        "RST" => Ipv4(Tcp, Segment(Rst)),
        "ACK" => Ipv4(Tcp, Segment(Ack)),
        "SYN behind options" => Ipv4(Tcp, Segment(Syn), options: 8),
        "ACK behind options" => Ipv4(Tcp, Segment(Ack), options: 8),
        "a later fragment" => Ipv4(Tcp, Segment(Syn), fragment: 185),
        "DNS question" => Ipv4(Udp, Datagram(40000, 53)),
        "DNS answer" => Ipv4(Udp, Datagram(53, 40000)),
        "UDP" => Ipv4(Udp, Datagram(40000, 4711)),
        "ICMP" => Ipv4(1, [8, 0, .. new byte[10]]),
        "SYN over IPv6" => Ipv6(Tcp, Segment(Syn)),
        "ACK over IPv6" => Ipv6(Tcp, Segment(Ack)),
        "ICMPv6" => Ipv6(58, [135, 0, .. new byte[30]]),
        "DNS over IPv6" => Ipv6(Udp, Datagram(40000, 53)),
        _ => throw new ArgumentException(what),
    };

    private static byte[] Ethernet(ushort type) => [2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, (byte)(type >> 8), (byte)type];

    private static byte[] Segment(byte flags) => [0x9c, 0x40, 0, 80, 0, 0, 0, 1, 0, 0, 0, 0, 0x50, flags, 0xff, 0xff, 0, 0, 0, 0];

    private static byte[] Datagram(ushort from, ushort to) => [(byte)(from >> 8), (byte)from, (byte)(to >> 8), (byte)to, 0, 20, 0, 0, .. new byte[12]];

    private static byte[] Ipv4(byte protocol, byte[] payload, int options = 0, ushort fragment = 0) =>
    [
        .. Ethernet(0x0800), (byte)(0x45 + (options / 4)), 0, 0, (byte)(20 + options + payload.Length), 0, 0, (byte)(fragment >> 8), (byte)fragment, 64,
        protocol, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, .. new byte[options], .. payload,
    ];

    private static byte[] Ipv6(byte protocol, byte[] payload) =>
        [.. Ethernet(0x86dd), 0x60, 0, 0, 0, 0, (byte)payload.Length, protocol, 64, .. new byte[32], .. payload];
}
