using NetLab.Packets;

namespace NetLab;

/// <summary>An Open vSwitch bridge in a running lab. Every change returns when the datapath decides by it, not before.</summary>
public sealed partial class OvsBridge
{
    private int _flowsDone;
    private OvsBridgeOptions? _applied;

    internal bool HasChanges => HasRowChanges || _flowsDone < _flows.Count || AllPorts.Any(p => !p.IsApplied);

    private bool HasRowChanges => !IsApplied || _applied != _options;

    // Open vSwitch gives a bridge the lowest MAC address among its ports, unless it is told another.
    internal override MacAddress? RealMac => KernelMac;

    private IEnumerable<OvsPort> AllPorts => Ports.Select(Port).Concat(_virtualPorts);

    /// <summary>Adds flows, in the words of ovs-ofctl(8), all of them or none.</summary>
    /// <exception cref="OvsException">Open vSwitch refused one; the message holds the line and its words.</exception>
    public Task AddFlowsAsync(IReadOnlyList<string> flows, CancellationToken ct = default) => Engine.AddFlowsAsync(Name, flows, ct);

    /// <summary>Deletes the flows that match, in the words of ovs-ofctl(8); an empty match deletes all.</summary>
    public Task DeleteFlowsAsync(IReadOnlyList<string> matches, CancellationToken ct = default) => Engine.DeleteFlowsAsync(Name, matches, ct);

    /// <summary>
    /// Deletes the flows with exactly this match and this priority, in the words of ovs-ofctl(8): <c>table=0,priority=10,in_port=tap0</c>. Of a flow
    /// that is not there nothing is said, as with <c>ovs-ofctl --strict del-flows</c>.
    /// </summary>
    public Task DeleteFlowsStrictAsync(IReadOnlyList<string> flows, CancellationToken ct = default) => Engine.DeleteFlowsStrictAsync(Name, flows, ct);

    /// <summary>Replaces the whole flow table.</summary>
    public Task ReplaceFlowsAsync(IReadOnlyList<string> flows, CancellationToken ct = default) => Engine.ReplaceFlowsAsync(Name, flows, ct);

    /// <summary>Changes a port: its tag, trunks, VLAN mode and the like.</summary>
    /// <param name="device">The port's device.</param>
    /// <param name="change">From the present options to the new ones: <c>o => o with { Tag = 7 }</c>.</param>
    /// <param name="ct">Ends the wait.</param>
    public Task SetPortAsync(Device device, Func<OvsPortOptions, OvsPortOptions> change, CancellationToken ct = default) =>
        SetPortAsync(Port(device), change, ct);

    /// <summary>Changes a patch port or a tunnel, or any other port by its row.</summary>
    /// <param name="port">The port.</param>
    /// <param name="change">From the present options to the new ones.</param>
    /// <param name="ct">Ends the wait.</param>
    public async Task SetPortAsync(OvsPort port, Func<OvsPortOptions, OvsPortOptions> change, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(port);
        ArgumentNullException.ThrowIfNull(change);
        var options = change(port.Options);
        await Engine.ApplyAsync(new OvsChange().SetPort(Name, port.Name, options), ct).ConfigureAwait(false);
        port.Options = options;
        port.MarkApplied();
    }

    /// <summary>
    /// Takes a patch port or a tunnel out of the running bridge: <c>ovs-vsctl del-port</c>. A port with a device goes by <c>DetachAsync</c>.
    /// </summary>
    /// <exception cref="TopologyException">It is none of this bridge's ports without a device.</exception>
    public async Task RemovePortAsync(OvsPort port, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(port);
        if (!_virtualPorts.Contains(port))
        {
            throw new TopologyException($"{port.Name} is no patch port or tunnel of {this}"
                + (port.Device is null ? "" : "; a port with a device is taken out by DetachAsync"));
        }

        await Engine.ApplyAsync(new OvsChange().RemovePort(Name, port.Name), ct).ConfigureAwait(false);
        _virtualPorts.Remove(port);
    }

    /// <summary>Asks <c>ofproto/trace</c> what this bridge does with a frame that comes in at a port, now.</summary>
    public Task<OvsTrace> TraceAsync(Device inPort, Packets.Frame frame, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(inPort);
        ArgumentNullException.ThrowIfNull(frame);
        return Engine.TraceAsync(Name, inPort.Name, frame.Bytes, ct);
    }

    /// <summary>Makes a device that exists a port of this bridge, with a tag and the like from the beginning: <c>ovs-vsctl add-port … -- set …</c>.</summary>
    /// <param name="device">The device.</param>
    /// <param name="row">From the options that the port would have to those that it shall have.</param>
    /// <param name="ct">Ends the wait.</param>
    /// <exception cref="TopologyException">The device is in another node, or is a port of another bridge.</exception>
    public Task AttachAsync(Device device, Func<OvsPortOptions, OvsPortOptions> row, CancellationToken ct = default)
    {
        ArgumentNullException.ThrowIfNull(device);
        ArgumentNullException.ThrowIfNull(row);
        return AttachAsync(device, () => Port(device).Options = row(Port(device).Options), ct);
    }

    private protected override async Task PlugAsync(Device device, CancellationToken ct)
    {
        var port = Port(device);
        await Engine.ApplyAsync(new OvsChange().SetPort(Name, port.Name, port.Options), ct).ConfigureAwait(false);
        port.MarkApplied();
    }

    private protected override Task UnplugAsync(Device device, CancellationToken ct) =>
        Engine.ApplyAsync(new OvsChange().RemovePort(Name, device.Name), ct);

    private protected override Task GiveMacAsync(MacAddress mac, CancellationToken ct) =>
        Engine.ApplyAsync(new OvsChange().SetBridge(Name, _options with { HardwareAddress = mac.ToString() }), ct);

    // The MAC address of a description stands in the row, where Open vSwitch looks for it.
    private OvsBridgeOptions Row => HasChosenMac ? _options with { HardwareAddress = Mac.ToString() } : _options;

    private OvsInstance Engine => Node.Live.Ovs ?? throw new InvalidOperationException($"{this} is not applied yet; call lab.ApplyAsync() first.");

    internal static OvsChange ChangesOf(IEnumerable<OvsBridge> bridges)
    {
        var change = new OvsChange();
        foreach (var bridge in bridges.Where(b => b.HasChanges))
        {
            if (bridge.HasRowChanges)
            {
                change.SetBridge(bridge.Name, bridge.Row);
            }
        }

        foreach (var port in bridges.SelectMany(b => b.AllPorts).Where(p => !p.IsApplied))
        {
            change.SetPort(port.Bridge.Name, port.Name, port.Options);
        }

        return change;
    }

    internal async Task MarkAppliedAsync(OvsInstance engine, CancellationToken ct)
    {
        foreach (var port in AllPorts)
        {
            port.MarkApplied();
        }

        _applied = _options;

        if (_flowsDone < _flows.Count)
        {
            await engine.AddFlowsAsync(Name, _flows.GetRange(_flowsDone, _flows.Count - _flowsDone), ct).ConfigureAwait(false);
            _flowsDone = _flows.Count;
        }
    }
}
