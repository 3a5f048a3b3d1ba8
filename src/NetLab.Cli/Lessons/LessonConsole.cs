using System.Text;
using NetLab.Linux.Processes;
using NetLab.Linux.Terminals;
using NetLab.Scenarios;

namespace NetLab.Cli.Lessons;

/// <summary>
/// A teaching lab at a terminal: it stops at each task, and who sits there acts in shells in the nodes, has it checked, asks for hints, and goes on.
/// </summary>
internal sealed class LessonConsole(Terminal terminal, ScenarioRun run, Lesson lesson, LessonView view) : IDisposable
{
    private readonly Page _page = terminal.Page;
    private readonly StreamReader _keys = new(Console.OpenStandardInput(), Encoding.UTF8, detectEncodingFromByteOrderMarks: false, bufferSize: 1);

    private string Nodes => string.Join(", ", run.Lab.Nodes.Select(node => node.Name));

    /// <summary>Goes on to the end, or to where the reader leaves.</summary>
    /// <param name="ct">Ends it.</param>
    public async Task RunAsync(CancellationToken ct)
    {
        ShowCommands();
        await lesson.BeginAsync(view, asksPredictions: true, ct).WaitAsync(ct).ConfigureAwait(false);
        while (!lesson.IsOver)
        {
            if (!await (lesson.Question is { } question ? PredictAsync(question, ct) : ActAsync(ct)).ConfigureAwait(false))
            {
                _page.Text(2, "Left before the end.");
                return;
            }
        }
    }

    public void Dispose() => _keys.Dispose();

    private void ShowCommands()
    {
        _page.Settle();
        _page.Gap();
        _page.Text(2, $"This lab waits for you at each task. Type the name of a node ({Nodes}) to open a shell in it, and 'exit' to come back. "
            + "'check' looks whether the task is done, 'hint' helps, 'help' lists what else there is. Ctrl-C ends all of it.", "grey");
    }

    /// <summary>An answer to a question; false where the reader leaves.</summary>
    private async Task<bool> PredictAsync(PredictionOffer question, CancellationToken ct)
    {
        var isOfReceivers = question.About is PredictionSubject.Receivers;
        var answers = isOfReceivers ? "Names of VMs and nodes, or 'nobody'" : "Names of devices and bridges";
        _page.Gap();
        _page.Text(2, $"What will happen? {question.Doing}.", "bold");
        _page.Text(4, $"{question.Question} {answers}; 'shell {run.Lab.Nodes[0].Name}' to look around first; Enter alone to see it without an answer.");
        while (true)
        {
            var words = await AskAsync("prediction", ct).ConfigureAwait(false);
            switch (words)
            {
                case null or ["quit" or "exit"]:
                    return false;
                case ["map"]:
                    ShowMap();
                    break;
                case ["check" or "hint" or "solution" or "task" or "help"] when IsNoDevice(words[0]):
                    _page.Text(2, $"This is no task: it asks what will happen. {answers} are an answer; Enter alone shows it without one, 'quit' leaves.",
                        "yellow");
                    break;

                // The name of a node alone is as good, where it is no answer.
                case ["shell", var name] when run.Lab.FindNode(name) is { } node:
                    await ShellAsync(node, ct).ConfigureAwait(false);
                    break;
                case [var name] when !isOfReceivers && IsNoDevice(name) && run.Lab.FindNode(name) is { } node:
                    await ShellAsync(node, ct).ConfigureAwait(false);
                    break;
                case [_, ..] when words is not ["skip" or "nobody" or "nothing" or "none"] && words.Where(word => !IsOfTheLab(word, isOfReceivers)).ToList()
                    is [var stranger, ..]:
                    _page.Text(2, $"There is no '{stranger}' here that could be meant. {answers} are an answer: {string.Join(", ", Answers(isOfReceivers))}.",
                        "yellow");
                    break;
                default:
                    await lesson.PredictAsync(words switch { [] or ["skip"] => null, ["nobody" or "nothing" or "none"] => [], _ => words }, view)
                        .WaitAsync(ct).ConfigureAwait(false);
                    return true;
            }
        }
    }

    private bool IsOfTheLab(string word, bool isOfReceivers) => Answers(isOfReceivers).Contains(word)
        || run.Lab.Nodes.Any(node => node.Devices.Any(device => word.Replace('/', ':') == $"{node.Name}:{device.Name}"));

    private IEnumerable<string> Answers(bool isOfReceivers) => isOfReceivers
        ? run.Lab.Nodes.SelectMany(node => node.Vms.Select(vm => vm.Name).Append(node.Name))
        : run.Lab.Nodes.SelectMany(node => node.Devices.Select(device => device.Name)).Distinct();

    private bool IsNoDevice(string name) => !run.Lab.Nodes.Any(node => node.FindDevice(name) is not null);

    /// <summary>One command; false where the reader leaves.</summary>
    private async Task<bool> ActAsync(CancellationToken ct)
    {
        var task = lesson.Task!;
        var words = await AskAsync($"task {task.Number}", ct).ConfigureAwait(false);
        switch (words)
        {
            case null or ["quit" or "exit"]:
                return false;
            case []:
                break;
            case ["check"]:
                await lesson.AnswerAsync(TaskAnswer.Check, view).WaitAsync(ct).ConfigureAwait(false);
                break;
            case ["hint"]:
                LessonWords.ShowHint(_page, lesson, "solution");
                break;
            case ["solution"] when task.HasSolution:
                await lesson.AnswerAsync(TaskAnswer.Solve, view).WaitAsync(ct).ConfigureAwait(false);
                break;
            case ["skip"]:
                await lesson.AnswerAsync(TaskAnswer.Skip, view).WaitAsync(ct).ConfigureAwait(false);
                break;
            case ["task"]:
                LessonView.ShowTask(_page, run, task);
                break;
            case ["map"]:
                ShowMap();
                break;
            case ["explain", var from, var to, .. var frame]:
                await ExplainAsync(from, to, frame.Length == 0 ? null : string.Join(' ', frame), ct).ConfigureAwait(false);
                break;
            case [_] or ["shell", _] when run.Lab.FindNode(words[^1]) is { } node:
                await ShellAsync(node, ct).ConfigureAwait(false);
                break;
            case ["help"]:
                ShowHelp();
                break;
            default:
                _page.Text(2, $"There is no '{words[0]}' here; the nodes are {Nodes}, and 'help' lists the words.", "yellow");
                break;
        }

        return true;
    }

    private void ShowMap() => _page.Drawing(LabDrawing.Text(run.Lab, new DrawingOptions { Columns = _page.Width }));

    private void ShowHelp()
    {
        (string Word, string Means)[] words =
        [
            ("NODE", "a shell in a node, where check, hint, task, map and solution are words as well"), ("check", "look whether the task is done"),
            ("hint", "the next hint"), ("solution", "let the lab do the task"), ("skip", "go on without it"), ("task", "the task again"),
            ("map", "the drawing of the lab"), ("explain A B [FRAME]", "where a frame from A to B goes, and why it does not arrive"), ("quit", "leave"),
        ];
        foreach (var (word, means) in words)
        {
            _page.Line($"  [bold]{word,-20}[/] {Page.Styled(means, null)}");
        }
    }

    private async Task ExplainAsync(string from, string to, string? frame, CancellationToken ct)
    {
        try
        {
            var verdict = await FrameQuestion.Ask(run, from, to, frame).AnswerAsync(ct).ConfigureAwait(false);
            _page.Gap();
            foreach (var line in verdict.Describe().ReplaceLineEndings("\n").Split('\n'))
            {
                _page.Item(2, line, null);
            }
        }
        catch (Exception wrong) when (wrong is QuestionException or ScenarioException or ForwardingException)
        {
            _page.Text(2, Failure.Of(wrong, verbose: false).Lines[0].Replace("netlab: ", "", StringComparison.Ordinal), "yellow");
        }
    }

    private async Task ShellAsync(Node node, CancellationToken ct)
    {
        using var screen = PseudoTerminal.Open(TerminalSize.Usual);
        using var shell = NodeShell.Start(node, screen, Environment.GetEnvironmentVariable("TERM") ?? "dumb", Environment.CurrentDirectory,
            new LessonWords(run, lesson, terminal).All);
        var (ended, tell) = OwnProcess.Pipe();
        using (ended)
        using (tell)
        {
            _ = shell.Exited.ContinueWith(_ => tell.Dispose(), CancellationToken.None, TaskContinuationOptions.None, TaskScheduler.Default);
            using var stop = ct.Register(tell.Dispose);
            await Task.Run(() => TerminalRelay.Run(OwnProcess.Stream(0), OwnProcess.Stream(1), screen.Handle, ended), CancellationToken.None)
                .ConfigureAwait(false);
        }

        ct.ThrowIfCancellationRequested();
    }

    /// <summary>A line, in words; null at the end of the input.</summary>
    private async Task<string[]?> AskAsync(string prompt, CancellationToken ct)
    {
        _page.Settle();
        await terminal.Out.WriteAsync($"{prompt}> ").ConfigureAwait(false);

        // A terminal's line cannot be waited for but by a thread; that one ends with the process.
        var line = await Task.Run(_keys.ReadLine, CancellationToken.None).WaitAsync(ct).ConfigureAwait(false);
        return line?.Split([' ', '\t', ','], StringSplitOptions.RemoveEmptyEntries);
    }
}
