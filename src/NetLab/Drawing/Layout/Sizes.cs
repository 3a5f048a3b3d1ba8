namespace NetLab.Drawing;

/// <summary>Measures of a picture in SVG user units (pixels at 100 %), and how wide a text gets without asking any font.</summary>
internal static class Sizes
{
    public const int Margin = 24;
    public const int FramePadding = 16;
    public const int FrameGap = 28;
    public const int ItemGap = 18;
    public const int LaneGap = 12;
    public const int HeaderHeight = 30;
    public const int NoteHeight = 15;
    public const int LineHeight = 15;
    public const int PortLabelHeight = 20;
    public const int PortNoteHeight = 13;
    public const int TagHeight = 20;
    public const int BendPitch = 14;

    // Room from a cable to its label, and from the label to the next cable.
    public const int LabelOffset = 9;
    public const int LabelGap = 12;

    /// <summary>Width of monospaced text of the given size: 0.602 em a character in DejaVu Sans Mono, the widest of the fonts asked for.</summary>
    public static int Mono(string text, double size) => (int)Math.Ceiling(text.Length * size * 0.605);

    /// <summary>Width of proportional bold text; an upper estimate.</summary>
    public static int Bold(string text, double size) => (int)Math.Ceiling(text.Length * size * 0.66);

    /// <summary>Width of proportional text; an upper estimate.</summary>
    public static int Plain(string text, double size) => (int)Math.Ceiling(text.Length * size * 0.58);

    /// <summary>Width and height that a shape needs for its own texts.</summary>
    public static (int Width, int Height) Of(Shape shape)
    {
        var lines = shape.Lines.Count == 0 ? 0 : shape.Lines.Max(l => Mono(l, 11));
        if (shape.IsBar)
        {
            var text = Mono(shape.Name, 13) + 14 + Plain(shape.Caption, 11) + (lines == 0 ? 0 : 16 + shape.Lines.Sum(l => Mono(l, 11) + 12));
            return (Math.Max(text + 28, 120), 34);
        }

        var machine = shape.Kind == ShapeKind.Machine;
        var title = machine ? Bold(shape.Name, 13) + 30 : Mono(shape.Name, 12);
        var caption = shape.Caption.Length == 0 ? 0 : Plain(shape.Caption, 10.5);
        var width = Math.Max(Math.Max(title, lines), caption) + 24;
        var height = 12 + 17 + (caption > 0 ? 14 : 0) + LineHeight * shape.Lines.Count + 6;
        return (Math.Max(width, machine ? 110 : 84), height);
    }

    /// <summary>Room that a port's label takes to the right of its cable.</summary>
    public static int LabelWidth(Port port)
    {
        var name = port.Name is null ? 0 : LabelOffset + Mono(port.Name, 11);
        var note = port.Note is null ? 0 : LabelOffset + Mono(port.Note, 9.5);
        return Math.Max(Math.Max(name, note), TagWidth(port) / 2);
    }

    public static int TagWidth(Port port) => port.Vlan is null ? 0 : Plain(port.Vlan.Text, 10.5) + 14;
}
