using System.Text;

namespace NetLab.Drawing;

/// <summary>What is inside one node as lines of a tree.</summary>
internal sealed class TextTree
{
    private readonly List<string> _lines = [];
    private readonly HashSet<Shape> _seen = [];
    private bool _branched;

    private TextTree()
    {
    }

    public static IReadOnlyList<string> Of(SceneNode node)
    {
        var tree = new TextTree();

        // The bridge with the most ports is the trunk of the tree; what hangs on none of them follows.
        foreach (var root in node.Shapes.OrderBy(s => s.Kind == ShapeKind.Machine).ThenByDescending(s => s.IsBar ? s.Ports.Count : 0))
        {
            tree.Root(root);
        }

        return tree._lines;
    }

    private void Root(Shape shape)
    {
        // A device that stands on another one comes with that one.
        if (_seen.Contains(shape) || shape.Ports.Exists(p => p.Cable.Kind == CableKind.Stacked && p.Cable.A == p && !_seen.Contains(p.Cable.B.Shape)))
        {
            return;
        }

        _seen.Add(shape);
        var ports = shape.Ports.FindAll(p => !IsPlain(shape, p));
        if (_lines.Count > 0 && (ports.Count > 0 || _branched))
        {
            _lines.Add("");
        }

        // What ends the line needs no line of its own.
        _seen.UnionWith(shape.Ports.Except(ports).Select(p => p.Cable.Other(p).Shape).Where(s => s.Node == shape.Node && s.Ports.Count == 1));
        _branched = ports.Count > 0;
        _lines.Add(Describe(shape) + string.Concat(shape.Ports.Except(ports).Select(p => Lead(p))));
        Branches(ports, "");
    }

    // An interface with one cable needs no branch for it.
    private static bool IsPlain(Shape shape, Port port) => !shape.IsBar && port.Cable.Kind is CableKind.Veth or CableKind.Tap;

    private void Branches(List<Port> ports, string indent)
    {
        var tags = ports.Select(p => p.Vlan?.Text.Length ?? 0).DefaultIfEmpty(0).Max();
        var names = ports.Where(p => p.Name is not null).Select(p => Label(p).Length).DefaultIfEmpty(0).Max();
        for (var i = 0; i < ports.Count; i++)
        {
            var port = ports[i];
            var last = i == ports.Count - 1;
            var line = new StringBuilder(indent).Append(last ? "└─" : "├─");
            var tag = port.Vlan is null ? "" : $" {port.Vlan.Text} ";
            line.Append(tags == 0 ? " " : tag.PadRight(tags + 3, '─') + " ");

            if (port.Name is not null)
            {
                line.Append(Label(port).PadRight(names));
            }

            var other = port.Cable.Other(port);
            var isNew = other.Shape.Node == port.Shape.Node && _seen.Add(other.Shape);
            if (port.Cable.Kind is CableKind.Docked or CableKind.Stacked)
            {
                line.Append(port.Name is null ? "" : Glyph(port.Cable.Kind)).Append(Describe(other.Shape));
            }
            else if (isNew || other.Shape.Node != port.Shape.Node)
            {
                line.Append(Lead(port));
            }
            else
            {
                line.Append($"{Glyph(port.Cable.Kind)}{Label(other)} ─ {other.Shape.Name} (above)");
            }

            _lines.Add(line.ToString());
            if (isNew)
            {
                Branches(other.Shape.Ports.FindAll(p => p != other), indent + (last ? "   " : "│  "));
            }
        }
    }

    // What a port leads to: the cable, the port at its other end, and the shape there.
    private static string Lead(Port port)
    {
        var other = port.Cable.Other(port);
        var cable = Glyph(port.Cable.Kind);
        if (other.Shape.Node != port.Shape.Node)
        {
            var far = $"{cable}{other.Shape.Node.Name}/";
            return other.Name is null ? far + Describe(other.Shape) : $"{far}{Label(other)} ─ {other.Shape.Name}";
        }

        return other.Name is null ? cable + Describe(other.Shape)
            : other.Shape.Kind == ShapeKind.Machine ? $"{cable}{Label(other)}  {Describe(other.Shape)}"
            : $"{cable}{Label(other)} ─ {Describe(other.Shape)}";
    }

    private static string Glyph(CableKind kind) => kind switch
    {
        CableKind.Tap => " ┄┄┄ ",
        CableKind.Veth => " ═══ ",
        CableKind.Patch => " ┈┈┈ ",
        _ => " ─── ",
    };

    private static string Label(Port port) => port.Name + (port.Note is null ? "" : $" ({port.Note})") + (port.IsFailure ? " ✗" : "");

    private static string Describe(Shape shape)
    {
        var words = shape.Lines.Prepend(shape.Caption).Where(w => w.Length > 0).Prepend(shape.Name);
        return string.Join("  ", words);
    }
}
