using System.Net.Sockets;
using System.Text;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests;

/// <summary>What is described of a bridge and its ports can be described anew while they run, and the next apply does it.</summary>
public sealed class OvsLiveChangeTests : IAsyncLifetime
{
    private readonly Lab _lab = new();
    private readonly OvsBridge _int, _tun;
    private readonly OvsPort _patch;

    public OvsLiveChangeTests()
    {
        var node = _lab.AddNode("compute1");
        _int = node.AddOvsBridge("br-int");
        _tun = node.AddOvsBridge("br-tun");
        (_patch, _) = _int.AddPatch(_tun, "patch-tun", "patch-int");
        node.AddVm("vm1", _int);
    }

    public Task InitializeAsync() => _lab.ApplyAsync();

    public Task DisposeAsync() => _lab.DisposeAsync().AsTask();

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_tag_of_a_patch_port_and_of_a_device_is_done_by_the_next_apply()
    {
        _patch.Tag = 9;
        _int.Port(_int.Ports[0]).Options = OvsPortOptions.Trunk(7, 8);
        await _lab.ApplyAsync();

        Assert.Equal(9, (await RowAsync("patch-tun")).Tag);
        Assert.Equal([7, 8], (await RowAsync(_int.Ports[0].Name)).Trunks);

        await _int.SetPortAsync(_patch, port => port with { Tag = null, OfportRequest = 44 });

        Assert.Equal((null, 44), ((await RowAsync("patch-tun")).Tag, (await RowAsync("patch-tun")).Ofport));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Options_of_a_bridge_are_done_by_the_next_apply_and_its_datapath_is_refused_by_name()
    {
        _int.Options = _int.Options with { FailMode = "secure", OtherConfig = new Dictionary<string, string> { ["mac-table-size"] = "50000" } };
        await _lab.ApplyAsync();

        var row = (await _int.Node.ReadStateAsync()).OvsBridges.Single(bridge => bridge.Info.Name == "br-int").Info;
        Assert.Equal(("secure", "50000"), (row.FailMode, row.OtherConfig["mac-table-size"]));

        var refused = Assert.Throws<InvalidOperationException>(() => _int.Options = _int.Options with { DatapathType = "elsewhere" });
        Assert.Contains("compute1/br-int runs with datapath_type netdev, and cannot change to elsewhere", refused.Message);
    }

    public static TheoryData<string, Action<OvsLiveChangeTests>, string> Wishes => new()
    {
        { "Open_vSwitch . other_config:vlan-limit", test => test._int.Node.OvsOptions = new() { OtherConfig = Map("vlan-limit", "2") }, "\"2\"" },
        { "Open_vSwitch . other_config:n-handler-threads", test => test._int.Node.OvsOptions = new() { OtherConfig = Map("n-handler-threads", "2") }, "\"2\"" },
        { "Open_vSwitch . external_ids:system-id", test => test._int.Node.OvsOptions = new() { ExternalIds = Map("system-id", "c1") }, "c1" },
        { "Bridge br-int fail_mode", test => test._int.Options = new() { FailMode = "secure" }, "secure" },
        { "Bridge br-int protocols", test => test._int.Options = new() { Protocols = ["OpenFlow14"] }, "[OpenFlow14]" },
        { "Bridge br-int stp_enable", test => test._int.Options = new() { StpEnable = true }, "true" },
        { "Bridge br-int mcast_snooping_enable", test => test._int.Options = new() { MulticastSnooping = true }, "true" },
        { "Bridge br-int external_ids:a", test => test._int.Options = new() { ExternalIds = Map("a", "b") }, "b" },
        { "Bridge br-int other_config:hwaddr", test => test._int.Options = new() { HardwareAddress = "fa:16:3e:00:00:09" }, "\"fa:16:3e:00:00:09\"" },
        { "Interface br-int mac_in_use", test => test._int.Options = new() { HardwareAddress = "fa:16:3e:00:00:09" }, "\"fa:16:3e:00:00:09\"" },
        { "Port tap-vm1 vlan_mode", test => test.Row = new() { VlanMode = "native-tagged", Tag = 3 }, "native-tagged" },
        { "Port tap-vm1 trunks", test => test.Row = OvsPortOptions.Trunk(3, 4), "[3, 4]" },
        { "Port tap-vm1 other_config:net_uuid", test => test.Row = new() { OtherConfig = Map("net_uuid", "n") }, "n" },
        { "Interface tap-vm1 external_ids:iface-id", test => test.Row = new() { ExternalIds = Map("iface-id", "i") }, "i" },
        { "Interface tap-vm1 ofport", test => test.Row = new() { OfportRequest = 77 }, "77" },
        { "Interface tap-vm1 mtu", test => test.Row = new() { MtuRequest = 1400 }, "1400" },
        { "Interface patch-tun options:peer", test => test._patch.Options = OvsPortOptions.Patch("nonexistent-peer"), "nonexistent-peer" },
    };

    private OvsPortOptions Row
    {
        set => _int.Port(_int.Ports[0]).Options = value;
    }

    [LabTheory(Feature.OvsVswitchd)]
    [MemberData(nameof(Wishes))]
    public async Task Every_column_that_can_be_described_is_changed_by_the_next_apply(string column, Action<OvsLiveChangeTests> wish, string expected)
    {
        Assert.NotEqual(expected, await GetAsync(column));

        wish(this);
        await _lab.ApplyAsync();

        Assert.Equal(expected, await GetAsync(column));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Controllers_come_and_go_by_the_next_apply()
    {
        _int.Options = _int.Options with { Controllers = ["tcp:127.0.0.1:6653"] };
        await _lab.ApplyAsync();
        Assert.Contains("tcp:127.0.0.1:6653", await RunAsync("get-controller", "br-int"));

        _int.Options = _int.Options with { Controllers = [] };
        await _lab.ApplyAsync();
        Assert.Equal("", await RunAsync("get-controller", "br-int"));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_row_of_Open_vSwitch_is_the_whole_wish_beside_the_threads_of_a_lab()
    {
        _int.Node.OvsOptions = new OvsOptions { OtherConfig = Map("vlan-limit", "2"), ExternalIds = Map("system-id", "c1") };
        await _lab.ApplyAsync();
        _int.Node.OvsOptions = null;
        await _lab.ApplyAsync();

        Assert.Equal("{n-handler-threads=\"1\", n-revalidator-threads=\"1\"}", await RunAsync("get", "Open_vSwitch", ".", "other_config"));
        Assert.Equal("{}", await RunAsync("get", "Open_vSwitch", ".", "external_ids"));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_node_with_the_row_alone_runs_Open_vSwitch_where_a_program_makes_the_bridges()
    {
        var chassis = _lab.AddNode("chassis");
        chassis.OvsOptions = new OvsOptions { ExternalIds = Map("system-id", "chassis") };
        await _lab.ApplyAsync();

        await chassis.ExecAsync("ovs-vsctl", "add-br", "br-int");

        Assert.Equal("chassis", (await chassis.ExecAsync("ovs-vsctl", "get", "Open_vSwitch", ".", "external_ids:system-id")).Output.Trim());
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task Its_database_is_asked_by_its_socket_from_the_test_itself()
    {
        using var socket = new Socket(AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified);
        await socket.ConnectAsync(new UnixDomainSocketEndPoint(_int.Node.RunDirectory + "/openvswitch/db.sock"));
        await socket.SendAsync("""{"method":"list_dbs","params":[],"id":1}"""u8.ToArray());
        var answer = new byte[1000];

        Assert.Contains("Open_vSwitch", Encoding.UTF8.GetString(answer, 0, await socket.ReceiveAsync(answer)), StringComparison.Ordinal);
        Assert.True(File.Exists(_int.Node.RunDirectory + "/openvswitch/br-int.mgmt"));
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task The_mac_of_a_bridge_is_that_which_it_has_and_can_be_changed()
    {
        Assert.Equal(MacAddress.From(_int.ReadLink().Mac!), _int.Mac);

        await _int.SetMacAsync(MacAddress.Parse("fa:16:3e:00:00:77"));

        Assert.Equal("fa:16:3e:00:00:77", MacAddress.From(_int.ReadLink().Mac!).ToString());
        Assert.Equal("fa:16:3e:00:00:77", _int.Mac.ToString());
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_patch_port_is_taken_out_and_another_comes()
    {
        await _int.RemovePortAsync(_patch);
        var options = new Dictionary<string, string> { ["remote_ip"] = "192.168.1.2", ["in_key"] = "flow", ["out_key"] = "flow" };
        _int.AddTunnel("vxlan-c0a80102", "vxlan", options).Tag = 3;
        await _lab.ApplyAsync();

        var ports = (await _int.Node.ReadStateAsync()).OvsPorts
            .Where(port => port.Info.Bridge == "br-int").ToDictionary(port => port.Info.Name, port => port.Info);
        Assert.DoesNotContain("patch-tun", ports.Keys);
        Assert.Equal(("vxlan", 3), (ports["vxlan-c0a80102"].Type, ports["vxlan-c0a80102"].Tag));
        Assert.Contains("no patch port or tunnel", (await Assert.ThrowsAsync<TopologyException>(() => _int.RemovePortAsync(_patch))).Message);
    }

    [LabFact(Feature.OvsVswitchd)]
    public async Task A_strict_delete_takes_the_one_flow_and_a_loose_one_all_that_it_covers()
    {
        await _tun.AddFlowsAsync(
            ["table=5,priority=10,udp,actions=drop", "table=5,priority=20,udp,actions=drop", "table=5,priority=20,udp,tp_dst=53,actions=drop"]);

        await _tun.DeleteFlowsStrictAsync(["table=5,priority=20,udp"]);
        Assert.Equal(2, await CountAsync());

        await _tun.DeleteFlowsAsync(["table=5,udp"]);
        Assert.Equal(0, await CountAsync());

        async Task<int> CountAsync() => (await _tun.Node.ReadStateAsync()).OvsFlows.Count(flow => flow.Bridge == "br-tun" && flow.Info.Table == 5);
    }

    private static Dictionary<string, string> Map(string key, string value) => new() { [key] = value };

    private async Task<string> GetAsync(string column)
    {
        var words = column.Split(' ');
        return await RunAsync("--if-exists", "get", words[0], words[1], words[2]);
    }

    private async Task<string> RunAsync(params string[] words) => (await _int.Node.ExecAsync("ovs-vsctl", words)).Output.Trim();

    private async Task<OvsPortState> RowAsync(string name) =>
        (await _int.Node.ReadStateAsync()).OvsPorts.Single(port => port.Info.Name == name).Info;
}
