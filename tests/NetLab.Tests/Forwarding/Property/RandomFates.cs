using NetLab.Xunit;

namespace NetLab.Tests.Forwarding.Property;

/// <summary>
/// Random networks, some of them broken, and random frames: each fate's deliveries are what VMs, sockets and counters of the kernel tell, and who was not
/// reached has a reason. Many more, from other seeds, are sent by <c>docker/netlab torture --only fates</c>.
/// </summary>
[Trait("Category", "Fate")]
public sealed class RandomFates
{
    private const int Seed = 1, Networks = 8;

    [LabTheory]
    [InlineData(FrameTracing.Auto)]
    [InlineData(FrameTracing.PacketSockets)]
    public async Task Every_fate_tells_who_read_the_frame_and_why_others_did_not(FrameTracing tracing)
    {
        var run = new RandomRun();
        for (var i = 0; i < Networks; i++)
        {
            if (await run.TurnAsync(Seed + i, tracing) is { } wrong)
            {
                Assert.Fail(wrong);
            }
        }

        Assert.True(run.TooManyWithout is null, run.TooManyWithout);
    }
}
