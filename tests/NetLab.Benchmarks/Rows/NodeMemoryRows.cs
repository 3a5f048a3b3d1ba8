using System.Globalization;
using NetLab.Benchmarks.Topologies;
using NetLab.Linux;

namespace NetLab.Benchmarks;

/// <summary>What a node keeps of memory while it is there: the kernel's, and that of this process.</summary>
internal static class NodeMemoryRows
{
    private const int Nodes = 500;
    private const int Times = 3;

    public static IEnumerable<Measurement> All =>
    [
        new(
            [new($"kernel memory of a node, of {Nodes} on a bridge", "KB"), new($"managed memory of a node, of {Nodes} on a bridge", "KB")],
            async () =>
            {
                var lab = LabTopology.Star(Nodes);
                var straight = new StraightStar(Nodes);
                var managed = new List<double>();
                var kernel = await Rounds.MediansAsync(Times, () => KernelAsync(lab, managed), () => KernelAsync(straight, [])).ConfigureAwait(false);
                return [new(kernel[0], kernel[1], "slab and per-processor memory, /proc/meminfo"), new(Rounds.Median(managed))];
            }),
    ];

    private static async Task<double> KernelAsync(ITopology topology, List<double> managed)
    {
        var managedBefore = GC.GetTotalMemory(forceFullCollection: true);
        var before = KernelKilobytes();
        await topology.BuildAsync().ConfigureAwait(false);
        var each = (KernelKilobytes() - before) / Nodes;
        managed.Add((GC.GetTotalMemory(forceFullCollection: true) - managedBefore) / 1024.0 / Nodes);
        using var removal = new NamespaceRemoval(topology.Namespaces);
        await topology.RemoveAsync().ConfigureAwait(false);
        await removal.WaitAsync().ConfigureAwait(false);
        return each;
    }

    private static double KernelKilobytes() => File.ReadLines("/proc/meminfo")
        .Where(line => line.StartsWith("Slab:", StringComparison.Ordinal) || line.StartsWith("Percpu:", StringComparison.Ordinal))
        .Sum(line => double.Parse(line.Split(' ', StringSplitOptions.RemoveEmptyEntries)[1], CultureInfo.InvariantCulture));
}
