namespace NetLab.Tests.State;

/// <summary>Labs with something of everything that this kernel has, and short ways to change them from outside.</summary>
internal static class SampleStates
{
    public const string Guard = """
        table bridge guard {
            chain f {
                type filter hook forward priority 0; policy accept;
                ip protocol udp counter drop comment "no datagrams"
                ether type arp counter accept
            }
        }
        table inet t {
            set allowed { type ipv4_addr; elements = { 10.0.0.3, 10.0.0.1, 10.0.0.2 } }
            chain in {
                type filter hook input priority 0; policy drop;
                ct state established,related accept
                ip saddr @allowed counter accept
            }
        }
        """;

    /// <summary>A switch with a bridge, a VM on it, a router that filters and routes, and a host behind it.</summary>
    public static (Lab Lab, Node Switch, Node Router, Node Host, FakeVm Vm) Create()
    {
        var lab = new Lab();
        Node sw = lab.AddNode("switch"), router = lab.AddNode("router"), host = lab.AddNode("host");
        var bridge = sw.AddBridge("br0");
        var vm = sw.AddVm("vm1", bridge, v => v.Address("10.0.0.2/24").Gateway("10.0.0.1"));
        lab.AddLink(router.End("eth0", "10.0.0.1/24"), bridge.End("uplink"));
        lab.AddLink(router.End("eth1", "10.1.0.1/24").Address("fd00:1::1/64"), host.End("eth0", "10.1.0.2/24").Address("fd00:1::2/64"));
        router.Forwarding = true;
        router.AddRuleset(Guard);
        router.AddRoute("10.9.0.0/16", via: "10.1.0.2");
        router.AddNeighbour("10.0.0.99", "02:00:00:00:00:99", router.Device("eth0"));
        host.AddRoute("default", via: "10.1.0.1");
        return (lab, sw, router, host, vm);
    }

    public static async Task RunAsync(this Node node, string command)
    {
        var words = command.Split(' ', StringSplitOptions.RemoveEmptyEntries);
        (await node.ExecAsync(words[0], words[1..])).EnsureSuccess();
    }
}
