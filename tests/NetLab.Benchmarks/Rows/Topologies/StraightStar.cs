using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab.Benchmarks.Topologies;

/// <summary>Hosts on one bridge: each link in one request of the switch, each host's own settings in one send.</summary>
internal sealed class StraightStar(int hosts) : StraightTopology
{
    private const int Bridge = 2, FirstPort = 10, Eth0 = 2;

    protected override StraightNode[] Build()
    {
        var nodes = Nodes(hosts + 1, forwarding: false);
        var center = nodes[^1];
        center.Namespace.WriteSysctl("net.bridge.bridge-nf-call-iptables", "0");
        center.Namespace.WriteSysctl("net.bridge.bridge-nf-call-ip6tables", "0");
        center.Namespace.WriteSysctl("net.bridge.bridge-nf-call-arptables", "0");

        var batch = new NetlinkBatch();
        batch.ChangeLink(1, new LinkChange { Up = true });
        batch.AddLink(new BridgeSpec("br0") { Index = Bridge, Up = true });
        for (var i = 0; i < hosts; i++)
        {
            var peer = new VethPeer("eth0") { Index = Eth0, Namespace = nodes[i].Namespace };
            batch.AddLink(new VethSpec($"h{i}", peer) { Index = FirstPort + i, MasterIndex = Bridge, Up = true });
        }

        center.Route.Execute(batch);
        for (var i = 0; i < hosts; i++)
        {
            batch.Clear();
            batch.ChangeLink(1, new LinkChange { Up = true });
            batch.ChangeLink(Eth0, new LinkChange { Up = true });
            batch.AddAddress(Eth0, Plan.Host(i), 16);
            nodes[i].Route.Execute(batch);
        }

        for (var i = 0; i < hosts; i++)
        {
            Ethtool.RunLinkWatch(nodes[i].Namespace, ["eth0"]);
        }

        Ethtool.RunLinkWatch(center.Namespace, Enumerable.Range(0, hosts).Select(i => $"h{i}").Append("br0"));
        return nodes;
    }
}
