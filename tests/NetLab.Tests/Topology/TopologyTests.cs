using NetLab.Linux.Netlink;

namespace NetLab.Tests.Topology;

/// <summary>Bad descriptions are refused without a kernel, each with one clear sentence.</summary>
public class TopologyTests
{
    private readonly Lab _lab = new();

    [Fact]
    public void A_device_name_of_16_bytes_is_refused_with_a_name_that_fits()
    {
        var node = _lab.AddNode("h1");
        var e = Assert.Throws<TopologyException>(() => node.AddBridge("br-provider-net1"));
        Assert.Equal("node h1: device name 'br-provider-net1' has 16 bytes; Linux takes at most 15, for example 'br-provider-net'", e.Message);
    }

    [Fact]
    public void A_name_of_15_bytes_is_fine() => Assert.Equal("br-provider-net", _lab.AddNode("h1").AddBridge("br-provider-net").Name);

    [Fact]
    public void A_second_node_of_the_same_name_is_refused()
    {
        _lab.AddNode("h1");
        Assert.Equal("the lab has a node 'h1' already", Assert.Throws<TopologyException>(() => _lab.AddNode("h1")).Message);
    }

    [Fact]
    public void A_second_device_of_the_same_name_is_refused()
    {
        var node = _lab.AddNode("h1");
        node.AddBridge("br0");
        Assert.Contains("has a device 'br0' already", Assert.Throws<TopologyException>(() => node.AddTap("br0")).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_device_has_one_master()
    {
        var node = _lab.AddNode("h1");
        Bridge first = node.AddBridge("br0"), second = node.AddBridge("br1");
        var tap = node.AddTap("tap0", first);
        Assert.Equal("h1/tap0 cannot be a port of h1/br1: it is a port of h1/br0; a device has one master",
            Assert.Throws<TopologyException>(() => second.Attach(tap)).Message);
    }

    [Fact]
    public void A_device_of_another_node_cannot_be_a_port()
    {
        var bridge = _lab.AddNode("a").AddBridge("br0");
        var tap = _lab.AddNode("b").AddTap("tap0");
        Assert.Contains("it is in another node; join them by a link", Assert.Throws<TopologyException>(() => bridge.Attach(tap)).Message,
            StringComparison.Ordinal);
    }

    [Fact]
    public void An_address_twice_in_one_broadcast_domain_is_refused()
    {
        var bridge = _lab.AddNode("sw").AddBridge("br0");
        _lab.AddHost("h1", bridge, "10.0.0.1/24");
        _lab.AddHost("h2", bridge, "10.0.0.1/24");
        Assert.Contains("address 10.0.0.1 is on h1/eth0 and on h2/eth0, which share one broadcast domain",
            Assert.Throws<TopologyException>(_lab.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_tenants_may_use_the_same_address_in_different_VLANs()
    {
        var brInt = _lab.AddNode("compute").AddOvsBridge("br-int");
        brInt.Node.AddVm("vm1", brInt, vm => vm.Address("10.0.0.1/24").Vlan(1));
        brInt.Node.AddVm("vm2", brInt, vm => vm.Address("10.0.0.1/24").Vlan(2));
        _lab.Validate();
    }

    [Fact]
    public void A_gateway_outside_every_network_of_the_node_is_refused()
    {
        var bridge = _lab.AddNode("sw").AddBridge("br0");
        _lab.AddHost("h1", bridge, "10.0.0.1/24").AddRoute("default", "10.9.9.9");
        Assert.Contains("gateway 10.9.9.9 of route 'default via 10.9.9.9' is in no network of the node; its addresses are: 10.0.0.1/24",
            Assert.Throws<TopologyException>(_lab.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Every_problem_is_listed()
    {
        var bridge = _lab.AddNode("sw").AddBridge("br0");
        _lab.AddHost("h1", bridge, "10.0.0.1/24").AddRoute("default", "10.9.9.9");
        _lab.AddHost("h2", bridge, "10.0.0.1/24").AddRoute("default", "10.9.9.9");
        Assert.Equal(3, Assert.Throws<TopologyException>(_lab.Validate).Problems.Count);
    }

    [Fact]
    public void A_link_that_is_refused_leaves_no_end_behind()
    {
        Node a = _lab.AddNode("a"), b = _lab.AddNode("b");
        b.AddBridge("eth0");
        Assert.Throws<TopologyException>(() => _lab.AddLink(a.End("eth0"), b.End("eth0")));
        Assert.Empty(a.Devices);
        Assert.Empty(_lab.Links);
    }

    [Fact]
    public void Both_ends_of_a_link_may_be_in_one_node_and_choose_their_names()
    {
        var node = _lab.AddNode("a");
        var cable = _lab.AddLink(node, node);
        Assert.Equal(("eth0", "eth1"), (cable.A.Name, cable.B.Name));
        var ports = _lab.AddLink(node.AddBridge("br0"), node.AddBridge("br1"));
        Assert.Equal(("br1", "br0"), (ports.A.Name[..3], ports.B.Name[..3]));
    }

    [Fact]
    public void MAC_addresses_derive_from_names()
    {
        var one = _lab.AddNode("a").AddVm("vm1");
        var again = new Lab().AddNode("a").AddVm("vm1");
        Assert.Equal(one.Mac, again.Mac);
        Assert.NotEqual(one.Mac, _lab.Nodes[0].AddVm("vm2").Mac);
        Assert.False(one.Mac.IsMulticast);
        Assert.StartsWith("fe:", one.Tap.Mac.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("10.0.0.1/33", "has no valid prefix length; after the slash comes a number from 0 to 32")]
    [InlineData("10.0.0/24", "is no address")]
    [InlineData("fd00::1/129", "a number from 0 to 128")]
    [InlineData("host", "is no address")]
    [InlineData("10.0.0.1", "has no prefix length; write 10.0.0.1/24 for a host in a network, or 10.0.0.1/32 for an address alone")]
    [InlineData("010.0.0.1/24", "'010.0.0.1' has a number with a leading zero, 010, which some programs read as octal; write 10.0.0.1")]
    [InlineData("0x0a.0.0.1/24", "is no address")]
    public void An_address_that_cannot_be_one_is_refused(string text, string why) =>
        Assert.Contains(why, Assert.Throws<FormatException>(() => InterfaceAddress.Parse(text)).Message, StringComparison.Ordinal);

    [Theory]
    [InlineData("eth%d", "by which Linux numbers devices")]
    [InlineData("all", "no device can have that name")]
    [InlineData("default", "no device can have that name")]
    public void A_name_that_the_kernel_keeps_for_itself_is_refused(string name, string why) =>
        Assert.Contains(why, Assert.Throws<TopologyException>(() => _lab.AddNode("a").AddBridge(name)).Message, StringComparison.Ordinal);

    [Fact]
    public void Two_VMs_whose_names_begin_alike_have_two_taps()
    {
        var node = _lab.AddNode("a");
        Assert.Equal(["tap-a-long-name", "tap-a-long-nam1"], new[] { "a-long-name-1", "a-long-name-2" }.Select(name => node.AddVm(name).Tap.Name));
    }

    [Fact]
    public void One_address_in_one_domain_is_refused_unless_it_is_meant()
    {
        var bridge = _lab.AddNode("switch").AddBridge("br0");
        _lab.AddHost("h1", bridge, "10.0.0.1/24");
        var twin = _lab.AddHost("h2", bridge, "10.0.0.1/24");
        Assert.Contains("10.0.0.1", Assert.Throws<TopologyException>(_lab.Validate).Message, StringComparison.Ordinal);
        twin.Device("eth0").AllowDuplicates = true;
        _lab.Validate();
    }

    [Fact]
    public void A_router_may_be_fe80_1_on_each_of_its_links()
    {
        var router = _lab.AddNode("router");
        _lab.AddLink(router.End("eth0", "fe80::1/64"), _lab.AddNode("a"));
        _lab.AddLink(router.End("eth1", "fe80::1/64"), _lab.AddNode("b"));
        _lab.Validate();
    }

    [Fact]
    public void A_bridge_refuses_its_1024th_port()
    {
        var node = _lab.AddNode("a");
        var bridge = node.AddBridge("br0");
        for (var i = 1; i <= 1023; i++)
        {
            node.AddTap($"t{i}", bridge);
        }

        Assert.Contains("a Linux bridge has at most 1023", Assert.Throws<TopologyException>(() => node.AddTap("t1024", bridge)).Message,
            StringComparison.Ordinal);
        Assert.Equal(1023, bridge.Ports.Count);
    }

    [Theory]
    [InlineData("patch")]
    [InlineData("trunk")]
    [InlineData("macvlan")]
    public void Whatever_joins_two_devices_makes_one_domain_of_them(string by)
    {
        (var a, var b) = (_lab.AddNode("a"), _lab.AddNode("b"));
        switch (by)
        {
            case "patch":
                OvsBridge integration = a.AddOvsBridge("br-int"), tunnel = a.AddOvsBridge("br-tun");
                integration.AddPatch(tunnel, "patch-tun", "patch-int");
                a.AddVm("vm1", integration, vm => vm.Address("10.0.0.1/24").Vlan(7));
                a.AddVm("vm2", tunnel, vm => vm.Address("10.0.0.1/24").Vlan(7));
                break;
            case "trunk":
                OvsBridge left = a.AddOvsBridge("br0"), right = b.AddOvsBridge("br0");
                _lab.AddLink(left, right);
                a.AddVm("vm1", left, vm => vm.Address("10.0.0.1/24").Vlan(7));
                b.AddVm("vm2", right, vm => vm.Address("10.0.0.1/24").Vlan(7));
                break;
            default:
                var cable = _lab.AddLink(a.End("eth0"), b.End("eth0", "10.0.0.1/24"));
                a.AddDevice(cable.A, link => new MacvlanSpec("mv0", link)).AddAddress("10.0.0.1/24");
                break;
        }

        Assert.Contains("share one broadcast domain", Assert.Throws<TopologyException>(_lab.Validate).Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Two_VLANs_of_one_trunk_are_two_domains()
    {
        OvsBridge left = _lab.AddNode("a").AddOvsBridge("br0"), right = _lab.AddNode("b").AddOvsBridge("br0");
        _lab.AddLink(left, right);
        left.Node.AddVm("vm1", left, vm => vm.Address("10.0.0.1/24").Vlan(7));
        right.Node.AddVm("vm2", right, vm => vm.Address("10.0.0.1/24").Vlan(8));
        _lab.Validate();
    }
}
