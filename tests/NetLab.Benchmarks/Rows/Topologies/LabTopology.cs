using NetLab.Linux;

namespace NetLab.Benchmarks.Topologies;

/// <summary>A network as a lab, from its first word of description on.</summary>
internal sealed class LabTopology(Action<Lab> describe) : ITopology
{
    private Lab _lab = new();

    /// <summary>Hosts on one bridge.</summary>
    public static LabTopology Star(int hosts) => new(lab =>
    {
        var bridge = lab.AddNode("switch").AddBridge("br0");
        for (var i = 0; i < hosts; i++)
        {
            lab.AddHost($"h{i}", bridge, $"{Plan.Host(i)}/16");
        }
    });

    /// <summary>A square of routers, each linked to its neighbours.</summary>
    public static LabTopology Grid(int side) => new(lab =>
    {
        Node[] routers = [.. Enumerable.Range(0, side * side).Select(i => lab.AddNode($"r{i}"))];
        foreach (var router in routers)
        {
            router.Forwarding = true;
        }

        foreach (var link in Plan.GridLinks(side))
        {
            lab.AddLink(routers[link.A].End(link.NameAtA, $"{link.AddressOfA}/30"), routers[link.B].End(link.NameAtB, $"{link.AddressOfB}/30"));
        }
    });

    public IReadOnlyList<NetworkNamespace> Namespaces => [.. _lab.Nodes.Select(n => n.Live.Namespace)];

    public async Task BuildAsync()
    {
        _lab = new Lab();
        describe(_lab);
        await _lab.ApplyAsync().ConfigureAwait(false);
    }

    public async Task RemoveAsync()
    {
        await _lab.DisposeAsync().ConfigureAwait(false);
        _lab = new Lab();
    }
}
