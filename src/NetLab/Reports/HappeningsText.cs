using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What happened to everybody's frames, for the end of a failure's text: who got no answer and why, then the other drops, each with cause and remedy.
/// </summary>
public static class HappeningsText
{
    private const int MostTold = 5, MostCounters = 20;

    /// <summary>
    /// Tells of a lab. Empty where there is nothing to tell; where nothing is recorded, that is said, and what the nodes know themselves: neighbours without
    /// an answer, connections without a reply, counters.
    /// </summary>
    /// <param name="lab">The lab, applied and not yet disposed.</param>
    /// <param name="since">Only what happened from this time on; null for all.</param>
    /// <param name="ct">Ends the reading of the state.</param>
    public static async Task<string> OfAsync(Lab lab, DateTimeOffset? since = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(lab);
        return await ShortAsync(lab, await lab.Drops.ReadAllAsync(since, false, ct).ConfigureAwait(false), ct).ConfigureAwait(false);
    }

    /// <summary>The first of each kind, and how many more there are.</summary>
    internal static async Task<string> ShortAsync(Lab lab, Happenings happenings, CancellationToken ct) =>
        happenings is not { Drops.Count: 0, Unanswered.Count: 0, Lost: 0 } ? Text(happenings, MostTold)
        : lab.Options is { RecordsDrops: true, Tracing: not FrameTracing.PacketSockets } && !happenings.IsRecorded
            ? await WithoutRecordsAsync(lab, ct).ConfigureAwait(false) : "";

    /// <summary>What is known of a lab of which nothing is recorded.</summary>
    internal static async Task<string> WithoutRecordsAsync(Lab lab, CancellationToken ct)
    {
        var known = await KnownByCounters.OfAsync(lab, ct).ConfigureAwait(false);
        var text = new StringBuilder().AppendLine($"What became of other frames is not known: {lab.Drops.Level}.").AppendLine(known.Count == 0
            ? "No counter of a node speaks of a drop, and no neighbour is without an answer."
            : "What the nodes themselves know, from when they were made; which frames these were, and where rules without a counter dropped any, "
                + "is not known:");
        foreach (var line in known.Take(MostCounters))
        {
            text.AppendLine($"  {line}");
        }

        More(text, known.Count - MostCounters, "lines");
        return PlainText.Lines(text.ToString().TrimEnd());
    }

    /// <summary>All of it.</summary>
    internal static string Whole(Happenings happenings)
    {
        var text = Text(happenings, int.MaxValue);
        return $"{(text.Length == 0 ? "Nothing was dropped, and every question got an answer." : text)}{Environment.NewLine}Recorded by: {happenings.Level}";
    }

    private static string Text(Happenings happenings, int most)
    {
        var text = new StringBuilder();
        var told = new HashSet<Drop>();
        foreach (var question in happenings.Unanswered.Take(most))
        {
            text.AppendLine($"{question}.");
            if (question.Drop is { } drop)
            {
                told.Add(drop);
                text.AppendLine($"  {Line(drop)}");
            }

            foreach (var waited in happenings.Drops.Where(d => d.WaitedFor(question)))
            {
                told.Add(waited);
                text.AppendLine($"  So this was dropped, which waited for it: {Line(waited)}");
            }

            text.AppendLine(question.Reason.Describe("  "));
        }

        More(text, happenings.Unanswered.Count - most, "questions got no answer");
        List<Drop> others = [.. happenings.Drops.Where(d => !told.Contains(d) && !happenings.Unanswered.Any(u => u.Asked.IsOf(d.Frame)))];
        foreach (var drop in others.Take(most))
        {
            text.AppendLine($"{drop.Place.Where} dropped {Line(drop)}").AppendLine(drop.Reason.Describe("  "));
        }

        More(text, others.Count - most, "drops");
        if (happenings.Lost > 0)
        {
            text.AppendLine($"Note: {happenings.Lost} records are missing: there may be more.");
        }

        return PlainText.Lines(text.ToString().TrimEnd());
    }

    private static string Line(Drop drop) => $"{drop.Frame}{(drop.Count == 1 ? "" : $", {drop.Count} times")}";

    private static void More(StringBuilder text, int count, string what)
    {
        if (count > 0)
        {
            text.AppendLine($"And {count} more {what}: {(what == "lines" ? "state/ of the bundle has the nodes" : "drops.txt of the bundle has all")}.");
        }
    }
}
