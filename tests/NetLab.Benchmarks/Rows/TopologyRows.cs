using System.Diagnostics;
using NetLab.Benchmarks.Topologies;
using NetLab.Linux;

namespace NetLab.Benchmarks;

/// <summary>Building and removing networks, beside straight-line netlink.</summary>
internal static class TopologyRows
{
    private const int Side = 10, Few = 100, Many = 1000;

    // Hosts on a bridge, and how many rounds they get. What was measured once serves the row about growth too.
    private static readonly Dictionary<int, Lazy<Task<(Times Lab, Times Straight)>>> Stars =
        new[] { (Hosts: 10, Rounds: 9), (Hosts: 100, Rounds: 7), (Hosts: 500, Rounds: 3), (Hosts: Many, Rounds: 5) }
            .ToDictionary(s => s.Hosts, s => new Lazy<Task<(Times, Times)>>(() => TimesAsync(s.Rounds, LabTopology.Star(s.Hosts), new StraightStar(s.Hosts))));

    private static readonly Lazy<Task<(Times Lab, Times Straight)>> Grid = new(() => TimesAsync(7, LabTopology.Grid(Side), new StraightGrid(Side)));

    public static IEnumerable<Measurement> All =>
    [
        .. Stars.Select(s => Measure($"{s.Key} nodes on a bridge", s.Value, s.Key == Many ? Target.RatioAtMost(1.15) : null)),
        Measure($"a {Side} x {Side} grid of routers", Grid, null),
        new(
            new Row($"cost of a node among {Many}, in costs of one among {Few}", "times", Target.RatioAtMost(1.15)),
            async () =>
            {
                var (few, many) = (await Stars[Few].Value.ConfigureAwait(false), await Stars[Many].Value.ConfigureAwait(false));
                return new Result(many.Lab.Build / Many / (few.Lab.Build / Few), many.Straight.Build / Many / (few.Straight.Build / Few),
                    "the baseline is the kernel's own growth");
            }),
    ];

    private static Measurement Measure(string what, Lazy<Task<(Times Lab, Times Straight)>> times, Target? target) => new(
        [
            new($"build {what}", "ms", target),
            new($"remove {what}: the call", "ms", Target.ValueAtMost(50)),
            new($"remove {what}: the kernel too", "ms"),
        ],
        async () =>
        {
            var (lab, straight) = await times.Value.ConfigureAwait(false);
            var note = FormattableString.Invariant($"processor time {lab.Processor:#,0} beside {straight.Processor:#,0} ms, median of {lab.Count}");
            return [new(lab.Build, straight.Build, note),
                new(lab.Remove, straight.Remove,
                    FormattableString.Invariant($"processor time {lab.RemoveProcessor:0.#} beside {straight.RemoveProcessor:0.#} ms")),
                        new(lab.RemoveByKernel, straight.RemoveByKernel)];
        });

    private static async Task<(Times Lab, Times Straight)> TimesAsync(int rounds, LabTopology lab, StraightTopology straight)
    {
        var (labs, straights) = (new Times(lab), new Times(straight));
        await KernelIdle.WaitAsync().ConfigureAwait(false);
        await Rounds.MediansAsync(rounds, labs.RunAsync, straights.RunAsync).ConfigureAwait(false);
        return (labs, straights);
    }

    /// <summary>The times of one way to build the network, of every round but the first.</summary>
    private sealed class Times(ITopology topology)
    {
        private readonly List<double> _build = [], _processor = [], _remove = [], _removeProcessor = [], _removeByKernel = [];

        public int Count => _build.Count - 1;

        public double Build => Rounds.Median(_build.Skip(1));

        /// <summary>Processor time of the building, which other programs on the machine change less than they change its length.</summary>
        public double Processor => Rounds.Median(_processor.Skip(1));

        public double Remove => Rounds.Median(_remove.Skip(1));

        public double RemoveProcessor => Rounds.Median(_removeProcessor.Skip(1));

        public double RemoveByKernel => Rounds.Median(_removeByKernel.Skip(1));

        public async Task<double> RunAsync()
        {
            GC.Collect();
            var processor = Environment.CpuUsage.TotalTime;
            var start = Stopwatch.GetTimestamp();
            await topology.BuildAsync().ConfigureAwait(false);
            _processor.Add((Environment.CpuUsage.TotalTime - processor).TotalMilliseconds);
            _build.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);

            // What the kernel does behind the call would be in the way of the next one's turn, so it is waited for.
            using var removal = new NamespaceRemoval(topology.Namespaces);
            processor = Environment.CpuUsage.TotalTime;
            start = Stopwatch.GetTimestamp();
            await topology.RemoveAsync().ConfigureAwait(false);
            _remove.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            _removeProcessor.Add((Environment.CpuUsage.TotalTime - processor).TotalMilliseconds);
            await removal.WaitAsync().ConfigureAwait(false);
            _removeByKernel.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            return _build[^1];
        }
    }
}
