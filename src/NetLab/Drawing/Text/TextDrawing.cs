using NetLab.Packets;

namespace NetLab.Drawing;

/// <summary>
/// A scene for a terminal: a frame for each node, in it each bridge with its ports as branches of a tree, what each port leads to
/// on the same line, and the next bridge's ports below it. Frames stand beside each other as far as the width allows.
/// </summary>
internal sealed class TextDrawing
{
    private const int Gap = 2;

    private readonly int _width;

    private TextDrawing(int width) => _width = width;

    public static string Draw(Scene scene, string? title, int width)
    {
        var lines = new List<string>();
        if (title is not null)
        {
            lines.Add(title);
            lines.Add("");
        }

        lines.AddRange(new TextDrawing(width).Flow([.. scene.Nodes.Select(Frame)]));
        return string.Join('\n', lines.Select(l => PlainText.Line(l.TrimEnd()))) + "\n";
    }

    // Frames from left to right and from top to bottom, like words of a text.
    private List<string> Flow(List<List<string>> frames)
    {
        var lines = new List<string>();
        var row = new List<List<string>>();
        foreach (var frame in frames)
        {
            if (row.Count > 0 && row.Sum(f => f[0].Length + Gap) + frame[0].Length > _width)
            {
                AddRow(lines, row);
                row.Clear();
            }

            row.Add(frame);
        }

        AddRow(lines, row);
        return lines;
    }

    private static void AddRow(List<string> lines, List<List<string>> row)
    {
        for (var n = 0; n < row.Select(f => f.Count).DefaultIfEmpty(0).Max(); n++)
        {
            lines.Add(string.Join(new string(' ', Gap), row.Select(f => n < f.Count ? f[n] : new string(' ', f[0].Length))));
        }
    }

    private static List<string> Frame(SceneNode node)
    {
        List<string> content = [.. node.Notes, .. node.Notes.Count > 0 && node.Shapes.Count > 0 ? [""] : Array.Empty<string>(), .. TextTree.Of(node)];
        var inside = Math.Max(content.Select(l => l.Length).DefaultIfEmpty(0).Max(), node.Name.Length + 1);
        var frame = new List<string> { $"╭─ {node.Name} {new string('─', inside - node.Name.Length - 1)}╮" };
        frame.AddRange(content.Select(line => $"│ {line.PadRight(inside)} │"));
        frame.Add($"╰{new string('─', inside + 2)}╯");
        return frame;
    }
}
