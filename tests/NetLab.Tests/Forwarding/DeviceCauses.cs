using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Why a device does not take a frame, or does not give it on: taps, veth pairs, tc, queues, XDP.</summary>
[Trait("Category", "Fate")]
public sealed class DeviceCauses
{
    private static readonly CauseTable<BridgeScene> Table = new()
    {
        { "a tap that is down", "device-down", "a/tap-vm1", "a/tap-vm1 is down", async s =>
            {
                await s.Vm1.Tap.SetUpAsync(false);
                return await s.SendAsync();
            } },
        { "less than an Ethernet header", "runt", "a/tap-vm1", "10 bytes, less than an Ethernet header", s => s.Vm1.SendAsync(Frame.FromBytes(new byte[10])) },
        { "a queue that nobody reads", "tap-full", "b/tap9", "The queue of b/tap9 is full", async s =>
            {
                var tap = s.B.AddTap("tap9", s.BridgeB);
                await s.Lab.ApplyAsync();
                tap.Open();
                await s.B.DoAsync("ip link set tap9 txqueuelen 1");
                await s.SendAsync();
                return await s.SendAsync();
            } },
        { "a tc filter at the ingress", "tc-ingress", "b/v1", "A tc filter at the ingress of b/v1", async s =>
            {
                await s.B.DoAsync("tc qdisc add dev v1 clsact");
                return await FilteredAsync(s, "v1", "ingress");
            } },
        { "a tc filter at the egress", "tc-egress", "b/tap-vm2", "A tc filter at the egress of b/tap-vm2", async s =>
            {
                await s.B.DoAsync("tc qdisc add dev tap-vm2 clsact");
                return await FilteredAsync(s, "tap-vm2", "egress");
            } },
        { "a queue that is too short", "qdisc", "a/v0", "1428 bytes is more than it takes", s =>
            s.SendAfterAsync(s.A, "tc qdisc add dev v0 root tbf rate 1mbit burst 100 limit 100", s.Udp(1400)) },
        { "a queue that lets one go after the other", "queued", "a/v0", "waits in the queue of a/v0", async s =>
            {
                await s.SendAfterAsync(s.A, "tc qdisc add dev v0 root tbf rate 8kbit burst 1600 limit 100000", s.Udp(1400));
                return await s.SendAsync(1400);
            } },
        { "XDP at a veth end", "xdp", "b/v1", "An XDP program at b/v1", async s =>
            {
                await Xdp.AttachAsync(s.B.Device("v1"), XdpVerdict.Drop);
                return await s.SendAsync();
            } },
        { "XDP at the sender's own tap", "xdp", "a/tap-vm1", "An XDP program at a/tap-vm1", async s =>
            {
                await Xdp.AttachAsync(s.Vm1.Tap, XdpVerdict.Drop);
                return await s.SendAsync();
            } },
    };

    public static TheoryData<string> Names => Table.Names;

    [LabTheory(Feature.BpfTracing), MemberData(nameof(Names))]
    public Task A_frame_that_ends_at_a_device_says_why(string cause) => Table.CheckAsync(cause, BridgeScene.BuildAsync());

    // The filter's program in the classic BPF of tc-bpf(8): one instruction, "return TC_ACT_SHOT".
    private static async Task<Fate> FilteredAsync(BridgeScene s, string device, string where)
    {
        (await s.B.ExecAsync("tc", ["filter", "add", "dev", device, where, "bpf", "da", "bytecode", "1,6 0 0 2"])).EnsureSuccess();
        return await s.SendAsync();
    }
}
