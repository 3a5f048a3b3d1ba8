using System.Net;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// Why a node's ping gets no answer: each way is provoked, told with the half that failed, seen by the program ping too, and gone after the remedy is
/// executed as it is printed.
/// </summary>
[Trait("Category", "Fate")]
public sealed class ExchangeFates
{
    private const string Reply = "the answer", Request = "the request";

    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["isolated ports"] = new("a", ExchangeScene.B, "isolated", "sw/p2", "the ARP request of a",
            "sw: bridge link set dev p1 isolated on", "sw: bridge link set dev p2 isolated on"),
        ["ARP dropped by a rule"] = new("a", ExchangeScene.B, "nft-rule", "sw/p2", "the ARP request of a",
            "sw: nft table bridge f { chain c { type filter hook forward priority 0; ether type arp drop; }; }"),
        ["the answer to ARP dropped by a rule"] = new("a", ExchangeScene.B, "nft-rule", "sw/p1", "the answer of b to a's ARP request",
            "sw: nft table bridge f { chain c { type filter hook forward priority 0; arp operation reply drop; }; }"),
        ["arp_ignore"] = new("a", ExchangeScene.B, "arp-ignored", "b/eth0", "the ARP request of a",
            "b: sysctl -qw net.ipv4.conf.eth0.arp_ignore=8"),
        ["the peer is down"] = new("a", ExchangeScene.B, "*", "*", "", "b: ip link set eth0 down"),
        ["the peer of the own cable is down"] = new("a", ExchangeScene.B, "*", "*", "", "sw: ip link set p1 down"),
        ["the own device is down"] = new("a", ExchangeScene.B, "*", "a*", "", "a: ip link set eth0 down"),
        ["the own device is down, which leads to a router"] = new("a", ExchangeScene.C, "egress-down", "a*", Request, "a: ip link set eth0 down"),
        ["the own device is down, and its IPv6 addresses went with it"] = new("a", ExchangeScene.B6, "egress-down", "a*", Request,
            "a: ip link set eth0 down"),
        ["no route"] = new("b", ExchangeScene.C, "no-route", "b", Request),
        ["a blackhole"] = new("a", ExchangeScene.C, "blackhole-route", "a", Request, "a: ip route add blackhole 10.0.1.0/24"),
        ["a prohibited route"] = new("a", ExchangeScene.C, "prohibit-route", "a", Request, "a: ip route add prohibit 10.0.1.0/24"),
        ["an unreachable route"] = new("a", ExchangeScene.C, "unreachable-route", "a", Request, "a: ip route add unreachable 10.0.1.0/24"),
        ["a prohibiting rule"] = new("a", ExchangeScene.C, "prohibit-rule", "a", Request, "a: ip rule add to 10.0.1.0/24 prohibit"),
        ["an output hook"] = new("a", ExchangeScene.C, "nft-rule", "a*", Request,
            "a: nft table ip f { chain c { type filter hook output priority 0; icmp type echo-request drop; }; }"),
        ["no route back"] = new("a", ExchangeScene.C, "no-route", "c", Reply, "c: ip route del default"),
        ["a blackhole back"] = new("a", ExchangeScene.C, "blackhole-route", "c", Reply, "c: ip route add blackhole 10.0.0.0/24"),
        ["a rule for replies in the router"] = new("a", ExchangeScene.C, "nft-rule", "r/e1", Reply,
            "r: nft table ip f { chain c { type filter hook forward priority 0; icmp type echo-reply drop; }; }"),
        ["a rule for replies at the output of the answerer"] = new("a", ExchangeScene.C, "nft-rule", "c*", Reply,
            "c: nft table ip f { chain c { type filter hook output priority 0; icmp type echo-reply drop; }; }"),
        ["a rule for replies at the input of the asker"] = new("a", ExchangeScene.C, "nft-rule", "a/eth0", Reply,
            "a: nft table ip f { chain c { type filter hook input priority 0; icmp type echo-reply drop; }; }"),
        ["rp_filter on the way back"] = new("a", ExchangeScene.C, "rp-filter", "a/eth1", Reply,
            "c: ip neigh replace 10.0.0.1 lladdr MAC dev eth1 nud permanent", "c: ip route add 10.0.0.1 dev eth1",
            "a: sysctl -qw net.ipv4.conf.eth1.rp_filter=1"),
        ["a mask that is too narrow at the answerer"] = new("a", "10.0.0.200", "wrong-mask", "b", Reply,
            "b: ip address add 10.0.0.200/25 dev eth0", "b: ip address del 10.0.0.2/24 dev eth0"),
        ["a mask that is too wide at the answerer"] = new("a", ExchangeScene.C, "wrong-mask", "c/eth0", "the ARP request of c",
            "c: ip address add 10.0.1.2/16 dev eth0", "c: ip address del 10.0.1.2/24 dev eth0"),
        ["a wrong neighbour at the answerer"] = new("a", ExchangeScene.B, "*", "*", Reply,
            "b: ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:99 dev eth0 nud permanent"),
        ["a filter leads the request to another port"] = new("a", ExchangeScene.B, "redirected", "sw/p1", Request, "sw: tc qdisc add dev p1 clsact",
            "sw: tc filter add dev p1 ingress protocol ip u32 match ip protocol 1 0xff action mirred egress redirect dev p3"),
        ["a mark of the answer for which there is no way"] = new("a", ExchangeScene.B, "blackhole-rule", "b", Reply,
            "b: nft table ip t { chain o { type route hook output priority 0; icmp type echo-reply meta mark set 0x31; }; }",
            "b: ip rule add fwmark 1/0xf blackhole pref 7"),
        ["echo requests are ignored"] = new("a", ExchangeScene.B, "echo-ignored", "b/eth0", Request, "b: sysctl -qw net.ipv4.icmp_echo_ignore_all=1"),
        ["an address that is tentative at the other end"] = new("a", ExchangeScene.B6, "address-tentative", "*", "",
            "b: ip address del fd00::2/64 dev eth0", "b: sysctl -qw net.ipv6.conf.eth0.accept_dad=1", "b: sysctl -qw net.ipv6.conf.eth0.dad_transmits=30",
            "b: ip address add fd00::2/64 dev eth0"),
        ["a source address that is tentative"] = new("a", ExchangeScene.B6, "address-tentative", "a/eth0", Request,
            "a: ip address del fd00::1/64 dev eth0", "a: sysctl -qw net.ipv6.conf.eth0.accept_dad=1", "a: sysctl -qw net.ipv6.conf.eth0.dad_transmits=30",
            "a: ip address add fd00::1/64 dev eth0"),
    };

    public static TheoryData<string> Ways => [.. Rows.Keys];

    [LabTheory(Feature.BpfTracing)]
    [MemberData(nameof(Ways))]
    public async Task A_ping_without_an_answer_is_explained_and_the_remedy_works(string way)
    {
        var row = Rows[way];
        await using var scene = await ExchangeScene.BuildAsync();
        foreach (var command in row.Provoke)
        {
            await scene.DoAsync(command);
        }

        var ping = await scene.Node(row.From).PingAsync(IPAddress.Parse(row.To));

        Assert.False(ping.Succeeded, $"{way}: the ping was answered");
        var text = ping.Exchange.Describe();
        Assert.True(ping.Why is not null, $"{way}: no reason.{Environment.NewLine}{ping.Problem}{Environment.NewLine}{text}");
        Assert.True(
            Fits(row.Cause, ping.Why!.Cause.Word) && Fits(row.Place, ping.Why.Place) && ping.Exchange.Problem.StartsWith(row.Half, StringComparison.Ordinal),
            $"{way}: {ping.Exchange.Problem}: {ping.Why}{Environment.NewLine}{text}");
        Assert.Equal(row.Half == Reply ? ExchangeHalf.Answer : ping.Exchange.Failed, ping.Exchange.Failed);
        Assert.False(await ExchangeScene.PingProgramAsync(scene.Node(row.From), row.To), $"{way}: ping sees a reply");

        await ping.Why.ApplyAsync();
        await scene.ForwardsAsync();

        // Whom the kernel has asked for three times in vain, the next ping does not have it ask for again at once.
        foreach (var node in scene.Lab.Nodes)
        {
            await node.ForgetEarlierFramesAsync(CancellationToken.None);
        }

        var again = await scene.Node(row.From).PingAsync(IPAddress.Parse(row.To));
        Assert.True(again.Succeeded, $"{way}: after '{ping.Why.Remedy}': {again.Problem}{Environment.NewLine}{again.Exchange.Describe()}");
        Assert.True(await ExchangeScene.PingProgramAsync(scene.Node(row.From), row.To), $"{way}: after '{ping.Why.Remedy}' ping sees no reply");
    }

    [LabTheory(Feature.BpfTracing)]
    [InlineData("127.0.0.1")]
    [InlineData(ExchangeScene.A)]
    [InlineData("::1")]
    [InlineData(ExchangeScene.A6)]
    public async Task A_ping_of_the_node_itself_arrives_by_lo(string address)
    {
        await using var scene = await ExchangeScene.BuildAsync();

        var ping = await scene.HostA.PingAsync(IPAddress.Parse(address));

        ping.ShouldSucceed();
        ping.Fate.ShouldReach(scene.HostA).Via("lo");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task The_fate_of_a_ping_has_the_frame_that_was_sent()
    {
        await using var scene = await ExchangeScene.BuildAsync();

        var frame = (await scene.HostA.PingAsync(scene.HostB)).ShouldSucceed().Fate.Frame;

        Assert.Equal((scene.HostA.Device("eth0").Mac, scene.HostB.Device("eth0").Mac), (frame.Source, frame.Destination));
        Assert.Equal((IPAddress.Parse(ExchangeScene.A), IPAddress.Parse(ExchangeScene.B)), ((IPAddress)frame.Ipv4!.Value.Source, frame.Ipv4.Value.Destination));
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_guest_without_a_gateway_answers_its_own_network_alone()
    {
        await using var lab = new Lab(FateAssert.Traced);
        Node router = lab.AddNode("r"), host = lab.AddNode("h");
        router.Forwarding = true;
        var bridge = router.AddBridge("br0");
        bridge.AddAddress("10.0.2.254/24");
        lab.AddLink(host.End("eth0", "10.0.1.1/24"), router.End("e1", "10.0.1.254/24"));
        host.AddRoute("default", "10.0.1.254");
        var vm = router.AddVm("vm", bridge, vm => vm.Address("10.0.2.1/24"));
        await lab.ApplyAsync();

        (await router.PingAsync(vm)).ShouldSucceed();
        var ping = await host.PingAsync(vm);

        Assert.False(await ExchangeScene.PingProgramAsync(host, "10.0.2.1"));
        Assert.Equal(("guest-no-route", "r/tap-vm"), (ping.Why?.Cause.Word, ping.Why?.Place));
        ping.Fate.ShouldReach(vm);
    }

    private static bool Fits(string wanted, string word) =>
        wanted.EndsWith('*') ? word.StartsWith(wanted[..^1], StringComparison.Ordinal) : word == wanted;

    private sealed record Row(string From, string To, string Cause, string Place, string Half, params string[] Provoke);
}
