using System.Diagnostics;
using NetLab.Packets;

namespace NetLab.Benchmarks;

/// <summary>Many questions at once: fates, and pings of all VMs to all.</summary>
internal static class ConcurrencyRows
{
    private const int Fates = 10_000, Vms = 200;

    public static IEnumerable<Measurement> All =>
    [
        new(new Row($"fates of frames, {Fates:n0} asked at once", "a second", Target.ValueAtLeast(20_000)), FatesAsync),
        new(new Row($"pings of {Vms} VMs, all to all at once", "a second", Target.ValueAtLeast(5_000)), PingsAsync),
    ];

    private static async Task<Result> FatesAsync()
    {
        await using var lab = new Lab();
        var vms = await BuildAsync(lab, 3).ConfigureAwait(false);
        (await vms[0].PingAsync(vms[1]).ConfigureAwait(false)).ShouldSucceed();
        var wrong = 0;
        // The first rounds are of code that the runtime has not finished optimizing.
        var rates = await Rounds.MediansAsync(25, async () =>
        {
            var start = Stopwatch.GetTimestamp();
            var fates = await AskAsync(Fates).ConfigureAwait(false);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            wrong += fates.Count(f => f.Copies is not [{ Vm.Name: "vm1" }]);
            return Fates / seconds;
        }).ConfigureAwait(false);
        return new Result(rates[0], Note: $"{wrong} wrong of all; median of 25; by {lab.TracingLevel}");

        Task<Fate[]> AskAsync(int count) =>
            Task.WhenAll(Enumerable.Range(0, count).Select(_ => Task.Run(() => vms[0].SendAsync(Frame.Udp(vms[0], vms[1], 53, "hello")))));
    }

    private static async Task<Result> PingsAsync()
    {
        await using var lab = new Lab();
        var vms = await BuildAsync(lab, Vms).ConfigureAwait(false);
        foreach ((var a, var b) in from a in vms from b in vms where a != b select (a, b))
        {
            a.AddNeighbour(b.Address, b.Mac);
        }

        var rate = await AllToAllAsync().ConfigureAwait(false);
        return new Result(rate, Note: $"0 wrong of {Vms * (Vms - 1):n0}; their neighbours are known");

        async Task<double> AllToAllAsync()
        {
            var start = Stopwatch.GetTimestamp();
            var results = await Task.WhenAll(
                from a in vms from b in vms where a != b select Task.Run(() => a.PingAsync(b))).ConfigureAwait(false);
            var seconds = Stopwatch.GetElapsedTime(start).TotalSeconds;
            Array.ForEach(results, result => result.ShouldSucceed());
            return results.Length / seconds;
        }
    }

    private static async Task<FakeVm[]> BuildAsync(Lab lab, int count)
    {
        var bridge = lab.AddNode("compute").AddBridge("br0");
        FakeVm[] vms = [.. Enumerable.Range(0, count).Select(i => bridge.Node.AddVm($"vm{i}", bridge, vm => vm.Address($"10.0.{i / 250}.{1 + (i % 250)}/16")))];
        await lab.ApplyAsync().ConfigureAwait(false);
        return vms;
    }
}
