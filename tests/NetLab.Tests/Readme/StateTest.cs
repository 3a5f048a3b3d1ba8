using NetLab.Xunit;

namespace NetLab.Tests.Readme;

public class StateTest
{
    // README: state
    [LabFact]
    public async Task A_lost_route_is_the_only_difference()
    {
        await using var lab = new Lab();
        var router = lab.AddHost("router", lab.AddNode("switch").AddBridge("br0"), "10.0.0.1/24");
        router.AddRoute("10.9.0.0/16", via: "10.0.0.254");
        await lab.ApplyAsync();
        var before = await router.ReadStateAsync();
        await router.ExecAsync("ip", ["route", "del", "10.9.0.0/16"]);
        Assert.Equal("- route 10.9.0.0/16 via 10.0.0.254 dev eth0", before.DiffTo(await router.ReadStateAsync()).ToString());
    }
    // README: end
}
