using System.Reflection;
using System.Text;

namespace NetLab;

/// <summary>
/// The catalogue of causes: every word by which a <see cref="Reason"/> can name why a frame ended, with what it means, what confirms it, and what to do.
/// </summary>
public static partial class Causes
{
    /// <summary>All causes, group by group.</summary>
    public static IReadOnlyList<Cause> All => Listed.All;

    /// <summary>The cause of a word; null where there is none.</summary>
    public static Cause? Find(string word) => All.FirstOrDefault(c => c.Word == word);

    /// <summary>The whole catalogue as Markdown: what <c>netlab explain --causes</c> prints, and docs/causes.md is.</summary>
    public static string ToMarkdown()
    {
        var text = new StringBuilder("""
            # Why frames end

            The word of a reason (`Reason.Cause`, `"cause"` in JSON) is one of these. A reason is told only with what confirms it;
            what nothing confirms is told as `unknown`, in the kernel's own words. `netlab explain --causes` prints this page.

            """);
        foreach (var group in All.GroupBy(c => c.Group))
        {
            text.AppendLine().AppendLine($"## {group.Key}").AppendLine().AppendLine("| cause | means | confirmed by | what to do |")
                .AppendLine("|---|---|---|---|");
            foreach (var cause in group)
            {
                text.AppendLine($"| `{cause.Word}` | {Cell(cause.Meaning)} | {Cell(cause.ConfirmedBy)} | {Cell(cause.Advice)} |");
            }
        }

        return text.ToString();
    }

    /// <summary>
    /// Every drop reason of the kernel as Markdown, with the test that has the kernel give it, or why none does: what
    /// <c>netlab explain --causes --coverage</c> prints, and docs/drop-reasons.md is.
    /// </summary>
    public static string ToCoverageMarkdown() => DropReasonCoverage.ToMarkdown();

    // A class of its own: the properties of this one are all set before it is asked.
    private static class Listed
    {
        public static readonly IReadOnlyList<Cause> All =
            [.. typeof(Causes).GetProperties(BindingFlags.Static | BindingFlags.Public).Where(p => p.PropertyType == typeof(Cause))
                .Select(p => (Cause)p.GetValue(null)!)
                .OrderBy(c => c.Group, StringComparer.Ordinal).ThenBy(c => c.Word, StringComparer.Ordinal)];
    }

    private static string Cell(string text) => text.Replace("|", "\\|", StringComparison.Ordinal);
}
