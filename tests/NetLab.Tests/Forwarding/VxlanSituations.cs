using System.Net;
using NetLab.Linux.Netlink;
using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two nodes whose bridges are joined by VXLAN tunnels of the kernel.</summary>
[Trait("Category", "Fate")]
public sealed class VxlanSituations
{
    private static readonly Dictionary<string, Situation> Table = new()
    {
        ["an FDB entry to an address that nobody has"] = new("neighbour-unresolved", "a/u0", "still resolving 10.9.0.66",
            "bridge fdb replace VM2 dev vx0 dst 10.9.0.66 self"),
        ["an FDB entry with another VNI"] = new("vxlan-vni", "b/u0", "sends what is for", "bridge fdb replace VM2 dev vx0 dst 10.9.0.2 vni 77 self")
            { OnlyByKernel = true },
        ["an FDB entry to the node itself"] = new("vxlan-fdb", "a/vx0", "to 10.9.0.1, which is a itself", "bridge fdb replace VM2 dev vx0 dst 10.9.0.1 self"),
        ["a source address that nobody has"] = new("vxlan-no-route", "a/vx0", "it is to send from 10.9.0.7, and a has no such address",
            "ip link set dev vx0 type vxlan local 10.9.0.7"),
        ["a route of type throw"] = new("vxlan-no-route", "a/vx0", "is of type throw", "ip route add throw 10.9.0.2/32"),
        ["no entry for what is not known"] = new("vxlan-no-remote", "a/vx0", "no entry of its FDB for",
            "bridge fdb del 00:00:00:00:00:00 dev vx0 dst 10.9.0.2 self"),
        ["a route that leads nowhere"] = new("vxlan-no-route", "a/vx0", "is of type blackhole", "ip route add blackhole 10.9.0.2/32"),
        ["a route that is prohibited"] = new("vxlan-no-route", "a/vx0", "is of type prohibit", "ip route add prohibit 10.9.0.2/32"),
        ["the device below is down"] = new("vxlan-no-route", "a/vx0", "for u0 is down", "ip link set dev u0 down"),
        ["a wrong neighbour below"] = new("wrong-neighbour", "b/u0", "02:00:00:00:00:66",
            "ip neigh replace 10.9.0.2 lladdr 02:00:00:00:00:66 dev u0 nud permanent"),
        ["a policy of the other end"] = new("iptables-policy", "b/u0", "iptables -P INPUT DROP", "b: iptables-nft -P INPUT DROP"),
        ["a rule about the length of the outer packet"] = new("nft-rule", "b/u0", "meta length > 60", "b: nft add table ip g",
            "b: nft add chain ip g p '{ type filter hook prerouting priority -300; }'", "b: nft add rule ip g p udp dport 4789 meta length > 60 drop"),
        ["the other end's tunnel is out of its bridge"] = new("not-a-port", "b/vx0", "vx0 is no port of a bridge", "b: ip link set dev vx0 nomaster"),
        ["tunnel and port are isolated"] = new("isolated", "b/tap-vm2", "from vx0 to tap-vm2", "b: bridge link set dev vx0 isolated on",
            "b: bridge link set dev tap-vm2 isolated on"),
        ["the receiver is believed behind the tunnel"] = new("fdb-ingress", "b/vx0", "is behind vx0", "b: bridge fdb replace VM2 dev vx0 master static"),
        ["unknown addresses do not go into the tunnel"] = new("flood-off", "a/vx0", "unknown unicast", "bridge link set dev vx0 flood off"),
    };

    public static TheoryData<string> Names => [.. Table.Keys];

    [LabTheory(Feature.BpfTracing, Feature.Vxlan, Feature.NftProgram), MemberData(nameof(Names))]
    public Task What_is_wrong_is_told_and_what_is_advised_mends_it(string situation) => Table[situation].CheckAsync(BuildAsync);

    // Each joins bridges of its own; vm1 and vm2 are at the first, which nobody uses here.
    private static readonly Dictionary<string, Situation> Twins = new()
    {
        ["the second is down"] = new("no-socket", "b/u0", "vx1 is down", "b: ip link set dev vx1 down") { OnlyByKernel = true },
        ["the second is out of its bridge"] = new("not-a-port", "b/vx1", "vx1 is no port of a bridge", "b: ip link set dev vx1 nomaster"),
        ["the second is isolated"] = new("isolated", "b/tap-vm4", "from vx1 to tap-vm4", "b: bridge link set dev vx1 isolated on",
            "b: bridge link set dev tap-vm4 isolated on"),
        ["the second is not flooded"] = new("flood-off", "a/vx1", "unknown unicast", "bridge link set dev vx1 flood off"),
    };

    public static TheoryData<string> TwinNames => [.. Twins.Keys];

    [LabTheory(Feature.BpfTracing, Feature.Vxlan), MemberData(nameof(TwinNames))]
    public Task Of_two_tunnels_of_one_VNI_between_two_nodes_the_right_one_is_told(string situation) =>
        (Twins[situation] with { From = "vm3", To = "vm4" }).CheckAsync(BuildTwinsAsync);

    private static async Task BuildTwinsAsync(WiredScene scene)
    {
        await BuildAsync(scene);
        for (var i = 0; i < 2; i++)
        {
            var node = scene.Node(i == 0 ? "a" : "b");
            var bridge = node.AddBridge("br1");
            bridge.Attach(node.AddDevice(new VxlanSpec("vx1")
                { Id = 42, Port = 4790, Local = IPAddress.Parse($"10.9.0.{i + 1}"), Remote = IPAddress.Parse($"10.9.0.{2 - i}") }));
            node.AddVm($"vm{i + 3}", bridge, vm => vm.Address($"10.0.1.{i + 1}/24"));
        }
    }

    private static Task BuildAsync(WiredScene scene)
    {
        Node[] nodes = [scene.Lab.AddNode("a"), scene.Lab.AddNode("b")];
        scene.Lab.AddLink(nodes[0].End("u0", "10.9.0.1/24"), nodes[1].End("u0", "10.9.0.2/24"));
        for (var i = 0; i < 2; i++)
        {
            var bridge = nodes[i].AddBridge("br0");
            bridge.Attach(nodes[i].AddDevice(new VxlanSpec("vx0")
                { Id = 42, Port = 4789, Local = IPAddress.Parse($"10.9.0.{i + 1}"), Remote = IPAddress.Parse($"10.9.0.{2 - i}") }));
            nodes[i].AddVm($"vm{i + 1}", bridge, vm => vm.Address($"10.0.0.{i + 1}/24"));
        }

        return Task.CompletedTask;
    }
}
