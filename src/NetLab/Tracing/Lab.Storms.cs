using System.Diagnostics;
using NetLab.Linux.Netlink;

namespace NetLab;

/// <summary>The loop breaker: a frame that goes round for ever is found by the ports that see it again and again, and stopped.</summary>
public sealed partial class Lab
{
    private const int FramesBeforeDoubt = 500;
    private static readonly TimeSpan Doubt = TimeSpan.FromMilliseconds(50);

    /// <summary>As <see cref="SettleAsync"/>, but says what had to be stopped rather than failing for it.</summary>
    internal async Task<IReadOnlyList<Storm>> SettleOrStopAsync(CancellationToken ct)
    {
        var storms = new List<Storm>();
        IObservation? doubt = null;
        long first = Activity(), start = Stopwatch.GetTimestamp();
        int draining = 0; // rounds in which what went round until a moment ago still runs dry
        try
        {
            long before = first;
            while (Stopwatch.GetElapsedTime(start) < Options.Patience)
            {
                ct.ThrowIfCancellationRequested();
                Task round = SettleRoundAsync(ct);
                // In a storm a round takes as long as a processor takes for what is in its backlog: the look at what moves does not wait for it.
                while (await Task.WhenAny(round, Task.Delay(Doubt, CancellationToken.None)).ConfigureAwait(false) != round)
                {
                    Look();
                }

                await round.ConfigureAwait(false);
                long after = Activity();
                if (after == before)
                {
                    return storms;
                }

                before = after;
                if (draining > 0)
                {
                    start = Stopwatch.GetTimestamp();
                    if (--draining == 0)
                    {
                        Watch().ForgetLast();
                        first = Activity();
                    }
                }

                Look();
            }

            _watch?.Drain();
            throw new ForwardingException(
                $"The lab does not get quiet: frames were still moving after {Options.Patience.TotalSeconds:0.###} s, and no {(storms.Count == 0 ? "" : "other ")}loop of switches was found that they go round in.{Environment.NewLine}{string.Join(Environment.NewLine, [.. storms.Select(s => s.ToString()), _watch?.Busiest()])}");
        }
        finally
        {
            doubt?.Dispose();
        }

        void Look()
        {
            if (!IsApplied || IsAdopted || draining > 0 || Activity() - first < FramesBeforeDoubt)
            {
                return;
            }

            // From here on what moves is kept, to see whether it goes round.
            doubt ??= Watch().Observe();
            if (Watch().FindLoop([.. storms.Select(s => s.Port)]) is { } loop)
            {
                storms.Add(Stop(loop));
                Watch().ForgetLast();
                draining = 2 + _nodes.Sum(n => n.Devices.OfType<Switch>().Count());
            }
        }
    }

    private static Storm Stop(FrameLoop loop)
    {
        // Any port on the loop would do; the last described is what a person would call the redundant one.
        List<Node> nodes = [.. loop.Ports.Keys.First().Node.Lab.Nodes];
        Device port = loop.Ports.Keys.OrderBy(d => nodes.IndexOf(d.Node)).ThenBy(d => d.Index).Last();
        var batch = new NetlinkBatch();
        if (port.Switch is Bridge)
        {
            // A bridge without STP turns "blocking" into "forwarding" at once (br_port_state_selection of net/bridge/br_stp.c).
            batch.SetBridgePort(port.Index, new BridgePortOptions { State = BridgePortState.Disabled }, $"stopping a loop by disabling {port}");
        }
        else
        {
            batch.ChangeLink(port.Index, new LinkChange { Up = false }, $"stopping a loop by setting {port} down");
        }

        port.Node.State.Route.Execute(batch);
        return new Storm(port, loop.Frame, loop.Ports[port], loop.Within, loop.Ports);
    }
}
