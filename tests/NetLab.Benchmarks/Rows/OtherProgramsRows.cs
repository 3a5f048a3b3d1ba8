using System.Diagnostics;
using NetLab.Benchmarks.Topologies;

namespace NetLab.Benchmarks;

/// <summary>Building a network beside the programs that others build theirs with.</summary>
internal static class OtherProgramsRows
{
    public static IEnumerable<Measurement> All =>
    [
        IpBatch(10, 5),
        IpBatch(100, 3),
        IpBatch(500, 1),
        Mininet(10),
        Mininet(100),
    ];

    private static Measurement IpBatch(int hosts, int rounds) => new(
        new Row($"build {hosts} nodes on a bridge, beside ip -batch", "ms", Target.RatioAtMost(0.5)),
        async () =>
        {
            var lab = LabTopology.Star(hosts);
            var ours = new List<double>();
            var theirs = new List<double?>();
            for (var i = 0; i < rounds; i++)
            {
                ours.Add(await LabAsync(lab, remove: false).ConfigureAwait(false));
                theirs.Add(await IpBatchStar.BuildAsync(hosts).ConfigureAwait(false));
                await KernelIdle.WaitAsync().ConfigureAwait(false);
            }

            return theirs.Contains(null) ? new Result(null, Note: "ip or unshare is not installed")
                : new Result(Rounds.Median(ours), Rounds.Median(theirs.OfType<double>()), rounds == 1 ? "once" : $"median of {rounds}");
        });

    // Mininet tells no time of its own, so the figure is of building and removing; its bridge stands in a namespace of its own.
    private static Measurement Mininet(int hosts) => new(
        new Row($"build and remove {hosts} nodes on a bridge, beside Mininet", "ms", Target.RatioAtMost(0.1)),
        async () =>
        {
            var way = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':');
            if (!way.Any(folder => File.Exists(Path.Combine(folder, "mn"))))
            {
                return new Result(null, Note: "Mininet is not installed");
            }

            var ours = await LabAsync(LabTopology.Star(hosts), remove: true).ConfigureAwait(false);
            var command = $"mount -n -t sysfs none /sys && exec mn --topo single,{hosts} --switch lxbr --controller none --test none";
            var start = Stopwatch.GetTimestamp();
            using var mininet = Process.Start(new ProcessStartInfo("unshare", ["--net", "--mount", "sh", "-c", command])
                { RedirectStandardOutput = true, RedirectStandardError = true })!;
            Task<string> output = mininet.StandardOutput.ReadToEndAsync(), error = mininet.StandardError.ReadToEndAsync();
            await mininet.WaitForExitAsync().ConfigureAwait(false);
            var theirs = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
            await output.ConfigureAwait(false);
            return mininet.ExitCode == 0 ? new Result(ours, theirs, "once, with the start of Python")
                : new Result(null, Note: $"Mininet failed: {(await error.ConfigureAwait(false)).Trim().Split('\n')[^1]}");
        });

    private static async Task<double> LabAsync(LabTopology lab, bool remove)
    {
        var start = Stopwatch.GetTimestamp();
        await lab.BuildAsync().ConfigureAwait(false);
        var built = Stopwatch.GetElapsedTime(start);
        await lab.RemoveAsync().ConfigureAwait(false);
        var all = Stopwatch.GetElapsedTime(start);
        await KernelIdle.WaitAsync().ConfigureAwait(false);
        return (remove ? all : built).TotalMilliseconds;
    }
}
