namespace NetLab.Scenarios;

/// <summary>A place in a scenario file. Lines and columns count from 1, as editors do.</summary>
/// <param name="Line">The line, from 1.</param>
/// <param name="Column">The column, from 1.</param>
public readonly record struct Position(int Line, int Column)
{
    /// <summary>The place so many characters further on the same line.</summary>
    internal Position Shift(int characters) => this with { Column = Column + characters };

    /// <summary>"12:7".</summary>
    public override string ToString() => $"{Line}:{Column}";
}

/// <summary>A value of a scenario and where it is written.</summary>
/// <typeparam name="T">The value's type.</typeparam>
/// <param name="Value">The value.</param>
/// <param name="At">Where the file says so.</param>
public readonly record struct Located<T>(T Value, Position At)
{
    /// <summary>The value as text.</summary>
    public override string ToString() => Value?.ToString() ?? "";
}
