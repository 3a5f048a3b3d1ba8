using System.Globalization;
using System.Text.Json.Nodes;
using Microsoft.Win32.SafeHandles;
using NetLab.Cli.Commands;
using NetLab.Cli.Lessons;
using NetLab.Linux.Terminals;
using NetLab.Scenarios;

namespace NetLab.Cli.Keeping;

/// <summary>A command that is done in a lab that stays.</summary>
/// <param name="Terminal">Where it writes: the standard output and error of who gave it.</param>
/// <param name="Request">What is asked for.</param>
/// <param name="Streams">Standard input, output and error.</param>
internal sealed record KeptCall(Terminal Terminal, KeeperRequest Request, SafeFileHandle[] Streams)
{
    /// <summary>Gives a program's terminal to who sits at the other.</summary>
    public required Action<SafeFileHandle> HandOver { get; init; }

    /// <summary>Tells something of the lab.</summary>
    public required Action<JsonObject> Tell { get; init; }
}

/// <summary>A lab that stays, and what can be done in it.</summary>
internal sealed class KeptLab(string name, ScenarioRun run, Lesson lesson) : IDisposable
{
    // Programs run beside each other; what sends frames and looks at them takes turns.
    private readonly SemaphoreSlim _looking = new(1);

    /// <summary>The name by which commands mean it.</summary>
    public string Name => name;

    /// <summary>When it came up.</summary>
    public DateTimeOffset Since { get; } = DateTimeOffset.Now;

    /// <summary>Whether its end was asked for.</summary>
    public bool IsDown { get; private set; }

    /// <summary>Does what a command asks for.</summary>
    /// <returns>The exit code.</returns>
    public Task<int> DoAsync(KeptCall call, CancellationToken ct) => call.Request.Do switch
    {
        "ps" => Task.FromResult(Tell(call)),
        "exec" => ExecAsync(call, ct),
        "shell" => ShellAsync(call, ct),
        "explain" => InTurnAsync(() => ExplainAsync(call, ct), ct),
        "capture" => CaptureAsync(call, ct),
        "check" => InTurnAsync(() => CheckAsync(call, ct), ct),
        "hint" => Task.FromResult(Hint(call)),
        "down" => DownAsync(),
        var other => throw new InputException($"this lab's keeper is of another version: it does not know '{other}'"),
    };

    public void Dispose() => _looking.Dispose();

    private int Tell(KeptCall call)
    {
        call.Tell(new JsonObject
        {
            ["name"] = name,
            ["file"] = Path.GetFullPath(run.Document.File),
            ["nodes"] = JsonText.Array(run.Lab.Nodes.Select(node => node.Name)),
            ["vms"] = JsonText.Array(run.Lab.Vms.Select(vm => vm.Name)),
            ["task"] = lesson.Task?.Text,
            ["since"] = Since.ToString("O"),
            ["pid"] = Environment.ProcessId,
        });
        return ExitCode.Fine;
    }

    private async Task<int> ExecAsync(KeptCall call, CancellationToken ct)
    {
        var words = call.Request.Words;
        var start = NodeOf(words[0]).InNode(words[1], [.. words.Skip(2)]) with { WorkingDirectory = call.Request.Directory };
        if (!call.Request.IsAtTerminal)
        {
            await using var process = run.Lab.Processes.Start(start with { Streams = (call.Streams[0], call.Streams[1], call.Streams[2]) });
            return await process.Exited.WaitAsync(ct).ConfigureAwait(false);
        }

        using var terminal = PseudoTerminal.Open(TerminalSize.Usual);
        await using var program = run.Lab.Processes.Start(start with
            { Terminal = terminal, Environment = new Dictionary<string, string> { ["TERM"] = call.Request.Term } });
        HandOver(call, terminal);
        return await program.Exited.WaitAsync(ct).ConfigureAwait(false);
    }

    private async Task<int> ShellAsync(KeptCall call, CancellationToken ct)
    {
        if (!call.Request.IsAtTerminal)
        {
            throw new InputException("a shell needs a terminal; without one: netlab exec NODE -- PROGRAM …");
        }

        var node = NodeOf(call.Request.Words[0]);
        using var terminal = PseudoTerminal.Open(TerminalSize.Usual);
        using var shell = NodeShell.Start(node, terminal, call.Request.Term, call.Request.Directory, new LessonWords(run, lesson, call.Terminal).All);
        HandOver(call, terminal);
        await shell.Exited.WaitAsync(ct).ConfigureAwait(false);
        return ExitCode.Fine;
    }

    // Once it is the other's, closing it there is the end of the program's terminal.
    private static void HandOver(KeptCall call, PseudoTerminal terminal)
    {
        call.HandOver(terminal.Handle);
        terminal.Dispose();
    }

    private async Task<int> ExplainAsync(KeptCall call, CancellationToken ct)
    {
        var options = call.Request.Options;
        var question = FrameQuestion.Ask(run, options["from"], options["to"], options.GetValueOrDefault("frame"));
        return await ExplainCommand.AnswerAsync(call.Terminal, question, run.Document.File,
            options.GetValueOrDefault("pcapng") is { } path ? Path.Combine(call.Request.Directory, path) : null, options.ContainsKey("json"), ct)
            .ConfigureAwait(false);
    }

    private async Task<int> CaptureAsync(KeptCall call, CancellationToken ct)
    {
        LabCapture? capture = null;
        var output = call.Request.Options["output"];
        OutputFile.Write(Path.Combine(call.Request.Directory, output), path => capture = run.Lab.Capture(path));
        try
        {
            await Task.Delay(call.Request.Options.GetValueOrDefault("for") is { } time
                ? TimeSpan.FromMilliseconds(double.Parse(time, CultureInfo.InvariantCulture)) : Timeout.InfiniteTimeSpan, ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException)
        {
            // Ctrl-C is how a capture ends.
        }

        await CaptureCommand.StopAsync(call.Terminal, capture!, output).ConfigureAwait(false);
        return ExitCode.Fine;
    }

    private async Task<int> CheckAsync(KeptCall call, CancellationToken ct)
    {
        var view = new LessonView(call.Terminal.Page, run, lesson, verbose: false);
        var answer = call.Request.Options.ContainsKey("solve") ? TaskAnswer.Solve
            : call.Request.Options.ContainsKey("skip") ? TaskAnswer.Skip : TaskAnswer.Check;
        if (!lesson.HasBegun || (lesson.IsOver && run.Tasks == 0))
        {
            await lesson.BeginAsync(view, asksPredictions: false, CancellationToken.None).WaitAsync(ct).ConfigureAwait(false);
            return run.Tasks > 0 || run.Succeeded ? ExitCode.Fine : ExitCode.Failed;
        }

        if (lesson.IsOver)
        {
            call.Terminal.Page.Text(2, "Every task is done.");
            return ExitCode.Fine;
        }

        if (lesson.Task is not { } task)
        {
            call.Terminal.Page.Text(2, "There is no task now: a question waits at the terminal where the lab is done.");
            return ExitCode.Failed;
        }

        await lesson.AnswerAsync(answer, view).WaitAsync(ct).ConfigureAwait(false);
        return lesson.Task?.Number == task.Number ? ExitCode.Failed : ExitCode.Fine;
    }

    private int Hint(KeptCall call)
    {
        LessonWords.ShowHint(call.Terminal.Page, lesson, "netlab check --solve");
        return ExitCode.Fine;
    }

    private async Task<int> DownAsync()
    {
        await run.DisposeAsync().ConfigureAwait(false);
        IsDown = true;
        return ExitCode.Fine;
    }

    private async Task<int> InTurnAsync(Func<Task<int>> look, CancellationToken ct)
    {
        await _looking.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            return await look().ConfigureAwait(false);
        }
        finally
        {
            _looking.Release();
        }
    }

    private Node NodeOf(string wanted) => run.Lab.FindNode(wanted)
        ?? throw new InputException($"there is no node '{wanted}' in lab '{name}'; its nodes are {string.Join(", ", run.Lab.Nodes.Select(node => node.Name))}");
}
