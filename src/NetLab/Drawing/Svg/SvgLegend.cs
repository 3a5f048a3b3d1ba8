using System.Globalization;
using System.Text;

namespace NetLab.Drawing;

/// <summary>Says what the lines and colours mean, for those that occur in the picture.</summary>
internal sealed class SvgLegend
{
    private const int SampleWidth = 34;
    private const int RowHeight = 22;

    private readonly List<(string Sample, string Text)> _entries = [];

    public SvgLegend(Scene scene)
    {
        var shapes = scene.Shapes.Select(s => s.Kind).ToHashSet();
        var cables = scene.Cables.Select(c => c.Kind).ToHashSet();
        void AddShape(ShapeKind kind, string style, string text)
        {
            if (shapes.Contains(kind))
            {
                _entries.Add(($"<rect class=\"{style}\" x=\"1\" y=\"-10\" width=\"26\" height=\"12\" rx=\"3\" stroke-width=\"1.5\"/>", text));
            }
        }

        void AddCable(CableKind kind, string text)
        {
            if (cables.Contains(kind))
            {
                var core = kind == CableKind.Veth ? "<path class=\"core\" d=\"M0 -4H28\"/>" : "";
                _entries.Add(($"<path class=\"cable {ClassOf(kind)}\" d=\"M0 -4H28\"/>{core}", text));
            }
        }

        AddShape(ShapeKind.Machine, "machine", "virtual machine");
        AddShape(ShapeKind.Bridge, "bridge", "Linux bridge");
        AddShape(ShapeKind.OvsBridge, "ovs", "Open vSwitch bridge");
        AddShape(ShapeKind.Interface, "box", "interface");
        AddShape(ShapeKind.OpenTap, "open", "tap that nobody has opened");
        AddShape(ShapeKind.Tunnel, "tunnel", "tunnel");
        AddCable(CableKind.Tap, "tap: a file descriptor of the VM");
        AddCable(CableKind.Veth, "veth pair");
        AddCable(CableKind.Patch, "patch ports");
        AddCable(CableKind.Docked, "the bridge's own port");
        AddCable(CableKind.Stacked, "device on a device");
        if (scene.Cables.Exists(c => c.IsHighlighted))
        {
            _entries.Add(("<path class=\"way\" d=\"M4 -4H24\"/>", "way of the frame"));
        }

        if (scene.Shapes.Any(s => s.Ports.Exists(p => p.IsFailure)))
        {
            _entries.Add(("<path class=\"failure\" d=\"M8 -10l12 12M20 -10l-12 12\"/>", "where it ended"));
        }
    }

    /// <summary>The width that takes all of it in one row.</summary>
    public int FullWidth => _entries.Sum(e => WidthOf(e.Text)) + 2 * Sizes.Margin;

    public static string ClassOf(CableKind kind) => kind switch
    {
        CableKind.Tap => "tap",
        CableKind.Veth => "veth",
        CableKind.Patch => "patch",
        CableKind.Docked => "docked",
        _ => "stacked",
    };

    public int HeightFor(int width) => Places(width).Select(p => p.Y).DefaultIfEmpty(0).Max() + RowHeight;

    public void Write(StringBuilder svg, int top, int width)
    {
        foreach (((var sample, var text), (var x, var y)) in _entries.Zip(Places(width)))
        {
            svg.Append(CultureInfo.InvariantCulture,
                $"<g transform=\"translate({x} {top + y + 14})\">{sample}"
                    + $"<text class=\"quiet\" x=\"{SampleWidth}\" y=\"0\" font-size=\"11\">{text}</text></g>\n");
        }
    }

    private List<(int X, int Y)> Places(int width)
    {
        var places = new List<(int, int)>();
        int x = Sizes.Margin, y = 0;
        foreach ((_, var text) in _entries)
        {
            if (x > Sizes.Margin && x + WidthOf(text) > width - Sizes.Margin + 18)
            {
                (x, y) = (Sizes.Margin, y + RowHeight);
            }

            places.Add((x, y));
            x += WidthOf(text);
        }

        return places;
    }

    private static int WidthOf(string text) => SampleWidth + Sizes.Plain(text, 11) + 18;
}
