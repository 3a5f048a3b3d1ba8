using NetLab.Linux.Processes;
using NetLab.Packets;

namespace NetLab;

/// <summary>A program that runs in a node.</summary>
public sealed class NodeProcess
{
    private readonly ChildProcess _process;

    internal NodeProcess(Node node, ChildProcess process, string program, IReadOnlyList<string> arguments)
    {
        Node = node;
        Program = program;
        Arguments = arguments;
        _process = process;
    }

    /// <summary>The node.</summary>
    public Node Node { get; }

    /// <summary>The program's name.</summary>
    public string Program { get; }

    /// <summary>Its arguments.</summary>
    public IReadOnlyList<string> Arguments { get; }

    /// <summary>Its process number, as this machine counts.</summary>
    public int Pid => _process.Pid;

    /// <summary>Completes with the exit code when the program ends; 128 and the signal's number where a signal ended it.</summary>
    public Task<int> Exited => _process.Exited;

    /// <summary>What it has written to standard output so far.</summary>
    public string Output => _process.OutputSoFar;

    /// <summary>What it has written to standard error so far.</summary>
    public string Error => _process.ErrorSoFar;

    /// <summary>Waits until it has written a line that fits, to standard output or standard error.</summary>
    /// <param name="match">Whether a line is the one.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <returns>The line.</returns>
    /// <exception cref="Linux.Processes.ProcessFailedException">It ended without one; the message holds what it wrote.</exception>
    /// <exception cref="TimeoutException">No such line came within the lab's patience.</exception>
    public Task<string> WaitForLineAsync(Func<string, bool> match, CancellationToken ct = default) =>
        WaitForLineAsync(match, Node.Lab.Options.Patience, ct);

    /// <param name="match">Whether a line is the one.</param>
    /// <param name="patience">How long to wait.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <inheritdoc cref="WaitForLineAsync(Func{string, bool}, CancellationToken)"/>
    public async Task<string> WaitForLineAsync(Func<string, bool> match, TimeSpan patience, CancellationToken ct = default)
    {
        var wait = new Patience(Node.Lab, patience);
        try
        {
            return await wait.WaitAsync(over => _process.WaitForLineAsync(match, over), ct).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (!ct.IsCancellationRequested)
        {
            throw new TimeoutException($"{this} wrote no such line within {wait.Words}; it wrote:"
                + $"{Environment.NewLine}{PlainText.Lines(Output + Error)}");
        }
    }

    /// <summary>Sends a signal, such as 15 for SIGTERM (signal(7)).</summary>
    public void Signal(int signal) => _process.Signal(signal);

    /// <summary>Ends the program at once (SIGKILL).</summary>
    public void Kill() => _process.Kill();

    /// <summary>The command line.</summary>
    public override string ToString() => $"{Node.Name}$ {Program} {string.Join(' ', Arguments)}";
}
