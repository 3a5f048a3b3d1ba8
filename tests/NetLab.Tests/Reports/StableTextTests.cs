using System.Text;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests;

/// <summary>What differs from run to run is replaced, the same by the same, and nothing else is.</summary>
public sealed class StableTextTests
{
    [Theory]
    [InlineData("02:11:e3:d1:b4:ef > 02:D0:1e:0c:cd:f7, 02:11:e3:d1:b4:ef again", "{mac_1} > {mac_2}, {mac_1} again")]
    [InlineData("ff:ff:ff:ff:ff:ff 33:33:00:00:00:01 01:80:c2:00:00:00", "ff:ff:ff:ff:ff:ff 33:33:00:00:00:01 01:80:c2:00:00:00")]
    [InlineData("fd00::1 2001:db8:02:11:e3:d1:b4:ef", "fd00::1 2001:db8:02:11:e3:d1:b4:ef")]
    [InlineData("net:[4026532201] and net:[4026532202]", "net:[{netns_1}] and net:[{netns_2}]")]
    [InlineData("ifindex 104, \"index\": 105, index=104", "ifindex {ifindex_1}, \"index\": {ifindex_2}, index={ifindex_1}")]
    [InlineData("tap0c1383d0-c8 > qbr0c1383d0-c8 > qr-7a01b2c3-d4", "tap{port_1} > qbr{port_1} > qr-{port_2}")]
    [InlineData("0c1383d0-c894-4a4e-8b2e-2c6f3f3c1d01", "0c1383d0-c894-4a4e-8b2e-2c6f3f3c1d01")]
    [InlineData("(2 hops, 53 µs) in 1.6 s, rtt 0.46 ms", "(2 hops, {time}) in {time}, rtt {time}")]
    [InlineData("nft: trace id cd351757: guard/f handle 2", "nft: trace id {trace_1}: guard/f handle 2")]
    [InlineData("10.0.0.1/24 port 53 len 5 vlan 7 mtu 1500", "10.0.0.1/24 port 53 len 5 vlan 7 mtu 1500")]
    public void Only_what_varies_is_replaced(string text, string stable) => Assert.Equal(stable, StableText.Of(text));

    [Fact]
    public void A_builder_is_scrubbed_in_place()
    {
        var text = new StringBuilder("sent in 12 ms");
        StableText.Scrub(text);
        Assert.Equal("sent in {time}", text.ToString());
    }

    [LabFact]
    public async Task The_fates_of_two_runs_are_the_same_text()
    {
        Assert.Equal(await FateAsync(), await FateAsync());

        static async Task<string> FateAsync()
        {
            await using var lab = new Lab();
            var bridge = lab.AddNode("compute").AddBridge("br0");
            FakeVm vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24")),
                vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
            await lab.ApplyAsync();
            return StableText.Of((await vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "hello"))).ToString());
        }
    }
}
