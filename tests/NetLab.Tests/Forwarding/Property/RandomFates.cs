using NetLab.Xunit;

namespace NetLab.Tests.Forwarding.Property;

/// <summary>
/// Random networks, some of them broken, and random frames: each fate's deliveries are what VMs, sockets and counters of the kernel tell, and who was not
/// reached has a reason. Many more are sent by <c>docker/netlab torture --only fates</c>.
/// </summary>
[Trait("Category", "Fate")]
public sealed class RandomFates
{
    private const int Networks = 5;

    [LabTheory]
    [InlineData(FrameTracing.Auto, false)]
    [InlineData(FrameTracing.Auto, true)]
    [InlineData(FrameTracing.PacketSockets, false)]
    [InlineData(FrameTracing.PacketSockets, true)]
    public async Task Every_fate_tells_who_read_the_frame_and_why_others_did_not(FrameTracing tracing, bool isNew)
    {
        var run = new RandomRun();
        var seed = isNew ? Random.Shared.Next() : 1;
        for (var i = 0; i < Networks; i++)
        {
            if (await run.TurnAsync(unchecked(seed + i), tracing) is { } wrong)
            {
                Assert.Fail(wrong);
            }
        }

        Assert.True(run.TooManyWithout is null, run.TooManyWithout);
    }
}
