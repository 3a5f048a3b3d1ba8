using System.Globalization;
using System.Net.Sockets;
using NetLab.Packets;

namespace NetLab.Tests.Forwarding.Property;

/// <summary>
/// Who really got a frame, asked of nobody who takes part in the verdict: the VMs' inboxes, sockets in the nodes, and the nodes' own counters of pings.
/// </summary>
internal sealed class Witnesses : IDisposable
{
    private const int SocketPort = 53;
    private readonly Lab _lab;
    private readonly List<(Node Node, UdpClient Socket)> _sockets = [];
    private readonly Dictionary<Node, long> _pings = [];

    public Witnesses(Lab lab)
    {
        _lab = lab;
        foreach (var node in lab.Nodes.Where(n => n.Devices.Any(d => d.Addresses.Count > 0)))
        {
            _sockets.Add((node, node.OpenUdp(SocketPort)));
            _sockets.Add((node, node.OpenUdp(SocketPort, AddressFamily.InterNetworkV6)));
        }
    }

    /// <summary>Forgets what came so far.</summary>
    public async Task ForgetAsync()
    {
        _ = await TakeAsync(null);
    }

    /// <summary>Who read a copy of the frame since the last call, and how many.</summary>
    /// <param name="sent">The frame; null for none.</param>
    public async Task<Readings> TakeAsync(SentPiece? sent)
    {
        var readings = new Readings();
        foreach (var vm in _lab.Vms)
        {
            foreach (var received in vm.Received)
            {
                if (sent is not null && IsCopy(received.Frame, sent.Frame))
                {
                    readings.Count(vm.Name);
                }
                else if (NumberOf(received.Frame) is { } other)
                {
                    readings.Late.Add((vm.Name, other));
                }
            }

            vm.ForgetReceived();
        }

        foreach (var (node, socket) in _sockets)
        {
            while (socket.Available > 0)
            {
                System.Net.IPEndPoint? from = null;
                var number = Token(socket.Receive(ref from));
                if (sent is not null && number == NumberOf(sent.Frame))
                {
                    readings.Count(node.Name);
                }
                else if (number is { } other)
                {
                    readings.Late.Add((node.Name, other));
                }
            }
        }

        if (sent is null || IsPing(sent.Frame))
        {
            foreach (var node in _sockets.Select(s => s.Node).Distinct().Where(n => sent is null || !IgnoresPings(n, sent.Frame)))
            {
                var now = await PingsAsync(node);
                for (var came = now - _pings.GetValueOrDefault(node, now); came > 0; came--)
                {
                    readings.Count(node.Name);
                }

                _pings[node] = now;
            }
        }

        return readings;
    }

    public static bool IsPing(Frame frame) => frame.Icmp?.Type == IcmpType.EchoRequest || frame.Icmpv6?.Type == Icmpv6Type.EchoRequest;

    /// <summary>The number of the frame that this is a copy or a fragment of; null where it is none, but an answer, or the lab's own.</summary>
    public static ushort? NumberOf(Frame frame) => frame switch
    {
        { Icmp.Type: not IcmpType.EchoRequest } or { Icmpv6.Type: not Icmpv6Type.EchoRequest } => null,
        { Ipv4: { IsFragment: true } part } => part.Identification,
        { Tcp: { } tcp } => tcp.Flags is TcpFlags.Syn && tcp.SourcePort == 4000 ? (ushort)tcp.SequenceNumber : null,
        _ => Token(frame.Bytes.Span),
    };

    public void Dispose()
    {
        foreach (var (_, socket) in _sockets)
        {
            socket.Dispose();
        }
    }

    private static bool IsCopy(Frame received, Frame sent) => sent switch
    {
        { Arp: { } asked } => received.Arp is { } arp && arp.Operation == asked.Operation && (arp.SenderIp, arp.TargetIp) == (asked.SenderIp, asked.TargetIp),
        { NeighborSolicitation: { } asked } => received.NeighborSolicitation is { } told && told.Target == asked.Target && received.Source == sent.Source,
        _ => NumberOf(received) is { } number && number == NumberOf(sent),
    };

    private static ushort? Token(ReadOnlySpan<byte> bytes)
    {
        var at = bytes.IndexOf("tok"u8);
        return at >= 0 && bytes[at..] is [_, _, _, var high, var low, (byte)'e', (byte)'n', (byte)'!', ..] ? (ushort)((high << 8) | low) : null;
    }

    // What it ignores, the kernel counts too.
    private static bool IgnoresPings(Node node, Frame ping) =>
        node.ReadSysctl(ping.Icmp is null ? "net.ipv6.icmp.echo_ignore_all" : "net.ipv4.icmp_echo_ignore_all").Trim() == "1";

    private static Task<long> PingsAsync(Node node) => node.RunAsync(() =>
    {
        var lines = File.ReadAllLines("/proc/thread-self/net/snmp").Where(l => l.StartsWith("Icmp:", StringComparison.Ordinal))
            .Select(l => l.Split(' ')).ToList();
        var six = File.ReadAllLines("/proc/thread-self/net/snmp6").First(l => l.StartsWith("Icmp6InEchos ", StringComparison.Ordinal))
            .Split(' ', StringSplitOptions.RemoveEmptyEntries);
        return long.Parse(lines[1][Array.IndexOf(lines[0], "InEchos")], CultureInfo.InvariantCulture) + long.Parse(six[1], CultureInfo.InvariantCulture);
    });
}

/// <summary>How many copies each read, by the name of the VM or the node; and of which earlier frames copies came only now.</summary>
internal sealed class Readings
{
    private readonly Dictionary<string, int> _counts = [];

    public List<(string Who, ushort Number)> Late { get; } = [];

    public int this[string who] => _counts.GetValueOrDefault(who);

    public void Count(string who) => _counts[who] = this[who] + 1;
}
