using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// Why a socket that is there does not get what came to its node, and that it gets it once the advice, which is for a program, is done. By packet sockets
/// nothing is told of it.
/// </summary>
public abstract class SocketCauses(FrameTracing tracing)
{
    private const string Group = "239.1.2.3";

    private static readonly IPEndPoint Any = new(IPAddress.Any, 53), Any6 = new(IPAddress.IPv6Any, 53);

    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["one of IPv6 at another address"] = new("socket-elsewhere", "listens at fd00:2::9 alone; the packet is for fd00:2::2", s => s.Udp6(),
            s => At(s.Host, new IPEndPoint(IPAddress.Parse("fd00:2::9"), 53)), s => At(s.Host, Any6)),
        ["one of IPv6 that is connected"] = new("socket-elsewhere", "is connected to [fd00:2::1]:9", s => s.Udp6(),
            Connected, s => At(s.Host, Any6)),
        ["one of IPv6 at another device"] = new("socket-device", "bound to another device", s => s.Udp6(),
            s => At(s.Host, Any6, socket => socket.SetRawSocketOption(1, 25, "lo\0"u8)), s => At(s.Host, Any6)),
        ["one of IPv6 alone, for IPv4"] = new("socket-elsewhere", "takes IPv6 alone (IPV6_V6ONLY", s => s.Udp(), s => At(s.Host, Any6), s => At(s.Host, Any)),
        ["one of IPv4, for IPv6"] = new("socket-elsewhere", "is one of IPv4, and the packet is of IPv6", s => s.Udp6(), s => At(s.Host, Any),
            s => At(s.Host, Any6, socket => socket.DualMode = true)),
        ["a listener of IPv6 alone, for IPv4"] = new("socket-elsewhere", "at TCP port 80 of host takes IPv6 alone", Syn,
            s => At(s.Host, new IPEndPoint(IPAddress.IPv6Any, 80)), s => At(s.Host, new IPEndPoint(IPAddress.Any, 80))),
        ["a listener at another device"] = new("socket-device", "listens on TCP port 80, but not for packets that come in by eth0", Syn,
            s => At(s.Host, new IPEndPoint(IPAddress.Any, 80), socket => socket.SetRawSocketOption(1, 25, "lo\0"u8)),
            s => At(s.Host, new IPEndPoint(IPAddress.Any, 80), socket => socket.SetRawSocketOption(1, 25, "eth0\0"u8))),
        ["one that is bound and does not listen"] = new("no-socket", "Nobody in host listens on TCP port 80", Syn,
            s => At(s.Host, new IPEndPoint(IPAddress.Any, 80), listens: false), s => At(s.Host, new IPEndPoint(IPAddress.Any, 80))),
        ["one of UDP, for TCP"] = new("no-socket", "Nobody in host listens on TCP port 80", Syn, s => s.Host.OpenUdp(80),
            s => At(s.Host, new IPEndPoint(IPAddress.Any, 80))),
        ["one that has not joined the group that another has"] = new("group-not-joined", $"takes nothing for {Group} that comes in by eth0", ToGroup,
            s => Both(Member(s.Router, 54), At(s.Router, Any, socket => socket.SetRawSocketOption(0, 49, BitConverter.GetBytes(0)))), // IP_MULTICAST_ALL
            s => Member(s.Router, 53)) { At = "router/eth0" },
        ["one that has joined the group for another sender"] = new("group-not-joined", "but not for 10.0.1.10: they choose the senders", ToGroup,
            s => At(s.Router, Any, socket => socket.SetRawSocketOption(0, 39, [.. IPAddress.Parse(Group).GetAddressBytes(), 10, 0, 1, 1, 10, 9, 9, 9])),
            s => Member(s.Router, 53)) { At = "router/eth0" }, // IP_ADD_SOURCE_MEMBERSHIP
        ["a listener that asks for another TTL"] = new("tcp-state", "its TTL is below what the socket asks for", Syn,
            s => At(s.Host, new IPEndPoint(IPAddress.Any, 80), socket => socket.SetRawSocketOption(0, 21, BitConverter.GetBytes(255))), // IP_MINTTL
            s => At(s.Host, new IPEndPoint(IPAddress.Any, 80))),
        ["a group that somebody has joined at another port"] = new("no-socket", "Nobody in router listens on UDP port 53", ToGroup,
            s => Member(s.Router, 54), s => Member(s.Router, 53)) { At = "router/eth0" },
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [LabTheory, MemberData(nameof(Names))]
    public async Task A_socket_that_does_not_get_it_says_why_and_gets_it_otherwise(string name)
    {
        var row = Rows[name];
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Host.DoAsync(["ip address add fd00:2::9/64 dev eth0 nodad", "ip link set lo up"]);
        using (var other = row.Open(scene))
        {
            var fate = await scene.SendAsync(row.Frame(scene));
            Assert.False(other is Socket { SocketType: SocketType.Dgram } socket && socket.Poll(0, SelectMode.SelectRead));
            if (tracing is FrameTracing.Kernel)
            {
                Assert.Null(fate.EndsBy(row.Cause, row.At, row.Says).Remedy is { } remedy && Remedy.CommandsOf(remedy) is [var command, ..]
                    && !command.Command.StartsWith("ss ", StringComparison.Ordinal) ? command.Command : null);
            }
            else
            {
                Assert.All(fate.Copies, c => Assert.True(c is { End: CopyEnd.Lost, Reason: null, MayHaveReached: not null }, fate.Describe()));
            }
        }

        using var right = row.Mend(scene);
        var again = await scene.SendAsync(row.Frame(scene));
        if (right.SocketType is SocketType.Dgram)
        {
            Assert.True(right.Poll(0, SelectMode.SelectRead), again.Describe());
        }
        else
        {
            await scene.Vm.ReceiveAsync(f => f.Tcp is { } tcp && tcp.Flags.HasFlag(TcpFlags.Syn | TcpFlags.Ack));
        }
    }

    /// <summary>As where a program was about to start: no fate can be made so late, but the next look at the sockets may be.</summary>
    [LabTheory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task A_socket_that_was_opened_when_the_packet_had_come_is_not_blamed(bool isDual)
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Host.DoAsync("ip link set lo up");
        var frame = scene.Udp();
        var place = DropPlace.ByModel((await scene.SendAsync(frame)).Copies[0].Hops, frame, "NO_SOCKET", "__udp4_lib_rcv", null);
        using var elsewhere = At(scene.Host, Any, socket => socket.SetRawSocketOption(1, 25, "lo\0"u8));
        Assert.Contains("bound to another device, lo (SO_BINDTODEVICE)", SocketReasons.Other(place, "UDP", 53)!.Sentence, StringComparison.Ordinal);

        using var late = isDual ? At(scene.Host, Any6, socket => socket.DualMode = true) : At(scene.Host, Any);
        var reason = SocketReasons.Other(place, "UDP", 53)!;
        Assert.Equal(Causes.NoSocket, reason.Cause);
        Assert.Contains("Nobody in host listened on UDP port 53 when the packet came", reason.Sentence, StringComparison.Ordinal);
        await scene.SendAsync(frame);
        Assert.True(late.Poll(0, SelectMode.SelectRead));
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_socket_without_room_is_told_until_it_is_read()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        using var program = scene.Host.OpenUdp(53);
        program.Client.ReceiveBufferSize = 1;
        var fate = await scene.SendAsync(scene.Udp(payload: 1200));
        for (ushort id = 1; id < 20 && fate.Copies[0].End is not CopyEnd.Dropped; id++)
        {
            fate = await scene.SendAsync(scene.Udp(payload: 1200, options: new() { Identification = id }));
        }

        if (tracing is FrameTracing.Kernel)
        {
            fate.EndsBy("socket-full", "host/eth0", "has no room");
        }
        else
        {
            Assert.Null(fate.Copies[0].Reason);
        }

        while (program.Available > 0)
        {
            await program.ReceiveAsync();
        }

        await scene.SendAsync(scene.Udp(payload: 1200));
        Assert.NotEqual(0, program.Available);
    }

    [LabTheory(Feature.BpfTracing)]
    [InlineData(TcpFlags.Syn | TcpFlags.Fin)]
    [InlineData(TcpFlags.None)]
    public async Task A_segment_that_begins_no_connection_is_told_with_its_flags(TcpFlags flags)
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        using var listener = scene.Host.ListenTcp(80);
        var fate = await scene.SendAsync(Segment(scene, flags));
        Assert.False(listener.Pending());
        if (tracing is FrameTracing.Kernel)
        {
            fate.EndsBy("tcp-flags", "host/eth0", $"{flags} from 10.0.1.10:40000 is no request for a new one");
        }
        else
        {
            Assert.Null(fate.Copies[0].Reason);
        }
    }

    private static Frame Syn(RouterScene scene) => Segment(scene, TcpFlags.Syn);

    private static Frame Segment(RouterScene scene, TcpFlags flags) =>
        Frame.Tcp(scene.Vm.Mac, scene.RouterMac, scene.Vm.Address, IPAddress.Parse(RouterScene.HostAddress), 40_000, 80, flags, 1, 0);

    private static Frame ToGroup(RouterScene scene) => scene.Udp(Group, mac: MacAddress.Parse("01:00:5e:01:02:03"));

    // A datagram socket, or at port 80 a listener. What is closed may be open for a moment yet in a process that begins just then: others may bind as well.
    private static Socket At(Node node, IPEndPoint at, Action<Socket>? also = null, bool listens = true)
    {
        var socket = at.Port == 80 ? node.CreateSocket(at.AddressFamily, SocketType.Stream, ProtocolType.Tcp)
            : node.CreateSocket(at.AddressFamily, SocketType.Dgram, ProtocolType.Udp);
        if (at.AddressFamily is AddressFamily.InterNetworkV6)
        {
            socket.DualMode = false;
        }

        socket.SetRawSocketOption(1, 2, BitConverter.GetBytes(1)); // SO_REUSEADDR
        also?.Invoke(socket);
        Bind(socket, at);
        if (at.Port == 80 && listens)
        {
            socket.Listen();
        }

        return socket;
    }

    // Beside one that listens none may be bound, whatever both allow, until that process has begun.
    private static void Bind(Socket socket, IPEndPoint at)
    {
        for (var begun = Stopwatch.StartNew(); ; Thread.Sleep(1))
        {
            try
            {
                socket.Bind(at);
                return;
            }
            catch (SocketException used) when (used.SocketErrorCode is SocketError.AddressAlreadyInUse && begun.Elapsed < TimeSpan.FromMinutes(1))
            {
                continue;
            }
        }
    }

    private static Socket Connected(RouterScene scene)
    {
        var socket = At(scene.Host, Any6);
        socket.Connect(IPAddress.Parse("fd00:2::1"), 9);
        return socket;
    }

    private static Socket Member(Node node, int port)
    {
        var socket = At(node, new IPEndPoint(IPAddress.Any, port));
        socket.SetSocketOption(SocketOptionLevel.IP, SocketOptionName.AddMembership, new MulticastOption(IPAddress.Parse(Group), IPAddress.Parse("10.0.1.1")));
        return socket;
    }

    private static Pair Both(Socket first, Socket second) => new(first, second);

    private sealed record Pair(Socket First, Socket Second) : IDisposable
    {
        public void Dispose()
        {
            First.Dispose();
            Second.Dispose();
        }
    }

    /// <summary>One socket that does not get what is sent.</summary>
    /// <param name="Cause">The cause.</param>
    /// <param name="Says">Words of the sentence.</param>
    /// <param name="Frame">What the VM sends.</param>
    /// <param name="Open">Opens it.</param>
    /// <param name="Mend">Opens one as it should be.</param>
    private sealed record Row(string Cause, string Says, Func<RouterScene, Frame> Frame, Func<RouterScene, IDisposable> Open, Func<RouterScene, Socket> Mend)
    {
        /// <summary>Where it ends.</summary>
        public string At { get; init; } = "host/eth0";
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class SocketCausesByTracepoints() : SocketCauses(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class SocketCausesByPacketSockets() : SocketCauses(FrameTracing.PacketSockets);
