using System.Text;
using System.Text.Json;
using NetLab.Packets;

namespace NetLab.Drawing;

/// <summary>
/// A scene as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html), which GitHub and GitLab draw in Markdown: a subgraph for each node.
/// </summary>
internal sealed class MermaidDrawing
{
    private readonly StringBuilder _text = new();
    private readonly Dictionary<Shape, string> _names = [];

    private MermaidDrawing()
    {
    }

    public static string Draw(Scene scene, string? title)
    {
        var drawing = new MermaidDrawing();
        drawing.Write(scene, title);
        return drawing._text.ToString();
    }

    private void Write(Scene scene, string? title)
    {
        if (title is not null)
        {
            Line("---");
            Line($"title: \"{JsonEncodedText.Encode(PlainText.Line(title))}\"");
            Line("---");
        }

        Line("flowchart TB");
        for (var n = 0; n < scene.Nodes.Count; n++)
        {
            Subgraph(scene.Nodes[n], n + 1);
        }

        foreach (var cable in scene.Cables)
        {
            Cable(cable);
        }

        // White and dark pages alike: every class brings its text colour.
        Line("  classDef machine fill:#e6f7ea,stroke:#2da44e,color:#1f2328");
        Line("  classDef bridge fill:#ddf0ff,stroke:#3b8fd9,color:#1f2328");
        Line("  classDef ovs fill:#f3eaff,stroke:#8250df,stroke-width:2px,color:#1f2328");
        Line("  classDef device fill:#ffffff,stroke:#8c959f,color:#1f2328");
        Line("  classDef open fill:#ffffff,stroke:#8c959f,color:#1f2328,stroke-dasharray:5 4");
        Line("  classDef tunnel fill:#fff7d6,stroke:#bf8700,color:#1f2328");
        List<int> way = [.. scene.Cables.Select((c, i) => (c, i)).Where(c => c.c.IsHighlighted).Select(c => c.i)];
        if (way.Count > 0)
        {
            Line($"  linkStyle {string.Join(',', way)} stroke:#e16f24,stroke-width:4px");
        }
    }

    private void Subgraph(SceneNode node, int number)
    {
        var title = string.Join("<br/>", node.Notes.Select(n => $"<small>{Escape(n)}</small>").Prepend($"<b>{Escape(node.Name)}</b>"));
        Line($"  subgraph n{number}[\"{title}\"]");
        foreach (var shape in node.Shapes)
        {
            var name = $"s{_names.Count + 1}";
            _names.Add(shape, name);
            Line($"    {name}{Body(shape)}:::{ClassOf(shape.Kind)}");
        }

        if (node.Shapes.Count == 0)
        {
            // A subgraph must hold something.
            Line($"    n{number}empty[\"no devices\"]:::open");
        }

        Line("  end");
    }

    private static string Body(Shape shape)
    {
        var lines = shape.Lines.Select(Escape);
        if (shape.Caption.Length > 0)
        {
            lines = lines.Prepend($"<i>{Escape(shape.Caption)}</i>");
        }

        var text = string.Join("<br/>", lines.Prepend($"<b>{Escape(shape.Name)}</b>"));
        return shape.Kind == ShapeKind.Machine ? $"(\"{text}\")" : shape.IsBar ? $"[[\"{text}\"]]" : $"[\"{text}\"]";
    }

    private void Cable(Cable cable)
    {
        var line = cable.Kind switch
        {
            CableKind.Veth => "===",
            CableKind.Docked => "---",
            _ => "-.-",
        };
        var label = string.Join(" – ", new[] { Label(cable.A), Label(cable.B) }.Where(l => l.Length > 0));
        if (label.Length > 0)
        {
            line += $"|\"{label}\"|";
        }

        Line($"  {_names[cable.A.Shape]} {line} {_names[cable.B.Shape]}");
    }

    private static string Label(Port port) =>
        string.Join(" ", new[] { port.Name, port.Vlan is null ? null : $"({port.Vlan.Text})", port.Note,
            port.IsFailure ? "✗" : null }.OfType<string>().Select(Escape));

    private static string ClassOf(ShapeKind kind) => kind switch
    {
        ShapeKind.Machine => "machine",
        ShapeKind.Bridge => "bridge",
        ShapeKind.OvsBridge => "ovs",
        ShapeKind.OpenTap => "open",
        ShapeKind.Tunnel => "tunnel",
        _ => "device",
    };

    // Mermaid reads entities by number (#34;) in quoted text, and nothing else as markup but HTML.
    private static string Escape(string text)
    {
        var escaped = new StringBuilder();
        foreach (var c in PlainText.Line(text))
        {
            escaped.Append(c is '"' or '#' or '<' or '>' or '&' or '`' or ';' ? $"#{(int)c};" : c);
        }

        return escaped.ToString();
    }

    private void Line(string line) => _text.Append(line).Append('\n');
}
