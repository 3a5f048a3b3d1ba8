using System.Globalization;
using System.Text.RegularExpressions;

namespace NetLab;

// Flow tables: ovs-ofctl(8) over the bridge's management socket, in bundles, so that either all lines take effect or none.
internal sealed partial class OvsInstance
{
    // What a bridge's Protocols leave of these is agreed upon when connecting. Bundles exist since 1.4.
    private const string AllVersions = "OpenFlow10,OpenFlow11,OpenFlow12,OpenFlow13,OpenFlow14,OpenFlow15";
    private const string BundleVersions = "OpenFlow14,OpenFlow15";

    /// <summary>Makes these the flows of a bridge, in place of all it has.</summary>
    /// <param name="bridge">The bridge.</param>
    /// <param name="flows">Flows in the syntax of ovs-fields(7) and ovs-actions(7): <c>table=0,priority=10,in_port=v0 actions=output:v1</c>.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <exception cref="OvsException">A flow is wrong; none has been changed.</exception>
    public Task ReplaceFlowsAsync(string bridge, IReadOnlyList<string> flows, CancellationToken ct) =>
        ChangeFlowsAsync($"replace the flows of bridge {bridge}", bridge, "replace-flows", flows, ct);

    /// <summary>Adds flows to a bridge; one with the same table, priority and match is replaced.</summary>
    /// <inheritdoc cref="ReplaceFlowsAsync"/>
    public Task AddFlowsAsync(string bridge, IReadOnlyList<string> flows, CancellationToken ct) =>
        ChangeFlowsAsync($"add flows to bridge {bridge}", bridge, "add-flows", flows, ct);

    /// <summary>Deletes the flows of a bridge that match one of these, at whatever priority: <c>table=0,in_port=v0</c>; an empty line deletes all.</summary>
    /// <inheritdoc cref="ReplaceFlowsAsync"/>
    public Task DeleteFlowsAsync(string bridge, IReadOnlyList<string> flows, CancellationToken ct) =>
        ChangeFlowsAsync($"delete flows from bridge {bridge}", bridge, "add-flows", [.. flows.Select(f => $"delete {f}")], ct);

    /// <summary>Deletes the flows of a bridge with exactly this match and priority, <c>priority=10,in_port=v0</c>, and no others that it covers.</summary>
    /// <inheritdoc cref="ReplaceFlowsAsync"/>
    public Task DeleteFlowsStrictAsync(string bridge, IReadOnlyList<string> flows, CancellationToken ct) =>
        ChangeFlowsAsync($"delete flows from bridge {bridge}", bridge, "add-flows", [.. flows.Select(f => $"delete_strict {f}")], ct);

    /// <summary>Returns the flows of a bridge. Their counts include all frames that were there at the call.</summary>
    /// <exception cref="OvsException">There is no such bridge.</exception>
    public async Task<IReadOnlyList<OvsFlow>> DumpFlowsAsync(string bridge, CancellationToken ct)
    {
        await SettleAsync(ct).ConfigureAwait(false);
        return OvsFlow.ParseAll(await OpenFlowAsync($"read the flows of bridge {bridge}", AllVersions, bridge, "dump-flows", [], null, ct)
            .ConfigureAwait(false));
    }

    /// <summary>
    /// Runs any other command of ovs-ofctl(8) on a bridge, <c>add-groups</c>, <c>mod-port</c>, <c>packet-out</c>…, and returns what it prints.
    /// </summary>
    /// <param name="bridge">The bridge.</param>
    /// <param name="command">The command.</param>
    /// <param name="arguments">What follows the bridge; <c>-</c> stands for the lines.</param>
    /// <param name="lines">What the command reads from its standard input, or null.</param>
    /// <param name="ct">Gives up waiting.</param>
    /// <exception cref="OvsException">The command is refused.</exception>
    public async Task<string> OpenFlowAsync(string bridge, string command, IReadOnlyList<string> arguments, IReadOnlyList<string>? lines, CancellationToken ct)
    {
        var output = await OpenFlowAsync($"run ovs-ofctl {command} on bridge {bridge}", AllVersions, bridge, command, arguments, lines, ct)
            .ConfigureAwait(false);
        await SettleAsync(ct).ConfigureAwait(false);
        return output;
    }

    /// <summary>What <c>ovs-ofctl show</c> says of a bridge's ports, where it can in OpenFlow 1.0: later versions have no word for no-flood.</summary>
    public async Task<string> ShowPortsAsync(string bridge, CancellationToken ct)
    {
        var doing = $"read the ports of bridge {bridge}";
        try
        {
            return await OpenFlowAsync(doing, "OpenFlow10", bridge, "show", [], null, ct).ConfigureAwait(false);
        }
        catch (OvsException)
        {
            return await OpenFlowAsync(doing, AllVersions, bridge, "show", [], null, ct).ConfigureAwait(false); // the bridge does not speak 1.0
        }
    }

    private async Task ChangeFlowsAsync(string doing, string bridge, string command, IReadOnlyList<string> flows, CancellationToken ct)
    {
        if (flows.FirstOrDefault(f => f.AsSpan().ContainsAny('\n', '\r')) is { } several)
        {
            throw new ArgumentException($"A flow is one line, this is more: {several}", nameof(flows));
        }

        await _oneChange.WaitAsync(ct).ConfigureAwait(false);
        try
        {
            _ = await OpenFlowAsync(doing, BundleVersions, bridge, command, ["-"], flows, ct, "--bundle").ConfigureAwait(false);
            await SettleAsync(ct).ConfigureAwait(false);
        }
        finally
        {
            _oneChange.Release();
        }
    }

    private async Task<string> OpenFlowAsync(
        string doing, string versions, string bridge, string command, IReadOnlyList<string> arguments, IReadOnlyList<string>? lines,
            CancellationToken ct, params string[] options)
    {
        List<string> words = [.. options, "-O", versions, "--names", "-vsyslog:off", "-vconsole:warn", command, $"unix:{Inside}/{bridge}.mgmt", .. arguments];
        var input = lines is null ? null : string.Concat(lines.Select(l => l + "\n"));
        var done = await RunAsync(doing, "ovs-ofctl", words, input, ct).ConfigureAwait(false);
        return done.ExitCode is 0 ? done.Output : throw Failure(doing, OfctlAnswer(done.Error, bridge, lines));
    }

    // "ovs-ofctl: -:3: unknown keyword" counts the lines of its input. Refusals of a bundle quote the flow themselves.
    private string OfctlAnswer(string error, string bridge, IReadOnlyList<string>? lines)
    {
        var answer = error.Replace($"unix:{Inside}/{bridge}.mgmt", bridge, StringComparison.Ordinal).TrimEnd('\n');
        if (!File.Exists($"{_directory}/{bridge}.mgmt"))
        {
            return $"there is no bridge {bridge} in this node's Open vSwitch ({answer})";
        }

        if (lines is not null && LinePattern().Match(answer) is { Success: true } line
            && int.Parse(line.Groups[1].Value, CultureInfo.InvariantCulture) is var number && number >= 1 && number <= lines.Count)
        {
            return $"{line.Groups[2].Value}, in the flow: {lines[number - 1]}";
        }

        return answer.Contains("version negotiation failed", StringComparison.Ordinal)
            ? $"{answer}. Flows are changed in bundles: let the bridge's Protocols include OpenFlow14"
            : answer;
    }

    [GeneratedRegex(@"^ovs-ofctl: -:(\d+): (.*)$", RegexOptions.Multiline)]
    private static partial Regex LinePattern();
}
