using System.Net;
using System.Net.Sockets;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// What the stacks of a router and of a host do with a datagram, held against the program that it is for: why it does not get it, and that the remedy, executed
/// as it is printed, lets it. What is innocent lets it through. By packet sockets nothing else is told where the kernel's own reasons would be needed.
/// </summary>
public abstract class StackCauses(FrameTracing tracing)
{
    private const string Nothing = "", Known = "router: ip neigh replace 10.0.2.2 lladdr MAC(host/eth0) dev eth1 nud permanent";

    private static readonly Func<RouterScene, Frame> Udp = s => s.Udp(), Udp6 = s => s.Udp6();

    private static readonly Dictionary<string, Row> Rows = new()
    {
        // Policy routing
        ["a mark out of a map of nft, with a mask"] = new("prohibit-rule", "router/eth0", "of type prohibit matches", Udp,
            Nft("map m { type inet_service : mark; elements = { 53 : 9 }; }\n chain p { type filter hook prerouting priority -150; "
                + "meta mark set udp dport map @m; }"),
            "router: ip rule add fwmark 9/0xf prohibit pref 20") { ByKernelAlone = true },
        ["a mark of iptables"] = new("blackhole-rule", "router/eth0", "of type blackhole matches", Udp,
            "router: iptables-nft -t mangle -A PREROUTING -p udp --dport 53 -j MARK --set-mark 0x7", "router: ip rule add fwmark 7 blackhole pref 9")
            { ByKernelAlone = true },
        ["the second of two rules of one priority"] = new("blackhole-rule", "router/eth0", "of type blackhole matches", Udp,
            "router: ip rule add from 10.9.0.0/16 prohibit pref 20", "router: ip rule add from 10.0.1.0/24 blackhole pref 20"),
        ["a rule for what has no mark is innocent"] = new("unreachable-rule", "router/eth0", "of type unreachable matches", Udp,
            Nft("chain p { type filter hook prerouting priority -150; meta mark set 5; }"),
            "router: ip rule add fwmark 0/0xff blackhole pref 8", "router: ip rule add to 10.0.2.2 unreachable pref 9") { ByKernelAlone = true },
        ["a throw in front of the route"] = new("no-route", "router/eth0", "in table main the route to 10.0.2.2/32 is of type throw", Udp,
            "router: ip route add throw 10.0.2.2/32"),
        ["a throw of IPv6 in front of the route"] = new("no-route", "router/eth0", "is of type throw, which ends the search", Udp6,
            "router: ip -6 route add throw fd00:2::2/128"),
        ["a rule that takes no default route"] = new("no-rule", "router/eth0", "leaves out prefixes as short", s => s.Udp("8.8.8.8"),
            "router: ip route add default via 10.0.2.2", "router: ip rule add pref 5 lookup main suppress_prefixlength 0",
            "router: ip rule del pref 32766 lookup main") { Cure = Nothing },
        ["a throw, and a blackhole in the next table"] = new("blackhole-route", "router/eth0", "of type blackhole, in table 51", Udp,
            "router: ip route add throw 10.0.2.0/24 table 50", "router: ip rule add pref 10 lookup 50",
            "router: ip route add blackhole 10.0.2.0/24 table 51", "router: ip rule add pref 11 lookup 51"),
        ["a throw is innocent"] = Arrives(Udp, "router: ip route add throw 10.0.2.0/24 table 50", "router: ip rule add pref 10 lookup 50"),
        ["a rule of IPv6 that is unreachable"] = new("unreachable-rule", "router/eth0", "of type unreachable matches", Udp6,
            "router: ip -6 rule add to fd00:2::/64 unreachable pref 9"),
        ["a rule for what the node sends itself is innocent"] = new("blackhole-rule", "router/eth0", "of type blackhole matches", Udp,
            "router: ip rule add iif lo prohibit pref 8", "router: ip rule add to 10.0.2.2 blackhole pref 9"),

        // Where it says that it comes from
        ["the source 127.0.0.1"] = new("martian", "router/eth0", "The source 127.0.0.1 is in 127.0.0.0/8", s => s.Udp(from: "127.0.0.1")) { Cure = Nothing },
        ["the address of the router's other device"] = new("own-source", "router/eth0", "The source 10.0.2.1 is an address of router itself",
            s => s.Udp(from: "10.0.2.1")) { Cure = Nothing },
        ["a source of class E is innocent"] = Arrives(s => s.Udp(from: "240.1.2.3")),
        ["a source of 0.0.0.0/8 is innocent"] = Arrives(s => s.Udp(from: "0.1.2.3")),
        ["the broadcast address of the link as source is innocent"] = Arrives(s => s.Udp(from: "10.0.1.255")),
        ["the receiver's reverse path leads elsewhere"] = new("rp-filter", "host/eth0", "its route to 10.0.1.10 is by lo", Udp,
            "host: sysctl -qw net.ipv4.conf.eth0.rp_filter=1", "host: ip link set lo up", "host: ip route add 10.0.1.0/24 dev lo") { ByKernelAlone = true },
        ["a rule leads the reverse path elsewhere"] = new("rp-filter", "router/eth0", "its route to 10.9.0.1 is by eth1", s => s.Udp(from: "10.9.0.1"),
            "router: sysctl -qw net.ipv4.conf.eth0.rp_filter=1", "router: ip rule add to 10.9.0.0/16 lookup 77 pref 9",
            "router: ip route add 10.9.0.0/16 dev eth1 table 77", "router: ip route add 10.9.0.0/16 via 10.0.1.10 dev eth0"),
        ["the loose reverse path is a blackhole"] = new("rp-filter", "router/eth0", "its route to 10.9.0.1 is of type blackhole", s => s.Udp(from: "10.9.0.1"),
            "router: sysctl -qw net.ipv4.conf.eth0.rp_filter=2", "router: ip route add blackhole 10.9.0.0/16")
            { Cure = "router: ip route add 10.9.0.1 via 10.0.1.10" },

        ["a rule lets nothing back"] = new("rp-filter", "host/eth0", "a routing rule of type blackhole matches what goes there", Udp,
            "host: sysctl -qw net.ipv4.conf.all.rp_filter=1", "host: ip rule add to 10.0.1.0/24 blackhole pref 7") { ByKernelAlone = true },

        // Where it is for
        ["an address of another link"] = new("neighbour-unresolved", "router/eth0", "valid on one link only: host has it, on another link",
            s => s.Udp6("fe80::2")) { ByKernelAlone = true, Cure = Nothing },
        ["a device without a carrier that somebody made"] = new("no-carrier", "router/x0", "which has no carrier", s => s.Udp("10.0.3.7"),
            "router: ip link add x0 type veth peer name x1", "router: ip link set x0 up", "router: ip address add 10.0.3.1/24 dev x0") { Cure = Nothing },
        ["the unspecified address of IPv6"] = new("address-error", "router/eth0", "cannot forward a packet for ::", s => s.Udp6("::"))
            { ByKernelAlone = true, Cure = Nothing },
        ["a destination of class E"] = new("no-route", "router/eth0", "no route to 240.1.2.3", s => s.Udp("240.1.2.3"))
            { ByKernelAlone = true, Cure = Nothing },
        ["255.255.255.255 for one MAC address"] = new("no-socket", "router/eth0", "Nobody in router listens", s => s.Udp("255.255.255.255"))
            { ByKernelAlone = true, Cure = Nothing },
        ["a bridge that somebody made, with the receiver's device as its port"] = Arrives(Udp, "host: ip link add br7 type bridge",
            "host: ip link set br7 up", "host: ip link set eth0 master br7"),
        ["a macvlan that somebody made has the address"] = Arrives(Udp, "host: ip address del 10.0.2.2/24 dev eth0",
            "host: ip link add mv0 link eth0 type macvlan mode private", "host: ip link set mv0 up", "host: ip address add 10.0.2.2/24 dev mv0"),

        ["the router has the receiver's address too"] = new("address-twice", "router/eth0", "10.0.2.2 is an address of router itself, on lo", Udp,
            "router: ip address add 10.0.2.2/32 dev lo") { ByKernelAlone = true },

        // Neighbours
        ["a receiver that takes no ARP"] = new("neighbour-unresolved", "router/eth1", "host has it on eth0, which has `arp off`", Udp,
            "host: ip link set eth0 arp off"),
        ["arp_ignore, and the address is on lo"] = new("neighbour-unresolved", "router/eth1", "it answers only for addresses of eth0 itself", Udp,
            "host: sysctl -qw net.ipv4.conf.all.arp_ignore=1", "host: ip address del 10.0.2.2/24 dev eth0", "host: ip address add 10.0.2.2/32 dev lo",
            "host: ip link set lo up"),
        ["arp_ignore, and the asker is of another network"] = new("neighbour-unresolved", "router/eth1", "answers only who is in the network of 10.0.2.2", Udp,
            "host: ip address del 10.0.2.2/24 dev eth0", "host: ip address add 10.0.2.2/30 dev eth0", "router: ip address del 10.0.2.1/24 dev eth1",
            "router: ip address add 10.0.2.9/24 dev eth1", "host: sysctl -qw net.ipv4.conf.eth0.arp_ignore=2"),
        ["an ARP rule at the receiver's input"] = new("neighbour-unresolved", "router/eth1", "arp operation request drop, in node host", Udp,
            "host: nft table arp t { chain c { type filter hook input priority 0; arp operation request drop; }\n}"),
        ["an ARP rule at the receiver's output"] = new("neighbour-unresolved", "router/eth1", "arp operation reply drop, in node host (netfilter, arp family, "
            + "hook output)", Udp, "host: nft table arp t { chain c { type filter hook output priority 0; arp operation reply drop; }\n}")
            { ByKernelAlone = true },
        ["a rule for the receiver's advertisements"] = new("neighbour-unresolved", "router/eth1", "nd-neighbor-advert drop, in node host", Udp6,
            "host: nft table ip6 t { chain c { type filter hook output priority 0; icmpv6 type nd-neighbor-advert drop; }\n}") { ByKernelAlone = true },
        ["IPv6 is off at the receiver"] = new("neighbour-unresolved", "router/eth1", "host was to have it on eth0, where IPv6 is off", Udp6,
            "host: sysctl -qw net.ipv6.conf.eth0.disable_ipv6=1"),
        ["an entry that has failed is innocent"] = Arrives(Udp, "router: ip neigh replace 10.0.2.2 dev eth1 nud failed"),
        ["proxy ARP for who is on the same link"] = new("arp-proxied", "router/eth0", "proxy_arp_pvlan is 1",
            s => Frame.ArpRequest(s.Vm.Mac, s.Vm.Address, IPAddress.Parse("10.0.1.77")), "router: sysctl -qw net.ipv4.conf.eth0.proxy_arp_pvlan=1")
            { Cure = Nothing },

        // nft
        ["a rate that is over"] = Rule("forward", "udp dport 53 limit rate over 1/hour burst 1 packets drop", "limit rate over 1/hour") with { Before = Udp },
        ["a rate that is used up, and the policy"] = new("nft-policy", "router/eth0", "the policy of chain \"c\"", Udp,
            Nft("chain c { type filter hook forward priority 0; policy drop; udp dport 53 limit rate 1/hour burst 1 packets accept; }")) { Before = Udp },
        ["a set that counts"] = new("nft-rule", "router/eth0", "update @s { ip saddr limit rate over 1/hour", Udp, Nft("set s { type ipv4_addr; flags dynamic, "
            + "timeout; timeout 1h; }\n chain c { type filter hook forward priority 0; update @s { ip saddr limit rate over 1/hour burst 1 packets } drop; }"))
            { Before = Udp },
        ["the second of two tables at one hook"] = new("nft-rule", "router/eth0", "in table \"inet b\": udp dport 53 drop", Udp,
            "router: nft table ip a { chain c { type filter hook forward priority -5; udp dport 53 accept; }\n}",
            "router: nft table inet b { chain c { type filter hook forward priority 5; udp dport 53 drop; }\n}"),
        ["what is not tracked"] = new("nft-rule", "router/eth0", "ct state untracked drop", Udp,
            Nft("chain p { type filter hook prerouting priority raw; udp dport 53 notrack; }\n chain c { type filter hook forward priority 0; "
                + "ct state untracked drop; }")),
        ["a log, and the policy"] = new("nft-policy", "router/eth0", "the policy of chain \"c\"", Udp,
            Nft("chain c { type filter hook forward priority 0; policy drop; udp dport 53 counter log prefix \"DROP: \"; }")),
        ["the type of an address on a device"] = Rule("prerouting", "fib saddr . iif type != unicast drop; fib daddr . iif type unicast drop",
            "rule 2 of chain"),
        ["the next hop"] = Rule("forward", "rt ip nexthop 10.0.2.2 drop", "rt ip nexthop 10.0.2.2 drop"),
        ["the socket that it is for"] = new("nft-rule", "host/eth0", "socket wildcard 1 drop", Udp,
            "host: nft table ip t { chain c { type filter hook input priority 0; socket wildcard 1 drop; }\n}"),
        ["the group of a device"] = new("nft-rule", "router/eth0", "iifgroup 7 drop", Udp, "router: ip link set eth0 group 7",
            Nft("chain c { type filter hook forward priority 0; iifgroup 7 drop; }")),
        ["a verdict map of two fields with ranges"] = new("nft-rule", "router/eth0", "ip saddr . udp dport vmap @v", Udp,
            Nft("map v { type ipv4_addr . inet_service : verdict; flags interval; elements = { 10.0.1.0-10.0.1.20 . 50-60 : drop }; }\n "
                + "chain c { type filter hook forward priority 0; ip saddr . udp dport vmap @v; }")),
        ["a mark of the ingress hook, with a mask"] = new("nft-rule", "router/eth0", "meta mark & 0x000000f0 == 0x00000050 drop", Udp,
            "router: nft table netdev t { chain c { type filter hook ingress device \"eth0\" priority 0; udp dport 53 meta mark set 0x55; }\n}",
            "router: nft table ip t { chain c { type filter hook forward priority 0; meta mark & 0xf0 == 0x50 drop; }\n}"),
        ["a zone of one direction"] = new("nft-rule", "router/eth0", "iifname \"eth0\" drop", Udp,
            Nft("chain p { type filter hook prerouting priority -300; iifname \"eth0\" ct zone set 3; }\n chain c { type filter hook forward priority 0; "
                + "iifname \"eth0\" ct state established accept; iifname \"eth0\" drop; }")),
        ["two addresses of a set at the receiver"] = new("nft-rule", "host/eth0", "ip saddr . ip daddr @bad counter drop", Udp,
            "host: nft table inet t { set bad { type ipv4_addr . ipv4_addr; elements = { 10.0.1.10 . 10.0.2.2 }; }\n "
                + "chain c { type filter hook input priority 0; ip saddr . ip daddr @bad counter drop; }\n}"),
        ["the policy at an egress hook"] = new("nft-policy", "router/eth1", "policy drop, in node router (netfilter, netdev family, hook egress)", Udp, Known,
            "router: nft table netdev t { chain c { type filter hook egress device \"eth1\" priority 0; policy drop; }\n}"),
        ["the second fragment"] = Rule("prerouting", "ip frag-off & 0x1fff != 0 drop", "ip frag-off & 8191 != 0 drop", -450)
            with { Before = s => s.Udp(payload: 800).Fragment(500)[0], Frame = s => s.Udp(payload: 800).Fragment(500)[1] },
        ["a hop limit that a rule set"] = new("ttl-expired", "router/eth0", "a rule of router set it to 1", Udp6,
            "router: nft table ip6 t { chain c { type filter hook prerouting priority -150; ip6 hoplimit set 1; }\n}") { ByKernelAlone = true, Cure = Nothing },

        // Translation
        ["translated to 127.0.0.1"] = Translated("dnat to 127.0.0.1:53", "martian", "must not come in from a network. It came for 10.0.1.1:53, and rule 1")
            with { Cure = Nothing },
        ["translated to where no route leads"] = Translated("dnat to 172.16.5.5", "no-route", "dnat to 172.16.5.5 gave it that destination")
            with { Cure = Nothing },
        ["translated to a blackhole"] = Translated("dnat to 10.0.2.2", "blackhole-route", "dnat to 10.0.2.2 gave it that destination",
            "router: ip route add blackhole 10.0.2.2"),
        ["a network translated to another"] = new("no-route", "router/eth0", "no route to 10.88.0.2. It came for 10.77.0.2:53, and rule 1",
            s => s.Udp("10.77.0.2"), Nft("chain p { type nat hook prerouting priority -100; ip daddr 10.77.0.0/24 dnat ip prefix to ip daddr map "
                + "{ 10.77.0.0/24 : 10.88.0.0/24 }; }")) { ByKernelAlone = true, Cure = Nothing },
        ["iptables-nft translates to where no route leads"] = new("no-route", "router/eth0", "-j DNAT --to-destination 172.16.5.5 gave it that destination",
            s => s.Udp("10.0.1.1"), "router: iptables-nft -t nat -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 172.16.5.5")
            { ByKernelAlone = true, Cure = Nothing },
        ["iptables-legacy translates to where no route leads"] = new("no-route", "router/eth0", "and router gave it that destination",
            s => s.Udp("10.0.77.1"), "router: iptables-legacy -t nat -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 172.16.5.5")
            { ByKernelAlone = true, Cure = Nothing },
        ["redirected at a device without an address"] = new("nft-rule", "router/eth0", "udp dport 53 redirect to :5353", Udp,
            Nft("chain p { type nat hook prerouting priority -100; udp dport 53 redirect to :5353; }"), "router: ip address del 10.0.1.1/24 dev eth0",
            "router: ip address add 10.0.1.1/32 dev lo"),

        // Lengths, queues, IPsec
        ["too large for the receiver's device alone"] = new("veth-mtu", "router/eth1", "larger than the MTU 600 of host/eth0", s => s.Udp(payload: 900),
            "host: ip link set eth0 mtu 600"),
        ["too large, and a rule drops what would tell it"] = new("too-big", "router/eth0", "larger than the MTU 600 of router/eth1",
            s => s.Udp(payload: 900, options: new() { Identification = 4711, DontFragment = true }), "router: ip link set eth1 mtu 600",
            Nft("chain o { type filter hook output priority 0; icmp type destination-unreachable drop; }")),
        ["a bucket that takes less than the packet"] = new("qdisc", "router/eth1", "tbf, dropped it", s => s.Udp(payload: 900), Known,
            "router: tc qdisc add dev eth1 root tbf rate 8mbit burst 300 limit 10000") { ByKernelAlone = true },
        ["a policy of the receiver that asks for IPsec"] = new("xfrm-policy", "host/eth0", "it came as it is", Udp,
            "host: ip xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir in tmpl src 10.0.2.1 dst 10.0.2.2 proto esp mode tunnel") { ByKernelAlone = true },
        ["a policy that a device does not look at is innocent"] = Arrives(Udp,
            "router: ip xfrm policy add src 10.0.1.0/24 dst 10.0.2.0/24 dir fwd action block", "router: sysctl -qw net.ipv4.conf.eth0.disable_policy=1"),
    };

    public static TheoryData<string> Names => [.. Rows.Keys];

    [LabTheory(Feature.NftProgram), MemberData(nameof(Names))]
    public async Task What_a_stack_does_with_a_datagram_is_told_and_what_to_do(string name)
    {
        var row = Rows[name];
        await using var scene = await RouterScene.BuildAsync(tracing);
        using UdpClient program = scene.Host.OpenUdp(53), program6 = scene.Host.OpenUdp(53, AddressFamily.InterNetworkV6);
        foreach (var line in row.Provoke)
        {
            await DoAsync(scene, line);
        }

        if (row.Before is { } before)
        {
            await scene.SendAsync(before(scene));
            await TakeAsync();
        }

        var fate = await scene.SendAsync(row.Frame(scene));
        if (row.Cause is Nothing)
        {
            Assert.NotEqual(0, program.Available + program6.Available);
            Assert.All(fate.Copies, c => Assert.Null(c.Reason));
            if (tracing is FrameTracing.Kernel)
            {
                fate.ShouldReach(scene.Host).Once();
            }

            return;
        }

        Assert.Equal(0, program.Available + program6.Available);
        if (tracing is FrameTracing.PacketSockets && row.ByKernelAlone)
        {
            Assert.All(fate.Copies, c => Assert.True(c.Reason is null || (c.Reason.Cause == row.Cause && c.End is CopyEnd.Pending), fate.Describe()));
            return;
        }

        var reason = fate.EndsBy(row.Cause, row.Place, row.Says);
        if (row.Cure is not Nothing)
        {
            await (row.Cure is { } cure ? DoAsync(scene, cure) : reason.ApplyAsync());
            foreach (var node in scene.Lab.Nodes)
            {
                await node.ForgetEarlierFramesAsync(CancellationToken.None);
            }

            var again = await scene.SendAsync(row.Frame(scene));
            Assert.True(await ReadsAsync(), again.Describe()); // it may wait for a neighbour
        }

        async Task<bool> ReadsAsync()
        {
            var read = await Task.WhenAny(program.ReceiveAsync(), program6.ReceiveAsync(), Task.Delay(TimeSpan.FromMinutes(1)));
            return read is Task<UdpReceiveResult>;
        }

        async Task TakeAsync()
        {
            while (program.Available > 0)
            {
                await program.ReceiveAsync();
            }
        }
    }

    private static Task DoAsync(RouterScene scene, string line)
    {
        var colon = line.IndexOf(':', StringComparison.Ordinal);
        var node = scene.Lab.Nodes.Single(n => n.Name == line[..colon]);
        var words = line[(colon + 2)..].Replace("MAC(host/eth0)", $"{scene.Host.Device("eth0").Mac}", StringComparison.Ordinal);
        return words.StartsWith("nft ", StringComparison.Ordinal) ? node.LoadRulesetAsync(words["nft ".Length..]) : node.DoAsync(words);
    }

    private static string Nft(string chains) => $"router: nft table ip t {{ {chains}\n}}";

    private static Row Rule(string hook, string rule, string says, int priority = 0) => new("nft-rule", "router/eth0", says, Udp,
        Nft($"chain c {{ type filter hook {hook} priority {priority}; {rule}; }}"));

    private static Row Translated(string how, string cause, string says, params string[] provoke) => new(cause, "router/eth0", says, s => s.Udp("10.0.1.1"),
        [Nft($"chain p {{ type nat hook prerouting priority -100; udp dport 53 {how}; }}"), .. provoke]) { ByKernelAlone = true };

    private static Row Arrives(Func<RouterScene, Frame> frame, params string[] provoke) => new(Nothing, "", "", frame, provoke);

    /// <summary>One thing that becomes of a datagram.</summary>
    /// <param name="Cause">The cause; nothing where it arrives.</param>
    /// <param name="Place">Where.</param>
    /// <param name="Says">Words of the sentence.</param>
    /// <param name="Frame">What the VM sends.</param>
    /// <param name="Provoke">What breaks it, each line with its node.</param>
    private sealed record Row(string Cause, string Place, string Says, Func<RouterScene, Frame> Frame, params string[] Provoke)
    {
        /// <summary>Whether packet sockets cannot know it.</summary>
        public bool ByKernelAlone { get; init; }

        /// <summary>What is done where the remedy is in words; nothing where it does not bring the datagram to the program.</summary>
        public string? Cure { get; init; }

        /// <summary>A frame that is sent before.</summary>
        public Func<RouterScene, Frame>? Before { get; init; }
    }
}

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class StackCausesByTracepoints() : StackCauses(FrameTracing.Kernel);

/// <inheritdoc/>
[Trait("Category", "Fate")]
public sealed class StackCausesByPacketSockets() : StackCauses(FrameTracing.PacketSockets);
