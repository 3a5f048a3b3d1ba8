using NetLab.Linux.Processes;
using NetLab.Linux.Terminals;

namespace NetLab.Cli.Lessons;

/// <summary>
/// A shell in a node, at a terminal of its own. Besides the programs of the machine it knows words that are answered here: <c>check</c>, <c>hint</c> and the
/// like. Its prompt is the node's name.
/// </summary>
internal sealed class NodeShell : IDisposable
{
    // What is answered ends with a line that is this character alone: end of transmission.
    private const string End = "\u0004";

    private readonly ChildProcess _shell;

    private NodeShell(ChildProcess shell) => _shell = shell;

    /// <summary>Completes with the shell's exit code.</summary>
    public Task<int> Exited => _shell.Exited;

    /// <summary>Starts it.</summary>
    /// <param name="node">The node.</param>
    /// <param name="terminal">Its terminal.</param>
    /// <param name="term">The kind of terminal (TERM).</param>
    /// <param name="directory">The directory that it starts in.</param>
    /// <param name="words">The words that are answered here, with their answers.</param>
    public static NodeShell Start(Node node, PseudoTerminal terminal, string term, string directory, IReadOnlyDictionary<string, Func<Task<string>>> words)
    {
        var (questions, asks) = OwnProcess.Pipe();
        var (told, answers) = OwnProcess.Pipe();
        try
        {
            File.WriteAllText(Path.Combine(node.Userland.RunDirectory, "netlab.rc"),
                Settings(node.Name, (int)asks.DangerousGetHandle(), (int)told.DangerousGetHandle(), words.Keys));
            var start = node.InNode("bash", ["--rcfile", "/run/netlab.rc", "-i"]) with
            {
                Terminal = terminal,
                WorkingDirectory = directory,
                Environment = new Dictionary<string, string> { ["TERM"] = term, ["HISTFILE"] = "", ["NETLAB_NODE"] = node.Name },
                Inherit = [asks, told],
            };
            var shell = node.Lab.Processes.Start(start);
            _ = AnswerAsync(new StreamReader(new FileStream(questions, FileAccess.Read, bufferSize: 0)),
                new StreamWriter(new FileStream(answers, FileAccess.Write, bufferSize: 0)), words);
            return new NodeShell(shell);
        }
        catch
        {
            questions.Dispose();
            answers.Dispose();
            throw;
        }
        finally
        {
            asks.Dispose();
            told.Dispose();
        }
    }

    /// <summary>Ends the shell.</summary>
    public void Dispose() => _shell.Dispose();

    // bash(1): \[ and \] enclose what takes no room in the prompt.
    private static string Settings(string node, int asks, int told, IEnumerable<string> words) => $$"""
        PS1='\[\e[1;32m\]{{node}}\[\e[0m\] \w \$ '
        unset PROMPT_COMMAND
        netlab_ask() {
          printf '%s\n' "$1" >&{{asks}}
          while IFS= read -r netlab_line <&{{told}} && [ "$netlab_line" != $'\004' ]; do printf '%s\n' "$netlab_line"; done
        }
        {{string.Join('\n', words.Select(word => $"{word}() {{ netlab_ask {word}; }}"))}}

        """;

    private static async Task AnswerAsync(StreamReader questions, StreamWriter answers, IReadOnlyDictionary<string, Func<Task<string>>> words)
    {
        using (questions)
        {
            await using (answers.ConfigureAwait(false))
            {
                try
                {
                    while (await questions.ReadLineAsync().ConfigureAwait(false) is { } word)
                    {
                        var answer = words.TryGetValue(word, out var say) ? await say().ConfigureAwait(false) : $"There is no '{word}' here.\n";
                        await answers.WriteAsync($"{answer}{End}\n").ConfigureAwait(false);
                        await answers.FlushAsync().ConfigureAwait(false);
                    }
                }
                catch (IOException)
                {
                    // The shell ended before it had read all of the answer.
                }
            }
        }
    }
}
