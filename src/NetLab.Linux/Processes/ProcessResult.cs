using System.Globalization;

namespace NetLab.Linux.Processes;

/// <summary>What became of a program that ran to its end.</summary>
/// <param name="Start">What was started.</param>
/// <param name="ExitCode">Its exit code, or 128 plus the number of the signal that killed it.</param>
/// <param name="Output">All that it wrote to its standard output.</param>
/// <param name="Error">All that it wrote to its standard error.</param>
public sealed record ProcessResult(ProcessStart Start, int ExitCode, string Output, string Error)
{
    /// <summary>The result itself, if the exit code is 0.</summary>
    /// <exception cref="ProcessFailedException">The exit code is another one.</exception>
    public ProcessResult EnsureSuccess() => ExitCode is 0 ? this : throw new ProcessFailedException(Start, ExitCode, Output, Error);
}

/// <summary>A program ended otherwise than it should. The message has the command line, the exit code and what the program said.</summary>
public sealed class ProcessFailedException : Exception
{
    private const int Quoted = 2000;

    /// <summary>Makes the exception for a program that has ended.</summary>
    /// <param name="start">What was started.</param>
    /// <param name="exitCode">Its exit code, or 128 plus the number of the signal that killed it.</param>
    /// <param name="output">What it wrote to its standard output.</param>
    /// <param name="error">What it wrote to its standard error.</param>
    public ProcessFailedException(ProcessStart start, int exitCode, string output, string error)
        : base(Compose(start, exitCode, output, error))
    {
        ExitCode = exitCode;
        Output = output;
        Error = error;
    }

    /// <summary>The exit code, or 128 plus the number of the signal that killed the program.</summary>
    public int ExitCode { get; }

    /// <summary>What the program wrote to its standard output.</summary>
    public string Output { get; }

    /// <summary>What the program wrote to its standard error.</summary>
    public string Error { get; }

    private const int LastSignal = 64; // SIGRTMAX: what is above is an exit code of the program's own

    private static string Compose(ProcessStart start, int exitCode, string output, string error)
    {
        ArgumentNullException.ThrowIfNull(start);
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(error);
        var how = exitCode is > 128 and <= 128 + LastSignal ? $"was killed by signal {exitCode - 128}" : $"ended with exit code {exitCode}";
        var said = error.Trim() is { Length: > 0 } complaint ? complaint : output.Trim();
        said = Plain(said.Length > Quoted ? "…" + said[^Quoted..] : said);
        return said.Length > 0 ? $"{start} {how}: {said}" : $"{start} {how} and said nothing.";
    }

    // A failure is read on a terminal, which the program is not to steer; what it wrote stands as it is in the properties.
    private static string Plain(string said) => string.Concat(said.ReplaceLineEndings("\n").Select(c => c is '\n' or '\t'
        || CharUnicodeInfo.GetUnicodeCategory(c) is not (UnicodeCategory.Control or UnicodeCategory.Format or UnicodeCategory.LineSeparator
            or UnicodeCategory.ParagraphSeparator) ? c.ToString() : $"\\u{(int)c:x4}"));
}
