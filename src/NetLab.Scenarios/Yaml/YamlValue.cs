namespace NetLab.Scenarios.Yaml;

/// <summary>YAML as a tree that knows its places: what is between the parser's events and the scenario's shapes.</summary>
internal abstract record YamlValue(Position At)
{
    /// <summary>What a person calls this, for "this is a list, …".</summary>
    public abstract string Noun { get; }
}

/// <summary>A word, number or text. <see cref="Plain"/>: written without quotes, so that <c>~</c> and nothing mean "no value".</summary>
internal sealed record YamlScalar(Position At, string Text, bool Plain, bool OnOneLine) : YamlValue(At)
{
    public override string Noun => IsNull ? "empty" : $"'{Shortened}'";

    /// <summary>The blanks before each line of a text that is written below a '|'; null for any other.</summary>
    public int? Indent { get; init; }

    /// <summary>Where a line and a column of the text, both from 1, stand in the file; where the text begins if that cannot be told.</summary>
    public Position Line(int line, int column) => Indent is { } indent ? new Position(At.Line + line, indent + column) : line == 1 ? Inside(column - 1) : At;

    public bool IsNull => Plain && Text is "" or "~" or "null";

    public string Shortened
    {
        get
        {
            var line = Text.ReplaceLineEndings(" ").Trim();
            return line.Length <= 60 ? line : line[..57] + "…";
        }
    }

    /// <summary>Where the character at <paramref name="offset"/> of the text stands in the file.</summary>
    public Position Inside(int offset) => OnOneLine ? At.Shift(Plain ? offset : offset + 1) : At;
}

/// <summary>A mapping, in the order of the file. A key that comes twice is here twice.</summary>
internal sealed record YamlMapping(Position At, IReadOnlyList<(YamlScalar Key, YamlValue Value)> Entries) : YamlValue(At)
{
    public override string Noun => "a mapping";
}

/// <summary>A list.</summary>
internal sealed record YamlSequence(Position At, IReadOnlyList<YamlValue> Items) : YamlValue(At)
{
    public override string Noun => "a list";
}
