using System.Text;
using NetLab.Packets;

namespace NetLab;

/// <summary>
/// What happened to everybody's frames, for the end of a failure's text: who got no answer and why, then the other drops, each with cause and remedy.
/// </summary>
public static class HappeningsText
{
    private const int MostTold = 5;

    /// <summary>Tells of a lab. Empty where there is nothing to tell; where nothing is recorded, that is one line.</summary>
    /// <param name="lab">The lab, applied and not yet disposed.</param>
    /// <param name="since">Only what happened from this time on; null for all.</param>
    /// <param name="ct">Ends the reading of the state.</param>
    public static async Task<string> OfAsync(Lab lab, DateTimeOffset? since = null, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(lab);
        return Short(await lab.Drops.ReadAllAsync(since, false, ct).ConfigureAwait(false), lab.Options);
    }

    /// <summary>The first of each kind, and how many more there are.</summary>
    internal static string Short(Happenings happenings, LabOptions options) =>
        happenings is { Drops.Count: 0, Unanswered.Count: 0, Lost: 0 }
            ? options is { RecordsDrops: true, Tracing: not FrameTracing.PacketSockets } && !happenings.IsRecorded
                ? $"What became of other frames is not known: {happenings.Level}." : ""
            : Text(happenings, MostTold);

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
            text.AppendLine($"And {count} more {what}: drops.txt of the bundle has all.");
        }
    }
}
