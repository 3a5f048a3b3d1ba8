using System.Text.Json;
using NetLab.Linux.Netfilter;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.State;

/// <summary>The text of a node's state: what it says, and that it says the same of the same.</summary>
public class SnapshotTests
{
    [LabFact(Feature.NftInet)]
    public async Task A_router_is_listed_in_the_field_s_words()
    {
        var (lab, _, router, host, vm) = SampleStates.Create();
        await using var _ = lab;
        await lab.ApplyAsync();
        (await vm.PingAsync(host)).ShouldSucceed();

        Assert.Equal(
            """
            node router
              links
                lo loopback
                eth0 veth peer switch/uplink mtu 1500 address 02:81:e5:95:f8:cb
                eth1 veth peer host/eth0 mtu 1500 address 02:28:08:d8:02:13
              addresses
                127.0.0.1/8 dev lo
                ::1/128 dev lo
                10.0.0.1/24 dev eth0
                10.1.0.1/24 dev eth1
                fd00:1::1/64 dev eth1
                fe80::28:8ff:fed8:213/64 dev eth1
              routes
                10.0.0.0/24 dev eth0 proto kernel src 10.0.0.1
                10.1.0.0/24 dev eth1 proto kernel src 10.1.0.1
                10.9.0.0/16 via 10.1.0.2 dev eth1
                fd00:1::/64 dev eth1 proto kernel
                fe80::/64 dev eth1 proto kernel
              neighbours
                10.0.0.2 dev eth0 lladdr 02:11:e3:d1:b4:ef resolved
                10.0.0.99 dev eth0 lladdr 02:00:00:00:00:99 permanent
                10.1.0.2 dev eth1 lladdr 02:ab:75:20:84:90 resolved
              sysctls
                net.ipv4.ip_forward 1
                net.ipv6.conf.all.forwarding 1
              nft
                table bridge guard
                chain bridge guard f type filter hook forward priority 0; policy accept;
                rule bridge guard f: ip protocol udp counter drop comment "no datagrams"
                rule bridge guard f: ether type arp counter accept
                table inet t
                set inet t allowed type ipv4_addr elements = { 10.0.0.1, 10.0.0.2, 10.0.0.3 }
                chain inet t in type filter hook input priority filter; policy drop;
                rule inet t in: ct state established,related accept
                rule inet t in: ip saddr @allowed counter accept
              conntrack
                icmp 10.0.0.2 > 10.1.0.2 type 8

            """,
            (await router.ReadStateAsync()).ToString());
    }

    [LabFact(Feature.NftInet, Feature.OvsVswitchd)]
    public async Task The_same_lab_built_twice_has_the_same_text()
    {
        Assert.Equal(await TextOfOneAsync(), await TextOfOneAsync());

        static async Task<string> TextOfOneAsync()
        {
            var (lab, sw, _, host, vm) = SampleStates.Create();
            await using var _ = lab;
            var brInt = sw.AddOvsBridge("br-int");
            brInt.AddFlow("table=0,priority=7,udp actions=drop");
            FakeVm vm2 = sw.AddVm("vm2", brInt, v => v.Address("10.7.0.2/24").Vlan(7)), vm3 = sw.AddVm("vm3", brInt, v => v.Address("10.7.0.3/24").Vlan(7));
            await lab.ApplyAsync();
            (await vm.PingAsync(host)).ShouldSucceed();
            (await vm2.PingAsync(vm3)).ShouldSucceed();
            await sw.RunAsync("ip link add made type veth peer name made2");
            return (await lab.ReadStateAsync()).ToString();
        }
    }

    [LabFact(Feature.NftInet)]
    public async Task An_idle_lab_read_twenty_times_does_not_change()
    {
        var (lab, _, _, host, vm) = SampleStates.Create();
        await using var _ = lab;
        await lab.ApplyAsync();
        (await vm.PingAsync(host)).ShouldSucceed();
        var first = await lab.ReadStateAsync();
        for (var n = 0; n < 20; n++)
        {
            Assert.Equal("no change", first.DiffTo(await lab.ReadStateAsync()).ToString());
        }
    }

    [LabFact(Feature.NftInet)]
    public async Task Reading_changes_nothing_that_a_program_could_see()
    {
        await using var lab = new Lab();
        var node = lab.AddHost("h", lab.AddNode("s").AddBridge("br0"), "10.0.0.1/24");
        await lab.ApplyAsync();
        var before = await SeenAsync();
        await node.ReadStateAsync();
        Assert.Equal(before, await SeenAsync());
        Assert.Equal(("", "", "0"), before);

        async Task<(string Tables, string Legacy, string Count)> SeenAsync() => (
            (await node.ExecAsync("nft", ["list", "ruleset"])).EnsureSuccess().Output,
            (await node.ExecAsync("cat", ["/proc/self/net/ip_tables_names", "/proc/self/net/ip6_tables_names"])).EnsureSuccess().Output,
            node.ReadSysctl("net.netfilter.nf_conntrack_count"));
    }

    [LabFact(Feature.NftTrace)]
    public async Task The_tables_by_which_frames_are_traced_are_no_part_of_the_state()
    {
        await using var lab = new Lab();
        var node = lab.AddHost("h", lab.AddNode("s").AddBridge("br0"), "10.0.0.1/24");
        node.AddRuleset("table inet mine { chain c { type filter hook input priority 0; udp dport 53 drop; }\n}\ntable arp others { chain c " +
            "{ type filter hook input priority 0; }\n}");
        await lab.ApplyAsync();
        var before = await node.ReadStateAsync();
        using var trace = NftTrace.Open(node.Live.Namespace);
        Assert.True(trace.Arm());
        Assert.Contains(NftTrace.ArmingTable, (await node.ExecAsync("nft", ["list", "ruleset"])).Output, StringComparison.Ordinal);

        var armed = await node.ReadStateAsync();

        Assert.Equal(before.NftRuleset, armed.NftRuleset);
        Assert.Contains("udp dport 53 drop", armed.NftRuleset, StringComparison.Ordinal);
        Assert.Equal("no change", before.DiffTo(armed).ToString());
    }

    [LabFact]
    public async Task A_node_without_rules_starts_no_program()
    {
        await using var lab = new Lab();
        var node = lab.AddHost("h", lab.AddNode("s").AddBridge("br0"), "10.0.0.1/24");
        await lab.ApplyAsync();
        var state = await new StateReader(node).AddFirewallAsync(new NodeState { Node = "h" }, default);
        Assert.Null(state.NftRuleset);
        Assert.Empty(state.Nft);
        Assert.Empty(state.NotRead);
    }

    [LabFact(Feature.NftInet)]
    public async Task A_program_that_is_missing_is_named_and_the_rest_is_read()
    {
        var (lab, _, router, _, _) = SampleStates.Create();
        await using var _ = lab;
        await lab.ApplyAsync();
        var state = await new StateReader(router) { Nft = "nft-that-is-nowhere" }.AddFirewallAsync(await router.ReadStateAsync(), default);
        Assert.Empty(state.Nft);
        Assert.Equal("nft ruleset", Assert.Single(state.NotRead).Part);
        Assert.Contains("not read\n    nft ruleset: start nft-that-is-nowhere: ENOENT", state.ToString(), StringComparison.Ordinal);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_switch_that_has_ended_is_named_and_the_rest_is_read()
    {
        await using var lab = new Lab();
        var node = lab.AddNode("compute");
        var bridge = node.AddOvsBridge("br-int");
        await lab.ApplyAsync();
        await node.Live.Ovs!.DisposeAsync();
        var state = await node.ReadStateAsync();
        Assert.Equal("Open vSwitch", Assert.Single(state.NotRead).Part);
        Assert.Contains(state.Links, l => l.Name == "lo");
        Assert.Contains("  not read\n    Open vSwitch: ", state.ToString(), StringComparison.Ordinal);
    }

    [LabFact(Feature.NftInet)]
    public async Task JSON_has_every_section_with_values_of_their_types()
    {
        var (lab, sw, router, host, vm) = SampleStates.Create();
        await using var _ = lab;
        await lab.ApplyAsync();
        (await vm.PingAsync(host)).ShouldSucceed();
        var state = await router.ReadStateAsync();
        using var json = JsonDocument.Parse(state.ToJson());
        var root = json.RootElement;
        var eth0 = root.GetProperty("links").EnumerateArray().Single(l => l.GetProperty("key").GetString() == "eth0");
        Assert.Equal((1500, "02:81:e5:95:f8:cb", true, JsonValueKind.Null),
            (eth0.GetProperty("mtu").GetInt32(), eth0.GetProperty("address").GetString(), eth0.GetProperty("carrier").GetBoolean(),
                eth0.GetProperty("master").ValueKind));
        Assert.True(eth0.GetProperty("rx_packets").GetInt64() > 0);
        Assert.True(eth0.GetProperty("index").GetInt32() > 0);
        Assert.Contains(root.GetProperty("nft").EnumerateArray(), r => r.TryGetProperty("handle", out var handle) && handle.GetInt64() > 0
            && r.GetProperty("as_listed").GetString()!.Contains("counter packets", StringComparison.Ordinal));
        Assert.Equal(state.NftRuleset, root.GetProperty("nft_ruleset").GetString());
        foreach (var (heading, entries) in state.Sections)
        {
            Assert.Equal(entries.Count(), root.GetProperty(heading.Replace(' ', '_')).GetArrayLength());
        }

        JsonElement[] nodes = [.. JsonDocument.Parse((await lab.ReadStateAsync()).ToJson()).RootElement.EnumerateArray()];
        Assert.Equal(["switch", "router", "host"], nodes.Select(n => n.GetProperty("node").GetString()!));
    }

    [LabFact]
    public async Task Two_readings_of_the_same_are_equal_and_of_another_are_not()
    {
        await using var lab = new Lab();
        var node = lab.AddHost("h", lab.AddNode("s").AddBridge("br0"), "10.0.0.1/24");
        await lab.ApplyAsync();
        var first = await node.ReadStateAsync();
        Assert.Equal(first, await node.ReadStateAsync());
        await node.Device("eth0").SetMtuAsync(1400);
        Assert.NotEqual(first, await node.ReadStateAsync());
    }

    [LabFact]
    public async Task A_lab_that_is_not_applied_has_no_state_yet()
    {
        await using var lab = new Lab();
        var node = lab.AddNode("n");
        Assert.Contains("lab.ApplyAsync()", (await Assert.ThrowsAsync<InvalidOperationException>(() => node.ReadStateAsync())).Message,
            StringComparison.Ordinal);
        Assert.Contains("lab.ApplyAsync()", (await Assert.ThrowsAsync<InvalidOperationException>(() => lab.ReadStateAsync())).Message,
            StringComparison.Ordinal);
    }
}
