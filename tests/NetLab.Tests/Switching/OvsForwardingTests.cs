using NetLab.Linux.Processes;
using static NetLab.Tests.OvsBed;

namespace NetLab.Tests;

/// <summary>Frames through the bridges of a private Open vSwitch.</summary>
public class OvsForwardingTests
{
    [Fact]
    public async Task A_bridge_floods_what_it_does_not_know_and_learns()
    {
        await using var bed = await WithBridgeAsync(null, ("a", null), ("b", null), ("c", null));

        Assert.Equal("b c", await bed.WhoGetsAsync("a", Frame(Mac(2), from: 1)));
        Assert.Equal("a", await bed.WhoGetsAsync("b", Frame(Mac(1), from: 2)));
        Assert.Equal("b", await bed.WhoGetsAsync("a", Frame(Mac(2), from: 1)));
        Assert.Equal([("a", "02:00:00:00:00:01"), ("b", "02:00:00:00:00:02")],
            (await bed.Ovs.DumpMacsAsync("br0", default)).Select(m => (m.Port, m.Mac)).Order());
    }

    [Fact]
    public async Task An_address_that_moves_and_comes_back_is_followed_at_once()
    {
        await using var bed = await WithBridgeAsync(null, ("a", null), ("b", null), ("c", null));

        // The way back hits a flow that the datapath has cached, which by itself teaches nothing.
        foreach (var where in (string[])["a", "b", "a", "b", "a"])
        {
            _ = await bed.WhoGetsAsync(where, Frame(Mac(9), from: 1));
            Assert.Equal(where, await bed.WhoGetsAsync("c", Frame(Mac(1), from: 3)));
        }
    }

    [Fact]
    public async Task Access_ports_hear_only_their_VLAN_and_trunks_only_theirs()
    {
        await using var bed = await WithBridgeAsync(
            null,
            ("a10", OvsPortOptions.Access(10)),
            ("b10", OvsPortOptions.Access(10)),
            ("c20", OvsPortOptions.Access(20)),
            ("t20", OvsPortOptions.Trunk(20, 30)),
            ("u", null),
            ("v0", OvsPortOptions.Trunk(0, 10)));

        Assert.Equal("b10 u:10 v0:10", await bed.WhoGetsAsync("a10", Frame(Everybody, from: 1)));
        Assert.Equal("t20:20 u:20", await bed.WhoGetsAsync("c20", Frame(Everybody, from: 2)));
        Assert.Equal("c20 u:20", await bed.WhoGetsAsync("t20", Frame(Everybody, from: 3, vlan: 20)));
        Assert.Equal("", await bed.WhoGetsAsync("t20", Frame(Everybody, from: 3, vlan: 10)));
        Assert.Equal("", await bed.WhoGetsAsync("t20", Frame(Everybody, from: 3)));
        Assert.Equal("", await bed.WhoGetsAsync("a10", Frame(Everybody, from: 1, vlan: 10)));
        Assert.Equal("v0", await bed.WhoGetsAsync("u", Frame(Everybody, from: 4)));
    }

    [Fact]
    public async Task A_native_VLAN_and_a_tunnel_of_tags_do_as_documented()
    {
        await using var bed = await WithBridgeAsync(
            null,
            ("native", new OvsPortOptions { Tag = 5, VlanMode = "native-untagged", Trunks = [5, 6] }),
            ("q1", new OvsPortOptions { Tag = 5, VlanMode = "dot1q-tunnel", OtherConfig = new Dictionary<string, string> { ["qinq-ethtype"] = "802.1q" } }),
            ("q2", new OvsPortOptions { Tag = 5, VlanMode = "dot1q-tunnel", OtherConfig = new Dictionary<string, string> { ["qinq-ethtype"] = "802.1q" } }),
            ("trunk", null));

        Assert.Equal("q1 q2 trunk:5", await bed.WhoGetsAsync("native", Frame(Everybody, from: 1)));
        Assert.Equal("trunk:6", await bed.WhoGetsAsync("native", Frame(Everybody, from: 1, vlan: 6)));
        Assert.Equal("native:77 q2:77 trunk:5.77", await bed.WhoGetsAsync("q1", Frame(Everybody, from: 2, vlan: 77)));
    }

    [Fact]
    public async Task Patch_ports_join_bridges_and_a_change_takes_them_apart()
    {
        await using var bed = await CreateAsync();
        bed.AddTaps("a", "b");
        await bed.Ovs.ApplyAsync(
            new OvsChange()
                .SetBridge("br0").SetPort("br0", "a", OvsPortOptions.Access(7)).SetPort("br0", "to1", OvsPortOptions.Patch("to0"))
                .SetBridge("br1").SetPort("br1", "b").SetPort("br1", "to0", OvsPortOptions.Patch("to1")),
            default);
        Assert.Equal("b:7", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));

        await bed.Ovs.ApplyAsync(new OvsChange().RemovePort("br0", "to1"), default);
        Assert.Equal("", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));

        await bed.Ovs.ApplyAsync(new OvsChange().RemoveBridge("br0").SetPort("br1", "a"), default);
        Assert.Equal("b", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));
    }

    [Fact]
    public async Task A_port_that_loses_its_tag_is_an_ordinary_port_again()
    {
        await using var bed = await WithBridgeAsync(null, ("a", OvsPortOptions.Access(10)), ("b", null));
        Assert.Equal("b:10", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));

        await bed.Ovs.ApplyAsync(new OvsChange().SetPort("br0", "a"), default);

        Assert.Equal("b", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));
    }

    [Fact]
    public async Task A_secure_bridge_forwards_nothing_until_it_has_flows()
    {
        await using var bed = await WithBridgeAsync(new OvsBridgeOptions { FailMode = "secure" }, ("a", null), ("b", null));
        Assert.Equal("", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));

        await bed.Ovs.AddFlowsAsync("br0", ["in_port=a actions=output:b"], default);

        Assert.Equal("b", await bed.WhoGetsAsync("a", Frame(Everybody, from: 1)));
        Assert.Equal("", await bed.WhoGetsAsync("b", Frame(Everybody, from: 2)));
    }

    [Fact]
    public async Task Two_nodes_have_an_Open_vSwitch_each_with_the_same_names_in_it()
    {
        await using var group = ProcessGroup.Create();
        await using var one = await CreateAsync("compute/1", group);
        await using var two = await CreateAsync("compute:1", group);
        foreach (var (bed, tag) in (IEnumerable<(OvsBed, int)>)[(one, 10), (two, 20)])
        {
            bed.AddTaps("a", "b", "c");
            await bed.Ovs.ApplyAsync(new OvsChange().SetBridge("br0").SetPort("br0", "a", OvsPortOptions.Access(tag))
                .SetPort("br0", "b", OvsPortOptions.Access(10)).SetPort("br0", "c", OvsPortOptions.Access(20)), default);
        }

        Assert.Equal("b", await one.WhoGetsAsync("a", Frame(Everybody, from: 1)));
        Assert.Equal("c", await two.WhoGetsAsync("a", Frame(Everybody, from: 1)));
        await one.Ovs.DisposeAsync();
        Assert.Equal("c", await two.WhoGetsAsync("a", Frame(Everybody, from: 1)));
    }
}
