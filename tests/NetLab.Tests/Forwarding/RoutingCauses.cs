using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// Why a router does not pass a packet on, or sends it where nobody takes it; the remedy that is told works as it is printed.
/// By packet sockets nothing else is told where the kernel's own reasons would be needed.
/// </summary>
public abstract class RoutingCauses(FrameTracing tracing)
{
    private static readonly Dictionary<string, Row> Rows = new()
    {
        ["the route's MTU"] = new("route-mtu", "router/eth0", "larger than the MTU 600 of the route to 10.0.2.2", true,
            ["ip route change 10.0.2.0/24 dev eth1 mtu 600"], s => s.Udp(payload: 900, options: Whole)),
        ["the route's MTU, locked"] = new("route-mtu", "router/eth0", "larger than the MTU 600", true,
            ["ip route change 10.0.2.0/24 dev eth1 mtu lock 600"], s => s.Udp(payload: 900, options: Whole)),
        ["the MTU of an IPv6 route"] = new("route-mtu", "router/eth1", "larger than the MTU 1300 of the route to fd00:2::2", false,
            ["ip -6 route replace fd00:2::/64 dev eth1 metric 256 mtu 1300"], s => s.Udp6(payload: 1400)),
        ["a wrong neighbour"] = new("wrong-neighbour", "host/eth0", "router sent the frame to 02:00:00:00:99:99, which it takes for", true,
            ["ip neigh replace 10.0.2.2 lladdr 02:00:00:00:99:99 dev eth1 nud permanent"], s => s.Udp()),
        ["a wrong IPv6 neighbour"] = new("wrong-neighbour", "host/eth0", "the MAC address of fd00:2::2", true,
            ["ip neigh replace fd00:2::2 lladdr 02:00:00:00:99:99 dev eth1 nud permanent"], s => s.Udp6()),
        ["a wrong gateway"] = new("wrong-neighbour", "host/eth0", "the MAC address of 10.0.2.2", true,
            ["ip address add 192.0.2.7/32 dev eth0, in node host", "ip route add 192.0.2.7 via 10.0.2.2",
                "ip neigh replace 10.0.2.2 lladdr 02:00:00:00:99:99 dev eth1 nud permanent"], s => s.Udp("192.0.2.7")),
        ["a neighbour that is never asked for"] = new("wrong-neighbour", "host/eth0", "for the MAC address of 10.0.2.2", true,
            ["ip neigh replace 10.0.2.2 lladdr 02:00:00:00:99:98 dev eth1 nud noarp"], s => s.Udp()),
        ["a device that asks nobody"] = new("wrong-neighbour", "host/eth0", "eth1 has `arp off`", true,
            ["ip link set eth1 arp off"], s => s.Udp()),
        ["one of several next hops"] = new("neighbour-unresolved", "router/eth1", "router is still resolving 10.0.2.", false,
            ["ip route add 10.9.0.0/16 nexthop via 10.0.2.77 nexthop via 10.0.2.78"], s => s.Udp("10.9.0.1"), IsRemedyInWords: true),
        ["a nexthop object"] = new("blackhole-route", "router/eth0", "by nexthop object 7", true,
            ["ip nexthop add id 7 blackhole", "ip route add 10.0.2.2/32 nhid 7"], s => s.Udp()),
        ["an IPv6 nexthop object"] = new("blackhole-route", "router/eth0", "by nexthop object 8", true,
            ["ip -6 nexthop add id 8 blackhole", "ip -6 route add fd00:2::2/128 nhid 8"], s => s.Udp6()),
        ["a blackhole with a metric"] = new("blackhole-route", "router/eth0", "of type blackhole", true,
            ["ip route add blackhole 10.0.2.2 metric 50"], s => s.Udp()),
        ["an IPv6 prohibition"] = new("prohibit-route", "router/eth0", "of type prohibit", true,
            ["ip -6 route add prohibit fd00:2::2/128 metric 99"], s => s.Udp6()),
        ["a table by mark"] = new("blackhole-route", "router/eth0", "in table 77", false,
            ["ip rule add fwmark 7 table 77", "ip route add blackhole 10.0.2.0/24 table 77"], s => s.Udp(),
            "chain p { type filter hook prerouting priority -150; meta mark set 7; }"),
        ["a table that no rule leads to"] = new("no-rule", "router/eth0", "none of the rules does", true,
            ["ip rule del pref 32766 lookup main"], s => s.Udp()),
        ["a rule of IPv6 that jumps over others"] = new("no-rule", "router/eth0", "has a route to fd00:2::2 in the table main", true,
            ["ip -6 rule add pref 32800 lookup 99", "ip -6 rule add pref 9 goto 32800"], s => s.Udp6()),
        ["a rule that jumps over others"] = new("no-rule", "router/eth0", "goto 32767\" leaves out the one that does", true,
            ["ip rule add pref 9 goto 32767"], s => s.Udp()),
        ["a rule that jumps over none that leads there"] = new("no-rule", "router/eth0", "none of the rules does", true,
            ["ip rule add pref 9 goto 32767", "ip rule del pref 32766 lookup main"], s => s.Udp()),
        ["a rule that takes no such device"] = new("no-rule", "router/eth0", "leaves out routes by a device of the group 0", true,
            ["ip rule add pref 9 lookup main suppress_ifgroup 0", "ip rule del pref 32766 lookup main"], s => s.Udp()),
        ["a rule of a TOS takes what is marked by ECN"] = new("prohibit-rule", "router/eth0", "of type prohibit matches", false,
            ["ip rule add tos 0x10 prohibit pref 8"], s => s.Udp(options: new() { Identification = 4711, TrafficClass = 0x11 })),
        ["a rule that takes no such prefix"] = new("no-rule", "router/eth0", "leaves out prefixes as short", true,
            ["ip rule add pref 9 lookup main suppress_prefixlength 24", "ip rule del pref 32766 lookup main"], s => s.Udp()),
        ["a rule for all others"] = new("blackhole-rule", "router/eth0", "a routing rule of type blackhole matches", true,
            ["ip rule add not fwmark 1 blackhole pref 9"], s => s.Udp()),
        ["a rule of another protocol is innocent"] = new("unreachable-rule", "router/eth0", "of type unreachable matches", false,
            ["ip rule add ipproto tcp prohibit pref 8", "ip rule add ipproto udp dport 53 unreachable pref 9"], s => s.Udp()),
        ["a rule of other ports is innocent"] = new("prohibit-rule", "router/eth0", "of type prohibit matches", false,
            ["ip rule add ipproto udp dport 54-60 blackhole pref 8", "ip rule add ipproto udp sport 40000 prohibit pref 9"], s => s.Udp()),
        ["a rule behind a table that decides is innocent"] = new("unreachable-route", "router/eth0", "of type unreachable, in table 55", false,
            ["ip rule add pref 9 lookup 55", "ip route add unreachable 10.0.2.2 table 55", "ip rule add pref 10 to 192.0.2.9 prohibit"], s => s.Udp()),
        ["a rule of another device is innocent"] = new("blackhole-rule", "router/eth0", "of type blackhole matches", true,
            ["ip rule add iif eth1 prohibit pref 8", "ip rule add iif eth0 blackhole pref 9"], s => s.Udp()),
        ["a rule of another TOS is innocent"] = new("blackhole-rule", "router/eth0", "of type blackhole matches", true,
            ["ip rule add tos 0x10 prohibit pref 8", "ip rule add from 10.0.1.0/24 blackhole pref 9"], s => s.Udp()),
        ["a route out of the wrong device"] = new("neighbour-unresolved", "router/eth0", "host, who has 10.0.2.2, is on the link of eth1", false,
            ["ip route add 10.0.2.2 dev eth0"], s => s.Udp()),
        ["an IPv6 route out of the wrong device"] = new("neighbour-unresolved", "router/eth0", "host, who has fd00:2::2, is on the link of eth1", false,
            ["ip address add fe80::10/64 dev eth0", "ip -6 route add fd00:2::2 dev eth0 metric 5"], s => s.Udp6(), IsRemedyInWords: true),
        ["a route that takes it for the node itself"] = new("local-route", "router/eth0", "takes that for itself by a route of type local", false,
            ["ip route add local 10.0.2.2 dev lo"], s => s.Udp()),
        ["a route that takes it for a broadcast"] = new("no-socket", "router/eth0", "Nobody in router listens on UDP port 53", false,
            ["ip route add broadcast 10.0.2.2 dev eth1 table local"], s => s.Udp(), IsRemedyInWords: true),
        ["a queue that drops everything"] = new("qdisc", "router/eth1", "blackhole, drops everything", false,
            ["ip neigh replace 10.0.2.2 lladdr 02:00:00:00:99:97 dev eth1 nud permanent", "tc qdisc add dev eth1 root blackhole"], s => s.Udp(),
            IsRemedyInWords: true),
        ["a policy of IPsec"] = new("xfrm-policy", "router/eth0", "src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd", false,
            ["ip xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd action block"], s => s.Udp()),
        ["a policy for what leaves"] = new("xfrm-policy", "router/eth0", "dir out\" of router lets no packet", false,
            ["ip xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out action block"], s => s.Udp()),
        ["a policy that asks for a tunnel"] = new("xfrm-policy", "router/eth0", "asks that the packet comes transformed", false,
            ["ip xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd tmpl src 10.9.0.1 dst 10.9.0.2 proto esp mode tunnel"], s => s.Udp()),
        ["a policy without an association"] = new("xfrm-policy", "router/eth0", "there is no association", false,
            ["ip xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir out tmpl src 10.0.2.1 dst 10.0.2.2 proto esp mode tunnel"], s => s.Udp()),
        ["an IPv6 policy"] = new("xfrm-policy", "router/eth0", "src fd00:1::/64 dst fd00:2::/64 dir fwd", false,
            ["ip xfrm policy add src fd00:1::/64 dst fd00:2::/64 dir fwd action block"], s => s.Udp6()),
        ["a policy of the receiver"] = new("xfrm-policy", "host/eth0", "dport 53 dir in\" of host", false,
            ["ip xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 proto udp dport 53 dir in action block, in node host"], s => s.Udp()),
        ["a tentative address"] = new("address-tentative", "router/eth1", "host has it on eth0, but does not answer", true,
            ["sysctl -w net.ipv6.conf.eth0.accept_dad=1, in node host", "sysctl -w net.ipv6.conf.eth0.dad_transmits=60, in node host",
                "ip address add fd00:2::77/64 dev eth0, in node host"], s => s.Udp6("fd00:2::77")),
        ["a chain's policy behind another hook's chain"] = new("nft-policy", "router/eth0", "family, hook forward)", true, [], s => s.Udp(),
            "chain raw { type filter hook prerouting priority raw; udp dport 53 notrack; }\nchain fw { type filter hook forward priority 0; policy drop; }"),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    private static IpOptions Whole => new() { Identification = 4711, DontFragment = true };

    private bool SeesDrops => tracing == FrameTracing.Kernel;

    [LabTheory(Feature.NftProgram), MemberData(nameof(Names))]
    public async Task A_packet_that_a_router_does_not_pass_on_says_why_and_what_to_do(string name)
    {
        var row = Rows[name];
        await using var scene = await RouterScene.BuildAsync(tracing);
        using var program = scene.Host.OpenUdp(53);
        using var program6 = scene.Host.OpenUdp(53, AddressFamily.InterNetworkV6);
        foreach (var command in row.Commands)
        {
            var parts = command.Split(", in node ");
            await scene.Lab.Nodes.Single(n => n.Name == (parts.Length > 1 ? parts[1] : "router")).DoAsync(parts[0]);
        }

        if (row.Rules.Length > 0)
        {
            await scene.Router.LoadRulesetAsync($"table ip t {{\n{row.Rules}\n}}");
        }

        var fate = await scene.SendAsync(row.Frame(scene));
        Assert.Equal(0, program.Available + program6.Available);
        if (!SeesDrops && !row.AtBoth)
        {
            Assert.All(fate.Copies, c => Assert.True(c.Reason is null || c.Reason.Cause == row.Cause, fate.Describe()));
            return;
        }

        var reason = fate.EndsBy(row.Cause, row.Place, row.Says);
        if (!row.IsRemedyInWords)
        {
            await reason.ApplyAsync();
            await scene.SendAsync(row.Frame(scene));
            await (await Task.WhenAny(program.ReceiveAsync(), program6.ReceiveAsync()).WaitAsync(TimeSpan.FromMinutes(1))); // it may wait for a neighbour
        }
    }

    [LabFact(Feature.NftProgram)]
    public async Task A_translation_that_has_no_port_left_says_whose_it_is()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.LoadRulesetAsync("table ip nat {\nchain p { type nat hook postrouting priority 100; udp dport 53 snat to 10.0.2.1:5000; }\n}");
        using var program = scene.Host.OpenUdp(53);
        await scene.SendAsync(scene.Udp());
        var second = Frame.Udp(scene.Vm.Mac, scene.RouterMac, scene.Vm.Address, IPAddress.Parse(RouterScene.HostAddress), 40_001, 53, new byte[7]);
        var fate = await scene.SendAsync(second);
        if (SeesDrops)
        {
            var reason = fate.EndsBy("nat-ports-used", "router/eth1", "10.0.2.1:5000 to 10.0.2.2:53 belongs to 10.0.1.10:40000");
            await reason.ApplyAsync();
            (await scene.SendAsync(second)).ShouldReach(scene.Host).Once();
        }
        else
        {
            Assert.All(fate.Copies, c => Assert.Null(c.Reason));
        }
    }

    [LabFact]
    public async Task A_datagram_that_a_router_cuts_is_delivered_once()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.DoAsync("ip link set eth1 mtu 600");
        using var program = scene.Host.OpenUdp(53);
        var fate = await scene.SendAsync(scene.Udp(payload: 1200));
        Assert.Equal(1200, program.Available);
        if (SeesDrops)
        {
            fate.ShouldReach(scene.Host).Once();
        }
    }

    [LabFact(Feature.NftProgram)]
    public async Task A_fragment_that_waits_in_the_tracking_of_connections_is_not_lost()
    {
        await using var scene = await RouterScene.BuildAsync(tracing);
        await scene.Router.LoadRulesetAsync("table ip t {\nchain f { type filter hook forward priority 0; ct state new counter; }\n}");
        var fate = await scene.SendAsync(RouterScene.Ipv4(scene.Udp(payload: 64), b => (b[20], b[21]) = (0, 100)));
        if (SeesDrops)
        {
            fate.EndsBy("fragments-awaited", "router/eth0", "at 800 of datagram 4711 waits");
        }
        else
        {
            Assert.All(fate.Copies, c => Assert.Null(c.Reason));
        }
    }
}

/// <summary>One way to lose a packet in a router.</summary>
/// <param name="Cause">The cause.</param>
/// <param name="Place">Where.</param>
/// <param name="Says">Words of the sentence.</param>
/// <param name="AtBoth">Whether it can be known by packet sockets too.</param>
/// <param name="Commands">What breaks it, in the router unless another node is named.</param>
/// <param name="Frame">The frame.</param>
/// <param name="Rules">Chains of the router.</param>
/// <param name="IsRemedyInWords">Whether the remedy is no command.</param>
internal sealed record Row(string Cause, string Place, string Says, bool AtBoth, string[] Commands, Func<RouterScene, Frame> Frame, string Rules = "",
    bool IsRemedyInWords = false);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class RoutingCausesByTracepoints() : RoutingCauses(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class RoutingCausesByPacketSockets() : RoutingCauses(FrameTracing.PacketSockets);
