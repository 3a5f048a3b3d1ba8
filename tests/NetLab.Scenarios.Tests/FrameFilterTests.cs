using System.Net;
using NetLab.Packets;

namespace NetLab.Scenarios.Tests;

/// <summary>Filters of frames on one line.</summary>
public sealed class FrameFilterTests
{
    private static readonly MacAddress From = MacAddress.Parse("02:00:00:00:00:01"), To = MacAddress.Parse("02:00:00:00:00:02");
    private static readonly IPAddress A = IPAddress.Parse("10.0.0.1"), B = IPAddress.Parse("10.0.1.2");
    private static readonly Frame Udp = Frame.Udp(From, To, A, B, 40_000, 53, [1, 2, 3]), Arp = Frame.ArpRequest(From, A, B);

    [Theory]
    [InlineData("", true)]
    [InlineData("udp", true)]
    [InlineData("ip", true)]
    [InlineData("tcp", false)]
    [InlineData("!tcp !arp", true)]
    [InlineData("!udp", false)]
    [InlineData("udp port=53", true)]
    [InlineData("udp port=40000", true)]
    [InlineData("dst=53 src=40000", true)]
    [InlineData("src=53", false)]
    [InlineData("src=10.0.0.1 dst=10.0.1.2", true)]
    [InlineData("src=10.0.1.2", false)]
    [InlineData("host=10.0.1.2", true)]
    [InlineData("dst=10.0.1.0/24", true)]
    [InlineData("dst=10.0.0.0/24", false)]
    [InlineData("dst=fd00::/8", false)]
    [InlineData("mac=02:00:00:00:00:02", true)]
    [InlineData("src_mac=02:00:00:00:00:02", false)]
    [InlineData("vlan=7", false)]
    [InlineData("type=0x0800", true)]
    [InlineData("broadcast", false)]
    public void Every_word_must_be_true_of_a_frame(string filter, bool matches) => Assert.Equal(matches, FrameFilter.Parse(filter).Matches(Udp));

    [Fact]
    public void Arp_has_addresses_too_and_a_tag_is_seen()
    {
        Assert.True(FrameFilter.Parse("arp dst=10.0.1.2 broadcast").Matches(Arp));
        Assert.True(FrameFilter.Parse("udp vlan=7").Matches(Udp.WithVlan(7)));
        Assert.False(FrameFilter.Parse("udp !vlan=7").Matches(Udp.WithVlan(7)));
    }

    [Theory]
    [InlineData("udq", "--filter:1:1: 'udq' is no kind of frame; did you mean 'udp'?")]
    [InlineData("udp !prot=53", "--filter:1:6: a filter has no key 'prot'; did you mean 'port'?")]
    [InlineData("udp port=fifty", "--filter:1:10: 'fifty' is not what port takes; a port from 0 to 65535")]
    [InlineData("dst=10.0.0.0/33", "--filter:1:5: '10.0.0.0/33' is not what dst takes; an address, a network or a port")]
    [InlineData("vlan=4096", "--filter:1:6: '4096' is not what vlan takes")]
    [InlineData("53", "--filter:1:1: '53' is no kind of frame; like 'udp port=53'")]
    public void What_is_no_filter_is_refused_at_its_place(string filter, string complaint) =>
        Assert.StartsWith(complaint, Assert.Throws<ScenarioException>(() => FrameFilter.Parse(filter)).Diagnostics[0].ToString());
}
