using NetLab.Packets;

namespace NetLab.Tests.Forwarding;

/// <summary>Which rules a dropped packet surely does not match: needs no kernel.</summary>
public sealed class NftContradictionTests
{
    [Theory]
    [InlineData("udp dport 53 drop", false)]
    [InlineData("udp dport 54 drop", true)]
    [InlineData("udp sport 40000 drop", false)]
    [InlineData("udp dport 50-60 drop", false)]
    [InlineData("udp dport { 54, 55 } drop", false)]
    [InlineData("udp dport != 53 drop", false)]
    [InlineData("tcp dport 53 drop", true)]
    [InlineData("ip saddr 10.0.0.1 drop", false)]
    [InlineData("ip saddr 10.0.0.9 drop", true)]
    [InlineData("ip daddr 10.0.0.0/24 drop", false)]
    [InlineData("ip daddr 10.1.0.0/24 counter packets 3 bytes 90 drop", true)]
    [InlineData("ip daddr 10.1.0.1-10.1.0.9 drop", false)]
    [InlineData("ip protocol tcp drop", true)]
    [InlineData("meta l4proto udp drop", false)]
    [InlineData("policy drop", false)]
    [InlineData("counter drop comment \"udp dport 54\"", false)]
    [InlineData("ct original ip saddr 10.0.0.9 drop", false)]
    [InlineData("vxlan udp dport 54 drop", false)]
    [InlineData("meta mark 3 drop", false)]
    public void Only_one_other_port_address_or_protocol_contradicts(string rule, bool contradicts)
    {
        var frame = Frame.Ethernet(default, default, EtherTypes.Ipv4,
            [0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0, 0, 10, 0, 0, 1, 10, 0, 0, 2, 0x9c, 0x40, 0, 53, 0, 8, 0, 0]);
        var place = new DropPlace
        {
            Node = new Lab().AddNode("a"), Device = "eth0", Reason = "NETFILTER_DROP", Function = "nft_do_chain", Stack = ["nft_do_chain"], Seen = frame,
            Came = frame, PacketLength = 28, EtherType = EtherTypes.Ipv4, Told = new Evidence("kernel", "NETFILTER_DROP."),
        };
        Assert.Equal(contradicts, NftContradiction.IsFor(rule, place));
    }
}
