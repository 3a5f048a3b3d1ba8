using NetLab.Linux.Processes;

namespace NetLab;

/// <summary>Programs in a node. They die with the lab, and with this process.</summary>
public sealed partial class Node
{
    private readonly List<NodeProcess> _processes = [];

    /// <summary>Programs that were started in the node, also those that have ended.</summary>
    public IReadOnlyList<NodeProcess> Processes
    {
        get
        {
            lock (_processes)
            {
                return [.. _processes];
            }
        }
    }

    /// <summary>Starts a program in the node and lets it run.</summary>
    /// <param name="program">Its name, looked up in PATH, or its path.</param>
    /// <param name="arguments">Its arguments; no shell reads them.</param>
    /// <exception cref="Linux.LinuxException">There is no such program.</exception>
    public NodeProcess Start(string program, params string[] arguments) => Start(program, (IReadOnlyList<string>)arguments);

    /// <inheritdoc cref="Start(string, string[])"/>
    public NodeProcess Start(string program, IReadOnlyList<string> arguments)
    {
        Lab.RequireApplied();
        var process = new NodeProcess(this, Lab.Processes.Start(InNode(program, arguments)), program, arguments);
        lock (_processes)
        {
            _processes.Add(process);
        }

        return process;
    }

    /// <inheritdoc cref="ExecAsync(string, IReadOnlyList{string}, CancellationToken)"/>
    public Task<ProcessResult> ExecAsync(string program, params string[] arguments) => ExecAsync(program, arguments, CancellationToken.None);

    /// <summary>
    /// Runs a program in the node to its end. What it switched on (<c>ip link set … up</c>) is usable then, and what it changed in Open vSwitch holds for the
    /// next frame.
    /// </summary>
    /// <param name="program">Its name, looked up in PATH, or its path.</param>
    /// <param name="arguments">Its arguments; no shell reads them.</param>
    /// <param name="ct">Kills it.</param>
    /// <returns>Its exit code and what it wrote; <c>EnsureSuccess()</c> throws unless the code is 0.</returns>
    public async Task<ProcessResult> ExecAsync(string program, IReadOnlyList<string> arguments, CancellationToken ct = default)
    {
        Lab.RequireApplied();
        var result = await Lab.Processes.RunAsync(InNode(program, arguments), null, ct).ConfigureAwait(false);
        await LinkWatch.RunAfterChangeAsync(this, ct).ConfigureAwait(false);
        await TakeOverAsync(ct).ConfigureAwait(false);
        return result;
    }

    /// <summary>Loads an nftables ruleset, in the words of nft(8), into the running node.</summary>
    /// <exception cref="RulesetException">nft refused it; the message holds its words.</exception>
    public Task LoadRulesetAsync(string ruleset, CancellationToken ct = default) => LoadAsync(RulesetTool.Nft, ruleset, ct);

    /// <summary>Loads iptables rules into the running node, beside those that are there, in the words of iptables-restore(8).</summary>
    /// <exception cref="RulesetException">iptables-restore refused them; the message holds its words.</exception>
    public Task LoadIptablesAsync(string rules, CancellationToken ct = default) => LoadAsync(RulesetTool.Iptables, rules, ct);

    internal async Task LoadAsync(RulesetTool tool, string rules, CancellationToken ct)
    {
        var input = rules.EndsWith('\n') ? rules : rules + "\n";
        var result = await Lab.Processes.RunAsync(new ProcessStart(tool.Program, tool.Arguments) { Namespace = Live.Namespace }, input, ct)
            .ConfigureAwait(false);
        if (result.ExitCode != 0)
        {
            throw new RulesetException(this, tool.Program, rules, result.Error.Trim());
        }
    }
}
