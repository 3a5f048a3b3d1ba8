using System.Diagnostics;
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
    /// <exception cref="ForwardingException">It never gets quiet: frames go round in a loop.</exception>
    public async Task SettleAsync(CancellationToken ct = default)
    {
        long before = Activity();
        long start = Stopwatch.GetTimestamp();
        while (Stopwatch.GetElapsedTime(start) < Options.Patience)
        {
            ct.ThrowIfCancellationRequested();
            await Reactor.Shared.DrainAsync().ConfigureAwait(false);
            ReadStreams();
            await KernelQuiescence.WaitAsync(ct).ConfigureAwait(false);
            foreach (Node node in _nodes)
            {
                // "Not quiet" is no more than one round of many: the frames that came meanwhile show below.
                if (node.IsApplied && node.State.Ovs is { } ovs)
                {
                    _ = await ovs.SettleAsync(ct).ConfigureAwait(false);
                }
            }

            await Reactor.Shared.DrainAsync().ConfigureAwait(false);
            ReadStreams();
            long after = Activity();
            if (after == before)
            {
                return;
            }

            before = after;
        }

        _watch?.Drain();
        throw new ForwardingException(
            $"The lab does not get quiet: frames were still moving after {Options.Patience.TotalSeconds:0.###} s. Most often that is a loop of bridges without STP.{Environment.NewLine}{_watch?.Busiest()}");
    }

    /// <summary>A number for the IPv4 identification of a frame that the lab sends, by which it is known again behind NAT, routers and tunnels.</summary>
    internal ushort NextMark() => (ushort)(Interlocked.Increment(ref _marks) % 65_000 + 1);

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
