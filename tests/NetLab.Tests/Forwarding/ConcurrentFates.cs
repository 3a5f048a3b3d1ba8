using NetLab.Packets;
using NetLab.Xunit;

namespace NetLab.Tests.Forwarding;

/// <summary>Many pings and frames that are asked about at once: every verdict is right, and none waits for all the others.</summary>
public class ConcurrentFates
{
    [LabTheory]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task Twelve_hundred_pings_at_once_among_sixty_vms_all_know_their_answer(FrameTracing tracing)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var vms = Vms(lab, 60);
        await lab.ApplyAsync();
        vms[7].AnswersPing = false;
        var results = await Task.WhenAll(
            from a in Enumerable.Range(0, 60) from b in Enumerable.Range(1, 20) select Task.Run(() => vms[a].PingAsync(vms[(a + b) % 60])));
        Assert.Equal(20, results.Count(r => !r.Succeeded));
        Assert.All(results, r => Assert.Equal(r.To.Equals(vms[7].Address), !r.Succeeded));
    }

    [LabTheory]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task Equal_frames_that_are_sent_at_once_are_told_apart(FrameTracing tracing)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var vms = Vms(lab, 3);
        await lab.ApplyAsync();
        (await vms[0].PingAsync(vms[1])).ShouldSucceed();
        Frame[] equal = [.. vms[..2].Select(from =>
            Frame.Udp(from.Mac, vms[2].Mac, from.Address, vms[2].Address, 4000, 53, "equal"u8, new IpOptions { Identification = 4711 }))];
        (await vms[2].PingAsync(vms[0])).ShouldSucceed();
        var fates = await Task.WhenAll(Enumerable.Range(0, 40).Select(i => Task.Run(() => vms[i % 2].SendAsync(equal[i % 2]))));
        Assert.All(fates, fate => Assert.Equal("vm2", Assert.Single(fate.Copies).Vm?.Name));
        Assert.Equal(40, vms[2].Received.Count(f => f.Frame.Udp is not null));
    }

    [LabTheory]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task A_ping_does_not_wait_for_a_noise_that_does_not_concern_it(FrameTracing tracing)
    {
        await using var lab = new Lab(new LabOptions { Tracing = tracing });
        var vms = Vms(lab, 4);
        await lab.ApplyAsync();
        (await vms[2].PingAsync(vms[3])).ShouldSucceed();
        var noise = Frame.Udp(vms[2].Mac, vms[3].Mac, vms[2].Address, vms[3].Address, 9, 9, "noise"u8, new IpOptions());
        using var stop = new CancellationTokenSource();
        var noisy = new Thread(() =>
        {
            while (!stop.IsCancellationRequested)
            {
                vms[2].Inject(noise.Bytes.Span);
                Thread.Sleep(0);
            }
        });
        noisy.Start();
        try
        {
            (await vms[0].PingAsync(vms[1])).ShouldSucceed();
            vms[1].AnswersPing = false;
            (await vms[0].PingAsync(vms[1])).ShouldFail();
        }
        finally
        {
            await stop.CancelAsync();
            noisy.Join();
        }
    }

    private static FakeVm[] Vms(Lab lab, int count)
    {
        var bridge = lab.AddNode("host").AddBridge("br0");
        return [.. Enumerable.Range(0, count).Select(i => bridge.Node.AddVm($"vm{i}", bridge, vm => vm.Address($"10.0.{i / 250}.{1 + (i % 250)}/16")))];
    }
}
