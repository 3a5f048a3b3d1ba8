using System.Net;
using System.Net.NetworkInformation;

namespace NetLab.Packets.Tests;

[Trait("Category", "Codec")]
public sealed class AddressTests
{
    [Theory]
    [InlineData("fa:16:3e:00:00:01", "fa:16:3e:00:00:01")]
    [InlineData("FA-16-3E-00-00-01", "fa:16:3e:00:00:01")]
    public void A_mac_address_is_read_with_colons_or_dashes(string text, string expected)
    {
        Assert.Equal(expected, MacAddress.Parse(text).ToString());
        Assert.Equal(MacAddress.Parse(text), MacAddress.From(MacAddress.Parse(text).ToPhysicalAddress()));
        Assert.Equal(PhysicalAddress.Parse(text), MacAddress.Parse(text).ToPhysicalAddress());
        Assert.Equal(expected, $"{MacAddress.Parse(text)}");
    }

    [Theory]
    [InlineData("")]
    [InlineData("fa:16:3e:00:00")]
    [InlineData("fa:16:3e:00:00:0g")]
    [InlineData("fa:16-3e:00:00:01")]
    [InlineData("fa.16.3e.00.00.01")]
    [InlineData("fa:16:3e:00:00:01:02")]
    [InlineData(" a:16:3e:00:00:01")]
    public void What_is_no_mac_address_is_refused_with_an_example(string text)
    {
        Assert.False(MacAddress.TryParse(text, out _));
        Assert.Contains("fa:16:3e:00:00:01", Assert.Throws<FormatException>(() => MacAddress.Parse(text)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Groups_and_broadcast_are_told_apart()
    {
        Assert.True(MacAddress.Broadcast is { IsBroadcast: true, IsMulticast: true });
        Assert.True(MacAddress.Parse("01:00:5e:00:00:01") is { IsBroadcast: false, IsMulticast: true });
        Assert.True(MacAddress.Parse("fa:16:3e:00:00:01") is { IsMulticast: false, IsLocallyAdministered: true });
        Assert.Equal("01:00:5e:7f:00:01", MacAddress.ForMulticast(Ipv4Address.Parse("239.255.0.1")).ToString());
        Assert.Equal("33:33:ff:01:02:03", MacAddress.ForMulticast(Ipv6Address.Parse("ff02::1:ff01:203")).ToString());
    }

    [Theory]
    [InlineData("1.2.3")]
    [InlineData("1.2.3.4.5")]
    [InlineData("1.2.3.256")]
    [InlineData("1.2.3.04")]
    [InlineData("1..2.3")]
    [InlineData("0x1.2.3.4")]
    [InlineData("1.2.3.4 ")]
    [InlineData("")]
    public void What_is_no_dotted_quad_is_no_ipv4_address(string text) => Assert.False(Ipv4Address.TryParse(text, out _));

    [Fact]
    public void Addresses_compare_with_those_of_the_framework()
    {
        Assert.True(Ipv4Address.Parse("10.0.0.1") == IPAddress.Parse("10.0.0.1"));
        Assert.True(Ipv4Address.Parse("10.0.0.1") != IPAddress.Parse("10.0.0.2"));
        Assert.True(Ipv6Address.Parse("fe80::1") == IPAddress.Parse("fe80::1%3"));
        Assert.False(Ipv4Address.Parse("10.0.0.1") == IPAddress.Parse("::ffff:10.0.0.1"));
        Assert.Equal(Ipv4Address.Parse("10.0.0.1"), Ipv4Address.From(IPAddress.Parse("::ffff:10.0.0.1")));
        Assert.Throws<ArgumentException>(() => Ipv4Address.From(IPAddress.IPv6Loopback));
        IPAddress converted = Ipv6Address.Parse("2001:db8::1");
        Assert.Equal(IPAddress.Parse("2001:db8::1"), converted);
    }

    [Fact]
    public void A_link_local_address_comes_from_the_mac_address() =>
        Assert.Equal("fe80::f816:3eff:fe00:1", Ipv6Address.LinkLocal(MacAddress.Parse("fa:16:3e:00:00:01")).ToString());

    [Fact]
    public void The_solicited_node_group_has_the_low_24_bits() =>
        Assert.Equal("ff02::1:ff34:5678", Ipv6Address.Parse("2001:db8::1234:5678").SolicitedNodeGroup.ToString());
}
