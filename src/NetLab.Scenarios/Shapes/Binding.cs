namespace NetLab.Scenarios;

/// <summary>One reading of one file: collects what is wrong with it.</summary>
internal sealed class Binding(string file)
{
    private readonly List<Diagnostic> _diagnostics = [];

    public string File => file;

    public int Count => _diagnostics.Count;

    public void Report(Position at, string wrong, string right) => _diagnostics.Add(new Diagnostic(file, at, wrong, right));

    /// <summary>In the order of the file.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics => [.. _diagnostics.Distinct().OrderBy(diagnostic => (diagnostic.At.Line, diagnostic.At.Column))];
}
