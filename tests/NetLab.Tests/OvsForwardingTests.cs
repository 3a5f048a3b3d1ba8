using static NetLab.Tests.OvsBed;

namespace NetLab.Tests;

/// <summary>Frames through a private Open vSwitch.</summary>
public class OvsForwardingTests
{
    [Fact]
    public async Task A_bridge_floods_what_it_does_not_know_and_learns()
    {
        await using var bed = await WithBridgeAsync(null, ("a", null), ("b", null), ("c", null));

        Assert.Equal("b c", await bed.WhoGetsAsync("a", Frame(Mac(2), from: 1)));
        Assert.Equal("a", await bed.WhoGetsAsync("b", Frame(Mac(1), from: 2)));
        Assert.Equal("b", await bed.WhoGetsAsync("a", Frame(Mac(2), from: 1)));
        Assert.Equal([("a", "02:00:00:00:00:01"), ("b", "02:00:00:00:00:02")], (await bed.Ovs.DumpMacsAsync("br0", default)).Select(m => (m.Port, m.Mac)).Order());
    }
}
