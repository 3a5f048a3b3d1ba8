using NetLab.Linux.Probe;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Two nodes with a bridge each; filters and queueing disciplines of tc stand at the second's devices.</summary>
[Trait("Category", "Fate")]
public sealed class TcSituations
{
    private const string Clsact = "b: tc qdisc add dev v1 clsact", Filter = "b: tc filter add dev v1 ingress";

    private static readonly Dictionary<string, Situation> Filters = new()
    {
        ["a filter that drops, of several"] = new("tc-ingress", "b/v1", "u32, pref 7", Clsact,
            $"{Filter} pref 5 protocol all u32 match u32 0 0 action continue",
            $"{Filter} pref 7 protocol ip u32 match ip dport 53 0xffff action drop"),
        ["a filter where it is to leave"] = new("tc-egress", "b/tap-vm2", "u32, pref 9", "b: tc qdisc add dev tap-vm2 clsact",
            "b: tc filter add dev tap-vm2 egress pref 9 protocol ip u32 match u32 0 0 action drop"),
        ["a filter that sends to a device that is down"] = new("tc-ingress", "b/v1", "which sends frames to x0, and x0 is down", Clsact,
            "b: ip link add x0 type veth peer name x1", $"{Filter} protocol all u32 match u32 0 0 action mirred egress redirect dev x0"),
    };

    private static readonly Dictionary<string, Situation> Lossy = new()
    {
        ["a link that loses all"] = new("qdisc", "b/tap-vm2", "netem, dropped it: it is there to lose frames, 100 % of them",
            "b: tc qdisc add dev tap-vm2 root netem loss 100%"),
        ["a link that loses in bursts"] = new("qdisc", "b/tap-vm2", "netem, dropped it: it is there to lose frames, in bursts",
            "b: tc qdisc add dev tap-vm2 root netem loss state 100% 0% 100% 0% 0%"),
    };

    public static TheoryData<string> FilterNames => [.. Filters.Keys];

    public static TheoryData<string> LossyNames => [.. Lossy.Keys];

    // The action gact has no feature of its own: a kernel that is built with netem has it.
    [LabTheory(Feature.BpfTracing, Feature.Clsact, Feature.Netem), MemberData(nameof(FilterNames))]
    public Task The_filter_that_drops_is_told_and_what_is_advised_mends_it(string situation) =>
        Filters[situation].CheckAsync(BuildAsync, FrameTracing.Kernel);

    [LabTheory(Feature.BpfTracing, Feature.Netem), MemberData(nameof(LossyNames))]
    public Task A_netem_that_loses_is_told_as_that_and_what_is_advised_mends_it(string situation) =>
        Lossy[situation].CheckAsync(BuildAsync, FrameTracing.Kernel);

    private static Task BuildAsync(WiredScene scene) => scene.BuildTwoBridgesAsync(beyond: 1);
}
