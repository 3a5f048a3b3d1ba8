using NetLab.Linux.Terminals;
using System.Runtime.InteropServices;
using Microsoft.Win32.SafeHandles;

namespace NetLab.Linux.Processes;

/// <summary>A program to be started in a <see cref="ProcessGroup"/>, and what it finds there.</summary>
/// <param name="Program">A path, or a name that is looked for in the directories of PATH.</param>
/// <param name="Arguments">The arguments, without the program's name. No shell is involved.</param>
public sealed record ProcessStart(string Program, IReadOnlyList<string> Arguments)
{
    /// <summary>A program and its arguments.</summary>
    public ProcessStart(string program, params string[] arguments)
        : this(program, (IReadOnlyList<string>)arguments)
    {
    }

    /// <summary>The network namespace the program runs in, with a <c>/sys</c> that shows its devices; null for that of this process.</summary>
    public NetworkNamespace? Namespace { get; init; }

    /// <summary>The userland that the program runs in, with its network namespace; it takes the place of <see cref="Namespace"/>.</summary>
    public Userland? Userland { get; init; }

    /// <summary>The capabilities that the program has at most; null for all of ours.</summary>
    public Privileges? Privileges { get; init; }

    /// <summary>Environment variables to set beside ours.</summary>
    public IReadOnlyDictionary<string, string>? Environment { get; init; }

    /// <summary>The directory the program starts in; null for ours.</summary>
    public string? WorkingDirectory { get; init; }

    /// <summary>Whether <see cref="ChildProcess.StandardInput"/> is wanted; otherwise the program reads <c>/dev/null</c>.</summary>
    public bool RedirectInput { get; init; }

    /// <summary>Descriptors that the program gets under the same number. The group's scratch directory is always among them.</summary>
    public IReadOnlyList<SafeHandle> Inherit { get; init; } = [];

    /// <summary>
    /// Files (or directories) that the program sees in the place of others, as <c>mount --bind Source Target</c> in a mount namespace of its own:
    /// <c>("/proc/self/fd/7/hosts", "/etc/hosts")</c>. The target exists already. Later changes of the source show.
    /// </summary>
    public IReadOnlyList<(string Source, string Target)> BindMounts { get; init; } = [];

    /// <summary>Called with each line of the standard output, without the newline, on the reactor's thread: it must not block.</summary>
    public Action<string>? OutputLine { get; init; }

    /// <summary>Called with each line of the standard error, without the newline, on the reactor's thread: it must not block.</summary>
    public Action<string>? ErrorLine { get; init; }

    /// <summary>
    /// Whether the program shares our terminal: our standard input, output and error, and our foreground process group, for a shell. Nothing is
    /// then read from it here. Otherwise it is in a process group of its own, and a Ctrl-C is for us alone.
    /// </summary>
    public bool ShareTerminal { get; init; }

    /// <summary>
    /// Whether nanosleep(2) and clock_nanosleep(2) return at once in it: for a program that sleeps where nobody needs it to. It still waits for
    /// descriptors, timers and locks as ever.
    /// </summary>
    internal bool SkipsSleeps { get; init; }

    /// <summary>
    /// The terminal that the program runs at, in a session of its own: its standard streams, its job control and its Ctrl-C. Nothing is read from it here.
    /// </summary>
    internal PseudoTerminal? Terminal { get; init; }

    /// <summary>Descriptors of ours that become its standard streams; nothing is read from them here.</summary>
    internal (SafeFileHandle Input, SafeFileHandle Output, SafeFileHandle Error)? Streams { get; init; }

    /// <summary>The command line, for messages.</summary>
    public override string ToString() => string.Join(' ', Arguments.Prepend(Program).Select(Quoted));

    private static string Quoted(string word) =>
        word.Length > 0 && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./:=,@%+".Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";
}
