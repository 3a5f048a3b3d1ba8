namespace NetLab.Scenarios;

/// <summary>One reading of one file: collects what is wrong with it, as much as a person reads.</summary>
internal sealed class Binding(string file)
{
    /// <summary>Diagnostics beyond so many are counted, not kept: a file of another kind may have one in each line.</summary>
    internal const int Most = 100;

    private const int LongestText = 400;

    private readonly List<Diagnostic> _diagnostics = [];

    public string File => file;

    /// <summary>How much is wrong, kept or not.</summary>
    public int Count { get; private set; }

    public void Report(Position at, string wrong, string right)
    {
        if (Count++ < Most)
        {
            _diagnostics.Add(new Diagnostic(file, at, Cut(wrong), Cut(right)));
        }
    }

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics
    {
        get
        {
            List<Diagnostic> kept = [.. _diagnostics.Distinct().OrderBy(diagnostic => (diagnostic.At.Line, diagnostic.At.Column))];
            return Count <= Most ? kept : [.. kept, new Diagnostic(file, kept[^1].At, $"{Count - Most} more places are wrong", "mend these first")];
        }
    }

    private static string Cut(string text) => text.Length <= LongestText ? text : text[..LongestText] + "…";
}
