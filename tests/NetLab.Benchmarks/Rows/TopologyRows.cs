using System.Diagnostics;
using NetLab.Benchmarks.Topologies;

namespace NetLab.Benchmarks;

/// <summary>Building and removing networks, beside straight-line netlink and other programs.</summary>
internal static class TopologyRows
{
    private const int Side = 10;

    public static IEnumerable<Measurement> All =>
    [
        Star(10, 9, null),
        Star(100, 7, null),
        Star(500, 3, null),
        Star(1000, 3, Target.RatioAtMost(1.15)),
        Measure($"a {Side} x {Side} grid of routers", 7, LabTopology.Grid(Side), new StraightGrid(Side), null),
    ];

    private static Measurement Star(int hosts, int rounds, Target? target) =>
        Measure($"{hosts} nodes on a bridge", rounds, LabTopology.Star(hosts), new StraightStar(hosts), target);

    private static Measurement Measure(string what, int rounds, LabTopology lab, StraightTopology straight, Target? target) => new(
        [
            new($"build {what}", "ms", target),
            new($"remove {what}: the call", "ms", Target.ValueAtMost(50)),
            new($"remove {what}: the kernel too", "ms"),
        ],
        async () =>
        {
            var labs = new Times(lab);
            var straights = new Times(straight);
            await KernelIdle.WaitAsync().ConfigureAwait(false);
            await Rounds.MediansAsync(rounds, labs.RunAsync, straights.RunAsync).ConfigureAwait(false);
            string note = $"median of {rounds}";
            return [new(labs.Build, straights.Build, note), new(labs.Remove, straights.Remove), new(labs.RemoveByKernel, straights.RemoveByKernel)];
        });

    /// <summary>The times of one way to build the network, of every round but the first.</summary>
    private sealed class Times(ITopology topology)
    {
        private readonly List<double> _build = [], _remove = [], _removeByKernel = [];

        public double Build => Rounds.Median(_build.Skip(1));

        public double Remove => Rounds.Median(_remove.Skip(1));

        public double RemoveByKernel => Rounds.Median(_removeByKernel.Skip(1));

        public async Task<double> RunAsync()
        {
            GC.Collect();
            long start = Stopwatch.GetTimestamp();
            await topology.BuildAsync().ConfigureAwait(false);
            _build.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            start = Stopwatch.GetTimestamp();
            await topology.RemoveAsync().ConfigureAwait(false);
            _remove.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);

            // What the kernel does behind the call would be in the way of the next one's turn.
            await KernelIdle.WaitAsync().ConfigureAwait(false);
            _removeByKernel.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            return _build[^1];
        }
    }
}
