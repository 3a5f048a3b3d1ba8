using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab.Benchmarks.Topologies;

/// <summary>A square of routers: each router makes its links to the east and to the south, then takes its addresses.</summary>
internal sealed class StraightGrid(int side) : StraightTopology
{
    protected override StraightNode[] Build()
    {
        var nodes = Nodes(side * side, forwarding: true);
        var links = Plan.GridLinks(side).ToLookup(l => l.A);
        var coming = Plan.GridLinks(side).ToLookup(l => l.B);
        var batch = new NetlinkBatch();
        for (var i = 0; i < nodes.Length; i++)
        {
            batch.Clear();
            foreach (var link in links[i])
            {
                var peer = new VethPeer(link.NameAtB) { Index = Index(link.NameAtB), Namespace = nodes[link.B].Namespace };
                batch.AddLink(new VethSpec(link.NameAtA, peer) { Index = Index(link.NameAtA), Up = true });
            }

            nodes[i].Route.Execute(batch);
        }

        for (var i = 0; i < nodes.Length; i++)
        {
            batch.Clear();
            batch.ChangeLink(1, new LinkChange { Up = true });
            foreach (var link in coming[i])
            {
                batch.ChangeLink(Index(link.NameAtB), new LinkChange { Up = true });
                batch.AddAddress(Index(link.NameAtB), link.AddressOfB, 30);
            }

            foreach (var link in links[i])
            {
                batch.AddAddress(Index(link.NameAtA), link.AddressOfA, 30);
            }

            nodes[i].Route.Execute(batch);
        }

        for (var i = 0; i < nodes.Length; i++)
        {
            Ethtool.RunLinkWatch(nodes[i].Namespace, links[i].Select(l => l.NameAtA).Concat(coming[i].Select(l => l.NameAtB)));
        }

        return nodes;
    }

    private static int Index(string name) => 10 + Array.IndexOf(["north", "east", "south", "west"], name);
}
