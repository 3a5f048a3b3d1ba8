using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Why the host that a packet was for does not give it to a program.</summary>
[Trait("Category", "Fate")]
public sealed class ReceiverCauses
{
    private static readonly CauseTable<RouterScene> Table = new()
    {
        { "a socket that is connected to somebody else", "socket-elsewhere", "host/eth0", "is connected to 10.0.2.1:9", async s =>
            {
                using var client = s.Host.OpenUdp(53);
                client.Connect(IPAddress.Parse("10.0.2.1"), 9);
                return await s.SendAsync(s.Udp());
            } },
        { "a socket at another address", "socket-elsewhere", "host/eth0", "listens at 127.0.0.1 alone", async s =>
            {
                await s.Host.DoAsync("ip link set lo up");
                using var socket = s.Host.CreateSocket(AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
                socket.Bind(new IPEndPoint(IPAddress.Loopback, 53));
                return await s.SendAsync(s.Udp());
            } },
        { "a TCP listener at another address", "socket-elsewhere", "host/eth0", "listens at 127.0.0.1 alone", async s =>
            {
                await s.Host.DoAsync("ip link set lo up");
                using var listener = s.Host.ListenTcp(80, IPAddress.Loopback);
                return await s.SendAsync(Tcp(s, TcpFlags.Syn));
            } },
        { "a socket at another device", "socket-device", "host/eth0", "another device", async s =>
            {
                using var client = s.Host.OpenUdp(53);
                client.Client.SetRawSocketOption(1, 25, "lo\0"u8); // SO_BINDTODEVICE
                return await s.SendAsync(s.Udp());
            } },
        { "an ACK without a connection", "tcp-flags", "host/eth0", "no connection that it belongs to", async s =>
            {
                using var listener = s.Host.ListenTcp(80);
                return await s.SendAsync(Tcp(s, TcpFlags.Ack));
            } },
        { "a RST without a connection", "tcp-reset", "host/eth0", "RST", async s =>
            {
                using var listener = s.Host.ListenTcp(80);
                return await s.SendAsync(Tcp(s, TcpFlags.Rst));
            } },
        { "a segment far from the window", "tcp-sequence", "host/eth0", "sequence number", async s =>
            {
                using var listener = s.Host.ListenTcp(80);
                await s.SendAsync(Tcp(s, TcpFlags.Syn, sequence: 1000));
                var answer = await s.Vm.ReceiveAsync(f => f.Tcp is { } t && t.Flags.HasFlag(TcpFlags.Syn));
                var theirs = answer.Tcp!.Value.SequenceNumber + 1;
                await s.SendAsync(Tcp(s, TcpFlags.Ack, 1001, theirs));
                return await s.SendAsync(Tcp(s, TcpFlags.Ack | TcpFlags.Psh, 900_001_001, theirs, 10));
            } },
        { "a segment that has come before", "tcp-old", "host/eth0", "has come before", async s =>
            {
                using var listener = s.Host.ListenTcp(80);
                await s.SendAsync(Tcp(s, TcpFlags.Syn, sequence: 1000));
                var answer = await s.Vm.ReceiveAsync(f => f.Tcp is { } t && t.Flags.HasFlag(TcpFlags.Syn));
                var theirs = answer.Tcp!.Value.SequenceNumber + 1;
                await s.SendAsync(Tcp(s, TcpFlags.Ack, 1001, theirs));
                var data = Tcp(s, TcpFlags.Ack | TcpFlags.Psh, 1001, theirs, 10);
                await s.SendAsync(data);
                return await s.SendAsync(data);
            } },
        { "a UDP header that says too much", "udp-length", "host/eth0", "UDP header says", s =>
            {
                var bytes = s.Udp().Bytes.ToArray();
                bytes[39] = 200;
                return s.SendAsync(Frame.FromBytes(bytes));
            } },
        { "a TCP header that is too short", "tcp-header", "host/eth0", "TCP header", s =>
            {
                var bytes = Tcp(s, TcpFlags.Syn).Bytes.ToArray();
                bytes[46] = 0x10;
                return s.SendAsync(Frame.FromBytes(bytes));
            } },
        { "a broadcast that nobody listens for", "no-socket", "router/eth0", "Nobody in router listens on UDP port 53",
            s => s.SendAsync(s.Udp("10.0.1.255", mac: MacAddress.Broadcast)) },
        { "a broadcast to all that nobody listens for", "no-socket", "router/eth0", "Nobody in router listens on UDP port 53",
            s => s.SendAsync(s.Udp("255.255.255.255", mac: MacAddress.Broadcast)) },
        { "a routing header of IPv6", "source-route", "router/eth0", "a routing header of IPv6", s => s.SendAsync(WithRoutingHeader(s.Udp6("fd00:1::1"))) },
        { "an address that is announced", "arp-gratuitous", "router/eth0", "net.ipv4.conf.eth0.drop_gratuitous_arp is 1", async s =>
            {
                var announced = Frame.ArpRequest(s.Vm.Mac, s.Vm.Address, s.Vm.Address);
                var fate = await s.SendWithAsync("net.ipv4.conf.eth0.drop_gratuitous_arp", "1", announced);
                await fate.Copies[0].Reason!.ApplyAsync();
                Assert.DoesNotContain((await s.SendAsync(announced)).Copies, c => c.End is CopyEnd.Dropped);
                return fate;
            } },
        { "a filter of the socket", "socket-filter", "host/eth0", "filter", async s =>
            {
                using var client = s.Host.OpenUdp(53);
                SocketFilter.RefuseAll(client.Client);
                return await s.SendAsync(s.Udp());
            } },
    };

    public static TheoryData<string> Names => Table.Names;

    [LabTheory(Feature.BpfTracing), MemberData(nameof(Names))]
    public Task A_packet_that_no_program_gets_says_why(string cause) => Table.CheckAsync(cause, RouterScene.BuildAsync());

    private static Frame Tcp(RouterScene s, TcpFlags flags, uint sequence = 1, uint acknowledgment = 1, int payload = 0) =>
        Frame.Tcp(s.Vm.Mac, s.RouterMac, s.Vm.Address, IPAddress.Parse(RouterScene.HostAddress), 40_000, 80, flags, sequence, acknowledgment,
            payload: new byte[payload]);

    // struct ipv6_rt_hdr: next header, length in 8 bytes, type 0, one segment left, and its address.
    private static Frame WithRoutingHeader(Frame frame)
    {
        byte[] header = [17, 2, 0, 1, 0, 0, 0, 0, 0xfd, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 2];
        byte[] bytes = [.. frame.Bytes.Span[..54], .. header, .. frame.Bytes.Span[54..]];
        bytes[20] = 43;
        bytes[19] += (byte)header.Length;
        return Frame.FromBytes(bytes);
    }

    internal static class SocketFilter
    {
        // struct sock_fprog { unsigned short len; struct sock_filter *filter; }: one instruction, "return 0".
        public static unsafe void RefuseAll(Socket socket)
        {
            ulong instruction = 0x06;
            Span<byte> program = stackalloc byte[16];
            program.Clear();
            program[0] = 1;
            BitConverter.TryWriteBytes(program[8..], (ulong)&instruction);
            socket.SetRawSocketOption(1, 26, program); // SO_ATTACH_FILTER
        }
    }
}
