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

    private async Task<OvsPortState> RowAsync(string name) =>
        (await _int.Node.ReadStateAsync()).OvsPorts.Single(port => port.Info.Name == name).Info;
}
