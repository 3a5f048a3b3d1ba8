namespace NetLab.Tests.Forwarding;

/// <summary>A ruleset, a frame that it drops, and what is to be said.</summary>
/// <param name="Node">Where the rules are.</param>
/// <param name="Rules">For nft; or command lines of iptables and its like, which begin with the program's name.</param>
/// <param name="SendAsync">Sends the frame.</param>
/// <param name="Cause">The reason's cause.</param>
/// <param name="Device">At which device the frame ended; behind a bar, at which one where only the traces of the rules tell.</param>
/// <param name="Words">What the sentence says, separated by bars.</param>
/// <param name="Fix">What the remedy says.</param>
internal sealed record RuleCase(string Node, string Rules, Func<RuleBed, Task<Fate>> SendAsync, string Cause, string Device, string Words, string Fix);

/// <summary>Rules of every family, at every hook, of every kind that can drop a frame.</summary>
internal static class RuleCases
{
    private static readonly Func<RuleBed, Task<Fate>> Bridged = b => b.BridgedAsync(), Routed = b => b.RoutedAsync(), Routed6 = b => b.Routed6Async();

    public static readonly Dictionary<string, RuleCase> All = new()
    {
        // The bridge family
        ["bridge prerouting"] =
            Bridge("prerouting", "udp dport 53 drop comment \"early\"", Bridged, "tap-vm1",
                "rule 1 of chain \"c\" in table \"bridge t\": udp dport 53 drop comment \"early\"|hook prerouting"),
        ["bridge forward"] = Bridge("forward", "ether type arp accept; udp dport 53 counter drop comment \"vm2-isolated\"; udp dport 99 drop",
            Bridged, "tap-vm2", "rule 2 of chain \"c\"|udp dport 53 counter drop comment \"vm2-isolated\", in node compute|hook forward"),
        ["bridge postrouting"] =
            Bridge("postrouting", "oifname \"tap-vm2\" drop", Bridged, "tap-vm2", "rule 1 of chain \"c\"|oifname \"tap-vm2\" drop|hook postrouting"),
        ["bridge input"] = Bridge("input", "udp dport 53 drop", b => b.ToBridgeAsync(), "br0", "rule 1 of chain \"c\"|bridge family, hook input"),
        ["bridge, a frame with a tag"] = Bridge("forward", "vlan id 7 drop", b => b.TaggedAsync(), "tap-vm2", "rule 1 of chain \"c\"|vlan id 7 drop"),
        ["bridge policy"] = new("compute",
            "table bridge t { chain c { type filter hook forward priority 0; policy drop; ether type arp accept; }\n}", Bridged, "nft-policy", "tap-vm2",
            "the policy of chain \"c\" in table \"bridge t\": policy drop|hook forward", "nft add rule bridge t c "),

        // What a listing cannot tell apart
        ["the second of three without counters"] =
            Bridge("forward", "udp dport 99 drop; ether saddr 02:00:00:00:00:99 drop; udp dport 53 drop", Bridged, "tap-vm2",
                "rule 3 of chain \"c\"|udp dport 53 drop"),
        ["one of two equal rules"] =
            new("compute", "table bridge t { chain a { udp dport 53 drop; }\n chain b { udp dport 53 drop; }\n chain c { type filter hook " +
                "forward priority 0; iifname \"tap-vm2\" jump a; iifname \"tap-vm1\" jump b; }\n}",
            Bridged, "nft-rule", "tap-vm2", "rule 1 of chain \"b\"|by c rule 2 > b", "nft delete rule bridge t b handle"),
        ["a counter that another frame moved"] =
            new("compute", "table bridge t { chain c { type filter hook forward priority 0; udp dport 99 counter packets 9 bytes 99 drop; " +
                "udp dport 53 drop; }\n}",
            Bridged, "nft-rule", "tap-vm2", "rule 2 of chain \"c\"|udp dport 53 drop", "nft delete rule bridge t c handle"),

        // The ways to a verdict
        ["a chain of jumps"] = new("router",
            "table inet t { chain deep { udp dport 99 accept; udp dport 53 drop; }\n chain mid { jump other; jump deep; }\n chain other { " +
                "udp dport 53 counter; }\n chain c { type filter hook forward priority 0; jump other; jump mid; }\n}",
            Routed, "nft-rule", "eth0", "rule 2 of chain \"deep\" in table \"inet t\"|inet family, hook forward, by c rule 2 > mid rule 2 > deep",
                "nft delete rule inet t deep handle"),
        ["a goto"] = new("router",
            "table inet t { chain end { drop; }\n chain c { type filter hook forward priority 0; udp dport 53 goto end; }\n}", Routed, "nft-rule",
                "eth0", "rule 1 of chain \"end\"|: drop,|by c rule 1 > end", "nft delete rule inet t end"),
        ["the policy after a jump came back"] =
            new("router", "table inet t { chain sub { udp dport 53 return; drop; }\n chain c { type filter hook forward priority 0; policy " +
                "drop; jump sub; }\n}", Routed, "nft-policy", "eth0", "the policy of chain \"c\"", "nft add rule inet t c"),
        ["a verdict map"] = Inet("forward", "udp dport vmap { 52 : accept, 53 : drop }", Routed, "eth0", "udp dport vmap { 52 : accept, 53 : drop }"),
        ["a verdict map that jumps"] =
            new("router", "table inet t { chain dns { drop; }\n chain c { type filter hook forward priority 0; udp dport vmap { 53 : jump dns }; }\n}",
                Routed, "nft-rule", "eth0", "rule 1 of chain \"dns\"|by c rule 1 > dns", "nft delete rule inet t dns"),
        ["a named set"] = new("router",
            "table inet t { set blocked { type ipv4_addr; elements = { 10.0.1.10 }; }\n chain c { type filter hook forward priority 0; ip " +
                "saddr @blocked drop; }\n}", Routed, "nft-rule", "eth0", "ip saddr @blocked drop", "out of set blocked of table inet t"),
        ["a mark that an earlier hook set"] =
            new("router", "table inet t { chain p { type filter hook prerouting priority -150; udp dport 53 meta mark set 7; }\n chain c { " +
                "type filter hook forward priority 0; meta mark 7 drop; }\n}", Routed, "nft-rule", "eth0", "meta mark 0x00000007 drop",
                    "nft delete rule inet t c"),
        ["a set of two fields"] = Inet("forward", "ip saddr . udp dport { 10.0.1.10 . 53 } drop", Routed, "eth0", "ip saddr . udp dport"),
        ["a set of networks"] = new("router",
            "table inet t { set nets { type ipv4_addr; flags interval; elements = { 10.0.1.0/24 }; }\n chain c { type filter hook forward priority 0; " +
                "ip saddr @nets drop; }\n}", Routed, "nft-rule", "eth0", "ip saddr @nets drop", "out of set nets of table inet t"),
        ["a mark of the connection"] = new("router",
            "table inet t { chain p { type filter hook prerouting priority -150; ct mark set 9; }\n chain c { type filter hook forward priority 0; " +
                "ct mark 9 drop; }\n}", Routed, "nft-rule", "eth0", "ct mark 0x00000009 drop", "nft delete rule inet t c"),
        ["a zone of the connection"] = new("router",
            "table ip t { chain p { type filter hook prerouting priority -300; ct zone set 5; }\n chain c { type filter hook forward priority 0; " +
                "ct zone 5 drop; }\n}", Routed, "nft-rule", "eth0", "ct zone 5 drop", "nft delete rule ip t c"),
        ["a destination that is not the node's own"] = Inet("prerouting", "udp dport 53 fib daddr type != local drop", Routed, "eth0",
            "fib daddr type != local drop|hook prerouting"),
        ["a quota that is used up"] = Inet("forward", "udp dport 53 quota over 1 bytes drop", Routed, "eth0", "quota over 1 bytes"),
        ["a count of connections"] = new("router",
            "table ip t { set s { type ipv4_addr; flags dynamic; size 10; }\n chain c { type filter hook forward priority 0; " +
                "add @s { ip saddr ct count over 0 } drop; }\n}", Routed, "nft-rule", "eth0", "ct count over 0 } drop", "nft delete rule ip t c"),
        ["a verdict by numbers"] = Inet("forward", "udp dport 53 numgen inc mod 1 vmap { 0 : drop }", Routed, "eth0", "numgen inc mod 1 vmap { 0 : drop }"),
        ["no header of fragments"] = new("router", "table ip6 t { chain c { type filter hook forward priority 0; udp dport 53 exthdr frag missing drop; }\n}",
            Routed6, "nft-rule", "eth0", "exthdr frag missing drop", "nft delete rule ip6 t c"),
        ["the length of the packet"] = Inet("forward", "udp dport 53 meta length > 20 drop", Routed, "eth0", "meta length > 20 drop"),
        ["the TTL of the packet"] = Inet("forward", "udp dport 53 ip ttl > 1 drop", Routed, "eth0", "ip ttl > 1 drop"),
        ["the address of who sent the frame"] = Bridge("forward", "udp dport 53 ether daddr != 02:00:00:00:00:77 drop", Bridged, "tap-vm2",
            "ether daddr != 02:00:00:00:00:77 drop"),
        ["the device where it leaves"] = Inet("forward", "oifname \"eth1\" udp dport 53 drop", Routed, "eth0", "oifname \"eth1\" udp dport 53 drop"),
        ["the kind of packet"] = Inet("prerouting", "meta pkttype host udp dport 53 drop", Routed, "eth0", "meta pkttype host udp dport 53 drop"),
        ["bytes of the payload"] = Inet("forward", "udp dport 53 @th,64,8 0x74 drop", Routed, "eth0", "udp dport 53"),
        ["the policy at an ingress hook"] = new("router", "table inet t { chain c { type filter hook ingress device \"eth0\" priority 0; policy drop; "
            + "ether type arp accept; }\n}", Routed, "nft-policy", "eth0", "the policy of chain \"c\" in table \"inet t\": policy drop|hook ingress",
            "nft add rule inet t c "),
        ["the policy of the host's input"] = new("host", "table inet t { chain c { type filter hook input priority 0; policy drop; "
            + "icmpv6 type { nd-neighbor-solicit, nd-neighbor-advert } accept; }\n}", Routed, "nft-policy", "eth0", "policy drop|hook input",
            "nft add rule inet t c "),
        ["the reverse path in nft's words"] =
            new("router", "table inet t { chain c { type filter hook prerouting priority 0; fib saddr . iif oif missing drop; }\n}",
            b => b.FromNowhereAsync(), "nft-rule", "eth0", "fib saddr . iif oif missing drop|hook prerouting", "nft delete rule inet t c"),

        // Reject
        ["reject"] = Inet("forward", "udp dport 53 reject", Routed, "eth0", "udp dport 53 reject|It rejects: an ICMP error was sent back."),
        ["reject with a reason"] =
            Inet("forward", "udp dport 53 reject with icmp type admin-prohibited", Routed, "eth0",
                "reject with icmp admin-prohibited|It rejects: an ICMP error"),
        ["reject with a reset"] =
            Inet("forward", "tcp dport 80 reject with tcp reset", b => b.RoutedTcpAsync(), "eth0",
                "reject with tcp reset|It rejects: a TCP RST was sent back."),

        // Connections and addresses
        ["an invalid connection"] = Inet("forward", "ct state invalid drop", b => b.UnaskedReplyAsync(), "eth0", "ct state invalid drop"),
        ["a new connection"] = Inet("forward", "ct state established,related accept; ct state new drop", Routed, "eth0",
            "rule 2 of chain \"c\"|ct state new drop"),
        ["after the destination was translated"] =
            new("router", "table ip n { chain p { type nat hook prerouting priority -100; udp dport 53 dnat to 10.0.2.2:5353; }\n}\ntable " +
                "inet t { chain c { type filter hook forward priority 0; ip daddr 10.0.2.2 udp dport 5353 drop; }\n}",
            b => b.RoutedAsync("10.0.1.1"), "nft-rule", "eth0", "ip daddr 10.0.2.2 udp dport 5353 drop", "nft delete rule inet t c"),
        ["after the source was translated"] =
            new("router", "table ip n { chain p { type nat hook postrouting priority 100; masquerade; }\n chain c { type filter hook " +
                "postrouting priority 200; ip saddr 10.0.2.1 drop; }\n}", Routed, "nft-rule", "eth1", "ip saddr 10.0.2.1 drop|hook postrouting",
                    "nft delete rule ip n c"),

        // The other families and hooks
        ["ip prerouting"] = Of("ip", "prerouting", Routed, "router", "eth0"),
        ["ip forward"] = Of("ip", "forward", Routed, "router", "eth0"),
        ["ip input"] = Of("ip", "input", Routed, "host", "eth0"),
        ["ip postrouting"] = Of("ip", "postrouting", Routed, "router", "eth1"),
        ["ip6 prerouting"] = Of("ip6", "prerouting", Routed6, "router", "eth0"),
        ["ip6 forward"] = Of("ip6", "forward", Routed6, "router", "eth0"),
        ["ip6 input"] = Of("ip6", "input", Routed6, "host", "eth0"),
        ["inet forward of IPv6"] = Of("inet", "forward", Routed6, "router", "eth0"),
        ["inet input"] = Of("inet", "input", Routed, "host", "eth0"),
        ["inet ingress"] = Of("inet", "ingress device \"eth0\"", Routed, "router", "eth0"),
        ["netdev ingress"] = Of("netdev", "ingress device \"eth0\"", Routed, "router", "eth0"),
        ["netdev egress"] = Of("netdev", "egress device \"eth1\"", Routed, "router", "eth1"),
        ["arp input"] = new("router", "table arp t { chain c { type filter hook input priority 0; arp operation request drop; }\n}",
            b => b.ArpAsync(), "nft-rule", "eth0", "arp operation request drop|arp family, hook input", "nft delete rule arp t c"),
        ["the host's own output"] =
            new("host", "table ip t { chain c { type filter hook output priority 0; icmp type echo-request drop; }\n}", b => b.PingFromHostAsync(),
                "nft-rule", "|eth0", "icmp type echo-request drop|hook output", "nft delete rule ip t c"),

        // iptables and its relatives
        ["iptables"] = new("router",
            "iptables-nft -A FORWARD -p tcp -j ACCEPT\niptables-nft -A FORWARD -p udp --dport 53 -m comment --comment nodns -j DROP", Routed,
                "iptables-rule", "eth0",
            "rule 2 of chain \"FORWARD\" in table \"ip filter\": iptables -A FORWARD -p udp -m udp --dport 53 -m comment --comment nodns -j DROP|hook forward",
                "iptables -D FORWARD -p udp -m udp --dport 53 -m comment --comment nodns -j DROP"),
        ["iptables, a chain of its own"] =
            new("router", "iptables-nft -N sg-fallback\niptables-nft -A sg-fallback -p udp -j DROP\niptables-nft -A FORWARD -j sg-fallback", Routed,
                "iptables-rule", "eth0", "rule 1 of chain \"sg-fallback\"|iptables -A sg-fallback -p udp -j DROP|by FORWARD rule 1 > sg-fallback",
                    "iptables -D sg-fallback -p udp -j DROP"),
        ["iptables, policy"] = new("router", "iptables-nft -P FORWARD DROP", Routed, "iptables-policy", "eth0",
            "the policy of chain \"FORWARD\" in table \"ip filter\": iptables -P FORWARD DROP", "iptables -P FORWARD ACCEPT"),
        ["iptables, reject"] = new("router", "iptables-nft -A FORWARD -p udp -j REJECT --reject-with icmp-host-prohibited", Routed, "iptables-rule",
            "eth0", "--reject-with icmp-host-prohibited|It rejects: an ICMP error", "iptables -D FORWARD -p udp -j REJECT"),
        ["iptables, raw table"] =
            new("router", "iptables-nft -t raw -A PREROUTING -p udp -j DROP", Routed, "iptables-rule", "eth0",
                "iptables -t raw -A PREROUTING -p udp -j DROP|hook prerouting", "iptables -t raw -D PREROUTING -p udp -j DROP"),
        ["ip6tables"] = new("router", "ip6tables-nft -A FORWARD -p udp -j DROP", Routed6, "iptables-rule", "eth0",
            "ip6tables -A FORWARD -p udp -j DROP|ip6 family", "ip6tables -D FORWARD -p udp -j DROP"),
        ["ebtables"] = new("compute", "ebtables-nft -A FORWARD -p IPv4 -j DROP", Bridged, "ebtables-rule", "tap-vm2",
            "ebtables -A FORWARD -p IPv4 -j DROP|bridge family, hook forward", "ebtables -D FORWARD -p IPv4 -j DROP"),
        ["ebtables, policy"] = new("compute", "ebtables-nft -P FORWARD DROP", Bridged, "ebtables-policy", "tap-vm2", "ebtables -P FORWARD DROP",
            "ebtables -P FORWARD ACCEPT"),
        ["bridged frames shown to iptables"] =
            new("compute", "sysctl net.bridge.bridge-nf-call-iptables\niptables-nft -A FORWARD -m physdev --physdev-out tap-vm2 --physdev-is-bridged -j DROP",
                Bridged, "iptables-rule", "tap-vm2|br0", "iptables -A FORWARD -m physdev|--physdev-out tap-vm2|ip family, hook forward",
                    "iptables -D FORWARD -m physdev"),
        ["bridged frames shown to nft's inet"] =
            new("compute", "sysctl net.bridge.bridge-nf-call-iptables\ntable inet t { chain c { type filter hook forward priority 0; udp dport 53 drop; }\n}",
                Bridged, "nft-rule", "tap-vm2|br0", "rule 1 of chain \"c\" in table \"inet t\"|hook forward", "nft delete rule inet t c"),

        // The same, by the tables of old
        ["iptables-legacy"] = new("router",
            "iptables-legacy -w -A FORWARD -p tcp -j ACCEPT\niptables-legacy -w -A FORWARD -p udp --dport 53 -m comment --comment nodns -j DROP",
                Routed, "iptables-rule", "eth0",
                    "rule 2 of chain \"FORWARD\" in table \"ip filter\": iptables-legacy -A FORWARD -p udp -m udp --dport 53 -m comment " +
                        "--comment nodns -j DROP, in node router|ip family, hook forward)",
                            "iptables-legacy -D FORWARD -p udp -m udp --dport 53 -m comment --comment nodns -j DROP"),
        ["iptables-legacy, the first of two alike"] =
            new("router", "iptables-legacy -w -A FORWARD -p udp -j DROP\niptables-legacy -w -A FORWARD -p udp -j DROP", Routed, "iptables-rule",
                "eth0", "rule 1 of chain \"FORWARD\"", "iptables-legacy -D FORWARD -p udp -j DROP"),
        ["iptables-legacy, a chain of its own"] =
            new("router", "iptables-legacy -w -N sg-fallback\niptables-legacy -w -N sg-other\niptables-legacy -w -A sg-other -p tcp -j " +
                "DROP\niptables-legacy -w -A sg-fallback -p udp -j DROP\niptables-legacy -w -A FORWARD -j sg-other\niptables-legacy -w -A " +
                    "FORWARD -g sg-fallback", Routed, "iptables-rule", "eth0",
                        "rule 1 of chain \"sg-fallback\"|iptables-legacy -A sg-fallback -p udp -j DROP|by FORWARD rule 2 > sg-fallback",
                            "iptables-legacy -D sg-fallback -p udp -j DROP"),
        ["iptables-legacy, policy"] =
            new("router", "iptables-legacy -w -P FORWARD DROP", Routed, "iptables-policy", "eth0",
                "the policy of chain \"FORWARD\" in table \"ip filter\": iptables-legacy -P FORWARD DROP", "iptables-legacy -P FORWARD ACCEPT"),
        ["iptables-legacy, reject"] =
            new("router", "iptables-legacy -w -A FORWARD -p udp -j REJECT --reject-with icmp-host-prohibited", Routed, "iptables-rule", "eth0",
                "--reject-with icmp-host-prohibited|It rejects: an ICMP error", "iptables-legacy -D FORWARD -p udp -j REJECT"),
        ["iptables-legacy, raw table"] =
            new("router", "iptables-legacy -w -t raw -A PREROUTING -p udp -j DROP", Routed, "iptables-rule", "eth0",
                "iptables-legacy -t raw -A PREROUTING -p udp -j DROP|hook prerouting", "iptables-legacy -t raw -D PREROUTING -p udp -j DROP"),
        ["iptables-legacy, mangle table"] =
            new("router", "iptables-legacy -w -t mangle -A POSTROUTING -o eth1 -p udp -j DROP", Routed, "iptables-rule", "eth1|eth0",
                "iptables-legacy -t mangle -A POSTROUTING -o eth1 -p udp -j DROP|hook postrouting", "iptables-legacy -t mangle -D POSTROUTING"),
        ["iptables-legacy, input"] =
            new("host", "iptables-legacy -w -A INPUT -s 10.0.1.10/32 -j DROP", Routed, "iptables-rule", "eth0",
                "iptables-legacy -A INPUT -s 10.0.1.10/32 -j DROP|hook input", "iptables-legacy -D INPUT -s 10.0.1.10/32 -j DROP"),
        ["iptables-legacy, output"] =
            new("host", "iptables-legacy -w -A OUTPUT -p icmp -j DROP", b => b.PingFromHostAsync(), "iptables-rule", "",
                "iptables-legacy -A OUTPUT -p icmp -j DROP|hook output", "iptables-legacy -D OUTPUT -p icmp -j DROP"),
        ["iptables-legacy, a queue that nobody listens to"] =
            new("router", "iptables-legacy -w -A FORWARD -p udp -j NFQUEUE --queue-num 7", Routed, "iptables-rule", "eth0",
                "-j NFQUEUE --queue-num 7|none listens to that", "start the program that listens to the queue"),
        ["ip6tables-legacy"] = new("router", "ip6tables-legacy -w -A FORWARD -p udp -j DROP", Routed6, "iptables-rule", "eth0",
            "ip6tables-legacy -A FORWARD -p udp -j DROP|ip6 family", "ip6tables-legacy -D FORWARD -p udp -j DROP"),
        ["ip6tables-legacy, a chain of its own"] =
            new("router", "ip6tables-legacy -w -N mine\nip6tables-legacy -w -A mine -d fd00:2::2/128 -j DROP\nip6tables-legacy -w -A FORWARD -i eth0 -j mine",
                Routed6, "iptables-rule", "eth0", "ip6tables-legacy -A mine -d fd00:2::2/128 -j DROP|by FORWARD rule 1 > mine", "ip6tables-legacy -D mine"),
        ["bridged frames shown to iptables-legacy"] =
            new("compute", "sysctl net.bridge.bridge-nf-call-iptables\niptables-legacy -w -A FORWARD -m physdev --physdev-out tap-vm2 " +
                "--physdev-is-bridged -j DROP", Bridged, "iptables-rule", "tap-vm2|br0",
                    "iptables-legacy -A FORWARD -m physdev|--physdev-out tap-vm2|ip family, hook forward", "iptables-legacy -D FORWARD -m physdev"),
        ["iptables-legacy behind nft"] =
            new("router", "table inet t { chain c { type filter hook forward priority -10; udp dport 53 counter; }\n chain d { type filter " +
                "hook input priority 0; udp dport 53 drop; }\n}\niptables-legacy -w -A FORWARD -p udp -j DROP", Routed, "iptables-rule", "eth0",
                    "iptables-legacy -A FORWARD -p udp -j DROP", "iptables-legacy -D FORWARD"),
        ["nft before iptables-legacy"] =
            new("router", "table inet t { chain c { type filter hook forward priority -10; udp dport 53 drop; }\n}\niptables-legacy -w -A " +
                "FORWARD -p udp -j DROP", Routed, "nft-rule", "eth0", "rule 1 of chain \"c\" in table \"inet t\": udp dport 53 drop",
                    "nft delete rule inet t c"),
        ["iptables, a queue that nobody listens to"] =
            new("router", "iptables-nft -A FORWARD -p udp -j NFQUEUE --queue-num 7", Routed, "iptables-rule", "eth0",
                "-j NFQUEUE --queue-num 7|none listens to that", "start the program that listens to the queue"),
    };

    private static RuleCase Bridge(string hook, string rules, Func<RuleBed, Task<Fate>> send, string device, string words) =>
        new("compute", $"table bridge t {{ chain c {{ type filter hook {hook} priority 0; {rules}; }}\n}}", send, "nft-rule", device, words,
            "nft delete rule bridge t c handle");

    private static RuleCase Inet(string hook, string rules, Func<RuleBed, Task<Fate>> send, string device, string words) =>
        new("router", $"table inet t {{ chain c {{ type filter hook {hook} priority 0; {rules}; }}\n}}", send, "nft-rule", device, words,
            "nft delete rule inet t c handle");

    private static RuleCase Of(string family, string hook, Func<RuleBed, Task<Fate>> send, string node, string device) =>
        new(node, $"table {family} t {{ chain c {{ type filter hook {hook} priority 0; udp dport 53 drop; }}\n}}", send, "nft-rule", device,
            $"rule 1 of chain \"c\" in table \"{family} t\": udp dport 53 drop|{family} family, hook {hook.Split(' ')[0]}",
                $"nft delete rule {family} t c handle");
}
