using System.Diagnostics;
using NetLab.Packets;

namespace NetLab.Benchmarks;

/// <summary>What a test asks of a lab that stands: a node's state, and the fate of a frame among many nodes.</summary>
internal static class LabRows
{
    private const int Devices = 20, Reads = 21;
    private const int Nodes = 100, Frames = 50;

    public static IEnumerable<Measurement> All =>
    [
        new(new Row($"read the state of a node with {Devices} devices, beside ip -j link", "ms"), ReadStateAsync),
        new(new Row($"send a frame and know its fate, in a lab of {Nodes} nodes", "ms"), ObserveAsync),
    ];

    private static async Task<Result> ReadStateAsync()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("compute").AddBridge("br0");
        for (var i = 0; i < Devices - 2; i++) // and br0 and lo
        {
            bridge.Node.AddVm($"vm{i}", bridge);
        }

        await lab.ApplyAsync().ConfigureAwait(false);
        var medians = await Rounds.MediansAsync(
            Reads,
            () => TimeAsync(() => bridge.Node.ReadStateAsync()),
            () => TimeAsync(() => bridge.Node.ExecAsync("ip", ["-j", "link"]))).ConfigureAwait(false);
        return new Result(medians[0], medians[1], $"links, addresses, routes, neighbours, rules and more; median of {Reads}");
    }

    private static async Task<Result> ObserveAsync()
    {
        await using var lab = new Lab();
        var bridge = lab.AddNode("compute").AddBridge("br0");
        for (var i = 1; i < Nodes; i++)
        {
            lab.AddHost($"h{i}", bridge, $"10.0.1.{i}/16");
        }

        FakeVm vm1 = bridge.Node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/16")), vm2 = bridge.Node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/16"));
        await lab.ApplyAsync().ConfigureAwait(false);
        (await vm1.PingAsync(vm2).ConfigureAwait(false)).ShouldSucceed();
        var medians = await Rounds.MediansAsync(Frames, () => TimeAsync(async () =>
            (await vm1.SendAsync(Frame.Udp(vm1, vm2, 53, "hello")).ConfigureAwait(false)).ShouldReach(vm2))).ConfigureAwait(false);
        return new Result(medians[0], Note: $"median of {Frames}; by {lab.TracingLevel}");
    }

    private static async Task<double> TimeAsync(Func<Task> work)
    {
        var start = Stopwatch.GetTimestamp();
        await work().ConfigureAwait(false);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
