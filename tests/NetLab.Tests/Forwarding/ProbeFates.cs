using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// Why a node's TCP connection or UDP question gets no answer: each way is provoked, told with the half that failed, seen by a program that knows nothing of
/// this library too, and gone after the remedy is executed as it is printed.
/// </summary>
[Trait("Category", "Fate")]
public sealed class ProbeFates
{
    private const string Reply = "the answer", Request = "the request", Rst = "the RST";
    private const ProbeOutcome Silent = ProbeOutcome.Silent, Refused = ProbeOutcome.Refused, Unreachable = ProbeOutcome.Unreachable,
        NotSent = ProbeOutcome.NotSent;

    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["tcp: a rule for SYN-ACKs in the router"] = new(Tcp(ExchangeScene.C), "nft-rule", "r/e1", Reply, Silent,
            "r: nft table ip f { chain c { type filter hook forward priority 0; tcp flags & (syn | ack) == (syn | ack) drop; }; }"),
        ["tcp: a rule for SYNs in the router"] = new(Tcp(ExchangeScene.C), "nft-rule", "r/e0", Request, Silent,
            "r: nft table ip f { chain c { type filter hook forward priority 0; tcp flags & (syn | ack) == syn drop; }; }"),
        ["tcp: a rule for SYN-ACKs at the asker"] = new(Tcp(ExchangeScene.B), "nft-rule", "a/eth0", Reply, Silent,
            "a: nft table ip f { chain c { type filter hook input priority 0; tcp sport 80 drop; }; }"),
        ["tcp: a rule at the output of the asker"] = new(Tcp(ExchangeScene.B), "nft-rule", "a*", Request, Silent,
            "a: nft table ip f { chain c { type filter hook output priority 0; tcp dport 80 drop; }; }"),
        ["tcp: a rule of the router that rejects with a RST"] = new(Tcp(ExchangeScene.C), "nft-rule", "r/e0", Request, Refused,
            "r: nft table ip f { chain c { type filter hook forward priority 0; tcp dport 80 reject with tcp reset; }; }"),
        ["tcp: a rule of the router that rejects as prohibited"] = new(Tcp(ExchangeScene.C), "nft-rule", "r/e0", Request, Unreachable,
            "r: nft table ip f { chain c { type filter hook forward priority 0; tcp dport 80 reject with icmp type admin-prohibited; }; }"),
        ["tcp: no route back"] = new(Tcp(ExchangeScene.C), "no-route", "c", Reply, Silent, "c: ip route del default"),
        ["tcp: rp_filter on the way back"] = new(Tcp(ExchangeScene.C), "rp-filter", "a/eth1", Reply, Silent,
            "c: ip neigh replace 10.0.0.1 lladdr MAC dev eth1 nud permanent", "c: ip route add 10.0.0.1 dev eth1",
            "a: sysctl -qw net.ipv4.conf.eth1.rp_filter=1"),
        ["tcp: isolated ports"] = new(Tcp(ExchangeScene.B), "isolated", "sw/p2", "the ARP request of a", Silent,
            "sw: bridge link set dev p1 isolated on", "sw: bridge link set dev p2 isolated on"),
        ["tcp: an unreachable route in the router"] = new(Tcp(ExchangeScene.C), "unreachable-route", "r/e0", Request, Unreachable,
            "r: ip route add unreachable 10.0.1.2"),
        ["tcp: a prohibited route of the asker"] = new(Tcp(ExchangeScene.C), "prohibit-route", "a", Request, NotSent, "a: ip route add prohibit 10.0.1.0/24"),
        ["tcp: a rule for SYN-ACKs over IPv6"] = new(Tcp(ExchangeScene.B6), "nft-rule", "a/eth0", Reply, Silent,
            "a: nft table ip6 f { chain c { type filter hook input priority 0; tcp sport 80 drop; }; }"),
        ["udp: a rule for answers in the router"] = new(Udp(ExchangeScene.C), "nft-rule", "r/e1", Reply, Silent,
            "r: nft table ip f { chain c { type filter hook forward priority 0; udp sport 7 drop; }; }"),
        ["udp: a rule for questions in the router"] = new(Udp(ExchangeScene.C), "nft-rule", "r/e0", Request, Silent,
            "r: nft table ip f { chain c { type filter hook forward priority 0; udp dport 7 drop; }; }"),
        ["udp: a rule at the output of the asker"] = new(Udp(ExchangeScene.B), "nft-rule", "a*", Request, NotSent,
            "a: nft table ip f { chain c { type filter hook output priority 0; udp dport 7 drop; }; }"),
        ["udp: a rule at the input of the asker"] = new(Udp(ExchangeScene.B), "nft-rule", "a/eth0", Reply, Silent,
            "a: nft table ip f { chain c { type filter hook input priority 0; udp sport 7 drop; }; }"),
        ["udp: no route back"] = new(Udp(ExchangeScene.C), "no-route", "c", "no answer can leave c", Silent, "c: ip route del default"),
        ["udp: too big for a link behind the router"] = new(Udp(ExchangeScene.C) with { Size = 1400 }, "*", "r/*", Request, Unreachable,
            "r: ip link set e1 mtu 1300"),
        ["udp: a blackhole in the router"] = new(Udp(ExchangeScene.C), "blackhole-route", "r/e0", Request, Silent, "r: ip route add blackhole 10.0.1.2"),
    };

    public static TheoryData<string> Ways => [.. Rows.Keys];

    [LabTheory(Feature.BpfTracing)]
    [MemberData(nameof(Ways))]
    public async Task A_question_without_an_answer_is_explained_and_the_remedy_works(string way)
    {
        var row = Rows[way];
        await using var scene = await ExchangeScene.BuildAsync();
        using var servers = new ProbeServers(scene);
        foreach (var command in row.Provoke)
        {
            await scene.DoAsync(command);
        }

        var probe = await AskAsync(scene, row.Asked);

        var text = $"{way}: {probe}{Environment.NewLine}{probe.Exchange.Describe()}";
        Assert.True(probe.Outcome == row.Outcome, $"{probe.Outcome} ({probe.Error}) {text}");
        Assert.True(probe.Why is not null, $"no reason. {text}");
        Assert.True(Fits(row.Cause, probe.Why!.Cause.Word) && Fits(row.Place, probe.Why.Place)
            && probe.Exchange.Problem.StartsWith(row.Half, StringComparison.Ordinal), $"{probe.Exchange.Problem}: {probe.Why} {text}");
        Assert.Equal(row.Outcome is Refused ? null : row.Half is Reply or "no answer can leave c" ? ExchangeHalf.Answer : ExchangeHalf.Request,
            probe.Exchange.Failed);
        Assert.NotEqual(0, await ProgramAsync(scene, row.Asked));

        await probe.Why.ApplyAsync();
        foreach (var node in scene.Lab.Nodes)
        {
            await node.ForgetEarlierFramesAsync(CancellationToken.None);
        }

        var again = await AskAsync(scene, row.Asked);
        Assert.True(again.Succeeded, $"after '{probe.Why.Remedy}': {again}{Environment.NewLine}{again.Exchange.Describe()}");
        Assert.Equal(0, await ProgramAsync(scene, row.Asked, "60"));
    }

    [LabTheory(Feature.BpfTracing)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Where_nobody_listens_the_refusal_is_the_answer_until_somebody_does(bool isTcp)
    {
        await using var scene = await ExchangeScene.BuildAsync();
        var asked = isTcp ? Tcp(ExchangeScene.C) : Udp(ExchangeScene.C);

        var refused = await AskAsync(scene, asked);

        Assert.Equal((Refused, SocketError.ConnectionRefused), (refused.Outcome, refused.Error));
        Assert.Equal(("no-socket", "c/eth0"), (refused.Why?.Cause.Word, refused.Why?.Place));
        Assert.True(refused.Exchange.IsRefused);
        Assert.Null(refused.Exchange.Failed);
        Assert.True(refused.Exchange.Legs[^1].Arrived, refused.Exchange.Describe());
        Assert.Equal(isTcp ? ExchangeLegKind.Answer : ExchangeLegKind.Error, refused.Exchange.Legs[^1].Kind);
        Assert.NotEqual(0, await ProgramAsync(scene, asked));

        using var servers = new ProbeServers(scene);
        (await AskAsync(scene, asked)).ShouldSucceed();
        Assert.Equal(0, await ProgramAsync(scene, asked, "60"));
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_RST_that_is_dropped_on_its_way_is_followed_to_there()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        await scene.DoAsync("r: nft table ip f { chain c { type filter hook forward priority 0; tcp flags & rst == rst drop; }; }");

        var probe = await AskAsync(scene, Tcp(ExchangeScene.C));

        Assert.Equal(Silent, probe.Outcome);
        Assert.Equal(("nft-rule", "r/e1"), (probe.Why?.Cause.Word, probe.Why?.Place));
        Assert.StartsWith(Rst, probe.Exchange.Problem, StringComparison.Ordinal);
        Assert.Equal("no-socket", probe.Exchange.Legs[0].Why?.Cause.Word);

        await probe.Why!.ApplyAsync();
        Assert.Equal(Refused, (await AskAsync(scene, Tcp(ExchangeScene.C))).Outcome);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_full_accept_queue_takes_no_more_connections()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        using var listener = scene.HostC.BindTcp(new IPEndPoint(IPAddress.Any, 80));
        listener.Listen(0);
        using var first = await scene.HostA.ConnectAsync(IPAddress.Parse(ExchangeScene.C), 80);

        var full = await AskAsync(scene, Tcp(ExchangeScene.C));

        Assert.Equal(Silent, full.Outcome);
        Assert.Equal("accept-queue-full", full.Why?.Cause.Word);
        Assert.NotEqual(0, await ProgramAsync(scene, Tcp(ExchangeScene.C)));

        using var accepted = await listener.AcceptAsync();
        (await AskAsync(scene, Tcp(ExchangeScene.C))).ShouldSucceed();
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_program_that_does_not_answer_in_time_is_told_from_one_that_does_not_read()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        using var server = scene.HostB.OpenUdp(7);
        var patience = TimeSpan.FromMilliseconds(300);

        var unread = await scene.HostA.ProbeUdpAsync(scene.HostB, 7, patience: patience);
        Assert.Equal((Silent, "not-read"), (unread.Outcome, unread.Why?.Cause.Word));
        Assert.Contains("has not read it within 0.3 s", unread.Why!.Sentence, StringComparison.Ordinal);
        await server.ReceiveAsync();

        var asking = scene.HostA.ProbeUdpAsync(scene.HostB, 7, patience: patience);
        await server.ReceiveAsync();
        var silent = await asking;
        Assert.Equal((Silent, "no-answer"), (silent.Outcome, silent.Why?.Cause.Word));
        Assert.Contains("no answer was sent within 0.3 s", silent.Why!.Sentence, StringComparison.Ordinal);
        Assert.True(silent.Exchange.Legs[0].Arrived);

        asking = scene.HostA.ProbeUdpAsync(scene.HostB, 7);
        var question = await server.ReceiveAsync();
        await server.SendAsync("answer"u8.ToArray(), question.RemoteEndPoint);
        var answered = (await asking).ShouldSucceed();
        Assert.Equal("answer"u8.ToArray(), answered.Answer.ToArray());
        answered.Fate.ShouldReach(scene.HostB).Via("eth0", "p1", "br0", "p2", "eth0");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_connection_takes_as_long_as_the_kernel_says_and_is_known_behind_NAT()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        using var servers = new ProbeServers(scene);
        await scene.Router.LoadRulesetAsync("table ip n { chain c { type nat hook postrouting priority 100; oifname \"e1\" masquerade; }; }");

        var probe = (await scene.HostA.ProbeTcpAsync(scene.HostC, 80)).ShouldSucceed();

        Assert.InRange(probe.RoundTrip!.Value, TimeSpan.FromMicroseconds(1), TimeSpan.FromMinutes(1));
        probe.Fate.ShouldReach(scene.HostC).Via("eth0", "p1", "br0", "p3", "e0", "e1", "eth0");
        Assert.Equal((scene.HostA.Device("eth0").Mac, (ushort)80), (probe.Fate.Frame.Source, probe.Fate.Frame.Tcp!.Value.DestinationPort));
    }

    [LabTheory(Feature.BpfTracing)]
    [InlineData("127.0.0.1")]
    [InlineData(ExchangeScene.A)]
    public async Task A_node_asks_itself_by_lo(string address)
    {
        await using var scene = await ExchangeScene.BuildAsync();

        Assert.Equal(("no-socket", Refused), await CauseAsync());
        using var listener = scene.HostA.ListenTcp(80);
        (await scene.HostA.ProbeTcpAsync(IPAddress.Parse(address), 80)).ShouldSucceed().Fate.ShouldReach(scene.HostA).Via("lo");

        async Task<(string?, ProbeOutcome)> CauseAsync() =>
            await scene.HostA.ProbeTcpAsync(IPAddress.Parse(address), 80) is var probe ? (probe.Why?.Cause.Word, probe.Outcome) : default;
    }

    [LabFact]
    public async Task A_node_without_a_free_port_is_named()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        await scene.HostA.DoAsync("sysctl -w 'net.ipv4.ip_local_port_range=5000 5000'");
        using var taken = scene.HostA.OpenUdp(5000);
        var refused = await Assert.ThrowsAsync<NodeSocketException>(() => scene.HostA.ProbeUdpAsync(scene.HostC, 53));
        Assert.Contains("Node a cannot bind 0.0.0.0:0", refused.Message, StringComparison.Ordinal);
        Assert.EndsWith("No port of net.ipv4.ip_local_port_range is free there.", refused.Message, StringComparison.Ordinal);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task An_answer_from_another_address_than_was_asked_is_told()
    {
        await using var scene = await ExchangeScene.BuildAsync();
        await scene.HostB.DoAsync("ip address add 10.0.0.22/24 dev eth0");
        using var server = scene.HostB.OpenUdp(7);

        var asking = scene.HostA.ProbeUdpAsync(IPAddress.Parse("10.0.0.22"), 7);
        await server.SendAsync("answer"u8.ToArray(), (await server.ReceiveAsync()).RemoteEndPoint); // from 10.0.0.2, the first that b has
        var probe = await asking;

        Assert.Equal((Silent, "socket-elsewhere", "a/eth0"), (probe.Outcome, probe.Why?.Cause.Word, probe.Why?.Place));
        Assert.Equal(ExchangeHalf.Answer, probe.Exchange.Failed);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_fake_VM_has_no_programs_that_could_answer()
    {
        await using var lab = new Lab(FateAssert.Traced with { Patience = TimeSpan.FromSeconds(2) });
        var host = lab.AddNode("h");
        var bridge = host.AddBridge("br0");
        bridge.AddAddress("10.0.0.254/24");
        var vm = host.AddVm("vm", bridge, vm => vm.Address("10.0.0.1/24"));
        await lab.ApplyAsync();

        var probe = await host.ProbeTcpAsync(vm.Address, 80);

        Assert.Equal((Silent, "guest-silent"), (probe.Outcome, probe.Why?.Cause.Word));
        probe.Fate.ShouldReach(vm);
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_fake_VM_that_listens_and_has_no_way_back_is_told_so()
    {
        await using var lab = new Lab(FateAssert.Traced with { Patience = TimeSpan.FromSeconds(2) });
        var host = lab.AddNode("h");
        var bridge = host.AddBridge("br0");
        bridge.AddAddress("10.0.0.254/24").AddAddress("10.9.0.1/32");
        var vm = host.AddVm("vm", bridge, vm => vm.Address("10.0.0.1/24").Listen(80));
        await lab.ApplyAsync();
        await host.DoAsync("ip route replace 10.0.0.0/24 dev br0 src 10.9.0.1");

        var probe = await host.ProbeTcpAsync(vm.Address, 80);

        Assert.Equal((Silent, "guest-no-route"), (probe.Outcome, probe.Why?.Cause.Word));
        Assert.Contains("has no way back to 10.9.0.1", probe.Why!.Sentence, StringComparison.Ordinal);
    }

    [LabTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task With_packet_sockets_too_a_question_is_followed(bool isTcp)
    {
        await using var lab = new Lab(new LabOptions { Tracing = FrameTracing.PacketSockets });
        Node a = lab.AddNode("a"), b = lab.AddNode("b");
        lab.AddLink(a.End("eth0", "10.0.0.1/24"), b.End("eth0", "10.0.0.2/24"));
        await lab.ApplyAsync();

        var refused = isTcp ? await a.ProbeTcpAsync(b, 80) : await a.ProbeUdpAsync(b, 80);
        Assert.Equal((Refused, "no-socket", "b/eth0"), (refused.Outcome, refused.Why?.Cause.Word, refused.Why?.Place));
        Assert.Equal(["eth0", "eth0"], refused.Fate.Copies[0].Hops.Select(h => h.Device));

        using var listener = b.ListenTcp(80);
        using var server = b.OpenUdp(80);
        var asking = isTcp ? a.ProbeTcpAsync(b, 80) : a.ProbeUdpAsync(b, 80);
        if (!isTcp)
        {
            await server.SendAsync("answer"u8.ToArray(), (await server.ReceiveAsync()).RemoteEndPoint);
        }

        (await asking).ShouldSucceed();
    }

    private static Question Tcp(string to) => new(to, IsTcp: true);

    private static Question Udp(string to) => new(to, IsTcp: false);

    private static Task<ProbeResult> AskAsync(ExchangeScene scene, Question asked) => asked.IsTcp
        ? scene.HostA.ProbeTcpAsync(IPAddress.Parse(asked.To), 80)
        : scene.HostA.ProbeUdpAsync(IPAddress.Parse(asked.To), 7, asked.Size is { } size ? new byte[size] : null, TimeSpan.FromSeconds(1));

    // What bash sees within so many seconds, which knows nothing of this library: whether it could connect, or read what came back.
    private static async Task<int> ProgramAsync(ExchangeScene scene, Question asked, string seconds = "1") =>
        (await scene.HostA.ExecAsync("timeout", seconds, "bash", "-c", asked.IsTcp ? $"exec 3<>/dev/tcp/{asked.To}/80"
            : $"exec 3<>/dev/udp/{asked.To}/7; head -c {asked.Size ?? 5} /dev/zero >&3 && head -c 1 <&3 | wc -c | grep -q 1")).ExitCode;

    private static bool Fits(string wanted, string word) =>
        wanted.EndsWith('*') ? word.StartsWith(wanted[..^1], StringComparison.Ordinal) : word == wanted;

    private sealed record Question(string To, bool IsTcp, int? Size = null);

    private sealed record Row(Question Asked, string Cause, string Place, string Half, ProbeOutcome Outcome, params string[] Provoke);
}
