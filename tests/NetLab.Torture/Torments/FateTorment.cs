using NetLab.Tests.Forwarding.Property;

namespace NetLab.Torture;

/// <summary>Random networks, some of them broken, and random frames at both levels of tracing: each fate's deliveries are what VMs and sockets read.</summary>
internal sealed class FateTorment : ITorment
{
    private readonly RandomRun _run = new();

    public string Name => "fates";

    public string Unit => "fates";

    public bool IsSearch => true;

    public string Note => _run.Note;

    public string? Fault => _run.TooManyWithout;

    public async Task<long> TurnAsync(Random random, CancellationToken ct)
    {
        var (before, seed) = (_run.Fates, random.Next());
        foreach (var tracing in new[] { FrameTracing.Auto, FrameTracing.PacketSockets })
        {
            if (await _run.TurnAsync(seed, tracing).ConfigureAwait(false) is { } wrong)
            {
                throw new TortureException(wrong);
            }
        }

        return _run.Fates - before;
    }
}
