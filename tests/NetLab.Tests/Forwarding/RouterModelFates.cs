using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>
/// Where frames are followed by packet sockets, the kernel does not tell why a router keeps a packet. What the router decides is gone through on its
/// state then, and the words are the same.
/// </summary>
[Trait("Category", "Fate")]
public sealed class RouterModelFates
{
    public static TheoryData<string> Of4 =>
    [
        "a blackhole route", "an unreachable route", "a prohibit route", "a throw route with nothing behind it", "a rule that prohibits",
            "a rule that leads to a table with a blackhole",
        "the device of the route is down", "forwarding is off for one device", "the strict reverse path filter", "the loose reverse path filter",
        "ARP for an address of another device", "ARP that is never answered", "ARP from where no route leads back", "a ping that is not answered",
            "a tagged frame on an interface without VLANs",
    ];

    public static TheoryData<string> Of6 =>
    [
        "no route", "an unreachable route", "a prohibit route", "a rule that prohibits", "forwarding is off", "the hop limit runs out",
            "a neighbour that does not answer",
        "a device without a link-local address", "IPv6 is off",
    ];

    [LabTheory, MemberData(nameof(Of4))]
    public Task An_IPv4_packet_that_ends_says_why_without_the_kernels_reason(string cause) => CheckAsync(Ipv4Causes.Table, cause);

    [LabTheory, MemberData(nameof(Of6))]
    public Task An_IPv6_packet_that_ends_says_why_without_the_kernels_reason(string cause) => CheckAsync(Ipv6Causes.Table, cause);

    [LabTheory]
    [InlineData("accept_local", "10.0.2.1", "own-source")]
    [InlineData("route_localnet", "127.0.0.5", "martian")]
    public async Task What_is_set_for_all_devices_counts_for_each(string setting, string from, string cause)
    {
        await using var scene = await RouterScene.BuildAsync(FrameTracing.PacketSockets);
        Assert.Contains(cause, await CausesAsync());
        await scene.Router.DoAsync($"sysctl -w net.ipv4.conf.all.{setting}=1");
        Assert.DoesNotContain(cause, await CausesAsync());

        async Task<IEnumerable<string?>> CausesAsync() => (await scene.SendAsync(scene.Udp("10.0.2.77", from))).Copies.Select(c => c.Reason?.Cause.Word);
    }

    private static async Task CheckAsync(CauseTable<RouterScene> table, string cause)
    {
        var reason = await table.CheckAsync(cause, RouterScene.BuildAsync(FrameTracing.PacketSockets));
        Assert.DoesNotContain(reason.Evidence, e => e.Source == "kernel");
    }
}
