using System.Globalization;
using System.Net;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// Where the answer to a node's ping ends, by tracepoints and by packet sockets: told with the half that failed, held against the kernel's own counter of
/// replies, and gone after the remedy is executed as it is printed. What packet sockets cannot know they do not tell.
/// </summary>
public abstract class AnswerFates(FrameTracing tracing)
{
    private const string Unknown = "", Own = ExchangeScene.A, B = ExchangeScene.B, C = ExchangeScene.C, B6 = ExchangeScene.B6;

    private static readonly Dictionary<string, Row> Rows = new()
    {
        // The stack that answers
        ["a rule of policy routing that prohibits the way back"] = Back(C, "prohibit-rule", "c", "c: ip rule add to 10.0.0.0/24 prohibit pref 9"),
        ["an unreachable route of a table of its own"] = Back(C, "unreachable-route", "c",
            "c: ip rule add from 10.0.1.2 lookup 77 pref 9", "c: ip route add unreachable default table 77"),
        ["no route back to a translated source"] = Back(C, "no-route", "c", "c: ip route del default",
            "r: nft table ip f { chain n { type nat hook postrouting priority 100; oifname \"e1\" snat to 172.16.0.1; }; }"),
        ["an IPv6 blackhole back"] = Back(B6, "blackhole-route", "b", "b: ip -6 route add blackhole fd00::1/128"),
        ["IPsec that blocks what the answerer sends"] = Back(B, "xfrm-policy", "b",
            "b: ip xfrm policy add src 10.0.0.2/32 dst 10.0.0.1/32 dir out action block"),
        ["IPsec that blocks what comes to the asker"] = Back(B, "xfrm-policy", "a/eth0",
            "a: ip xfrm policy add src 10.0.0.2/32 dst 10.0.0.1/32 dir in action block") with { BySockets = Unknown },
        ["a queue of the answerer that takes too little"] = Back(B, "qdisc", "b/eth0", "b: tc qdisc add dev eth0 root tbf rate 8kbit burst 60 limit 60",
            "a: ip neigh replace 10.0.0.2 lladdr MAC(b/eth0) dev eth0 nud permanent",
            "b: ip neigh replace 10.0.0.1 lladdr MAC(a/eth0) dev eth0 nud permanent") with { BySockets = Unknown },
        ["an egress rule of the answerer"] = Back(B, "nft-rule", "b/eth0",
            "b: nft table netdev f { chain c { type filter hook egress device \"eth0\" priority 0; icmp type echo-reply drop; }; }"),
        ["iptables at the answerer's output"] = Back(B, "iptables-rule", "b",
            "b: iptables-legacy -A OUTPUT -p icmp --icmp-type echo-reply -j DROP") with { BySockets = Unknown },

        // On the way back
        ["a raw rule of the router"] = Back(C, "nft-rule", "r/e1",
            "r: nft table ip f { chain c { type filter hook prerouting priority raw; iifname \"e1\" icmp type echo-reply drop; }; }"),
        ["the router's forwarding is off at one device"] = Back(C, "forwarding-off", "r/e1", "r: sysctl -qw net.ipv4.conf.e1.forwarding=0"),
        ["a postrouting rule of the router"] = Back(C, "nft-rule", "r/e0",
            "r: nft table ip f { chain c { type filter hook postrouting priority 0; oifname \"e0\" icmp type echo-reply drop; }; }"),
        ["a policy that accepts requests alone"] = Back(C, "nft-policy", "r/e1",
            "r: nft table ip f { chain c { type filter hook forward priority 0; policy drop; icmp type echo-request accept; }; }"),
        ["a rule for connections that are established"] = Back(C, "nft-rule", "r/e1",
            "r: nft table inet f { chain c { type filter hook forward priority 0; iifname \"e1\" ct state established,related drop; }; }"),
        ["iptables in the router"] = Back(C, "iptables-rule", "r/e1", "r: iptables-legacy -A FORWARD -p icmp --icmp-type echo-reply -j DROP"),
        ["the answer's TTL"] = Back(C, "ttl-expired", "r/e1", "c: sysctl -qw net.ipv4.ip_default_ttl=1")
            with { Cure = "c: sysctl -qw net.ipv4.ip_default_ttl=64" },
        ["a wrong MAC address for the gateway"] = Back(C, "wrong-neighbour", "r/e1",
            "c: ip neigh replace 10.0.1.254 lladdr 02:00:00:00:00:77 dev eth0 nud permanent"),
        ["a wrong MAC address of the router for the asker"] = Back(C, "wrong-neighbour", "*",
            "r: ip neigh replace 10.0.0.1 lladdr 02:00:00:00:00:98 dev e0 nud permanent"),
        ["a gateway that nobody is"] = Back(C, "nobody-has-address", "c/eth0", "c: ip route replace default via 10.0.1.77"),
        ["a source address for which the router has no route"] = Back(C, "no-route", "r/e1", "a: ip address add 10.9.9.9/32 dev lo",
            "a: ip route replace default via 10.0.0.254 src 10.9.9.9"),
        ["a translated source that nobody has"] = Back(C, "nobody-has-address", "c/eth0",
            "r: nft table ip f { chain n { type nat hook postrouting priority 100; oifname \"e1\" snat to 10.0.1.99; }; }"),
        ["a router that sends the answer to another host"] = Back(C, "forwarding-off", "b/eth0", "r: ip route add 10.0.0.1 via 10.0.0.2"),
        ["a router that translates requests and does not track answers"] = Back(C, "answer-kept", "r/e1", "r: nft table ip f { chain n { type nat hook "
            + "postrouting priority 100; oifname \"e1\" masquerade; }\n chain p { type filter hook prerouting priority raw; iifname \"e1\" notrack; }\n}")
            with { BySockets = Unknown, Cure = "r: nft delete chain ip f p" },
        ["a router that tracks answers in another zone"] = Back(C, "answer-kept", "r/e1", "r: nft table ip f { chain n { type nat hook postrouting "
            + "priority 100; oifname \"e1\" masquerade; }\n chain p { type filter hook prerouting priority -300; iifname \"e1\" ct zone set 9; }\n}")
            with { BySockets = Unknown, Cure = "r: nft delete chain ip f p" },
        ["the answerer's own question is dropped"] = Back(B, "nft-rule", "sw/*", "a: ip neigh replace 10.0.0.2 lladdr MAC(b/eth0) dev eth0 nud permanent",
            "sw: nft table bridge f { chain c { type filter hook forward priority 0; iifname \"p2\" ether type arp drop; }; }"),
        ["a bridge that drops the answers of IPv6"] = Back(B6, "nft-rule", "sw/p1",
            "sw: nft table bridge f { chain c { type filter hook forward priority 0; icmpv6 type echo-reply drop; }; }"),

        // At the asker
        ["an ingress rule of the asker"] = Back(B, "nft-rule", "a/eth0",
            "a: nft table netdev f { chain c { type filter hook ingress device \"eth0\" priority 0; icmp type echo-reply drop; }; }"),
        ["iptables at the asker's input"] = Back(B, "iptables-rule", "a/eth0", "a: iptables-legacy -A INPUT -p icmp --icmp-type echo-reply -j DROP"),
        ["an input rule of the asker for IPv6"] = Back(B6, "nft-rule", "a/eth0",
            "a: nft table ip6 f { chain c { type filter hook input priority 0; icmpv6 type echo-reply drop; }; }"),

        // Neighbours
        ["an ARP rule for answers at the asker"] = There(B, "nft-rule", "a/eth0",
            "a: nft table arp f { chain c { type filter hook input priority 0; arp operation reply drop; }; }"),
        ["an ARP rule at the answerer's output"] = There(B, "nft-rule", "b/eth0",
            "b: nft table arp f { chain c { type filter hook output priority 0; arp operation reply drop; }; }") with { BySockets = "neighbour-unresolved" },
        ["an ARP rule at the asker's own output"] = There(B, "nft-rule", "a/eth0",
            "a: nft table arp f { chain c { type filter hook output priority 0; arp operation request drop; }; }") with { BySockets = "neighbour-unresolved" },
        ["a device that takes no ARP"] = There(B, "neighbour-unresolved", "a/eth0", "b: ip link set eth0 arp off"),
        ["a rule for advertisements at the answerer"] = There(B6, "nft-rule", "b/eth0",
            "b: nft table ip6 f { chain c { type filter hook output priority 0; icmpv6 type nd-neighbor-advert drop; }; }")
            with { BySockets = "neighbour-unresolved" },
        ["a rule for solicitations at the answerer"] = There(B6, "nft-rule", "b/eth0",
            "b: nft table ip6 f { chain c { type filter hook input priority 0; icmpv6 type nd-neighbor-solicit drop; }; }"),
        ["a rule for advertisements at the asker"] = There(B6, "nft-rule", "a/eth0",
            "a: nft table ip6 f { chain c { type filter hook input priority 0; icmpv6 type nd-neighbor-advert drop; }; }"),
        ["a bridge that drops what is for groups"] = There(B6, "nft-rule", "sw/*", "sw: nft table bridge f { chain c { type filter hook forward priority 0; "
            + "ether daddr & 33:33:00:00:00:00 == 33:33:00:00:00:00 drop; }; }"),
        ["a gateway's address that the bridge's own node has too"] = There(C, "address-twice", "sw/*", "sw: ip address add 10.0.0.254/24 dev br0",
            "a: ip neigh replace 10.0.0.254 lladdr MAC(sw/br0) dev eth0 nud permanent")
            with { Cure = "a: ip neigh replace 10.0.0.254 lladdr MAC(r/e0) dev eth0 nud permanent" },
        ["a gateway that nobody is, on the way there"] = There(C, "nobody-has-address", "a/eth0", "a: ip route replace default via 10.0.0.77"),
        ["IPv6 is off at the answerer"] = There(B6, "ipv6-off", "b/eth0", "b: sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1"),

        ["a router that must not ask yet"] = There("fd01::2", "address-tentative", "r/e1",
            "r: sysctl -qw net.ipv6.conf.e0.accept_dad=0 net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.all.forwarding=1",
            "r: ip address add fd00::fe/64 dev e0 nodad", "r: ip address add fd01::fe/64 dev e1 nodad", "a: ip route add default via fd00::fe",
            "c: sysctl -qw net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.all.disable_ipv6=0", "c: ip address add fd01::2/64 dev eth0 nodad",
            "c: ip route add default via fd01::fe", "r: sysctl -qw net.ipv6.conf.e1.accept_dad=1 net.ipv6.conf.e1.dad_transmits=60",
            "r: ip -6 address flush dev e1 scope link", "r: ip address add fe80::99/64 dev e1"),

        // Neighbours whom nobody is
        ["a default route without a gateway"] = There(C, "wrong-device", "a/eth0", "a: ip route replace default dev eth0"),
        ["the gateway's address is gone"] = There(C, "nobody-has-address", "a/eth0", "r: ip address del 10.0.0.254/24 dev e0"),
        ["a gateway that nobody is, in a table of its own"] = Back(C, "nobody-has-address", "c/eth0",
            "c: ip rule add from 10.0.1.2 lookup 77", "c: ip route add default via 10.0.1.77 table 77"),
        ["the asker's address is gone, and its routes with it"] = There(C, "no-route", "a", "a: ip address flush dev eth0 scope global"),
        ["a routing loop"] = There(C, "ttl-expired", "*", "r: ip route replace 10.0.1.2 via 10.0.0.2", "b: sysctl -qw net.ipv4.ip_forward=1",
            "b: ip route add 10.0.1.2 via 10.0.0.254") with { Cure = "r: ip route del 10.0.1.2 via 10.0.0.2" },

        // The asker's own stack
        ["IPv6 is off at the asker"] = There(B6, "ipv6-off", "a/eth0", "a: sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1"),
        ["lo is down, an own address"] = There(Own, "device-down", "a/lo", "a: ip link set lo down"),
        ["lo is down, 127.0.0.1"] = There("127.0.0.1", "device-down", "a/lo", "a: ip link set lo down"),
        ["a rule at the asker's own input"] = There(Own, "nft-rule", "a*",
            "a: nft table ip f { chain c { type filter hook input priority 0; icmp type echo-request drop; }; }"),
        ["IPsec that blocks what the asker sends"] = There(B, "xfrm-policy", "a",
            "a: ip xfrm policy add src 10.0.0.1/32 dst 10.0.0.2/32 dir out action block"),
        ["a broadcast address"] = There("10.0.0.255", "broadcast-refused", "a/eth0") with { Cure = "" },
        ["IPv6 pings are ignored"] = There(B6, "echo-ignored", "b/eth0", "b: sysctl -qw net.ipv6.icmp.echo_ignore_all=1"),
    };

    public static TheoryData<string> Ways => [.. Rows.Keys];

    [LabTheory(Feature.NftProgram), MemberData(nameof(Ways))]
    public async Task An_answer_that_does_not_come_is_told_and_the_remedy_brings_it(string way)
    {
        var row = Rows[way];
        await using var scene = await BreakAsync(way);
        var before = Replies(scene);
        var ping = await scene.HostA.PingAsync(IPAddress.Parse(row.To));
        var told = $"{way}: {ping.Problem}{Environment.NewLine}{ping.Exchange.Describe()}";
        Assert.False(ping.Succeeded, told);
        Assert.Equal(before, Replies(scene));
        if (tracing is FrameTracing.PacketSockets && row.BySockets is Unknown)
        {
            Assert.Null(ping.Why);
            Assert.NotEqual(ExchangeHalf.Request, ping.Exchange.Failed);
            Assert.EndsWith("is not known", ping.Problem, StringComparison.Ordinal);
            return;
        }

        var cause = tracing is FrameTracing.PacketSockets ? row.BySockets ?? row.Cause : row.Cause;
        Assert.True(ping.Why?.Cause.Word == cause && (Fits(row.Place, ping.Why.Place) || cause != row.Cause), told);
        Assert.True(ping.Exchange.Failed == row.Failed, told);
        Assert.NotEmpty(ping.Why.Evidence);
        Remedy.HasNoGap(ping.Why.Remedy);
        if (row.Cure is "" || cause != row.Cause)
        {
            return; // nothing can be done, or only against what is seen
        }

        await (row.Cure is { } cure ? scene.DoAsync(cure) : ping.Why.ApplyAsync());
        await scene.ForwardsAsync();
        foreach (var node in scene.Lab.Nodes)
        {
            await node.ForgetEarlierFramesAsync(CancellationToken.None);
        }

        var again = await scene.HostA.PingAsync(IPAddress.Parse(row.To));
        Assert.True(again.Succeeded, $"{told}{Environment.NewLine}After '{ping.Why.Remedy}': {again.Problem}{Environment.NewLine}{again.Exchange.Describe()}");
        Assert.Equal(before + 1, Replies(scene));
    }

    [LabTheory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_past_the_router_that_translated_is_told(bool isTcp)
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        using var servers = new ProbeServers(scene);
        await scene.DoAsync($"r: nft table ip f {{ chain n {{ type nat hook prerouting priority -100; ip daddr 10.0.0.254 dnat to {B}; }}; }}");

        var past = await AskAsync();
        Assert.Equal((ProbeOutcome.Silent, "answer-past", "a/eth0"), (past.Outcome, past.Why?.Cause.Word, past.Why?.Place));
        Assert.Equal(ExchangeHalf.Answer, past.Exchange.Failed);
        Assert.Contains($"the answer comes from {B}:{(isTcp ? 80 : 7)}: r gave the request that destination", past.Why!.Sentence, StringComparison.Ordinal);

        await scene.DoAsync("r: nft table ip g { chain n { type nat hook postrouting priority 100; oifname \"e0\" masquerade; }; }"); // as it says
        (await AskAsync()).ShouldSucceed();

        Task<ProbeResult> AskAsync() => isTcp ? scene.HostA.ProbeTcpAsync(IPAddress.Parse("10.0.0.254"), 80)
            : scene.HostA.ProbeUdpAsync(IPAddress.Parse("10.0.0.254"), 7);
    }

    // Requests go by r, and answers by q, which tracks connections.
    [LabTheory(Feature.NftProgram, Feature.IptablesProgram)]
    [InlineData("nft-rule", true, "nft add table ip f", "nft add chain ip f c '{ type filter hook forward priority 0; }'",
        "nft add rule ip f c ct state invalid drop")]
    [InlineData("nft-policy", false, "nft add table ip f", "nft add chain ip f c '{ type filter hook forward priority 0; policy drop; }'",
        "nft add rule ip f c ct state established,related accept")]
    [InlineData("iptables-rule", true, "iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP")]
    [InlineData("iptables-policy", false, "iptables -A FORWARD -m state --state ESTABLISHED -j ACCEPT", "iptables -P FORWARD DROP")]
    public async Task An_answer_by_another_router_which_tracks_connections_is_told_and_mended(string cause, bool isTcp, params string[] rules)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var (a, b, r, q) = (lab.AddNode("a"), lab.AddNode("b"), lab.AddNode("r"), lab.AddNode("q"));
        lab.AddLink(a.End("eth0", "10.0.1.1/24"), r.End("e0", "10.0.1.254/24"));
        lab.AddLink(b.End("eth0", "10.0.2.1/24"), r.End("e1", "10.0.2.254/24"));
        lab.AddLink(a.End("eth1", "10.0.3.1/24"), q.End("e0", "10.0.3.254/24"));
        lab.AddLink(b.End("eth1", "10.0.4.1/24"), q.End("e1", "10.0.4.254/24"));
        r.Forwarding = q.Forwarding = true;
        a.AddRoute("10.0.2.0/24", "10.0.1.254");
        b.AddRoute("10.0.1.0/24", "10.0.4.254");
        q.AddRoute("10.0.1.0/24", "10.0.3.1");
        await lab.ApplyAsync();
        using var server = b.ListenTcp(80);
        foreach (var rule in rules)
        {
            await q.DoAsync(rule);
        }

        var (exchange, why) = await AskAsync();
        Assert.Equal((cause, "q/e1", ExchangeHalf.Answer), (why?.Cause.Word, why?.Place, exchange.Failed));
        Assert.Contains("q has not seen the request, which took another way", why!.Sentence, StringComparison.Ordinal);
        Assert.StartsWith("ip route replace 10.0.1.1 via 10.0.2.254, in node b, so that the answers go by r too, or in node q: ", why.Remedy,
            StringComparison.Ordinal);
        await why.ApplyAsync();
        Assert.True((await AskAsync()).Exchange.IsAnswered);

        async Task<(Exchange Exchange, Reason? Why)> AskAsync()
        {
            if (isTcp)
            {
                var probe = await a.ProbeTcpAsync(b, 80);
                return (probe.Exchange, probe.Why);
            }

            var ping = await a.PingAsync(IPAddress.Parse("10.0.2.1"));
            return (ping.Exchange, ping.Why);
        }
    }

    [LabFact]
    public async Task A_routing_loop_is_told_with_its_routers()
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        foreach (var line in (string[])["r: ip route replace 10.0.1.2 via 10.0.0.2", "b: sysctl -qw net.ipv4.ip_forward=1",
            "b: ip route add 10.0.1.2 via 10.0.0.254"])
        {
            await scene.DoAsync(line);
        }

        var why = (await scene.HostA.PingAsync(IPAddress.Parse(C))).Why;
        Assert.Equal("ttl-expired", why?.Cause.Word);
        if (tracing is FrameTracing.Kernel)
        {
            Assert.Matches(@"to which the packet came \d+ times: a routing loop\. (?:r, b|b, r) send what is for 10\.0\.1\.2 to each other\.$", why!.Sentence);
            Assert.Contains(why.Evidence, e => e.Text == "r sends 10.0.1.2 via 10.0.0.2 dev e0.");
            Assert.Contains(why.Evidence, e => e.Text == "b sends 10.0.1.2 via 10.0.0.254 dev eth0.");
        }
    }

    // Two packets use up what may go at once: the third waits for as long as a hundred bytes take at 2 kbit/s.
    [LabTheory(Feature.Tbf)]
    [InlineData("r", "e1")]
    [InlineData("c", "eth0")]
    public async Task A_ping_that_a_shaper_delays_is_answered(string node, string device)
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        await scene.DoAsync($"{node}: tc qdisc add dev {device} root tbf rate 2kbit burst 200 limit 10000");
        await scene.DoAsync($"a: ping -c 2 -i 0.2 -W 60 {C}");
        var before = Delayed();

        var ping = await scene.HostA.PingAsync(IPAddress.Parse(C));
        Assert.True(ping.Succeeded, ping.Exchange.Describe());
        Assert.NotEqual(before, Delayed());

        uint Delayed() => scene.Node(node).Live.Route.GetQdiscs(scene.Node(node).Live.Route.FindLink(device)!.Index).Single(q => q.Kind == "tbf")
            .Statistics.Overlimits;
    }

    [LabFact(Feature.Tbf)]
    public async Task A_ping_that_a_shaper_holds_keeps_no_other_waiting()
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        await scene.DoAsync("r: tc qdisc add dev e1 root tbf rate 80bit burst 200 limit 10000");
        await scene.DoAsync($"a: ping -c 1 -s 100 -W 60 {C}"); // leaves room for 16 bytes: the next has to wait for 63 more, at 10 a second

        var held = scene.HostA.PingAsync(IPAddress.Parse(C));
        await Task.WhenAll(Enumerable.Range(0, 100).Select(async _ => (await scene.HostA.PingAsync(IPAddress.Parse(B))).ShouldSucceed()));
        Assert.False(held.IsCompleted);
        await scene.DoAsync("r: tc qdisc del dev e1 root");
        (await held).ShouldFail();
    }

    // Who answers for another does so after a random part of proxy_delay, here two seconds.
    [LabFact]
    public async Task An_answer_that_waits_for_proxy_ARP_comes()
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        foreach (var line in (string[])["r: sysctl -qw net.ipv4.conf.e1.proxy_arp=1 net.ipv4.neigh.e1.proxy_delay=200",
            "c: ip address del 10.0.1.2/24 dev eth0", "c: ip address add 10.0.1.2/16 dev eth0", "c: ip route add 10.0.0.0/24 dev eth0"])
        {
            await scene.DoAsync(line);
        }

        var ping = await scene.HostA.PingAsync(IPAddress.Parse(C));
        Assert.True(ping.Succeeded, ping.Exchange.Describe());
    }

    [LabFact]
    public async Task A_question_that_waits_for_a_proxy_entry_is_answered()
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        foreach (var line in (string[])["r: sysctl -qw net.ipv6.conf.e0.accept_dad=0 net.ipv6.conf.e1.accept_dad=0",
            "r: sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.all.forwarding=1 net.ipv6.conf.e0.proxy_ndp=1",
            "r: sysctl -qw net.ipv6.neigh.e0.proxy_delay=200",
            "r: ip address add fd00::fe/64 dev e0 nodad", "r: ip address add fd01::fe/64 dev e1 nodad",
            "r: ip route add fd00::99 via fd01::2", "r: ip neigh add proxy fd00::99 dev e0",
            "c: sysctl -qw net.ipv6.conf.eth0.accept_dad=0 net.ipv6.conf.all.disable_ipv6=0",
            "c: ip address add fd01::2/64 dev eth0 nodad", "c: ip address add fd00::99/128 dev eth0 nodad",
            "c: ip route add default via fd01::fe"])
        {
            await scene.DoAsync(line);
        }

        await scene.ForwardsAsync();
        var ping = await scene.HostA.PingAsync(IPAddress.Parse("fd00::99"));
        Assert.True(ping.Succeeded, ping.Exchange.Describe());
    }

    [LabFact(Feature.NftProgram)]
    public async Task An_ICMP_error_that_a_rule_drops_is_told_with_what_it_would_have_told()
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        await scene.DoAsync("r: ip link set e1 mtu 1000");
        await scene.DoAsync("r: nft table ip f { chain o { type filter hook output priority 0; icmp type destination-unreachable drop; }; }");

        var probe = await AskAsync();
        if (tracing is not FrameTracing.Kernel)
        {
            Assert.DoesNotContain("tells the sender", probe.Why?.Sentence ?? "", StringComparison.Ordinal);
            return;
        }

        Assert.Equal(("too-big", "r/e0"), (probe.Why?.Cause.Word, probe.Why?.Place));
        Assert.Contains("the ICMP error that tells the sender so was dropped too, at r", probe.Why!.Sentence, StringComparison.Ordinal);
        Assert.Contains(probe.Why.Evidence, e => e.Text.StartsWith("the ICMP error that would have told a ended at r", StringComparison.Ordinal)
            && e.Text.Contains("rule 1 of chain \"o\"", StringComparison.Ordinal));
        Assert.Contains(", or, so that a learns it, in node r: nft delete rule ip f o handle 2", probe.Why.Remedy, StringComparison.Ordinal);

        await scene.DoAsync("r: nft delete table ip f");
        var told = await AskAsync();
        Assert.EndsWith("; an ICMP error tells the sender so.", told.Why?.Sentence, StringComparison.Ordinal);
        Assert.DoesNotContain("learns it", told.Why!.Remedy, StringComparison.Ordinal);

        Task<ProbeResult> AskAsync() => scene.HostA.ProbeUdpAsync(scene.HostC, 9, new byte[1300]);
    }

    // The kernel drops these answers by name; of an echo reply it says nothing, or that too, by its version.
    [LabTheory(Feature.NftProgram)]
    [InlineData(true)]
    [InlineData(false)]
    public async Task An_answer_that_the_translating_router_keeps_is_told(bool isTcp)
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        using var servers = new ProbeServers(scene);
        await scene.DoAsync("r: nft table ip f { chain n { type nat hook postrouting priority 100; oifname \"e1\" masquerade; }\n"
            + "chain p { type filter hook prerouting priority raw; iifname \"e1\" notrack; }\n}");

        var kept = await AskAsync();
        Assert.Equal(ProbeOutcome.Silent, kept.Outcome);
        Assert.Equal(tracing is FrameTracing.Kernel ? ("answer-kept", "r/e1") : default((string?, string?)), (kept.Why?.Cause.Word, kept.Why?.Place));

        await scene.DoAsync("r: nft delete chain ip f p");
        (await AskAsync()).ShouldSucceed();

        Task<ProbeResult> AskAsync() => isTcp ? scene.HostA.ProbeTcpAsync(scene.HostC, 80)
            : scene.HostA.ProbeUdpAsync(scene.HostC, 7);
    }

    [LabTheory(Feature.NftProgram)]
    [InlineData("an echo of the question is no copy of it", ExchangeScene.B, "nft-rule", "sw/p2",
        "sw: nft table netdev f { chain c { type filter hook ingress device \"p2\" priority 0; udp sport 7 drop; }; }")]
    [InlineData("a rule that lets an answer in is for the next one too, from another port", ExchangeScene.C, "nft-policy", "a/eth0",
        "a: nft table ip f { chain i { type filter hook input priority 0; policy drop; ip protocol icmp accept; }; }")]
    public async Task A_lost_answer_of_an_echo_server_is_told_and_mended(string what, string server, string cause, string place, string rule)
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        using var servers = new ProbeServers(scene);
        await scene.DoAsync(rule);

        var probe = await scene.HostA.ProbeUdpAsync(IPAddress.Parse(server), 7);
        Assert.True((probe.Why?.Cause.Word, probe.Why?.Place, probe.Exchange.Failed) == (cause, place, ExchangeHalf.Answer), $"{what}: {probe}");
        await probe.Why!.ApplyAsync();
        (await scene.HostA.ProbeUdpAsync(IPAddress.Parse(server), 7)).ShouldSucceed();
    }

    [LabFact(Feature.NftProgram)]
    public async Task A_refusal_where_a_rule_has_sent_the_question_to_another_port_is_not_told_of_the_port_that_was_asked()
    {
        await using var scene = await ExchangeScene.BuildAsync(tracing);
        using var servers = new ProbeServers(scene);
        await scene.DoAsync("r: nft table ip f { chain n { type nat hook prerouting priority -100; tcp dport 80 redirect to :81; }; }");

        var probe = await scene.HostA.ProbeTcpAsync(scene.HostC, 80);
        Assert.Equal(ProbeOutcome.Refused, probe.Outcome);
        if (tracing is FrameTracing.Kernel)
        {
            Assert.Equal(("no-socket", "r/e0"), (probe.Why?.Cause.Word, probe.Why?.Place));
            Assert.Contains("port 81. It came for 10.0.1.2:80, and rule 1 of chain \"n\"", probe.Why!.Sentence, StringComparison.Ordinal);
        }
        else
        {
            Assert.Null(probe.Why);
        }
    }

    // Echo replies that the asker's kernel has taken, of either IP version.
    private protected async Task<ExchangeScene> BreakAsync(string way)
    {
        var scene = await ExchangeScene.BuildAsync(tracing);
        try
        {
            foreach (var line in Rows[way].Provoke)
            {
                await scene.DoAsync(line);
            }

            return scene;
        }
        catch
        {
            await scene.DisposeAsync();
            throw;
        }
    }

    private protected static string ToOf(string way) => Rows[way].To;

    private static long Replies(ExchangeScene scene)
    {
        string[][] icmp = [.. Lines(scene.HostA, "snmp").Where(l => l.StartsWith("Icmp: ", StringComparison.Ordinal)).Select(l => l.Split(' '))];
        var icmp6 = Lines(scene.HostA, "snmp6").Single(l => l.StartsWith("Icmp6InEchoReplies ", StringComparison.Ordinal));
        return Number(icmp[1][Array.IndexOf(icmp[0], "InEchoReps")]) + Number(icmp6[icmp6.LastIndexOf('\t')..]);

        static long Number(string text) => long.Parse(text.Trim(), CultureInfo.InvariantCulture);
    }

    private static string[] Lines(Node node, string file)
    {
        using var reader = new StreamReader(new FileStream(node.Live.Namespace.OpenFile($"/proc/thread-self/net/{file}", 0), FileAccess.Read));
        return reader.ReadToEnd().Split('\n');
    }

    private static Row Back(string to, string cause, string place, params string[] provoke) => new(to, cause, place, ExchangeHalf.Answer, provoke);

    private static Row There(string to, string cause, string place, params string[] provoke) => new(to, cause, place, ExchangeHalf.Request, provoke);

    private static bool Fits(string wanted, string place) =>
        wanted.EndsWith('*') ? place.StartsWith(wanted[..^1], StringComparison.Ordinal) : place == wanted;

    /// <summary>One way to lose an answer.</summary>
    /// <param name="To">Whom a pings.</param>
    /// <param name="Cause">The cause.</param>
    /// <param name="Place">Where; a star for what follows.</param>
    /// <param name="Failed">Which half failed.</param>
    /// <param name="Provoke">What breaks it.</param>
    private sealed record Row(string To, string Cause, string Place, ExchangeHalf Failed, string[] Provoke)
    {
        /// <summary>The cause by packet sockets, where it is another; nothing where none can be known.</summary>
        public string? BySockets { get; init; }

        /// <summary>What is done where the remedy is in words; nothing where it cannot be done.</summary>
        public string? Cure { get; init; }
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class AnswerFatesByTracepoints() : AnswerFates(FrameTracing.Kernel)
{
    /// <summary>Who waits a second longer is not answered either: what a timer of the kernel's holds would have come.</summary>
    [LabTheory(Feature.NftProgram), MemberData(nameof(Ways))]
    public async Task Ping_gets_no_answer_either(string way)
    {
        await using var scene = await BreakAsync(way);
        Assert.NotEqual(0, (await scene.HostA.ExecAsync("ping", "-c", "1", "-W", "1", ToOf(way))).ExitCode);
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class AnswerFatesByPacketSockets() : AnswerFates(FrameTracing.PacketSockets);
