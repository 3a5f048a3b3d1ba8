using System.Net;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>A node that has asked in vain already, and sends again: its packet waits for the neighbour, or is refused by its entry, and that is told.</summary>
[Trait("Category", "Fate")]
public sealed class AskedBefore
{
    [LabTheory(Feature.BpfTracing)]
    [InlineData(0)]
    [InlineData(2800)]
    [InlineData(3300)]
    public async Task A_ping_after_one_that_found_no_neighbour_is_told_to_wait_for_the_neighbour_too(int milliseconds)
    {
        await using var scene = await ExchangeScene.BuildAsync();
        await scene.DoAsync("sw: nft table bridge f { chain c { type filter hook forward priority 0; ether type arp drop; }; }");
        var b = IPAddress.Parse(ExchangeScene.B);
        Assert.Equal("nft-rule", (await scene.HostA.PingAsync(b)).Why?.Cause.Word);
        await Task.Delay(milliseconds); // what the kernel's own timer has done by then is what is tried

        for (var i = 0; i < 3; i++)
        {
            var ping = await scene.HostA.PingAsync(b);
            var text = $"{i}: {ping}{Environment.NewLine}{ping.Exchange.Describe()}";

            // Either the kernel asked once more, and its question is followed; or the packet waited until the kernel gave up, having asked three times before.
            var asked = ping.Exchange.Legs.Any(l => l.Kind is ExchangeLegKind.NeighbourRequest);
            Assert.True(ping.Why is { } why && (asked ? (why.Cause.Word, why.Place) == ("nft-rule", "sw/p2")
                : why.Cause.Word == "neighbour-failed" && why.Evidence.Any(e => e.Text.StartsWith("a asked nobody while", StringComparison.Ordinal))), text);
            Assert.StartsWith(asked ? "the ARP request of a was dropped" : "the request waited at a/eth0 for its neighbour", ping.Exchange.Problem,
                StringComparison.Ordinal);
        }
    }
}
