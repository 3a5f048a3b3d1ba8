namespace NetLab.Scenarios;

/// <summary><c>start: { node: qdhcp, run: dnsmasq -k …, until: 'DHCP, IP range' }</c>: a program that runs beside the steps that follow.</summary>
internal sealed class StartStep : Step
{
    public static readonly StepKind Kind = new StepKind<StartStep>("start").Of("Start a program in a node, and let it run.",
        new ObjectShape<StartStep>("start", "a program to start")
        .With("node", "The node it runs in.", Scalars.Name, (start, value) => start.Node = value, required: true)
        .With("run", "The program and its arguments: one line (no shell), or a list.", ExecStep.Command, (start, value) => start.Run = value.Value,
            required: true)
        .With("as", "What 'stop' calls it; the program's name when absent.", Scalars.Name, (start, value) => start.As = value.Value)
        .With("until", "It is ready when it has written a line with this text; 'wait-for' awaits a port instead.", Scalars.Text,
            (start, value) => start.Until = value.Value));

    private Located<string> Node { get; set; }

    private IReadOnlyList<string> Run { get; set; } = [];

    private string? As { get; set; }

    private string? Until { get; set; }

    public override string Title => $"{Node.Value}$ {string.Join(' ', Run)} &";

    public override bool IsChange => true;

    public override void Check(StepCheck check)
    {
        check.Inventory.Node(Node.Value, Node.At);
        if (!check.Started.Add(Called))
        {
            check.Report(At, $"there is a program '{Called}' already", "give this one a name: as");
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        var process = stage.Lab.FindNode(Node.Value)!.Start(Run[0], [.. Run.Skip(1)]);
        stage.Programs[Called] = process;
        if (Until is { } text)
        {
            findings.Seen.Add(await process.WaitForLineAsync(line => line.Contains(text, StringComparison.Ordinal), ct).ConfigureAwait(false));
        }
    }

    private string Called => As ?? Path.GetFileName(Run[0]);
}

/// <summary><c>stop: dnsmasq</c>: ends a program that 'start' started.</summary>
internal sealed class StopStep : Step
{
    private const int Sigterm = 15;

    public static readonly StepKind Kind = new StepKind<StopStep>("stop")
        .With("stop", "End a program that 'start' started, or a guest that 'boot' did (SIGTERM), and wait until it has ended.", Scalars.Name,
            (stop, value) => stop.Program = value);

    private Located<string> Program { get; set; }

    public override string Title => $"stop {Program.Value}";

    public override bool IsChange => true;

    public override void Check(StepCheck check)
    {
        if (!check.Started.Remove(Program.Value))
        {
            check.Report(Program.At, $"no program '{Program.Value}' is started before this", Spelling.Suggest(Program.Value, check.Started, "program"));
        }
    }

    public override async Task ActAsync(Stage stage, StepFindings findings, CancellationToken ct)
    {
        if (!stage.Programs.Remove(Program.Value, out var process))
        {
            throw new StepFailure($"'{Program.Value}' was not started");
        }
        process.Signal(Sigterm);
        var patience = new Patience(stage.Lab);
        try
        {
            findings.Seen.Add($"{Program.Value} ended with exit code "
                + await patience.WaitAsync(over => process.Exited.WaitAsync(over), ct).ConfigureAwait(false));
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new StepFailure($"{Program.Value} (process {process.Pid}) has not ended within {patience.Words} of SIGTERM",
                "it catches or ignores that signal; whatever still runs is killed when the lab ends");
        }
    }
}
