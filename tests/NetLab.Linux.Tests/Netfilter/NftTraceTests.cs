using System.Diagnostics;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Tests.Bpf;

namespace NetLab.Linux.Tests.Netfilter;

/// <summary>Traces of rules in namespaces with real rulesets.</summary>
public sealed class NftTraceTests : IDisposable
{
    private readonly TestNetwork _net = new();

    public void Dispose() => _net.Dispose();

    [Fact]
    public async Task A_bridge_rule_that_drops_is_named_with_its_text_and_comment()
    {
        var (tap, ns) = BridgeWithTwoTaps();
        await _net.NftAsync(ns,
            "table bridge guard {\n chain f {\n type filter hook forward priority 0\n ether type arp accept\n iifname \"t0\" oifname \"t1\" " +
                "ether type 0x88b5 counter drop comment \"vm2-isolated\"\n }\n}\n");
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        var frame = TestFrame.Ethernet();

        tap.Write(frame.Bytes);

        var drop = Assert.Single(Steps(trace, frame), s => s.IsDrop);
        Assert.Equal((NftFamily.Bridge, "guard", "f", NftTraceStep.Rule, 3ul), (drop.Family, drop.Table, drop.Chain, drop.Step, drop.RuleHandle));
        Assert.Equal(tap.Index, drop.InputInterfaceIndex);
        Assert.NotEqual(0, drop.OutputInterfaceIndex);
        Assert.Equal(frame.Bytes.AsSpan(0, 14), drop.LinkHeader.Span);
        var rule = (await NftRules.FindAsync(_net.Programs, ns, drop))!;
        Assert.Equal(2, rule.Number);
        Assert.Equal($"iifname \"t0\" oifname \"t1\" ether type 0x88b5 counter packets 1 bytes {frame.Bytes.Length - 14} drop comment \"vm2-isolated\"",
            rule.Text);
        Assert.Equal("vm2-isolated", rule.Comment);
        Assert.Null(rule.Iptables);
    }

    [Fact]
    public async Task The_policy_of_a_chain_is_named_as_such()
    {
        var (tap, ns) = BridgeWithTwoTaps();
        await _net.NftAsync(ns, "table bridge guard {\n chain f {\n type filter hook forward priority 0; policy drop\n counter\n }\n}\n");
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        var frame = TestFrame.Ethernet();

        tap.Write(frame.Bytes);

        var steps = Steps(trace, frame);
        Assert.Equal(["Rule continue", "Policy drop"], steps.Select(s => $"{s.Step} {s.Verdict}"));
        var drop = steps[1];
        Assert.Equal(NftTraceStep.Policy, drop.Step);
        Assert.Equal("the policy of chain \"f\" in table \"bridge guard\": policy drop", (await NftRules.FindAsync(_net.Programs, ns, drop))!.ToString());
    }

    [Fact]
    public async Task Jumps_are_told_in_order_and_belong_to_one_trace()
    {
        var (tap, ns) = Router();
        await _net.NftAsync(ns,
            "table inet guard {\n chain f {\n type filter hook forward priority 0\n udp dport 53 jump dns\n }\n chain dns {\n ip daddr " +
                "10.7.0.0/16 drop\n }\n}\n");
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        var frame = TestFrame.Udp(TestNetwork.MacOf(ns, "tap0"), "10.0.0.9", "10.7.1.1", 53);

        tap.Write(frame.Bytes);

        var steps = Steps(trace, frame);
        Assert.Equal(["f jump dns", "dns drop"], steps.Select(s => $"{s.Chain} {s.Verdict}"));
        Assert.Single(steps.Select(s => s.TraceId).Distinct());
        Assert.All(steps, s => Assert.True(s.IsOf(frame.Bytes.AsSpan(14)))); // though the time to live was lowered
        Assert.All(steps, s => Assert.False(s.IsOf(TestFrame.Udp(TestNetwork.MacOf(ns, "tap0"), "10.0.0.9", "10.7.1.2", 53).Bytes.AsSpan(14))));
    }

    [Fact]
    public async Task Nothing_is_traced_after_disarming_and_nothing_of_it_is_left()
    {
        var (tap, ns) = BridgeWithTwoTaps();
        await _net.NftAsync(ns, "table bridge guard {\n chain f {\n type filter hook forward priority 0\n accept\n }\n}\n");
        var before = await _net.RunAsync(ns, "nft", "", "-a", "list", "ruleset");
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        Assert.Contains(NftTrace.ArmingTable, await _net.RunAsync(ns, "nft", "", "list", "ruleset"), StringComparison.Ordinal);
        Assert.Equal(["guard"], (await NftRules.ListAsync(_net.Programs, ns)).Select(c => c.Table));

        trace.Disarm();
        trace.Disarm();
        var late = TestFrame.Ethernet();
        tap.Write(late.Bytes);
        _net.Follow(late, e => e.Any(x => x.Kind is NetLab.Linux.Bpf.TraceEventKind.NetDevStartXmit));
        Assert.Empty(trace.Read());
        Assert.Equal(before, await _net.RunAsync(ns, "nft", "", "-a", "list", "ruleset"));
    }

    [Fact]
    public async Task A_namespace_without_chains_at_hooks_is_left_alone()
    {
        var (_, ns) = BridgeWithTwoTaps();
        using var trace = NftTrace.Open(ns);
        Assert.False(trace.Arm());

        await _net.NftAsync(ns, "table inet t {\n set s { type ipv4_addr; }\n chain helper { accept\n }\n}\n");
        Assert.False(trace.Arm());
        Assert.DoesNotContain(NftTrace.ArmingTable, await _net.RunAsync(ns, "nft", "", "list", "ruleset"), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Every_hook_of_every_family_that_has_a_chain_gets_one_before_it()
    {
        var (_, ns) = BridgeWithTwoTaps();
        await _net.NftAsync(
            ns,
            """
            table netdev n {
             chain i { type filter hook ingress devices = { t0, t1 } priority 0; }
             chain e { type filter hook egress device t1 priority 5; }
            }
            table bridge b { chain f { type filter hook forward priority 0; }
             chain f2 { type filter hook forward priority 7; }
            }
            table inet i { chain o { type route hook output priority 0; }
             chain d { type filter hook ingress device t0 priority 0; }
            }
            table ip n { chain p { type nat hook prerouting priority -100; }
            }
            table ip6 x { chain in { type filter hook input priority 0; }
            }
            table arp a { chain out { type filter hook output priority 0; }
            }
            """);
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());

        var ours = (await _net.RunAsync(ns, "nft", "", "-n", "list", "ruleset")).Split("table ")
            .Where(t => t.Contains(NftTrace.ArmingTable, StringComparison.Ordinal)).ToList();
        Assert.All(ours, t => Assert.Contains("flags owner", t, StringComparison.Ordinal));
        Assert.Equal(
            [
                "arp netlab_trace: output", "bridge netlab_trace: forward", "inet netlab_trace: ingress device \"t0\"", "inet netlab_trace: output",
                    "ip netlab_trace: prerouting",
                "ip6 netlab_trace: input", "netdev netlab_trace: egress device \"t1\"", "netdev netlab_trace: ingress devices = { t0, t1 }",
            ],
            ours.SelectMany(t => t.Split('\n').Where(l => l.Contains(" hook ", StringComparison.Ordinal))
                .Select(l => $"{t[..t.IndexOf(" {", StringComparison.Ordinal)]}: " +
                    $"{l[(l.IndexOf("hook ", StringComparison.Ordinal) + 5)..l.IndexOf(" priority -2147483648; policy accept;", StringComparison.Ordinal)]}"))
                .Order(StringComparer.Ordinal));
        Assert.Equal(8, ours.Sum(t => t.Split("meta nftrace set 1").Length - 1));
    }

    [Fact]
    public async Task A_change_of_the_ruleset_is_noticed_also_while_armed()
    {
        var (tap, ns) = BridgeWithTwoTaps();
        await _net.NftAsync(ns, "table bridge guard { chain f { type filter hook forward priority 0; accept; }\n}\n");
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        var version = trace.Version;
        trace.Disarm();
        Assert.True(trace.Arm());
        Assert.Equal(version, trace.Version); // what it did itself is no change

        await _net.NftAsync(ns, "table bridge guard { chain p { type filter hook prerouting priority 0; drop; }\n}\n");
        Assert.True(trace.Arm());
        Assert.Equal(version + 1, trace.Version);
        var frame = TestFrame.Ethernet();
        tap.Write(frame.Bytes);
        Assert.Equal("p", Assert.Single(Steps(trace, frame), s => s.IsDrop).Chain);
    }

    [Fact]
    public async Task A_flush_of_the_ruleset_by_somebody_else_is_survived()
    {
        var (tap, ns) = BridgeWithTwoTaps();
        await _net.NftAsync(ns, "table bridge guard { chain f { type filter hook forward priority 0; drop; }\n}\n");
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        await _net.NftAsync(ns, "flush ruleset\n");
        trace.Disarm();
        Assert.Empty(await _net.RunAsync(ns, "nft", "", "list", "ruleset"));
        Assert.False(trace.Arm());

        await _net.NftAsync(ns, "table bridge guard { chain f { type filter hook forward priority 0; drop; }\n}\n");
        Assert.True(trace.Arm());
        var frame = TestFrame.Ethernet();
        tap.Write(frame.Bytes);
        Assert.Single(Steps(trace, frame), s => s.IsDrop);
    }

    [Fact]
    public async Task The_tables_go_away_with_the_trace()
    {
        var (_, ns) = BridgeWithTwoTaps();
        await _net.NftAsync(ns, "table bridge guard { chain f { type filter hook forward priority 0; drop; }\n}\n");
        var before = await _net.RunAsync(ns, "nft", "", "list", "ruleset");
        using (var trace = NftTrace.Open(ns))
        {
            Assert.True(trace.Arm());
        }

        Assert.Equal(before, await _net.RunAsync(ns, "nft", "", "list", "ruleset"));
    }

    [Fact]
    public async Task The_way_to_a_rule_is_told_by_the_jumps_that_count()
    {
        var (tap, ns) = Router();
        await _net.NftAsync(
            ns,
            """
            table inet guard {
             chain deep { udp dport 99 accept; udp dport 53 drop; }
             chain other { udp dport 53 counter; }
             chain mid { jump other; udp dport 53 goto deep; }
             chain f { type filter hook forward priority 0; jump other; jump mid; }
            }
            """);
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        var frame = TestFrame.Udp(TestNetwork.MacOf(ns, "tap0"), "10.0.0.9", "10.7.1.1", 53);

        tap.Write(frame.Bytes);

        var way = Assert.Single(NftTraversal.Of(Steps(trace, frame)));
        Assert.Equal(("deep", true), (way.Last.Chain, way.Last.IsDrop));
        Assert.Equal(["f jump mid", "mid goto deep"], way.Jumps.Select(s => $"{s.Chain} {s.Verdict}"));
        Assert.Equal($"trace id {way.Last.TraceId:x8}: guard/deep handle {way.Last.RuleHandle} verdict drop", way.ToString());
    }

    [Fact]
    public async Task A_rule_made_by_iptables_is_told_in_iptables_words()
    {
        var (tap, ns) = Router();
        await _net.RunAsync(ns, "iptables-nft", "", "-A", "FORWARD", "-p", "tcp", "-j", "ACCEPT");
        await _net.RunAsync(ns, "iptables-nft", "", "-A", "FORWARD", "-p", "udp", "--dport", "53", "-m", "comment", "--comment", "no dns", "-j", "DROP");
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        var frame = TestFrame.Udp(TestNetwork.MacOf(ns, "tap0"), "10.0.0.9", "10.7.1.1", 53);

        tap.Write(frame.Bytes);

        var rule = (await NftRules.FindAsync(_net.Programs, ns, Assert.Single(Steps(trace, frame), s => s.IsDrop)))!;
        Assert.Equal("iptables -A FORWARD -p udp -m udp --dport 53 -m comment --comment \"no dns\" -j DROP", rule.Iptables);
        Assert.Equal(2, rule.Number);
    }

    [Fact]
    public async Task A_policy_set_by_iptables_is_told_in_iptables_words()
    {
        var (tap, ns) = Router();
        await _net.RunAsync(ns, "iptables-nft", "", "-P", "FORWARD", "DROP");
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        var frame = TestFrame.Udp(TestNetwork.MacOf(ns, "tap0"), "10.0.0.9", "10.7.1.1", 53);

        tap.Write(frame.Bytes);

        var rule = (await NftRules.FindAsync(_net.Programs, ns, Assert.Single(Steps(trace, frame), s => s.IsDrop)))!;
        Assert.Equal(("policy drop", "iptables -P FORWARD DROP"), (rule.Text, rule.Iptables));
    }

    [Fact]
    public async Task A_rule_made_by_ebtables_is_told_in_ebtables_words()
    {
        var (tap, ns) = BridgeWithTwoTaps();
        await _net.RunAsync(ns, "ebtables-nft", "", "-A", "FORWARD", "-p", "0x88b5", "-j", "DROP");
        using var trace = NftTrace.Open(ns);
        Assert.True(trace.Arm());
        var frame = TestFrame.Ethernet();

        tap.Write(frame.Bytes);

        var rule = (await NftRules.FindAsync(_net.Programs, ns, Assert.Single(Steps(trace, frame), s => s.IsDrop)))!;
        Assert.Equal("ebtables -A FORWARD -p 0x88b5 -j DROP", rule.Iptables);
    }

    [Fact]
    public async Task A_rule_that_is_gone_is_not_found()
    {
        var (_, ns) = BridgeWithTwoTaps();
        await _net.NftAsync(ns, "table bridge guard {\n chain f {\n accept\n }\n}\n");

        Assert.Null(await NftRules.FindAsync(_net.Programs, ns, NftFamily.Bridge, "guard", "f", 99));
        Assert.Null(await NftRules.FindAsync(_net.Programs, ns, NftFamily.Bridge, "guard", "f", 0));
        Assert.Null(await NftRules.FindAsync(_net.Programs, ns, NftFamily.Bridge, "guard", "other", 2));
    }

    // The steps of the frame, once its end is among them.
    private static List<NftTraceEvent> Steps(NftTrace trace, TestFrame frame)
    {
        var start = Stopwatch.GetTimestamp();
        var steps = new List<NftTraceEvent>();
        while (true)
        {
            steps.AddRange(trace.Read().Where(s => s.Contains(frame.Bytes.AsSpan(frame.Bytes[12] == 8 ? 42 : 14, 8))));
            if (steps.Any(s => s.Verdict is "drop" or "accept"))
            {
                return steps;
            }

            Assert.True(Stopwatch.GetElapsedTime(start) < TimeSpan.FromMinutes(1), $"No decision was told, only: {string.Join("; ", steps)}");
            Thread.Yield();
        }
    }

    private (Tap Tap, NetworkNamespace Namespace) BridgeWithTwoTaps()
    {
        var ns = _net.Namespace("a");
        var tap = _net.Tap(ns, "t0");
        _net.Tap(ns, "t1");
        TestNetwork.Bridge(ns, "br0", "t0", "t1");
        return (tap, ns);
    }

    private (Tap Tap, NetworkNamespace Namespace) Router()
    {
        var ns = _net.Namespace("a");
        var tap = _net.Tap(ns, "tap0");
        ns.WriteSysctl("net.ipv4.ip_forward", "1");
        TestNetwork.Address(ns, "tap0", "10.0.0.1/24");
        TestNetwork.Route(ns, "tap0", "10.7.0.0/16", "10.0.0.9");
        TestNetwork.Neighbour(ns, "tap0", "10.0.0.9", "02-00-00-00-00-01");
        return (tap, ns);
    }
}
