using System.Diagnostics;
using NetLab.Linux;

namespace NetLab;

/// <summary>
/// The barrier: how a lab knows that nothing is under way. A frame that goes round for ever would keep it from ending; such a one is found by
/// the ports that see it again and again, and stopped.
/// </summary>
internal sealed class Barrier
{
    private const int FramesBeforeDoubt = 500;
    private static readonly TimeSpan Doubt = TimeSpan.FromMilliseconds(50), BetweenConcerns = TimeSpan.FromMilliseconds(100);

    private readonly Lab _lab;
    private readonly List<Storm> _storms = [];
    private IDisposable? _doubt;
    private long _first;
    private int _draining; // rounds in which what went round until a moment ago still runs dry
    private readonly Func<long>? _concern;

    private Barrier(Lab lab, Func<long>? concern)
    {
        _lab = lab;
        _concern = concern;
        _first = Activity();
    }

    /// <summary>Returns when nothing is under way (<see cref="Lab.SettleAsync"/>), with the storms that had to be stopped for it.</summary>
    /// <param name="lab">The lab.</param>
    /// <param name="ct">Gives up.</param>
    /// <param name="concern">
    /// What is waited for, where it is not the whole lab: a number that changes while that moves. Where others keep the lab from getting quiet, it is over
    /// when the number stays through as many rounds as a frame and its answer need from end to end: each round takes them at least one stage further.
    /// </param>
    /// <exception cref="ForwardingException">It does not get quiet, and no loop is the reason.</exception>
    public static async Task<IReadOnlyList<Storm>> SettleAsync(Lab lab, CancellationToken ct, Func<long>? concern = null)
    {
        var barrier = new Barrier(lab, concern);
        try
        {
            await barrier.WaitAsync(ct).ConfigureAwait(false);
            return barrier._storms;
        }
        finally
        {
            barrier._doubt?.Dispose();
        }
    }

    private async Task WaitAsync(CancellationToken ct)
    {
        var patience = new Patience(_lab);
        long before = _first, lookedAt = Stopwatch.GetTimestamp(), sinceLook = 0;
        long? concern = null;
        var stages = 8 + 2 * _lab.Nodes.Sum(n => 1 + n.Switches.Count());
        while (!patience.IsOver)
        {
            ct.ThrowIfCancellationRequested();
            var round = RoundAsync(ct);
            // In a storm a round takes as long as a processor takes for what is in its backlog: the look at what moves does not wait for it.
            while (await Task.WhenAny(round, Task.Delay(Doubt, CancellationToken.None)).ConfigureAwait(false) != round)
            {
                patience.Look();
                LookForLoop();
            }

            await round.ConfigureAwait(false);
            var after = Activity();
            if (after == before)
            {
                return;
            }

            before = after;
            if (_concern is not null && ++sinceLook > stages && _storms.Count == 0 && Stopwatch.GetElapsedTime(lookedAt) > BetweenConcerns)
            {
                var now = _concern();
                if (now == concern)
                {
                    return;
                }

                (concern, sinceLook, lookedAt) = (now, 0, Stopwatch.GetTimestamp());
            }

            if (_draining > 0)
            {
                patience = new Patience(_lab);
                if (--_draining == 0)
                {
                    _lab.Live.Watch().ForgetLast();
                    _first = Activity();
                }
            }

            LookForLoop();
        }

        throw DoesNotEnd(patience);
    }

    private async Task RoundAsync(CancellationToken ct)
    {
        await Reactor.Shared.DrainAsync().ConfigureAwait(false);
        ReadStreams();
        await KernelQuiescence.WaitAsync(ct).ConfigureAwait(false);
        foreach (var node in _lab.Nodes)
        {
            // "Not quiet" is no more than one round of many: the frames that came meanwhile show in the next.
            if (node.IsApplied && node.Live.Ovs is { } ovs)
            {
                _ = await ovs.SettleAsync(ct).ConfigureAwait(false);
            }
        }

        await Reactor.Shared.DrainAsync().ConfigureAwait(false);
        ReadStreams();
    }

    // The reactor does not look at the tap of a stream while somebody receives from it, and a guest's answer may wait there.
    private void ReadStreams()
    {
        foreach (var vm in _lab.Vms)
        {
            vm.ReadNow();
        }
    }

    // Whatever moves, one of these numbers moves with it.
    private long Activity()
    {
        long received = 0;
        foreach (var vm in _lab.Vms)
        {
            received += vm.FramesRead;
        }

        var witness = _lab.Live.Witness;
        witness?.Drain();
        return received + (witness?.Count ?? 0);
    }

    private void LookForLoop()
    {
        if (!_lab.IsApplied || _lab.IsAdopted || _draining > 0 || Activity() - _first < FramesBeforeDoubt)
        {
            return;
        }

        var witness = _lab.Live.Watch();
        _doubt ??= witness.Keep();
        if (witness.StopLoop(_storms) is { } storm)
        {
            _storms.Add(storm);
            witness.ForgetLast();
            _draining = 2 + _lab.Nodes.Sum(n => n.Switches.Count());
        }
    }

    private ForwardingException DoesNotEnd(Patience patience)
    {
        var witness = _lab.Live.Witness;
        witness?.Drain();
        return new ForwardingException(
            $"The lab does not get quiet: frames were still moving after {patience.Words}, "
            + $"and no {(_storms.Count == 0 ? "" : "other ")}loop of switches was found that they go round in.{Environment.NewLine}"
            + string.Join<object?>(Environment.NewLine, [.. _storms, witness?.Busiest()]));
    }
}
