using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding.Happenings;

/// <summary>
/// Questions of programs that nobody answers and nobody drops: the end of a failed test's text says where each ends, and the remedy is executed.
/// </summary>
public sealed class SilenceTests
{
    private const string OnMacvlan = "10.0.9.2";

    private static readonly string[] Macvlan =
    [
        "b: ip link add mv0 link eth0 type macvlan mode bridge", "b: ip link set mv0 netns a", "a: ip link set mv0 up", "a: ip address add 10.0.9.1/24 dev mv0",
    ];

    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["isolated ports"] = new("a", ExchangeScene.B, Causes.Isolated, "sw/p2", "asked again, the ARP request of a was not sent on at sw/p2",
            "sw: bridge link set dev p1 isolated on", "sw: bridge link set dev p2 isolated on"),
        ["arp_ignore"] = new("a", ExchangeScene.B, Causes.ArpIgnored, "b/eth0", "asked again, the ARP request of a came to b/eth0, and got no answer",
            "b: sysctl -qw net.ipv4.conf.eth0.arp_ignore=8"),
        ["rp_filter and a route back by another device"] = new("r", ExchangeScene.C, Causes.RpFilter, "c/eth0",
            "asked again, the ARP request of r came to c/eth0, and got no answer",
            "c: sysctl -qw net.ipv4.conf.eth0.rp_filter=1", "c: ip route add 10.0.1.254 dev eth1"),
        ["an address that is tentative"] = new("a", ExchangeScene.B6, Causes.AddressTentative, "*", "asked again, ",
            "b: ip address del fd00::2/64 dev eth0", "b: sysctl -qw net.ipv6.conf.eth0.accept_dad=1", "b: sysctl -qw net.ipv6.conf.eth0.dad_transmits=30",
            "b: ip address add fd00::2/64 dev eth0"),
        ["a macvlan and the node below it"] = new("a", OnMacvlan, Causes.MacvlanIsolation, "a/mv0", "asked again, in vain",
            [.. Macvlan, "b: ip address add 10.0.9.2/24 dev eth0"]),
        ["a macvlan that is private"] = new("a", OnMacvlan, Causes.MacvlanIsolation, "a/mv0", "asked again, in vain",
            [.. Macvlan, "b: ip link add mv1 link eth0 type macvlan mode private", "b: ip link set mv1 netns c", "c: ip link set mv1 up",
                "c: ip address add 10.0.9.2/24 dev mv1"]),
    };

    public static TheoryData<string> Ways => [.. Rows.Keys];

    [LabTheory(Feature.BpfTracing)]
    [MemberData(nameof(Ways))]
    public async Task A_neighbour_that_nobody_drops_the_question_for_is_asked_again_and_the_remedy_works(string way)
    {
        var row = Rows[way];
        await using var scene = await ExchangeScene.BuildAsync();
        foreach (var command in row.Provoke)
        {
            await scene.DoAsync(command);
        }

        var to = IPAddress.Parse(row.To);
        using (var socket = scene.Node(row.From).OpenUdp(family: to.AddressFamily))
        {
            await socket.SendAsync("hello"u8.ToArray(), new IPEndPoint(to, 4711));
        }

        await scene.Lab.SettleAsync();
        var question = Assert.Single((await ReadAsync(scene.Lab)).Unanswered);

        Assert.Equal((row.From, row.Cause), (question.Node.Name, question.Reason.Cause));
        Assert.True(row.Place is "*" || question.Reason.Place == row.Place, question.Reason.Describe());
        Assert.Contains($"and got no answer; {row.Again}", question.ToString());
        await question.Reason.ApplyAsync();
        await scene.ForwardsAsync();
        foreach (var node in scene.Lab.Nodes)
        {
            await node.ForgetEarlierFramesAsync(CancellationToken.None);
        }

        await ExchangeScene.PingProgramAsync(scene.Node(row.From), row.To);
        Assert.True(scene.Node(row.From).Live.Route.GetNeighbours().Any(n => n.Address.Equals(to) && n.Mac is not null),
            $"{way}: after '{question.Reason.Remedy}' nobody answers for {to}");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task What_the_kernel_has_asked_for_the_last_time_is_asked_anew()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        await scene.DoAsync("b: sysctl -qw net.ipv4.conf.eth0.arp_ignore=8");
        await scene.HostA.OpenUdp().SendAsync(new byte[1], ExchangeScene.B, 4711);
        using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
        while (await scene.Lab.Drops.ReadUnansweredAsync() is not [{ Times: 3 }])
        {
            await Task.Delay(20, patience.Token); // the kernel's own timer asks again every second, and wakes nobody
        }

        Assert.Equal((string?)Causes.ArpIgnored, Assert.Single((await ReadAsync(scene.Lab)).Unanswered).Reason.Cause);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task Who_only_reads_asks_nobody()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        await scene.DoAsync("b: sysctl -qw net.ipv4.conf.eth0.arp_ignore=8");
        await scene.HostA.OpenUdp().SendAsync(new byte[1], ExchangeScene.B, 4711);
        await scene.Lab.SettleAsync();

        Assert.Equal((string?)Causes.NeighbourUnresolved, Assert.Single(await scene.Lab.Drops.ReadUnansweredAsync()).Reason.Cause);
        Assert.Empty(scene.Lab.RecentFates);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_server_without_a_route_back_is_told_and_the_remedy_works()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        using var listener = scene.HostC.ListenTcp(80);
        await scene.DoAsync("c: ip route del default");
        using (var enough = new CancellationTokenSource())
        {
            var connecting = scene.HostA.ConnectAsync(IPAddress.Parse(ExchangeScene.C), 80, enough.Token);
            await scene.Lab.SettleAsync();
            await enough.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        }

        var question = Assert.Single((await ReadAsync(scene.Lab)).Unanswered);
        Assert.Equal((QuestionKind.Connection, "c", (string?)Causes.NoRoute), (question.Kind, question.Reason.Node.Name, question.Reason.Cause));
        await question.Reason.ApplyAsync();
        using var connected = await scene.HostA.ConnectAsync(IPAddress.Parse(ExchangeScene.C), 80);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_server_of_names_that_does_not_read_is_told()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        using UdpClient server = scene.HostC.OpenUdp(53), client = scene.HostA.OpenUdp();
        await client.SendAsync(DnsMessage.Query(1, "web.lab").ToArray(), ExchangeScene.C, 53);
        await scene.Lab.SettleAsync();

        var question = Assert.Single((await ReadAsync(scene.Lab)).Unanswered);
        Assert.Equal((QuestionKind.Name, "c", (string?)Causes.NotRead), (question.Kind, question.Reason.Node.Name, question.Reason.Cause));
        await server.ReceiveAsync();
        Assert.Equal((string?)Causes.NoAnswer, Assert.Single((await ReadAsync(scene.Lab)).Unanswered).Reason.Cause);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task What_waited_for_a_router_that_does_not_answer_is_told_with_the_question_for_the_router()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        await scene.DoAsync("r: sysctl -qw net.ipv4.conf.e0.arp_ignore=8");
        var failure = await Assert.ThrowsAsync<NodeSocketException>(() => scene.HostA.ConnectAsync(IPAddress.Parse(ExchangeScene.C), 80));
        Assert.Equal(SocketError.HostUnreachable, failure.SocketErrorCode);

        var happenings = await ReadAsync(scene.Lab);
        var drop = Assert.Single(happenings.Drops);
        Assert.StartsWith("Nobody answered for 10.0.0.254 on a/eth0", drop.Reason.Sentence);
        var text = await HappeningsText.ShortAsync(scene.Lab, happenings, CancellationToken.None);
        Assert.Matches(@"\Aa asked who has 10\.0\.0\.254 \(ARP\).*\n  So this was dropped, which waited for it: .*10\.0\.1\.2 TCP \d+ > 80.*\n"
            + "  Why: r has the address", text);
        Assert.DoesNotContain("Nobody answered for", text);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_policy_of_IPsec_without_an_association_is_no_missing_route_and_told_once()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        await scene.DoAsync("a: ip xfrm policy add dir out src 10.0.0.1 dst 10.0.1.2 tmpl src 10.0.0.1 dst 10.0.1.2 proto esp mode transport");
        using (var enough = new CancellationTokenSource())
        {
            var connecting = scene.HostA.ConnectAsync(IPAddress.Parse(ExchangeScene.C), 80, enough.Token);
            using var patience = new CancellationTokenSource(TimeSpan.FromMinutes(1));
            while (await scene.Lab.Drops.ReadAsync() is not [{ Count: > 1 }])
            {
                await Task.Delay(20, patience.Token); // the kernel's own timer sends a SYN again after a second, and wakes nobody
            }

            await enough.CancelAsync();
            await Assert.ThrowsAnyAsync<OperationCanceledException>(() => connecting);
        }

        var drop = Assert.Single((await ReadAsync(scene.Lab)).Drops);
        Assert.Equal((string?)Causes.XfrmPolicy, drop.Reason.Cause);
        Assert.True(drop.Count > 1);
        using var listener = scene.HostC.ListenTcp(80);
        await drop.Reason.ApplyAsync();
        using var connected = await scene.HostA.ConnectAsync(IPAddress.Parse(ExchangeScene.C), 80);
    }

    private static Task<NetLab.Happenings> ReadAsync(Lab lab) => lab.Drops.ReadAllAsync(null, false, CancellationToken.None, asksAgain: true);

    private sealed record Row(string From, string To, Cause Cause, string Place, string Again, params string[] Provoke);
}
