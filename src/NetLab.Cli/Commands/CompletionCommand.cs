using System.CommandLine;

namespace NetLab.Cli.Commands;

/// <summary><c>netlab completion bash</c>: a script that has the shell complete commands and options; it asks <c>netlab complete</c> for them.</summary>
internal static class CompletionCommand
{
    private const string Bash = """
        # eval "$(netlab completion bash)"
        _netlab() {
          local IFS=$'\n'
          COMPREPLY=($(compgen -W "$(netlab complete -- "${COMP_LINE:0:COMP_POINT}" 2>/dev/null)" -- "${COMP_WORDS[COMP_CWORD]}"))
        }
        complete -o default -F _netlab netlab
        """;

    private const string Zsh = """
        # eval "$(netlab completion zsh)"
        _netlab() { compadd -- ${(f)"$(netlab complete -- "${BUFFER[1,CURSOR]}" 2>/dev/null)"} || _files; }
        compdef _netlab netlab
        """;

    private const string Fish = """
        # netlab completion fish | source
        complete -c netlab -a '(netlab complete -- (commandline -cp) 2>/dev/null)'
        """;

    public static Command Create(Terminal terminal)
    {
        var shell = new Argument<string>("shell") { Description = "bash, zsh or fish" };
        shell.AcceptOnlyFromAmong("bash", "zsh", "fish");
        var command = new Command("completion", "Print a script that has your shell complete netlab's words: eval \"$(netlab completion bash)\"") { shell };
        command.SetAction(parsed =>
        {
            terminal.Out.WriteLine(parsed.GetRequiredValue(shell) switch { "bash" => Bash, "zsh" => Zsh, _ => Fish });
            return ExitCode.Fine;
        });
        return command;
    }

    /// <summary>What can stand where a line ends.</summary>
    /// <param name="terminal">Where it is written.</param>
    /// <param name="root">The command that the line is of.</param>
    public static Command CreateAnswer(Terminal terminal, Command root)
    {
        var line = new Argument<string>("line") { Description = "The line so far" };
        var command = new Command("complete", "Tell what can stand at the end of a line") { line };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            var text = parsed.GetRequiredValue(line);
            var words = text.IndexOf(' ', StringComparison.Ordinal) is >= 0 and var blank ? text[(blank + 1)..] : "";
            var begun = words[(words.LastIndexOf(' ') + 1)..];
            foreach (var word in root.Parse(words).GetCompletions(words.Length).Select(word => word.Label))
            {
                if (word.StartsWith(begun, StringComparison.Ordinal))
                {
                    terminal.Out.WriteLine(word);
                }
            }

            return ExitCode.Fine;
        });
        return command;
    }
}
