using NetLab.Linux;
using NetLab.Linux.Netlink;

namespace NetLab.Benchmarks.Topologies;

/// <summary>What a program without the library holds of a node: two descriptors, and the socket that asks for link states.</summary>
internal sealed class StraightNode : IDisposable
{
    public StraightNode(bool forwarding)
    {
        Namespace = NetworkNamespace.Create();
        Namespace.WriteSysctl("net.ipv4.ip_forward", forwarding ? "1" : "0");
        Namespace.WriteSysctl("net.ipv6.conf.all.disable_ipv6", "1");
        Route = RouteSocket.Open(Namespace);
    }

    public NetworkNamespace Namespace { get; }

    public RouteSocket Route { get; }

    public void Dispose()
    {
        Route.Dispose();
        Namespace.Dispose();
    }
}

/// <summary>A network by straight-line netlink: the same namespaces, settings, devices, addresses and readiness as the lab's, and no model of them.</summary>
internal abstract class StraightTopology : ITopology
{
    private const int DescriptorsOfANode = 3;

    private StraightNode[] _nodes = [];

    public IReadOnlyList<NetworkNamespace> Namespaces => [.. _nodes.Select(n => n.Namespace)];

    public Task BuildAsync()
    {
        _nodes = Build();
        return Task.CompletedTask;
    }

    public Task RemoveAsync()
    {
        foreach (var node in _nodes)
        {
            node.Dispose();
        }

        _nodes = [];
        return Task.CompletedTask;
    }

    protected abstract StraightNode[] Build();

    protected static StraightNode[] Nodes(int count, bool forwarding)
    {
        NetworkNamespace.ReserveFileDescriptors(count * DescriptorsOfANode + 16);
        var nodes = new StraightNode[count];
        for (var i = 0; i < count; i++)
        {
            nodes[i] = new StraightNode(forwarding);
        }

        return nodes;
    }
}
