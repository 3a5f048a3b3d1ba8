using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.State;

/// <summary>One thing is changed in a running node, and the comparison says that and nothing else.</summary>
public class StateDiffTests
{
    private const string Mac = "02:00:00:00:00:77";

    public static TheoryData<string, string, string> Commands => new()
    {
        { "ip link set eth0 mtu 1400", "~ link eth0: mtu 1500 → 1400", "" },
        { "ip link set eth0 address 02:00:00:00:00:77", $"~ link eth0: address 02:81:e5:95:f8:cb → {Mac}", "*" },
        { "ip link set eth0 promisc on", "~ link eth0: promisc off → on", "" },
        { "ip link set eth0 arp off", "~ link eth0: noarp off → on", "ip link set eth0 arp off" },
        { "ip link set eth0 alias uplink", "~ link eth0: alias none → uplink", "" },
        { "ip link property add dev eth0 altname wan", "~ link eth0: altname none → wan", "" },
        { "ip link set eth0 txqueuelen 500", "~ link eth0: qlen 1000 → 500", "" },
        { "ip link set eth0 group 7", "~ link eth0: group 0 → 7", "" },
        { "ip link add dmz type bridge", "+ link dmz bridge mtu 1500 address *", "" },
        { "ip address add 10.0.0.77/32 dev eth0 noprefixroute", "+ address 10.0.0.77/32 dev eth0 noprefixroute", "" },
        { "ip address del 10.0.0.1/24 dev eth0", "- address 10.0.0.1/24 dev eth0", "*" },
        { "ip route add 10.8.0.0/16 via 10.1.0.2", "+ route 10.8.0.0/16 via 10.1.0.2 dev eth1", "" },
        { "ip route del 10.9.0.0/16", "- route 10.9.0.0/16 via 10.1.0.2 dev eth1", "" },
        { "ip route change 10.9.0.0/16 via 10.0.0.2", "~ route 10.9.0.0/16: via 10.1.0.2 → 10.0.0.2, dev eth1 → eth0", "" },
        { "ip route change 10.9.0.0/16 via 10.1.0.2 mtu lock 1300", "~ route 10.9.0.0/16: mtu none → 1300, mtu_lock none → on", "" },
        { "ip route add blackhole 10.8.0.0/16", "+ route 10.8.0.0/16 blackhole", "" },
        { "ip route add unreachable 10.8.0.0/16 table 100 metric 9", "+ route 10.8.0.0/16 table 100 metric 9 unreachable", "" },
        { "ip route add prohibit fd00:8::/64", "+ route fd00:8::/64 prohibit", "" },
        { "ip route add 10.8.0.0/16 nexthop via 10.0.0.2 weight 2 nexthop via 10.1.0.2",
            "+ route 10.8.0.0/16 nexthop via 10.0.0.2 dev eth0 weight 2,via 10.1.0.2 dev eth1 weight 1", "" },
        { "ip route add fd00:8::/64 via fd00:1::2 metric 5", "+ route fd00:8::/64 metric 5 via fd00:1::2 dev eth1", "" },
        { "ip route add default via 10.1.0.2", "+ route default via 10.1.0.2 dev eth1", "" },
        { "ip route add local 10.8.0.1 dev eth0 table local proto static", "+ route 10.8.0.1/32 table local local dev eth0 proto static scope host", "" },
        { "ip rule add from 10.0.0.0/24 table 100 priority 50", "+ rule 50: from 10.0.0.0/24 lookup 100", "" },
        { "ip rule add fwmark 0x1/0xf iif eth0 unreachable priority 50", "+ rule 50: from all fwmark 0x1/0xf iif eth0 unreachable", "" },
        { "ip rule del priority 32767", "- rule 32767: from all lookup default", "" },
        { "ip nexthop add id 5 via 10.1.0.2 dev eth1", "+ nexthop id 5 via 10.1.0.2 dev eth1", "" },
        { "ip neighbour add 10.0.0.50 lladdr 02:00:00:00:00:77 dev eth0 nud permanent", $"+ neighbour 10.0.0.50 dev eth0 lladdr {Mac} permanent", "" },
        { "ip neighbour change 10.0.0.99 lladdr 02:00:00:00:00:77 dev eth0", $"~ neighbour 10.0.0.99 dev eth0: lladdr 02:00:00:00:00:99 → {Mac}", "" },
        { "ip neighbour del 10.0.0.99 dev eth0", "- neighbour 10.0.0.99 dev eth0 lladdr 02:00:00:00:00:99 permanent", "" },
        { "ip neighbour add proxy 10.0.0.50 dev eth0", "+ neighbour 10.0.0.50 dev eth0 proxy", "" },
        { "tc qdisc add dev eth0 root handle 1: tbf rate 1mbit burst 10kb limit 20kb",
            "+ qdisc dev eth0 root tbf handle 1: rate 1000000 burst 10240 limit 20480 peak_mtu 2000", "" },
        { "tc qdisc add dev eth0 clsact", "+ qdisc dev eth0 ingress clsact", "" },
        { "sysctl -w net.ipv4.ip_forward=0", "~ sysctl net.ipv4.ip_forward: value 1 → 0", "" },
        { "sysctl -w net.ipv6.conf.all.forwarding=0", "~ sysctl net.ipv6.conf.all.forwarding: value 1 → 0", "" },
        { "sysctl -w net.ipv4.conf.eth0.rp_filter=1", "+ sysctl net.ipv4.conf.eth0.rp_filter 1", "" },
        { "sysctl -w net.ipv4.conf.eth0.forwarding=0", "+ sysctl net.ipv4.conf.eth0.forwarding 0", "" },
        { "sysctl -w net.ipv4.conf.eth0.proxy_arp=1", "+ sysctl net.ipv4.conf.eth0.proxy_arp 1", "" },
        { "sysctl -w net.netfilter.nf_conntrack_tcp_be_liberal=1", "~ sysctl net.netfilter.nf_conntrack_tcp_be_liberal: value 0 → 1", "" },
        { "nft add rule inet t in tcp dport 22 accept", "+ nft rule inet t in: tcp dport 22 accept", "" },
        { "nft insert rule inet t in tcp dport 22 counter drop", "+ nft rule inet t in: tcp dport 22 counter drop", "" },
        { "nft add element inet t allowed { 10.0.0.9 }",
            "~ nft set inet t allowed: text type ipv4_addr elements = { 10.0.0.1, 10.0.0.2, 10.0.0.3 } → type ipv4_addr elements = { " +
                "10.0.0.1, 10.0.0.2, 10.0.0.3, 10.0.0.9 }", "" },
        { "nft chain inet t in { policy accept; }",
            "~ nft chain inet t in: text type filter hook input priority filter; policy drop; → type filter hook input priority filter; policy accept;", "" },
        { "nft add table ip6 empty", "+ nft table ip6 empty", "" },
        { "nft delete table bridge guard", "- nft table bridge guard", "*" },
        { "iptables-legacy -A FORWARD -j DROP", "+ iptables iptables-legacy -t filter -A FORWARD -j DROP", "*" },
        { "iptables-nft -A FORWARD -m physdev --physdev-in tap0 -j DROP",
            "+ iptables iptables-nft -t filter -A FORWARD -m physdev --physdev-in tap0 -j DROP", "*" },
    };

    [LabTheory(Feature.NftInet)]
    [MemberData(nameof(Commands))]
    public async Task A_change_of_a_router_is_the_only_difference(string command, string line, string others)
    {
        var (lab, _, router, _, _) = SampleStates.Create();
        await using var _ = lab;
        await lab.ApplyAsync();
        var before = await router.ReadStateAsync();
        await router.RunAsync(command);
        var diff = before.DiffTo(await router.ReadStateAsync());

        var lines = diff.ToString().Split('\n');
        if (others.Length == 0)
        {
            Matches(line, Assert.Single(lines));
        }
        else
        {
            // What the kernel or the program changes along with it.
            Assert.Contains(lines, l => l == line);
        }
    }

    private static void Matches(string expected, string actual)
    {
        if (expected.EndsWith('*'))
        {
            Assert.StartsWith(expected[..^1], actual, StringComparison.Ordinal);
        }
        else
        {
            Assert.Equal(expected, actual);
        }
    }

    public static TheoryData<string, string> SwitchCommands => new()
    {
        { "bridge link set dev uplink isolated on", "~ link uplink: isolated off → on" },
        { "bridge link set dev uplink learning off", "~ link uplink: learning on → off" },
        { "bridge link set dev uplink flood off", "~ link uplink: flood on → off" },
        { "bridge link set dev uplink hairpin on", "~ link uplink: hairpin off → on" },
        { "bridge link set dev uplink state 0", "~ link uplink: port_state forwarding → disabled" },
        { "bridge link set dev uplink cost 7", "~ link uplink: port_cost 2 → 7" },
        { "ip link set br0 type bridge ageing_time 1000", "~ link br0: ageing_time 300s → 10s" },
        { "ip link set br0 type bridge mcast_snooping 1", "~ link br0: mcast_snooping off → on" },
        { "ip link set br0 type bridge group_fwd_mask 8", "~ link br0: group_fwd_mask 0 → 8" },
        { "ip link set uplink nomaster", "~ link uplink: master br0 → none" },
        { "bridge fdb add 02:00:00:00:00:77 dev uplink master static", $"+ fdb {Mac} master br0 dev uplink static" },
        { "bridge fdb add 02:00:00:00:00:77 dev uplink master dynamic", $"+ fdb {Mac} master br0 dev uplink dynamic" },
        { "sysctl -w net.bridge.bridge-nf-call-iptables=1", "~ sysctl net.bridge.bridge-nf-call-iptables: value 0 → 1" },
        { "sysctl -w net.ipv4.conf.br0.arp_ignore=1", "+ sysctl net.ipv4.conf.br0.arp_ignore 1" },
    };

    [LabTheory]
    [MemberData(nameof(SwitchCommands))]
    public async Task A_change_of_a_switch_is_the_only_difference(string command, string line)
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        lab.AddLink(bridge.End("uplink"), lab.AddNode("host").End("eth0", "10.0.0.1/24"));
        lab.AddHost("other", bridge, "10.0.0.2/24");
        await lab.ApplyAsync();
        var before = await bridge.Node.ReadStateAsync();
        await bridge.Node.RunAsync(command);
        var diff = before.DiffTo(await bridge.Node.ReadStateAsync());
        Matches(line, Assert.Single(diff.Changes).ToString());
    }

    [LabFact]
    public async Task A_multicast_group_is_one_difference()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0", new BridgeOptions { MulticastSnooping = true, ForwardDelay = TimeSpan.Zero });
        lab.AddLink(bridge.End("uplink"), lab.AddNode("host").End("eth0", "10.0.0.1/24"));
        await lab.ApplyAsync();
        var before = await bridge.Node.ReadStateAsync();
        await bridge.Node.RunAsync("bridge mdb add dev br0 port uplink grp 239.1.2.3 permanent");
        Assert.Equal("+ mdb br0 port uplink grp 239.1.2.3 permanent", before.DiffTo(await bridge.Node.ReadStateAsync()).ToString());
    }

    [LabFact(Feature.NftInet)]
    public async Task Rules_that_change_places_are_a_difference()
    {
        var (lab, _, router, _, _) = SampleStates.Create();
        await using var _ = lab;
        await lab.ApplyAsync();
        var before = await router.ReadStateAsync();
        await router.RunAsync("nft flush chain inet t in");
        await router.RunAsync("nft add rule inet t in ip saddr @allowed counter accept");
        await router.RunAsync("nft add rule inet t in ct state established,related accept");
        var lines = before.DiffTo(await router.ReadStateAsync()).ToString().Split('\n');
        Assert.Equal(2, lines.Length);
        Assert.Equal(lines[0][1..], lines[1][1..]);
        Assert.Equal(['-', '+'], lines.Select(l => l[0]));
    }

    [LabFact(Feature.NftInet)]
    public async Task Traffic_moves_counters_and_is_no_difference_but_for_what_was_learned()
    {
        var (lab, _, router, host, vm) = SampleStates.Create();
        await using var _ = lab;
        await lab.ApplyAsync();
        (await vm.PingAsync(host)).ShouldSucceed();
        await router.RunAsync("conntrack -F");
        var before = await router.ReadStateAsync();
        (await vm.PingAsync(host)).ShouldSucceed();
        Assert.Matches(@"^\+ conntrack icmp 10\.0\.0\.2 > 10\.1\.0\.2 id \d+ type 8$", before.DiffTo(await router.ReadStateAsync()).ToString());
    }

    [LabFact]
    public async Task An_unanswered_question_is_an_unresolved_neighbour()
    {
        await using var lab = new Lab();
        var host = lab.AddHost("h", lab.AddNode("s").AddBridge("br0"), "10.0.0.1/24");
        await lab.ApplyAsync();
        var before = await host.ReadStateAsync();
        (await host.PingAsync(System.Net.IPAddress.Parse("10.0.0.9"))).ShouldFail();
        Assert.Equal("+ neighbour 10.0.0.9 dev eth0 unresolved", before.DiffTo(await host.ReadStateAsync()).ToString());
    }

    [LabFact]
    public async Task A_link_that_goes_down_shows_at_both_ends()
    {
        await using var lab = new Lab();
        var link = lab.AddLink(lab.AddNode("a").End("eth0"), lab.AddNode("b").AddBridge("br0").End("port"));
        await lab.ApplyAsync();
        var before = await lab.ReadStateAsync();
        await link.A.SetUpAsync(false);
        var after = await lab.ReadStateAsync();
        Assert.Equal(
            """
            node a
              ~ link eth0: admin up → down, carrier on → off, state up → down
            node b
              ~ link br0: carrier on → off, state up → down
              ~ link port: carrier on → off, state up → down, port_state forwarding → disabled
            """,
            before.DiffTo(after).ToString());
        var change = after.DiffTo(before).Changes[0];
        Assert.Equal(("a", StateChangeKind.Changed, new FieldChange("admin", "down", "up")), (change.Node, change.Kind, change.Fields[0]));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Changes_of_Open_vSwitch_are_single_differences()
    {
        await using var lab = new Lab();
        var node = lab.AddNode("compute");
        var bridge = node.AddOvsBridge("br-int");
        FakeVm vm1 = node.AddVm("vm1", bridge, v => v.Address("10.0.0.1/24").Vlan(7)), vm2 = node.AddVm("vm2", bridge, v => v.Address("10.0.0.2/24").Vlan(7));
        await lab.ApplyAsync();
        var first = await node.ReadStateAsync();
        await bridge.SetPortAsync(vm1.Tap, o => o with { Tag = 8 });
        var tagged = await node.ReadStateAsync();
        Assert.Equal("~ ovs port tap-vm1 bridge br-int: tag 7 → 8", first.DiffTo(tagged).ToString());

        await bridge.SetPortAsync(vm1.Tap, o => o with { Tag = 7 });
        await bridge.AddFlowsAsync(["table=3,priority=9,in_port=tap-vm1,udp actions=drop"]);
        var flow = await node.ReadStateAsync();
        Assert.Equal("+ ovs flow br-int table=3,priority=9,udp,in_port=\"tap-vm1\" actions drop", first.DiffTo(flow).ToString());

        await bridge.AddFlowsAsync(["table=3,priority=9,in_port=tap-vm1,udp actions=NORMAL"]);
        Assert.Equal("~ ovs flow br-int table=3,priority=9,udp,in_port=\"tap-vm1\": actions drop → NORMAL", flow.DiffTo(await node.ReadStateAsync())
            .ToString());

        var silent = await node.ReadStateAsync();
        (await vm1.PingAsync(vm2)).ShouldSucceed();
        Assert.Equal(
            [$"+ ovs fdb {vm1.Mac} bridge br-int vlan 7 port tap-vm1", $"+ ovs fdb {vm2.Mac} bridge br-int vlan 7 port tap-vm2"],
            silent.DiffTo(await node.ReadStateAsync()).ToString().Split('\n').Order(StringComparer.Ordinal));
    }
}
