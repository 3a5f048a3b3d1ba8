using System.Globalization;
using System.Security;
using System.Text;
using NetLab.Packets;

namespace NetLab.Drawing;

/// <summary>
/// A scene as an SVG picture: frames for nodes, boxes for machines and interfaces, bars with sockets for bridges, cables between
/// them, VLANs as coloured labels, and a legend of what occurs. <see cref="SceneLayout"/> decides the places, this class draws.
/// </summary>
internal sealed class SvgDrawing
{
    private readonly StringBuilder _svg = new();
    private readonly Scene _scene;
    private readonly SceneLayout _layout;
    private readonly List<int> _vlans;

    private SvgDrawing(Scene scene, string? title)
    {
        _scene = scene;
        Title = title;
        _layout = SceneLayout.Of(scene, title is null ? Sizes.Margin : Sizes.Margin + 34);
        _vlans = [.. scene.Shapes.SelectMany(s => s.Ports).Select(p => p.Vlan?.Vlan).OfType<int>().Distinct().Order()];
    }

    private string? Title { get; }

    public static string Draw(Scene scene, string? title)
    {
        var drawing = new SvgDrawing(scene, title);
        drawing.WriteAll();
        return drawing._svg.ToString();
    }

    private void WriteAll()
    {
        var legend = new SvgLegend(_scene);
        var titleWidth = Title is null ? 0 : Sizes.Bold(Title, 18) + 2 * Sizes.Margin;
        var width = Math.Max(Math.Max(_layout.Width + Sizes.Margin, titleWidth), Math.Min(legend.FullWidth, 560));
        var legendTop = _layout.Height + 20;
        var height = legendTop + legend.HeightFor(width) + 14;

        Line($"<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" role=\"img\">");
        Line($"<title>{Text(Title ?? "A network lab")}</title>");
        Line($"<desc>{Text(Description())}</desc>");
        SvgStyle.Write(_svg);
        Line($"<rect class=\"page\" x=\"0.5\" y=\"0.5\" width=\"{width - 1}\" height=\"{height - 1}\" rx=\"12\"/>");
        if (Title is not null)
        {
            Line($"<text class=\"text\" x=\"{Sizes.Margin}\" y=\"{Sizes.Margin + 12}\" font-size=\"18\" font-weight=\"700\">{Text(Title)}</text>");
        }

        foreach (var node in _scene.Nodes)
        {
            Frame(node, _layout.Frames[node]);
        }

        foreach (var cable in _scene.Cables)
        {
            Cable(cable);
        }

        foreach ((var shape, var area) in _layout.Shapes)
        {
            Shape(shape, area);
        }

        foreach ((var port, var place) in _layout.Ports)
        {
            Port(port, place);
        }

        legend.Write(_svg, legendTop, width);
        Line($"</svg>");
    }

    private string Description() => string.Join("; ", _scene.Cables.Select(c => $"{Name(c.A)} to {Name(c.B)}"));

    private static string Name(Port port) => port.Name is null ? port.Shape.ToString() : $"{port.Shape} {port.Name}";

    private void Frame(SceneNode node, Area area)
    {
        Line($"<g><title>{Text($"node {node.Name}")}</title>");
        Line($"<rect class=\"frame\" x=\"{area.Left}\" y=\"{area.Top}\" width=\"{area.Width}\" height=\"{area.Height}\" rx=\"10\" stroke-width=\"1.2\"/>");
        Line($"<text class=\"text\" x=\"{area.Left + 14}\" y=\"{area.Top + 22}\" font-size=\"14\" font-weight=\"700\">{Text(node.Name)}</text>");
        for (var i = 0; i < node.Notes.Count; i++)
        {
            var (x, y) = (area.Left + 14, area.Top + 22 + Sizes.NoteHeight * (i + 1));
            Line($"<text class=\"quiet mono\" x=\"{x}\" y=\"{y}\" font-size=\"10.5\">{Text(node.Notes[i])}</text>");
        }

        Line($"</g>");
    }

    private void Cable(Cable cable)
    {
        var path = _layout.Paths[cable];
        var kind = SvgLegend.ClassOf(cable.Kind);
        Line($"<g><title>{Text($"{Name(cable.A)} – {Name(cable.B)}")}</title>");
        if (cable.IsHighlighted)
        {
            Line($"<path class=\"way\" d=\"{path}\"/>");
        }

        Line($"<path class=\"cable {kind}\" d=\"{path}\"/>");
        if (cable.Kind == CableKind.Veth)
        {
            Line($"<path class=\"core\" d=\"{path}\"/>");
        }

        Line($"</g>");
    }

    private void Shape(Shape shape, Area area)
    {
        Line($"<g><title>{string.Join('\n', shape.Lines.Prepend($"{shape.Caption} {shape.Name}".Trim()).Select(Text))}</title>");
        if (shape.IsBar)
        {
            Bar(shape, area);
        }
        else if (shape.Kind == ShapeKind.Machine)
        {
            Machine(shape, area);
        }
        else
        {
            Box(shape, area);
        }

        Line($"</g>");
    }

    private void Bar(Shape shape, Area area)
    {
        var (kind, stroke) = shape.Kind == ShapeKind.OvsBridge ? ("ovs", 2.2) : ("bridge", 1.6);
        Line($"<rect class=\"{kind}\" x=\"{area.Left}\" y=\"{area.Top}\" width=\"{area.Width}\" height=\"{area.Height}\" rx=\"6\" stroke-width=\"{stroke}\"/>");
        TrailThrough(shape, area);
        int y = area.Top + (_layout.TagsOnTop[shape] ? Sizes.TagHeight : 0) + 22, x = area.Left + 14;
        Line($"<text class=\"text mono\" x=\"{x}\" y=\"{y}\" font-size=\"13\" font-weight=\"700\">{Text(shape.Name)}</text>");
        x += Sizes.Mono(shape.Name, 13) + 12;
        Line($"<text class=\"quiet\" x=\"{x}\" y=\"{y}\" font-size=\"11\">{Text(shape.Caption)}</text>");
        x += Sizes.Plain(shape.Caption, 11) + 12;
        foreach (var line in shape.Lines)
        {
            Line($"<text class=\"text mono\" x=\"{x}\" y=\"{y}\" font-size=\"11\">{Text(line)}</text>");
            x += Sizes.Mono(line, 11) + 12;
        }
    }

    // The way of a frame goes on inside a bridge, from the first of its ports to each of the others.
    private void TrailThrough(Shape shape, Area area)
    {
        List<PortPlace> places = [.. shape.Ports.Where(p => p.Cable.IsHighlighted).Select(p => _layout.Ports[p])];
        var middle = (area.Top + area.Bottom) / 2;
        foreach (var place in places.Skip(1))
        {
            Line($"<path class=\"way\" d=\"M{places[0].X} {places[0].Y}V{middle}H{place.X}V{place.Y}\"/>");
        }
    }

    private void Machine(Shape shape, Area area)
    {
        Line($"<rect class=\"machine\" x=\"{area.Left}\" y=\"{area.Top}\" width=\"{area.Width}\" height=\"{area.Height}\" rx=\"9\" stroke-width=\"1.6\"/>");

        // A small screen on its foot.
        int x = area.Left + 12, y = area.Top + 10;
        Line($"<path class=\"machine\" d=\"M{x} {y}h17v11h-17zM{x + 8.5} {y + 11}v3.5M{x + 4} {y + 14.5}h9\" stroke-width=\"1.5\"/>");
        Line($"<text class=\"text\" x=\"{x + 25}\" y=\"{area.Top + 22}\" font-size=\"13\" font-weight=\"700\">{Text(shape.Name)}</text>");
        Lines(shape, area.Left + 12, area.Top + 40);
    }

    private void Box(Shape shape, Area area)
    {
        var kind = shape.Kind switch { ShapeKind.OpenTap => "open", ShapeKind.Tunnel => "tunnel", _ => "box" };
        Line($"<rect class=\"{kind}\" x=\"{area.Left}\" y=\"{area.Top}\" width=\"{area.Width}\" height=\"{area.Height}\" rx=\"6\" stroke-width=\"1.4\"/>");
        Line($"<text class=\"text mono\" x=\"{area.Left + 12}\" y=\"{area.Top + 21}\" font-size=\"12\" font-weight=\"700\">{Text(shape.Name)}</text>");
        if (shape.Caption.Length > 0)
        {
            Line($"<text class=\"quiet\" x=\"{area.Left + 12}\" y=\"{area.Top + 36}\" font-size=\"10.5\">{Text(shape.Caption)}</text>");
        }

        Lines(shape, area.Left + 12, area.Top + (shape.Caption.Length > 0 ? 51 : 38));
    }

    private void Lines(Shape shape, int x, int y)
    {
        for (var i = 0; i < shape.Lines.Count; i++)
        {
            Line($"<text class=\"text mono\" x=\"{x}\" y=\"{y + i * Sizes.LineHeight}\" font-size=\"11\">{Text(shape.Lines[i])}</text>");
        }
    }

    private void Port(Port port, PortPlace place)
    {
        var kind = SvgLegend.ClassOf(port.Cable.Kind);
        if (port.Vlan is { } vlan)
        {
            var width = Sizes.TagWidth(port);
            var left = place.X - width / 2.0;
            var top = place.IsOnTop ? place.Y + 9 : place.Y - 24;
            Line($"<rect x=\"{left}\" y=\"{top}\" width=\"{width}\" height=\"15\" rx=\"7.5\" fill=\"{ColourOf(vlan)}\"/>");
            Line($"<text class=\"tag\" x=\"{place.X}\" y=\"{top + 11.2}\" text-anchor=\"middle\">{Text(vlan.Text)}</text>");
        }

        // A tap's socket is round, all others are square.
        Line(port.Cable.Kind == CableKind.Tap
            ? (FormattableString)$"<circle class=\"socket {kind}\" cx=\"{place.X}\" cy=\"{place.Y}\" r=\"5\" stroke-width=\"2\"/>"
            : $"<rect class=\"socket {kind}\" x=\"{place.X - 4.5}\" y=\"{place.Y - 4.5}\" width=\"9\" height=\"9\" rx=\"1.5\" stroke-width=\"2\"/>");
        if (port.IsFailure)
        {
            Line($"<path class=\"failure\" d=\"M{place.X - 9} {place.Y - 9}l18 18M{place.X + 9} {place.Y - 9}l-18 18\"/>");
        }

        var y = place.IsOnTop ? place.Y - 9 - (port.Note is null ? 0 : Sizes.PortNoteHeight) : place.Y + 17;
        if (port.Name is not null)
        {
            var style = port.IsFailure ? "warning" : "text";
            Line($"<text class=\"{style} mono\" x=\"{place.X + Sizes.LabelOffset}\" y=\"{y}\" font-size=\"11\">{Text(port.Name)}</text>");
        }

        if (port.Note is not null)
        {
            var below = y + (port.Name is null ? 0 : Sizes.PortNoteHeight);
            Line($"<text class=\"quiet mono\" x=\"{place.X + Sizes.LabelOffset}\" y=\"{below}\" font-size=\"9.5\">{Text(port.Note)}</text>");
        }
    }

    private string ColourOf(VlanLabel vlan) => vlan.Vlan switch
    {
        null => SvgStyle.ManyVlans,
        VlanLabel.Dead => SvgStyle.DeadVlan,
        { } one => SvgStyle.VlanColour(_vlans.IndexOf(one)),
    };

    private void Line(FormattableString text) => _svg.Append(text.ToString(CultureInfo.InvariantCulture)).Append('\n');

    // XML takes no control characters; a name that holds one anyway must not break the picture.
    private static string Text(string text) => SecurityElement.Escape(PlainText.Line(text));
}
