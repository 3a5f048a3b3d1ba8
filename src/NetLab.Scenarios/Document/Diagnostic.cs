using NetLab.Packets;

namespace NetLab.Scenarios;

/// <summary>One thing that is wrong in a scenario file: where, what, and what would be right.</summary>
/// <param name="File">The file, as the caller named it.</param>
/// <param name="At">The place in it.</param>
/// <param name="Wrong">What is wrong.</param>
/// <param name="Right">What would be right.</param>
public sealed record Diagnostic(string File, Position At, string Wrong, string Right)
{
    /// <summary>One line: <c>file:line:column: what is wrong; what would be right</c>.</summary>
    public override string ToString() => $"{OneLine(File)}:{At.Line}:{At.Column}: {OneLine(Wrong)}; {OneLine(Right)}";

    private static string OneLine(string text) => PlainText.Line(text.ReplaceLineEndings(" "));
}

/// <summary>A scenario file that cannot be used, with everything that is wrong in it.</summary>
public sealed class ScenarioException : Exception
{
    /// <summary>Collects what is wrong in one file.</summary>
    /// <param name="diagnostics">At least one, in the order of the file.</param>
    public ScenarioException(IReadOnlyList<Diagnostic> diagnostics)
        : base(string.Join('\n', diagnostics)) => Diagnostics = diagnostics;

    /// <summary>Everything that is wrong, in the order of the file. <see cref="Exception.Message"/> has one line for each.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; }
}
