using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Somebody puts a port into another bridge than the lab did.</summary>
[Trait("Category", "Fate")]
public sealed class MovedPortFates : IAsyncDisposable
{
    private Lab _lab = null!;

    public ValueTask DisposeAsync() => _lab.DisposeAsync();

    [LabTheory]
    [InlineData(FrameTracing.Kernel)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task The_frame_is_told_to_go_the_bridge_that_has_the_port_and_the_other_why_it_does_not(FrameTracing tracing)
    {
        (var host, var vms) = await BuildAsync(tracing);
        await host.DoAsync("ip link set dev tap-vm1 master br1");
        var fate = await SendAsync(vms);
        fate.ShouldReach(vms[2]).Via("vm1", "tap-vm1", "br1", "tap-vm3", "vm3");
        var why = fate.WhyNot(vms[1])!;
        Assert.Equal((Causes.NotAPort, "tap-vm1, where the frame came in, is no port of bridge br0 but of br1."), (why.Cause, why.Sentence));
        Assert.DoesNotContain("br0", fate.ToString().Split('\n')[1], StringComparison.Ordinal);
        Assert.Contains(vms[2].Received, f => f.Frame.Udp is not null);
        await why.MendsAsync(() => SendAsync(vms), vms[1]);
    }

    [LabTheory]
    [InlineData(FrameTracing.Kernel)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task What_the_bridge_that_has_the_port_does_with_it_is_told_and_not_what_the_other_would(FrameTracing tracing)
    {
        (var host, var vms) = await BuildAsync(tracing);
        await host.DoAsync("ip link set dev tap-vm1 master br1");
        var fate = await vms[0].SendAsync(ToThird(vms));
        var passed = Assert.Throws<ForwardingException>(() => fate.ShouldNotReach(vms[2]));
        Assert.Contains("br1", passed.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("br0", passed.Message, StringComparison.Ordinal);
        await host.DoAsync("bridge link set dev tap-vm3 flood off");
        (await vms[0].SendAsync(ToThird(vms))).EndsBy("flood-off", "host/tap-vm3", "br1");
    }

    [LabFact(Feature.BpfTracing)]
    public async Task A_port_that_was_taken_out_is_told_to_be_flooded_by_nobody()
    {
        (var host, var vms) = await BuildAsync(FrameTracing.Kernel);
        await host.DoAsync("ip link set dev tap-vm2 nomaster");
        var text = FateText.Of(FateVerdict.Of(await SendAsync(vms), vms[1]));
        Assert.Contains("tap-vm2 is no port of bridge br0", text, StringComparison.Ordinal);
        Assert.DoesNotContain("floods it to", text, StringComparison.Ordinal);
    }

    private async Task<(Node Host, FakeVm[] Vms)> BuildAsync(FrameTracing tracing)
    {
        _lab = new Lab(new LabOptions { Tracing = tracing });
        var host = _lab.AddNode("host");
        Bridge br0 = host.AddBridge("br0"), br1 = host.AddBridge("br1");
        FakeVm[] vms = [.. Enumerable.Range(1, 3).Select(i => host.AddVm($"vm{i}", i == 3 ? br1 : br0, vm => vm.Address($"10.0.0.{i}/24")))];
        await _lab.ApplyAsync();
        return (host, vms);
    }

    private static Frame ToThird(FakeVm[] vms) =>
        Frame.Udp(vms[0].Mac, vms[2].Mac, vms[0].Address, vms[2].Address, 4000, 53, "hello"u8, new IpOptions());

    private static Task<Fate> SendAsync(FakeVm[] vms) =>
        vms[0].SendAsync(Frame.Udp(vms[0].Mac, vms[1].Mac, vms[0].Address, vms[1].Address, 4000, 53, "hello"u8, new IpOptions()));
}
