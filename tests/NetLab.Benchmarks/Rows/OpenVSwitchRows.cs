using System.Diagnostics;
using NetLab.Linux.Probe;

namespace NetLab.Benchmarks;

/// <summary>What Open vSwitch costs a test: its two daemons start and end with every lab that has a bridge of it.</summary>
internal static class OpenVSwitchRows
{
    private const int Labs = 11;

    public static IEnumerable<Measurement> All =>
    [
        new(new Row("apply and dispose two VMs on an Open vSwitch bridge, beside a Linux bridge", "ms", Target.ValueAtMost(100)), ApplyAndDisposeAsync),
    ];

    private static async Task<Result> ApplyAndDisposeAsync()
    {
        if (!Capabilities.Of(Feature.OvsVswitchd).Available)
        {
            return new Result(null, Note: "Open vSwitch is not installed");
        }

        var medians = await Rounds.MediansAsync(Labs, () => TimeAsync(node => node.AddOvsBridge("br-int")),
            () => TimeAsync(node => node.AddBridge("br0"))).ConfigureAwait(false);
        return new Result(medians[0], medians[1], $"median of {Labs}");
    }

    private static async Task<double> TimeAsync(Func<Node, Switch> addBridge)
    {
        var start = Stopwatch.GetTimestamp();
        await using (var lab = new Lab())
        {
            var node = lab.AddNode("compute");
            var bridge = addBridge(node);
            node.AddVm("vm1", bridge, vm => vm.Address("10.0.0.1/24"));
            node.AddVm("vm2", bridge, vm => vm.Address("10.0.0.2/24"));
            await lab.ApplyAsync().ConfigureAwait(false);
        }

        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }
}
