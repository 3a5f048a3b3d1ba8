namespace NetLab.Tests.Topology;

/// <summary>The ways through a lab as it is described.</summary>
public sealed class WaysTests
{
    private readonly Lab _lab = new();

    [Fact]
    public void A_way_leads_over_bridges_and_cables()
    {
        Bridge left = _lab.AddNode("a").AddBridge("br0"), right = _lab.AddNode("b").AddBridge("br0");
        _lab.AddLink(left.End("v0"), right.End("v1"));
        FakeVm vm1 = left.Node.AddVm("vm1", left), vm2 = right.Node.AddVm("vm2", right);
        Assert.Equal(["a/tap-vm1", "a/v0", "b/v1", "b/tap-vm2"], Names(Ways.Find([vm1.Tap], [vm2.Tap])));
    }

    [Fact]
    public void Patch_ports_join_the_bridges_of_a_node()
    {
        var node = _lab.AddNode("n");
        OvsBridge one = node.AddOvsBridge("br-int"), other = node.AddOvsBridge("br-ex");
        FakeVm vm1 = node.AddVm("vm1", one), vm2 = node.AddVm("vm2", other);
        Assert.Equal(["n/tap-vm1", "n/br-int", "n/br-ex", "n/tap-vm2"], Names(Ways.Find([vm1.Tap], [vm2.Tap]))); // the node may route
        one.AddPatch(other, "patch-ex", "patch-int");
        Assert.Equal(["n/tap-vm1", "n/tap-vm2"], Names(Ways.Find([vm1.Tap], [vm2.Tap])));
    }

    [Fact]
    public void A_node_may_route_and_no_switch_does()
    {
        Bridge left = _lab.AddNode("a").AddBridge("br0"), right = _lab.AddNode("b").AddBridge("br0");
        var router = _lab.AddNode("r");
        _lab.AddLink(left.End("v0"), router.End("eth0"));
        _lab.AddLink(router.End("eth1"), right.End("v1"));
        FakeVm vm1 = left.Node.AddVm("vm1", left), vm2 = right.Node.AddVm("vm2", right);
        Assert.Equal(["a/tap-vm1", "a/v0", "r/eth0", "r/eth1", "b/v1", "b/tap-vm2"], Names(Ways.Find([vm1.Tap], [vm2.Tap])));
    }

    // Two tunnels between two nodes, and the way leads through both.
    [Fact]
    public void A_tunnel_leads_to_the_other_end_of_its_own_network()
    {
        Node a = _lab.AddNode("a"), b = _lab.AddNode("b");
        Bridge one = a.AddBridge("br1"), other = a.AddBridge("br2"), far = b.AddBridge("br0");
        _lab.AddLink(a.End("u0", "10.9.0.1/24"), b.End("u0", "10.9.0.2/24"));
        foreach (var (bridge, id) in ((Bridge, uint)[])[(one, 1), (other, 2), (far, 1), (far, 2)])
        {
            var remote = System.Net.IPAddress.Parse(bridge == far ? "10.9.0.1" : "10.9.0.2");
            bridge.Attach(bridge.Node.AddDevice(new NetLab.Linux.Netlink.VxlanSpec($"vx{id}") { Id = id, Port = 4789, Remote = remote }));
        }

        FakeVm vm1 = a.AddVm("vm1", one), vm2 = a.AddVm("vm2", other);
        Assert.Equal(["a/tap-vm1", "a/vx1", "b/vx1", "b/vx2", "a/vx2", "a/tap-vm2"], Names(Ways.Find([vm1.Tap], [vm2.Tap])));
    }

    [Fact]
    public void No_way_leads_through_a_guest_or_a_cable_that_is_not_there()
    {
        Bridge left = _lab.AddNode("a").AddBridge("br0"), right = _lab.AddNode("b").AddBridge("br0");
        FakeVm vm1 = left.Node.AddVm("vm1", left), vm2 = right.Node.AddVm("vm2", right), alone = right.Node.AddVm("vm3");
        Assert.Empty(Ways.Find([vm1.Tap], [vm2.Tap]));
        Assert.Empty(Ways.Find([alone.Tap], [vm2.Tap]));
    }

    private static IEnumerable<string> Names(IEnumerable<Device> way) => way.Select(d => d.ToString());
}
