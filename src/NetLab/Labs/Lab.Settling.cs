using NetLab.Linux;

namespace NetLab;

/// <summary>The barrier: how the lab knows that nothing is under way.</summary>
public sealed partial class Lab
{
    private int _marks;

    /// <summary>
    /// Returns when nothing is under way: the kernel's receive queues are empty on every processor, Open vSwitch has gone round its
    /// ports, every fake VM has read and answered, and in a whole such round no frame was seen anywhere in the lab. What has not
    /// arrived by then never will, except what a process sends later.
    /// </summary>
    /// <exception cref="ForwardingException">
    /// Frames went round in a loop of switches: the lab has stopped them, and the message says how often they came by and which port was closed.
    /// Or it did not get quiet within <see cref="LabOptions.Patience"/> for another reason.
    /// </exception>
    public async Task SettleAsync(CancellationToken ct = default)
    {
        if (await SettleOrStopAsync(ct).ConfigureAwait(false) is { Count: > 0 } storms)
        {
            throw new ForwardingException($"The lab did not get quiet by itself.{Environment.NewLine}{string.Join(Environment.NewLine, storms)}");
        }
    }

    private async Task SettleRoundAsync(CancellationToken ct)
    {
        await Reactor.Shared.DrainAsync().ConfigureAwait(false);
        ReadStreams();
        await KernelQuiescence.WaitAsync(ct).ConfigureAwait(false);
        foreach (Node node in _nodes)
        {
            // "Not quiet" is no more than one round of many: the frames that came meanwhile show in the next.
            if (node.IsApplied && node.State.Ovs is { } ovs)
            {
                _ = await ovs.SettleAsync(ct).ConfigureAwait(false);
            }
        }

        await Reactor.Shared.DrainAsync().ConfigureAwait(false);
        ReadStreams();
    }

    /// <summary>A number for the IPv4 identification of a frame that the lab sends, by which it is known again behind NAT, routers and tunnels.</summary>
    internal ushort NextMark() => (ushort)(Interlocked.Increment(ref _marks) % 65_000 + 1);

    // The reactor does not look at the tap of a stream while somebody receives from it, and a guest's answer may wait there.
    private void ReadStreams()
    {
        foreach (FakeVm vm in Vms)
        {
            vm.ReadNow();
        }
    }

    // Whatever moves, one of these numbers moves with it.
    private long Activity()
    {
        long received = 0;
        foreach (FakeVm vm in Vms)
        {
            received += vm.FramesRead;
        }

        _watch?.Drain();
        return received + (_watch?.Count ?? 0);
    }
}
