using NetLab.Linux.Netlink;

namespace NetLab.Tests.Drawing;

/// <summary>Described labs of many shapes, none of them applied.</summary>
internal static class SampleLabs
{
    private static readonly string[] Ports = ["4a1b7c20-11", "9c2d01ee-52", "c3f8a7b1-0d"];

    public static Lab HybridPlug()
    {
        var lab = new Lab();
        var compute = lab.AddNode("compute1");
        var brInt = compute.AddOvsBridge("br-int");
        for (var i = 0; i < Ports.Length; i++)
        {
            var port = Ports[i];
            var qbr = compute.AddBridge("qbr" + port, new BridgeOptions { AgeingTime = TimeSpan.Zero });
            compute.AddVm($"vm0{i + 1}", qbr, vm => vm.Mac($"fa:16:3e:00:00:0{i + 1}").Address($"10.0.0.1{i + 1}/24").Tap("tap" + port).Mtu(1450));
            lab.AddLink(qbr.End("qvb" + port).Mtu(1450), brInt.End("qvo" + port).Mtu(1450).Vlan(i == 2 ? 8 : 7));
        }

        return lab;
    }

    public static Lab Star(int hosts)
    {
        var lab = new Lab();
        var bridge = lab.AddNode("switch").AddBridge("br0");
        for (var i = 1; i <= hosts; i++)
        {
            lab.AddHost($"h{i}", bridge, $"10.0.{i / 250}.{i % 250}/16");
        }

        return lab;
    }

    public static Lab Chain()
    {
        var lab = new Lab();
        Node h1 = lab.AddNode("h1"), r1 = lab.AddNode("r1"), r2 = lab.AddNode("r2"), h2 = lab.AddNode("h2");
        lab.AddLink(h1.End(address: "10.0.1.1/24"), r1.End(address: "10.0.1.254/24"));
        lab.AddLink(r1.End(address: "10.0.12.1/30"), r2.End(address: "10.0.12.2/30"));
        lab.AddLink(r2.End(address: "10.0.2.254/24"), h2.End(address: "10.0.2.1/24"));
        h1.AddRoute("default", "10.0.1.254");
        r1.Forwarding = r2.Forwarding = true;
        return lab;
    }

    public static Lab Cloud()
    {
        var lab = new Lab();
        var underlay = lab.AddNode("underlay").AddBridge("br0");
        for (var k = 1; k <= 2; k++)
        {
            var other = 3 - k;
            var compute = lab.AddNode($"compute{k}");
            OvsBridge brInt = compute.AddOvsBridge("br-int"), brTun = compute.AddOvsBridge("br-tun");
            brInt.AddPatch(brTun, "patch-tun", "patch-int");
            brInt.AddInternalPort("tapdhcp", 1).AddAddress($"10.0.1.{k + 1}/24");
            brTun.AddTunnel($"vxlan-c0a8000{other}", "vxlan", new Dictionary<string, string> { ["remote_ip"] = $"192.168.0.{other}", ["key"] = "flow" });
            for (var i = 1; i <= 2; i++)
            {
                compute.AddVm($"vm{k}{i}", brInt, vm => vm.Address($"10.0.{i}.{k}{i}/24").Vlan(i));
            }

            lab.AddLink(compute.End("eth1", $"192.168.0.{k}/24").Mtu(1600), underlay);
        }

        return lab;
    }

    /// <summary>What the others have not: an open tap, two bridges joined twice, a VM on no bridge, an address on a bridge, a device on a device.</summary>
    public static Lab Mixture()
    {
        var lab = new Lab();
        Node box = lab.AddNode("box"), elsewhere = lab.AddNode("elsewhere");
        lab.AddNode("empty");
        Bridge br0 = box.AddBridge("br0"), br1 = box.AddBridge("br1");
        br0.AddAddress("10.0.0.254/24");
        box.AddTap("tap1", br0);
        box.AddTap("tap9");
        box.AddVm("guest", br0, vm => vm.Address("10.0.0.1/24"));
        box.AddVm("guest2", br1, vm => vm.Address("10.0.0.2/24").Address("fd00::2/64"));
        box.AddVm("alone", null, vm => vm.Address("10.9.0.1/24"));
        lab.AddLink(br0.End("v0"), br1.End("v1"));
        var second = lab.AddLink(br0.End("w0"), br1.End("w1"));
        second.A.Up = false;
        second.B.BridgePort = new BridgePortOptions { Flood = false, Isolated = true };
        var cable = lab.AddLink(br0.End("port9"), elsewhere.End("eth0", "10.0.0.9/24"));
        elsewhere.AddDevice(cable.B, _ => new PlainLinkSpec("eth0.100", "vlan")).AddAddress("10.1.0.9/24");
        br0.Attach(box.AddDevice(new PlainLinkSpec("vxlan7", "vxlan")));
        lab.AddLink(elsewhere.End("eth1"), elsewhere.End("eth2"));
        return lab;
    }

    /// <summary>A lab without sense, the same for the same seed: hosts and bridges of both kinds, cabled at random.</summary>
    public static Lab Random(int seed)
    {
        var random = new Random(seed);
        var lab = new Lab();
        var nodes = random.Next(1, 9);
        for (var n = 0; n < nodes; n++)
        {
            var node = lab.AddNode($"node{n}");
            node.Forwarding = random.Next(3) == 0;
            for (var b = random.Next(4); b > 0; b--)
            {
                Switch bridge = random.Next(2) == 0 ? node.AddBridge($"br{b}") : node.AddOvsBridge($"ovs{b}");
                for (var v = random.Next(4); v > 0; v--)
                {
                    var tag = random.Next(1, 5);
                    var mac = $"02:00:00:00:{n:x2}:{b}{v}";
                    node.AddVm($"vm{n}{b}{v}", bridge, vm => _ = bridge is OvsBridge ? vm.Mac(mac).Vlan(tag) : vm.Mac(mac).Address($"10.{n}.{b}.{v}/24"));
                }
            }
        }

        LinkEnd End(string name) =>
            lab.Nodes[random.Next(nodes)] is var node && random.Next(3) > 0 && node.Devices.OfType<Switch>().ToList() is { Count: > 0 } bridges
            ? bridges[random.Next(bridges.Count)].End(name)
            : node.End(name);
        for (var i = random.Next(2 * nodes + 4); i > 0; i--)
        {
            lab.AddLink(End($"a{i}"), End($"bb{i}"));
        }

        return lab;
    }

    public static Lab Grid(int side)
    {
        var lab = new Lab();
        Node At(int x, int y) => lab.FindNode($"r{x}{y}") ?? lab.AddNode($"r{x}{y}");
        for (var y = 0; y < side; y++)
        {
            for (var x = 0; x < side; x++)
            {
                if (x + 1 < side)
                {
                    lab.AddLink(At(x, y).End(), At(x + 1, y).End());
                }

                if (y + 1 < side)
                {
                    lab.AddLink(At(x, y).End(), At(x, y + 1).End());
                }
            }
        }

        return lab;
    }

    public static TheoryData<string> Names => [.. All.Keys];

    public static Lab Of(string name) => All[name]();

    private static Dictionary<string, Func<Lab>> All { get; } = new Dictionary<string, Func<Lab>>
    {
        ["hybrid plug"] = HybridPlug,
        ["two hosts"] = () => Star(2),
        ["star"] = () => Star(24),
        ["chain"] = Chain,
        ["cloud"] = Cloud,
        ["mixture"] = Mixture,
        ["grid"] = () => Grid(4),
        ["nothing"] = () => new Lab(),
    }.Concat(Enumerable.Range(1, 40).Select(seed => KeyValuePair.Create<string, Func<Lab>>($"random {seed}", () => Random(seed)))).ToDictionary();
}
