using System.Text.Json;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.State;

/// <summary>Each kind of record beside what the program of its field says of the same node at the same time.</summary>
public sealed class StateMatchesProgramsTests : IAsyncLifetime
{
    private readonly Lab _lab;
    private readonly Node _switch, _router;
    private readonly FakeVm _vm;

    public StateMatchesProgramsTests()
    {
        (_lab, _switch, _router, _, _vm) = SampleStates.Create();
        _switch.Device("uplink").BridgePort = new BridgePortOptions { Isolated = true, Learning = false };
    }

    public async Task InitializeAsync()
    {
        await _lab.ApplyAsync();
        await _router.RunAsync("ip route add 10.8.0.0/16 nexthop via 10.0.0.2 weight 2 nexthop via 10.1.0.2");
        await _router.RunAsync("ip route add blackhole 10.7.0.0/16 table 100");
        await _router.RunAsync("ip -6 route add default via fd00:1::2 metric 7");
        await _router.RunAsync("ip rule add from 10.0.0.0/24 table 100 priority 50");
        await _router.RunAsync("ip nexthop add id 5 via 10.1.0.2 dev eth1");
        await _router.RunAsync("ip neighbour add proxy 10.0.0.50 dev eth0");
        await _router.RunAsync("tc qdisc add dev eth0 root handle 1: htb default 10");
        await _router.RunAsync("tc class add dev eth0 parent 1: classid 1:10 htb rate 1mbit");
        await _router.RunAsync("tc qdisc add dev eth1 clsact");
        await _router.RunAsync("tc filter add dev eth1 egress pref 3 protocol ip u32 match ip dst 10.0.0.0/8 action mirred egress mirror dev eth0");
        await _switch.RunAsync("bridge fdb add 02:00:00:00:00:77 dev uplink master static");
        (await _vm.PingAsync(_router)).ShouldSucceed();
    }

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.NftInet)]
    public async Task Links_are_those_of_ip_link()
    {
        foreach (var node in _lab.Nodes)
        {
            var state = await node.ReadStateAsync();
            Assert.Equal(
                (await AskAsync(node, "ip", "-j", "-d", "link")).Select(l => (
                    Text(l, "ifname"), Number(l, "ifindex"), Number(l, "mtu"), Text(l, "address"), Text(l, "operstate").ToLowerInvariant(),
                        Text(l, "master"), Has(l, "flags", "UP"), Has(l, "flags", "LOWER_UP"))).Order(),
                state.Links.Select(l => (
                    l.Name, l.Index, l.Mtu, StateField.TextOf(l.Mac), StateField.TextOf(l.OperState), l.Master ?? "", l.IsUp, l.HasCarrier)).Order());
        }

        var port = (await AskAsync(_switch, "ip", "-j", "-d", "link", "show", "uplink"))[0].GetProperty("linkinfo").GetProperty("info_slave_data");
        var uplink = (await _switch.ReadStateAsync()).Links.Single(l => l.Name == "uplink");
        Assert.Equal((true, false), (port.GetProperty("isolated").GetBoolean(), port.GetProperty("learning").GetBoolean()));
        Assert.Equal((true, false), (uplink.BridgePort!.Isolated, uplink.BridgePort.Learning));
        Assert.Equal("router/eth0", uplink.Peer);
    }

    [LabFact(Feature.NftInet)]
    public async Task Addresses_are_those_of_ip_address()
    {
        foreach (var node in _lab.Nodes)
        {
            Assert.Equal(
                (await AskAsync(node, "ip", "-j", "address")).SelectMany(l => l.GetProperty("addr_info").EnumerateArray()
                    .Where(a => a.TryGetProperty("local", out _))
                    .Select(a => (Text(l, "ifname"), Text(a, "local"), Number(a, "prefixlen"), Text(a, "scope")))).Order(),
                (await node.ReadStateAsync()).Addresses.Select(a =>
                    (a.Device, a.Address.ToString(), a.PrefixLength, a.Info.Scope is Scope.Universe ? "global" : StateField.TextOf(a.Info.Scope))).Order());
        }
    }

    [LabFact(Feature.NftInet)]
    public async Task Routes_of_all_tables_are_those_of_ip_route()
    {
        var theirs = new List<(string, string, string, string, int)>();
        foreach (var family in new[] { "-4", "-6" })
        {
            // iproute2 writes a host's route without its prefix length, and gives multicast routes of IPv6 a type of their own.
            theirs.AddRange((await AskAsync(_router, "ip", "-N", "-j", family, "route", "show", "table", "all")).Select(r => (
                Text(r, "dst") is var dst && dst == "default" ? family == "-6" ? "::/0" : dst : dst.Contains('/', StringComparison.Ordinal) ? dst
                    : dst + (family == "-6" ? "/128" : "/32"),
                Text(r, "gateway"), Text(r, "dev"), Text(r, "table") is { Length: > 0 } table ? table
                    : "254", r.TryGetProperty("nexthops", out var hops) ? hops.GetArrayLength() : 0)));
        }

        var state = await _router.ReadStateAsync();
        Assert.Equal(
            theirs.Order(),
            state.Routes.Select(r =>
                (r.Destination, r.Gateway?.ToString() ?? "", r.Device ?? "",
                    r.Info.Table.ToString(System.Globalization.CultureInfo.InvariantCulture), r.Nexthops.Count)).Order());
        Assert.Equal(["via 10.0.0.2 dev eth0 weight 2", "via 10.1.0.2 dev eth1 weight 1"], state.Routes.Single(r => r.Destination == "10.8.0.0/16").Nexthops);
        Assert.Equal(RouteType.Blackhole, state.Routes.Single(r => r.Table == "100").Type);
    }

    [LabFact(Feature.NftInet)]
    public async Task Rules_and_nexthops_are_those_of_ip_rule_and_ip_nexthop()
    {
        var state = await _router.ReadStateAsync();
        Assert.Equal(
            (await AskAsync(_router, "ip", "-N", "-j", "rule")).Concat(await AskAsync(_router, "ip", "-N", "-j", "-6", "rule"))
                .Select(r => (Number(r, "priority"), Text(r, "src"), Text(r, "table"))),
            state.Rules.Select(r => ((int)r.Info.Priority!, r.Info.From?.BaseAddress.ToString() ?? "all", $"{r.Info.Table}")));
        Assert.Equal(
            (await AskAsync(_router, "ip", "-j", "nexthop")).Select(n => (Number(n, "id"), Text(n, "gateway"), Text(n, "dev"))),
            state.Nexthops.Select(n => ((int)n.Info.Id, n.Info.Gateway!.ToString(), n.Device!)));
    }

    [LabFact(Feature.NftInet)]
    public async Task Neighbours_are_those_of_ip_neighbour()
    {
        var state = await _router.ReadStateAsync();
        Assert.Equal(
            (await AskAsync(_router, "ip", "-j", "neighbour", "show", "nud", "all")).Select(n => (Text(n, "dst"), Text(n, "dev"), Text(n, "lladdr"))).Order(),
            state.Neighbours.Where(n => !n.Info.Proxy).Select(n => (n.Address.ToString(), n.Device, n.Mac is null ? "" : StateField.TextOf(n.Mac))).Order());
        Assert.Equal(["10.0.0.50"], state.Neighbours.Where(n => n.Info.Proxy).Select(n => n.Address.ToString()));
        Assert.Equal("permanent", state.Neighbours.Single(n => n.Address.ToString() == "10.0.0.99").Standing);
    }

    [LabFact(Feature.NftInet)]
    public async Task The_forwarding_database_is_that_of_bridge_fdb()
    {
        var state = await _switch.ReadStateAsync();
        Assert.Equal(
            (await AskAsync(_switch, "bridge", "-j", "fdb")).Select(f => (Text(f, "mac"), Text(f, "ifname"), Text(f, "master"))).Order(),
            state.Fdb.Select(f => (StateField.TextOf(f.Mac), f.Device, f.Master ?? "")).Order());
        Assert.Equal(["02:00:00:00:00:77 master br0 dev uplink static", "02:11:e3:d1:b4:ef master br0 dev tap-vm1 dynamic"],
            state.Fdb.Where(f => f.IsShown).Select(f => f.ToString()).Order(StringComparer.Ordinal));
    }

    [LabFact(Feature.NftInet)]
    public async Task Qdiscs_classes_and_filters_are_those_of_tc()
    {
        var state = await _router.ReadStateAsync();
        Assert.Equal(
            (await AskAsync(_router, "tc", "-j", "qdisc")).Select(q => (Text(q, "kind"), Text(q, "dev"))).Order(),
            state.Qdiscs.Where(q => !q.IsClass).Select(q => (q.Kind, q.Device)).Order());
        Assert.StartsWith("dev eth0 classid 1:10 htb parent root rate 1000000 ceiling 1000000 ", Assert.Single(state.Qdiscs, q => q.IsClass)
            .ToString(), StringComparison.Ordinal);
        Assert.Equal(["dev eth1 egress pref 3 u32 handle 80000800 protocol 0x0800 match 0x0a000000/0xff000000 at 16 action mirror to eth0"],
            state.Filters.Where(f => f.IsShown).Select(f => f.ToString()));
    }

    [LabFact(Feature.NftInet)]
    public async Task Rules_of_nft_are_those_of_its_JSON()
    {
        await _router.RunAsync("iptables-nft -A FORWARD -m physdev --physdev-in tap0 -j DROP");
        var state = await _router.ReadStateAsync();
        JsonElement[] theirs = [.. JsonDocument.Parse(
            (await _router.ExecAsync("nft", ["-j", "-a", "list", "ruleset"])).EnsureSuccess().Output).RootElement.GetProperty("nftables").EnumerateArray()];
        foreach (var what in new[] { "table", "chain", "rule", "set" })
        {
            Assert.Equal(
                theirs.Where(t => t.TryGetProperty(what, out _)).Select(t => t.GetProperty(what))
                    .Select(t => (Text(t, "family"), Text(t, what is "rule" ? "chain" : "name"), Number(t, "handle"))).Order(),
                state.Nft.Where(n => n.What == what).Select(n => (StateField.TextOf(n.Family), n.Name, (int)n.Handle)).Order());
        }

        Assert.Equal("iptables-nft -t filter -A FORWARD -m physdev --physdev-in tap0 -j DROP", state.Iptables.Single(i => i.Text.StartsWith('-')).ToString());
    }

    [LabFact(Feature.NftInet)]
    public async Task Connections_are_those_of_conntrack()
    {
        var listed = (await _router.ExecAsync("conntrack", ["-L", "-o", "id"])).EnsureSuccess().Output;
        var one = Assert.Single((await _router.ReadStateAsync()).Connections);
        Assert.Contains($"src={one.Info.Original.Source} dst={one.Info.Original.Destination} type=8 code=0 id={one.Info.Original.SourcePort} ",
            listed, StringComparison.Ordinal);
        Assert.Contains($" id={one.Info.Id}", listed, StringComparison.Ordinal);
    }

    [LabFact(Feature.NftInet)]
    public async Task Sysctls_are_those_of_sysctl()
    {
        foreach (var node in _lab.Nodes)
        {
            foreach (var setting in (await node.ReadStateAsync()).Sysctls.Where(s => !s.IsVolatile))
            {
                Assert.Equal((setting.Name, node.ReadSysctl(setting.Name).Replace('\t', ' ')), (setting.Name, setting.Value));
            }
        }
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Open_vSwitch_is_that_of_ovs_vsctl()
    {
        await using var lab = new Lab();
        var node = lab.AddNode("compute");
        OvsBridge brInt = node.AddOvsBridge("br-int", new OvsBridgeOptions { FailMode = "secure" }), brTun = node.AddOvsBridge("br-tun");
        brInt.AddPatch(brTun, "patch-tun", "patch-int");
        brInt.AddFlow("table=0,priority=3,ip actions=NORMAL");
        node.AddVm("vm1", brInt, v => v.Vlan(7));
        await lab.ApplyAsync();
        var state = await node.ReadStateAsync();
        async Task<string[]> VsctlAsync(params string[] words) =>
            (await node.ExecAsync("ovs-vsctl", words)).EnsureSuccess().Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(await VsctlAsync("list-br"), state.OvsBridges.Select(b => b.Info.Name));
        Assert.Equal(Assert.Single(await VsctlAsync("get-fail-mode", "br-int")), state.OvsBridges[0].Info.FailMode);
        Assert.Equal((await VsctlAsync("list-ports", "br-int")).Append("br-int").Order(StringComparer.Ordinal),
            state.OvsPorts.Where(p => p.Info.Bridge == "br-int").Select(p => p.Info.Name).Order(StringComparer.Ordinal));
        Assert.Equal(Assert.Single(await VsctlAsync("get", "port", "tap-vm1", "tag")), $"{state.OvsPorts.Single(p => p.Info.Name == "tap-vm1").Info.Tag}");
        Assert.Equal("patch-tun bridge br-int type patch options peer=patch-int", state.OvsPorts.Single(p => p.Info.Name == "patch-tun").ToString());
        Assert.Equal(["br-int table=0,priority=3,ip actions NORMAL"], state.OvsFlows.Where(f => f.Bridge == "br-int").Select(f => f.ToString()));
    }

    private static async Task<JsonElement[]> AskAsync(Node node, string program, params string[] arguments) =>
        [.. JsonDocument.Parse((await node.ExecAsync(program, arguments)).EnsureSuccess().Output is { Length: > 0 } text ? text
            : "[]").RootElement.EnumerateArray().Where(e => e.EnumerateObject().Any())];

    private static string Text(JsonElement element, string name) => element.TryGetProperty(name, out var value) ? value.ToString() : "";

    private static int Number(JsonElement element, string name) => element.GetProperty(name).GetInt32();

    private static bool Has(JsonElement element, string name, string word) => element.GetProperty(name).EnumerateArray().Any(f => f.GetString() == word);
}
