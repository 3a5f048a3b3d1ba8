using System.Diagnostics;
using System.Globalization;

namespace NetLab.Cli.Live;

/// <summary>
/// Fates as lines: one for a frame that went well, the whole reason for one that was stopped. What repeats is counted, and told once a second.
/// </summary>
internal sealed class LiveText(Page page) : ILiveView
{
    private const int MostLines = 25; // a second, of frames that went well
    private static readonly TimeSpan Second = TimeSpan.FromSeconds(1);

    private readonly Dictionary<string, int> _more = [];
    private long _since = Stopwatch.GetTimestamp();
    private int _lines;

    public void Begin(Lab lab, NamespaceWatch watch, bool traceRules)
    {
        var nodes = lab.Nodes.Select(n => $"{n.Name} ({n.Devices.Count} {(n.Devices.Count == 1 ? "device" : "devices")})");
        page.Line(Page.Styled($"Watching {string.Join(", ", nodes)}, by {watch.Level}", "grey"));
        if (traceRules)
        {
            page.Line(Page.Styled("While it watches, namespaces that have rules have one table more, netlab_trace, by which nftables tells what they do",
                "yellow"));
        }

        page.Gap();
    }

    public void Show(Fate fate, IReadOnlyList<(FrameCopy Copy, Reason Reason)> fresh, bool isStopped)
    {
        if (Stopwatch.GetElapsedTime(_since) > Second)
        {
            TellMore();
        }

        var time = fate.SentAt.ToLocalTime().ToString("HH:mm:ss.fff", CultureInfo.InvariantCulture);
        if (!isStopped)
        {
            if (_lines++ < MostLines)
            {
                page.Item(0, $"{time}  {Way(fate)}   {fate.Frame}");
            }
            else
            {
                Count("that went well");
            }
        }
        else if (fresh.Count == 0)
        {
            Count($"like this: {string.Join("; ", LiveTally.Troubles(fate).Select(t => $"{t.Reason.Cause} at {t.Reason.Place}").Distinct())}");
        }
        else
        {
            page.Item(0, $"{time}  {fate.Frame}");
            foreach ((var copy, var reason) in fresh)
            {
                page.Item(2, copy.Describe(fate.From, withReason: false), "red");
                foreach (var line in reason.Describe().ReplaceLineEndings("\n").Split('\n'))
                {
                    page.Item(4, line, line.StartsWith("Fix:", StringComparison.Ordinal) ? "green"
                        : line.StartsWith("Why:", StringComparison.Ordinal) ? null : "grey");
                }
            }
        }
    }

    public void End(LiveTally tally, NamespaceWatch watch, TimeSpan took)
    {
        TellMore();
        page.Gap();
        page.Line(Page.Styled($"{tally.Frames} {(tally.Frames == 1 ? "frame" : "frames")} in {took.TotalSeconds:0.#} s: {tally.Arrived}" +
            $" arrived or left, {tally.Stopped} stopped, {tally.Frames - tally.Arrived - tally.Stopped} of other ends", tally.Stopped > 0 ? "red" : "green"));
        foreach (var (cause, place, sentence, times) in tally.Causes)
        {
            page.Item(2, $"{times,6}  {cause} at {place}: {sentence}");
        }

        if (watch.LostEvents > 0)
        {
            page.Item(0, $"Note: {watch.LostEvents} records of what was seen found no room: frames and reasons may be missing", "yellow");
        }

        if (watch.Unexplained > 0)
        {
            page.Item(0, $"Note: {watch.Unexplained} frames came when too many others did, and were told without a reason", "yellow");
        }
    }

    // The ways of the copies that arrived; where none did, of the first.
    private static string Way(Fate fate)
    {
        List<FrameCopy> arrived = [.. fate.Copies.Where(c => c.End is CopyEnd.Delivered or CopyEnd.Left)];
        return string.Join("; ", (arrived.Count > 0 ? arrived : fate.Copies.Take(1)).Select(Way));
    }

    // The node's name stands where it changes.
    private static string Way(FrameCopy copy)
    {
        Node? at = null;
        var names = new List<string>();
        foreach ((var node, var name) in copy.Way)
        {
            names.Add(ReferenceEquals(at, node) ? name : $"{node.Name}/{name}");
            at = node;
        }

        var end = copy.End switch
        {
            CopyEnd.Delivered => $"delivered, {copy.Latency.TotalMicroseconds:0} µs",
            CopyEnd.Left => $"left, {copy.Latency.TotalMicroseconds:0} µs",
            CopyEnd.Consumed => $"used up: {copy.Reason?.Cause}",
            _ => "last seen there",
        };
        return $"{string.Join(" > ", names)} ({end})";
    }

    private void Count(string what) => _more[what] = _more.GetValueOrDefault(what) + 1;

    private void TellMore()
    {
        foreach ((var what, var times) in _more)
        {
            page.Line(Page.Styled($"… {times} more {what}", "grey"));
        }

        _more.Clear();
        _lines = 0;
        _since = Stopwatch.GetTimestamp();
    }
}
