using NetLab.Linux;
using NetLab.Linux.Probe;
using NetLab.Packets;
using NetLab.Scenarios;

namespace NetLab.Cli;

/// <summary>Why a command did not do what it was asked for: an exit code, and one clear message of a line or several.</summary>
internal sealed record Failure(int ExitCode, string Kind, IReadOnlyList<string> Lines)
{
    // What the kernel answers when it is not the scenario's fault: too little privilege, memory or room, or a part that was not built in.
    private static readonly HashSet<string> Machine =
        ["EPERM", "EACCES", "EOPNOTSUPP", "ENOTSUP", "EAFNOSUPPORT", "EPROTONOSUPPORT", "ENOSYS", "ENODEV", "ENOMEM", "ENOBUFS", "EMFILE", "ENFILE",
            "ENOSPC", "EAGAIN", "EROFS", "EDQUOT"];

    /// <summary>Places in scenario files that are wrong, if that is what it is about.</summary>
    public IReadOnlyList<Diagnostic> Diagnostics { get; init; } = [];

    public static Failure Of(Exception exception, bool verbose)
    {
        var failure = exception switch
        {
            ScenarioException scenario => new(Cli.ExitCode.BadInput, "scenario", [.. scenario.Diagnostics.Select(d => d.ToString())])
                { Diagnostics = scenario.Diagnostics },
            TopologyException topology => new(Cli.ExitCode.BadInput, "scenario", [.. topology.Problems.Select(p => $"netlab: {PlainText.Line(p)}")]),
            QuestionException question => new(Cli.ExitCode.BadInput, "input", [$"netlab: {PlainText.Line(question.Message)}"]),
            InputException input => new(Cli.ExitCode.BadInput, "input", [$"netlab: {PlainText.Line(input.Message)}"]),
            MissingFeatureException missing =>
                new(Cli.ExitCode.Lacking, "machine",
                    [.. missing.Missing.Select(m => $"netlab: {MissingFeatureException.Describe(m)}"),
                        "'netlab doctor' tells what this machine has and lacks"]),
            LinuxException linux when Machine.Contains(linux.ErrnoName) =>
                new(Cli.ExitCode.Lacking, "machine", [$"netlab: {linux.Message}", "'netlab doctor' tells what this machine has and lacks"]),
            TypeInitializationException { InnerException: { } inner } => Of(inner, verbose: false),
            OutputException output => new(Cli.ExitCode.Lacking, "output", [$"netlab: {PlainText.Line(output.Message)}"]),
            OutOfMemoryException =>
                new(Cli.ExitCode.Lacking, "machine", ["netlab: no memory, or no more threads, are to be had: raise the limits of this process or container"]),
            OperationCanceledException => new(Cli.ExitCode.Interrupted, "interrupted", ["netlab: interrupted; nothing of the lab is left"]),
            ForwardingException => new(Cli.ExitCode.Failed, "failed", [$"netlab: {exception.Message}"]),
            RulesetException => new(Cli.ExitCode.BadInput, "input", [$"netlab: {exception.Message}"]),
            LinuxException or OvsException or TimeoutException or IOException or UnauthorizedAccessException
                => new(Cli.ExitCode.Lacking, "machine", [$"netlab: {exception.Message}"]),
            _ => new(Cli.ExitCode.Fault, "internal",
                [$"netlab: {exception.GetType().Name}: {exception.Message}", "this is a fault of netlab itself; --verbose shows where"]),
        };
        return verbose ? failure with { Lines = [.. failure.Lines, exception.ToString()] } : failure;
    }
}

/// <summary>Something that the caller named cannot be read or written.</summary>
internal sealed class InputException(string message) : Exception(message);
