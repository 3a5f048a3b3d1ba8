using static NetLab.Tests.OvsBed;

namespace NetLab.Tests;

/// <summary>Flow tables: changes hold for the very next frame, counts include the last one, mistakes are named.</summary>
public class OvsFlowTests
{
    [Fact]
    public async Task A_changed_flow_holds_for_the_very_next_frame()
    {
        await using var bed = await WithBridgeAsync(new OvsBridgeOptions { FailMode = "secure" }, ("a", null), ("b", null), ("c", null));
        for (var round = 0; round < 20; round++)
        {
            await bed.Ovs.ReplaceFlowsAsync("br0", ["in_port=a actions=output:b"], default);
            Assert.Equal("b", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));
            Assert.Equal("b", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));
            await bed.Ovs.ReplaceFlowsAsync("br0", ["in_port=a actions=output:c"], default);
            Assert.Equal("c", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));
        }
    }

    [Fact]
    public async Task Counts_of_a_flow_are_exact_and_a_flow_can_be_written_as_it_is_read()
    {
        await using var bed = await WithBridgeAsync(new OvsBridgeOptions { FailMode = "secure" }, ("a", null), ("b", null));
        await bed.Ovs.AddFlowsAsync("br0",
            ["table=0,priority=7,cookie=0x5,in_port=a,dl_vlan=20 actions=strip_vlan,output:b", "table=0,priority=1 actions=drop"], default);
        for (var n = 0; n < 100; n++)
        {
            bed.Send("a", Frame(Everybody, from: 1, vlan: 20));
        }

        var flows = await bed.Ovs.DumpFlowsAsync("br0", default);

        var flow = flows.Single(f => f.Priority is 7);
        Assert.Equal((100, 6400, 5ul), (flow.Packets, flow.Bytes, flow.Cookie));
        Assert.Equal(100, bed.Receive("b").Count);

        await bed.Ovs.ReplaceFlowsAsync("br0", [.. flows.Select(f => f.ToString())], default);
        Assert.Equal(flows.Select(f => f.ToString()), (await bed.Ovs.DumpFlowsAsync("br0", default)).Select(f => f.ToString()));
    }

    [Fact]
    public async Task A_learned_flow_follows_each_frame_at_once()
    {
        // What br-tun of Neutron does: the way back to an address is learned from where it was last seen.
        await using var bed = await WithBridgeAsync(new OvsBridgeOptions { FailMode = "secure" }, ("a", null), ("b", null), ("c", null));
        await bed.Ovs.ReplaceFlowsAsync("br0",
        [
            "table=0,in_port=c actions=resubmit(,20)",
            "table=0,priority=0 actions=learn(table=20,hard_timeout=300,priority=1,NXM_OF_ETH_DST[]=NXM_OF_ETH_SRC[],output:NXM_OF_IN_PORT[]),output:c",
            "table=20,priority=0 actions=output:a,output:b",
        ],
        default);

        Assert.Equal("a b", await bed.WhoGetsAsync("c", Frame(Mac(1), from: 3)));
        foreach (var where in (string[])["a", "b", "a", "b"])
        {
            Assert.Equal("c", await bed.WhoGetsAsync(where, Frame(Mac(3), from: 1)));
            Assert.Equal(where, await bed.WhoGetsAsync("c", Frame(Mac(1), from: 3)));
        }
    }

    [Fact]
    public async Task Deleted_flows_are_gone()
    {
        await using var bed = await WithBridgeAsync(null, ("a", null), ("b", null));
        await bed.Ovs.AddFlowsAsync("br0", ["priority=5,in_port=a actions=drop", "priority=5,in_port=b actions=drop"], default);

        await bed.Ovs.DeleteFlowsAsync("br0", ["in_port=a"], default);

        Assert.Equal(["table=0,priority=5,in_port=b actions=drop", "table=0,priority=0 actions=NORMAL"],
            (await bed.Ovs.DumpFlowsAsync("br0", default)).Select(f => f.ToString()));
        await bed.Ovs.DeleteFlowsAsync("br0", [""], default);
        Assert.Empty(await bed.Ovs.DumpFlowsAsync("br0", default));
    }

    [Theory]
    [InlineData("in_port=a,nonsense=1 actions=drop", "unknown keyword nonsense, in the flow: in_port=a,nonsense=1 actions=drop")]
    [InlineData("in_port=a actions=output:nowhere", "nowhere: output to unknown port, in the flow: in_port=a actions=output:nowhere")]
    [InlineData("in_port=a actions=group:77", "OFPBAC_BAD_OUT_GROUP")]
    public async Task A_wrong_flow_is_quoted_and_none_is_added(string flow, string says)
    {
        await using var bed = await WithBridgeAsync(null, ("a", null));

        var e = await Assert.ThrowsAsync<OvsException>(() => bed.Ovs.AddFlowsAsync("br0", ["priority=3 actions=drop", flow], default));

        Assert.StartsWith("add flows to bridge br0 in node box: ", e.Message, StringComparison.Ordinal);
        Assert.Contains(says, e.Message, StringComparison.Ordinal);
        Assert.Single(await bed.Ovs.DumpFlowsAsync("br0", default));
    }

    [Fact]
    public async Task Flows_for_a_bridge_that_is_not_there_or_speaks_no_OpenFlow_14_are_refused_with_the_reason()
    {
        await using var bed = await WithBridgeAsync(new OvsBridgeOptions { Protocols = ["OpenFlow10"] });

        var missing = await Assert.ThrowsAsync<OvsException>(() => bed.Ovs.AddFlowsAsync("br9", ["actions=drop"], default));
        Assert.Contains("there is no bridge br9", missing.Message, StringComparison.Ordinal);
        var old = await Assert.ThrowsAsync<OvsException>(() => bed.Ovs.AddFlowsAsync("br0", ["actions=drop"], default));
        Assert.Contains("let the bridge's Protocols include OpenFlow14", old.Message, StringComparison.Ordinal);
        Assert.Single(await bed.Ovs.DumpFlowsAsync("br0", default));
        await Assert.ThrowsAsync<ArgumentException>(() => bed.Ovs.AddFlowsAsync("br0", ["actions=drop\nactions=NORMAL"], default));
    }

    [Fact]
    public async Task Groups_come_by_any_other_command_of_ovs_ofctl()
    {
        await using var bed = await WithBridgeAsync(null, ("a", null), ("b", null), ("c", null));
        await bed.Ovs.OpenFlowAsync("br0", "add-groups", ["-"], ["group_id=1,type=all,bucket=output:b,bucket=output:c"], default);
        await bed.Ovs.AddFlowsAsync("br0", ["priority=9,in_port=a actions=group:1"], default);

        Assert.Equal("b c", await bed.WhoGetsAsync("a", Frame(Mac(7), from: 1)));
    }
}
