using System.Globalization;

namespace NetLab.Packets;

/// <summary>One layer of a frame: a header with its fields, or data.</summary>
public sealed class Layer
{
    private readonly List<Field> _fields = [];

    internal Layer(string name, int offset, int length, string summary)
    {
        Name = PlainText.Line(name);
        Offset = offset;
        Length = length;
        Summary = summary;
    }

    /// <summary>The protocol, e.g. "IPv4"; "Data" for what is not known, "Padding" for what is behind the packet.</summary>
    public string Name { get; }

    /// <summary>Where the layer starts in the frame.</summary>
    public int Offset { get; }

    /// <summary>Bytes of the header, without what it carries.</summary>
    public int Length { get; }

    /// <summary>The layer in a few words, e.g. "10.0.0.11 > 10.0.0.12"; <see cref="PlainText">plain</see>.</summary>
    public string Summary { get; internal set => field = PlainText.Line(value); }

    /// <summary>What is wrong with it, if anything.</summary>
    public Defect Defect { get; internal set; }

    /// <summary>Its fields, in the order of the wire.</summary>
    public IReadOnlyList<Field> Fields => _fields;

    /// <summary>Name and summary.</summary>
    public override string ToString() => Summary.Length == 0 ? Name : $"{Name} {Summary}";

    /// <summary>Whether the layer is a part of the frame's one-line form.</summary>
    internal bool InLine { get; set; } = true;

    /// <summary>What <see cref="InLine"/> shows; null for name and summary.</summary>
    internal string? Line { get; set => field = value is null ? null : PlainText.Line(value); }

    internal Field Add(string name, int offset, int length, string value, string? note = null)
    {
        var field = new Field(name, value, note, Offset + offset, length);
        _fields.Add(field);
        return field;
    }

    internal Field Add<T>(string name, int offset, int length, T value, string? note = null)
        where T : IFormattable => Add(name, offset, length, value.ToString(null, CultureInfo.InvariantCulture), note);

    internal Field Add(string name, int offset, int length, bool value) => Add(name, offset, length, value ? "yes" : "no");

    internal Field Hex(string name, int offset, int length, uint value, string? note = null) =>
        Add(name, offset, length, length switch { 1 => $"0x{value:x2}", 2 => $"0x{value:x4}", 3 => $"0x{value:x6}", _ => $"0x{value:x8}" }, note);

    internal Field Bytes(string name, int offset, ReadOnlySpan<byte> value, string? note = null) =>
        Add(name, offset, value.Length, Convert.ToHexStringLower(value), note);

    /// <param name="offset">Where it lies in the layer.</param>
    /// <param name="value">What lies there.</param>
    /// <param name="right">What would be right; null where that cannot be known.</param>
    /// <param name="isPending">Whoever hands the frame on has still to compute it.</param>
    internal void Checksum(int offset, ushort value, ushort? right, bool isPending = false)
    {
        var isRight = right == value;
        var field = Hex("Checksum", offset, 2, value, right switch
        {
            null => "not checked",
            _ when isRight => "right",
            _ when isPending => "not yet computed",
            { } r => $"wrong, should be 0x{r:x4}",
        });
        field.IsWrong = right is not null && !isRight && !isPending;
    }
}

/// <summary>One field of a layer.</summary>
public sealed class Field
{
    private List<Field>? _children;

    internal Field(string name, string value, string? note, int offset, int length)
    {
        Name = PlainText.Line(name);
        Value = PlainText.Line(value);
        Note = note is null ? null : PlainText.Line(note);
        Offset = offset;
        Length = length;
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its value as <see cref="PlainText">plain text</see>: numbers in decimal or with 0x, yes or no for bits, bytes in hexadecimal.</summary>
    public string Value { get; }

    /// <summary>What the value means, or whether it is right.</summary>
    public string? Note { get; }

    /// <summary>It is a checksum, could be checked, and is wrong; one that has still to be computed is not.</summary>
    public bool IsWrong { get; internal set; }

    /// <summary>Where the bytes that hold it start in the frame.</summary>
    public int Offset { get; }

    /// <summary>How many bytes hold it.</summary>
    public int Length { get; }

    /// <summary>Fields within this one, e.g. of an option.</summary>
    public IReadOnlyList<Field> Children => _children ?? (IReadOnlyList<Field>)[];

    /// <summary>"Name: value (note)".</summary>
    public override string ToString() => (Value.Length > 0 ? $"{Name}: {Value}" : Name) + (Note is null ? "" : $" ({Note})");

    internal Field Child(string name, int offset, int length, string value, string? note = null)
    {
        var field = new Field(name, value, note, Offset + offset, length);
        (_children ??= []).Add(field);
        return field;
    }

    internal Field Child<T>(string name, int offset, int length, T value, string? note = null)
        where T : IFormattable => Child(name, offset, length, value.ToString(null, CultureInfo.InvariantCulture), note);

    internal Field Child(string name, int offset, int length, bool value) => Child(name, offset, length, value ? "yes" : "no");
}
