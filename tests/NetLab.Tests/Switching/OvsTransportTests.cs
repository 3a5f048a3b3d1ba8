using System.Net;
using System.Net.Sockets;
using NetLab.Linux;
using NetLab.Linux.Processes;
using static NetLab.Tests.OvsBed;

namespace NetLab.Tests;

/// <summary>What real hosts send across a private Open vSwitch, and what it sends to another.</summary>
public class OvsTransportTests
{
    [Fact]
    public async Task TCP_crosses_a_bridge_once_checksums_are_not_left_to_the_device()
    {
        await using var bed = await CreateAsync();
        using var one = bed.AddHost("v1", "10.9.0.1");
        using var two = bed.AddHost("v2", "10.9.0.2");
        await bed.Ovs.ApplyAsync(new OvsChange().SetBridge("br0").SetPort("br0", "v1", OvsPortOptions.Access(5))
            .SetPort("br0", "v2", OvsPortOptions.Access(5)), default);

        Ethtool.SetChecksumOffload(one, "eth0", false);
        Ethtool.SetChecksumOffload(two, "eth0", false);

        Assert.Equal(1_000_000, await TransferAsync(one, two));
    }

    [Fact]
    public async Task An_answer_is_traced_by_the_flows_for_answers()
    {
        await using var bed = await CreateAsync();
        using var one = bed.AddHost("v1", "10.9.0.1");
        using var two = bed.AddHost("v2", "10.9.0.2");
        await bed.Ovs.ApplyAsync(new OvsChange().SetBridge("br0", new OvsBridgeOptions { FailMode = "secure" }).SetPort("br0", "v1")
            .SetPort("br0", "v2"), default);
        await bed.Ovs.ReplaceFlowsAsync("br0",
        [
            "table=0,priority=10,arp actions=NORMAL",
            "table=0,priority=1,ip actions=ct(table=1,zone=7)",
            "table=1,priority=9,ct_state=+new+trk,ip,in_port=v1 actions=ct(commit,zone=7),output:v2",
            "table=1,priority=8,ct_state=+est+trk,ip actions=NORMAL",
            "table=1,priority=1 actions=drop",
        ],
        default);
        using var asker = NamespaceSockets.Create(one, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        using var answerer = NamespaceSockets.Create(two, AddressFamily.InterNetwork, SocketType.Dgram, ProtocolType.Udp);
        asker.Bind(new IPEndPoint(IPAddress.Parse("10.9.0.1"), 5000));
        answerer.Bind(new IPEndPoint(IPAddress.Parse("10.9.0.2"), 53));
        byte[] question = Udp("10.9.0.1", 5000, "10.9.0.2", 53), answer = Udp("10.9.0.2", 53, "10.9.0.1", 5000);
        Ethtool.SetChecksumOffload(one, "eth0", false);
        Ethtool.SetChecksumOffload(two, "eth0", false);

        Assert.Equal(1, (await bed.Ovs.TraceAsync("br0", "v2", answer, default)).Deciding[^1].Priority);
        Assert.Equal(9, (await bed.Ovs.TraceAsync("br0", "v1", question, default)).Deciding[^1].Priority);

        await asker.SendToAsync(new byte[5], new IPEndPoint(IPAddress.Parse("10.9.0.2"), 53));
        await answerer.ReceiveAsync(new byte[5]);
        Assert.Equal(9, (await bed.Ovs.TraceAsync("br0", "v1", question, default)).Deciding[^1].Priority);
        Assert.Equal(8, (await bed.Ovs.TraceAsync("br0", "v2", answer, default)).Deciding[^1].Priority);

        await answerer.SendToAsync(new byte[5], new IPEndPoint(IPAddress.Parse("10.9.0.1"), 5000));
        await asker.ReceiveAsync(new byte[5]);
        Assert.Equal(8, (await bed.Ovs.TraceAsync("br0", "v1", question, default)).Deciding[^1].Priority);
        Assert.Equal(1, (await bed.Ovs.TraceAsync("br0", "v2", Udp("10.9.0.2", 53, "10.9.0.1", 5001), default)).Deciding[^1].Priority);
    }

    [Fact]
    public async Task VXLAN_joins_two_nodes_by_the_bridges_that_hold_their_addresses()
    {
        await using var group = ProcessGroup.Create();
        await using var one = await CreateAsync("compute1", group);
        await using var two = await CreateAsync("compute2", group);
        Execute(one.Route, b =>
            b.AddLink(new NetLab.Linux.Netlink.VethSpec("phy", new NetLab.Linux.Netlink.VethPeer("phy") { Namespace = two.Namespace }) { Up = true }));
        two.Up("phy");
        foreach (var (bed, own, other) in (IEnumerable<(OvsBed, string, string)>)[(one, "192.168.7.1", "192.168.7.2"), (two, "192.168.7.2", "192.168.7.1")])
        {
            bed.AddTaps("vm");
            await bed.Ovs.ApplyAsync(
                new OvsChange()
                    .SetBridge("br-phy").SetPort("br-phy", "phy")
                    .SetBridge("br-tun").SetPort("br-tun", "vm")
                    .SetPort("br-tun", "vx",
                        new OvsPortOptions { InterfaceType = "vxlan",
                            InterfaceOptions = new Dictionary<string, string> { ["remote_ip"] = other, ["local_ip"] = own, ["key"] = "42" } }),
                default);
            Execute(bed.Route, b => b.AddAddress(bed.Link("br-phy").Index, IPAddress.Parse(own), 24));
            bed.Up("br-phy");
        }

        // ovs-vswitchd hears of the addresses from the kernel, and takes them in pass by pass.
        await SettleBothAsync(one, two);

        // The first frame only makes the nodes look for each other, as it would between real ones.
        one.Send("vm", Frame(Everybody, from: 1, number: 1));
        await SettleBothAsync(one, two);
        _ = two.Receive("vm");

        one.Send("vm", Frame(Everybody, from: 1, number: 2));
        await SettleBothAsync(one, two);
        Assert.Equal([2], two.Receive("vm").Select(Number));

        var trace = await one.Ovs.TraceAsync("br-tun", "vm", Frame(Everybody, from: 1), default);
        Assert.Contains("phy", trace.OutputPorts);
        Assert.Contains(trace.Steps.SelectMany(s => s.Remarks), r => r.Contains("tunneling", StringComparison.Ordinal));
    }

    private static byte[] Udp(string from, int fromPort, string to, int toPort) =>
    [
        .. Mac(2), .. Mac(1), 0x08, 0x00,
        0x45, 0, 0, 33, 0, 0, 0, 0, 64, 17, 0, 0, .. IPAddress.Parse(from).GetAddressBytes(), .. IPAddress.Parse(to).GetAddressBytes(),
        (byte)(fromPort >> 8), (byte)fromPort, (byte)(toPort >> 8), (byte)toPort, 0, 13, 0, 0, 1, 2, 3, 4, 5,
    ];

    private static async Task SettleBothAsync(OvsBed one, OvsBed two)
    {
        // There and back: the question for the other's address, its answer, and the frame itself.
        for (var n = 0; n < 4; n++)
        {
            await one.Ovs.SettleAsync(default);
            await two.Ovs.SettleAsync(default);
        }
    }

    private static async Task<int> TransferAsync(NetworkNamespace from, NetworkNamespace to)
    {
        using var listener = NamespaceSockets.Create(to, AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Parse("10.9.0.2"), 80));
        listener.Listen();
        var accepted = listener.AcceptAsync();
        using var sender = await NamespaceSockets.ConnectAsync(from, new IPEndPoint(IPAddress.Parse("10.9.0.2"), 80));
        using var receiver = await accepted;
        var sending = Task.Run(async () =>
        {
            var sent = 0;
            while (sent < 1_000_000)
            {
                sent += await sender.SendAsync(new byte[Math.Min(10_000, 1_000_000 - sent)]);
            }

            sender.Shutdown(SocketShutdown.Send);
        });
        var total = 0;
        var buffer = new byte[65536];
        while (await receiver.ReceiveAsync(buffer) is > 0 and var count)
        {
            total += count;
        }

        await sending;
        return total;
    }
}
