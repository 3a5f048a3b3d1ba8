using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Netlink;
using NetLab.Linux.Processes;

namespace NetLab.Linux.Tests.Netlink;

public sealed class ConntrackTests
{
    // A connection as ctnetlink describes it: struct nfgenmsg, then attributes, numbers big-endian.
    private const string Tcp =
        "02000000" + // AF_INET
        "34000180" + "14000180" + "080001000a000001" + "080002000a000002" + "1c000280" + "0500010006000000" + "060002009c400000" + "0600030000500000" +
        "34000280" + "14000180" + "080001000a000002" + "080002000a000001" + "1c000280" + "0500010006000000" + "0600020000500000" + "060003009c400000" +
        "080003000000000e" + // status: seen reply, assured, confirmed
        "10000480" + "0c000180" + "0500010003000000" + // established
        "0800070000069780" + // 432000 s
        "0800080000000007" + // mark
        "1c000980" + "0c0001000000000000000005" + "0c0002000000000000000190" +
        "08000c0012345678" +
        "0600120000090000"; // zone

    [Fact]
    public void A_connection_reads_from_bytes()
    {
        var entry = ConntrackSocket.Read(Convert.FromHexString(Tcp))!;
        Assert.Equal(new ConntrackTuple(IPAddress.Parse("10.0.0.1"), IPAddress.Parse("10.0.0.2"), 6, 40000, 80), entry.Original);
        Assert.Equal(new ConntrackTuple(IPAddress.Parse("10.0.0.2"), IPAddress.Parse("10.0.0.1"), 6, 80, 40000), entry.Reply);
        Assert.Equal(ConntrackStatus.SeenReply | ConntrackStatus.Assured | ConntrackStatus.Confirmed, entry.Status);
        Assert.Equal(ConntrackTcpState.Established, entry.TcpState);
        Assert.Equal(TimeSpan.FromSeconds(432000), entry.Timeout);
        Assert.Equal((7u, (ushort)9, 0x12345678u), (entry.Mark, entry.Zone, entry.Id));
        Assert.Equal((5ul, 400ul), entry.OriginalCounters);
        Assert.Equal("10.0.0.1:40000 > 10.0.0.2:80, reply 10.0.0.2:80 > 10.0.0.1:40000 Established assured mark 0x7 zone 9", entry.ToString());
    }

    [Fact]
    public async Task The_connections_of_a_namespace_are_read_and_forgotten()
    {
        using var bench = new NetlinkBench();
        bench.Do(batch => batch.ChangeLink(1, new LinkChange { Up = true }));
        using var conntrack = ConntrackSocket.Open(bench.Namespace);
        Assert.Empty(conntrack.GetEntries());

        // Tracking begins with the first rule that asks for it.
        using var programs = ProcessGroup.Create();
        var nft = new ProcessStart("nft", "-f", "-") { Namespace = bench.Namespace };
        (await programs.RunAsync(nft, "table inet t { chain c { type filter hook input priority 0; ct state new counter; }; }")).EnsureSuccess();
        using var receiver = NamespaceSockets.Create(bench.Namespace, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var sender = NamespaceSockets.Create(bench.Namespace, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        receiver.Bind(new IPEndPoint(IPAddress.Loopback, 5353));
        sender.Bind(new IPEndPoint(IPAddress.Loopback, 40000));
        sender.SendTo([1, 2, 3], receiver.LocalEndPoint!);

        var entry = Assert.Single(conntrack.GetEntries());
        Assert.Equal(new ConntrackTuple(IPAddress.Loopback, IPAddress.Loopback, 17, 40000, 5353), entry.Original);
        Assert.Equal(new ConntrackTuple(IPAddress.Loopback, IPAddress.Loopback, 17, 5353, 40000), entry.Reply);
        Assert.True(entry.Status.HasFlag(ConntrackStatus.Confirmed));
        Assert.False(entry.Status.HasFlag(ConntrackStatus.SeenReply));
        Assert.Null(entry.TcpState);
        conntrack.Flush();
        Assert.Empty(conntrack.GetEntries());
    }
}
